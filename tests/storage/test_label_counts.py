"""Counters of what was masked: raised with the events, without a text or a conversation."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from components.storage import tracker_store
from components.storage.label_counts import add_label_counts, counts, label_counts_of
from components.storage.models import LabelCount
from components.storage.tracker_store import SanitisedTrackerStore

from .conversations import OTHER_SENDER, SENDER, append, new_tracker, rows_of, turn
from .rows import DAY, new_database

UNSTORED = f"unstored-{SENDER}"
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def said(tracker: DialogueStateTracker, *labels: object, channel: str = "web", at: float | None = None) -> None:
    append(tracker, UserUttered("hello", input_channel=channel, metadata={"masked": list(labels)}, timestamp=at))


def counted(store: SanitisedTrackerStore) -> dict[tuple[str, str, str], int]:
    """The counters of all days, by channel, label and language."""
    found = counts(store.engine, TODAY - DAY, TODAY + DAY)
    return {(channel, label, language): count for (_, channel, label, language), count in found.items()}


async def test_a_message_raises_the_counters_of_its_labels(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    turn(tracker, "hello", language="fi")
    said(tracker, "PERSON", "PHONE_NUMBER", "PHONE_NUMBER")
    said(tracker, "PERSON")
    await store.save(tracker)
    assert counted(store) == {("web", "PERSON", "fi"): 2, ("web", "PHONE_NUMBER", "fi"): 1}


async def test_counters_of_conversations_add_up(store: SanitisedTrackerStore) -> None:
    for sender_id in (SENDER, OTHER_SENDER, UNSTORED):
        tracker = new_tracker(sender_id)
        said(tracker, "PERSON")
        await store.save(tracker)
    assert counted(store) == {("web", "PERSON", ""): 3}


async def test_saving_twice_counts_once(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    said(tracker, "PERSON")
    await store.save(tracker)
    turn(tracker, "hello")
    await store.save(tracker)
    assert counted(store) == {("web", "PERSON", ""): 1}


async def test_an_unstored_conversation_leaves_nothing_but_counters(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker(UNSTORED)
    said(tracker, "PERSON")
    await store.save(tracker)
    assert counted(store) == {("web", "PERSON", ""): 1}
    assert rows_of(store.engine) == rows_of(store.engine, "conversations") == []
    assert await store.retrieve(UNSTORED) is not None
    assert list(await store.keys()) == []


@pytest.mark.parametrize("masked", [None, "PERSON", ["Matti Virtanen"], [7], [["PERSON"]], {"PERSON": 1}])
async def test_what_is_no_label_is_not_counted(store: SanitisedTrackerStore, masked: Any) -> None:
    tracker = new_tracker()
    append(tracker, UserUttered("hello", input_channel="web", metadata={"masked": masked}))
    await store.save(tracker)
    assert rows_of(store.engine)
    assert counted(store) == {}


async def test_a_message_counts_on_its_own_day(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker(at=time.time() - DAY.total_seconds())
    said(tracker, "PERSON", at=time.time() - DAY.total_seconds())
    said(tracker, "PERSON", at=time.time())
    await store.save(tracker)
    days = [day for day, *_ in counts(store.engine, TODAY - 2 * DAY, TODAY + DAY)]
    assert len(days) == 2
    assert days[1] - days[0] == DAY


async def test_a_write_that_fails_counts_nothing(store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("after the events")

    monkeypatch.setattr(tracker_store, "add_label_counts", fail)
    tracker = new_tracker()
    said(tracker, "PERSON")
    await store.save(tracker)
    assert store.parked_events
    assert rows_of(store.engine) == []
    assert counted(store) == {}


async def test_erasing_drops_counters_that_wait_but_no_written_ones(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = new_tracker(UNSTORED)
    said(tracker, "PERSON")
    monkeypatch.setattr(store, "_write_pending", lambda: True)
    await store.save(tracker)
    monkeypatch.undo()
    await store.erase(UNSTORED)
    assert store.flush()
    assert counted(store) == {}


async def test_counters_that_wait_make_the_store_overloaded(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "MAX_PENDING_EVENTS", 3)
    monkeypatch.setattr(store, "_write_pending", lambda: True)
    for number in range(3):
        assert not store.overloaded
        tracker = new_tracker(f"{UNSTORED}{number}")
        said(tracker, "PERSON")
        await store.save(tracker)
    assert store.overloaded
    assert list(await store.keys()) == []


def test_counts_are_those_of_the_days_asked_for(url: str) -> None:
    engine = new_database(url)
    with engine.begin() as connection:
        for days in range(4):
            add_label_counts(connection, {(TODAY - days * DAY, "web", "PERSON", "fi"): days + 1})
    assert list(counts(engine, TODAY - 2 * DAY, TODAY - DAY).values()) == [3, 2]
    engine.dispose()


def test_a_counter_has_no_room_for_a_conversation() -> None:
    assert {column.name for column in LabelCount.__table__.columns} == {"day", "channel", "label", "language", "count"}
    assert all(not isinstance(column.type, sa.Text) for column in LabelCount.__table__.columns)


@pytest.mark.parametrize(("language", "kept"), [("fi", "fi"), ("en", "en"), ("other", ""), (None, ""), (3, "")])
def test_a_language_that_is_not_ours_is_not_known(language: object, kept: str) -> None:
    moment = datetime.datetime.now(datetime.timezone.utc)
    found = label_counts_of([(moment, ["PERSON"])], channel=None, language=language)
    assert found == {(moment.date(), "", "PERSON", kept): 1}
