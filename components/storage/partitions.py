"""PostgreSQL partitions by expiry: made ahead of need, dropped as a whole once everything in them has expired.

A default partition takes every row for which there is none, so that a write never fails for want of a partition. SQLite
has no partitions, and nothing here does anything there.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.settings import MAX_RETENTION_DAYS, MAX_TECHNICAL_LOG_DAYS

logger = logging.getLogger(__name__)

LOCK_MILLISECONDS = 500
"""How long a change of partitions may wait for a busy table, and so keep the statements behind it waiting."""

_LOCK_KEY = 7_105_574  # any number, the same on every server
_UTC = datetime.timezone.utc
_NAME = re.compile(r"(?P<table>[a-z_]+?)_(?P<year>\d{4})_(?P<month>\d{2})(?:_(?P<day>\d{2}))?")


@dataclasses.dataclass(frozen=True)
class Partitioning:
    """How a table is divided: by the month or the day of `expires_at`, and for how many days ahead."""

    by_day: bool
    days_ahead: int


PARTITIONED = {
    "events": Partitioning(by_day=False, days_ahead=MAX_RETENTION_DAYS + 31),
    "feedback": Partitioning(by_day=False, days_ahead=MAX_RETENTION_DAYS + 31),
    "technical_log": Partitioning(by_day=True, days_ahead=MAX_TECHNICAL_LOG_DAYS + 2),
}


@dataclasses.dataclass(frozen=True)
class Partition:
    """Rows of `table` that expire from `start` up to, but not including, `end`."""

    table: str
    start: datetime.datetime
    end: datetime.datetime

    @property
    def name(self) -> str:
        """Return the partition's own table name, for example events_2026_01 or technical_log_2026_01_31."""
        by_day = PARTITIONED[self.table].by_day
        return f"{self.table}_{self.start:%Y_%m_%d}" if by_day else f"{self.table}_{self.start:%Y_%m}"


def partition_of(table: str, moment: datetime.datetime) -> Partition:
    """Return the partition for rows of `table` that expire at `moment`, whether it exists or not."""
    start = moment.astimezone(_UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if PARTITIONED[table].by_day:
        return Partition(table, start, start + datetime.timedelta(days=1))
    start = start.replace(day=1)
    return Partition(table, start, (start + datetime.timedelta(days=31)).replace(day=1))


def existing_partitions(connection: Connection) -> list[Partition]:
    """Return the partitions that are there, the default ones left out, oldest first."""
    if connection.dialect.name != "postgresql":
        return []
    names = connection.execute(
        sa.text(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "JOIN pg_class parent ON parent.oid = inhparent "
            "WHERE parent.relname = ANY(:tables) AND parent.relnamespace = current_schema()::regnamespace"
        ),
        {"tables": list(PARTITIONED)},
    ).scalars()
    found = [partition for name in names if (partition := _from_name(name)) is not None]
    return sorted(found, key=lambda partition: (partition.start, partition.table))


def create_partitions(engine: Engine, *, now: datetime.datetime) -> int:
    """Make the partitions that are missing for rows that may be written now and during the coming month.

    Returns how many were made. Each is a transaction of its own, and rows that have gathered in the default partition
    move over. A table that is too busy is left for the next time.
    """
    if engine.dialect.name != "postgresql":
        return 0
    with engine.connect() as connection:
        there = set(existing_partitions(connection))
    missing = [partition for table in PARTITIONED for partition in _wanted(table, now) if partition not in there]
    made = 0
    busy: set[str] = set()
    for partition in missing:
        if partition.table in busy:
            continue
        try:
            with engine.begin() as connection:
                made += _create(connection, partition)
        except sa.exc.OperationalError as error:
            busy.add(partition.table)
            logger.warning(
                "The partition %s cannot be made now (%s); rows are kept in the default partition meanwhile.",
                partition.name,
                type(error.orig).__name__,
            )
    return made


def drop_partition(connection: Connection, partition: Partition) -> None:
    """Drop a partition with all its rows.

    Raises OperationalError when the table is too busy. (PostgreSQL cannot detach a partition without locking the table
    while there is a default partition; hence the short wait.)
    """
    _limit_waiting(connection)
    connection.exec_driver_sql(f"DROP TABLE {partition.name}")


def _wanted(table: str, now: datetime.datetime) -> Iterator[Partition]:
    last = now + datetime.timedelta(days=PARTITIONED[table].days_ahead)
    partition = partition_of(table, now)
    while partition.start <= last:
        yield partition
        partition = partition_of(table, partition.end)


def _from_name(name: str) -> Partition | None:
    found = _NAME.fullmatch(name)
    if found is None or found["table"] not in PARTITIONED:
        return None
    start = datetime.datetime(int(found["year"]), int(found["month"]), int(found["day"] or 1), tzinfo=_UTC)
    return partition_of(found["table"], start)


def _create(connection: Connection, partition: Partition) -> bool:
    # Attaching takes a weaker lock on the table than creating a partition in place: others go on meanwhile.
    _limit_waiting(connection)
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    if partition in existing_partitions(connection):
        return False
    table, name = partition.table, partition.name
    bounds = f"'{partition.start.isoformat()}' AND expires_at < '{partition.end.isoformat()}'"
    gathered = f"SELECT EXISTS (SELECT 1 FROM {table}_default WHERE expires_at >= {bounds})"  # noqa: S608
    if connection.exec_driver_sql(gathered).scalar():
        # A reader that was planned before the move and runs after it would find the rows in neither place.
        connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table})")
    connection.exec_driver_sql(
        f"WITH moved AS (DELETE FROM {table}_default WHERE expires_at >= {bounds} RETURNING *) "  # noqa: S608
        f"INSERT INTO {name} SELECT * FROM moved"
    )
    connection.exec_driver_sql(
        f"ALTER TABLE {table} ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{partition.start.isoformat()}') TO ('{partition.end.isoformat()}')"
    )
    return True


def _limit_waiting(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
