"""Going over what is stored with a better anonymiser, in place, while the service runs."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import OperationalError

from components.privacy import ANONYMISER_VERSION
from components.storage import conversation_index
from components.storage.markings import markings
from components.storage.models import (
    Calibration,
    Collection,
    CollectionCase,
    ContentTask,
    Conversation,
    Event,
    Feedback,
    Hold,
    MaskingCase,
    Practice,
    ReviewMark,
    SavedFilter,
    Switch,
)
from components.storage.retention import overwrite_deleted
from components.storage.sanitise import sanitise

BATCH_SIZE = 200
_ATTEMPTS = 5
_RETRY_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 0.5
_LABEL = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)(?:_\d+)?\]")

_EVENTS = Event.__table__
_WRITTEN: tuple[sa.Column, ...] = (
    Feedback.__table__.c.comment,
    ReviewMark.__table__.c.value,
    ReviewMark.__table__.c.note,
    ContentTask.__table__.c.text,
    Collection.__table__.c.title,
    Collection.__table__.c.goal,
    Collection.__table__.c.theme,
    CollectionCase.__table__.c.title,
    CollectionCase.__table__.c.questions,
    CollectionCase.__table__.c.model_answer,
    MaskingCase.__table__.c.shape,
    Calibration.__table__.c.name,
    SavedFilter.__table__.c.name,
    Hold.__table__.c.reason,
    Switch.__table__.c.reason,
)
"""What people wrote, as text."""
_WRITTEN_JSON: tuple[sa.Column, ...] = (CollectionCase.__table__.c.messages, Practice.__table__.c.answers)
"""The same inside of JSON."""

_Values = dict[str, Any]


@dataclasses.dataclass
class Rescanned:
    """What a scan found: rows seen, rows whose text changed and rows left alone, by table (and column: "table.column").

    labels: how often something of a kind was masked that was not masked before.
    special_category: events that mention a special category and were not marked so.
    left: rows that the service changed or deleted in the meantime; what it wrote it has masked itself.
    """

    seen: Counter[str] = dataclasses.field(default_factory=Counter)
    changed: Counter[str] = dataclasses.field(default_factory=Counter)
    left: Counter[str] = dataclasses.field(default_factory=Counter)
    labels: Counter[str] = dataclasses.field(default_factory=Counter)
    special_category: int = 0


@dataclasses.dataclass(frozen=True)
class _Part:
    """A table's column with masked text, which rows to go over, and how to make their values anew."""

    column: sa.Column
    which: sa.sql.ColumnElement
    renew: Callable[[Row, frozenset[str]], _Values]

    @property
    def key(self) -> sa.Column:
        return next(iter(self.column.table.primary_key))

    @property
    def name(self) -> str:
        table = self.column.table
        alone = sum(column.table is table for column in (*_WRITTEN, *_WRITTEN_JSON)) < 2
        return table.name if alone else f"{table.name}.{self.column.name}"


def rescan(
    engine: Engine,
    *,
    public: frozenset[str],
    batch_size: int = BATCH_SIZE,
    dry_run: bool = False,
    now: datetime.datetime | None = None,
) -> Rescanned:
    """Mask what is stored once more: events of an older anonymiser, the state of conversations, what people noted.

    public: strings that stay as they are: published answers and Rasa's own names.
    batch_size: rows in one transaction; the service gets as much time between two of them as one took.
    dry_run: only count what would change.

    No row is added, deleted or moved, and its time and order stay. A row that the service changes meanwhile is left as
    the service wrote it. What conversations are found by is made anew from the events that changed. Events that are
    done say so, so that a scan that was killed goes on where it was. What has
    expired is left to the purge. Raises what the database raises, after some attempts.
    """
    moment = now or datetime.datetime.now(datetime.timezone.utc)
    found = Rescanned()
    for part in _parts():
        last: Any = None
        while rows := _read(engine, part, moment, last, batch_size):
            last = rows[-1][0]
            changes = [(row, part.renew(row, public)) for row in rows]
            begun = time.monotonic()
            done = changes if dry_run else _attempt(engine, part, [c for c in changes if _differs(*c)])
            _count(found, part, rows, changes, done)
            time.sleep(min(time.monotonic() - begun, _LONGEST_PAUSE_SECONDS))
    if engine.dialect.name == "sqlite" and not dry_run:
        # Always, as a scan that was killed before may have left old texts in the file.
        overwrite_deleted(engine, rewrite=True)
    return found


def _parts() -> list[_Part]:
    events = Event.__table__.c
    return [
        _Part(events.data, events.anonymiser_version < ANONYMISER_VERSION, _renewed_event),
        _Part(Conversation.__table__.c.state, sa.true(), _renewed_state),
        *(_Part(column, column.is_not(None), _renewed_text(column.name)) for column in _WRITTEN),
        *(_Part(column, column.is_not(None), _renewed_json(column.name)) for column in _WRITTEN_JSON),
    ]


def _read(engine: Engine, part: _Part, now: datetime.datetime, last: Any, size: int) -> list[Row]:
    """Return the next rows, in the order of their key, each with its key first."""
    table = part.column.table
    others = [table.c[name] for name in ("anonymiser_version", "special_category", "sender_id") if name in table.c]
    query = sa.select(part.key, part.column, *others).where(part.which)
    if "expires_at" in table.c:  # empty for a case that staff rewrote
        query = query.where(sa.or_(table.c.expires_at > now, table.c.expires_at.is_(None)))
    if last is not None:
        query = query.where(part.key > last)
    with engine.connect() as connection:
        return list(connection.execute(query.order_by(part.key).limit(size)))


def _attempt(engine: Engine, part: _Part, changes: Sequence[tuple[Row, _Values]]) -> list[tuple[Row, _Values]]:
    """Write a batch; a database that is busy is asked again."""
    for attempt in range(_ATTEMPTS):
        try:
            return _write(engine, part, changes)
        except OperationalError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_RETRY_SECONDS)
    raise AssertionError("the last attempt returns or raises")


def _write(engine: Engine, part: _Part, changes: Sequence[tuple[Row, _Values]]) -> list[tuple[Row, _Values]]:
    """Write new values over the ones that were read, and return those that were still there."""
    if not changes:
        return []
    with engine.begin() as connection:
        if part.column.table is _EVENTS and engine.dialect.name == "postgresql":
            # In the order in which the service takes them, or the two might wait for each other.
            senders = sorted({row.sender_id for row, _ in changes})
            key = Conversation.__table__.c.sender_id
            connection.execute(sa.select(key).where(key.in_(senders)).order_by(key).with_for_update())
        done = [
            (row, values)
            for row, values in changes
            if connection.execute(
                sa.update(part.column.table)
                .where(part.key == row[0], part.column == row[part.column.name])
                .values(**values)
            ).rowcount
        ]
        if part.column.table is _EVENTS:
            for sender_id in dict.fromkeys(row.sender_id for row, _ in done):
                conversation_index.reindex(connection, sender_id)
        return done


def _differs(row: Row, values: _Values) -> bool:
    return any(row[name] != value for name, value in values.items())


def _count(
    found: Rescanned,
    part: _Part,
    rows: Sequence[Row],
    changes: Sequence[tuple[Row, _Values]],
    done: Sequence[tuple[Row, _Values]],
) -> None:
    table, column = part.name, part.column.name
    found.seen[table] += len(rows)
    kept = {row[0] for row, _ in done}
    found.left[table] += sum(row[0] not in kept and _differs(row, values) for row, values in changes)
    for row, values in done:
        if row[column] != values[column]:
            found.changed[table] += 1
            found.labels += Counter(_LABEL.findall(values[column])) - Counter(_LABEL.findall(row[column]))
        found.special_category += bool(values.get("special_category") and not row["special_category"])


def _renewed_event(row: Row, public: frozenset[str]) -> _Values:
    event = _parsed(row["data"])
    if not isinstance(event, dict):  # nothing that Rasa could read; yet it may hold what somebody wrote
        return {"data": sanitise(row["data"], public), **markings({})}
    # Rasa's own name of an event and its times are not personal data; see the tracker store.
    own = ("event", "timestamp", "date_time") if event.get("event") == "reminder" else ("event", "timestamp")
    masked = {**sanitise(event, public), **{name: event[name] for name in own if name in event}}
    return {"data": _unless_same(row["data"], event, masked), **markings(masked)}


def _renewed_state(row: Row, public: frozenset[str]) -> _Values:
    state = _parsed(row["state"])
    return {"state": _unless_same(row["state"], state, sanitise(state, public))}


def _renewed_text(name: str) -> Callable[[Row, frozenset[str]], _Values]:
    return lambda row, public: {name: sanitise(row[name], public)}


def _renewed_json(name: str) -> Callable[[Row, frozenset[str]], _Values]:
    def renewed(row: Row, public: frozenset[str]) -> _Values:
        written = _parsed(row[name])
        return {name: _unless_same(row[name], written, sanitise(written, public))}

    return renewed


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unless_same(text: str, before: Any, after: Any) -> str:
    return text if before == after else json.dumps(after, ensure_ascii=False).encode("utf-8", "replace").decode()
