"""Conversations that are not stored: they work, they are bounded, and no file or broker ever hears of them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import time
from pathlib import Path

import pytest
from rasa.shared.core.events import UserUttered

from components.storage import unstored as module
from components.storage.tracker_store import SanitisedTrackerStore
from components.storage.unstored import UnstoredConversations

from .conftest import MakeStore
from .conversations import SENDER, Broker, append, new_tracker, rows_of, said, settings, turn

UNSTORED = f"unstored-{SENDER}"
OTHER_UNSTORED = f"unstored-{SENDER[::-1]}"
HOUR = datetime.timedelta(hours=1)


async def _saved(store: SanitisedTrackerStore, sender_id: str = UNSTORED, text: str = "kanarialintu") -> None:
    tracker = await store.retrieve(sender_id) or new_tracker(sender_id)
    turn(tracker, text)
    await store.save(tracker)


async def test_the_conversation_goes_on(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    await _saved(store, text="toinen")

    assert said(await store.retrieve(UNSTORED)) == ["kanarialintu", "toinen"]
    assert await store.exists(UNSTORED)


async def test_it_keeps_its_state_when_early_events_are_not_read(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker(UNSTORED)
    turn(tracker, "first", language="en")
    for number in range(5):
        turn(tracker, f"question {number}")
    await store.save(tracker)

    read = await store.retrieve(UNSTORED)

    assert read is not None
    assert read.get_slot("language") == "en"
    assert len(read.events) < len(tracker.events)


async def test_nothing_of_it_is_written(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    store.flush()

    assert rows_of(store.engine) == []
    assert rows_of(store.engine, "conversations") == []
    assert store.pending_events == 0
    assert list(await store.keys()) == []


async def test_no_file_holds_it(sqlite_url: str, make_store: MakeStore, tmp_path: Path) -> None:
    store = make_store(sqlite_url)
    await _saved(store)

    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"kanarialintu" not in content
    assert UNSTORED.encode() not in content


async def test_the_broker_gets_nothing(url: str, make_store: MakeStore) -> None:
    broker = Broker()
    store = make_store(url, event_broker=broker)
    await _saved(store)
    store.flush()

    assert broker.published == []


async def test_memory_holds_it_masked_too(store: SanitisedTrackerStore) -> None:
    await _saved(store, text="soita 040 123 4567")

    assert said(await store.retrieve(UNSTORED)) == ["soita [PHONE_NUMBER]"]


async def test_a_restart_forgets_it_and_still_does_not_store_it(url: str, make_store: MakeStore) -> None:
    await _saved(make_store(url))
    restarted = make_store(url)

    assert await restarted.retrieve(UNSTORED) is None
    await _saved(restarted, text="jatkuu")
    assert rows_of(restarted.engine) == []


async def test_it_is_gone_when_the_session_ends(url: str, make_store: MakeStore) -> None:
    lifetime = datetime.timedelta(seconds=0.2)
    store = make_store(url, settings=dataclasses.replace(settings(url), session_lifetime=lifetime))
    await _saved(store)
    assert store._unstored._kept

    await asyncio.sleep(0.4)

    # Not only unreadable: nobody had to ask for it.
    assert not store._unstored._kept
    assert await store.retrieve(UNSTORED) is None


async def test_it_can_be_seen(store: SanitisedTrackerStore) -> None:
    await _saved(store)

    shown = await store.stored_data(UNSTORED)

    assert "kanarialintu" in [row["data"].get("text") for row in shown["events"]]


async def test_it_can_be_erased(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    await _saved(store, OTHER_UNSTORED)

    receipt = await store.erase(UNSTORED)

    assert receipt.counts["messages"] == 2
    assert await store.retrieve(UNSTORED) is None
    assert await store.exists(OTHER_UNSTORED)


async def test_a_stored_conversation_goes_on_in_memory(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    append(tracker, UserUttered("/opening", metadata={"notice_version": "v1", "consented": True}))
    turn(tracker, "tallennettu", language="en")
    await store.save(tracker)

    receipt = await store.stop_storing(SENDER, UNSTORED)

    assert receipt.counts["messages"] == 2
    assert rows_of(store.engine) == []
    assert rows_of(store.engine, "conversations") == []
    assert await store.retrieve(SENDER) is None
    going_on = await store.retrieve(UNSTORED)
    assert going_on is not None
    assert said(going_on) == ["/opening", "tallennettu"]
    assert going_on.get_slot("language") == "en"
    (row,) = (await store.stored_data(UNSTORED))["conversations"]
    assert row["notice_version"] == "v1"
    assert row["consented_at"]
    assert SENDER not in str(row).replace(UNSTORED, "")


async def test_asking_again_keeps_what_is_in_memory(store: SanitisedTrackerStore) -> None:
    await _saved(store, SENDER, "tallennettu")
    first = await store.stop_storing(SENDER, UNSTORED)
    await _saved(store, text="jatko")

    assert await store.stop_storing(SENDER, UNSTORED) == first
    assert said(await store.retrieve(UNSTORED)) == ["tallennettu", "jatko"]


# --------------------------------------------------------------------------------------------------------- its bounds


def test_of_one_conversation_the_latest_events_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS_OF_ONE", 3)
    kept = UnstoredConversations(HOUR)

    kept.add("a", {}, ["1", "2"])
    kept.add("a", {}, ["3", "4"])

    assert kept.read("a")[1] == ["2", "3", "4"]


def test_the_conversation_that_was_quiet_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 4)
    kept = UnstoredConversations(HOUR)

    for sender_id in ("a", "b", "a", "c"):
        kept.add(sender_id, {}, ["event"])
    kept.add("c", {}, ["event"])

    assert [kept.read(sender_id)[0] is not None for sender_id in "abc"] == [True, False, True]


def test_the_state_is_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = UnstoredConversations(HOUR)

    assert kept.add("a", {"state": "1", "notice_version": "v"}, ["x"])
    assert not kept.add("a", {"state": "2"}, ["y"])

    assert kept.read("a")[0] == {"state": "2", "notice_version": "v"}


def test_its_time_runs_from_the_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    kept = UnstoredConversations(HOUR)
    kept.add("a", {}, ["1"])
    clock[0] = 3_599
    kept.add("a", {}, ["2"])
    assert kept.read("a")[1] == ["1", "2"]

    clock[0] = 3_600

    assert kept.read("a") == (None, [])
