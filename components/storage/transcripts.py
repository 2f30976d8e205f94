"""A conversation as people read it: its events as messages, with what was understood and the answers as they were."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.feedback import answer_id
from components.storage.models import Event, Feedback, IndexedConversation
from components.storage.references import read_reference
from components.storage.rights import spoken

CUSTOMER, ASSISTANT, AGENT, NOTE = "customer", "assistant", "agent", "note"
FALLBACKS = frozenset({"nlu_fallback", "out_of_scope"})
"""Intents that say that a message was not understood."""

PLACEHOLDER = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)(?:_\d+)?(?: [^\[\]\n]{1,80})?\]")
"""What stands for personal data in a stored text, such as [NAME_1] or [PHONE_NUMBER ****67]; its group is the kind."""

_EVENTS = Event.__table__
_FEEDBACK = Feedback.__table__
_INDEX = IndexedConversation.__table__
_READ = {"user": CUSTOMER, "bot": ASSISTANT, "agent": AGENT, "session_started": NOTE, "pause": NOTE, "resume": NOTE}
_OWN_STEPS = frozenset({"action_listen", "action_session_start", "action_unlikely_intent", "action_extract_slots"})


@dataclasses.dataclass(frozen=True)
class Guess:
    """An intent that a message might have had, and how likely it was (0..1)."""

    name: str
    confidence: float


@dataclasses.dataclass(frozen=True)
class Source:
    """A page that an answer was based on, as it was named then."""

    title: str
    url: str


@dataclasses.dataclass(frozen=True)
class Message:
    """One message, or a note about what happened between two of them (then `text` is the event's name).

    Of a customer's message: intent with confidence (0..1), runner_up, fallback, language, labels (classes of what was
    masked), pressed (a button), actions (what the assistant did next). Of an answer: topic, title, sources, reviewed
    and volatile of the version that was shown, and its buttons. rating and comment: feedback on the message.
    """

    event_id: int
    speaker: str
    text: str
    occurred_at: datetime.datetime
    intent: str | None = None
    confidence: float | None = None
    runner_up: Guess | None = None
    fallback: bool = False
    language: str | None = None
    labels: tuple[str, ...] = ()
    pressed: bool = False
    actions: tuple[str, ...] = ()
    topic: str | None = None
    title: str | None = None
    sources: tuple[Source, ...] = ()
    reviewed: str | None = None
    volatile: bool = False
    buttons: tuple[str, ...] = ()
    rating: str | None = None
    comment: str | None = None


@dataclasses.dataclass(frozen=True)
class Transcript:
    """A conversation's messages in their order, and what the index knows of it."""

    sender_id: str
    reference: str
    channel: str | None
    language: str | None
    started_at: datetime.datetime
    expires_at: datetime.datetime
    topics: tuple[str, ...]
    rating: str | None
    comment: str | None
    special_category: bool
    messages: tuple[Message, ...]

    def message(self, event_id: int) -> Message | None:
        """Return the message of an event, or None when it has none that people read."""
        return next((message for message in self.messages if message.event_id == event_id), None)


def find(connection: Connection, reference: str, *, now: datetime.datetime) -> str | None:
    """Return the sender id of a conversation that has not expired, by what people call it; None for an unknown one."""
    code = read_reference(reference)
    if code is None:
        return None
    query = sa.select(_INDEX.c.sender_id).where(_INDEX.c.reference == code, _INDEX.c.expires_at > now)
    found: str | None = connection.execute(query).scalar()
    return found


def read(connection: Connection, sender_id: str, *, now: datetime.datetime) -> Transcript | None:
    """Return a conversation without what has expired, or None when nothing is left of it."""
    query = sa.select(_INDEX).where(_INDEX.c.sender_id == sender_id, _INDEX.c.expires_at > now)
    found = connection.execute(query).first()
    if found is None:
        return None
    ratings = _ratings(connection, sender_id, now)
    overall = ratings.get(None, _UNRATED)
    return Transcript(
        sender_id=sender_id,
        reference=found.reference,
        channel=found.channel,
        language=found.language,
        started_at=found.started_at,
        expires_at=found.expires_at,
        topics=tuple(filter(None, found.topics.split(","))),
        rating=overall[0] or found.rating,
        comment=overall[1],
        special_category=found.special_category,
        messages=messages(connection, sender_id, now=now),
    )


def messages(connection: Connection, sender_id: str, *, now: datetime.datetime) -> tuple[Message, ...]:
    """Return what people read of a conversation's events that have not expired, oldest first."""
    ratings = _ratings(connection, sender_id, now)
    query = (
        sa.select(_EVENTS.c.id, _EVENTS.c.type_name, _EVENTS.c.occurred_at, _EVENTS.c.data)
        .where(
            _EVENTS.c.sender_id == sender_id, _EVENTS.c.expires_at > now, _EVENTS.c.type_name.in_([*_READ, "action"])
        )
        .order_by(_EVENTS.c.id)
    )
    found: list[Message] = []
    for row in connection.execute(query):
        event = _parsed(row.data)
        if row.type_name == "action":
            _add_action(found, event)
            continue
        message = _message(row.id, row.type_name, row.occurred_at, event, ratings)
        if message is not None and not (message.speaker == NOTE and not found):
            found.append(message)
    return tuple(found)


def message_text(connection: Connection, event_id: int, *, now: datetime.datetime) -> str | None:
    """Return the text of one message, or None when it has expired or the event is no message."""
    query = sa.select(_EVENTS.c.type_name, _EVENTS.c.occurred_at, _EVENTS.c.data)
    row = connection.execute(query.where(_EVENTS.c.id == event_id, _EVENTS.c.expires_at > now)).first()
    message = _message(event_id, row.type_name, row.occurred_at, _parsed(row.data), {}) if row is not None else None
    return message.text if message is not None and message.speaker != NOTE else None


def neighbours(items: Sequence[str], current: str) -> tuple[str | None, str | None]:
    """Return what comes before and after an item in a list; both None when it is not in it."""
    if current not in items:
        return None, None
    place = items.index(current)
    return items[place - 1] if place else None, items[place + 1] if place + 1 < len(items) else None


_Ratings = Mapping[str | None, tuple[str, str | None]]
_UNRATED: tuple[None, None] = (None, None)


def _ratings(
    connection: Connection, sender_id: str, now: datetime.datetime
) -> dict[str | None, tuple[str, str | None]]:
    query = sa.select(_FEEDBACK).where(_FEEDBACK.c.sender_id == sender_id, _FEEDBACK.c.expires_at > now)
    return {row.message_id: (row.rating, row.comment) for row in connection.execute(query.order_by(_FEEDBACK.c.id))}


def _message(
    event_id: int, type_name: str, occurred_at: datetime.datetime, event: Mapping[str, Any], ratings: _Ratings
) -> Message | None:
    speaker = _READ.get(type_name)
    if speaker == NOTE:
        return Message(event_id, NOTE, type_name, occurred_at)
    if speaker == CUSTOMER:
        return _customer(event_id, occurred_at, event, ratings)
    text = event.get("text")
    if speaker is None or not isinstance(text, str) or not text:
        return None
    if speaker == AGENT:
        return Message(event_id, AGENT, text, occurred_at)
    return _answer(event_id, occurred_at, text, event, ratings)


def _customer(
    event_id: int, occurred_at: datetime.datetime, event: Mapping[str, Any], ratings: _Ratings
) -> Message | None:
    text = spoken(dict(event))
    if text is None:
        return None
    parse, metadata = _mapping(event.get("parse_data")), _mapping(event.get("metadata"))
    intent = _guess(parse.get("intent"))
    others = (_guess(item) for item in parse.get("intent_ranking") or ())
    key = event.get("message_id")
    rating, comment = ratings.get(key, _UNRATED) if isinstance(key, str) else _UNRATED
    language = parse.get("language")
    return Message(
        event_id=event_id,
        speaker=CUSTOMER,
        text=text,
        occurred_at=occurred_at,
        intent=intent.name if intent else None,
        confidence=intent.confidence if intent else None,
        runner_up=next((guess for guess in others if guess and (not intent or guess.name != intent.name)), None),
        fallback=intent is not None and intent.name in FALLBACKS,
        language=language if isinstance(language, str) else None,
        labels=_strings(metadata.get("masked")),
        pressed=metadata.get("shown") is not None,
        rating=rating,
        comment=comment,
    )


def _answer(
    event_id: int, occurred_at: datetime.datetime, text: str, event: Mapping[str, Any], ratings: _Ratings
) -> Message:
    metadata = _mapping(event.get("metadata"))
    version = _mapping(_mapping(metadata.get("metadata")).get("answer") or metadata.get("answer"))
    timestamp = event.get("timestamp")
    key = answer_id(timestamp) if isinstance(timestamp, int | float) else None
    rating, comment = ratings.get(key, _UNRATED) if key else _UNRATED
    topic, title, reviewed = (version.get(name) for name in ("topic", "title", "reviewed"))
    return Message(
        event_id=event_id,
        speaker=ASSISTANT,
        text=text,
        occurred_at=occurred_at,
        topic=str(topic) if topic else None,
        title=str(title) if title else None,
        sources=tuple(_sources(version.get("sources"))),
        reviewed=str(reviewed) if reviewed else None,
        volatile=bool(version.get("volatile")),
        buttons=_strings(
            [_mapping(button).get("title") for button in _mapping(event.get("data")).get("buttons") or ()]
        ),
        rating=rating,
        comment=comment,
    )


def _add_action(found: list[Message], event: Mapping[str, Any]) -> None:
    name = event.get("name")
    if not isinstance(name, str) or name in _OWN_STEPS:
        return
    for place in range(len(found) - 1, -1, -1):
        if found[place].speaker == CUSTOMER:
            found[place] = dataclasses.replace(found[place], actions=(*found[place].actions, name))
            return


def _sources(value: Any) -> Iterable[Source]:
    for item in value if isinstance(value, list) else ():
        page = _mapping(item)
        if page.get("title") and page.get("url"):
            yield Source(str(page["title"]), str(page["url"]))


def _guess(value: Any) -> Guess | None:
    guess = _mapping(value)
    name, confidence = guess.get("name"), guess.get("confidence")
    if not isinstance(name, str) or not isinstance(confidence, int | float):
        return None
    return Guess(name, float(confidence))


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(text))
    except ValueError:
        return {}
