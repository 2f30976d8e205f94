"""Masking what is stored once more, in the background of the console."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import threading
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


@dataclasses.dataclass(frozen=True)
class Progress:
    """The latest scan of this console. found: None while it runs and when it failed."""

    started_at: datetime.datetime
    by: str
    running: bool = True
    found: Rescanned | None = None


class Rescans:
    """Runs one scan at a time; one that was stopped with the console goes on where it was when started again."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._latest: Progress | None = None

    @property
    def latest(self) -> Progress | None:
        """Return how the latest scan is going."""
        return self._latest

    def start(self, engine: Engine, settings: ConsoleSettings, *, by: str, now: datetime.datetime) -> bool:
        """Begin a scan; return False when one is running."""
        with self._lock:
            if self._latest is not None and self._latest.running:
                return False
            self._latest = begun = Progress(now, by)
            self._thread = threading.Thread(target=self._run, args=(engine, settings, begun), daemon=True)
            self._thread.start()
        return True

    def wait(self, seconds: float) -> None:
        """Wait for a running scan."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, engine: Engine, settings: ConsoleSettings, begun: Progress) -> None:
        found: Rescanned | None = None
        try:
            found = rescan(engine, public=self.published())
            _note_end(engine, settings, begun, found)
        except Exception as error:  # its text may quote what is stored
            kind = type(getattr(error, "orig", None) or error).__name__
            logger.error("What is stored could not be masked once more (%s).", kind)
        self._latest = dataclasses.replace(begun, running=False, found=found)


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


def _note_end(engine: Engine, settings: ConsoleSettings, begun: Progress, found: Rescanned) -> None:
    with engine.begin() as connection:
        audit.append(
            connection,
            keys=settings.derived_keys("audit"),
            kept=settings.audit_kept,
            now=clock(),
            actor=begun.by,
            action="rescan.finished",
            target=None,
            details={"seen": sum(found.seen.values()), "changed": sum(found.changed.values())},
        )
