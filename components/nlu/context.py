"""How a message may be read besides as it stands."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.nlu.readings import Reading, follow_up, question_beside_data, questions_in

READINGS = "readings"
LAST_TOPIC = "last_topic"
_TURNS = 3  # how long a topic stays the one that is talked about


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class ConversationContext(GraphComponent):
    """Adds other readings of a message and the topic that was answered last; Rasa hands the conversation in."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ConversationContext:
        """Create the component: it has no settings."""
        return cls()

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set the `readings` of each message that a customer typed."""
        answer = latest_answer(tracker)
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith(INTENT_MESSAGE_PREFIX):
                continue
            readings: list[Reading] = (
                questions_in(text) or question_beside_data(text) or follow_up(text, answer.get("title"))
            )
            message.set(READINGS, readings)
            message.set(LAST_TOPIC, answer.get("topic"))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is: examples stand alone."""
        return training_data


def latest_answer(tracker: DialogueStateTracker | None) -> dict[str, Any]:
    """Return the metadata of the latest answer of the last few turns, or nothing."""
    turns = 0
    for event in reversed(tracker.events if tracker is not None else []):
        if isinstance(event, UserUttered):
            turns += 1
            if turns > _TURNS:
                break
        elif isinstance(event, BotUttered):
            answer = (event.metadata.get("metadata") or {}).get("answer")
            if answer:
                return dict(answer)
    return {}
