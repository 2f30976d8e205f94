"""Cases that a trainer writes, from a conversation or from nothing: they may stay, as nothing in them is anybody's."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from components.storage import collections
from components.storage.collections import ASSISTANT, CUSTOMER, SPEAKERS, Case, CaseMessage, Collection
from console.area import note
from console.database import database, now
from console.forms import REFUSED
from console.identity import person
from console.topics import topics
from console.training.base import MOST_TEXT, TRAINERS, area, the_case, the_collection
from console.training.cases import CaseForm, described, form_of
from console.wording import language, say

MOST_LINES = 80
_SPARE_LINES = 3


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of the form: who speaks, what, about which topic, and what is wrong with it."""

    speaker: str
    text: str
    topic: str
    error: str | None = None


@area.page("/collections/<int:collection_id>/write", roles=TRAINERS)
def write(collection_id: int) -> str:
    """Ask for a case that is written from nothing."""
    lines = [Line(speaker, "", "") for speaker in (CUSTOMER, ASSISTANT)]
    return _page(the_collection(collection_id), None, CaseForm(formdata=None), lines)


@area.act("/collections/<int:collection_id>/write", roles=TRAINERS, audit="collection.case_written")
def write_case(collection_id: int) -> str | tuple[str, int] | Response:
    """Keep a case that was written from nothing."""
    found = the_collection(collection_id)
    form, lines, valid = _read(())
    if not valid:
        return _page(found, None, form, lines), REFUSED
    number = collections.add_rewritten(
        database(), found.id, **described(form), messages=_messages(lines), by=person().user_id, now=now()
    )
    return _kept(found.id, number)


@area.page("/collections/cases/<int:case_id>/rewrite", roles=TRAINERS, audit="conversation.viewed")
def rewrite(case_id: int) -> str:
    """Offer a case's messages for rewriting."""
    found = _readable(case_id)
    note(found.name, collection=found.collection_id)
    form = form_of(found)
    lines = [
        Line(CUSTOMER if message.speaker == CUSTOMER else ASSISTANT, message.text, message.topic or "")
        for message in collections.messages_of(database(), found, now=now())
    ]
    return _page(the_collection(found.collection_id), found, form, lines)


@area.act("/collections/cases/<int:case_id>/rewrite", roles=TRAINERS, audit="collection.case_written")
def rewrite_case(case_id: int) -> str | tuple[str, int] | Response:
    """Keep what was rewritten: in place of the conversation or beside it, and without a word of the customer's own."""
    found = _readable(case_id)
    stored = found.sender_id is not None
    original = collections.messages_of(database(), found, now=now()) if stored else ()
    form, lines, valid = _read(original)
    if not valid:
        return _page(the_collection(found.collection_id), found, form, lines), REFUSED
    if not stored:
        collections.change_case(database(), found, **described(form), messages=_messages(lines), now=now())
        return _kept(found.collection_id, found.id)
    number = collections.add_rewritten(
        database(),
        found.collection_id,
        **described(form),
        messages=_messages(lines),
        by=person().user_id,
        now=now(),
        instead_of=found if request.form.get("replace") else None,
    )
    return _kept(found.collection_id, number)


def _kept(collection_id: int, number: int) -> Response:
    note(f"case:{number}", collection=collection_id)
    flash(say("training.written"))
    return redirect(url_for("training.case", case_id=number))


def _readable(case_id: int) -> Case:
    found = the_case(case_id)
    if found.fallen_out:
        abort(404)
    return found


def _read(original: Sequence[CaseMessage]) -> tuple[CaseForm, list[Line], bool]:
    """Return the form and its lines with their errors, and whether all is well; "more" only asks for more lines."""
    form, lines = CaseForm(), _lines()
    if "more" in request.form:
        return form, lines, False
    valid = form.validate_on_submit()
    # What is longer is refused for that, and comparing takes the longer the longer it is.
    copied = set(collections.copied_lines(original, [line.text[:MOST_TEXT] for line in lines]))
    lines = [dataclasses.replace(line, error=_error(line, number in copied)) for number, line in enumerate(lines)]
    for name in ("title", "questions", "model_answer"):
        if collections.copied_lines(original, (form[name].data or "")[:MOST_TEXT].splitlines()):
            form.refuse(name, "training.own_words")
            valid = False
    if not any(line.speaker == CUSTOMER and line.text.strip() for line in lines):
        lines = [dataclasses.replace(lines[0], error=say("training.no_customer")), *lines[1:]]
    return form, lines, valid and not any(line.error for line in lines)


def _lines() -> list[Line]:
    speakers, texts, named = (request.form.getlist(name) for name in ("speaker", "text", "topic"))
    if not texts or len(texts) > MOST_LINES or not len(speakers) == len(texts) == len(named):
        abort(400)
    if not set(speakers) <= set(SPEAKERS):
        abort(400)
    return [Line(*each) for each in zip(speakers, texts, (topic.strip() for topic in named), strict=True)]


def _error(line: Line, copied: bool) -> str | None:
    if copied:
        return say("training.own_words")
    if len(line.text) > MOST_TEXT:
        return say("training.too_long", most=MOST_TEXT, count=len(line.text))
    if line.topic and line.topic not in topics():
        return say("training.topic_unknown")
    return None


def _messages(lines: Sequence[Line]) -> list[CaseMessage]:
    return [
        CaseMessage(line.speaker, line.text, line.topic or None if line.speaker == CUSTOMER else None)
        for line in lines
        if line.text.strip()
    ]


def _page(collection: Collection, found: Case | None, form: CaseForm, lines: Sequence[Line]) -> str:
    room = min(_SPARE_LINES, MOST_LINES - len(lines))
    spare = [Line(CUSTOMER, "", "")] * room if request.method == "GET" or "more" in request.form else []
    return render_template(
        "training/rewrite.html",
        collection=collection,
        found=found,
        form=form,
        lines=[*lines, *spare],
        speakers=SPEAKERS,
        wrong=[number for number, line in enumerate(lines, start=1) if line.error],
        replace=request.method == "GET" or bool(request.form.get("replace")),
        topic_titles=sorted((entry.title(language()), name) for name, entry in topics().items()),
        most=MOST_TEXT,
    )
