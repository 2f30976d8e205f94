"""Masking by hand what the anonymiser missed, everywhere it was copied to, and what can be learnt from it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.privacy import ANONYMISER_VERSION
from components.privacy.engine import ENGINE, labels
from components.privacy.names.lexicon import lexicon
from components.storage import conversation_index
from components.storage.markings import mentions
from components.storage.models import (
    CollectionCase,
    ContentTask,
    Conversation,
    Event,
    Feedback,
    Hold,
    MaskingCase,
    Practice,
    ReviewMark,
    TrainingUtterance,
)
from components.storage.retention import overwrite_deleted
from components.storage.transcripts import PLACEHOLDER

MIN_CHARACTERS, MAX_CHARACTERS = 2, 200

_EVENTS = Event.__table__
_CONVERSATIONS = Conversation.__table__
_MARKS = ReviewMark.__table__
_CASES = CollectionCase.__table__
_PRACTICES = Practice.__table__
_UTTERANCES = TrainingUtterance.__table__
_MASKING_CASES = MaskingCase.__table__
_MOST_COMMON = 3
_WORD_BEFORE, _WORD_AFTER = re.compile(r"([^\W\d_]+)[\s,:;]*\Z"), re.compile(r"\A[\s,:;]*([^\W\d_]+)(?!\w)")

# Rasa's own names in an event; a person's word that is spelt the same must not break the conversation.
_OWN_NAMES = frozenset(
    {
        ("event",),
        ("policy",),
        ("input_channel",),
        ("message_id",),
        ("metadata", "model_id"),
        ("metadata", "assistant_id"),
        ("metadata", "utter_action"),
        ("metadata", "template"),
        ("metadata", "metadata", "language"),
        ("metadata", "metadata", "answer", "topic"),
        ("metadata", "masked"),
        ("parse_data", "intent", "name"),
        ("parse_data", "intent_ranking", "name"),
        ("parse_data", "entities", "entity"),
        ("parse_data", "entities", "extractor"),
        ("parse_data", "language"),
        ("parse_data", "message_id"),
        ("parse_data", "metadata", "masked"),
        ("active_loop",),
        ("slots", "language"),
    }
)
_NAMED_EVENTS = frozenset({"slot", "action", "active_loop", "form", "followup"})


class CannotMask(ValueError):
    """The words cannot be masked; `reason` is "unknown_label", "short", "long", "absent" or "masked"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclasses.dataclass(frozen=True)
class Masked:
    """How many rows changed, by table."""

    changed: dict[str, int]


def mask(
    connection: Connection,
    *,
    sender_id: str,
    event_id: int,
    words: str,
    label: str,
    by: str,
    now: datetime.datetime,
    inside_words: bool = False,
) -> Masked:
    """Put a label in the place of words that stand in a message, and in every copy of them that the service keeps.

    That is: the conversation's events, state, feedback and holds, the marks, tasks and collection cases on it, cases
    that were rewritten by hand, what trainees wrote in them, sentences kept for training, and the search index. Upper
    and lower case and the spaces between the words do not matter. Call `overwrite` once the transaction is committed.

    words: exactly as they stand in the message, MIN_CHARACTERS to MAX_CHARACTERS.
    label: one of components.privacy.engine.labels().
    inside_words: whether they are masked inside longer words, too ("Virta" in "Virtanen").

    Raises CannotMask without having changed anything.
    """
    found = connection.execute(
        sa.select(_EVENTS.c.data).where(
            _EVENTS.c.id == event_id, _EVENTS.c.sender_id == sender_id, _EVENTS.c.expires_at > now
        )
    ).scalar()
    event = _parsed(found or "")
    pattern = _pattern(words, label, inside_words=inside_words)
    mended = _Mended(pattern, label)
    text = _shown(event)
    if text is None or mended.of(text) == text:
        raise CannotMask("absent")
    _learn(connection, text, pattern, label, event, by=by, now=now)
    return _mend(connection, sender_id, mended)


def mask_again(engine: Engine, *, sender_id: str, words: str, label: str, inside_words: bool = False) -> Masked:
    """Mask the same words once more, a while later, in a conversation that was going on.

    A message that was being handled meanwhile may have been saved with what the server knew before.
    """
    mended = _Mended(_pattern(words, label, inside_words=inside_words), label)
    with engine.begin() as connection:
        done = _mend(connection, sender_id, mended)
    if done.changed:
        overwrite(engine)
    return done


def overwrite(engine: Engine) -> None:
    """Leave nothing of what was masked in an SQLite file, its log and its search index; PostgreSQL tidies by itself.

    Takes longer the larger the database is; others may write meanwhile. Raises what the database raises when it is
    busy for too long; the next purge then does it.
    """
    if engine.dialect.name == "sqlite":
        overwrite_deleted(engine, rewrite=True)


def shape(text: str) -> str:
    """Return a text with its letters and digits replaced: "Matti 12" becomes "Aaaaa 99"."""
    return "".join("9" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c for c in text)


class _Mended:
    """Puts the label in the place of the words, in texts and in data of texts."""

    def __init__(self, pattern: re.Pattern[str], label: str) -> None:
        self.pattern = pattern
        self.label = label

    def of(self, text: str) -> str:
        """Return a text without the words; labels that stand in it stay whole."""
        return self.pattern.sub(self._written, text)

    def in_data(self, value: Any, path: tuple[str, ...] = (), kind: str | None = None) -> Any:
        """Return JSON data without the words in any of its texts."""
        if isinstance(value, str):
            named = path == ("name",) and kind in _NAMED_EVENTS
            return value if path in _OWN_NAMES or named else self.of(value)
        if isinstance(value, list):
            return [self.in_data(item, path, kind) for item in value]
        if isinstance(value, dict):
            return {key: self.in_data(item, (*path, key), kind) for key, item in value.items()}
        return value

    def in_json(self, text: str) -> str:
        """Return JSON without the words in any of its texts; what is no JSON is taken as a text."""
        try:
            before = json.loads(text)
        except ValueError:
            return self.of(text)
        after = self.in_data(before)
        return text if after == before else _written(after)

    def moved(self, text: str, position: int, *, end: bool) -> int:
        """Return where a position in a text comes to lie; inside the words it goes to the label's start or end."""
        shift = 0
        for match in self.pattern.finditer(text):
            if match.group("label"):
                continue
            growth = len(self._written(match)) - (match.end() - match.start())
            if match.end() <= position:
                shift += growth
            elif match.start() < position:
                return match.start() + shift + (len(self._written(match)) if end else 0)
        return position + shift

    def _written(self, match: re.Match[str]) -> str:
        return match.group() if match.group("label") else ENGINE.entities.write(self.label, match.group())


def _mend(connection: Connection, sender_id: str, mended: _Mended) -> Masked:
    changed: Counter[str] = Counter()
    changed["events"] = _mend_events(connection, sender_id, mended)
    changed["conversations"] = _mend_state(connection, sender_id, mended)
    for table, names in (
        (Feedback.__table__, ("comment",)),
        (Hold.__table__, ("reason",)),
        (_MARKS, ("note", "value")),
        (ContentTask.__table__, ("text",)),
    ):
        changed[table.name] += _mend_rows(connection, table, names, table.c.sender_id == sender_id, mended)
    # A case that was rewritten no longer says which conversation it was made from.
    cases = sa.or_(_CASES.c.sender_id == sender_id, _CASES.c.sender_id.is_(None))
    practised = sa.select(_CASES.c.id).where(cases)
    changed[_CASES.name] = _mend_rows(
        connection, _CASES, ("title", "questions", "model_answer", "messages"), cases, mended
    )
    changed[_PRACTICES.name] = _mend_rows(
        connection, _PRACTICES, ("answers",), _PRACTICES.c.case_id.in_(practised), mended
    )
    changed[_UTTERANCES.name] = _mend_rows(connection, _UTTERANCES, ("text",), _UTTERANCES.c.text.is_not(None), mended)
    conversation_index.reindex(connection, sender_id)
    return Masked({name: count for name, count in changed.items() if count})


def _pattern(words: str, label: str, *, inside_words: bool) -> re.Pattern[str]:
    if label not in labels():
        raise CannotMask("unknown_label")
    wanted = words.split()
    joined = " ".join(wanted)
    if len(joined) < MIN_CHARACTERS or not any(map(str.isalnum, joined)):
        raise CannotMask("short")
    if len(joined) > MAX_CHARACTERS:
        raise CannotMask("long")
    if PLACEHOLDER.search(joined):
        raise CannotMask("masked")
    core = r"\s+".join(re.escape(word) for word in wanted)
    if not inside_words:
        core = (r"(?<!\w)" if joined[0].isalnum() else "") + core + (r"(?!\w)" if joined[-1].isalnum() else "")
    # A label is met first, and stays.
    return re.compile(rf"(?P<label>{_without_groups(PLACEHOLDER.pattern)})|{core}", re.IGNORECASE)


def _without_groups(pattern: str) -> str:
    # Labels are in capitals, also where the words may be written as one likes.
    return "(?-i:" + re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern) + ")"


def _mend_events(connection: Connection, sender_id: str, mended: _Mended) -> int:
    changed = 0
    query = sa.select(_EVENTS.c.id, _EVENTS.c.data).where(_EVENTS.c.sender_id == sender_id)
    for row in connection.execute(query.order_by(_EVENTS.c.id)).all():
        before = _parsed(row.data)
        if not before:
            after: Any = None
            data = mended.of(row.data)
        else:
            after = mended.in_data(before, kind=before.get("event"))
            data = row.data if after == before else _written(_noted(after, mended.label))
        if data == row.data:
            continue
        changed += 1
        _move_spans(connection, row.id, _shown(before), mended)
        values = {"data": data, **({"special_category": mentions(after)} if after else {})}
        connection.execute(sa.update(_EVENTS).where(_EVENTS.c.id == row.id).values(**values))
    return changed


def _noted(event: dict[str, Any], label: str) -> dict[str, Any]:
    """Add the label to what a customer's event says of what was masked in it."""
    if event.get("event") != "user":
        return event
    for metadata in (event.get("metadata"), (event.get("parse_data") or {}).get("metadata")):
        if isinstance(metadata, dict):
            found = metadata.get("masked")
            known: list[Any] = found if isinstance(found, list) else []
            metadata["masked"] = known if label in known else [*known, label]
    return event


def _move_spans(connection: Connection, event_id: int, text: str | None, mended: _Mended) -> None:
    if text is None:
        return
    query = sa.select(_MARKS.c.id, _MARKS.c.span_start, _MARKS.c.span_end).where(
        _MARKS.c.event_id == event_id, _MARKS.c.span_start.is_not(None)
    )
    for row in connection.execute(query).all():
        values = {
            "span_start": mended.moved(text, row.span_start, end=False),
            "span_end": mended.moved(text, row.span_end, end=True),
        }
        connection.execute(sa.update(_MARKS).where(_MARKS.c.id == row.id).values(**values))


def _mend_state(connection: Connection, sender_id: str, mended: _Mended) -> int:
    which = _CONVERSATIONS.c.sender_id == sender_id
    state = connection.execute(sa.select(_CONVERSATIONS.c.state).where(which).with_for_update()).scalar()
    after = mended.in_json(state) if state is not None else None
    if after is None or after == state:
        return 0
    connection.execute(sa.update(_CONVERSATIONS).where(which).values(state=after))
    return 1


def _mend_rows(
    connection: Connection, table: sa.Table, names: tuple[str, ...], which: sa.sql.ColumnElement, mended: _Mended
) -> int:
    changed = 0
    key = next(iter(table.primary_key))
    # JSON in these columns has its strings escaped; mending them as data leaves it readable.
    repair: dict[str, Callable[[str], str]] = {"messages": mended.in_json, "answers": mended.in_json}
    for row in connection.execute(sa.select(key, *(table.c[name] for name in names)).where(which)).all():
        before = {name: row._mapping[name] for name in names if row._mapping[name] is not None}
        after = {name: repair.get(name, mended.of)(text) for name, text in before.items()}
        if after != before:
            connection.execute(sa.update(table).where(key == row[0]).values(**after))
            changed += 1
    return changed


def _learn(
    connection: Connection,
    text: str,
    pattern: re.Pattern[str],
    label: str,
    event: dict[str, Any],
    *,
    by: str,
    now: datetime.datetime,
) -> None:
    match = next(found for found in pattern.finditer(text) if not found.group("label"))
    before, after = _WORD_BEFORE.search(text[: match.start()]), _WORD_AFTER.match(text[match.end() :])
    pieces = [
        before.group(1) if before and _is_everyday(before.group(1)) else "",
        shape(match.group()),
        after.group(1) if after and _is_everyday(after.group(1)) else "",
    ]
    language = (event.get("parse_data") or {}).get("language")
    connection.execute(
        sa.insert(_MASKING_CASES).values(
            shape=" ".join(filter(None, pieces)),
            label=label,
            language=language if language in ("fi", "en") else None,
            anonymiser_version=ANONYMISER_VERSION,
            created_by=by,
            created_at=now,
        )
    )


def _is_everyday(word: str) -> bool:
    """Tell whether a word says nothing about anybody: an everyday word in lower case that is no name."""
    known = lexicon()
    return (
        word == word.lower()
        and (word in known.everyday or max(known.levels_of(word)) >= _MOST_COMMON)
        and not known.is_name(word)
    )


def _shown(event: dict[str, Any]) -> str | None:
    """Return the text of an event that people read; of a pressed button its label."""
    metadata = event.get("metadata")
    shown = metadata.get("shown") if isinstance(metadata, dict) else None
    text = shown if shown is not None else event.get("text")
    return text if isinstance(text, str) else None


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _written(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace").decode()
