"""Collections of cases that staff learn from: stored conversations, which keep their expiry, and rewritten ones."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage import transcripts
from components.storage.models import Collection as CollectionRow
from components.storage.models import CollectionCase, Conversation, Practice, ReviewMark
from components.storage.references import reference_of
from components.storage.reviews import is_being_calibrated
from components.storage.sanitise import sanitise

DIFFICULTIES = (1, 2, 3)
LANGUAGES = ("fi", "en")
CUSTOMER, ASSISTANT, AGENT = "customer", "assistant", "agent"
SPEAKERS = (CUSTOMER, ASSISTANT)
"""Who speaks in a rewritten case."""
MAX_TITLE, MAX_THEME = 120, 80

# So many of a customer's words in a row are the customer's own way of putting it.
_OWN_WORDS = 5
_FEWEST_WORDS_WITHIN = 3
_WORD = re.compile(r"\w+")

_COLLECTIONS = CollectionRow.__table__
_CASES = CollectionCase.__table__
_CONVERSATIONS = Conversation.__table__
_PRACTICES = Practice.__table__
_MARKS = ReviewMark.__table__


@dataclasses.dataclass(frozen=True)
class Collection:
    """A collection with how many cases it has and when the next of them falls out."""

    id: int
    title: str
    goal: str
    theme: str
    language: str
    created_by: str
    created_at: datetime.datetime
    changed_at: datetime.datetime
    archived: bool
    cases: int
    next_expiry: datetime.datetime | None


@dataclasses.dataclass(frozen=True)
class CaseMessage:
    """What somebody said in a case.

    topic: of a customer's message, what reviewers or whoever rewrote the case named, else what the service answered.
    own: whether a person typed it; a pressed button has no words of the customer's own.
    """

    speaker: str
    text: str
    topic: str | None = None
    own: bool = True


@dataclasses.dataclass(frozen=True)
class Case:
    """A case of a collection.

    sender_id, reference: of the stored conversation; None for a rewritten one.
    expires_at: when it falls out; None for a rewritten one.
    fallen_out: it has expired or was erased, so that there is nothing to read any more.
    """

    id: int
    collection_id: int
    sender_id: str | None
    reference: str | None
    title: str
    difficulty: int
    questions: str
    model_answer: str
    added_by: str
    added_at: datetime.datetime
    expires_at: datetime.datetime | None
    fallen_out: bool
    written: tuple[CaseMessage, ...] | None = dataclasses.field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Return what the audit log calls the case."""
        return self.reference or f"case:{self.id}"


class NotStoredError(LookupError):
    """The conversation is not stored, or not any more."""


# ------------------------------------------------------------------------------------------------------- collections


def create(
    connection: Connection, *, title: str, goal: str, theme: str, language: str, by: str, now: datetime.datetime
) -> int:
    """Make an empty collection and return its number."""
    row = connection.execute(
        sa.insert(_COLLECTIONS).values(
            **_described(title, goal, theme, language), created_by=by, created_at=now, changed_at=now, archived=False
        )
    )
    return int(row.inserted_primary_key[0])


def change(
    connection: Connection,
    collection_id: int,
    *,
    title: str,
    goal: str,
    theme: str,
    language: str,
    now: datetime.datetime,
) -> None:
    """Describe a collection anew."""
    connection.execute(
        sa.update(_COLLECTIONS)
        .where(_COLLECTIONS.c.id == collection_id)
        .values(**_described(title, goal, theme, language), changed_at=now)
    )


def archive(connection: Connection, collection_id: int, *, archived: bool, now: datetime.datetime) -> None:
    """Put a collection away, or take it out again; nobody practises with one that is put away."""
    connection.execute(
        sa.update(_COLLECTIONS).where(_COLLECTIONS.c.id == collection_id).values(archived=archived, changed_at=now)
    )


def find(connection: Connection, collection_id: int, *, now: datetime.datetime) -> Collection | None:
    """Return a collection, or None when there is none of that number."""
    row = connection.execute(_counted(now).where(_COLLECTIONS.c.id == collection_id)).first()
    return Collection(**row._mapping) if row is not None else None


def find_all(
    connection: Connection,
    *,
    now: datetime.datetime,
    theme: str | None = None,
    language: str | None = None,
    archived: bool = False,
) -> list[Collection]:
    """Return the collections of a theme and a language, those that were changed last first."""
    query = _counted(now).where(_COLLECTIONS.c.archived == archived)
    if theme:
        query = query.where(_COLLECTIONS.c.theme == theme)
    if language:
        query = query.where(_COLLECTIONS.c.language == language)
    ordered = query.order_by(_COLLECTIONS.c.changed_at.desc(), _COLLECTIONS.c.id.desc())
    return [Collection(**row._mapping) for row in connection.execute(ordered)]


def themes(connection: Connection) -> list[str]:
    """Return the themes that collections have."""
    query = sa.select(_COLLECTIONS.c.theme).where(_COLLECTIONS.c.theme != "").distinct()
    return sorted(connection.execute(query).scalars(), key=str.casefold)


def _described(title: str, goal: str, theme: str, language: str) -> dict[str, str]:
    return {
        "title": clean(title, MAX_TITLE),
        "goal": clean(goal),
        "theme": clean(theme, MAX_THEME),
        "language": language,
    }


def _counted(now: datetime.datetime) -> sa.sql.Select:
    cases = sa.select(sa.func.count()).where(_CASES.c.collection_id == _COLLECTIONS.c.id)
    next_expiry = sa.select(sa.func.min(_CASES.c.expires_at)).where(
        _CASES.c.collection_id == _COLLECTIONS.c.id, _CASES.c.expires_at > now
    )
    return sa.select(
        _COLLECTIONS,
        cases.correlate(_COLLECTIONS).scalar_subquery().label("cases"),
        next_expiry.correlate(_COLLECTIONS).scalar_subquery().label("next_expiry"),
    )


# ------------------------------------------------------------------------------------------------------------- cases


def add_conversation(
    connection: Connection, collection_id: int, sender_id: str, *, title: str, by: str, now: datetime.datetime
) -> int:
    """Put a stored conversation at the end of a collection and return the case's number.

    The case expires with the conversation. Raises NotStoredError when there is no such conversation.
    """
    # Locked, so that a conversation that is erased at the same moment leaves no case behind.
    query = sa.select(_CONVERSATIONS.c.expires_at).where(_CONVERSATIONS.c.sender_id == sender_id).with_for_update()
    expires_at = connection.execute(query).scalar()
    if expires_at is None or expires_at <= now:
        raise NotStoredError(reference_of(sender_id))
    return _insert(
        connection,
        collection_id,
        sender_id=sender_id,
        title=clean(title, MAX_TITLE),
        difficulty=DIFFICULTIES[0],
        questions="",
        model_answer="",
        added_by=by,
        added_at=now,
        expires_at=expires_at,
    )


def add_rewritten(
    connection: Connection,
    collection_id: int,
    *,
    title: str,
    difficulty: int,
    questions: str,
    model_answer: str,
    messages: Sequence[CaseMessage],
    by: str,
    now: datetime.datetime,
    instead_of: Case | None = None,
) -> int:
    """Add a case that somebody wrote, and return its number; nothing in it leads to a conversation.

    instead_of: the case whose place it takes, which is removed. Ask `copied_lines` first.
    """
    place = case_ids(connection, collection_id).index(instead_of.id) if instead_of is not None else None
    added = _insert(
        connection,
        collection_id,
        sender_id=None,
        title=clean(title, MAX_TITLE),
        difficulty=difficulty,
        questions=clean(questions),
        model_answer=clean(model_answer),
        messages=_as_json(messages),
        added_by=by,
        added_at=now,
        expires_at=None,
    )
    if instead_of is not None and place is not None:
        remove(connection, instead_of, now=now)
        order = [each for each in case_ids(connection, collection_id) if each != added]
        _arrange(connection, [*order[:place], added, *order[place:]])
    return added


def change_case(
    connection: Connection,
    case: Case,
    *,
    title: str,
    difficulty: int,
    questions: str,
    model_answer: str,
    messages: Sequence[CaseMessage] | None = None,
    now: datetime.datetime,
) -> None:
    """Write down what a case is to teach; `messages` are for a rewritten case only."""
    values: dict[str, Any] = {
        "title": clean(title, MAX_TITLE),
        "difficulty": difficulty,
        "questions": clean(questions),
        "model_answer": clean(model_answer),
    }
    if messages is not None:
        if case.sender_id is not None:
            raise ValueError("the messages of a stored conversation are not rewritten in place")
        values["messages"] = _as_json(messages)
    connection.execute(sa.update(_CASES).where(_CASES.c.id == case.id).values(**values))
    _touch(connection, case.collection_id, now)


def find_case(connection: Connection, case_id: int, *, now: datetime.datetime) -> Case | None:
    """Return a case, or None when there is none of that number."""
    row = connection.execute(_with_conversation().where(_CASES.c.id == case_id)).first()
    return _case(row, now) if row is not None else None


def cases_of(connection: Connection, collection_id: int, *, now: datetime.datetime) -> list[Case]:
    """Return the cases of a collection in their order."""
    query = _with_conversation().where(_CASES.c.collection_id == collection_id)
    return [_case(row, now) for row in connection.execute(query.order_by(_CASES.c.position, _CASES.c.id))]


def falling_out(cases: Sequence[Case]) -> list[Case]:
    """Return those of the cases that fall out one day, the next one first."""
    coming = [(case.expires_at, case) for case in cases if case.expires_at is not None and not case.fallen_out]
    return [case for _, case in sorted(coming, key=lambda pair: (pair[0], pair[1].id))]


def messages_of(connection: Connection, case: Case, *, now: datetime.datetime) -> tuple[CaseMessage, ...]:
    """Return what was said in a case; nothing when it has fallen out."""
    if case.fallen_out:
        return ()
    if case.written is not None:
        return case.written
    return tuple(stored_messages(connection, str(case.sender_id), now=now))


def stored_messages(connection: Connection, sender_id: str, *, now: datetime.datetime) -> list[CaseMessage]:
    """Return what was said in a stored conversation."""
    return list(_stored(connection, sender_id, now))


def shift(connection: Connection, case: Case, *, by: int, now: datetime.datetime) -> bool:
    """Move a case up (-1) or down (1) in its collection; tell whether there was room."""
    order = case_ids(connection, case.collection_id)
    place = order.index(case.id)
    if not 0 <= place + by < len(order):
        return False
    order.insert(place + by, order.pop(place))
    _arrange(connection, order)
    _touch(connection, case.collection_id, now)
    return True


def move(connection: Connection, case: Case, collection_id: int, *, now: datetime.datetime) -> None:
    """Put a case at the end of another collection."""
    place = len(case_ids(connection, collection_id))
    connection.execute(
        sa.update(_CASES).where(_CASES.c.id == case.id).values(collection_id=collection_id, position=place)
    )
    _touch(connection, case.collection_id, now)
    _touch(connection, collection_id, now)


def copy(connection: Connection, case: Case, collection_id: int, *, by: str, now: datetime.datetime) -> int:
    """Put a copy of a case at the end of a collection and return the copy's number; both expire together."""
    row = connection.execute(sa.select(_CASES).where(_CASES.c.id == case.id)).one()
    values = {key: row[key] for key in row._mapping if key not in ("id", "collection_id", "position")}
    return _insert(connection, collection_id, **{**values, "added_by": by, "added_at": now})


def remove(connection: Connection, case: Case, *, now: datetime.datetime) -> None:
    """Take a case out of its collection, with what trainees answered in it."""
    connection.execute(sa.delete(_PRACTICES).where(_PRACTICES.c.case_id == case.id))
    connection.execute(sa.delete(_CASES).where(_CASES.c.id == case.id))
    _arrange(connection, case_ids(connection, case.collection_id))
    _touch(connection, case.collection_id, now)


def case_ids(connection: Connection, collection_id: int) -> list[int]:
    """Return the numbers of a collection's cases in their order."""
    query = sa.select(_CASES.c.id).where(_CASES.c.collection_id == collection_id)
    return list(connection.execute(query.order_by(_CASES.c.position, _CASES.c.id)).scalars())


def copied_lines(said: Sequence[CaseMessage], written: Sequence[str]) -> list[int]:
    """Return which of the written lines (counted from 0) repeat the customer's own words, or those of an agent.

    A line repeats a message that it equals, whatever its case and punctuation; that it contains (three words or more);
    or that it shares five words in a row with. A pressed button and the assistant's own words may be repeated.
    """
    own = [
        tokens for message in said if message.own and message.speaker != ASSISTANT if (tokens := _words(message.text))
    ]
    published = {tuple(_words(message.text)) for message in said if message.speaker == ASSISTANT}
    found = []
    for number, line in enumerate(written):
        words = _words(line)
        if tuple(words) not in published and any(_repeats(words, original) for original in own):
            found.append(number)
    return found


def clean(text: str, longest: int | None = None) -> str:
    """Return what a member of staff wrote as it is kept: masked, without signs that databases refuse, not too long."""
    written = text.replace("\r\n", "\n").replace("\0", "").strip().encode("utf-8", "replace").decode()
    masked = str(sanitise(written))
    return masked if longest is None or len(masked) <= longest else masked[: longest - 1].rstrip() + "…"


def _repeats(words: Sequence[str], original: Sequence[str]) -> bool:
    if list(words) == list(original):
        return True
    if len(original) < _FEWEST_WORDS_WITHIN:
        return False
    length = min(len(original), _OWN_WORDS)
    return not set(_runs(words, length)).isdisjoint(_runs(original, length))


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _insert(connection: Connection, collection_id: int, **values: Any) -> int:
    place = len(case_ids(connection, collection_id))
    row = connection.execute(sa.insert(_CASES).values(collection_id=collection_id, position=place, **values))
    _touch(connection, collection_id, values["added_at"])
    return int(row.inserted_primary_key[0])


def _arrange(connection: Connection, order: Sequence[int]) -> None:
    for place, case_id in enumerate(order):
        connection.execute(sa.update(_CASES).where(_CASES.c.id == case_id).values(position=place))


def _touch(connection: Connection, collection_id: int, now: datetime.datetime) -> None:
    connection.execute(sa.update(_COLLECTIONS).where(_COLLECTIONS.c.id == collection_id).values(changed_at=now))


def _with_conversation() -> sa.sql.Select:
    """Select cases with the expiry of their conversation, which may have become an earlier one since."""
    joined = _CASES.outerjoin(_CONVERSATIONS, _CONVERSATIONS.c.sender_id == _CASES.c.sender_id)
    return sa.select(_CASES, _CONVERSATIONS.c.expires_at.label("conversation_expires_at")).select_from(joined)


def _case(row: Any, now: datetime.datetime) -> Case:
    stored = row.sender_id is not None
    expires_at = row.expires_at
    if stored and row.conversation_expires_at is not None:
        expires_at = min(expires_at, row.conversation_expires_at)
    return Case(
        id=row.id,
        collection_id=row.collection_id,
        sender_id=row.sender_id,
        reference=reference_of(row.sender_id) if stored else None,
        title=row.title,
        difficulty=row.difficulty,
        questions=row.questions,
        model_answer=row.model_answer,
        added_by=row.added_by,
        added_at=row.added_at,
        expires_at=expires_at,
        fallen_out=stored and (row.conversation_expires_at is None or expires_at <= now),
        written=_from_json(row.messages) if not stored else None,
    )


def _as_json(messages: Sequence[CaseMessage]) -> str:
    kept = [
        {"speaker": message.speaker, "text": clean(message.text), "topic": message.topic}
        for message in messages
        if message.text.strip()
    ]
    return json.dumps(kept, ensure_ascii=False)


def _from_json(text: str | None) -> tuple[CaseMessage, ...]:
    return tuple(CaseMessage(each["speaker"], each["text"], each["topic"]) for each in json.loads(text or "[]"))


def _stored(connection: Connection, sender_id: str, now: datetime.datetime) -> Iterator[CaseMessage]:
    corrected = _corrected(connection, sender_id, now)
    messages = [
        each for each in transcripts.messages(connection, sender_id, now=now) if each.speaker != transcripts.NOTE
    ]
    for place, message in enumerate(messages):
        if message.speaker != CUSTOMER:
            yield CaseMessage(message.speaker, message.text)
            continue
        topic = corrected.get(message.event_id) or _topic_after(messages, place)
        yield CaseMessage(CUSTOMER, message.text, topic, own=not message.pressed)


def _corrected(connection: Connection, sender_id: str, now: datetime.datetime) -> dict[int, str]:
    """Return the topics that reviewers named for messages that were taken for something else; the newest counts.

    None while the conversation is being judged in a calibration, as whoever judges it could look here.
    """
    query = sa.select(_MARKS.c.event_id, _MARKS.c.value).where(
        _MARKS.c.sender_id == sender_id,
        _MARKS.c.kind == "wrong",
        _MARKS.c.event_id.is_not(None),
        _MARKS.c.value.is_not(None),
        _MARKS.c.expires_at > now,
        ~is_being_calibrated(_MARKS.c.sender_id),
    )
    return dict(connection.execute(query.order_by(_MARKS.c.made_at, _MARKS.c.id)).all())


def _topic_after(messages: Sequence[transcripts.Message], place: int) -> str | None:
    """Return the topic of the answer that a customer's message got."""
    for message in messages[place + 1 :]:
        if message.speaker == CUSTOMER:
            break
        if message.topic is not None:
            return message.topic
    return None
