"""Every row says when it expires, a session expires as a whole, and nothing that has expired is read."""

from __future__ import annotations

import datetime
import time

import pytest
from rasa.shared.core.events import SlotSet, UserUttered

from components.storage import tracker_store as module
from components.storage.tracker_store import SanitisedTrackerStore

from .conftest import MakeStore
from .conversations import (
    RETENTION,
    SENDER,
    append,
    begin_session,
    dicts,
    new_tracker,
    rows_of,
    said,
    settings,
    texts_of,
    turn,
    utc,
)

HOUR = 3600.0
# A leap day and both changes of the clock in Finland, in 2024.
STARTS = [
    datetime.datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=datetime.timezone.utc),
    datetime.datetime(2024, 3, 31, 0, 59, 59, tzinfo=datetime.timezone.utc),
    datetime.datetime(2024, 10, 27, 0, 30, tzinfo=datetime.timezone.utc),
]


def set_now(monkeypatch: pytest.MonkeyPatch, now: datetime.datetime) -> None:
    """Let the store believe that it is `now`."""
    monkeypatch.setattr(module, "_now", lambda: now)


def moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


async def test_every_row_expires_with_its_session_and_not_after_its_own_period(store: SanitisedTrackerStore) -> None:
    start = time.time() - 100 * 24 * HOUR
    tracker = new_tracker(at=start)
    turn(tracker, "at once", at=start + 1)
    turn(tracker, "an hour later", at=start + HOUR)
    await store.save(tracker)
    rows = rows_of(store.engine)
    assert len(rows) == len(tracker.events)
    for row in rows:
        assert utc(row["expires_at"]) == moment(start) + RETENTION
        assert utc(row["expires_at"]) <= utc(row["occurred_at"]) + RETENTION
    (conversation,) = rows_of(store.engine, "conversations")
    assert utc(conversation["expires_at"]) == moment(start) + RETENTION
    assert utc(conversation["session_started_at"]) == moment(start)
    assert utc(conversation["last_event_at"]) == utc(rows[-1]["occurred_at"])


async def test_events_that_follow_later_expire_with_their_session(store: SanitisedTrackerStore) -> None:
    start = time.time() - HOUR
    tracker = new_tracker(at=start)
    turn(tracker, "first", at=start + 1)
    await store.save(tracker)
    again = await store.retrieve(SENDER)
    assert again is not None
    turn(again, "second")
    await store.save(again)
    assert {utc(row["expires_at"]) for row in rows_of(store.engine)} == {moment(start) + RETENTION}


async def test_events_after_a_bounded_read_expire_with_their_session(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    start = time.time() - HOUR
    tracker = new_tracker(at=start)
    for number in range(20):
        turn(tracker, f"question {number}", at=start + number)
    await store.save(tracker)
    again = await store.retrieve(SENDER)
    assert again is not None
    turn(again, "the last")
    await store.save(again)
    assert {utc(row["expires_at"]) for row in rows_of(store.engine)} == {moment(start) + RETENTION}


async def test_each_session_expires_on_its_own_day(store: SanitisedTrackerStore) -> None:
    first, second = time.time() - 50 * 24 * HOUR, time.time() - HOUR
    tracker = new_tracker(at=first)
    turn(tracker, "first day", at=first + 1)
    append(tracker, SlotSet("session_started_metadata", {"a": "b"}, timestamp=second - 0.001))
    begin_session(tracker, at=second)
    turn(tracker, "second day", at=second + 1)
    await store.save(tracker)
    expiries = [utc(row["expires_at"]) for row in rows_of(store.engine)]
    # The session's metadata and the action that announces it belong to the session.
    assert expiries == [moment(first) + RETENTION] * 7 + [moment(second - 0.001) + RETENTION] * 8
    (conversation,) = rows_of(store.engine, "conversations")
    assert utc(conversation["expires_at"]) == moment(second - 0.001) + RETENTION


@pytest.mark.parametrize("together", [True, False])
async def test_a_clock_that_was_set_back_lengthens_no_life(store: SanitisedTrackerStore, together: bool) -> None:
    start = time.time() - HOUR
    tracker = new_tracker(at=start)
    turn(tracker, "before", at=start + 1)
    if not together:
        await store.save(tracker)
        again = await store.retrieve(SENDER)
        assert again is not None
        tracker = again
    turn(tracker, "after", at=start - 60)
    await store.save(tracker)
    assert {utc(row["expires_at"]) for row in rows_of(store.engine)} == {moment(start - 60) + RETENTION}
    (conversation,) = rows_of(store.engine, "conversations")
    assert utc(conversation["expires_at"]) == moment(start - 60) + RETENTION


async def test_a_clock_that_runs_ahead_lengthens_no_life(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker(at=time.time() + 1000 * 24 * HOUR)
    await store.save(tracker)
    latest = datetime.datetime.now(datetime.timezone.utc) + RETENTION
    assert all(utc(row["expires_at"]) <= latest for row in rows_of(store.engine))


@pytest.mark.parametrize("timestamp", [float("nan"), float("inf"), -1.0, 1e300, "soon"])
async def test_an_impossible_time_does_not_stop_the_store(store: SanitisedTrackerStore, timestamp: float) -> None:
    tracker = new_tracker()
    append(tracker, UserUttered("hello", timestamp=timestamp))
    await store.save(tracker)
    assert store.pending_events == 0
    assert store.parked_events == 0
    now = datetime.datetime.now(datetime.timezone.utc)
    assert all(utc(row["expires_at"]) <= now + RETENTION for row in rows_of(store.engine))


async def test_a_late_server_does_not_shorten_a_newer_session(url: str, make_store: MakeStore) -> None:
    early, late = make_store(url), make_store(url)
    start = time.time() - HOUR
    tracker = new_tracker(at=start)
    turn(tracker, "first", at=start + 1)
    await early.save(tracker)
    old, new = await early.retrieve(SENDER), await late.retrieve(SENDER)
    assert old is not None
    assert new is not None
    begin_session(new, at=start + 60)
    await late.save(new)
    turn(old, "late", at=start + 50)
    await early.save(old)
    (conversation,) = rows_of(early.engine, "conversations")
    assert utc(conversation["session_started_at"]) == moment(start + 60)
    assert utc(conversation["expires_at"]) == moment(start + 60) + RETENTION


@pytest.mark.parametrize("days", [1, 30, 730])
async def test_the_period_is_the_one_that_is_set(url: str, make_store: MakeStore, days: int) -> None:
    period = datetime.timedelta(days=days)
    store = make_store(url, settings=settings(url, retention=period))
    start = time.time() - 60
    tracker = new_tracker(at=start)
    await store.save(tracker)
    assert {utc(row["expires_at"]) for row in rows_of(store.engine)} == {moment(start) + period}


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize(("seconds", "there"), [(-1, True), (0, False), (1, False)])
async def test_a_session_is_read_until_it_expires_and_not_after(
    store: SanitisedTrackerStore,
    monkeypatch: pytest.MonkeyPatch,
    start: datetime.datetime,
    seconds: int,
    there: bool,
) -> None:
    set_now(monkeypatch, start)
    tracker = new_tracker(at=start.timestamp())
    turn(tracker, "long ago", at=start.timestamp() + 5)
    await store.save(tracker)
    set_now(monkeypatch, start + RETENTION + datetime.timedelta(seconds=seconds))
    assert (await store.retrieve(SENDER) is not None) is there
    assert (await store.retrieve_full_tracker(SENDER) is not None) is there
    assert await store.exists(SENDER) is there
    assert list(await store.keys()) == ([SENDER] if there else [])


async def test_an_expired_session_is_gone_while_a_newer_one_stays(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = time.time() - 50 * 24 * HOUR, time.time() - HOUR
    tracker = new_tracker(at=first)
    turn(tracker, "first day", at=first + 1)
    begin_session(tracker, at=second)
    turn(tracker, "second day", at=second + 1)
    await store.save(tracker)
    set_now(monkeypatch, moment(first) + RETENTION)
    assert said(await store.retrieve_full_tracker(SENDER)) == ["second day"]
    assert dicts(await store.retrieve_full_tracker(SENDER)) == dicts(tracker)[-7:]


async def test_a_conversation_that_waits_expires_too(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_write_pending", lambda: False)
    tracker = new_tracker()
    turn(tracker, "waits")
    await store.save(tracker)
    assert said(await store.retrieve(SENDER)) == ["waits"]
    set_now(monkeypatch, datetime.datetime.now(datetime.timezone.utc) + RETENTION)
    assert await store.retrieve(SENDER) is None
    assert await store.retrieve_full_tracker(SENDER) is None
    assert list(await store.keys()) == []


async def test_of_two_sessions_that_wait_only_the_running_one_is_read_after_the_first_expired(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_write_pending", lambda: False)
    first, second = time.time() - 50 * 24 * HOUR, time.time() - HOUR
    tracker = new_tracker(at=first)
    turn(tracker, "first day", at=first + 1)
    begin_session(tracker, at=second)
    turn(tracker, "second day", at=second + 1)
    await store.save(tracker)
    set_now(monkeypatch, moment(first) + RETENTION)
    assert said(await store.retrieve_full_tracker(SENDER)) == ["second day"]


async def test_what_expired_while_it_waited_is_not_written(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime.datetime.now(datetime.timezone.utc)
    with monkeypatch.context() as away:
        away.setattr(store, "_write_pending", lambda: False)
        tracker = new_tracker(at=start.timestamp() - 10)
        turn(tracker, "waits", at=start.timestamp() - 9)
        await store.save(tracker)
    set_now(monkeypatch, start + RETENTION)
    assert store.flush()
    assert texts_of(store.engine) == []
    assert rows_of(store.engine, "conversations") == []
