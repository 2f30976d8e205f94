"""How often the service may be used: one abuser must not take it from the others, nor fill the disk.

A message and the opening of a conversation are turns; what only looks at a conversation or changes what is kept of it
is a reading. Turns are counted by conversation, by network and in all, openings once more by network and in all, and
readings by conversation and by network. A limit of N in a period lets N pass at once and then one every period/N (the
generic cell rate algorithm): N in each period in the long run, and never 2 N in any moving window of that length. So
whoever is refused waits for seconds or minutes, never for midnight, and a counter is one number however much it counts.

What a day can write: a turn takes about 9 kB in the database (docs/benchmarks.md), and all turns count against
`total_day`. With the default of 50,000 that is 450 MB a day in the long run, and less than 900 MB in the worst 24
hours, after a quiet day; of one network (10,000 a day) 90 and 180 MB. Feedback takes the place of earlier feedback. The
technical log has bounds of its own (components.storage.technical_log).
"""

from __future__ import annotations

import asyncio
import collections
import enum
import hashlib
import inspect
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis.asyncio  # type: ignore[import-untyped]
import redis.exceptions  # type: ignore[import-untyped]
from pyrate_limiter import GCRA, Duration, InMemoryStateStore, Rate, RedisStateStore, StateStore

from components.channels.texts import text
from components.settings import RateLimits, RedisServer

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")
_Clock = Callable[[], int]

_ALGORITHM = GCRA()
_KEY_PREFIX = "luotsi:rate:"
_REDIS_TIMEOUT_SECONDS = 0.5
# Nobody waits for a server that was away a moment ago.
_REDIS_PAUSE_MS = 5_000
_SWEEP_MS = 60_000
_MAX_COUNTERS = 200_000  # in memory, about 700 bytes each
_UNITS = (("hours", 3600), ("minutes", 60), ("seconds", 1))


class Kind(enum.Enum):
    """What is asked for.

    MESSAGE: a message of a customer. OPENING: a new conversation, which is a turn as well. READING: the transcript, a
    stream, feedback, what is stored, deleting it.
    """

    MESSAGE = "message"
    OPENING = "opening"
    READING = "reading"


class TooManyRequestsError(Exception):
    """A limit is reached; nothing was counted.

    retry_after_seconds: after so many seconds, at least one, the same request would be let through if nobody else came.
    """

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"too many requests: try again in {retry_after_seconds} seconds")
        self.retry_after_seconds = retry_after_seconds


class Limits:
    """Counts what is asked for, and refuses what is too much.

    redis_server: where all servers count together (components.settings.redis_server); without it, and while it is away,
        each process counts in its own memory.
    clock: milliseconds, instead of the machine's clocks.
    """

    def __init__(
        self, settings: RateLimits, *, redis_server: RedisServer | None = None, clock: _Clock | None = None
    ) -> None:
        minute, hour, day = Duration.MINUTE, Duration.HOUR, Duration.DAY
        total = [Rate(settings.total_minute, minute), Rate(settings.total_day, day)]
        network = [Rate(settings.network_minute, minute), Rate(settings.network_day, day)]
        conversation = [Rate(settings.conversation_minute, minute), Rate(settings.conversation_day, day)]
        openings = [Rate(settings.opening_network_minute, minute), Rate(settings.opening_network_hour, hour)]
        self._by_conversation: dict[Kind, dict[str, list[Rate]]] = {
            Kind.MESSAGE: {"conversation": conversation},
            Kind.OPENING: {},
            Kind.READING: {"reading-conversation": [Rate(settings.reading_conversation_minute, minute)]},
        }
        self._by_network: dict[Kind, dict[str, list[Rate]]] = {
            Kind.MESSAGE: {"network": network},
            Kind.OPENING: {"network": network, "opening-network": openings},
            Kind.READING: {"reading-network": [Rate(settings.reading_network_minute, minute)]},
        }
        self._in_all: dict[Kind, dict[str, list[Rate]]] = {
            Kind.MESSAGE: {"total": total},
            Kind.OPENING: {"total": total, "opening-total": [Rate(settings.opening_total_hour, hour)]},
            Kind.READING: {},
        }
        self._memory = _Memory(clock or _monotonic)
        self._redis = _Redis(redis_server, clock or _wall) if redis_server is not None else None

    async def check(self, kind: Kind, *, conversation: str | None, network: str | None) -> None:
        """Count a request, or raise TooManyRequestsError without counting it.

        conversation: its sender id, None before there is one. network: the pseudonym of the network that the request
        came from (components.privacy.pseudonyms.network_pseudonym), None where a platform stands between.
        """
        counters = dict(self._in_all[kind])
        for who, rates in ((conversation, self._by_conversation[kind]), (network, self._by_network[kind])):
            if who is not None:
                counters.update({f"{name}:{_digest(who)}": limits for name, limits in rates.items()})
        wait = await self._redis.take(counters) if self._redis is not None else None
        if wait is None:
            wait = await self._memory.take(counters)
        if wait > 0:
            raise TooManyRequestsError(math.ceil(wait / 1000))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.close()


class _Memory:
    """The counters of this process."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._counters: collections.OrderedDict[str, tuple[StateStore, list[Rate]]] = collections.OrderedDict()
        self._swept = 0

    async def take(self, counters: dict[str, list[Rate]]) -> int:
        """Count and return 0, or return after how many milliseconds it may be tried again."""
        now = self._clock()
        if now - self._swept >= _SWEEP_MS:
            await self._sweep(now)
        used = {key: self._counters.get(key) or (InMemoryStateStore(), rates) for key, rates in counters.items()}
        wait = await _take(list(used.values()), now)
        # Who is refused leaves nothing behind.
        if wait == 0:
            for key, counter in used.items():
                self._counters[key] = counter
                self._counters.move_to_end(key)
            while len(self._counters) > _MAX_COUNTERS:
                self._counters.popitem(last=False)
        return wait

    async def _sweep(self, now: int) -> None:
        """Forget the counters that hold nobody back any more."""
        self._swept = now
        for key, (store, rates) in list(self._counters.items()):
            if max(await _resolved(store.read(_ALGORITHM, rates))) <= now * 1000:
                del self._counters[key]


class _Redis:
    """The counters that all servers share. Each is gone a day after it was last used, at the latest."""

    def __init__(self, server: RedisServer, clock: _Clock) -> None:
        self._server = server
        self._clock = clock
        self._client: Any = None
        self._lock = asyncio.Lock()
        self._away_until: int | None = None

    async def take(self, counters: dict[str, list[Rate]]) -> int | None:
        """Do what _Memory.take does; None when the server is away, which is logged once.

        Looking and counting are two steps, one request at a time in this process. When two servers count at the very
        same moment, neither lets through more than the limit, but the one that is refused may have counted.
        """
        async with self._lock:
            if self._away_until is not None and _monotonic() < self._away_until:
                return None
            used = [(self._counter(key, rates), rates) for key, rates in counters.items()]
            try:
                wait = await _take(used, self._clock())
            except (redis.exceptions.RedisError, OSError, asyncio.TimeoutError) as error:
                if self._away_until is None:
                    # Only the kind: the text may hold the server's address.
                    logger.error(
                        "Requests cannot be counted in the lock store (%s); each server process counts its own.",
                        type(error).__name__,
                    )
                self._away_until = _monotonic() + _REDIS_PAUSE_MS
                return None
            if self._away_until is not None:
                self._away_until = None
                logger.warning("Requests are counted in the lock store again.")
            return wait

    def _counter(self, key: str, rates: list[Rate]) -> StateStore:
        if self._client is None:
            # Made here, where the event loop runs.
            self._client = redis.asyncio.Redis(
                host=self._server.host,
                port=self._server.port,
                password=self._server.password or None,
                socket_timeout=_REDIS_TIMEOUT_SECONDS,
                socket_connect_timeout=_REDIS_TIMEOUT_SECONDS,
            )
        # After the longest of its periods a counter holds nobody back.
        lifetime = max(rate.interval for rate in rates)
        return RedisStateStore(self._client, _KEY_PREFIX + key, ttl_ms=lifetime)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


async def _take(counters: Sequence[tuple[StateStore, list[Rate]]], now: int) -> int:
    """Count in all of the counters and return 0, or in none of them and return the longest of the waiting times."""
    waits = [_wait(rates, await _resolved(store.read(_ALGORITHM, rates)), now) for store, rates in counters]
    if max(waits) == 0:
        decisions = [await _resolved(store.check(_ALGORITHM, rates, now, 1)) for store, rates in counters]
        waits = [0 if decision.allowed else decision.retry_after_ms or 1 for decision in decisions]
    return max(waits)


def _wait(rates: list[Rate], state: Iterable[float], now: int) -> int:
    """Return the longest waiting time of a counter: the first limit to be reached is not the last to be free."""
    decisions = [_ALGORITHM.step([rate], (value,), now, 1)[1] for rate, value in zip(rates, state, strict=True)]
    return max(0 if decision.allowed else decision.retry_after_ms or 1 for decision in decisions)


async def _resolved(result: _Result | Awaitable[_Result]) -> _Result:
    if inspect.isawaitable(result):
        return await result
    return result


def _digest(who: str) -> str:
    # Not a secret: both kinds are pseudonyms already. It keeps sender ids out of another store.
    return hashlib.sha256(who.encode()).hexdigest()[:32]


def _monotonic() -> int:
    return time.monotonic_ns() // 1_000_000


def _wall() -> int:
    return time.time_ns() // 1_000_000


def waiting_time(seconds: int, language: str | None) -> str:
    """Return a waiting time of at least a second in words, rounded up to whole minutes or hours: "3 minutes"."""
    name, unit = next((name, unit) for name, unit in _UNITS if seconds >= unit)
    count = math.ceil(seconds / unit)
    return text(f"{name}_{min(count, 2)}", language, count=count)
