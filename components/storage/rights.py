"""The rights of the data subject over what is stored: to see it, to have it erased, and a receipt of that."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage.full_text import forget_words
from components.storage.models import Base, Conversation, Erasure, Event, IndexedConversation, IndexedMessage
from components.storage.references import CODE_LETTERS, reference_of

_CONVERSATIONS = Conversation.__table__
_EVENTS = Event.__table__
_ERASURES = Erasure.__table__
_INDEXED = IndexedMessage.__table__
_INDEX = IndexedConversation.__table__
_TIDYING_STEPS = 5
_SENDERS_AT_ONCE = 10_000
_COMMAND = re.compile(r"^/([a-z][a-z0-9_]*)")
_JSON_COLUMNS = frozenset({("events", "data"), ("conversations", "state"), ("collection_cases", "messages")})

_NOT_SHOWN = frozenset({"indexed_conversations", "indexed_messages", "practices"})
"""Tables that are erased and not shown: the index repeats what stands in others, practices are about the trainee."""

_COUNTED = frozenset({"messages", "conversations", "events", "feedback", "reply_addresses"})
"""What a receipt counts even if there was none of it."""

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


@dataclasses.dataclass(frozen=True)
class Amount:
    """How much is kept of a conversation: `counts` as a receipt has them, and the times (UTC) of its events."""

    counts: dict[str, int]
    first_at: datetime.datetime | None
    last_at: datetime.datetime | None
    expires_at: datetime.datetime | None


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
    return {name: [as_json(row, name) for row in rows] for name, rows in found.items()}


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
    with engine.begin() as connection:
        receipt, was_indexed = erase_within(connection, sender_id, waiting=waiting)
    leave_nothing(engine, was_indexed=was_indexed)
    return receipt


def erase_within(connection: Connection, sender_id: str, *, waiting: Sequence[Row] = ()) -> tuple[Receipt, bool]:
    """Do what `erase` does inside the caller's transaction; return also whether words of it were in the index.

    The caller must call `leave_nothing` when the transaction is kept.
    """
    code, moment = _new_code(), _now().replace(microsecond=0)
    counts = _delete(connection, sender_id, waiting)
    told = _for_the_receipt(counts)
    connection.execute(sa.insert(_ERASURES).values(receipt=code, erased_at=moment, what=json.dumps(told)))
    return Receipt(code, moment, told), bool(counts[_INDEXED.name])


def leave_nothing(engine: Engine, *, was_indexed: bool) -> None:
    """Take what was erased out of an SQLite file's index and log too, after the transaction that erased it."""
    if engine.dialect.name != "sqlite":
        return
    if was_indexed:
        with contextlib.suppress(sa.exc.OperationalError):  # the next purge does what is left, or all of it
            forget_words(engine, steps=_TIDYING_STEPS)
    # Deleted rows are still readable in the write-ahead log until it is emptied.
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def find_sender(connection: Connection, reference: str) -> str | None:
    """Return the conversation that a reference belongs to, as `references.read_reference` gives it, or None.

    The index of conversations knows most of them; what it does not hold yet is looked for one by one.
    """
    indexed = sa.select(_INDEX.c.sender_id).where(_INDEX.c.reference == reference)
    found: str | None = connection.execute(indexed).scalar()
    if found is not None:
        return found
    return next((each for each in _senders(connection) if reference_of(each) == reference), None)


def amount_of(connection: Connection, sender_id: str) -> Amount:
    """Return how much is kept of a conversation, without any text of it."""
    query = sa.select(_EVENTS.c.data, _EVENTS.c.occurred_at, _EVENTS.c.expires_at)
    events = connection.execute(query.where(_EVENTS.c.sender_id == sender_id)).all()
    rows = {
        table.name: connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.sender_id == sender_id)
        ).scalar_one()
        for table in tables_of_a_conversation()
    }
    return Amount(
        counts=_for_the_receipt({"messages": count_messages([json.loads(row.data) for row in events]), **rows}),
        first_at=min((row.occurred_at for row in events), default=None),
        last_at=max((row.occurred_at for row in events), default=None),
        expires_at=max((row.expires_at for row in events), default=None),
    )


def erasures_by_month(connection: Connection, *, months: int) -> list[tuple[int, int, int]]:
    """Return how many wishes to erase were fulfilled: year, month (UTC) and number, newest first."""
    year, month = sa.extract("year", _ERASURES.c.erased_at), sa.extract("month", _ERASURES.c.erased_at)
    query = sa.select(year, month, sa.func.count()).group_by(year, month).order_by(year.desc(), month.desc())
    return [(int(row[0]), int(row[1]), int(row[2])) for row in connection.execute(query.limit(months))]


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


def as_json(row: Row, table: str) -> Row:
    """Return a table's row as JSON data: times as ISO 8601, columns that hold JSON as what they hold."""
    return {name: _json_value((table, name), value) for name, value in row.items()}


def _json_value(column: tuple[str, str], value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return json.loads(value) if column in _JSON_COLUMNS and isinstance(value, str) else value


def _delete(connection: Connection, sender_id: str, waiting: Sequence[Row]) -> dict[str, int]:
    # A server that is just writing to the conversation is waited for; one that comes later finds it gone.
    connection.execute(
        sa.select(_CONVERSATIONS.c.sender_id).where(_CONVERSATIONS.c.sender_id == sender_id).with_for_update()
    )
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


def _for_the_receipt(counts: dict[str, int]) -> dict[str, int]:
    """Return what the customer is told: the index repeats the conversation, and staff may have noted nothing."""
    return {
        name: count for name, count in counts.items() if name in _COUNTED or (count and not name.startswith("indexed_"))
    }


def _senders(connection: Connection) -> Iterator[str]:
    """Yield whom any table has rows of, some of them more than once."""
    for table in tables_of_a_conversation():
        query = sa.select(table.c.sender_id).distinct().order_by(table.c.sender_id).limit(_SENDERS_AT_ONCE)
        last = ""
        while found := connection.execute(query.where(table.c.sender_id > last)).scalars().all():
            last = found[-1]
            yield from found


def _new_code() -> str:
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(3))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
