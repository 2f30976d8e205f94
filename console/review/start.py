"""The first page of reviewing: what waits for whom."""

from __future__ import annotations

from flask import render_template

from components.storage import reviews
from console.database import database, now
from console.identity import person
from console.review.base import EDITORS, REVIEWERS, area


@area.page("/review", roles=EDITORS)
def start() -> str:
    """Show how much waits, and lead there."""
    reviewer = person().has(*REVIEWERS)
    waiting = reviews.queue_of(database(), person().user_id, now=now()) if reviewer else []
    return render_template(
        "review/start.html",
        reviewer=reviewer,
        waiting=waiting,
        tasks=reviews.tasks(database(), now=now(), viewer=person().user_id, size=1)[1],
    )
