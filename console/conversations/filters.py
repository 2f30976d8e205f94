"""The filters of the list, as the page shows them: fields, what can be chosen, and what was chosen."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

from flask import request
from flask_babel import format_date

from components.privacy.engine import labels
from components.storage import reviews
from components.storage.conversation_index import AGENCIES
from components.storage.conversation_search import ANYBODY, FEEDBACK, NOBODY, Selection, known_values, read_selection
from components.storage.stems import LANGUAGES
from console.database import database, now
from console.texts import knows
from console.topics import title_of, topics
from console.wording import channel_name, language, say

COMMON = ("words", "since", "until", "language", "agency", "topic", "fallback", "feedback")
"""The fields that are always seen; the others are opened."""
_YES_OR_NO = ("fallback", "special_category", "handoff")
_DATES = ("since", "until")
_NUMBERS = ("confidence_below", "questions_from", "questions_to")


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of the form. `choices` are (value, name); `error` is a sentence for the reader."""

    name: str
    kind: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    error: str | None = None


@dataclasses.dataclass(frozen=True)
class Chip:
    """Something that was chosen, and the selection without it."""

    name: str
    value: str
    without: Selection


def wanted() -> tuple[Selection, dict[str, str]]:
    """Return the selection of this request's address, and the faults in it by field."""
    return read_selection(request.args)


def fields(selection: Selection, faults: dict[str, str]) -> list[Field]:
    """Return the fields of the form, with what was typed."""
    written = selection.query()
    known = {**known_values(database()), "tag": reviews.tags(database(), now=now())}
    made = []
    for name in dataclasses.fields(selection):
        fault = faults.get(name.name)
        value = (request.args.get(name.name) or "").strip() if fault else written.get(name.name, "")
        error = say(f"conversations.fault_{fault}") if fault else None
        made.append(Field(name.name, _kind(name.name), value, _choices(name.name, known), error))
    return made


def chips(selection: Selection) -> list[Chip]:
    """Return what was chosen, in the reader's words."""
    return [
        Chip(say(f"conversations.field_{name}"), _value(name, value), selection.without(name))
        for name, value in selection.chosen().items()
    ]


def language_name(value: str | None) -> str:
    """Return the name of a language, or a dash."""
    return say(f"common.language_{value}") if value in LANGUAGES else "–"


def rating_name(value: str | None) -> str:
    """Return the name of a rating, or of having none."""
    return say(f"conversations.value_feedback_{value or 'none'}")


def label_name(value: str) -> str:
    """Return the name of a kind of masked data."""
    return say(f"review.masked_{value}") if knows(f"review.masked_{value}") else value


def _kind(name: str) -> str:
    if name in _DATES:
        return "date"
    if name in _NUMBERS:
        return "number"
    return "text" if name == "words" else "select"


def _choices(name: str, known: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    if _kind(name) != "select":
        return []
    return [("", say("conversations.any")), *((value, _value(name, value)) for value in _values(name, known))]


def _values(name: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    fixed: dict[str, Sequence[str]] = {"language": LANGUAGES, "agency": (*AGENCIES, "both"), "feedback": FEEDBACK}
    if name in fixed:
        return fixed[name]
    if name in _YES_OR_NO:
        return ("true", "false")
    if name == "topic":
        return sorted(topics(), key=lambda topic: title_of(topic, language()).casefold())
    if name == "label":
        return sorted(labels(), key=label_name)
    return [NOBODY, ANYBODY, *known[name]] if name == "reviewed" else known[name]


def _value(name: str, value: object) -> str:
    """Return a value of a filter in the reader's words."""
    if isinstance(value, datetime.date):
        return str(format_date(value))
    if isinstance(value, bool):
        value = "true" if value else "false"
    if name in _YES_OR_NO:
        return say("common.yes" if value == "true" else "common.no")
    if name == "language":
        return language_name(str(value))
    if name == "channel":
        return channel_name(str(value))
    if name == "topic":
        return title_of(str(value), language())
    if name == "label":
        return label_name(str(value))
    if name == "confidence_below":
        return f"{value} %"
    if name == "reviewed" and value in (NOBODY, ANYBODY):
        return say(f"conversations.value_reviewed_{'nobody' if value == NOBODY else 'anybody'}")
    known = f"conversations.value_{name}_{value}"
    return say(known) if name in ("agency", "feedback") and knows(known) else str(value)


def short_day(value: datetime.date) -> str:
    """Return a day as short as the axis of a plot needs it."""
    return f"{value.day}.{value.month}." if language() == "fi" else f"{value.day} {value:%b}"
