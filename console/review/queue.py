"""A reviewer's own queue."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from components.storage import reviews, transcripts
from console.area import note
from console.database import database, now
from console.forms import REFUSED
from console.identity import person
from console.review.base import MOST_REFERENCES, REVIEWERS, TooMany, area, read_references
from console.wording import say

RECENTLY_DONE = 10


@area.page("/review/queue", roles=REVIEWERS, audit="review.queue_viewed")
def queue() -> str:
    """Show what waits for the reviewer, and what was finished last."""
    return _page()


@area.act("/review/queue/add", roles=REVIEWERS, audit="review.queued")
def add() -> Response | tuple[str, int]:
    """Put conversations into one's own queue or somebody else's."""
    typed, to = request.form.get("references", ""), request.form.get("reviewer", "") or person().user_id
    try:
        found, unknown = read_references(typed)
    except TooMany as many:
        refusal = say("review.error_many", most=MOST_REFERENCES, count=many.count)
        return _page(error=refusal, typed=typed, chosen=to), REFUSED
    error = None
    if to not in reviews.reviewers(database()):
        error = say("review.error_reviewer")
    elif unknown:
        error = say("review.error_references", references=", ".join(unknown[:5]))
    elif not found:
        error = say("review.error_no_references")
    if error is not None:
        return _page(error=error, typed=typed, chosen=to), REFUSED
    added = reviews.enqueue(database(), found, reviewer=to, added_by=person().user_id, now=now())
    note(to, added=added)
    flash(say("review.queued", count=added, reviewer=to))
    return redirect(url_for("review.queue"))


@area.act("/review/queue/<int:queued_id>/assign", roles=REVIEWERS, audit="review.assigned")
def assign(queued_id: int) -> Response:
    """Hand an entry of one's queue over to another trainer."""
    to = request.form.get("reviewer", "")
    if to not in reviews.reviewers(database()):
        flash(say("review.error_reviewer"), "error")
        return redirect(url_for("review.queue"))
    sender_id = reviews.assign(
        database(), queued_id, reviewer=person().user_id, to=to, added_by=person().user_id, now=now()
    )
    _note(sender_id, to=to)
    flash(say("review.assigned", reviewer=to))
    return redirect(url_for("review.queue"))


@area.act("/review/queue/<int:queued_id>/drop", roles=REVIEWERS, audit="review.dropped")
def drop(queued_id: int) -> Response:
    """Take an entry out of one's queue."""
    _note(reviews.drop(database(), queued_id, reviewer=person().user_id))
    flash(say("review.dropped"))
    return redirect(url_for("review.queue"))


def _note(sender_id: str | None, **details: str) -> None:
    found = transcripts.read(database(), sender_id, now=now()) if sender_id is not None else None
    if found is None:
        abort(404)
    note(found.reference, **details)


def _page(*, error: str | None = None, typed: str = "", chosen: str | None = None) -> str:
    me = person().user_id
    waiting = reviews.queue_of(database(), me, now=now())
    done = reviews.queue_of(database(), me, now=now(), done=True)
    note(waiting=len(waiting))
    return render_template(
        "review/queue.html",
        waiting=waiting,
        done=done[:RECENTLY_DONE],
        everybody=reviews.reviewers(database()),
        others=[name for name in reviews.reviewers(database()) if name != me],
        error=error,
        typed=typed,
        chosen=chosen or me,
    )
