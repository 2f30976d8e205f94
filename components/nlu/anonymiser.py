"""Gate 2: the first component of the pipeline masks personal data."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.privacy import anonymise

MASKED_LABELS = "masked_labels"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class Anonymiser(GraphComponent):
    """Masks personal data in every message before anything else sees its text.

    The channels have masked the text already; this gate covers what does not come through a channel: `/model/parse`,
    the shell, and training data. Entity offsets of later components refer to the masked text.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Anonymiser:
        """Create the component (it has no settings: the gate cannot be switched off)."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Mask each message's text in place and name what was masked in `masked_labels`."""
        for message in messages:
            text = message.get(TEXT)
            if not isinstance(text, str):
                continue
            masked = anonymise(text)
            message.set(TEXT, masked.text, add_to_output=True)
            message.set(MASKED_LABELS, list(masked.labels), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Mask the examples in the same way."""
        for example in training_data.training_examples:
            if isinstance(example.get(TEXT), str):
                example.set(TEXT, anonymise(example.get(TEXT)).text)
        return training_data
