"""Rows of every table, as the tests of retention need them."""

from __future__ import annotations

import datetime
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


def new_database(url: str) -> Engine:
    """Open an empty database of the newest version."""
    engine = open_database(url)
    migrate(engine)
    return engine


def add(connection: Connection, table: str, expires_at: datetime.datetime, **values: Any) -> None:
    """Insert a row; columns that are not given and must not be empty get a value of their type."""
    filled: dict[str, Any] = {}
    for column in Base.metadata.tables[table].columns:
        if column.name in values or column.nullable or column.server_default is not None or column.name == "id":
            continue
        filled[column.name] = _value(column, expires_at)
    connection.execute(sa.insert(Base.metadata.tables[table]).values(**filled, **values))


def _value(column: sa.Column, expires_at: datetime.datetime) -> Any:
    if column.name == "expires_at":
        return expires_at
    if isinstance(column.type, UtcDateTime):
        return expires_at - 730 * DAY
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


def count(engine: Engine, table: str) -> int:
    """How many rows a table has."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables[table])).scalar_one())


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table with an expiry has; empty ones are left out."""
    found = {table: count(engine, table) for table in EXPIRING}
    return {table: rows for table, rows in found.items() if rows}


def senders(engine: Engine, table: str) -> set[str]:
    """Whose rows a table has."""
    with engine.connect() as connection:
        return set(connection.execute(sa.select(Base.metadata.tables[table].c.sender_id)).scalars())
