"""What the pipeline knows of the conversation around a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from components.nlu.context import LAST_TOPIC, READINGS, ConversationContext, latest_answer


@pytest.fixture()
def component(tmp_path: Path) -> ConversationContext:
    return ConversationContext.create(
        {}, LocalModelStorage(tmp_path), Resource("context"), ExecutionContext(GraphSchema({}))
    )


def _answer(topic: str, title: str) -> BotUttered:
    return BotUttered("…", metadata={"metadata": {"answer": {"topic": topic, "title": title}}})


def _tracker(*events: Event) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("test", list(events))


def _read(component: ConversationContext, text: str, tracker: DialogueStateTracker | None) -> dict[str, Any]:
    (message,) = component.process([Message({"text": text})], tracker)
    return {READINGS: message.get(READINGS), LAST_TOPIC: message.get(LAST_TOPIC)}


def test_a_follow_up_is_read_with_the_latest_answer_s_title(component: ConversationContext) -> None:
    tracker = _tracker(
        UserUttered("a"), _answer("customs_snus", "Snus"), UserUttered("b"), _answer("customs_gift", "Gift from abroad")
    )
    read = _read(component, "and from russia?", tracker)

    assert [reading.text for reading in read[READINGS]] == ["Gift from abroad: from russia?"]
    assert read[LAST_TOPIC] == "customs_gift"


def test_a_topic_is_forgotten_after_some_turns(component: ConversationContext) -> None:
    tracker = _tracker(_answer("customs_gift", "Gift"), *[UserUttered("hei")] * 4)

    assert _read(component, "and from russia?", tracker) == {READINGS: [], LAST_TOPIC: None}


@pytest.mark.parametrize("tracker", [None, _tracker(), _tracker(UserUttered("hei"), BotUttered("moi"))])
def test_without_an_answer_there_is_no_follow_up(
    component: ConversationContext, tracker: DialogueStateTracker | None
) -> None:
    assert _read(component, "entä lapset?", tracker) == {READINGS: [], LAST_TOPIC: None}


def test_several_questions_come_before_a_follow_up(component: ConversationContext) -> None:
    tracker = _tracker(_answer("customs_gift", "Gift"))
    read = _read(component, "and what is the tax? how do i pay it?", tracker)

    assert [reading.kind for reading in read[READINGS]] == ["part", "part"]


def test_commands_are_left_alone(component: ConversationContext) -> None:
    (message,) = component.process([Message({"text": "/customs_gift"})], None)

    assert message.get(READINGS) is None


def test_the_latest_answer_is_a_copy() -> None:
    event = _answer("customs_gift", "Gift")
    latest_answer(_tracker(event))["topic"] = "changed"

    assert event.metadata["metadata"]["answer"]["topic"] == "customs_gift"
