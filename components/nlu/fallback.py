"""What to do when the classifier is unsure: answer, offer choices, or say that the question is not for this service."""

from __future__ import annotations

import dataclasses
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME, INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from components.content.names import OUT_OF_SCOPE, is_out_of_scope, is_topic
from components.nlu.classifier import TopicClassifier
from components.nlu.language import LANGUAGE, OTHER

OTHER_LANGUAGE = "other_language"


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """How sure the classifier must be, 0 to 1.

    answer: at least this sure of the first intent to act on it.
    offer: at least this sure of the first topic to offer the nearest topics as choices; below it the message is
    refused as out of scope.
    """

    answer: float = 0.50
    offer: float = 0.15


def decide(ranking: list[dict[str, Any]], language: str | None, thresholds: Thresholds) -> tuple[str, float]:
    """Return the intent to act on and its confidence.

    `ranking` is Rasa's list of {"name", "confidence"}, most likely first.
    """
    if language == OTHER:
        return OTHER_LANGUAGE, 1.0
    if not ranking:
        return OUT_OF_SCOPE, 1.0
    first = ranking[0]
    if first[PREDICTED_CONFIDENCE_KEY] >= thresholds.answer:
        return str(first[INTENT_NAME_KEY]), float(first[PREDICTED_CONFIDENCE_KEY])
    topics = [item for item in ranking if is_topic(item[INTENT_NAME_KEY])]
    out_of_scope = sum(item[PREDICTED_CONFIDENCE_KEY] for item in ranking if is_out_of_scope(item[INTENT_NAME_KEY]))
    in_scope = sum(item[PREDICTED_CONFIDENCE_KEY] for item in topics)
    if topics and topics[0][PREDICTED_CONFIDENCE_KEY] >= thresholds.offer and in_scope >= out_of_scope:
        return DEFAULT_NLU_FALLBACK_INTENT_NAME, float(topics[0][PREDICTED_CONFIDENCE_KEY])
    return OUT_OF_SCOPE, 1.0 - float(in_scope)


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class TwoStageFallback(IntentClassifier, GraphComponent):
    """Replaces an unsure intent by `nlu_fallback` (offer choices) or `out_of_scope` (refuse, name the channels)."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Need a ranking."""
        return [TopicClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the thresholds: see Thresholds."""
        return dataclasses.asdict(Thresholds())

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TwoStageFallback:
        """Create the component from its thresholds."""
        thresholds = Thresholds(answer=float(config["answer"]), offer=float(config["offer"]))
        if not 0.0 <= thresholds.offer <= thresholds.answer <= 1.0:
            raise ValueError(
                f"config.yml: TwoStageFallback needs 0 <= offer <= answer <= 1, but offer is {thresholds.offer} and "
                f"answer is {thresholds.answer}"
            )
        return cls(thresholds)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the decision into `intent`; the ranking stays as the classifier made it."""
        for message in messages:
            if (message.get(TEXT) or "").startswith(INTENT_MESSAGE_PREFIX):
                continue
            name, confidence = decide(message.get(INTENT_RANKING_KEY) or [], message.get(LANGUAGE), self._thresholds)
            message.set(INTENT, {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}, add_to_output=True)
        return messages
