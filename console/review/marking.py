"""Noting something on a conversation or a message, and what comes of it for editors."""

from __future__ import annotations

import re

from flask import abort, flash, redirect, request
from werkzeug.wrappers import Response

from components.content.names import is_topic
from components.storage import reviews, transcripts
from console.area import note
from console.database import database, now
from console.forms import REFUSED, row_number
from console.identity import person
from console.review.base import REVIEWERS, area, conversation, message_of, topic_named
from console.review.transcript import Refusal, address, page
from console.wording import say

Answer = Response | tuple[str, int]
_WITH_TASK = {*reviews.ANSWER_VERDICTS, reviews.MISSING_TOPIC}


@area.act("/conversations/<reference>/marks", roles=REVIEWERS, audit="review.marked")
def mark(reference: str) -> Answer:
    """Note something on a conversation or one of its messages."""
    found = conversation(reference)
    kind = request.form.get("kind", "")
    event_id = request.form.get("event_id", type=row_number)
    message = message_of(found, event_id) if event_id is not None else None
    problem = _problem(found, message, kind)
    if problem is not None:
        return _refused(found, kind, event_id, problem)
    text = request.form.get("text", "")
    span = _span(message)
    value = request.form.get("tag") if kind == reviews.TAG else None
    if kind == reviews.WRONG:
        value = topic_named(request.form.get("topic", ""))
    reviews.mark(
        database(),
        sender_id=found.sender_id,
        event_id=event_id,
        reviewer=person().user_id,
        kind=kind,
        value=value,
        note=text,
        span=span,
        expires_at=found.expires_at,
        now=now(),
    )
    if message is not None and kind in _WITH_TASK:
        reviews.add_task(
            database(),
            kind=kind,
            text=text,
            topic=message.topic,
            language=message.language or found.language,
            sender_id=found.sender_id,
            event_id=event_id,
            created_by=person().user_id,
            expires_at=found.expires_at,
            now=now(),
        )
    note(found.reference, kind=kind)
    return _after(found, kind, event_id)


@area.act("/marks/<int:mark_id>/undo", roles=REVIEWERS, audit="review.mark_undone")
def undo(mark_id: int) -> Response:
    """Take back a mark of one's own."""
    taken = reviews.undo(database(), mark_id, reviewer=person().user_id)
    found = transcripts.read(database(), taken.sender_id, now=now()) if taken is not None else None
    if taken is None or found is None:
        abort(404)
    if taken.kind in reviews.VERDICTS and reviews.is_settled(database(), found.sender_id, person().user_id):
        abort(409)
    note(found.reference, kind=taken.kind)
    flash(say("review.undone"))
    return redirect(address(found.reference, taken.event_id))


@area.act("/conversations/<reference>/messages/<int:event_id>/example", roles=REVIEWERS, audit="review.example_made")
def example(reference: str, event_id: int) -> Answer:
    """Suggest a customer's message as a training example of a topic."""
    found = conversation(reference)
    message = message_of(found, event_id)
    if message.speaker != transcripts.CUSTOMER:
        abort(404)
    topic = topic_named(request.form.get("topic", ""))
    if topic is None or not is_topic(topic):
        return _refused(found, reviews.EXAMPLE, event_id, say("review.error_topic"))
    try:
        reviews.add_task(
            database(),
            kind=reviews.EXAMPLE,
            text=message.text,
            topic=topic,
            language=message.language or found.language,
            sender_id=found.sender_id,
            event_id=event_id,
            created_by=person().user_id,
            expires_at=found.expires_at,
            now=now(),
        )
    except reviews.HoldsLabel:
        return _refused(found, reviews.EXAMPLE, event_id, say("review.error_holds_label"))
    note(found.reference, topic=topic)
    flash(say("review.example_made"))
    return redirect(address(found.reference, event_id))


@area.act("/conversations/<reference>/story", roles=REVIEWERS, audit="review.story_made")
def story(reference: str) -> Answer:
    """Make a regression test of a conversation, with the topics that the reviewer found right."""
    found = conversation(reference)
    mine = [
        each
        for each in reviews.marks_of(database(), found.sender_id, viewer=person().user_id, now=now())
        if each.reviewer == person().user_id and each.event_id is not None
    ]
    right: dict[int, str | None] = {}
    for each in mine:
        if each.event_id is not None and each.kind in (reviews.WRONG, reviews.MISSING_TOPIC):
            right[each.event_id] = each.value if each.kind == reviews.WRONG else None
    customer = [each for each in found.messages if each.speaker == transcripts.CUSTOMER]
    expected = [right.get(each.event_id, each.intent) for each in customer]
    if not any(expected):
        return _refused(found, reviews.STORY, None, say("review.error_story"))
    name = ", ".join(dict.fromkeys(filter(None, expected)))
    reviews.add_task(
        database(),
        kind=reviews.STORY,
        text=reviews.story(name, found.messages, right),
        topic=next((topic for topic in expected if is_topic(topic)), None),
        language=found.language,
        sender_id=found.sender_id,
        event_id=None,
        created_by=person().user_id,
        expires_at=found.expires_at,
        now=now(),
    )
    note(found.reference)
    flash(say("review.story_made"))
    return redirect(address(found.reference))


def locate(text: str, words: str, start: int | None) -> tuple[int, int] | None:
    """Return where some words stand in a text, at `start` if they do; spaces and line breaks count alike."""
    wanted = words.split()
    if not wanted:
        return None
    pattern = re.compile(r"\s+".join(re.escape(word) for word in wanted))
    if start is not None and 0 <= start <= len(text) and (match := pattern.match(text, start)):
        return match.span()
    match = pattern.search(text)
    return match.span() if match else None


def _span(message: transcripts.Message | None) -> tuple[int, int] | None:
    if message is None:
        return None
    return locate(message.text, request.form.get("words", ""), request.form.get("start", type=row_number))


def _problem(found: transcripts.Transcript, message: transcripts.Message | None, kind: str) -> str | None:
    """Say what is wrong with what was sent, or None when it can be noted."""
    text, tag = request.form.get("text", "").strip(), request.form.get("tag", "").strip()
    if kind not in reviews.KINDS:
        abort(400)
    if not _fits(message, kind):
        abort(400)
    if kind in reviews.VERDICTS and reviews.is_settled(database(), found.sender_id, person().user_id):
        return say("review.error_settled")
    if kind == reviews.WRONG and topic_named(request.form.get("topic", "")) is None:
        return say("review.error_topic")
    if kind in (reviews.NOTE, reviews.MISSING_TOPIC) and not text:
        return say("review.error_empty")
    if len(text) > reviews.MAX_NOTE_CHARACTERS:
        return say("review.error_long", most=reviews.MAX_NOTE_CHARACTERS, count=len(text))
    if kind == reviews.TAG and not 0 < len(tag) <= reviews.MAX_TAG_CHARACTERS:
        return say("review.error_tag", most=reviews.MAX_TAG_CHARACTERS)
    if request.form.get("words", "").strip() and _span(message) is None:
        return say("review.error_words")
    if kind == reviews.REVIEWED and (left := _unjudged(found)):
        return say("review.error_unjudged", numbers=", ".join(map(str, left)))
    return None


def _fits(message: transcripts.Message | None, kind: str) -> bool:
    if kind in reviews.VERDICTS:
        return message is not None and message.speaker == transcripts.CUSTOMER
    if kind in reviews.ANSWER_VERDICTS:
        return message is not None and message.speaker == transcripts.ASSISTANT
    return message is None or kind not in (reviews.LATER, reviews.REVIEWED)


def _unjudged(found: transcripts.Transcript) -> list[int]:
    """Return the numbers of the messages that a calibration still asks the reviewer to judge."""
    waiting = reviews.queue_of(database(), person().user_id, now=now())
    if not any(entry.sender_id == found.sender_id and entry.calibration_id is not None for entry in waiting):
        return []
    judged = {
        each.event_id
        for each in reviews.marks_of(database(), found.sender_id, viewer=person().user_id, now=now())
        if each.reviewer == person().user_id and each.kind in reviews.VERDICTS
    }
    read = [each for each in found.messages if each.speaker != transcripts.NOTE]
    return [
        number
        for number, each in enumerate(read, 1)
        if each.speaker == transcripts.CUSTOMER and not each.pressed and each.event_id not in judged
    ]


def _refused(found: transcripts.Transcript, form: str, event_id: int | None, error: str) -> Answer:
    return page(found, Refusal(form, event_id, error, request.form)), REFUSED


def _after(found: transcripts.Transcript, kind: str, event_id: int | None) -> Response:
    me = person().user_id
    if kind == reviews.LATER:
        reviews.enqueue(database(), [found.sender_id], reviewer=me, added_by=me, now=now())
    if kind == reviews.REVIEWED:
        before = [entry.reference for entry in reviews.queue_of(database(), me, now=now())]
        _, following = transcripts.neighbours(before, found.reference)
        reviews.finish(database(), found.sender_id, reviewer=me, now=now())
        left = [entry.reference for entry in reviews.queue_of(database(), me, now=now())]
        if left and found.reference in before:
            flash(say("review.reviewed_next", count=len(left)))
            return redirect(address(following if following in left else left[0]))
    flash(say(f"review.done_{kind}"))
    return redirect(address(found.reference, event_id))
