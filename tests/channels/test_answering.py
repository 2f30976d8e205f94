"""What is read from a conversation before a message of it is masked, and what is done before it is handled."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from components.channels.answering import Answering, _asked_for
from components.channels.gate import SafeText

QUESTION = BotUttered("Mikä on diaarinumerosi?", metadata={"metadata": {"asks_for": "CASE_NUMBER", "language": "fi"}})
REMARK = BotUttered("Ota rauhassa.", metadata={"metadata": {"language": "fi"}})


class _Store:
    """Keeps one conversation."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.asked = 0

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        self.asked += 1
        return DialogueStateTracker.from_events(sender_id, list(self.events)) if self.events else None


def _app(store: _Store) -> Any:
    return SimpleNamespace(ctx=SimpleNamespace(agent=SimpleNamespace(tracker_store=store)))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((UserUttered("hei"), QUESTION), "CASE_NUMBER"),
        ((UserUttered("hei"), REMARK, QUESTION, SlotSet("x", 1), ActionExecuted("action_listen")), "CASE_NUMBER"),
        ((UserUttered("hei"), QUESTION, REMARK), "CASE_NUMBER"),
        ((UserUttered("hei"), QUESTION, UserUttered("1"), REMARK), None),
        ((UserUttered("hei"), REMARK), None),
        ((), None),
    ],
)
async def test_what_the_latest_answer_asks_for(events: tuple[Event, ...], expected: str | None) -> None:
    assert await _asked_for(_app(_Store(*events)), "a", "1234/2025") == expected


@pytest.mark.parametrize(("text", "looks"), [("1234/2025", 1), ("１２", 1), ("en tiedä", 0), ("", 0)])
async def test_only_a_message_with_a_digit_costs_a_look(text: str, looks: int) -> None:
    store = _Store(UserUttered("hei"), QUESTION)
    await _asked_for(_app(store), "a", text)
    assert store.asked == looks


async def test_the_vector_is_computed_before_the_message_is_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    async def prepare(text: str) -> None:
        happened.append(text)

    async def handle(message: UserMessage) -> None:
        happened.append("handled")
        await message.output_channel.send_response("a", {"text": "Hei!"})

    monkeypatch.setattr("components.channels.answering.prepare", prepare)
    app = _app(_Store(UserUttered("hei"), ActionExecuted("action_listen")))
    app.ctx.agent.domain = Domain.empty()
    answering = Answering("web", datetime.timedelta(hours=1))
    for intent in (None, "greet"):
        await answering._handle(app, handle, "a", "1", SafeText("moi", ()), intent, {})

    assert happened == ["moi", "handled", "handled"]
