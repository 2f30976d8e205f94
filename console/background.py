"""Work that takes longer than a request: one piece of a kind at a time, in a thread, with how the latest went."""

from __future__ import annotations

import dataclasses
import datetime
import threading
from typing import Generic, TypeVar

from sqlalchemy.engine import Engine

from console.settings import ConsoleSettings

Found = TypeVar("Found")


@dataclasses.dataclass(frozen=True)
class Progress(Generic[Found]):
    """How a piece of work is going. found: None while it runs and when it failed."""

    started_at: datetime.datetime
    by: str
    running: bool = True
    found: Found | None = None


class Background(Generic[Found]):
    """Runs one piece of work at a time; a subclass says what it is, and what the log is told when it fails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._latest: Progress[Found] | None = None

    def work(self, engine: Engine, settings: ConsoleSettings, *, by: str) -> Found:
        """Do the work for a user ID, and note its end in the audit log."""
        raise NotImplementedError

    def log_failure(self, kind: str) -> None:
        """Log that the work failed, by the kind of the error alone: its text may quote what is stored."""
        raise NotImplementedError

    @property
    def latest(self) -> Progress[Found] | None:
        """Return how the latest piece of work is going."""
        return self._latest

    def start(self, engine: Engine, settings: ConsoleSettings, *, by: str, now: datetime.datetime) -> bool:
        """Begin; return False when a piece of work is running already."""
        with self._lock:
            if self._latest is not None and self._latest.running:
                return False
            self._latest = begun = Progress[Found](now, by)
            self._thread = threading.Thread(target=self._run, args=(engine, settings, begun), daemon=True)
            self._thread.start()
        return True

    def wait(self, seconds: float) -> None:
        """Wait for what is running."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, engine: Engine, settings: ConsoleSettings, begun: Progress[Found]) -> None:
        found: Found | None = None
        try:
            found = self.work(engine, settings, by=begun.by)
        except Exception as error:  # the page says that it failed, the log says why
            self.log_failure(type(getattr(error, "orig", None) or error).__name__)
        self._latest = dataclasses.replace(begun, running=False, found=found)
