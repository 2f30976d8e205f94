"""The pages that conversations are found on."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from components.storage import reviews
from components.storage.conversation_figures import CONFIDENCE_STEPS, Figures, figures
from components.storage.conversation_index import freshen, topic_names
from components.storage.conversation_search import (
    MAX_SAMPLE,
    Position,
    Selection,
    conversations,
    count,
    read_position,
    read_selection,
    reviewers_of,
    sample,
    senders_of,
)
from components.storage.models import SavedFilter
from components.storage.sanitise import sanitise
from components.storage.staff import Role
from console.area import Area, note
from console.conversations import filters
from console.database import database, now
from console.identity import person
from console.planning import charts
from console.topics import title_of
from console.wording import language, say

FINDERS = frozenset({Role.TRAINER})
PAGE = 50
SAMPLE = 20
TOPICS_SHOWN = 20
MAX_NAME_CHARACTERS = 80
MAX_FILTERS = 50
MOST_DAYS = 92
"""A longer time is shown by weeks."""

area = Area("conversations", __name__)

_FILTERS = SavedFilter.__table__


@area.page("/conversations", roles=FINDERS, audit="conversations.listed")
def found() -> str:
    """List the conversations of a selection."""
    freshen(database(), now=now())
    selection, faults = filters.wanted()
    after = read_position(request.args.get("after"))
    rows = conversations(database(), selection, after=after, limit=PAGE + 1, now=now())
    shown, more = rows[:PAGE], len(rows) > PAGE
    number = count(database(), selection, now=now())
    note(count=number, shown=len(shown), filters=_names(selection))
    return render_template(
        "conversations/list.html",
        rows=shown,
        number=number,
        next_page=str(Position(shown[-1].started_at, shown[-1].reference)) if more else None,
        is_first=after is None,
        reviewed_by=reviewers_of(database(), [row.sender_id for row in shown]),
        saved=_saved(),
        max_name=MAX_NAME_CHARACTERS,
        max_sample=MAX_SAMPLE,
        size=request.args.get("size") or SAMPLE,
        topics_of=_topics,
        labels_of=lambda row: [filters.label_name(name) for name in topic_names(row.labels)],
        **_filtered(selection, faults),
    )


@area.page("/conversations/figures", roles=FINDERS, audit="conversations.figures_viewed", endpoint="figures")
def show_figures() -> str:
    """Show figures over a selection."""
    freshen(database(), now=now())
    selection, faults = filters.wanted()
    counted = figures(database(), selection, now=now())
    note(count=counted.conversations, filters=_names(selection))
    return render_template(
        "conversations/figures.html",
        figures=counted,
        tables=_tables(counted),
        bar=charts.bar,
        share=charts.share_of_largest,
        **_filtered(selection, faults),
    )


@area.act("/conversations/sample", roles=FINDERS, audit="conversations.sampled")
def draw() -> Response:
    """Put random conversations of a selection into the reviewer's queue."""
    selection = _posted()
    typed = request.form.get("size", "").strip()
    if not typed.isascii() or not typed.isdigit() or len(typed) > 5 or not 1 <= int(typed) <= MAX_SAMPLE:
        flash(say("conversations.fault_sample", most=MAX_SAMPLE), "error")
        return redirect(url_for("conversations.found", **selection.query(), size=typed[:10]))
    by_topic = request.form.get("way") == "topic"
    drawn = sample(database(), selection, size=int(typed), by_topic=by_topic, reviewer=person().user_id, now=now())
    added = _enqueue([row.sender_id for row in drawn])
    note(added=added, by_topic=by_topic, filters=_names(selection))
    if not added:
        flash(say("conversations.none_to_sample"), "error")
        return redirect(url_for("conversations.found", **selection.query()))
    flash(say("conversations.sampled", count=added))
    return redirect(url_for("review.queue"))


@area.act("/conversations/queue", roles=FINDERS, audit="review.queued")
def enqueue() -> Response:
    """Put the conversations that were ticked into the reviewer's queue."""
    selection = _posted()
    ticked = request.form.getlist("reference")
    chosen = senders_of(database(), ticked[: 2 * PAGE], now=now())
    if not chosen:
        flash(say("conversations.none_ticked"), "error")
    else:
        added = _enqueue(chosen)
        note(person().user_id, added=added)
        flash(say("conversations.queued", count=added) if added else say("conversations.queued_already"))
    return redirect(url_for("conversations.found", **selection.query(), after=request.form.get("after") or None))


@area.act("/conversations/filters", roles=FINDERS, audit="conversations.filter_saved")
def save_filter() -> Response:
    """Keep a selection under a name; one of the same name is replaced."""
    selection = _posted()
    typed = " ".join(request.form.get("name", "").split())
    # Masking a text takes the longer the longer it is, so its length is looked at first.
    name = str(sanitise(typed)) if len(typed) <= MAX_NAME_CHARACTERS else ""
    own = _FILTERS.c.owner == person().user_id
    if not name or len(name) > MAX_NAME_CHARACTERS:
        flash(say("conversations.fault_filter_name", most=MAX_NAME_CHARACTERS), "error")
    elif len(_saved()) >= MAX_FILTERS:
        flash(say("conversations.fault_filters", most=MAX_FILTERS), "error")
    else:
        database().execute(sa.delete(_FILTERS).where(own, _FILTERS.c.name == name))
        values = {"owner": person().user_id, "name": name, "query": selection.address(), "created_at": now()}
        made = database().execute(sa.insert(_FILTERS).values(**values)).inserted_primary_key[0]
        note(f"filter:{made}", filters=_names(selection))
        flash(say("conversations.filter_saved"))
    return redirect(url_for("conversations.found", **selection.query()))


@area.act("/conversations/filters/<int:filter_id>/delete", roles=FINDERS, audit="conversations.filter_deleted")
def delete_filter(filter_id: int) -> Response:
    """Forget one of one's own saved filters."""
    own = sa.and_(_FILTERS.c.owner == person().user_id, _FILTERS.c.id == filter_id)
    if not database().execute(sa.delete(_FILTERS).where(own)).rowcount:
        abort(404)
    note(f"filter:{filter_id}")
    flash(say("conversations.filter_deleted"))
    return redirect(url_for("conversations.found", **_posted().query()))


def by_week(days: Mapping[datetime.date, int]) -> dict[datetime.date, int]:
    """Return the counts of days as those of weeks, by their Mondays."""
    weeks: dict[datetime.date, int] = {}
    for day, number in days.items():
        monday = day - datetime.timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + number
    return weeks


def _filtered(selection: Selection, faults: dict[str, str]) -> dict[str, Any]:
    """Return what the form of the filters needs."""
    return {
        "selection": selection,
        "faults": faults,
        "fields": filters.fields(selection, faults),
        "common": filters.COMMON,
        "chips": filters.chips(selection),
        "language_name": filters.language_name,
        "rating_name": filters.rating_name,
    }


def _posted() -> Selection:
    """Return the selection that a form came from; its fields were read before, so that faults are left out."""
    return read_selection(request.form)[0]


def _enqueue(sender_ids: list[str]) -> int:
    me = person().user_id
    return reviews.enqueue(database(), sender_ids, reviewer=me, added_by=me, now=now())


def _names(selection: Selection) -> str:
    """Return which filters are in use, for the audit log: never what was looked for."""
    return ",".join(selection.chosen())


def _topics(row: Any) -> list[str]:
    return sorted(title_of(name, language()) for name in topic_names(row.topics))


def _saved() -> list[Any]:
    query = sa.select(_FILTERS).where(_FILTERS.c.owner == person().user_id).order_by(_FILTERS.c.name)
    return [
        {"id": row.id, "name": row.name, "address": url_for("conversations.found") + (row.query and f"?{row.query}")}
        for row in database().execute(query)
    ]


def _tables(counted: Figures) -> list[dict[str, Any]]:
    """Return the figures as tables: name, rows of name and number, and a plot for those that are a course."""
    course = "weeks" if len(counted.days) > MOST_DAYS else "days"
    days = [
        (filters.short_day(day), number)
        for day, number in (by_week(counted.days) if course == "weeks" else counted.days).items()
    ]
    hours = [(str(hour), number) for hour, number in counted.hours.items()]
    steps = [
        (f"{100 * step // CONFIDENCE_STEPS}–{100 * (step + 1) // CONFIDENCE_STEPS} %", number)
        for step, number in enumerate(counted.confidences)
    ]
    topics = [(title_of(name, language()), number) for name, number in list(counted.topics.items())[:TOPICS_SHOWN]]
    return [
        {"name": course, "rows": days, "plot": _plot(course, days)},
        {"name": "hours", "rows": hours, "plot": _plot("hours", hours)},
        {"name": "topics", "rows": topics, "plot": None},
        {"name": "languages", "rows": [(filters.language_name(n), k) for n, k in counted.languages.items()]},
        {"name": "ratings", "rows": [(filters.rating_name(n), k) for n, k in counted.ratings.items()]},
        {"name": "confidences", "rows": steps, "plot": _plot("confidences", steps)},
    ]


def _plot(name: str, rows: list[tuple[str, int]]) -> Markup:
    return charts.columns(
        [number for _, number in rows], [shown for shown, _ in rows], alt=say(f"conversations.plot_{name}")
    )
