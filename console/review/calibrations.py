"""Calibrations: several reviewers judge the same conversations, and see how well they agree."""

from __future__ import annotations

import dataclasses

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from components.storage import reviews, transcripts
from console.area import also_note, note
from console.database import database, now
from console.forms import REFUSED
from console.identity import person
from console.review.base import REVIEWERS, TooMany, area, read_references
from console.review.shown import said
from console.wording import say

MOST_CONVERSATIONS = 100


@dataclasses.dataclass(frozen=True)
class Difference:
    """A message on which reviewers differ, as the page shows it."""

    reference: str
    event_id: int
    number: int
    text: str
    verdicts: dict[str, str]


@area.page("/review/calibrations", roles=REVIEWERS, audit="calibrations.viewed")
def calibrations() -> str:
    """Show the calibrations, and what a new one is made of."""
    return _page()


@area.act("/review/calibrations/new", roles=REVIEWERS, audit="calibration.made")
def make_calibration() -> Response | tuple[str, int]:
    """Begin a calibration with conversations from a list or from one's queue."""
    form = request.form
    judges = [name for name in form.getlist("judges") if name in reviews.reviewers(database())]
    try:
        found, unknown = read_references(form.get("references", ""))
    except TooMany as many:
        return _page({"references": say("review.error_many", most=MOST_CONVERSATIONS, count=many.count)}), REFUSED
    if "from_queue" in form:
        waiting = reviews.queue_of(database(), person().user_id, now=now())
        found += [entry.sender_id for entry in waiting if entry.sender_id not in found and entry.calibration_id is None]
    errors: dict[str, str] = {}
    if not form.get("name", "").strip():
        errors["name"] = say("review.error_name")
    if len(judges) < reviews.FEWEST_REVIEWERS:
        errors["judges"] = say("review.error_judges", count=reviews.FEWEST_REVIEWERS)
    if unknown:
        errors["references"] = say("review.error_references", references=", ".join(unknown[:5]))
    elif not found:
        errors["references"] = say("review.error_no_conversations")
    elif len(found) > MOST_CONVERSATIONS:
        errors["references"] = say("review.error_many", most=MOST_CONVERSATIONS, count=len(found))
    if errors:
        return _page(errors), REFUSED
    made = reviews.start_calibration(
        database(),
        name=form["name"],
        sender_ids=found,
        judges=judges,
        created_by=person().user_id,
        now=now(),
    )
    note(f"calibration:{made}", conversations=len(found), reviewers=len(judges))
    flash(say("review.calibration_made", count=len(found)))
    return redirect(url_for("review.calibration", calibration_id=made))


@area.page("/review/calibrations/<int:calibration_id>", roles=REVIEWERS, audit="calibration.viewed")
def calibration(calibration_id: int) -> str:
    """Show how far a calibration is, and how well its reviewers agree so far."""
    session = reviews.calibration(database(), calibration_id, now=now())
    if session is None:
        abort(404)
    pairs, differing = reviews.results(database(), calibration_id, now=now())
    note(f"calibration:{calibration_id}")
    return render_template(
        "review/calibration.html",
        session=session,
        pairs=pairs,
        differences=_differences(differing, calibration_id),
        said=said,
        to_do=[
            entry
            for entry in reviews.queue_of(database(), person().user_id, now=now())
            if entry.calibration_id == calibration_id
        ],
    )


def _differences(differing: list[reviews.Disagreement], calibration_id: int) -> list[Difference]:
    read: dict[str, transcripts.Transcript | None] = {}
    shown: list[Difference] = []
    for each in differing:
        if each.sender_id not in read:
            read[each.sender_id] = transcripts.read(database(), each.sender_id, now=now())
        found = read[each.sender_id]
        message = found.message(each.event_id) if found is not None else None
        if found is None or message is None:
            continue
        numbered = [item.event_id for item in found.messages if item.speaker != transcripts.NOTE]
        number = numbered.index(each.event_id) + 1
        if found.reference not in [difference.reference for difference in shown]:
            also_note(found.reference, action="conversation.viewed", calibration=calibration_id)
        shown.append(Difference(found.reference, each.event_id, number, message.text, each.verdicts))
    return shown


def _page(errors: dict[str, str] | None = None) -> str:
    sessions = reviews.calibrations(database(), now=now())
    note(count=len(sessions))
    return render_template(
        "review/calibrations.html",
        sessions=sessions,
        everybody=reviews.reviewers(database()),
        queue=[
            entry for entry in reviews.queue_of(database(), person().user_id, now=now()) if not entry.calibration_id
        ],
        errors=errors or {},
        typed=request.form,
        chosen=request.form.getlist("judges") if errors else [person().user_id],
    )
