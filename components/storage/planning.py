"""Figures and messages for planning the content: what customers asked, and what was not understood."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from components.storage.models import IndexedConversation, IndexedMessage, LabelCount, ReviewMark
from components.storage.reviews import ANSWER_OUTDATED, ANSWER_WRONG, MISSING_TOPIC, WRONG

GROUPINGS = ("language", "channel", "rating")
"""The columns of a conversation by which `conversations_by` counts."""

BOTH_AGENCIES = "both"
"""The agency of a conversation about matters of both; it counts for each."""

_CONVERSATIONS = IndexedConversation.__table__
_MESSAGES = IndexedMessage.__table__
_MARKS = ReviewMark.__table__
_LABELS = LabelCount.__table__
_CUSTOMER = "customer"
_BAD = (WRONG, MISSING_TOPIC, ANSWER_WRONG, ANSWER_OUTDATED)
_HOUR = "%Y-%m-%d %H"


@dataclasses.dataclass(frozen=True)
class Selection:
    """A period from `since` until before `until` (UTC), and whose conversations; None stands for every one.

    A conversation belongs to the period in which it began, a message to the one in which it was written.
    """

    since: datetime.datetime
    until: datetime.datetime
    language: str | None = None
    agency: str | None = None

    def before(self) -> Selection:
        """Return the period of the same length that ends where this one begins."""
        return dataclasses.replace(self, since=self.since - (self.until - self.since), until=self.since)


@dataclasses.dataclass(frozen=True)
class BadMessage:
    """A customer's message that was not understood, or that a reviewer found badly answered.

    special_category: whether its conversation tells of health, faith or the like (GDPR Article 9).
    """

    sender_id: str
    text: str
    language: str | None
    special_category: bool


@dataclasses.dataclass(frozen=True)
class Amount:
    """How many conversations, and how many questions were asked in them, of which some were not understood."""

    conversations: int = 0
    questions: int = 0
    fallbacks: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.conversations + other.conversations,
            self.questions + other.questions,
            self.fallbacks + other.fallbacks,
        )


def badly_answered(
    connection: Connection, selection: Selection, *, now: datetime.datetime, most: int
) -> tuple[list[BadMessage], int]:
    """Return the newest `most` messages that were answered badly, newest first, and how many there are in all."""
    wanted = sa.and_(
        *_of_customers(selection, now), sa.or_(_MESSAGES.c.fallback, _MESSAGES.c.event_id.in_(_marked(now)))
    )
    joined = _MESSAGES.join(_CONVERSATIONS, _CONVERSATIONS.c.sender_id == _MESSAGES.c.sender_id)
    total = connection.execute(sa.select(sa.func.count()).select_from(joined).where(wanted)).scalar_one()
    query = sa.select(
        _MESSAGES.c.sender_id,
        _MESSAGES.c.text,
        sa.func.coalesce(_MESSAGES.c.language, _CONVERSATIONS.c.language).label("language"),
        _CONVERSATIONS.c.special_category,
    )
    newest = query.select_from(joined).where(wanted).order_by(_MESSAGES.c.occurred_at.desc(), _MESSAGES.c.id.desc())
    return [BadMessage(*row) for row in connection.execute(newest.limit(most))], int(total)


def conversations_by(
    connection: Connection, selection: Selection, grouping: str, *, now: datetime.datetime
) -> dict[str | None, Amount]:
    """Return the conversations by one of GROUPINGS; None for those of which it is not known."""
    if grouping not in GROUPINGS:
        raise ValueError(f"conversations are not counted by {grouping!r}; use one of {', '.join(GROUPINGS)}")
    return dict(_amounts(connection, selection, _CONVERSATIONS.c[grouping], now))


def conversations_by_hour(
    connection: Connection, selection: Selection, *, now: datetime.datetime
) -> dict[datetime.datetime, Amount]:
    """Return the conversations by the hour (UTC) in which they began; hours without any are left out."""
    began = _CONVERSATIONS.c.started_at
    if connection.dialect.name == "postgresql":
        hour = sa.func.to_char(sa.func.timezone("UTC", began), "YYYY-MM-DD HH24")
    else:
        hour = sa.func.strftime(_HOUR, began)
    return {
        datetime.datetime.strptime(str(name), _HOUR).replace(tzinfo=datetime.timezone.utc): amount
        for name, amount in _amounts(connection, selection, hour, now)
    }


def conversations_by_topic(
    connection: Connection, selection: Selection, *, now: datetime.datetime
) -> dict[str, tuple[int, int]]:
    """Return of each topic in how many conversations, and in how many messages, it was asked about and understood."""
    wanted = sa.and_(*_of_customers(selection, now), _MESSAGES.c.topic.is_not(None), sa.not_(_MESSAGES.c.fallback))
    query = (
        sa.select(_MESSAGES.c.topic, sa.func.count(sa.distinct(_MESSAGES.c.sender_id)), sa.func.count(_MESSAGES.c.id))
        .select_from(_MESSAGES.join(_CONVERSATIONS, _CONVERSATIONS.c.sender_id == _MESSAGES.c.sender_id))
        .where(wanted)
        .group_by(_MESSAGES.c.topic)
    )
    return {topic: (int(conversations), int(messages)) for topic, conversations, messages in connection.execute(query)}


def conversations_by_label(connection: Connection, selection: Selection, *, now: datetime.datetime) -> dict[str, int]:
    """Return in how many conversations each kind of personal data was masked."""
    query = (
        sa.select(_CONVERSATIONS.c.labels, sa.func.count())
        .where(*_selected(selection, now), _CONVERSATIONS.c.labels != "")
        .group_by(_CONVERSATIONS.c.labels)
    )
    found: Counter[str] = Counter()
    for labels, conversations in connection.execute(query):
        found.update({label: int(conversations) for label in labels.strip(",").split(",")})
    return dict(found)


def messages_by_label(
    connection: Connection, since: datetime.date, until: datetime.date, *, language: str | None
) -> Mapping[str, int]:
    """Return in how many messages each kind was masked on the days (UTC) from `since` to `until`, for all agencies."""
    query = sa.select(_LABELS.c.label, sa.func.sum(_LABELS.c["count"])).where(_LABELS.c.day.between(since, until))
    if language is not None:
        query = query.where(_LABELS.c.language == language)
    return {label: int(count) for label, count in connection.execute(query.group_by(_LABELS.c.label))}


def _marked(now: datetime.datetime) -> sa.sql.Select:
    """Return the events of customers' messages that a reviewer found badly answered.

    Whoever marks the answer means the message before it.
    """
    asked = _MESSAGES.alias()
    before = sa.and_(
        asked.c.sender_id == _MARKS.c.sender_id,
        asked.c.event_id <= _MARKS.c.event_id,
        asked.c.speaker == _CUSTOMER,
    )
    return (
        sa.select(sa.func.max(asked.c.event_id))
        .select_from(_MARKS.join(asked, before))
        .where(_MARKS.c.kind.in_(_BAD), _MARKS.c.expires_at > now)
        .group_by(_MARKS.c.id)
    )


def _amounts(
    connection: Connection, selection: Selection, grouping: ColumnElement, now: datetime.datetime
) -> list[tuple[str | None, Amount]]:
    table = _CONVERSATIONS.c
    name = grouping.label("name")
    query = (
        sa.select(name, sa.func.count(), sa.func.sum(table.questions), sa.func.sum(table.fallbacks))
        .where(*_selected(selection, now))
        .group_by(name)
    )
    return [(row[0], Amount(*map(int, row[1:]))) for row in connection.execute(query)]


def _selected(selection: Selection, now: datetime.datetime) -> list[ColumnElement]:
    table = _CONVERSATIONS.c
    began = [table.started_at >= selection.since, table.started_at < selection.until]
    return [*began, *_narrowed(selection), table.expires_at > now]


def _of_customers(selection: Selection, now: datetime.datetime) -> list[ColumnElement]:
    """Return what a message of a customer has to fulfil; it counts by its own time."""
    table = _MESSAGES.c
    written = [table.occurred_at >= selection.since, table.occurred_at < selection.until]
    return [*written, *_narrowed(selection), table.speaker == _CUSTOMER, table.expires_at > now]


def _narrowed(selection: Selection) -> list[ColumnElement]:
    wanted = []
    if selection.language is not None:
        wanted.append(_CONVERSATIONS.c.language == selection.language)
    if selection.agency is not None:
        wanted.append(_CONVERSATIONS.c.agency.in_((selection.agency, BOTH_AGENCIES)))
    return wanted
