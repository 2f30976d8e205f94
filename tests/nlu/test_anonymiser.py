"""Gate 2 inside Rasa's graph."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.nlu.anonymiser import MASKED_LABELS, Anonymiser

CODE = "131052-951T"


@pytest.fixture
def anonymiser(tmp_path: Any) -> Anonymiser:
    return Anonymiser.create({}, LocalModelStorage(tmp_path), Resource("r"), ExecutionContext(GraphSchema({})))


def test_a_message_is_masked_before_anything_else_sees_it(anonymiser: Anonymiser) -> None:
    (message,) = anonymiser.process([Message({TEXT: f"my code is {CODE} ok"})])
    assert message.get(TEXT) == "my code is [FI_PERSONAL_IDENTITY_CODE] ok"
    assert message.as_dict(only_output_properties=True)[MASKED_LABELS] == ["FI_PERSONAL_IDENTITY_CODE"]


def test_training_examples_are_masked(anonymiser: Anonymiser) -> None:
    data = anonymiser.process_training_data(TrainingData([Message({TEXT: f"hetu {CODE}", "intent": "x"})]))
    assert CODE not in str(data.training_examples[0].as_dict())


def test_messages_without_text_pass(anonymiser: Anonymiser) -> None:
    (message,) = anonymiser.process([Message({"intent": "x"})])
    assert message.get(MASKED_LABELS) is None


def test_the_gate_has_no_switch() -> None:
    assert Anonymiser.get_default_config() == {}
