"""Reports are made beside the requests, one at a time, kept in memory for some minutes and thrown away."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.engine import Engine

from components.nlu.encoder import encode
from components.storage.planning import Selection
from console.planning.report import Encode, Report, VectorCache, make_report

KEPT_SECONDS = 600.0
MOST_WAITING = 4
"""So many reports may wait to be made; who asks for another one has to try again."""

logger = logging.getLogger(__name__)


class Failed:
    """Stands for a report that could not be made."""


class Busy:
    """Stands for a report that cannot be begun yet, because others wait already."""


@dataclasses.dataclass
class _Entry:
    result: Report | Failed | None = None


class Reports:
    """The reports that are being made or were made just now."""

    def __init__(self, encode_texts: Encode = encode, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._vectors = VectorCache(encode_texts)
        self._kept_seconds = kept_seconds
        self._entries: dict[Selection, _Entry] = {}
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def report(self, engine: Engine, selection: Selection, *, k: int) -> Report | Failed | Busy | None:
        """Return a report, or None while it is being made; the first call for a selection begins it."""
        with self._lock:
            entry = self._entries.get(selection)
            if entry is not None:
                return entry.result
            if sum(other.result is None for other in self._entries.values()) >= MOST_WAITING:
                return Busy()
            entry = self._entries[selection] = _Entry()
        self._in_background(lambda: self._make(engine, selection, k, entry))
        return None

    def ready(self, selection: Selection) -> bool:
        """Tell whether asking for a report now gives something else than None."""
        with self._lock:
            entry = self._entries.get(selection)
            return entry is None or entry.result is not None

    def wait(self, selection: Selection, seconds: float = 60.0) -> None:
        """Wait until a report that was begun is there; for those who have no request to answer."""
        until = time.monotonic() + seconds
        while not self.ready(selection) and time.monotonic() < until:
            time.sleep(0.02)

    def _make(self, engine: Engine, selection: Selection, k: int, entry: _Entry) -> None:
        result: Report | Failed = Failed()
        try:
            with self._making:
                now = datetime.datetime.now(datetime.timezone.utc)
                result = make_report(engine, selection, k=k, vectors=self._vectors, now=now)
        except Exception as error:  # whatever it was, it may quote a message: only its kind is logged
            logger.error("A report could not be made (%s).", type(getattr(error, "orig", None) or error).__name__)
        finally:
            with self._lock:
                entry.result = result
            timer = threading.Timer(self._kept_seconds, self._throw_away, (selection, entry))
            timer.daemon = True
            timer.start()

    def _throw_away(self, selection: Selection, entry: _Entry) -> None:
        with self._lock:
            if self._entries.get(selection) is entry:
                del self._entries[selection]
            nothing_left = not self._entries
        if nothing_left:
            self._vectors.clear()

    def _in_background(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="luotsi-report", daemon=True).start()
