"""The intent classifier of the pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.nlu.context import READINGS
from components.nlu.sentence_encoder import READING_VECTORS, SentenceEncoder
from components.nlu.topic_model import Ranked, TopicModel, Vectors

RANKING_LENGTH = 10
READING_RANKINGS = "reading_rankings"
_FILE = "topic_model.npz"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Classifies intents with a TopicModel (docs/decisions/0003-intent-classifier.md)."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Need the sentence vectors."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings: see TopicModel."""
        return {"regularisation": 0.4, "dense_weight": 5.0, "sharpness": 0.8}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: TopicModel | None = None
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """Create an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all examples that have an intent, and store the model."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        self._model = TopicModel(**{key: self._config[key] for key in self.get_default_config()}).fit(
            [example.get(TEXT) for example in examples],
            np.concatenate([_sentence_vector(example) for example in examples]),
            [example.get(INTENT) for example in examples],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / _FILE)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """Load the trained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TopicModel.load(folder / _FILE))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and `intent_ranking` (the ten most likely) of each message that a customer typed."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith(INTENT_MESSAGE_PREFIX):
                continue
            ranking = self._rank(message) if text and self._model is not None else []
            message.set(INTENT, ranking[0] if ranking else _no_intent(), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(READING_RANKINGS, self._rank_readings(message))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is: no later component learns from predictions."""
        return training_data

    def _rank(self, message: Message) -> list[dict[str, Any]]:
        if self._model is None:
            return []
        ranked = self._model.rank([message.get(TEXT)], _sentence_vector(message), length=RANKING_LENGTH)[0]
        return [_as_intent(item) for item in ranked]

    def _rank_readings(self, message: Message) -> list[list[dict[str, Any]]]:
        texts = [reading.text for reading in message.get(READINGS) or []]
        if not texts or self._model is None:
            return []
        ranked = self._model.rank(texts, message.get(READING_VECTORS), length=RANKING_LENGTH)
        return [[_as_intent(item) for item in ranking] for ranking in ranked]


def _sentence_vector(message: Message) -> Vectors:
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        raise ValueError(
            "the message has no sentence features; put SentenceEncoder before TopicClassifier in config.yml"
        )
    vector: Vectors = sentence.features
    return vector


def _as_intent(ranked: Ranked) -> dict[str, Any]:
    return {INTENT_NAME_KEY: ranked.label, PREDICTED_CONFIDENCE_KEY: ranked.confidence}


def _no_intent() -> dict[str, Any]:
    return {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
