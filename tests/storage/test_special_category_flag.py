"""Events know the anonymiser that masked them and whether a special category is mentioned."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from rasa.shared.core.events import AgentUttered, BotUttered, SlotSet, UserUttered

from components.privacy import ANONYMISER_VERSION
from components.storage.markings import mentions
from components.storage.tracker_store import SanitisedTrackerStore

from .conversations import append, new_tracker, rows_of


async def _row(store: SanitisedTrackerStore, event: Any) -> dict[str, Any]:
    tracker = new_tracker()
    append(tracker, copy.copy(event))  # a saved event is marked, and the next test has the same one
    await store.save(tracker)
    return rows_of(store.engine)[-1]


@pytest.mark.parametrize(
    ("event", "flagged"),
    [
        (UserUttered("minulla on syöpä"), True),
        (UserUttered("kuinka kauan hakemus kestää"), False),
        (UserUttered("/affirm", metadata={"shown": "I am a Muslim"}), True),
        (AgentUttered("You said that you are pregnant"), True),
        (AgentUttered("How can I help?"), False),
        (BotUttered("A pregnant person may apply for priority."), False),
        (SlotSet("contact", "pregnant"), False),
    ],
    ids=lambda value: value if isinstance(value, bool) else type(value).__name__,
)
async def test_what_people_say_is_flagged(store: SanitisedTrackerStore, event: Any, flagged: bool) -> None:
    assert bool((await _row(store, event))["special_category"]) is flagged


async def test_only_the_event_itself_is_flagged(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    append(tracker, UserUttered("hello"), UserUttered("olen muslimi"), UserUttered("thanks"))
    await store.save(tracker)
    flags = [bool(row["special_category"]) for row in rows_of(store.engine) if row["type_name"] == "user"]
    assert flags == [False, True, False]


async def test_every_event_has_the_version_of_the_anonymiser(store: SanitisedTrackerStore) -> None:
    await _row(store, UserUttered("hello"))
    assert {row["anonymiser_version"] for row in rows_of(store.engine)} == {ANONYMISER_VERSION}


@pytest.mark.parametrize("data", [{}, {"event": "user"}, {"event": "user", "text": None, "metadata": "pregnant"}])
def test_an_odd_event_mentions_nothing(data: dict[str, Any]) -> None:
    assert not mentions(data)
