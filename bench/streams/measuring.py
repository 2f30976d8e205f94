"""One system under load."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, Protocol

import aiohttp

from bench.streams import load
from bench.streams.customers import Customer, StreamCustomer
from bench.streams.report import Figures, deliveries, post_times

# Shorter than the servers keep a connection on which nothing is asked.
_KEPT_SECONDS = 2.0


class Measured(Protocol):
    """What is needed of a system (bench.systems.System)."""

    name: str

    @property
    def address(self) -> str:
        """Return the server's address."""

    def memory(self) -> int | None:
        """Return the server's resident bytes."""

    def cpu_seconds(self) -> float | None:
        """Return the processor time that was used so far."""


@dataclasses.dataclass(frozen=True)
class Load:
    """How much is asked of a system: `rate` messages a second, and a stream is broken every `break_every` seconds."""

    streams: int
    rate: float
    seconds: float
    break_every: float
    seed: int = 0
    patience: load.Patience = load.Patience()


async def measure(system: Measured, kind: type[Customer], turns: Sequence[load.Turn], asked: Load) -> Figures:
    """Let customers of a kind send their messages to a system that runs.

    Raises MeasurementError when a conversation or its stream does not open.
    """
    errors: collections.Counter[str] = collections.Counter()
    at_start = system.memory()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS)
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        customers = [kind(http, system.address, errors) for _ in range(asked.streams)]
        listeners = [customer for customer in customers if isinstance(customer, StreamCustomer)]
        for listener in listeners:
            stack.push_async_callback(listener.close)
        await load.open_all(customers)
        opened = system.memory()
        began, used, own = time.perf_counter(), system.cpu_seconds(), time.process_time()
        async with _meanwhile(
            load.break_now_and_then(listeners, asked.patience, every=asked.break_every, seed=asked.seed)
        ):
            await load.talk(customers, turns, asked.patience)
        seconds, used_then, own_then = time.perf_counter() - began, system.cpu_seconds(), time.process_time()
        if listeners:
            await load.hear_out(listeners, asked.patience)
        return Figures(
            name=system.name,
            conversations=len(customers),
            sent=len(turns),
            seconds=seconds,
            posts=post_times(customers),
            deliveries=deliveries(listeners) if listeners else None,
            memory=(at_start, opened, system.memory()),
            cpu=(used_then - used) / seconds if used is not None and used_then is not None else None,
            load_cpu=(own_then - own) / seconds,
            errors=errors,
        )


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some work beside what is done inside; it ends with that, and what it raises is raised then."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
