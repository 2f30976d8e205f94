"""The classifier as a component: trained, stored, loaded and asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.nlu.classifier import RANKING_LENGTH, TopicClassifier
from components.nlu.sentence_encoder import SentenceEncoder

CONTEXT = ExecutionContext(GraphSchema({}))
RESOURCE = Resource("classifier")
EXAMPLES = {
    "customs_gift": ["gift from aunt", "birthday present tax", "lahja tädiltä", "joululahja ulkomailta vero"],
    "customs_snus": ["can i bring snus", "how much snus", "saako nuuskaa tuoda", "nuuskan määrä"],
    "greet": ["hello", "hi there", "moi", "terve"],
}


def _encoder(storage: LocalModelStorage) -> SentenceEncoder:
    return SentenceEncoder.create(SentenceEncoder.get_default_config(), storage, Resource("encoder"), CONTEXT)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalModelStorage:
    made = LocalModelStorage(Path(tmp_path_factory.mktemp("storage")))
    data = TrainingData([Message({TEXT: text, INTENT: intent}) for intent, texts in EXAMPLES.items() for text in texts])
    data = _encoder(made).process_training_data(data)
    TopicClassifier.create(TopicClassifier.get_default_config(), made, RESOURCE, CONTEXT).train(data)
    return made


@pytest.fixture(scope="module")
def classifier(storage: LocalModelStorage) -> TopicClassifier:
    return TopicClassifier.load(TopicClassifier.get_default_config(), storage, RESOURCE, CONTEXT)


def _classify(classifier: TopicClassifier, storage: LocalModelStorage, text: str) -> dict[str, Any]:
    (message,) = classifier.process(_encoder(storage).process([Message({TEXT: text})]))
    result: dict[str, Any] = message.as_dict(only_output_properties=True)
    return result


@pytest.mark.parametrize(
    ("text", "intent"), [("a gift from my aunt", "customs_gift"), ("nuuskaa", "customs_snus"), ("moi", "greet")]
)
def test_a_loaded_model_classifies(
    classifier: TopicClassifier, storage: LocalModelStorage, text: str, intent: str
) -> None:
    result = _classify(classifier, storage, text)
    assert result["intent"]["name"] == intent
    assert result["intent"] == result["intent_ranking"][0]
    assert len(result["intent_ranking"]) == min(RANKING_LENGTH, len(EXAMPLES))


def test_an_empty_message_has_no_intent(classifier: TopicClassifier, storage: LocalModelStorage) -> None:
    result = _classify(classifier, storage, "")
    assert (result["intent"]["name"], result["intent_ranking"]) == (None, [])


def test_commands_are_left_alone(classifier: TopicClassifier, storage: LocalModelStorage) -> None:
    assert "intent" not in _classify(classifier, storage, "/greet")


def test_a_message_without_vectors_is_explained(classifier: TopicClassifier) -> None:
    with pytest.raises(ValueError, match="SentenceEncoder"):
        classifier.process([Message({TEXT: "hello"})])
