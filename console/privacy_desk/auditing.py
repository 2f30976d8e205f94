"""Searching the audit log, taking it along as a file, and proving that it is whole."""

from __future__ import annotations

import dataclasses
import datetime
import json
import logging
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from sqlalchemy.engine import Engine
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField

from components.storage import audit
from components.storage.references import read_reference
from components.storage.staff import Role
from console.area import Area, note
from console.background import Background
from console.database import clock, database, engine, now
from console.forms import REFUSED, Form, row_number
from console.identity import person
from console.privacy_desk.base import OFFICERS
from console.settings import ConsoleSettings
from console.spreadsheets import download
from console.wording import app_settings, say

logger = logging.getLogger(__name__)

READERS = frozenset({Role.PRIVACY_OFFICER, Role.ADMINISTRATOR})
ACCOUNT_ACTIONS = ("account", "sign_in", "sign_out", "staff")
"""What administrators may see: who signed in and how accounts changed, and nothing about conversations."""

PAGE_SIZE = 100
MAX_EXPORTED = 100_000
_PATIENCE_SECONDS = 3.0
_FINLAND = ZoneInfo("Europe/Helsinki")
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
_DAY = datetime.timedelta(days=1)
_DATE = {"type": "date"}
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

area = Area("audit_log", __name__)


class SearchForm(Form):
    """Filters; every one may be left empty."""

    area = "privacy_desk"
    actor = StringField(render_kw=_PLAIN)
    action = StringField(render_kw=_PLAIN)
    target = StringField(render_kw=_PLAIN)
    since = StringField(render_kw=_DATE)
    until = StringField(render_kw=_DATE)


@dataclasses.dataclass(frozen=True)
class _Filters:
    """The filters as `audit.search` takes them."""

    actor: str | None
    action: str | None
    target: str | None
    since: datetime.datetime | None
    until: datetime.datetime | None

    def arguments(self) -> dict[str, Any]:
        among = None if person().has(Role.PRIVACY_OFFICER) else ACCOUNT_ACTIONS
        return {**dataclasses.asdict(self), "among": among}


class Checks(Background[audit.Checked]):
    """Walks the log in the background, one walk at a time: a log of years takes minutes."""

    def work(self, engine: Engine, settings: ConsoleSettings, *, by: str) -> audit.Checked:
        """Walk the whole chain."""
        found = audit.verify(engine, settings.derived_keys("audit"))
        _note_end(engine, settings, by, found)
        return found

    def log_failure(self, kind: str) -> None:
        """Say that nothing is known of the log."""
        logger.error("The audit log could not be checked (%s).", kind)


@area.page("/audit", roles=READERS, audit="audit.searched")
def search() -> str | tuple[str, int]:
    """Show entries, newest first."""
    form, filters = _asked()
    if filters is None:
        return _page(form, []), REFUSED
    before = request.args.get("before", type=row_number)
    found = audit.search(database(), **filters.arguments(), before=before, limit=PAGE_SIZE + 1)
    note(filters.target if filters.target and read_reference(filters.target) else None, entries=len(found[:PAGE_SIZE]))
    return _page(form, found)


@area.page("/audit/export.csv", roles=READERS, audit="audit.exported")
def export() -> Response | tuple[str, int]:
    """Give the entries as a file, oldest first."""
    form, filters = _asked()
    if filters is None:
        return _page(form, []), REFUSED
    rows: list[tuple[object, ...]] = []
    for entry in audit.entries(database(), **filters.arguments()):
        if len(rows) == MAX_EXPORTED:
            break
        details = json.dumps(entry.details, ensure_ascii=False)
        rows.append(
            (entry.number, entry.occurred_at.isoformat(), entry.actor, entry.action, entry.target or "", details)
        )
    note(entries=len(rows))
    header = [say(f"privacy_desk.column_{name}") for name in ("number", "time", "actor", "action", "target", "details")]
    return download("audit", header, rows)


@area.page("/audit/check", roles=OFFICERS, audit="audit.check_viewed")
def check() -> str:
    """Show what the latest check of the log found, or that it is going on."""
    return render_template("privacy_desk/verified.html", latest=checks(current_app).latest)


@area.act("/audit/check", roles=OFFICERS, audit="audit.check_started")
def verify() -> AnyResponse:
    """Begin to walk the whole chain; a log of the usual size is done by the time the next page opens."""
    running = checks(current_app)
    running.start(engine(), app_settings(), by=person().user_id, now=now())
    running.wait(_PATIENCE_SECONDS)
    return redirect(url_for("audit_log.check"))


def checks(app: Flask) -> Checks:
    """Return what runs the checks of a console."""
    found: Checks = app.extensions["luotsi_audit_checks"]
    return found


@area.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("luotsi_audit_checks", Checks())


def _note_end(engine: Engine, settings: ConsoleSettings, by: str, found: audit.Checked) -> None:
    with engine.begin() as connection:
        audit.append(
            connection,
            keys=settings.derived_keys("audit"),
            kept=settings.audit_kept,
            now=clock(),
            actor=by,
            action="audit.verified",
            target=None,
            details={"whole": found.problem is None, "entries": found.entries, "broken": found.number},
        )


def _asked() -> tuple[SearchForm, _Filters | None]:
    form = SearchForm(formdata=request.args, meta={"csrf": False})
    since, until = _beginning_of(form, "since"), _beginning_of(form, "until")
    if form.errors:
        return form, None
    words = {name: (form[name].data or "").strip()[:100] or None for name in ("actor", "action", "target")}
    target = words["target"]
    if target is not None:
        words["target"] = read_reference(target) or target
    # The last day is shown whole.
    return form, _Filters(**words, since=since, until=until + _DAY if until is not None else None)


def _beginning_of(form: SearchForm, name: str) -> datetime.datetime | None:
    """Return when a day begins in Finland, None for an empty field; what is no date gets an error."""
    typed = (form[name].data or "").strip()
    if not typed:
        return None
    try:
        day = datetime.date.fromisoformat(typed)
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        form.refuse(name, "privacy_desk.date_unreadable")
        return None
    return datetime.datetime.combine(day, datetime.time(), tzinfo=_FINLAND)


def _page(form: SearchForm, found: list[audit.Entry]) -> str:
    shown = found[:PAGE_SIZE]
    query = {name: value for name, value in request.args.items() if value and name != "before"}
    return render_template(
        "privacy_desk/audit.html",
        form=form,
        entries=shown,
        query=query,
        older=shown[-1].number if len(found) > PAGE_SIZE else None,
        accounts_only=not person().has(Role.PRIVACY_OFFICER),
        most=MAX_EXPORTED,
    )
