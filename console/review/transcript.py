"""The page of one conversation, made for reading."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import render_template, url_for
from flask_babel import format_datetime
from markupsafe import Markup

from components.privacy.engine import labels
from components.storage import reviews, transcripts
from components.storage.models import Hold
from console.area import keep_refusal, note
from console.database import database, now
from console.formats import day
from console.identity import person
from console.review.base import READERS, REVIEWERS, area, conversation, intent_title, topic_choices
from console.review.shown import label_name, said
from console.topics import title_of
from console.wording import language, say

_HOLDS = Hold.__table__


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A form that comes back: which one (`form`, of which message), what is wrong, and what was typed."""

    form: str
    event_id: int | None
    error: str
    typed: Mapping[str, str]


@area.page("/conversations/<reference>", roles=READERS, audit="conversation.viewed")
def transcript(reference: str) -> str:
    """Show a conversation with what was understood, and what reviewers noted on it."""
    found = conversation(reference)
    note(found.reference)
    return page(found)


def page(found: transcripts.Transcript, refusal: Refusal | None = None) -> str:
    """Return the page of a conversation; `refusal` puts an error and what was typed beside a form.

    The page is audited as seen when a form comes back, too, although nothing was changed.
    """
    if refusal is not None:
        keep_refusal("conversation.viewed", found.reference)
    reviewer = person().has(*REVIEWERS)
    marks = reviews.marks_of(database(), found.sender_id, viewer=person().user_id, now=now()) if reviewer else []
    waiting = reviews.queue_of(database(), person().user_id, now=now()) if reviewer else []
    before, after = transcripts.neighbours([entry.reference for entry in waiting], found.reference)
    by_message: dict[int | None, list[reviews.Mark]] = {}
    for mark in marks:
        by_message.setdefault(mark.event_id, []).append(mark)
    return render_template(
        "review/transcript.html",
        found=found,
        messages=_numbered(found),
        marks=by_message,
        verdicts={
            mark.event_id: mark for mark in marks if mark.kind in reviews.VERDICTS and mark.reviewer == person().user_id
        },
        may_review=reviewer,
        before=before,
        after=after,
        entries=[entry for entry in waiting if entry.sender_id == found.sender_id],
        holds=_holds(found.sender_id),
        topic_choices=topic_choices(language()) if reviewer else [],
        tags=reviews.tags(database(), now=now()) if reviewer else [],
        labels=sorted((label_name(label), label) for label in labels()),
        refusal=refusal,
        said=said,
        label_name=label_name,
        title=lambda name: title_of(name, language()),
        intent_title=lambda name: intent_title(name, language()),
        quoted=lambda mark: _quoted(found, mark),
        since_first=lambda moment: since(found.messages[0].occurred_at, moment),
        outcome=_outcome,
        reviewed_on=_reviewed_on,
    )


def since(first: datetime.datetime, moment: datetime.datetime) -> Markup:
    """Return how long after the first message something was, in whole minutes, with the exact time on it."""
    minutes = max(0, int((moment - first).total_seconds() // 60))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(),
        format_datetime(moment, "short"),
        say("review.minutes", count=minutes) if minutes < 120 else say("review.hours", count=minutes // 60),
    )


def address(reference: str, event_id: int | None = None) -> str:
    """Return the address of a conversation's page, at one of its messages."""
    anchor = f"m-{event_id}" if event_id is not None else None
    return url_for("review.transcript", reference=reference, _anchor=anchor)


def _numbered(found: transcripts.Transcript) -> list[tuple[int, str | None, transcripts.Message]]:
    """Return the messages with their number and, where another day begins, the day."""
    shown: list[tuple[int, str | None, transcripts.Message]] = []
    number, last = 0, None
    for message in found.messages:
        number += message.speaker != transcripts.NOTE
        today = day(message.occurred_at)
        shown.append((number, today if today != last else None, message))
        last = today
    return shown


def _holds(sender_id: str) -> list[Any]:
    query = sa.select(_HOLDS.c.expires_at, _HOLDS.c.reason)
    query = query.where(_HOLDS.c.sender_id == sender_id, _HOLDS.c.expires_at > now())
    return list(database().execute(query.order_by(_HOLDS.c.id)).all())


def _quoted(found: transcripts.Transcript, mark: reviews.Mark) -> str | None:
    message = found.message(mark.event_id) if mark.event_id is not None else None
    if message is None or mark.span_start is None or mark.span_end is None:
        return None
    return message.text[mark.span_start : mark.span_end] or None


def _outcome(mark: reviews.Mark) -> str:
    """Say what a mark says: its kind, with the right topic or the tag."""
    if mark.kind == reviews.WRONG and mark.value:
        return say("review.mark_wrong_topic", topic=intent_title(mark.value, language()))
    if mark.kind == reviews.TAG:
        return say("review.mark_tag_named", tag=mark.value)
    return say(f"review.mark_{mark.kind}")


def _reviewed_on(written: str | None) -> str:
    """Return a day (ISO 8601) of an answer's version in the reader's way; as it is written when it is none."""
    try:
        return day(datetime.date.fromisoformat(written or ""))
    except ValueError:
        return written or "–"
