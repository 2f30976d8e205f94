"""Switches that staff turn while the service runs: parts of it off, and the consent mode.

A switch that nobody turned stands as the settings say: everything on, the consent mode of LUOTSI_CONSENT_MODE. The
queue position has a switch of its own (components.storage.queue_guard), because a detector uses it as well.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import logging
import threading
import time
from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from components.settings import CONSENT_MODES
from components.storage.models import Switch
from components.storage.sanitise import sanitise

logger = logging.getLogger(__name__)

MAX_REASON_CHARACTERS = 80
CACHE_SECONDS = 5.0
ON, OFF = "on", "off"
CONSENT = "consent"
AS_SET = "as set"
"""Position of the consent switch: what LUOTSI_CONSENT_MODE says."""

_SWITCHES = Switch.__table__


class Feature(enum.Enum):
    """What can be switched off. SERVICE: every answer on every channel. MESSAGING: the channels of other companies."""

    SERVICE = "service"
    MESSAGING = "messaging"
    CALCULATOR = "calculator"
    ALLOWANCES = "allowances"
    PROCESSING_TIMES = "processing_times"
    FEEDBACK = "feedback"


POSITIONS: Mapping[str, tuple[str, ...]] = {
    **{feature.value: (ON, OFF) for feature in Feature},
    CONSENT: (AS_SET, *CONSENT_MODES),
}
"""Every switch with its positions, the usual one first."""


@dataclasses.dataclass(frozen=True)
class Position:
    """How a switch stands, and who turned it last, when and why (None when nobody ever did)."""

    name: str
    value: str
    changed_at: datetime.datetime | None = None
    changed_by: str | None = None
    reason: str | None = None

    @property
    def is_usual(self) -> bool:
        """Tell whether it stands as if nobody had touched it."""
        return self.value == POSITIONS[self.name][0]


class Switches:
    """Tells the server and the actions how the switches stand; safe to use from several threads.

    What is read counts for CACHE_SECONDS. While the database is away the last known positions hold, and the usual ones
    when none was ever known: a message never fails because of a switch.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._turned: dict[str, str] = {}
        self._read_at: float | None = None
        self._away = False

    @property
    def is_fresh(self) -> bool:
        """Tell whether asking needs no look into the database."""
        return self._read_at is not None and self._clock() - self._read_at < CACHE_SECONDS

    def is_on(self, feature: Feature) -> bool:
        """Tell whether a feature is in use."""
        return self._value(feature.value) != OFF

    def consent_mode(self, usual: str) -> str:
        """Return the consent mode in force; `usual` is what the settings say."""
        mode = self._value(CONSENT)
        return usual if mode == AS_SET else mode

    def _value(self, name: str) -> str:
        self._refresh()
        value = self._turned.get(name)
        return value if value in POSITIONS[name] else POSITIONS[name][0]

    def _refresh(self) -> None:
        if self.is_fresh:
            return
        # One reads, and the others go on with what is known; only before the very first answer everybody waits.
        if not self._lock.acquire(blocking=self._read_at is None):
            return
        try:
            if self.is_fresh:
                return
            self._turned = self._read()
            self._read_at = self._clock()
        finally:
            self._lock.release()

    def _read(self) -> dict[str, str]:
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(sa.select(_SWITCHES.c.name, _SWITCHES.c.value)).all()
        except Exception as error:  # whatever is wrong, customers are answered as they were before
            if not self._away:
                self._away = True
                kind = type(getattr(error, "orig", None) or error).__name__
                logger.error("The switches cannot be read (%s): they stay as they were known last.", kind)
            return self._turned
        if self._away:
            self._away = False
            logger.warning("The switches can be read again.")
        return {row.name: row.value for row in rows}


def positions(connection: Connection) -> dict[str, Position]:
    """Return how every switch stands, by name."""
    rows = {row.name: row for row in connection.execute(sa.select(_SWITCHES))}
    return {
        name: Position(name, row.value, row.changed_at, row.changed_by, row.reason)
        if (row := rows.get(name)) is not None and row.value in allowed
        else Position(name, allowed[0])
        for name, allowed in POSITIONS.items()
    }


def is_on(connection: Connection, feature: Feature) -> bool:
    """Tell whether a feature is in use, inside a transaction that is open anyway; without a cache."""
    value = connection.execute(sa.select(_SWITCHES.c.value).where(_SWITCHES.c.name == feature.value)).scalar()
    return bool(value != OFF)


def turn(connection: Connection, name: str, value: str, *, by: str, reason: str, now: datetime.datetime) -> Position:
    """Turn a switch in the caller's transaction and return how it stands.

    reason: one line of at most MAX_REASON_CHARACTERS; it is sanitised. Raises ValueError for an unknown switch or
    position and for a reason that is missing or too long.
    """
    if value not in POSITIONS.get(name, ()):
        raise ValueError("there is no such switch or position")
    why = checked_reason(reason)
    values = {"value": value, "changed_at": now, "changed_by": by, "reason": why}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(_SWITCHES).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    return Position(name, value, now, by, why)


def checked_reason(reason: str) -> str:
    """Return a reason as it may be kept: sanitised, in one line; raises ValueError for a missing or too long one."""
    cleaned = " ".join(reason.replace("\0", "").encode("utf-8", "replace").decode().split())
    if not cleaned:
        raise ValueError("the reason is missing")
    if len(cleaned) > MAX_REASON_CHARACTERS:
        raise ValueError(f"the reason is longer than {MAX_REASON_CHARACTERS} characters")
    return str(sanitise(cleaned))[:100]
