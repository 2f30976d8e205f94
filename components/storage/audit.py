"""The audit log: who did or viewed what and when, in a chain that shows when it was tampered with.

Each entry is signed together with the one before it. The ends of the chain stand in a table of their own: "last" tells
when entries at the end are missing, "first" is what the purge of expired entries left behind.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
import hmac
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, Row

from components.storage.models import AuditEntry, AuditHead

MAX_VALUE_CHARACTERS = 100
BATCH_SIZE = 1_000

_LOG = AuditEntry.__table__
_HEADS = AuditHead.__table__
_FIRST, _LAST = "first", "last"

Details = Mapping[str, str | int | bool | None]


class Problem(enum.Enum):
    """What is wrong with an entry: another content or key than it was signed with, gone, or not written by Luotsi.

    OTHER_HISTORY: the log is whole, but it is not the one that somebody noted the end of.
    """

    CHANGED = "changed"
    MISSING = "missing"
    MISSING_AT_END = "missing at the end"
    PUT_IN = "put in"
    OTHER_HISTORY = "other history"


@dataclasses.dataclass(frozen=True)
class Checked:
    """What `verify` found.

    entries: how many were checked. purged: the number of the last entry that was deleted when it expired, 0 if none
    was. last, digest: the end of the chain, to be noted elsewhere. problem, number: the first broken entry, or None.
    """

    entries: int
    purged: int
    last: int
    digest: str
    problem: Problem | None = None
    number: int | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """One entry as people read it."""

    number: int
    occurred_at: datetime.datetime
    actor: str
    action: str
    target: str | None
    details: dict[str, Any]


def append(
    connection: Connection,
    *,
    keys: Sequence[bytes],
    kept: datetime.timedelta,
    now: datetime.datetime,
    actor: str,
    action: str,
    target: str | None,
    details: Details,
) -> int:
    """Write an entry at the end of the chain, inside the caller's transaction, and return its number.

    `keys` are the keys of the log, newest first; the first one signs. Raises ValueError for a value that looks like
    something that was written in a conversation: longer than MAX_VALUE_CHARACTERS, or of more than one line.
    """
    for value in (actor, action, target, *details, *details.values()):
        _refuse_text(value)
    # Writing first makes those who write at the same time wait for one another, on both databases.
    raise_number = sa.update(_HEADS).where(_HEADS.c.which == _LAST).values(number=_HEADS.c.number + 1)
    if not connection.execute(raise_number).rowcount:
        _set_head(connection, _LAST, 0, "", only_new=True)
        connection.execute(raise_number)
    last = connection.execute(sa.select(_HEADS).where(_HEADS.c.which == _LAST)).one()
    moment = now.astimezone(datetime.timezone.utc)
    entry = {
        "number": last.number,
        "occurred_at": moment,
        "expires_at": moment + kept,
        "actor": actor,
        "action": action,
        "target": target,
        "details": json.dumps(dict(details), ensure_ascii=False, sort_keys=True),
    }
    digest = digest_of(entry, last.digest, keys[0])
    connection.execute(sa.insert(_LOG).values(**entry, digest=digest))
    connection.execute(sa.update(_HEADS).where(_HEADS.c.which == _LAST).values(digest=digest))
    return int(last.number)


def digest_of(entry: Mapping[str, object], before: str, key: bytes) -> str:
    """Return the keyed digest of an entry after the one whose digest is `before`."""
    shown = {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value for name, value in entry.items()
    }
    content = json.dumps([before, shown], ensure_ascii=False, sort_keys=True)
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def verify(
    engine: Engine, keys: Sequence[bytes], *, known: tuple[int, str] | None = None, batch_size: int = BATCH_SIZE
) -> Checked:
    """Walk the chain and return the first broken entry, if there is one; entries may come and go meanwhile.

    keys: every key that entries may be signed under. known: number and digest of an entry as they were noted once; an
    entry that has been purged since is not compared.
    """
    while True:
        with engine.connect() as connection:
            begun = _head(connection, _FIRST)
            found = _walk(connection, begun, keys, known, batch_size)
            # A purge in the meantime takes entries away that the walk was to begin with.
            if found.problem is None or _head(connection, _FIRST) == begun:
                return found


def purge_expired(connection: Connection, *, now: datetime.datetime, limit: int) -> int:
    """Delete at most `limit` entries that have expired, from the beginning only, and return how many.

    The chain stays provable: the digest of the last one that goes is kept as its new beginning.
    """
    query = sa.select(_LOG.c.number, _LOG.c.digest, _LOG.c.expires_at).order_by(_LOG.c.number).limit(limit)
    going: Row | None = None
    rows = 0
    for row in connection.execute(query).all():
        if row.expires_at > now:
            break
        going, rows = row, rows + 1
    if going is None:
        return 0
    _set_head(connection, _FIRST, going.number, going.digest)
    connection.execute(sa.delete(_LOG).where(_LOG.c.number <= going.number))
    return rows


def search(
    connection: Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    target: str | None = None,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    limit: int = 100,
    before: int | None = None,
    among: Collection[str] | None = None,
) -> list[Entry]:
    """Return entries, newest first.

    action: a whole one ("review.marked") or the part before its dot. since, until: the second one is not included.
    before: the number after which the page begins. among: only these actions, written like `action`.
    """
    query = _selected(actor, action, target, since, until, among)
    if before is not None:
        query = query.where(_LOG.c.number < before)
    return [_entry(row) for row in connection.execute(query.order_by(_LOG.c.number.desc()).limit(limit))]


def entries(
    connection: Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    target: str | None = None,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    among: Collection[str] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Iterator[Entry]:
    """Yield every entry that `search` would find, oldest first, a batch in memory at a time."""
    query = _selected(actor, action, target, since, until, among).order_by(_LOG.c.number).limit(batch_size)
    last = 0
    while rows := connection.execute(query.where(_LOG.c.number > last)).all():
        last = rows[-1].number
        yield from map(_entry, rows)


def _refuse_text(value: object) -> None:
    if isinstance(value, str) and (len(value) > MAX_VALUE_CHARACTERS or "".join(value.splitlines()) != value):
        # The message must not quote it.
        raise ValueError(f"the audit log takes one line of at most {MAX_VALUE_CHARACTERS} characters")


def _walk(
    connection: Connection,
    begun: tuple[int, str],
    keys: Sequence[bytes],
    known: tuple[int, str] | None,
    batch_size: int,
) -> Checked:
    purged, before = begun
    last = purged
    query = sa.select(_LOG).order_by(_LOG.c.number).limit(batch_size)

    def found(problem: Problem | None = None, number: int | None = None) -> Checked:
        return Checked(last - purged, purged, last, before, problem, number)

    stray = connection.execute(sa.select(sa.func.min(_LOG.c.number)).where(_LOG.c.number <= purged)).scalar()
    if stray is not None:
        return found(Problem.PUT_IN, stray)
    looked_at_end = False
    while True:
        rows = connection.execute(query.where(_LOG.c.number > last)).all()
        for row in rows:
            if row.number != last + 1:
                return found(Problem.MISSING, last + 1)
            if not _is_signed(row, before, keys):
                return found(Problem.CHANGED, row.number)
            last, before = row.number, row.digest
            if known is not None and known[0] == last and known[1] != before:
                return found(Problem.OTHER_HISTORY, last)
        if rows:
            looked_at_end = False
            continue
        end, digest = _head(connection, _LAST)
        if end > last and not looked_at_end:
            looked_at_end = True  # entries may have come since the last batch: read once more
            continue
        break
    if end > last:
        return found(Problem.MISSING_AT_END, last + 1)
    if end < last:
        return found(Problem.PUT_IN, end + 1)
    if digest != before:
        return found(Problem.CHANGED, last)
    if known is not None and known[0] > last:
        return found(Problem.OTHER_HISTORY, known[0])
    return found()


def _is_signed(row: Row, before: str, keys: Sequence[bytes]) -> bool:
    entry = {name: value for name, value in row._mapping.items() if name != "digest"}
    shown = row.digest.encode()
    return any(hmac.compare_digest(digest_of(entry, before, key).encode(), shown) for key in keys)


def _head(connection: Connection, which: str) -> tuple[int, str]:
    row = connection.execute(sa.select(_HEADS).where(_HEADS.c.which == which)).first()
    return (int(row.number), str(row.digest)) if row is not None else (0, "")


def _set_head(connection: Connection, which: str, number: int, digest: str, *, only_new: bool = False) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(_HEADS).values(which=which, number=number, digest=digest)
    if only_new:
        connection.execute(statement.on_conflict_do_nothing(index_elements=["which"]))
    else:
        values = {"number": number, "digest": digest}
        connection.execute(statement.on_conflict_do_update(index_elements=["which"], set_=values))


def _selected(
    actor: str | None,
    action: str | None,
    target: str | None,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    among: Collection[str] | None,
) -> sa.sql.Select:
    query = sa.select(_LOG)
    if actor:
        query = query.where(_LOG.c.actor == actor)
    if action:
        query = query.where(_is_action(action))
    if target:
        query = query.where(_LOG.c.target == target)
    if since is not None:
        query = query.where(_LOG.c.occurred_at >= since)
    if until is not None:
        query = query.where(_LOG.c.occurred_at < until)
    if among is not None:
        query = query.where(sa.or_(sa.false(), *(_is_action(name) for name in among)))
    return query


def _is_action(action: str) -> sa.sql.ColumnElement:
    return sa.or_(_LOG.c.action == action, _LOG.c.action.startswith(f"{action}.", autoescape=True))


def _entry(row: Row) -> Entry:
    try:
        details = json.loads(row.details)
    except ValueError:  # somebody changed it; `verify` says so
        details = {}
    return Entry(row.number, row.occurred_at, row.actor, row.action, row.target, details)
