"""The index that staff find conversations by: made from their events, kept fresh, and gone with them."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import logging
import re
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from components.privacy.engine import labels as known_labels
from components.storage.models import Conversation, Event, Feedback, IndexedConversation, IndexedMessage
from components.storage.references import reference_of
from components.storage.rights import spoken
from components.storage.stems import LANGUAGES, stems

logger = logging.getLogger(__name__)

AGENCIES = ("immigration", "customs")
BATCH_SIZE = 20
"""Conversations in one transaction: so few that the service, which waits meanwhile, does not notice."""
FRESH_SECONDS = 3.0
COMPLETE_SECONDS = 60.0
NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
ASKED_FOR_PERSON = "ask_for_person"

_OPENING = "opening"
_OFFERED = "action_offer_topics"
_LISTENING = "action_listen"
_HUMAN_CONTACT = "action_human_contact"
_TOPIC = re.compile(rf"(?:{'|'.join(AGENCIES)})_[a-z0-9_]+")
_LABEL = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)(?:_\d+)?(?: [^\]\s]{1,40})?\]")
# People of one message are told apart by number: [NAME_1], [NAME_2].
_NAMED_OTHERWISE = {"NAME": "PERSON"}
_RATINGS = {"helpful": "good", "not_helpful": "bad"}
_READ_TYPES = ("user", "bot", "agent", "action", "slot")
# What was written late, after the database had been out of reach, is older than what is indexed already.
_SLACK = datetime.timedelta(minutes=30)

_CONVERSATIONS = Conversation.__table__
_EVENTS = Event.__table__
_FEEDBACK = Feedback.__table__
_INDEX = IndexedConversation.__table__
_MESSAGES = IndexedMessage.__table__
_updated: weakref.WeakKeyDictionary[Engine, float] = weakref.WeakKeyDictionary()

Values = dict[str, Any]


@dataclasses.dataclass
class _Read:
    """What the events of a conversation say, as far as they have been read."""

    messages: list[Values] = dataclasses.field(default_factory=list)
    topics: set[str] = dataclasses.field(default_factory=set)
    labels: set[str] = dataclasses.field(default_factory=set)
    language: str | None = None
    special_category: bool = False
    handoff: bool = False
    question: Values | None = None
    intent: str = ""


def update(engine: Engine, *, now: datetime.datetime, limit: int | None = None, complete: bool = True) -> int:
    """Index conversations that are new or have changed, forget those that are gone, and return how many there were.

    limit: the most that are done; the oldest first. complete: whether all conversations are looked at, or only those
    that something was said in lately. Each batch is a transaction. Raises what the database raises; what was done
    until then stays.
    """
    seen: set[str] = set()
    while limit is None or len(seen) < limit:
        size = BATCH_SIZE if limit is None else min(BATCH_SIZE, limit - len(seen))
        with engine.begin() as connection:
            changed = _changed(connection, now, size, complete)
            _renew(connection, changed, now)
        # What was rated after `now` is found again: the next update takes it.
        if len(changed) < size or seen.issuperset(changed):
            seen.update(changed)
            break
        seen.update(changed)
    done = len(seen)
    if complete:
        with engine.begin() as connection:
            done += _forget_gone(connection)
    _updated[engine] = time.monotonic()
    return done


def freshen(connection: Connection, *, now: datetime.datetime, limit: int = BATCH_SIZE) -> int:
    """Index what changed lately inside the caller's transaction, unless that was done within FRESH_SECONDS.

    For a page that is about to list conversations. Returns how many conversations were indexed; none while somebody
    else holds them, as the page is better a little late than not there.
    """
    last = _updated.get(connection.engine)
    if last is not None and time.monotonic() - last < FRESH_SECONDS:
        return 0
    changed = _changed(connection, now, limit, complete=False)
    # After an error PostgreSQL goes on from a savepoint only; SQLite does not need one.
    part = connection.begin_nested() if connection.dialect.name == "postgresql" else contextlib.nullcontext()
    try:
        with part:
            _renew(connection, changed, now)
    except OperationalError:
        return 0
    _updated[connection.engine] = time.monotonic()
    return len(changed)


def reindex(connection: Connection, sender_id: str, *, now: datetime.datetime | None = None) -> None:
    """Index one conversation anew, whatever is known of it: after its events were masked, for example."""
    _renew(connection, [sender_id], now or datetime.datetime.now(datetime.timezone.utc))


def keep_fresh(engine: Engine, stop_event: threading.Event) -> None:
    """Keep the index fresh until the event is set; for a thread of its own.

    Every FRESH_SECONDS what changed lately is indexed, and every COMPLETE_SECONDS everything is compared. A database
    that cannot be used now is asked again later.
    """
    completed: float | None = None
    broken = False
    while not stop_event.is_set():
        complete = completed is None or time.monotonic() - completed >= COMPLETE_SECONDS
        try:
            update(engine, now=_now(), complete=complete)
        except SQLAlchemyError as error:
            if not broken:
                logger.warning(
                    "The index of conversations cannot be kept fresh (%s).",
                    type(getattr(error, "orig", None) or error).__name__,
                )
            broken = True
        else:
            broken = False
            completed = time.monotonic() if complete else completed
        stop_event.wait(FRESH_SECONDS)


def labels_in(text: str) -> set[str]:
    """Return the kinds of masked data whose labels stand in a text."""
    found = {_NAMED_OTHERWISE.get(name, name) for name in _LABEL.findall(text)}
    return found & set(known_labels())


def topic_names(topics: str) -> list[str]:
    """Return the names in the column `topics` (or `labels`) of an indexed conversation."""
    return [name for name in topics.split(",") if name]


def agency_of(topics: Iterable[str]) -> str | None:
    """Return whose matters the topics are: an agency, "both", or None without topics."""
    found = {agency for topic in topics for agency in AGENCIES if topic.startswith(f"{agency}_")}
    if len(found) > 1:
        return "both"
    return next(iter(found), None)


def _changed(connection: Connection, now: datetime.datetime, limit: int, complete: bool) -> list[str]:
    """Return conversations that the index does not show as they are, the oldest first."""
    stale = sa.or_(
        _INDEX.c.sender_id.is_(None),
        _INDEX.c.last_event_at != _CONVERSATIONS.c.last_event_at,
        _INDEX.c.expires_at <= now,
    )
    query = (
        sa.select(_CONVERSATIONS.c.sender_id)
        .select_from(_CONVERSATIONS.outerjoin(_INDEX, _INDEX.c.sender_id == _CONVERSATIONS.c.sender_id))
        .where(stale, _CONVERSATIONS.c.expires_at > now)
        .order_by(_CONVERSATIONS.c.last_event_at)
        .limit(limit)
    )
    rated = (
        sa.select(_FEEDBACK.c.sender_id)
        .select_from(_FEEDBACK.join(_INDEX, _INDEX.c.sender_id == _FEEDBACK.c.sender_id))
        .where(_FEEDBACK.c.occurred_at >= _INDEX.c.indexed_at)
        .distinct()
        .limit(limit)
    )
    if not complete:
        newest = connection.execute(sa.select(sa.func.max(_INDEX.c.last_event_at))).scalar()
        if newest is not None:
            query = query.where(_CONVERSATIONS.c.last_event_at >= newest - _SLACK)
        rated = rated.where(_FEEDBACK.c.occurred_at >= now - _SLACK)
    found = list(connection.execute(query).scalars())
    if len(found) < limit:
        found += [sender for sender in connection.execute(rated).scalars() if sender not in found]
    return found[:limit]


def _renew(connection: Connection, sender_ids: Sequence[str], now: datetime.datetime) -> None:
    """Make the rows of some conversations anew from what is stored of them, all within the caller's transaction."""
    if not sender_ids:
        return
    if connection.dialect.name == "sqlite":
        _forget(connection, sender_ids)  # writing first keeps everybody else from writing until we are done
    # A conversation that we hold is not erased meanwhile, so that nothing of one that is gone comes back.
    held = (
        sa.select(_CONVERSATIONS)
        .where(_CONVERSATIONS.c.sender_id.in_(sender_ids), _CONVERSATIONS.c.expires_at > now)
        .order_by(_CONVERSATIONS.c.sender_id)
        .with_for_update()
    )
    conversations = connection.execute(held).all()
    _forget(connection, sender_ids)
    present = [row.sender_id for row in conversations]
    events = _by_sender(connection, _events_query(present, now))
    ratings = _by_sender(connection, _ratings_query(present, now))
    indexed: list[Values] = []
    messages: list[Values] = []
    for conversation in conversations:
        rows = events.get(conversation.sender_id, [])
        read = _read(rows)
        indexed.append(_indexed(conversation, rows, read, ratings.get(conversation.sender_id, []), now))
        messages += read.messages
    if indexed:
        connection.execute(sa.insert(_INDEX), indexed)
    if messages:
        connection.execute(sa.insert(_MESSAGES), messages)


def _forget(connection: Connection, sender_ids: Sequence[str]) -> None:
    for table in (_MESSAGES, _INDEX):
        connection.execute(sa.delete(table).where(table.c.sender_id.in_(sender_ids)))


def _events_query(sender_ids: Sequence[str], now: datetime.datetime) -> sa.sql.Select:
    return (
        sa.select(
            _EVENTS.c.id,
            _EVENTS.c.sender_id,
            _EVENTS.c.occurred_at,
            _EVENTS.c.expires_at,
            _EVENTS.c.special_category,
            _EVENTS.c.data,
        )
        .where(_EVENTS.c.sender_id.in_(sender_ids), _EVENTS.c.expires_at > now, _EVENTS.c.type_name.in_(_READ_TYPES))
        .order_by(_EVENTS.c.sender_id, _EVENTS.c.id)
    )


def _ratings_query(sender_ids: Sequence[str], now: datetime.datetime) -> sa.sql.Select:
    return sa.select(_FEEDBACK.c.sender_id, _FEEDBACK.c.rating).where(
        _FEEDBACK.c.sender_id.in_(sender_ids), _FEEDBACK.c.expires_at > now
    )


def _by_sender(connection: Connection, query: sa.sql.Select) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in connection.execute(query):
        found.setdefault(row.sender_id, []).append(row)
    return found


def _indexed(
    conversation: Row, events: Sequence[Row], read: _Read, ratings: Sequence[Row], now: datetime.datetime
) -> Values:
    asked = [message for message in read.messages if message["speaker"] == "customer"]
    sure = [message["confidence"] for message in asked if message["confidence"] is not None]
    given = {_RATINGS[row.rating] for row in ratings if row.rating in _RATINGS}
    return {
        "sender_id": conversation.sender_id,
        "reference": reference_of(conversation.sender_id),
        "channel": conversation.channel,
        "language": read.language,
        "agency": agency_of(read.topics),
        "started_at": events[0].occurred_at if events else conversation.session_started_at,
        "last_event_at": conversation.last_event_at,
        "expires_at": min([conversation.expires_at, *(row.expires_at for row in events)]),
        "questions": len(asked),
        "fallbacks": sum(message["fallback"] for message in asked),
        "lowest_confidence": min(sure, default=None),
        "topics": _listed(read.topics),
        "labels": _listed(read.labels),
        "special_category": read.special_category,
        "handoff": read.handoff,
        "rating": "mixed" if len(given) > 1 else next(iter(given), None),
        "indexed_at": now,
    }


def _listed(names: Iterable[str]) -> str:
    joined = ",".join(sorted(names))
    return f",{joined}," if joined else ""


def _read(events: Sequence[Row]) -> _Read:
    read = _Read()
    for row in events:
        try:
            data = json.loads(row.data)
        except ValueError:
            continue
        if isinstance(data, dict):
            read.special_category |= bool(row.special_category)
            _take(read, row, data)
    for message in read.messages:
        if message["topic"] is not None:
            read.topics.add(message["topic"])
        message["language"] = message["language"] or read.language
        message["words"] = stems(message["text"], message["language"])
    return read


def _take(read: _Read, row: Row, data: Mapping[str, Any]) -> None:
    kind = data.get("event")
    if kind == "user":
        _take_question(read, row, data)
    elif kind == "agent":
        text = str(data.get("text") or "")
        read.labels |= labels_in(text)
        read.messages.append(_message(row, "agent", text))
    elif kind == "bot":
        _take_answer(read, data)
    elif kind == "slot" and data.get("name") == "language" and data.get("value") in LANGUAGES:
        read.language = data["value"]
    elif kind == "action":
        _take_action(read, data.get("name"))


def _take_question(read: _Read, row: Row, data: Mapping[str, Any]) -> None:
    parsed = _mapping(data.get("parse_data"))
    intent = _mapping(parsed.get("intent"))
    read.question, read.intent = None, str(intent.get("name") or "")
    read.handoff |= read.intent == ASKED_FOR_PERSON
    text = spoken(dict(data))
    if text is None or read.intent == _OPENING:
        return
    metadata = _mapping(data.get("metadata"))
    read.labels |= labels_in(text) | set(_known(metadata.get("masked")))
    message = _message(row, "customer", text)
    language = parsed.get("language")
    message["language"] = language if language in LANGUAGES else read.language
    message["topic"] = read.intent if _TOPIC.fullmatch(read.intent) else None
    # Who pressed a button left nothing to guess.
    if metadata.get("shown") is None and isinstance(intent.get("confidence"), int | float):
        message["confidence"] = float(intent["confidence"])
    read.messages.append(message)
    read.question = message


def _take_answer(read: _Read, data: Mapping[str, Any]) -> None:
    answer = _mapping(_mapping(_mapping(data.get("metadata")).get("metadata")).get("answer"))
    topic = str(answer.get("topic") or "")
    if not _TOPIC.fullmatch(topic):
        return
    read.topics.add(topic)
    if read.question is not None:
        read.question["topic"] = topic
        read.question = None  # the first answer is the one to the question


def _take_action(read: _Read, name: object) -> None:
    read.handoff |= name == _HUMAN_CONTACT
    if read.question is not None and name == _OFFERED and read.intent in NOT_UNDERSTOOD:
        read.question["fallback"] = True
    if name == _LISTENING:
        read.question = None


def _message(row: Row, speaker: str, text: str) -> Values:
    return {
        "sender_id": row.sender_id,
        "event_id": row.id,
        "occurred_at": row.occurred_at,
        "expires_at": row.expires_at,
        "speaker": speaker,
        "language": None,
        "text": text,
        "words": "",
        "topic": None,
        "confidence": None,
        "fallback": False,
    }


def _known(masked: object) -> Iterator[str]:
    known = known_labels()
    yield from (label for label in masked if label in known) if isinstance(masked, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _forget_gone(connection: Connection) -> int:
    """Delete what is indexed of conversations that are gone, and return how many there were."""
    gone = ~sa.exists().where(_CONVERSATIONS.c.sender_id == _INDEX.c.sender_id)
    forgotten = connection.execute(sa.delete(_INDEX).where(gone)).rowcount
    lost = ~sa.exists().where(_INDEX.c.sender_id == _MESSAGES.c.sender_id)
    connection.execute(sa.delete(_MESSAGES).where(lost))
    return int(forgotten)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
