"""Masking what is stored once more, in the background of the console."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, current_app, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from sqlalchemy.engine import Connection, Engine
from werkzeug.wrappers import Response

from components.privacy import ANONYMISER_VERSION
from components.storage import audit
from components.storage.models import Event
from components.storage.rescan import Rescanned, rescan
from console.area import note
from console.background import Background
from console.database import clock, database, engine, now
from console.identity import person
from console.privacy_desk.base import OFFICERS, PREFIX, area, label_name, table_name
from console.settings import ConsoleSettings
from console.wording import app_settings, say

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[2]
_EVENTS = Event.__table__
Published = Callable[[], frozenset[str]]


def published() -> frozenset[str]:
    """Return what the installed content publishes, which stays as it is. Takes seconds: Rasa is loaded for it."""
    from components.content.importer import FaqImporter
    from components.storage.tracker_store import published_strings

    importer = FaqImporter(str(_ROOT / "config.yml"), str(_ROOT / "domain.yml"))
    return published_strings(importer.get_domain())


class Rescans(Background[Rescanned]):
    """Runs one scan at a time; one that was stopped with the console goes on where it was when started again."""

    def __init__(self, published: Published) -> None:
        super().__init__()
        self.published = published

    def work(self, engine: Engine, settings: ConsoleSettings, *, by: str) -> Rescanned:
        """Scan everything that an older anonymiser masked."""
        found = rescan(engine, public=self.published())
        _note_end(engine, settings, by, found)
        return found

    def log_failure(self, kind: str) -> None:
        """Say that the scan was not finished."""
        logger.error("What is stored could not be masked once more (%s).", kind)


@area.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("luotsi_rescans", Rescans(published))


@area.page(f"{PREFIX}/rescan", roles=OFFICERS, audit="rescan.viewed")
def rescan_page() -> str:
    """Show how much an older anonymiser masked, and how the latest scan is going."""
    left = _left(database())
    note(left=left)
    return render_template(
        "privacy_desk/rescan.html",
        left=left,
        version=ANONYMISER_VERSION,
        latest=rescans(current_app).latest,
        label_name=label_name,
        table_name=table_name,
    )


@area.act(f"{PREFIX}/rescan", roles=OFFICERS, audit="rescan.started")
def start_rescan() -> Response:
    """Begin a scan."""
    begun = rescans(current_app).start(engine(), app_settings(), by=person().user_id, now=now())
    note(left=_left(database()), running_already=not begun)
    flash(say("privacy_desk.rescan_begun" if begun else "privacy_desk.rescan_runs"))
    return redirect(url_for("privacy_desk.rescan_page"))


def rescans(app: Flask) -> Rescans:
    """Return what runs the scans of a console."""
    found: Rescans = app.extensions["luotsi_rescans"]
    return found


def _left(connection: Connection) -> int:
    which = (_EVENTS.c.anonymiser_version < ANONYMISER_VERSION, _EVENTS.c.expires_at > now())
    return int(connection.execute(sa.select(sa.func.count()).select_from(_EVENTS).where(*which)).scalar_one())


def _note_end(engine: Engine, settings: ConsoleSettings, by: str, found: Rescanned) -> None:
    with engine.begin() as connection:
        audit.append(
            connection,
            keys=settings.derived_keys("audit"),
            kept=settings.audit_kept,
            now=clock(),
            actor=by,
            action="rescan.finished",
            target=None,
            details={"seen": sum(found.seen.values()), "changed": sum(found.changed.values())},
        )
