"""While the database is away events wait, masked; later they are written in order, once; nothing is raised to Rasa."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.events import SlotSet

from components.storage import database
from components.storage import tracker_store as module
from components.storage.tracker_store import SanitisedTrackerStore

from .conftest import MakeStore
from .conversations import OTHER_SENDER, SENDER, Broker, append, new_tracker, rows_of, said, texts_of, turn
from .postgresql import PostgresqlServer

CANNOT = "cannot be written"
AGAIN = "can be written again"
CRITICAL = logging.CRITICAL

pytestmark = pytest.mark.usefixtures("short_waits")


class Outage:
    """A database that goes away and comes back; reads: whether what was stored can be read meanwhile."""

    def __init__(self, url: str, begin: Callable[[], None], end: Callable[[], None], *, reads: bool) -> None:
        self.url = url
        self.begin = begin
        self.end = end
        self.reads = reads


def locked(url: str) -> Outage:
    """Another connection holds the whole file."""
    other: list[sqlite3.Connection] = []

    def begin() -> None:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
        other.append(connection)

    def end() -> None:
        while other:
            connection = other.pop()
            connection.execute("ROLLBACK")
            connection.close()

    return Outage(url, begin, end, reads=True)


def limited(url: str, on: Callable[[Any], str], off: str) -> Outage:
    """Every connection gets a pragma that makes writing fail."""
    pragma = [off]

    def set_pragma(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(pragma[0])

    def begin() -> None:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        pragma[0] = on(connection)
        connection.close()

    def end() -> None:
        pragma[0] = off

    sa.event.listen(sa.pool.QueuePool, "checkout", set_pragma)
    outage = Outage(url, begin, end, reads=True)
    outage.forget = lambda: sa.event.remove(sa.pool.QueuePool, "checkout", set_pragma)  # type: ignore[attr-defined]
    return outage


def pages(connection: Any) -> str:
    return f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}"


@pytest.fixture(params=["locked", "read-only", "disk full", "server stopped", "row locked"])
def outage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outage]:
    """Each way in which a database is away."""
    made = make_outage(request, f"sqlite:///{tmp_path / 'luotsi.sqlite'}")
    yield made
    made.end()
    getattr(made, "forget", lambda: None)()


def make_outage(request: pytest.FixtureRequest, sqlite_url: str) -> Outage:
    if request.param == "locked":
        return locked(sqlite_url)
    if request.param == "read-only":
        return limited(sqlite_url, lambda _: "PRAGMA query_only=1", "PRAGMA query_only=0")
    if request.param == "disk full":
        return limited(sqlite_url, pages, "PRAGMA max_page_count=1000000")
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    url = request.getfixturevalue("postgresql_url")
    if request.param == "server stopped":
        return Outage(url, server.stop, server.start, reads=False)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    holders: list[Any] = []

    def hold() -> None:
        connection = engine.connect()
        connection.begin()
        connection.execute(sa.text("LOCK TABLE conversations IN EXCLUSIVE MODE"))
        holders.append(connection)

    def release() -> None:
        while holders:
            holders.pop().close()

    return Outage(url, hold, release, reads=True)


def long_text(number: int) -> str:
    """A text that needs a page of its own, so that a full disk is noticed."""
    return f"question {number} " + "sana " * 2_000


async def written(store: SanitisedTrackerStore, *, seconds: float = 15) -> None:
    """Wait until nothing waits for the database and nobody tries to write."""
    deadline = time.monotonic() + seconds
    while store.pending_events or store._is_retrying():
        assert time.monotonic() < deadline, "the events were not written"
        await asyncio.sleep(0.02)


def lines(caplog: pytest.LogCaptureFixture, text: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if text in record.getMessage()]


async def test_events_wait_and_are_written_once_in_order(
    outage: Outage, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Broker()
    store = make_store(outage.url, event_broker=broker)
    errors: list[Exception] = []
    rasa = FailSafeTrackerStore(store, on_tracker_store_error=errors.append)
    tracker = new_tracker()
    turn(tracker, long_text(0))
    await rasa.save(tracker)
    published = len(broker.published)

    outage.begin()
    for number in (1, 2):
        turn(tracker, long_text(number))
        await rasa.save(tracker)
    other = new_tracker(OTHER_SENDER)
    turn(other, "my code is 131052-908T")
    await rasa.save(other)

    assert store.pending_events == 4 + 4 + 7
    assert len(broker.published) == published  # only after the write
    there = said(await rasa.retrieve(SENDER))
    assert there == [long_text(n) for n in ((0, 1, 2) if outage.reads else (1, 2))]
    assert said(await rasa.retrieve_full_tracker(SENDER)) == there
    assert said(await rasa.retrieve(OTHER_SENDER)) == ["my code is [FI_PERSONAL_IDENTITY_CODE]"]
    assert await store.exists(OTHER_SENDER)
    assert set(await rasa.keys()) == {SENDER, OTHER_SENDER}

    outage.end()
    await written(store)
    assert texts_of(store.engine) == [long_text(n) for n in (0, 1, 2)]
    assert texts_of(store.engine, OTHER_SENDER) == ["my code is [FI_PERSONAL_IDENTITY_CODE]"]
    assert said(await rasa.retrieve(SENDER)) == [long_text(n) for n in (0, 1, 2)]
    assert [event["event"] for event in broker.published] == [row["type_name"] for row in rows_of(store.engine)]
    assert len(lines(caplog, CANNOT)) == 1
    assert len(lines(caplog, AGAIN)) == 1
    assert "question" not in caplog.text
    assert "131052" not in caplog.text
    assert errors == []
    assert rasa._fallback_tracker_store is None


async def test_flush_writes_what_waits_at_once(outage: Outage, make_store: MakeStore) -> None:
    store = make_store(outage.url)
    tracker = new_tracker()
    outage.begin()
    turn(tracker, long_text(0))
    await store.save(tracker)
    assert not store.flush()
    outage.end()
    assert store.flush()
    assert texts_of(store.engine) == [long_text(0)]


async def test_a_second_outage_is_logged_again(
    sqlite_url: str, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    store, outage = make_store(sqlite_url), locked(sqlite_url)
    tracker = new_tracker()
    for number in range(2):
        outage.begin()
        turn(tracker, f"question {number}")
        await store.save(tracker)
        outage.end()
        await written(store)
    assert len(lines(caplog, CANNOT)) == 2
    assert texts_of(store.engine) == ["question 0", "question 1"]


async def test_nobody_waits_while_a_retry_is_running(
    sqlite_url: str, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SQLITE_BUSY_MILLISECONDS", 1_000)
    monkeypatch.setattr(module, "RETRY_SECONDS", 30.0)
    store, outage = make_store(sqlite_url), locked(sqlite_url)
    tracker = new_tracker()
    outage.begin()
    await store.save(tracker)
    turn(tracker, "quickly")
    start = time.monotonic()
    await store.save(tracker)
    assert time.monotonic() - start < 0.5
    outage.end()
    assert store.flush()


async def test_events_that_come_while_a_retry_ends_are_written_too(
    sqlite_url: str, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, outage = make_store(sqlite_url), locked(sqlite_url)
    tracker, late = new_tracker(), [new_tracker(OTHER_SENDER)]
    outage.begin()
    await store.save(tracker)
    write = store._write_pending

    def write_and_let_another_come() -> bool:
        done = write()
        if done and late:
            store._queue(late.pop())
        return done

    monkeypatch.setattr(store, "_write_pending", write_and_let_another_come)
    outage.end()
    await written(store)
    assert late == []
    assert set(await store.keys()) == {SENDER, OTHER_SENDER}


async def test_saves_at_the_same_moment_wait_together(
    sqlite_url: str, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SQLITE_BUSY_MILLISECONDS", 1_000)
    store, outage = make_store(sqlite_url), locked(sqlite_url)
    outage.begin()
    start = time.monotonic()
    await asyncio.gather(*(store.save(new_tracker(f"conversation-{number}")) for number in range(4)))
    assert time.monotonic() - start < 2
    outage.end()
    await written(store)


async def test_too_much_waiting_means_overloaded(
    sqlite_url: str, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PENDING_EVENTS", 7)
    store, outage = make_store(sqlite_url), locked(sqlite_url)
    tracker = new_tracker()
    assert not store.overloaded
    outage.begin()
    await store.save(tracker)
    assert not store.overloaded
    turn(tracker, "one more")
    await store.save(tracker)
    assert store.overloaded
    outage.end()
    assert store.flush()
    assert not store.overloaded


async def test_a_write_whose_answer_was_lost_is_not_made_twice(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, answers = store._write, [True]

    def write(what: Any) -> None:
        make(what)
        if answers:
            answers.pop()
            raise sa.exc.OperationalError("COMMIT", {}, ConnectionError())

    monkeypatch.setattr(store, "_write", write)
    monkeypatch.setattr(module, "RETRY_SECONDS", 30.0)
    tracker = new_tracker()
    turn(tracker, "only once")
    await store.save(tracker)
    assert store.pending_events == 7
    # It waits and is stored.
    assert said(await store.retrieve(SENDER)) == ["only once"]
    assert said(await store.retrieve_full_tracker(SENDER)) == ["only once"]
    assert store.flush()
    assert texts_of(store.engine) == ["only once"]


@pytest.mark.parametrize("table", ["events", "conversations"])
async def test_a_missing_table_concerns_every_write_and_is_waited_for(
    store: SanitisedTrackerStore, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO elsewhere")
    tracker = new_tracker()
    turn(tracker, "waits")
    await store.save(tracker)
    assert store.pending_events == 7
    assert said(await store.retrieve(SENDER)) == ["waits"]
    assert await store.retrieve(OTHER_SENDER) is None
    assert len(lines(caplog, "cannot be read")) <= 1
    assert "waits" not in caplog.text.replace("sanitised events wait", "")
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE elsewhere RENAME TO {table}")
    await written(store)
    assert texts_of(store.engine) == ["waits"]
    assert store.parked_events == 0


async def test_a_database_that_cannot_be_read_is_logged_once(
    store: SanitisedTrackerStore, caplog: pytest.LogCaptureFixture
) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE conversations")
    for _ in range(3):
        assert await store.retrieve(SENDER) is None
        assert await store.retrieve_full_tracker(SENDER) is None
        assert not await store.exists(SENDER)
        assert list(await store.keys()) == []
    assert len(lines(caplog, "cannot be read")) == 1


# ------------------------------------------------------------------------------- what the database does not take


class Refused(SlotSet):  # type: ignore[misc]
    """An event whose kind is longer than PostgreSQL's column."""

    type_name = "refused" * 20


async def refuse(store: SanitisedTrackerStore) -> None:
    """Save a conversation before, one that is refused, and one after it."""
    tracker = new_tracker(SENDER)
    turn(tracker, "before")
    await store.save(tracker)
    poisoned = new_tracker(OTHER_SENDER)
    append(poisoned, Refused("contact", "poison"))
    await store.save(poisoned)
    turn(tracker, "after")
    await store.save(tracker)


async def test_a_row_that_does_not_fit_is_parked_and_the_rest_goes_on(
    postgresql_url: str, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    store = make_store(postgresql_url)
    await refuse(store)
    assert texts_of(store.engine) == ["before", "after"]
    assert store.pending_events == 0
    assert store.parked_events == 4
    (line,) = [record for record in caplog.records if record.levelno == CRITICAL]
    assert "refuses 4 sanitised events" in line.getMessage()
    assert "(StringDataRightTruncation)" in line.getMessage()
    assert "poison" not in caplog.text
    assert OTHER_SENDER not in caplog.text


async def test_a_value_that_no_database_knows_is_parked_and_the_rest_goes_on(
    store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make = store._content
    refused = {"data": {1}}
    monkeypatch.setattr(
        store, "_content", lambda event: {**make(event), **(refused if isinstance(event, Refused) else {})}
    )
    await refuse(store)
    assert texts_of(store.engine) == ["before", "after"]
    assert store.parked_events == 4
    assert len([record for record in caplog.records if record.levelno == CRITICAL]) == 1


def failure(kind: type[sa.exc.DBAPIError], code: str | None = None) -> sa.exc.DBAPIError:
    cause = Exception("poison")
    cause.pgcode = code  # type: ignore[attr-defined]
    return kind("INSERT", {"data": "poison"}, cause)


@pytest.mark.parametrize(
    ("error", "parked"),
    [
        (failure(sa.exc.DataError), True),
        (failure(sa.exc.IntegrityError), True),
        (failure(sa.exc.OperationalError, "54000"), True),
        (sa.exc.StatementError("poison", "INSERT", {}, ValueError("poison")), True),
        (ValueError("A string literal cannot contain NUL (0x00) characters."), True),
        (UnicodeEncodeError("utf-8", "poison", 0, 1, "surrogates not allowed"), True),
        (failure(sa.exc.OperationalError), False),
        (failure(sa.exc.OperationalError, "53100"), False),
        (failure(sa.exc.InternalError, "25006"), False),
        (failure(sa.exc.ProgrammingError, "42501"), False),
        (failure(sa.exc.InterfaceError), False),
        (failure(sa.exc.DatabaseError), False),
        (sa.exc.TimeoutError("poison"), False),
        (sqlite3.OperationalError("poison"), False),
        (OSError("poison"), False),
        (RuntimeError("poison"), False),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_refusal_is_told_from_an_absence(
    sqlite_url: str,
    make_store: MakeStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    parked: bool,
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 30.0)
    store = make_store(sqlite_url)
    insert = module._insert

    def insert_or_fail(connection: Any, write: Any) -> None:
        if write.sender_id == OTHER_SENDER:
            raise error
        insert(connection, write)

    with monkeypatch.context() as failing:
        failing.setattr(module, "_insert", insert_or_fail)
        await refuse(store)
    assert texts_of(store.engine) == (["before", "after"] if parked else ["before"])
    assert store.parked_events == (4 if parked else 0)
    assert store.pending_events == (0 if parked else 4 + 4)
    assert "poison" not in caplog.text
    assert store.flush()
    assert texts_of(store.engine) == ["before", "after"]


async def test_the_parked_are_bounded(store: SanitisedTrackerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_write", lambda write: (_ for _ in ()).throw(ValueError("always")))
    for number in range(module.MAX_PARKED_WRITES + 5):
        await store.save(new_tracker(f"conversation-{number}"))
    assert store.pending_events == 0
    assert store.parked_events == 3 * module.MAX_PARKED_WRITES


@pytest.mark.parametrize("name", ["_write_of", "_publish_written", "_write_pending"])
async def test_no_mistake_of_ours_reaches_rasa(
    sqlite_url: str, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("131052-908T")

    store = make_store(sqlite_url)
    monkeypatch.setattr(store, name, fail)
    errors: list[Exception] = []
    rasa = FailSafeTrackerStore(store, on_tracker_store_error=errors.append)
    tracker = new_tracker()
    turn(tracker, "hello")
    await rasa.save(tracker)
    assert errors == []
    assert rasa._fallback_tracker_store is None
    assert "A conversation could not be saved (RuntimeError)." in caplog.text
    assert "131052" not in caplog.text
