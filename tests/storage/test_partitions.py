"""On PostgreSQL the tables that grow are divided by expiry; a row always finds a place and is always found."""

from __future__ import annotations

import datetime
import logging
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage import partitions
from components.storage.models import Base
from components.storage.partitions import (
    PARTITIONED,
    Partition,
    create_partitions,
    existing_partitions,
    partition_of,
)

from .conftest import MakeStore
from .conversations import SENDER, begin_session, new_tracker, said, turn
from .rows import DAY, NOW, SECOND, add, count, new_database, wait_until_somebody_waits_for_a_lock

UTC = datetime.timezone.utc


@pytest.fixture
def engine(postgresql_url: str) -> Engine:
    """A PostgreSQL database of the newest version."""
    return new_database(postgresql_url)


def place(connection: Connection, table: str) -> list[str]:
    """The partitions in which a table's rows are."""
    return [
        str(name) for (name,) in connection.execute(sa.text(f"SELECT DISTINCT tableoid::regclass::text FROM {table}"))
    ]


def moment(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("table", "at", "name", "start", "end"),
    [
        ("events", moment(2024, 2, 29, 23, 59, 59), "events_2024_02", moment(2024, 2, 1), moment(2024, 3, 1)),
        ("events", moment(2024, 3, 1), "events_2024_03", moment(2024, 3, 1), moment(2024, 4, 1)),
        ("feedback", moment(2026, 12, 31, 12), "feedback_2026_12", moment(2026, 12, 1), moment(2027, 1, 1)),
        (
            "technical_log",
            moment(2028, 2, 29, 23),
            "technical_log_2028_02_29",
            moment(2028, 2, 29),
            moment(2028, 3, 1),
        ),
    ],
)
def test_a_partition_is_a_month_or_a_day_in_utc(
    table: str, at: datetime.datetime, name: str, start: datetime.datetime, end: datetime.datetime
) -> None:
    helsinki = datetime.timezone(datetime.timedelta(hours=3))
    for given in (at, at.astimezone(helsinki)):
        found = partition_of(table, given)
        assert (found.name, found.start, found.end) == (name, start, end)


def test_the_partitioned_tables_are_the_ones_that_are_known(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT partrelid::regclass::text FROM pg_partitioned_table")).scalars()
        assert set(found) == PARTITIONED.keys()
        keys = sa.inspect(connection)
        for table in PARTITIONED:
            assert set(keys.get_pk_constraint(table)["constrained_columns"]) == {"id", "expires_at"}


@pytest.mark.parametrize(("table", "days"), [("events", 730), ("feedback", 730), ("technical_log", 30)])
def test_there_is_a_partition_for_everything_that_is_written_before_the_next_month(
    engine: Engine, table: str, days: int
) -> None:
    create_partitions(engine, now=NOW)
    with engine.begin() as connection:
        for expiry in (NOW, NOW + DAY, NOW + days * DAY, NOW + (days + 1) * DAY):
            add(connection, table, expiry)
        assert f"{table}_default" not in place(connection, table)


@pytest.mark.parametrize("expiry", [NOW - 3000 * DAY, NOW + 3000 * DAY], ids=["earlier", "later"])
@pytest.mark.parametrize("table", sorted(PARTITIONED))
def test_the_default_partition_takes_the_rest(engine: Engine, table: str, expiry: datetime.datetime) -> None:
    with engine.begin() as connection:
        add(connection, table, expiry)
        assert place(connection, table) == [f"{table}_default"]


def test_making_partitions_again_makes_none(engine: Engine) -> None:
    assert create_partitions(engine, now=NOW + 100 * DAY) > 0
    assert create_partitions(engine, now=NOW + 100 * DAY) == 0


def test_sqlite_has_no_partitions(sqlite_url: str) -> None:
    engine = new_database(sqlite_url)
    assert create_partitions(engine, now=NOW) == 0
    with engine.connect() as connection:
        assert existing_partitions(connection) == []
    engine.dispose()


def test_rows_of_the_default_partition_move_into_a_new_one(engine: Engine) -> None:
    later = NOW + 3000 * DAY
    with engine.begin() as connection:
        for expiry in (
            later,
            partition_of("events", later).end - SECOND / 1_000_000,
            partition_of("events", later).end,
        ):
            add(connection, "events", expiry)
    create_partitions(engine, now=later - 10 * DAY)
    with engine.connect() as connection:
        assert "events_default" not in place(connection, "events")
    assert count(engine, "events") == 3


def test_a_reader_that_comes_during_the_move_finds_every_row(engine: Engine) -> None:
    later = NOW + 3000 * DAY
    with engine.begin() as connection:
        add(connection, "events", later)
    found: list[int] = []
    reading = threading.Thread(target=lambda: found.append(count(engine, "events")))
    with engine.begin() as connection:
        assert partitions._create(connection, partition_of("events", later))
        reading.start()
        wait_until_somebody_waits_for_a_lock(engine)
    reading.join()
    assert found == [1]


def test_ids_go_on_across_partitions(engine: Engine) -> None:
    with engine.begin() as connection:
        for days in (1, 100, 5000, 1):
            add(connection, "events", NOW + days * DAY)
        ids = list(connection.execute(sa.text("SELECT id FROM events ORDER BY id")).scalars())
    assert len(set(ids)) == 4


def test_a_changed_expiry_moves_a_row(engine: Engine) -> None:
    create_partitions(engine, now=NOW)
    events = Base.metadata.tables["events"]
    with engine.begin() as connection:
        add(connection, "events", NOW + 100 * DAY)
        connection.execute(sa.update(events).values(expires_at=NOW + 10 * DAY))
        assert place(connection, "events") == [partition_of("events", NOW + 10 * DAY).name]


def test_a_busy_table_gets_its_partitions_later(
    engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_MILLISECONDS", 50)
    monkeypatch.setitem(partitions.PARTITIONED, "events", partitions.Partitioning(by_day=False, days_ahead=0))
    later = NOW + 3000 * DAY
    with engine.begin() as connection, caplog.at_level(logging.WARNING):
        connection.exec_driver_sql("LOCK TABLE events IN ACCESS SHARE MODE")
        connection.exec_driver_sql("LOCK TABLE events_default IN ACCESS SHARE MODE")
        create_partitions(engine, now=later)
    assert f"The partition {partition_of('events', later).name} cannot be made now (LockNotAvailable)" in caplog.text
    assert create_partitions(engine, now=later) == 1


def test_writers_go_on_while_a_partition_is_made(engine: Engine) -> None:
    create_partitions(engine, now=NOW)
    later = NOW + 60 * DAY
    with engine.begin() as connection:
        add(connection, "events", NOW + DAY)
        assert create_partitions(engine, now=later) > 0


def test_tables_of_others_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE events_2020_01 (a integer)")
        connection.exec_driver_sql(
            "CREATE TABLE events_by_hand PARTITION OF events FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')"
        )
        names = {each.name for each in existing_partitions(connection)}
    assert "events_2020_01" not in names
    assert "events_by_hand" not in names


def test_a_partition_knows_its_name_again(engine: Engine) -> None:
    with engine.connect() as connection:
        found = existing_partitions(connection)
    assert found
    assert all(each == partition_of(each.table, each.start) for each in found)
    assert found == sorted(found, key=lambda each: (each.start, each.table))
    assert Partition("events", moment(2026, 1, 1), moment(2026, 2, 1)).name == "events_2026_01"


async def test_sessions_in_different_partitions_make_one_conversation(
    postgresql_url: str, make_store: MakeStore
) -> None:
    store = make_store(postgresql_url)
    first, second = time.time() - 90 * 86400, time.time() - 3600
    tracker = new_tracker(at=first)
    turn(tracker, "three months ago", at=first + 1)
    begin_session(tracker, at=second)
    turn(tracker, "an hour ago", at=second + 1)
    await store.save(tracker)
    with store.engine.connect() as connection:
        assert len(place(connection, "events")) == 2
    assert said(await store.retrieve_full_tracker(SENDER)) == ["three months ago", "an hour ago"]
    assert said(await store.retrieve(SENDER)) == ["an hour ago"]
