"""The pages for planning: an overview in figures, and what was not understood or badly answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, current_app, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from components.content.names import AGENCIES
from components.storage.staff import Role
from components.storage.stems import LANGUAGES
from console.area import Area, note
from console.database import database, engine, now
from console.planning import charts
from console.planning.making import Busy, Failed, Reports
from console.planning.overview import Cell, Overview, make_overview
from console.planning.period import Wanted, wanted
from console.planning.report import Report
from console.spreadsheets import download
from console.texts import knows
from console.topics import title_of
from console.wording import app_settings, channel_name, language, say

PLANNERS = frozenset({Role.TRAINER, Role.EDITOR})
SHARES = ("weeks",)
"""Tables with a plot of the share understood as well."""

area = Area("planning", __name__)


@area.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("luotsi_reports", Reports())


@area.page("/planning", roles=PLANNERS, audit="planning.overview_viewed")
def overview() -> str:
    """Show figures of a period."""
    filters = wanted(request.args, now=now())
    _note(filters)
    found = make_overview(database(), filters.selection(), k=app_settings().k, now=now())
    return render_template(
        "planning/overview.html",
        filters=filters,
        overview=found,
        tables=_tables(found),
        name_of=name_of,
        plot=_plot,
        share=charts.share_of_largest,
        bar=charts.bar,
        **_choices(),
    )


@area.page("/planning/overview.csv", roles=PLANNERS, audit="planning.overview_exported")
def overview_export() -> Response:
    """Give the same figures as a file."""
    filters = wanted(request.args, now=now())
    _note(filters)
    found = make_overview(database(), filters.selection(), k=app_settings().k, now=now())
    rows = [
        (say(f"planning.table_{table}"), name_of(table, cell), *_figures(cell, found.k))
        for table, cells in _tables(found)
        for cell in cells
    ]
    header = [say(f"planning.column_{name}") for name in ("table", "name", "conversations", "messages", "understood")]
    return download(f"{_file_name('figures', filters)}", header, rows)


@area.page("/planning/report", roles=PLANNERS, audit="planning.report_viewed")
def report() -> str:
    """Show what was not understood or badly answered, or that the report is being made."""
    filters = wanted(request.args, now=now())
    _note(filters)
    found = _reports().report(engine(), filters.selection(), k=app_settings().k)
    if not isinstance(found, Report):
        note(action="planning.report_requested")
        state = "failed" if isinstance(found, Failed) else "busy" if isinstance(found, Busy) else "making"
        return render_template("planning/waiting.html", filters=filters, state=state, **_choices())
    most = max((group.conversations for group in found.groups), default=0)
    return render_template(
        "planning/report.html",
        filters=filters,
        report=found,
        bar=charts.bar,
        most=most,
        title_of=title_of,
        label=_label,
        **_choices(),
    )


@area.page("/planning/report/state", roles=PLANNERS)
def report_state() -> dict[str, bool]:
    """Tell a waiting page whether its report is ready."""
    return {"ready": _reports().ready(wanted(request.args, now=now()).selection())}


@area.page("/planning/report.csv", roles=PLANNERS, audit="planning.report_exported")
def report_export() -> Response | str:
    """Give the report as a file; what is not ready yet is shown as being made."""
    filters = wanted(request.args, now=now())
    found = _reports().report(engine(), filters.selection(), k=app_settings().k)
    if not isinstance(found, Report):
        return report()
    _note(filters)
    note(groups=len(found.groups))
    names = ("label", "conversations", "messages", "before", *(f"language_{code}" for code in LANGUAGES), "topic")
    header = [say(f"planning.column_{name}") for name in (*names, "likeness", "example")]
    rows: list[Sequence[object]] = [
        (
            _label(group.words),
            group.conversations,
            group.messages,
            group.before if group.before is not None else say("planning.fewer", k=found.k) if found.whole else "",
            *(_of_language(group.languages.get(code, 0), found.k) for code in LANGUAGES),
            title_of(group.topic, language()) if group.topic else "",
            f"{group.likeness:.2f}",
            group.example.text if group.example else "",
        )
        for group in found.groups
    ]
    rows.append((say("planning.small_groups"), "", found.small))
    return download(_file_name("badly-answered", filters), header, rows)


def name_of(table: str, cell: Cell) -> str:
    """Return what a row of a table is called in the reader's language."""
    if table == "topics":
        return title_of(cell.name, language())
    if table == "weeks":
        year, month, day = cell.name.split("-")
        return f"{int(day)}.{int(month)}.{year}" if language() == "fi" else cell.name
    if table == "hours":
        return say("planning.hour", first=int(cell.name), last=int(cell.name) + 1)
    if table == "channels":
        return channel_name(cell.name)
    name = f"planning.{table}_{cell.name or 'unknown'}"
    return say(name) if knows(name) else cell.name


def _plot(table: str, cells: Sequence[Cell]) -> Any:
    names = [_short_name(table, cell) for cell in cells]
    alt = say(f"planning.plot_{table}")
    if table in SHARES:
        return charts.line([cell.understood for cell in cells], names, alt=alt)
    return charts.columns([cell.conversations for cell in cells], names, alt=alt)


def _short_name(table: str, cell: Cell) -> str:
    if table == "weeks":
        _, month, day = cell.name.split("-")
        return f"{int(day)}.{int(month)}." if language() == "fi" else f"{month}-{day}"
    return say(f"planning.short_{table}_{cell.name}") if table == "weekdays" else str(int(cell.name))


def _tables(found: Overview) -> list[tuple[str, tuple[Cell, ...]]]:
    names = ("weeks", "topics", "languages", "channels", "ratings", "weekdays", "hours", "labels")
    return [(name, getattr(found, name)) for name in names]


def _figures(cell: Cell, k: int) -> Iterable[object]:
    yield cell.conversations if cell.conversations is not None else say("planning.fewer", k=k)
    yield cell.messages
    yield None if cell.understood is None else f"{cell.understood:.3f}"


def _of_language(count: int | None, k: int) -> object:
    return say("planning.fewer", k=k) if count is None else count


def _label(words: Sequence[str]) -> str:
    return ", ".join(words) or say("planning.no_label")


def _choices() -> dict[str, Any]:
    return {"languages": LANGUAGES, "agencies": AGENCIES, "k": app_settings().k, "address": url_for}


def _note(filters: Wanted) -> None:
    """Note of what period, language and agency the figures were."""
    query = filters.query()
    note(since=query["since"], until=query["until"], language=query.get("language"), agency=query.get("agency"))


def _file_name(name: str, filters: Wanted) -> str:
    return f"luotsi-{name}-{filters.since.isoformat()}-{filters.until.isoformat()}"


def _reports() -> Reports:
    found: Reports = current_app.extensions["luotsi_reports"]
    return found
