"""What has expired is deleted on time, for good and in small pieces; what has not stays; trouble is told."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.settings import SettingsError
from components.storage import audit, retention, staff
from components.storage.models import Base, RetentionRun
from components.storage.partitions import LOCK_MILLISECONDS, create_partitions, partition_of
from components.storage.retention import Due, Periods, alarms, expiring_tables, preview, purge, status

from .conftest import MakeStore
from .conversations import RETENTION, SENDER, new_tracker, said, turn
from .rows import (
    DAY,
    EXPIRING,
    HOUR,
    NOW,
    ORDINARY,
    SECOND,
    TEXTS,
    add,
    add_conversation,
    add_everywhere,
    count,
    counts,
    new_database,
    senders,
    wait_until_somebody_waits_for_a_lock,
)

UTC = datetime.timezone.utc
PERIODS = Periods(conversations=730 * DAY, technical_log=30 * DAY, reply_addresses=24 * HOUR)
KEYS = [b"k" * 32]
# What staff and the index add to a conversation.
STAFFS = [table.name for table in retention.FOLLOWERS if table.name != "holds"]
MOMENTS = [
    NOW,
    datetime.datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime.datetime(2026, 3, 29, 1, 0, tzinfo=UTC),  # Finnish clocks go forward
    datetime.datetime(2026, 10, 25, 1, 0, tzinfo=UTC),  # and back
    datetime.datetime(2027, 1, 1, tzinfo=UTC),  # a partition ends
]


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An empty database of the newest version."""
    engine = new_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    """An empty PostgreSQL database, with the partitions that NOW asks for."""
    engine = new_database(postgresql_url)
    create_partitions(engine, now=NOW - 60 * DAY)
    yield engine
    engine.dispose()


@pytest.fixture
def finnish_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that runs on Finnish time."""
    monkeypatch.setenv("TZ", "Europe/Helsinki")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def runs(engine: Engine) -> list[RetentionRun]:
    """The records of all purges."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(RetentionRun.__table__).order_by(RetentionRun.id)).all())


def partition_exists(engine: Engine, name: str) -> bool:
    with engine.connect() as connection:
        query = sa.text("SELECT count(*) FROM pg_class WHERE relname = :name")
        return connection.execute(query, {"name": name}).scalar_one() == 1


def expiries(engine: Engine, table: str) -> set[datetime.datetime]:
    with engine.connect() as connection:
        return set(connection.execute(sa.select(Base.metadata.tables[table].c.expires_at)).scalars())


# What goes and what stays -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("finnish_clock")
@pytest.mark.parametrize("limit", MOMENTS, ids=str)
def test_every_table_is_emptied_at_the_limit(engine: Engine, limit: datetime.datetime) -> None:
    times = {"before": limit - SECOND, "at": limit, "after": limit + SECOND}
    with engine.begin() as connection:
        for name, expiry in times.items():
            add_everywhere(connection, name, expiry)
        # A hold would keep its conversation for as long as it lasts itself.
        connection.execute(sa.delete(Base.metadata.tables["holds"]))
    tables = set(ORDINARY) - {"holds"}
    assert counts(engine) == dict.fromkeys(tables, 3), "a new table must be filled here"
    assert purge(engine, now=limit) == dict.fromkeys(tables, 2)
    assert {table: expiries(engine, table) for table in tables} == dict.fromkeys(tables, {limit + SECOND})


def test_a_hold_ends_when_it_expires(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW + DAY)
        for expiry in (NOW - SECOND, NOW, NOW + SECOND):
            add(connection, "holds", expiry, sender_id="a")
    purge(engine, now=NOW)
    assert expiries(engine, "holds") == {NOW + SECOND}


def test_entries_of_the_audit_log_go_from_the_beginning_and_the_chain_stays_whole(engine: Engine) -> None:
    now = datetime.datetime.now(UTC)
    with engine.begin() as connection:
        for days in (400, 300, 200, 100):
            for kept in (365, 90) if days == 200 else (250,):
                audit.append(
                    connection,
                    keys=KEYS,
                    kept=kept * DAY,
                    now=now - days * DAY,
                    actor="anna",
                    action="conversation.viewed",
                    target=None,
                    details={},
                )
    # The fourth has expired, but one before it has not.
    (found,) = (table for table in status(engine, now=now).tables if table.table == "audit_log")
    assert (found.rows, found.overdue) == (5, 2)
    assert purge(engine, now=now, batch_size=1) == {"audit_log": 2}
    assert audit.verify(engine, KEYS).problem is None
    assert count(engine, "audit_log") == 3
    assert not any("audit_log" in alarm for alarm in alarms(engine, now=now))


def test_a_shorter_period_leaves_the_entries_of_the_audit_log_as_they_were_written(engine: Engine) -> None:
    now = datetime.datetime.now(UTC)
    with engine.begin() as connection:
        audit.append(connection, keys=KEYS, kept=730 * DAY, now=now, actor="a", action="b.c", target=None, details={})
    shorter = dataclasses.replace(PERIODS, audit_log=90 * DAY)
    purge(engine, now=now, periods=shorter)
    assert expiries(engine, "audit_log") == {now + 730 * DAY}
    assert audit.verify(engine, KEYS).problem is None


def test_a_disabled_account_goes_when_the_audit_log_does_not_name_it_any_more(engine: Engine) -> None:
    now = datetime.datetime.now(UTC)
    log = functools.partial(audit.append, keys=KEYS, kept=100 * DAY, details={})
    with engine.begin() as connection:
        for user_id in ("actor", "busy", "left", "target", "unnamed"):
            number = staff.add_account(
                connection, user_id, roles=[staff.Role.TRAINER], password_hash="!", language="fi", now=now - 300 * DAY
            )
            staff.set_active(connection, number, user_id == "busy")
            connection.execute(
                sa.insert(Base.metadata.tables["saved_filters"]).values(
                    owner=user_id, name="a", query="", created_at=now - 300 * DAY
                )
            )
        log(connection, now=now - 200 * DAY, actor="left", action="conversation.viewed", target=None)
        log(connection, now=now - 199 * DAY, actor="admin", action="staff.disabled", target="staff:left")
        log(connection, now=now - 50 * DAY, actor="admin", action="staff.disabled", target="staff:target")
        log(connection, now=now - 50 * DAY, actor="actor", action="conversation.viewed", target="unnamed")

    assert purge(engine, now=now) == {"audit_log": 2, "saved_filters": 2, "staff": 2}

    with engine.connect() as connection:
        assert [account.user_id for account in staff.accounts(connection)] == ["actor", "busy", "target"]
        owners = connection.execute(sa.select(Base.metadata.tables["saved_filters"].c.owner)).scalars()
        assert sorted(owners) == ["actor", "busy", "target"]


@pytest.mark.parametrize("batch_size", [2, 1000])
def test_what_staff_added_goes_with_the_conversation_whenever_it_would_expire_itself(
    engine: Engine, batch_size: int
) -> None:
    with engine.begin() as connection:
        for name, expiry in (("old", NOW), ("new", NOW + DAY)):
            add_everywhere(connection, name, expiry)
        connection.execute(sa.delete(Base.metadata.tables["holds"]))
        for table in STAFFS:
            connection.execute(sa.update(Base.metadata.tables[table]).values(expires_at=NOW + 300 * DAY))
    purge(engine, now=NOW, batch_size=batch_size)
    assert {table: senders(engine, table) for table in STAFFS} == dict.fromkeys(STAFFS, {"new"})


def test_what_was_erased_in_the_meantime_leaves_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        add_everywhere(connection, "a", NOW + DAY)
        for table in ("conversations", "events"):
            connection.execute(sa.delete(Base.metadata.tables[table]))
    purge(engine, now=NOW)
    assert {table: senders(engine, table) for table in STAFFS} == dict.fromkeys(STAFFS, set())


def test_a_note_and_a_task_go_with_the_message_that_they_are_about(engine: Engine) -> None:
    later = NOW + 300 * DAY
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW, events=1)
        add_conversation(connection, "a", NOW + DAY, events=1)
        events = Base.metadata.tables["events"].c
        ids = connection.execute(sa.select(events.id).order_by(events.expires_at)).scalars().all()
        for event_id in (*ids, None):
            add(connection, "review_marks", later, sender_id="a", event_id=event_id)
            add(connection, "content_tasks", later, sender_id="a", event_id=event_id)
        add(connection, "content_tasks", later)  # of no conversation
    assert purge(engine, now=NOW) == {"events": 1, "review_marks": 1, "content_tasks": 1}
    assert count(engine, "content_tasks") == 3


def test_a_rewritten_case_stays_and_practices_of_a_case_that_is_gone_go(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "collection_cases", NOW + DAY, messages="[]")
        case_id = connection.execute(sa.select(Base.metadata.tables["collection_cases"].c.id)).scalar_one()
        add(connection, "practices", NOW + DAY, case_id=case_id)
        add(connection, "practices", NOW + DAY, case_id=case_id + 1)
    assert purge(engine, now=NOW + HOUR) == {"practices": 1}
    assert counts(engine) == {"collection_cases": 1, "practices": 1}


def test_a_table_with_an_expiry_is_purged_and_has_a_time_to_count_from() -> None:
    assert {table.name for table in expiring_tables()} == set(EXPIRING) == retention._COUNTED_FROM.keys()


def test_rows_that_have_not_expired_stay_beside_those_that_have(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(20):
            add_conversation(connection, f"old{number}", NOW - number * DAY)
            add_conversation(connection, f"new{number}", NOW + (number + 1) * SECOND)
    assert purge(engine, now=NOW, batch_size=7) == {"conversations": 20, "events": 60}
    assert senders(engine, "events") == senders(engine, "conversations") == {f"new{number}" for number in range(20)}


def test_an_expired_session_goes_while_the_conversation_goes_on(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW - DAY)
        add_conversation(connection, "a", NOW + DAY, events=2)
    assert purge(engine, now=NOW) == {"events": 3}
    assert counts(engine) == {"conversations": 1, "events": 2}


def test_a_conversation_without_events_goes_with_the_last_of_them(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
        connection.execute(sa.text("UPDATE conversations SET expires_at = :later"), {"later": str(NOW + 30 * DAY)})
    assert purge(engine, now=NOW) == {"conversations": 1, "events": 3}


def test_a_second_purge_finds_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
    assert purge(engine, now=NOW) != {}
    assert purge(engine, now=NOW) == {}


def test_a_clock_that_was_set_back_deletes_nothing_early(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW - DAY)
        add_conversation(connection, "b", NOW)
    purge(engine, now=NOW - HOUR)
    assert senders(engine, "events") == {"b"}
    assert purge(engine, now=NOW - 2 * HOUR) == {}
    purge(engine, now=NOW)
    assert counts(engine) == {}


async def test_what_the_store_writes_goes_on_its_day(url: str, make_store: MakeStore) -> None:
    store = make_store(url)
    start = time.time() - 100
    tracker = new_tracker(at=start)
    turn(tracker, "hello", at=start + 1)
    await store.save(tracker)
    end = datetime.datetime.fromtimestamp(start, UTC) + RETENTION
    purge(store.engine, now=end - SECOND)
    assert said(await store.retrieve(SENDER)) == ["hello"]
    purge(store.engine, now=end)
    assert counts(store.engine) == {}
    assert await store.retrieve(SENDER) is None


# Batches -------------------------------------------------------------------------------------------------------------


def test_a_batch_has_no_more_rows_than_allowed(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(10):
            add_conversation(connection, f"a{number}", NOW - number * SECOND, events=4)
    batches: list[tuple[list[str], int]] = []

    def look(connection: Connection, ids: list[str]) -> None:
        batches.append((ids, connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one()))

    purge(engine, now=NOW, batch_size=10, before_delete=look)
    assert [len(ids) for ids, _ in batches] == [2] * 5
    assert [rows for _, rows in batches] == [40, 32, 24, 16, 8]


def test_a_conversation_is_given_once_and_before_its_events_go(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(4):
            add_conversation(connection, f"a{number}", NOW - 2 * DAY, events=30)
            add_conversation(connection, f"a{number}", NOW - DAY, events=30)
        add_conversation(connection, "b", NOW + DAY)
    given: dict[str, int] = {}

    def look(connection: Connection, ids: list[str]) -> None:
        for sender in ids:
            assert sender not in given
            query = sa.text("SELECT count(*) FROM events WHERE sender_id = :sender")
            given[sender] = connection.execute(query, {"sender": sender}).scalar_one()

    purge(engine, now=NOW, batch_size=10, before_delete=look)
    assert given == {f"a{number}": 60 for number in range(4)}
    assert senders(engine, "events") == {"b"}


def test_what_is_looked_at_and_what_is_deleted_are_one_transaction(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)

    def fail(connection: Connection, ids: list[str]) -> None:
        connection.execute(
            sa.text("INSERT INTO training_utterances (digest, language, conversations) VALUES ('d', 'fi', 1)")
        )
        raise RuntimeError("looking failed")

    with pytest.raises(RuntimeError, match="looking failed"):
        purge(engine, now=NOW, before_delete=fail)
    assert count(engine, "training_utterances") == 0
    assert count(engine, "events") == 3
    assert [(run.ok, run.error_kind) for run in runs(engine)] == [(False, "RuntimeError")]


def test_a_purge_that_is_killed_is_finished_by_the_next_one(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(40):
            add_conversation(connection, f"a{number}", NOW - number * SECOND, events=5)
        add_conversation(connection, "b", NOW + DAY)
    script = (
        "import datetime, sys, time\n"
        "from components.storage.database import open_database\n"
        "from components.storage.retention import purge\n"
        "batches = 0\n"
        "def slow(connection, ids):\n"
        "    global batches\n"
        "    batches += 1\n"
        "    if batches == 6:\n"
        "        print('in the middle', flush=True)\n"
        "        time.sleep(60)\n"
        "purge(open_database(sys.argv[1]), now=datetime.datetime.fromisoformat(sys.argv[2]), batch_size=10, "
        "before_delete=slow)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, url, NOW.isoformat()], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"in the middle\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    # Five batches are done as a whole, with their record; nothing of the sixth.
    assert count(engine, "events") == 40 * 5 - 50 + 3
    assert len(senders(engine, "events")) == len(senders(engine, "conversations")) == 31
    (killed,) = runs(engine)
    assert (killed.finished_at, killed.ok, json.loads(killed.deleted)) == (
        None,
        None,
        {"events": 50, "conversations": 10},
    )
    assert purge(engine, now=NOW) == {"events": 150, "conversations": 30}
    assert counts(engine) == {"conversations": 1, "events": 3}


def test_two_purges_at_once_share_the_work(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(60):
            add_conversation(connection, f"a{number}", NOW - number * SECOND, events=5)
        add_conversation(connection, "b", NOW + DAY)
    given: list[str] = []
    deleted: list[dict[str, int]] = []
    errors: list[Exception] = []
    together = threading.Barrier(2)

    def work() -> None:
        own = new_database(url)
        try:
            together.wait(20)
            deleted.append(purge(own, now=NOW, batch_size=10, before_delete=lambda connection, ids: given.extend(ids)))
        except Exception as error:
            errors.append(error)
        finally:
            own.dispose()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sorted(given) == sorted(f"a{number}" for number in range(60))
    assert sum(each.get("events", 0) for each in deleted) == 300
    assert senders(engine, "events") == senders(engine, "conversations") == {"b"}


async def test_writers_go_on_during_a_purge(url: str, make_store: MakeStore) -> None:
    store = make_store(url)
    with store.engine.begin() as connection:
        for number in range(100):
            add_conversation(connection, f"a{number}", NOW - number * SECOND, events=5)
    purging = threading.Thread(target=lambda: purge(store.engine, now=NOW, batch_size=25))
    purging.start()
    number = 0
    while purging.is_alive():
        await store.save(new_tracker(f"{number:032x}"))
        assert store.pending_events == 0, "a writer waited for longer than it is ready to"
        number += 1
    purging.join()
    assert number > 3
    assert len(senders(store.engine, "conversations")) == number


def test_writers_get_as_long_as_a_batch_took(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
    pauses: list[float] = []
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", pauses.append)
    purge(engine, now=NOW, before_delete=lambda connection, ids: sleep(0.2))
    assert 0.2 <= max(pauses) <= retention._LONGEST_PAUSE_SECONDS


def test_a_conversation_that_goes_on_meanwhile_is_not_lost(postgresql: Engine) -> None:
    """A server adds events while the purge thinks that the conversation has none left."""
    conversations = Base.metadata.tables["conversations"]
    with postgresql.begin() as connection:
        add_conversation(connection, "a", NOW)
        connection.execute(sa.update(conversations).values(expires_at=NOW + HOUR))
    writer = new_database(str(postgresql.url))
    with writer.connect() as other, other.begin() as transaction:
        other.execute(sa.update(conversations).values(expires_at=NOW + DAY))
        add(other, "events", NOW + DAY, sender_id="a")
        purging = threading.Thread(target=lambda: purge(postgresql, now=NOW))
        purging.start()
        wait_until_somebody_waits_for_a_lock(postgresql)
        transaction.commit()
    purging.join(20)
    writer.dispose()
    assert senders(postgresql, "events") == {"a"}
    assert senders(postgresql, "conversations") == {"a"}


# For good ------------------------------------------------------------------------------------------------------------


def test_no_byte_of_what_was_deleted_stays_in_the_sqlite_file(sqlite_url: str, tmp_path: Path) -> None:
    engine = new_database(sqlite_url)
    with engine.begin() as connection:
        for number in range(300):
            size = (10, 100, 700, 3000, 9000)[number % 5]
            expiry = NOW - SECOND if number % 3 else NOW + DAY
            word = "ephemeral-word" if number % 3 else "lasting-word"
            add_conversation(connection, f"{number}", expiry, text=f"{word} {number} " + "x" * size, events=2)
            for table in set(ORDINARY) - {"conversations", "events"}:
                add(connection, table, expiry, **{TEXTS[table]: f"{word} {number}"}, **belonging(table, number))

    def holding(word: bytes) -> set[str]:
        return {file.name for file in tmp_path.iterdir() if word in file.read_bytes()}

    assert holding(b"ephemeral-word") != set()
    # Somebody else has the database open, as the server has in real life.
    with engine.connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
        purge(engine, now=NOW)
        assert (tmp_path / "luotsi.sqlite-wal").exists()
        assert holding(b"ephemeral-word") == set()
        assert "luotsi.sqlite" in holding(b"lasting-word")
    engine.dispose()


@pytest.mark.parametrize("rewritten", [True, False])
def test_no_word_of_a_deleted_message_stays_in_the_full_text_index(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rewritten: bool
) -> None:
    if not rewritten:
        monkeypatch.setattr(retention, "VACUUM_BYTES", 0)
    engine = new_database(sqlite_url)
    for number in range(60):
        name, expiry = ("katoava", NOW) if number % 3 else ("pysyva", NOW + DAY)
        # One transaction each, so that the index has many parts.
        with engine.begin() as connection:
            add_conversation(connection, f"{number}", expiry, events=1)
            words = " ".join(f"{name}{letter * 9}{number}" for letter in "abcdefgh")
            add(connection, "indexed_messages", expiry, sender_id=f"{number}", words=words)

    def holding(word: bytes) -> bool:
        return any(word in file.read_bytes() for file in tmp_path.iterdir())

    assert holding(b"katoava")
    purge(engine, now=NOW, batch_size=7)
    assert not holding(b"katoava")
    with engine.connect() as connection:
        match = sa.text("SELECT count(*) FROM message_search WHERE message_search MATCH 'pysyvaaaaaaaaaa0'")
        assert connection.execute(match).scalar_one() == 1
        connection.exec_driver_sql("INSERT INTO message_search (message_search) VALUES ('integrity-check')")
    engine.dispose()


def test_a_copy_that_sqlite_left_on_a_page_goes_too(sqlite_url: str, tmp_path: Path) -> None:
    engine = new_database(sqlite_url)
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
        add_conversation(connection, "b", NOW + DAY)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    # The gap in the middle of a page, where SQLite leaves what it has moved.
    file = tmp_path / "luotsi.sqlite"
    content = bytearray(file.read_bytes())
    gap = content.index(bytes(64))
    content[gap + 16 : gap + 30] = b"ephemeral-word"
    file.write_bytes(content)
    purge(engine, now=NOW)
    assert b"ephemeral-word" not in file.read_bytes()
    assert count(engine, "events") == 3
    engine.dispose()


def test_a_large_sqlite_file_is_not_rewritten(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = new_database(sqlite_url)
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for limit, rewritten in ((2**30, True), (10, False)):
        monkeypatch.setattr(retention, "VACUUM_BYTES", limit)
        with engine.begin() as connection:
            add_conversation(connection, "a", NOW)
        statements.clear()
        purge(engine, now=NOW)
        assert ("VACUUM" in statements) is rewritten
        assert "PRAGMA wal_checkpoint(TRUNCATE)" in statements
    engine.dispose()


def test_a_log_that_is_in_use_is_told(sqlite_url: str, short_waits: None, caplog: pytest.LogCaptureFixture) -> None:
    engine, other = new_database(sqlite_url), new_database(sqlite_url)
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
    with other.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
        purge(engine, now=NOW)
    assert "The SQLite log cannot be emptied while the database is in use" in caplog.text
    assert [run.ok for run in runs(engine)] == [True]
    engine.dispose()
    other.dispose()


# Partitions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["events", "feedback", "technical_log"])
def test_a_partition_in_which_everything_has_expired_is_dropped(postgresql: Engine, table: str) -> None:
    name, kept = partition_of(table, NOW - 32 * DAY).name, partition_of(table, NOW).name
    with postgresql.begin() as connection:
        for seconds in range(5):
            add(connection, table, NOW - 32 * DAY + seconds * SECOND)
    assert partition_exists(postgresql, name)
    statements: list[str] = []
    sa.event.listen(postgresql, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert purge(postgresql, now=NOW) == {table: 5}
    assert f"DROP TABLE {name}" in statements
    assert not partition_exists(postgresql, name)
    assert partition_exists(postgresql, kept)


def test_rows_of_a_partition_that_still_runs_go_on_time(postgresql: Engine) -> None:
    with postgresql.begin() as connection:
        add_conversation(connection, "a", NOW)
        add_conversation(connection, "b", NOW + SECOND)
    assert purge(postgresql, now=NOW) == {"conversations": 1, "events": 3}
    assert partition_exists(postgresql, partition_of("events", NOW).name)
    assert senders(postgresql, "events") == {"b"}


@pytest.mark.parametrize(("after", "dropped"), [(-SECOND, False), (0 * SECOND, True)], ids=str)
def test_a_partition_goes_at_its_end(postgresql: Engine, after: datetime.timedelta, dropped: bool) -> None:
    partition = partition_of("events", NOW)
    purge(postgresql, now=partition.end + after)
    assert partition_exists(postgresql, partition.name) is not dropped


def test_the_default_partition_is_emptied_but_stays(postgresql: Engine) -> None:
    with postgresql.begin() as connection:
        add_conversation(connection, "a", NOW - 3000 * DAY)
    assert purge(postgresql, now=NOW) == {"conversations": 1, "events": 3}
    assert partition_exists(postgresql, "events_default")


def test_conversations_of_a_dropped_partition_go_with_it(postgresql: Engine) -> None:
    with postgresql.begin() as connection:
        for number in range(25):
            add_conversation(connection, f"a{number}", NOW - 32 * DAY)
        connection.execute(sa.text("UPDATE conversations SET expires_at = :later"), {"later": NOW + 30 * DAY})
        add_conversation(connection, "a0", NOW + DAY, events=1)
    assert purge(postgresql, now=NOW, batch_size=10) == {"events": 75, "conversations": 24}
    assert senders(postgresql, "conversations") == {"a0"}


def test_a_busy_partition_is_emptied_in_batches_without_stalling_the_service(postgresql: Engine) -> None:
    partition = partition_of("events", NOW - 32 * DAY)
    with postgresql.begin() as connection:
        for number in range(25):
            add_conversation(connection, f"a{number}", partition.start + number * SECOND)
    with postgresql.begin() as reader:
        reader.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
        statements: list[str] = []
        sa.event.listen(postgresql, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        assert purge(postgresql, now=NOW, batch_size=10) == {"events": 75, "conversations": 25}
    dropping = [number for number, statement in enumerate(statements) if statement.startswith("DROP TABLE")]
    assert dropping
    # Whoever waits for a lock keeps everybody behind it waiting.
    assert {statements[number - 1] for number in dropping} == {f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}"}
    assert partition_exists(postgresql, partition.name)
    purge(postgresql, now=NOW)
    assert not partition_exists(postgresql, partition.name)


def test_whoever_wants_to_look_gets_the_conversations_of_a_whole_partition_too(postgresql: Engine) -> None:
    partition = partition_of("events", NOW - 32 * DAY)
    with postgresql.begin() as connection:
        for number in range(25):
            add_conversation(connection, f"a{number}", partition.start + number * SECOND)
    given: list[str] = []
    purge(postgresql, now=NOW, batch_size=10, before_delete=lambda connection, ids: given.extend(ids))
    assert sorted(given) == sorted(f"a{number}" for number in range(25))
    assert not partition_exists(postgresql, partition.name)


def test_a_purge_makes_the_partitions_of_the_time_to_come(postgresql: Engine) -> None:
    later = NOW + 400 * DAY
    name = partition_of("events", later + 730 * DAY).name
    assert not partition_exists(postgresql, name)
    purge(postgresql, now=later)
    assert partition_exists(postgresql, name)


def belonging(table: str, number: int) -> dict[str, object]:
    """What ties a row to the conversation of that number."""
    columns = Base.metadata.tables[table].c
    row: dict[str, object] = {}
    if "case_id" in columns:
        row["case_id"] = number
    if "sender_id" in columns:
        row["sender_id"] = str(number)
    if table == "collection_cases":
        row["id"] = number
    return row


# A period that was changed -------------------------------------------------------------------------------------------


def fill(engine: Engine, start: datetime.datetime) -> None:
    """Add a row to every table, written at `start` under the longest periods."""
    with engine.begin() as connection:
        add_conversation(connection, "a", start + 730 * DAY)
        add(connection, "feedback", start + 730 * DAY, occurred_at=start)
        add(connection, "technical_log", start + 30 * DAY, occurred_at=start)
        add(connection, "reply_addresses", start + 24 * HOUR, last_message_at=start)
        add(connection, "channel_deliveries", start + 24 * HOUR, received_at=start)
        for table in ("queue_counters", "queue_values"):
            add(connection, table, start + 24 * HOUR, hour=start)
        add(connection, "queue_switches", start + 730 * DAY, changed_at=start)
        event_id = connection.execute(sa.select(sa.func.min(Base.metadata.tables["events"].c.id))).scalar_one()
        for table in STAFFS:
            case = {"case_id": 1} if table == "practices" else {}
            event = {"event_id": event_id} if table == "indexed_messages" else {}
            add(connection, table, start + 730 * DAY, sender_id="a", **case, **event)
        add(connection, "calibrations", start + 730 * DAY, created_at=start)
        add(connection, "staff_sessions", start + 10 * HOUR, created_at=start)
        add(connection, "sign_in_failures", start + 20 * HOUR, last_at=start)


def test_a_shorter_period_applies_to_what_is_there(engine: Engine) -> None:
    start = NOW - HOUR
    fill(engine, start)
    shorter = Periods(conversations=365 * DAY, technical_log=7 * DAY, reply_addresses=2 * HOUR)
    assert purge(engine, now=NOW, periods=shorter) == {}
    assert {table: expiries(engine, table) for table in ORDINARY if table != "holds"} == {
        **dict.fromkeys(STAFFS, {start + 365 * DAY}),
        "calibrations": {start + 365 * DAY},
        "staff_sessions": {start + 10 * HOUR},
        "sign_in_failures": {start + 20 * HOUR},
        "conversations": {start + 365 * DAY},
        "events": {start + 365 * DAY},
        "feedback": {start + 365 * DAY},
        "technical_log": {start + 7 * DAY},
        "reply_addresses": {start + 2 * HOUR},
        "channel_deliveries": {start + 24 * HOUR},
        "queue_counters": {start + 24 * HOUR},
        "queue_values": {start + 24 * HOUR},
        "queue_switches": {start + 730 * DAY},
    }


def test_a_conversation_on_hold_is_not_shortened_and_its_neighbour_is(engine: Engine) -> None:
    with engine.begin() as connection:
        for name in ("held", "free"):
            add_everywhere(connection, name, NOW + 700 * DAY)
        holds = Base.metadata.tables["holds"]
        connection.execute(sa.delete(holds).where(holds.c.sender_id == "free"))
    shorter = dataclasses.replace(PERIODS, conversations=365 * DAY)
    purge(engine, now=NOW, periods=shorter)
    for table in ("conversations", "events", "feedback", *STAFFS):
        columns = Base.metadata.tables[table].c
        with engine.connect() as connection:
            found = dict(connection.execute(sa.select(columns.sender_id, columns.expires_at)).all())
        assert found == {"held": NOW + 700 * DAY, "free": NOW + 335 * DAY}, table


def test_what_a_shorter_period_lets_expire_goes_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW + 100 * DAY)
        add_conversation(connection, "b", NOW + 500 * DAY)
    given: list[str] = []
    periods = Periods(conversations=365 * DAY, technical_log=30 * DAY, reply_addresses=24 * HOUR)
    deleted = purge(engine, now=NOW, periods=periods, before_delete=lambda connection, ids: given.extend(ids))
    assert deleted == {"events": 3, "conversations": 1}
    assert given == ["a"]
    assert expiries(engine, "events") == {NOW + 135 * DAY}


def test_a_longer_period_changes_no_row(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW + 10 * DAY, period=30 * DAY)
    purge(engine, now=NOW, periods=PERIODS)
    assert expiries(engine, "events") == expiries(engine, "conversations") == {NOW + 10 * DAY}


def test_each_session_of_a_conversation_keeps_one_expiry_of_its_own(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW + 500 * DAY)
        add_conversation(connection, "a", NOW + 600 * DAY)
    periods = Periods(conversations=600 * DAY, technical_log=30 * DAY, reply_addresses=24 * HOUR)
    purge(engine, now=NOW, periods=periods, batch_size=1)
    assert expiries(engine, "events") == {NOW + 370 * DAY, NOW + 470 * DAY}
    assert expiries(engine, "conversations") == {NOW + 470 * DAY}
    assert count(engine, "events") == 6


@pytest.mark.parametrize("written_after", [False, True], ids=["before", "by a server with the old setting"])
def test_rows_are_gone_through_again_only_when_it_is_needed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, written_after: bool
) -> None:
    shorter = Periods(conversations=365 * DAY, technical_log=30 * DAY, reply_addresses=24 * HOUR)
    purge(engine, now=NOW, periods=shorter)
    if written_after:
        with engine.begin() as connection:
            add_conversation(connection, "a", NOW + 730 * DAY)
    walks: list[object] = []
    walk = retention._late_rows
    monkeypatch.setattr(retention, "_late_rows", lambda *given: walks.append(given) or walk(*given))
    purge(engine, now=NOW, periods=shorter)
    assert len(walks) == written_after
    assert expiries(engine, "events") == ({NOW + 365 * DAY} if written_after else set())


@pytest.mark.parametrize("name", ["LUOTSI_RETENTION_DAYS", "LUOTSI_TECHNICAL_LOG_DAYS", "LUOTSI_REPLY_ADDRESS_HOURS"])
@pytest.mark.parametrize("value", ["0", "-1", "731", "1.5", "two years"])
def test_an_unsafe_period_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Periods.from_environment({name: value})


def test_periods_are_read_from_the_environment() -> None:
    assert Periods.from_environment({}) == PERIODS
    values = {"LUOTSI_RETENTION_DAYS": "90", "LUOTSI_TECHNICAL_LOG_DAYS": "7", "LUOTSI_REPLY_ADDRESS_HOURS": "1"}
    assert Periods.from_environment(values) == Periods(90 * DAY, 7 * DAY, HOUR)


# Telling -------------------------------------------------------------------------------------------------------------


def test_a_run_is_recorded(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
    purge(engine, now=NOW, periods=PERIODS)
    (run,) = runs(engine)
    assert (run.started_at, run.ok, run.error_kind) == (NOW, True, None)
    assert run.finished_at is not None
    assert json.loads(run.deleted) == {"events": 3, "conversations": 1}


def test_records_of_runs_are_kept_for_two_years(engine: Engine) -> None:
    for days in (0, 1, 730):
        purge(engine, now=NOW + days * DAY)
    assert [run.started_at for run in runs(engine)] == [NOW + DAY, NOW + 730 * DAY]


def test_a_preview_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW)
        add_conversation(connection, "b", NOW + 500 * DAY)
        add(connection, "reply_addresses", NOW)
    before = (counts(engine), {table: expiries(engine, table) for table in EXPIRING}, runs(engine))
    shorter = Periods(conversations=365 * DAY, technical_log=30 * DAY, reply_addresses=24 * HOUR)
    found = preview(engine, now=NOW, periods=shorter)
    assert {due.table: due.rows for due in found.due} == {"conversations": 1, "events": 3, "reply_addresses": 1}
    assert found.shortened == {"conversations": 2, "events": 6, "reply_addresses": 1}
    assert (counts(engine), {table: expiries(engine, table) for table in EXPIRING}, runs(engine)) == before


def test_a_preview_names_partitions(postgresql: Engine) -> None:
    old = partition_of("events", NOW - 32 * DAY)
    with postgresql.begin() as connection:
        add_conversation(connection, "a", old.start)
        add_conversation(connection, "b", NOW)
    found = [due for due in preview(postgresql, now=NOW).due if due.table == "events" and due.rows]
    assert found == [
        Due("events", old.name, 3, whole=True),
        Due("events", partition_of("events", NOW).name, 3, whole=False),
    ]


def test_status_tells_what_there_is(engine: Engine) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW - 100 * DAY)
        add_conversation(connection, "b", NOW - HOUR / 2)
        add_conversation(connection, "c", NOW + DAY)
        add_conversation(connection, "d", NOW + 2 * DAY)
    found = status(engine, now=NOW)
    (events,) = (table for table in found.tables if table.table == "events")
    assert (events.rows, events.overdue) == (12, 6)
    assert (events.oldest, events.next_due) == (NOW - 830 * DAY, NOW + DAY)
    assert {table.table for table in found.tables} == set(EXPIRING)
    assert found.last_success is None
    before = datetime.datetime.now(UTC)
    purge(engine, now=NOW)
    found = status(engine, now=NOW)
    assert found.last_success is not None
    assert before <= found.last_success <= datetime.datetime.now(UTC)
    assert found.deleted == {"events": 6, "conversations": 2}


@pytest.mark.parametrize(("after", "alarm"), [(-SECOND, False), (0 * SECOND, True), (SECOND, True)], ids=str)
def test_a_row_an_hour_past_its_time_alarms(engine: Engine, after: datetime.timedelta, alarm: bool) -> None:
    purge(engine, now=NOW)
    with engine.begin() as connection:
        for table in EXPIRING:
            add(connection, table, NOW)
    expected = {f"1 rows of {table} are more than an hour past their time" for table in EXPIRING} if alarm else set()
    assert set(alarms(engine, now=NOW + HOUR + after)) == expected
    assert set(status(engine, now=NOW + HOUR + after).alarms) == expected


@pytest.mark.parametrize(("after", "alarm"), [(-SECOND, False), (SECOND, True)], ids=str)
def test_a_day_without_success_alarms(engine: Engine, after: datetime.timedelta, alarm: bool) -> None:
    purge(engine, now=NOW)
    (run,) = runs(engine)
    found = alarms(engine, now=run.finished_at + 24 * HOUR + after)
    assert found == ([f"no purge has succeeded since {run.finished_at:%Y-%m-%d %H:%M} UTC"] if alarm else [])


def test_a_run_that_failed_is_no_success(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError("quoting what is stored")

    monkeypatch.setattr(retention._Run, "empty", fail)
    with pytest.raises(OSError, match="quoting"):
        purge(engine, now=NOW)
    assert [(run.ok, run.error_kind) for run in runs(engine)] == [(False, "OSError")]
    assert alarms(engine, now=NOW) == ["no purge has ever succeeded"]


def test_a_clock_that_was_set_back_does_not_alarm(engine: Engine) -> None:
    purge(engine, now=NOW)
    (run,) = runs(engine)
    assert alarms(engine, now=run.finished_at - 3 * HOUR) == []


def test_an_error_while_a_shorter_period_is_applied_leaves_the_database_usable(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", NOW + 500 * DAY)
    wrong = [retention._Late(Base.metadata.tables["events"], sa.text("no_such_column = 1"), NOW)]
    monkeypatch.setattr(retention, "_late_sessions", lambda *given: wrong)
    shorter = Periods(conversations=365 * DAY, technical_log=30 * DAY, reply_addresses=24 * HOUR)
    begun = time.monotonic()
    with pytest.raises(sa.exc.DBAPIError):
        purge(engine, now=NOW, periods=shorter)
    assert time.monotonic() - begun < 10
    assert [run.ok for run in runs(engine)] == [False]
