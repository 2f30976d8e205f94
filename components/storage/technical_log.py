"""The technical log: which address asked for which route, kept for a month at most and tied to no conversation."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import ipaddress
import logging
import secrets
import threading

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.privacy.pseudonyms import network_of
from components.settings import MAX_TECHNICAL_LOG_DAYS
from components.storage.models import TechnicalLogEntry

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000
BATCH_ROWS = 1_000
NETWORK_ROWS_A_DAY = 50_000
ROWS_A_DAY = 500_000
UNKNOWN_ADDRESS = "unknown"
OTHER_METHOD = "OTHER"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
_ROUTE_CHARACTERS = 200
_TABLE = TechnicalLogEntry.__table__


@dataclasses.dataclass(frozen=True)
class AnsweredRequest:
    """One web request after its answer.

    ip_address: as the web server knows it.
    route: the pattern of the route ("/chat/static/<name:str>"), never the path that was asked for.
    bytes: length of the answer's body.
    """

    occurred_at: datetime.datetime
    ip_address: str
    route: str
    method: str
    status: int
    bytes: int


class TechnicalLog:
    """Collects answered requests and writes them in batches.

    - The time is kept to the minute and a batch is written in random order, so that neither times nor row numbers
      match a request to the messages of a conversation.
    - At most MAX_WAITING requests wait for the database; then the oldest ones are lost rather than a customer's
      request.
    - A server notes at most NETWORK_ROWS_A_DAY requests of one network and ROWS_A_DAY in all on a day (UTC), about
      10 and 100 MB: a flood must not fill the disk. What comes beyond is counted as lost; by then the log tells whence
      it comes.
    """

    def __init__(self, engine: Engine, retention: datetime.timedelta) -> None:
        """Take the database and how long rows are kept; more than 30 days raises ValueError."""
        if not datetime.timedelta(0) < retention <= datetime.timedelta(days=MAX_TECHNICAL_LOG_DAYS):
            raise ValueError(f"the technical log is kept for at most {MAX_TECHNICAL_LOG_DAYS} days")
        self._engine = engine
        self._retention = retention
        self._waiting: collections.deque[AnsweredRequest] = collections.deque()
        self._waiting_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._lost = 0
        self._unwritable = False
        self._day: datetime.date | None = None
        self._noted = 0
        self._noted_of: collections.Counter[str] = collections.Counter()
        self._full: set[str] = set()

    @property
    def waiting(self) -> int:
        """Return how many requests wait to be written."""
        return len(self._waiting)

    @property
    def lost(self) -> int:
        """Return how many requests were not written: too many waited, or came on one day."""
        return self._lost

    def add(self, answered: AnsweredRequest) -> None:
        """Take a request in; never waits and never raises."""
        with self._waiting_lock:
            if not self._has_room(answered):
                self._lost += 1
                return
            if len(self._waiting) == MAX_WAITING:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(answered)

    def write(self) -> bool:
        """Write what waits; return whether it could be. What could not be written goes on waiting."""
        with self._write_lock:
            while batch := self._take():
                try:
                    with self._engine.begin() as connection:
                        connection.execute(sa.insert(_TABLE), [self._row(answered) for answered in batch])
                except Exception as error:  # a log must not stop what it is about
                    self._put_back(batch)
                    self._note_failure(error)
                    return False
                self._note_success()
            return True

    def _has_room(self, answered: AnsweredRequest) -> bool:
        """Count a request against the bounds of its day; tell whether it keeps within them."""
        day = answered.occurred_at.date()
        if day != self._day:
            self._day, self._noted, self._noted_of, self._full = day, 0, collections.Counter(), set()
        if self._noted >= ROWS_A_DAY:
            self._note_full("in all", ROWS_A_DAY)
            return False
        network = network_of(canonical_address(answered.ip_address))
        if self._noted_of[network] >= NETWORK_ROWS_A_DAY:
            self._note_full("of one network", NETWORK_ROWS_A_DAY)
            return False
        self._noted += 1
        self._noted_of[network] += 1
        return True

    def _take(self) -> list[AnsweredRequest]:
        with self._waiting_lock:
            batch = [self._waiting.popleft() for _ in range(min(BATCH_ROWS, len(self._waiting)))]
        secrets.SystemRandom().shuffle(batch)
        return batch

    def _put_back(self, batch: list[AnsweredRequest]) -> None:
        with self._waiting_lock:
            kept = batch[: MAX_WAITING - len(self._waiting)]
            self._waiting.extendleft(kept)
            self._lost += len(batch) - len(kept)

    def _row(self, answered: AnsweredRequest) -> dict[str, object]:
        minute = answered.occurred_at.replace(second=0, microsecond=0)
        return {
            "occurred_at": minute,
            "expires_at": minute + self._retention,
            "ip_address": canonical_address(answered.ip_address),
            "route": answered.route[:_ROUTE_CHARACTERS],
            "method": answered.method if answered.method in _METHODS else OTHER_METHOD,
            "status": answered.status,
            "bytes": answered.bytes,
        }

    def _note_full(self, bound: str, rows: int) -> None:
        if bound not in self._full:
            self._full.add(bound)
            logger.warning(
                "The technical log has taken %d requests %s today; what comes beyond is answered and not noted.",
                rows,
                bound,
            )

    def _note_failure(self, error: Exception) -> None:
        if not self._unwritable:
            self._unwritable = True
            logger.warning(
                "The technical log cannot be written (%s); requests are answered, and the latest %d of them wait.",
                type(getattr(error, "orig", None) or error).__name__,
                MAX_WAITING,
            )

    def _note_success(self) -> None:
        if self._unwritable:
            self._unwritable = False
            logger.warning("The technical log can be written again; %d requests are missing from it.", self._lost)


def canonical_address(text: str) -> str:
    """Return an IP address in its one usual form, or UNKNOWN_ADDRESS: a proxy's header may hold any text."""
    try:
        address = ipaddress.ip_address(text.strip().removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return UNKNOWN_ADDRESS
    return str(getattr(address, "ipv4_mapped", None) or address)
