"""The rights of the data subject over what is stored: to see it, to have it erased, and a receipt of that."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage.full_text import forget_words
from components.storage.models import Base, Erasure, Event, IndexedMessage
from components.storage.references import CODE_LETTERS

_EVENTS = Event.__table__
_ERASURES = Erasure.__table__
_INDEXED = IndexedMessage.__table__
_TIDYING_STEPS = 5
_COMMAND = re.compile(r"^/([a-z][a-z0-9_]*)")
_JSON_COLUMNS = frozenset({"data", "state"})

_NOT_SHOWN = frozenset({"indexed_conversations", "indexed_messages", "practices"})
"""Tables that are erased and not shown: the index repeats what stands in others, practices are about the trainee."""

_OF_STAFF = frozenset({"reviewer", "added_by", "created_by", "closed_by", "made_by"})
"""User IDs of employees, which are not the customer's data (CJEU C-579/21, paragraph 83)."""


Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Receipt:
    """That a conversation was erased: a code that says nothing about it, the time (UTC), and how much there was."""

    code: str
    erased_at: datetime.datetime
    counts: dict[str, int]

    def as_json(self) -> Row:
        """Return the receipt as JSON data (docs/protocol.md)."""
        return {"code": self.code, "erased_at": self.erased_at.isoformat(), "counts": self.counts}


def tables_of_a_conversation() -> list[sa.Table]:
    """Return every table whose rows belong to a conversation; a new one is among them by its column alone."""
    return [table for table in Base.metadata.sorted_tables if "sender_id" in table.c]


def stored_data(
    engine: Engine, sender_id: str, *, waiting: Sequence[Row] = (), now: datetime.datetime | None = None
) -> dict[str, list[Row]]:
    """Return everything that is kept of a conversation as JSON data: its rows by table, oldest first.

    `waiting` holds event rows that are still to be written. What staff noted on the conversation is part of it (GDPR
    Article 15), but not who of them did.
    """
    moment = now or _now()
    found: dict[str, list[Row]] = {}
    with engine.connect() as connection:
        for table in tables_of_a_conversation():
            if table.name in _NOT_SHOWN:
                continue
            shown = [column for column in table.columns if column.name not in _OF_STAFF]
            query = sa.select(*shown).where(table.c.sender_id == sender_id, table.c.expires_at > moment)
            rows = connection.execute(query.order_by(*table.primary_key.columns))
            found[table.name] = [dict(row._mapping) for row in rows]
    written = {row["write_id"] for row in found[_EVENTS.name]}
    found[_EVENTS.name] += [row for row in waiting if row["write_id"] not in written and row["expires_at"] > moment]
    return {name: [as_json(row) for row in rows] for name, rows in found.items()}


def is_stored(engine: Engine, sender_id: str) -> bool:
    """Tell whether any table has a row of a conversation, expired or not."""
    with engine.connect() as connection:
        return any(
            connection.execute(sa.select(sa.literal(1)).where(table.c.sender_id == sender_id).limit(1)).first()
            for table in tables_of_a_conversation()
        )


def erase(engine: Engine, sender_id: str, *, waiting: Sequence[Row] = ()) -> Receipt:
    """Delete every row of a conversation, expired ones included, and write down that it was done: all or nothing.

    `waiting` holds event rows that were not written yet; the caller drops them, here they are only counted. The row
    of the receipt has no id and no text of the conversation.
    """
    code, moment = _new_code(), _now().replace(microsecond=0)
    with engine.begin() as connection:
        counts = _delete(connection, sender_id, waiting)
        connection.execute(sa.insert(_ERASURES).values(receipt=code, erased_at=moment, what=json.dumps(counts)))
    if engine.dialect.name == "sqlite":
        if counts[_INDEXED.name]:
            with contextlib.suppress(sa.exc.OperationalError):  # the next purge does what is left, or all of it
                forget_words(engine, steps=_TIDYING_STEPS)
        # Deleted rows are still readable in the write-ahead log until it is emptied.
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Receipt(code, moment, counts)


def confirm(engine: Engine, code: str) -> Receipt | None:
    """Return the receipt that a code belongs to, or None when nothing was erased under it."""
    query = sa.select(_ERASURES).where(_ERASURES.c.receipt == code.strip().upper())
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return Receipt(row.receipt, row.erased_at, json.loads(row.what)) if row is not None else None


def spoken(event: Row) -> str | None:
    """Return what a customer's event (its JSON) showed in the chat, or None for a command that nobody typed or pressed.

    A pressed button is a command with the label that the customer saw.
    """
    shown = (event.get("metadata") or {}).get("shown")
    body = str(event.get("text") or "")
    if shown is None:
        return None if _COMMAND.match(body) else body
    return str(shown)


def count_messages(events: Sequence[Row]) -> int:
    """Return how many of the events (their JSON) the customer sees as messages."""
    return sum(
        spoken(event) is not None if event.get("event") == "user" else event.get("event") == "bot" for event in events
    )


def as_json(row: Row) -> Row:
    """Return a row as JSON data: times as ISO 8601, columns that hold JSON as what they hold."""
    return {name: _json_value(name, value) for name, value in row.items()}


def _json_value(name: str, value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return json.loads(value) if name in _JSON_COLUMNS and isinstance(value, str) else value


def _delete(connection: Connection, sender_id: str, waiting: Sequence[Row]) -> dict[str, int]:
    query = sa.select(_EVENTS.c.write_id, _EVENTS.c.data).where(_EVENTS.c.sender_id == sender_id)
    rows = [dict(row._mapping) for row in connection.execute(query)]
    written = {row["write_id"] for row in rows}
    unwritten = [row for row in waiting if row["write_id"] not in written]
    counts = {
        table.name: connection.execute(sa.delete(table).where(table.c.sender_id == sender_id)).rowcount
        for table in tables_of_a_conversation()
    }
    counts[_EVENTS.name] += len(unwritten)
    return {"messages": count_messages([json.loads(row["data"]) for row in (*rows, *unwritten)]), **counts}


def _new_code() -> str:
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(3))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
