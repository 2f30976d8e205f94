"""Holds: a conversation that is kept beyond the service's term, for a reason and up to a date within the maximum."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.settings import MAX_RETENTION_DAYS
from components.storage.models import (
    CollectionCase,
    ContentTask,
    Conversation,
    Event,
    Feedback,
    IndexedConversation,
    IndexedMessage,
    Practice,
    QueuedReview,
    ReviewMark,
)
from components.storage.models import Hold as HoldRow
from components.storage.references import reference_of
from components.storage.sanitise import sanitise

LONGEST = datetime.timedelta(days=MAX_RETENTION_DAYS)
"""No conversation is kept longer than this from the start of its oldest session, held or not."""

# Sessions that are held together stay apart, as retention tells them by their expiry.
_APART = datetime.timedelta(microseconds=1)

_HOLDS = HoldRow.__table__
_CONVERSATIONS = Conversation.__table__
_EVENTS = Event.__table__
_INDEXED = IndexedMessage.__table__
_FOLLOWING: tuple[sa.Table, ...] = tuple(
    model.__table__ for model in (Conversation, Feedback, IndexedConversation, ReviewMark, CollectionCase)
)
_SHORTENED_WITH_IT: tuple[sa.Table, ...] = (
    *_FOLLOWING,
    *(model.__table__ for model in (Practice, ContentTask, QueuedReview)),
)


@dataclasses.dataclass(frozen=True)
class Hold:
    """That a conversation is kept until `expires_at`, by whose decision and why."""

    id: int
    sender_id: str
    reference: str
    reason: str
    made_by: str
    made_at: datetime.datetime
    expires_at: datetime.datetime


class HoldError(ValueError):
    """A hold is refused. `kind` says why: "unknown", "held", "too_long" or "too_short"; `limit` is the date's limit."""

    def __init__(self, kind: str, limit: datetime.datetime | None = None) -> None:
        super().__init__(f"{kind}: {limit.isoformat()}" if limit is not None else kind)
        self.kind = kind
        self.limit = limit


def hold_condition(sender_id_column: Any, now: datetime.datetime) -> sa.sql.ColumnElement:
    """Return the condition that a row's conversation is held at a moment."""
    held: sa.sql.ColumnElement = sa.exists().where(_HOLDS.c.sender_id == sender_id_column, _HOLDS.c.expires_at > now)
    return held


def held_until(connection: Connection, *, now: datetime.datetime) -> dict[str, datetime.datetime]:
    """Return until when conversations are held, by sender id."""
    query = sa.select(_HOLDS.c.sender_id, sa.func.max(_HOLDS.c.expires_at)).where(_HOLDS.c.expires_at > now)
    return dict(connection.execute(query.group_by(_HOLDS.c.sender_id)).all())


def find_all(connection: Connection, *, now: datetime.datetime) -> list[Hold]:
    """Return the holds that are in force, the next one to end first."""
    query = sa.select(_HOLDS).where(_HOLDS.c.expires_at > now).order_by(_HOLDS.c.expires_at, _HOLDS.c.id)
    return [_hold(row) for row in connection.execute(query)]


def find(connection: Connection, hold_id: int, *, now: datetime.datetime) -> Hold | None:
    """Return a hold that is in force, or None."""
    row = connection.execute(sa.select(_HOLDS).where(_HOLDS.c.id == hold_id, _HOLDS.c.expires_at > now)).first()
    return _hold(row) if row is not None else None


def latest_end(connection: Connection, sender_id: str) -> datetime.datetime | None:
    """Return until when a conversation may be held at most; None when it is not stored."""
    begun = connection.execute(
        sa.select(_CONVERSATIONS.c.session_started_at).where(_CONVERSATIONS.c.sender_id == sender_id)
    ).scalar()
    if begun is None:
        return None
    oldest = connection.execute(
        sa.select(sa.func.min(_EVENTS.c.occurred_at)).where(_EVENTS.c.sender_id == sender_id)
    ).scalar()
    first: datetime.datetime = begun if oldest is None else min(begun, oldest)
    return first + LONGEST


def make(
    connection: Connection, sender_id: str, *, reason: str, until: datetime.datetime, by: str, now: datetime.datetime
) -> int:
    """Keep a conversation, with all that belongs to it, until a moment, and return the hold's number.

    Raises HoldError: "unknown" when it is not stored, "held" when it is held already, "too_long" when that is later
    than two years after the start of its oldest session, "too_short" when it is kept at least as long anyway.
    """
    # Locked, so that neither a purge nor a second hold comes between.
    query = sa.select(_CONVERSATIONS.c.expires_at).where(_CONVERSATIONS.c.sender_id == sender_id).with_for_update()
    ordinary = connection.execute(query).scalar()
    limit = latest_end(connection, sender_id)
    if ordinary is None or ordinary <= now or limit is None:
        raise HoldError("unknown")
    existing = sa.select(sa.func.max(_HOLDS.c.expires_at)).where(
        _HOLDS.c.sender_id == sender_id, _HOLDS.c.expires_at > now
    )
    held = connection.execute(existing).scalar()
    if held is not None:
        raise HoldError("held", held)
    if until > limit:
        raise HoldError("too_long", limit)
    if until <= ordinary:
        raise HoldError("too_short", ordinary)
    row = connection.execute(
        sa.insert(_HOLDS).values(
            sender_id=sender_id, reason=str(sanitise(reason.strip())), made_by=by, made_at=now, expires_at=until
        )
    )
    _extend(connection, sender_id, until, now)
    return int(row.inserted_primary_key[0])


def extend_held(connection: Connection, *, now: datetime.datetime) -> None:
    """Give what was written since a hold was made the hold's end, too: call it before a purge."""
    for sender_id, until in held_until(connection, now=now).items():
        limit = latest_end(connection, sender_id)
        if limit is not None:
            _extend(connection, sender_id, min(until, limit), now)


def release(connection: Connection, hold: Hold, *, period: datetime.timedelta) -> None:
    """End a hold: what it kept gets the expiry that the service's term gives it, at once if that is past.

    period: the service's term, counted from the start of a session.
    """
    sender_id = hold.sender_id
    connection.execute(sa.delete(_HOLDS).where(_HOLDS.c.id == hold.id))
    begun = connection.execute(
        sa.select(_CONVERSATIONS.c.session_started_at).where(_CONVERSATIONS.c.sender_id == sender_id)
    ).scalar()
    for expires_at, first in _sessions(connection, sender_id):
        # What was written during the hold belongs to the session that was going on.
        start = begun if begun is not None and begun <= first else first
        _set_events(connection, sender_id, expires_at, min(expires_at, start + period))
    if begun is None:
        return
    end = begun + period
    for table in _SHORTENED_WITH_IT:
        connection.execute(
            sa.update(table).where(table.c.sender_id == sender_id, table.c.expires_at > end).values(expires_at=end)
        )
    _follow_events(connection, sender_id, end)


def _extend(connection: Connection, sender_id: str, until: datetime.datetime, now: datetime.datetime) -> None:
    sessions = [expires_at for expires_at, _ in _sessions(connection, sender_id) if expires_at > now]
    wanted = [until - _APART * (len(sessions) - 1 - number) for number in range(len(sessions))]
    # The latest first, so that no two sessions ever have the same expiry.
    for expires_at, end in reversed(list(zip(sessions, wanted, strict=True))):
        if expires_at < end:
            _set_events(connection, sender_id, expires_at, end)
    for table in _FOLLOWING:
        connection.execute(
            sa.update(table)
            .where(table.c.sender_id == sender_id, table.c.expires_at > now, table.c.expires_at < until)
            .values(expires_at=until)
        )
    _follow_events(connection, sender_id, until)


def _sessions(connection: Connection, sender_id: str) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """Return the expiry and the first moment of each stored session, the first to expire first."""
    query = sa.select(_EVENTS.c.expires_at, sa.func.min(_EVENTS.c.occurred_at)).where(_EVENTS.c.sender_id == sender_id)
    grouped = query.group_by(_EVENTS.c.expires_at).order_by(_EVENTS.c.expires_at)
    return [(expires_at, first) for expires_at, first in connection.execute(grouped)]


def _set_events(connection: Connection, sender_id: str, expires_at: datetime.datetime, end: datetime.datetime) -> None:
    connection.execute(
        sa.update(_EVENTS)
        .where(_EVENTS.c.sender_id == sender_id, _EVENTS.c.expires_at == expires_at)
        .values(expires_at=end)
    )


def _follow_events(connection: Connection, sender_id: str, otherwise: datetime.datetime) -> None:
    """Let indexed messages expire with their events."""
    event = (
        sa.select(_EVENTS.c.expires_at)
        .where(_EVENTS.c.id == _INDEXED.c.event_id)
        .where(_EVENTS.c.sender_id == sender_id)
    )
    connection.execute(
        sa.update(_INDEXED)
        .where(_INDEXED.c.sender_id == sender_id)
        .values(expires_at=sa.func.coalesce(event.scalar_subquery(), otherwise))
    )


def _hold(row: Any) -> Hold:
    return Hold(
        id=row.id,
        sender_id=row.sender_id,
        reference=reference_of(row.sender_id),
        reason=row.reason,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
    )
