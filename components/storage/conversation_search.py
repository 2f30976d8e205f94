"""Finding conversations: what a selection is, and which conversations are in it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from components.storage.conversation_index import AGENCIES, topic_names
from components.storage.models import IndexedConversation, IndexedMessage, QueuedReview, ReviewMark
from components.storage.sanitise import sanitise
from components.storage.staff import USER_ID
from components.storage.stems import LANGUAGES, postgresql_query, sqlite_query

FINLAND = ZoneInfo("Europe/Helsinki")
"""Days begin and end at midnight in Finland."""
FEEDBACK = ("good", "bad", "mixed", "any", "none")
NOBODY, ANYBODY = "-", "*"
"""In place of a reviewer's user ID: reviewed by nobody, or by anybody."""
MAX_SAMPLE = 500
_MAX_CHARACTERS = 200
_MAX_QUESTIONS = 9_999
_IDENTIFIER = re.compile(r"[\w.-]+")

_INDEX = IndexedConversation.__table__
_MESSAGES = IndexedMessage.__table__
_MARKS = ReviewMark.__table__
_QUEUE = QueuedReview.__table__


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which conversations are wanted; what is None does not matter.

    since, until: days in Finland on which a conversation began, both included.
    agency: "both" finds what is about both; an agency's own name finds those, too.
    confidence_below: in percent, of the customer's message that was understood least surely.
    fallback, special_category, handoff: whether there was one.
    feedback: one of FEEDBACK. label: of masked data. reviewed: a user ID, NOBODY or ANYBODY.
    questions_from, questions_to: messages of the customer. Without the first, conversations without any are left out.
    words: all must stand in the same message; the last one may be a beginning.
    """

    since: datetime.date | None = None
    until: datetime.date | None = None
    language: str | None = None
    channel: str | None = None
    agency: str | None = None
    topic: str | None = None
    confidence_below: int | None = None
    fallback: bool | None = None
    feedback: str | None = None
    label: str | None = None
    special_category: bool | None = None
    handoff: bool | None = None
    questions_from: int | None = None
    questions_to: int | None = None
    reviewed: str | None = None
    tag: str | None = None
    words: str | None = None

    def query(self) -> dict[str, Any]:
        """Return the selection as names and values of an address."""
        return {name: _written(value) for name, value in self.chosen().items()}

    def address(self) -> str:
        """Return the selection as a query string."""
        return urlencode(self.query())

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen, by name."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def without(self, name: str) -> Selection:
        """Return the selection with one choice less."""
        return dataclasses.replace(self, **{name: None})


@dataclasses.dataclass(frozen=True)
class Position:
    """Where a page of the list ended: the beginning and the reference of its last conversation."""

    started_at: datetime.datetime
    reference: str

    def __str__(self) -> str:
        return f"{self.started_at.isoformat()}~{self.reference}"


class NotReadable(ValueError):
    """A value of a selection cannot be used; the message names the kind of fault and never the value."""


def read_selection(query: Mapping[str, str]) -> tuple[Selection, dict[str, str]]:
    """Return a selection from the names and values of an address, and of each value that cannot be used the fault.

    Faults: "date", "number", "percent", "choice", "name", "order" (the end lies before the beginning), "no_words", and
    "personal" for words that look like personal data, which is stored nowhere. A value with a fault is left out.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, read in _READERS.items():
        typed = (query.get(name) or "").strip()
        if not typed:
            continue
        try:
            values[name] = read(typed)
        except NotReadable as fault:
            faults[name] = str(fault)
    for first, last in (("since", "until"), ("questions_from", "questions_to")):
        if first in values and last in values and values[first] > values[last]:
            faults[last] = "order"
            del values[last]
    return Selection(**values), faults


def read_position(typed: str | None) -> Position | None:
    """Return the position that an address names, or None when it names none."""
    moment, found, reference = (typed or "").partition("~")
    try:
        started_at = datetime.datetime.fromisoformat(moment)
    except ValueError:
        return None
    return Position(started_at, reference) if found and started_at.tzinfo is not None else None


def conversations(
    connection: Connection,
    selection: Selection,
    *,
    after: Position | None = None,
    limit: int = 50,
    now: datetime.datetime | None = None,
) -> list[Row]:
    """Return conversations of a selection (rows of indexed_conversations), those that began last first.

    after: where the page before ended.
    """
    query = sa.select(_INDEX).where(*conditions(connection, selection, now=now))
    if after is not None:
        began, reference = _INDEX.c.started_at, _INDEX.c.reference
        query = query.where(began <= after.started_at, sa.or_(began < after.started_at, reference < after.reference))
    query = query.order_by(_INDEX.c.started_at.desc(), _INDEX.c.reference.desc()).limit(limit)
    return list(connection.execute(query))


def count(connection: Connection, selection: Selection, *, now: datetime.datetime | None = None) -> int:
    """Return how many conversations are in a selection."""
    query = sa.select(sa.func.count()).select_from(_INDEX).where(*conditions(connection, selection, now=now))
    return int(connection.execute(query).scalar_one())


def sample(
    connection: Connection,
    selection: Selection,
    *,
    size: int,
    by_topic: bool,
    reviewer: str | None = None,
    now: datetime.datetime | None = None,
    chance: random.Random | None = None,
) -> list[Row]:
    """Return random conversations of a selection (sender_id, reference, topics, expires_at), at most `size`.

    by_topic: whether every topic gets as many as the others, as far as there are any; else each conversation has the
    same chance. reviewer: whoever's open queue has a conversation already does not get it again.
    """
    dice = chance or random.SystemRandom()
    query = sa.select(_INDEX.c.sender_id, _INDEX.c.reference, _INDEX.c.topics, _INDEX.c.expires_at).where(
        *conditions(connection, selection, now=now)
    )
    if reviewer is not None:
        queued = sa.exists().where(
            _QUEUE.c.sender_id == _INDEX.c.sender_id, _QUEUE.c.reviewer == reviewer, _QUEUE.c.done_at.is_(None)
        )
        query = query.where(~queued)
    rows = list(connection.execute(query.order_by(_INDEX.c.reference)))
    if not by_topic:
        return dice.sample(rows, min(size, len(rows)))
    dice.shuffle(rows)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        names = topic_names(row.topics)
        groups.setdefault(dice.choice(names) if names else "", []).append(row)
    chosen: list[Row] = []
    while groups and len(chosen) < size:
        for topic in dice.sample(sorted(groups), len(groups)):
            if len(chosen) < size:
                chosen.append(groups[topic].pop())
            if not groups[topic]:
                del groups[topic]
    return chosen


def reviewers_of(connection: Connection, sender_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return who has reviewed each of the conversations, by name."""
    query = (
        sa.select(_MARKS.c.sender_id, _MARKS.c.reviewer)
        .where(_MARKS.c.kind == "reviewed", _MARKS.c.sender_id.in_(sender_ids))
        .distinct()
        .order_by(_MARKS.c.reviewer)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.sender_id, []).append(row.reviewer)
    return found


def known_values(connection: Connection) -> dict[str, list[str]]:
    """Return the channels and reviewers that there are, in order, for whoever chooses from them."""
    queries = {
        "channel": sa.select(_INDEX.c.channel).where(_INDEX.c.channel.is_not(None)).distinct(),
        "reviewed": sa.select(_MARKS.c.reviewer).where(_MARKS.c.kind == "reviewed").distinct(),
    }
    return {name: sorted(connection.execute(query).scalars()) for name, query in queries.items()}


def senders_of(connection: Connection, references: Sequence[str], *, now: datetime.datetime) -> list[str]:
    """Return the sender ids of the conversations with these references, as far as there are any."""
    query = sa.select(_INDEX.c.sender_id).where(_INDEX.c.reference.in_(references), _INDEX.c.expires_at > now)
    return list(connection.execute(query.order_by(_INDEX.c.started_at)).scalars())


def conditions(
    connection: Connection, selection: Selection, *, now: datetime.datetime | None = None
) -> list[sa.sql.ColumnElement]:
    """Return what makes an indexed conversation one of the selection; what has expired never is."""
    moment = now or datetime.datetime.now(datetime.timezone.utc)
    found = [_INDEX.c.expires_at > moment]
    if selection.questions_from is None:
        found.append(_INDEX.c.questions > 0)
    for name, value in selection.chosen().items():
        found.append(_CONDITIONS[name](connection, value))
    return found


def day_begins(day: datetime.date) -> datetime.datetime:
    """Return when a day begins in Finland (UTC)."""
    midnight = datetime.datetime.combine(day, datetime.time(), tzinfo=FINLAND)
    return midnight.astimezone(datetime.timezone.utc)


def _marked(kind: str, *more: sa.sql.ColumnElement) -> sa.sql.ColumnElement:
    return _INDEX.c.sender_id.in_(sa.select(_MARKS.c.sender_id).where(_MARKS.c.kind == kind, *more))


def _with_feedback(_connection: Connection, value: str) -> sa.sql.ColumnElement:
    if value == "none":
        return _INDEX.c.rating.is_(None)
    return _INDEX.c.rating.is_not(None) if value == "any" else _INDEX.c.rating == value


def _reviewed(_connection: Connection, value: str) -> sa.sql.ColumnElement:
    if value == NOBODY:
        return ~_marked("reviewed")
    return _marked("reviewed") if value == ANYBODY else _marked("reviewed", _MARKS.c.reviewer == value)


def _with_words(connection: Connection, value: str) -> sa.sql.ColumnElement:
    if connection.dialect.name == "sqlite":
        search = sa.table("message_search", sa.column("rowid"))
        matches = sa.select(search.c.rowid).where(
            sa.literal_column("message_search").op("MATCH")(sqlite_query(value) or '""')
        )
        messages = sa.select(_MESSAGES.c.sender_id).where(_MESSAGES.c.id.in_(matches))
    else:
        simple = sa.literal_column("'simple'")
        messages = sa.select(_MESSAGES.c.sender_id).where(
            sa.func.to_tsvector(simple, _MESSAGES.c.words).op("@@")(
                sa.func.to_tsquery(simple, postgresql_query(value) or "")
            )
        )
    return _INDEX.c.sender_id.in_(messages)


def _agency(_connection: Connection, value: str) -> sa.sql.ColumnElement:
    return _INDEX.c.agency == value if value == "both" else _INDEX.c.agency.in_([value, "both"])


_CONDITIONS: dict[str, Callable[[Connection, Any], sa.sql.ColumnElement]] = {
    "since": lambda _, value: _INDEX.c.started_at >= day_begins(value),
    "until": lambda _, value: _INDEX.c.started_at < day_begins(value + datetime.timedelta(days=1)),
    "language": lambda _, value: _INDEX.c.language == value,
    "channel": lambda _, value: _INDEX.c.channel == value,
    "agency": _agency,
    "topic": lambda _, value: _INDEX.c.topics.contains(f",{value},", autoescape=True),
    "confidence_below": lambda _, value: _INDEX.c.lowest_confidence < value / 100,
    "fallback": lambda _, value: _INDEX.c.fallbacks > 0 if value else _INDEX.c.fallbacks == 0,
    "feedback": _with_feedback,
    "label": lambda _, value: _INDEX.c.labels.contains(f",{value},", autoescape=True),
    "special_category": lambda _, value: _INDEX.c.special_category.is_(value),
    "handoff": lambda _, value: _INDEX.c.handoff.is_(value),
    "questions_from": lambda _, value: _INDEX.c.questions >= value,
    "questions_to": lambda _, value: _INDEX.c.questions <= value,
    "reviewed": _reviewed,
    "tag": lambda _, value: _marked("tag", _MARKS.c.value == value),
    "words": _with_words,
}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _day(typed: str) -> datetime.date:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = datetime.datetime.strptime(typed, form).date()
        except ValueError:
            continue
        if 2000 <= day.year <= 2200:
            return day
    raise NotReadable("date")


def _whole(typed: str, largest: int, fault: str) -> int:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 6 or int(typed) > largest:
        raise NotReadable(fault)
    return int(typed)


def _choice(*choices: str) -> Callable[[str], str]:
    def read(typed: str) -> str:
        if typed not in choices:
            raise NotReadable("choice")
        return typed

    return read


def _yes_or_no(typed: str) -> bool:
    return _choice("true", "false")(typed) == "true"


def _name(typed: str) -> str:
    if len(typed) > _MAX_CHARACTERS or not typed.isprintable():
        raise NotReadable("name")
    return typed


def _identifier(typed: str) -> str:
    """Read the name of a topic, a channel or a label: no free text, as saved filters keep what is written here."""
    if not _IDENTIFIER.fullmatch(_name(typed)) or sanitise(typed) != typed:
        raise NotReadable("name")
    return typed


def _reviewer(typed: str) -> str:
    if typed not in (NOBODY, ANYBODY) and not USER_ID.fullmatch(_name(typed)):
        raise NotReadable("name")
    return typed


def _tag(typed: str) -> str:
    # Tags are kept masked, so what would be masked finds nothing.
    if sanitise(_name(typed)) != typed:
        raise NotReadable("personal")
    return typed


def _words(typed: str) -> str:
    text = _name(" ".join(typed.split()))
    if sqlite_query(text) is None:
        raise NotReadable("no_words")
    if sanitise(text) != text:
        raise NotReadable("personal")
    return text


_READERS: dict[str, Callable[[str], Any]] = {
    "since": _day,
    "until": _day,
    "language": _choice(*LANGUAGES),
    "channel": _identifier,
    "agency": _choice(*AGENCIES, "both"),
    "topic": _identifier,
    "confidence_below": lambda typed: _whole(typed.removesuffix("%").strip(), 100, "percent"),
    "fallback": _yes_or_no,
    "feedback": _choice(*FEEDBACK),
    "label": _identifier,
    "special_category": _yes_or_no,
    "handoff": _yes_or_no,
    "questions_from": lambda typed: _whole(typed, _MAX_QUESTIONS, "number"),
    "questions_to": lambda typed: _whole(typed, _MAX_QUESTIONS, "number"),
    "reviewed": _reviewer,
    "tag": _tag,
    "words": _words,
}
