"""Rows of every table, as the tests of retention need them."""

from __future__ import annotations

import datetime
import time
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage.database import migrate, open_database
from components.storage.models import Base, UtcDateTime

NOW = datetime.datetime(2026, 6, 15, 12, 0, tzinfo=datetime.timezone.utc)
SECOND = datetime.timedelta(seconds=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
EXPIRING = sorted(name for name, table in Base.metadata.tables.items() if "expires_at" in table.c)
# The audit log refuses to lose an entry before its time by the database's own clock: its tests are its own.
ORDINARY = [name for name in EXPIRING if name != "audit_log"]


def new_database(url: str) -> Engine:
    """Open an empty database of the newest version."""
    engine = open_database(url)
    migrate(engine)
    return engine


def add(connection: Connection, table: str, expires_at: datetime.datetime, **values: Any) -> None:
    """Insert a row; columns that are not given and must not be empty get a value of their type."""
    filled: dict[str, Any] = {}
    for column in Base.metadata.tables[table].columns:
        optional = column.nullable and column.name != "expires_at"
        if column.name in values or optional or column.server_default is not None or column.name == "id":
            continue
        filled[column.name] = _value(column, expires_at)
    connection.execute(sa.insert(Base.metadata.tables[table]).values(**filled, **values))


def _value(column: sa.Column, expires_at: datetime.datetime) -> Any:
    if column.name == "expires_at":
        return expires_at
    if isinstance(column.type, UtcDateTime):
        return expires_at - 730 * DAY
    if isinstance(column.type, sa.types.Variant):  # a row number
        return 1
    if column.type.python_type is str:
        return uuid.uuid4().hex[: column.type.length]
    return column.type.python_type(1)


def add_conversation(
    connection: Connection,
    sender_id: str,
    expires_at: datetime.datetime,
    *,
    events: int = 3,
    text: str = "hello",
    period: datetime.timedelta = 730 * DAY,
) -> None:
    """Insert a conversation of one session, as the tracker store writes it; a second call adds a session."""
    conversations = Base.metadata.tables["conversations"]
    start = expires_at - period
    times = {"session_started_at": start, "last_event_at": start}
    changed = connection.execute(
        sa.update(conversations).where(conversations.c.sender_id == sender_id).values(expires_at=expires_at, **times)
    ).rowcount
    if not changed:
        add(connection, "conversations", expires_at, sender_id=sender_id, **times)
    for number in range(events):
        at = start + number * SECOND
        add(connection, "events", expires_at, sender_id=sender_id, occurred_at=at, data=f"{text} {number}")


def add_everywhere(
    connection: Connection, sender_id: str, expires_at: datetime.datetime, *, conversation: bool = True, **values: str
) -> None:
    """Insert a conversation with one event, unless it is there, and a row of every other table.

    `values` gives a column of a table a text: review_marks="a note".
    """
    if conversation:
        add_conversation(connection, sender_id, expires_at, events=0)
        start = expires_at - 730 * DAY
        data = values.pop("events", "hello 0")
        add(connection, "events", expires_at, sender_id=sender_id, occurred_at=start, data=data)
        state = values.pop("conversations", "hello")
        conversations = Base.metadata.tables["conversations"]
        connection.execute(sa.update(conversations).where(conversations.c.sender_id == sender_id).values(state=state))
    events = Base.metadata.tables["events"].c
    event_id = connection.execute(sa.select(sa.func.min(events.id)).where(events.sender_id == sender_id)).scalar()
    case_id: int | None = None
    # Practices come after the cases that they are of.
    for name in (table for table in ORDINARY if table not in ("conversations", "events")):
        columns = Base.metadata.tables[name].c
        row: dict[str, Any] = {}
        if "sender_id" in columns:
            row["sender_id"] = sender_id
        if "event_id" in columns:
            row["event_id"] = event_id
        if "case_id" in columns:
            row["case_id"] = case_id
        if name in values:
            row[TEXTS[name]] = values[name]
        add(connection, name, expires_at, **row)
        if name == "collection_cases":
            case_id = connection.execute(sa.select(sa.func.max(columns.id))).scalar_one()


# A column of each table that holds what somebody wrote, or what leads to somebody.
TEXTS = {
    "technical_log": "route",
    "feedback": "comment",
    "reply_addresses": "address",
    "channel_deliveries": "digest",
    "queue_counters": "who",
    "queue_values": "digest",
    "queue_switches": "reason",
    "staff_sessions": "browser",
    "sign_in_failures": "who",
    "indexed_conversations": "topics",
    "indexed_messages": "words",
    "review_marks": "note",
    "calibrations": "name",
    "queued_reviews": "added_by",
    "content_tasks": "text",
    "collection_cases": "questions",
    "practices": "answers",
    "holds": "reason",
}


def count(engine: Engine, table: str) -> int:
    """How many rows a table has."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables[table])).scalar_one())


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table with an expiry has; empty ones are left out."""
    found = {table: count(engine, table) for table in EXPIRING}
    return {table: rows for table, rows in found.items() if rows}


def wait_until_somebody_waits_for_a_lock(engine: Engine) -> None:
    """Wait until a transaction stands still for another one's lock (PostgreSQL)."""
    deadline = time.monotonic() + 20
    with engine.connect() as connection:
        while not connection.execute(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def senders(engine: Engine, table: str) -> set[str]:
    """Whose rows a table has."""
    with engine.connect() as connection:
        return set(connection.execute(sa.select(Base.metadata.tables[table].c.sender_id)).scalars())
