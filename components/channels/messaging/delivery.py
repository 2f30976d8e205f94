"""Delivering: a platform that is away or busy is asked again for some minutes, and then not any more."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from components.channels.messaging.platform import DeliveryError, Platform, TryAgainError
from components.channels.messaging.rendering import Part

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 300.0
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0

Sleep = Callable[[float], Awaitable[None]]


async def deliver(
    platform: Platform,
    session: aiohttp.ClientSession,
    address: str,
    parts: Sequence[Part],
    *,
    patience: float = PATIENCE_SECONDS,
    sleep: Sleep = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send the parts one after the other; what arrived is not sent again when a later one needs another attempt.

    Waits after TryAgainError: as long as the platform asks for, else twice as long each time, with chance in it so that
    many conversations do not come back at the same moment. Raises the last TryAgainError when more than `patience`
    seconds would pass in all, and GoneError or RefusedError at once. Nothing that fails is logged with an address or a
    word of the message.
    """
    deadline = clock() + patience
    for part in parts:
        attempt = 0
        while True:
            try:
                await platform.send(session, address, [part])
                break
            except TryAgainError as error:
                wait = _wait(attempt, error.after)
                if clock() + wait > deadline:
                    logger.warning("The channel %s did not take an answer in time; it was given up.", platform.name)
                    raise
                attempt += 1
                await sleep(wait)
            except DeliveryError as error:
                logger.info("The channel %s refused an answer (%s).", platform.name, type(error).__name__)
                raise


def _wait(attempt: int, asked: float | None) -> float:
    usual = min(FIRST_WAIT_SECONDS * 2.0**attempt, LONGEST_WAIT_SECONDS)
    # Not for secrets: only to spread attempts in time.
    chance = random.random()  # noqa: S311
    return asked + chance if asked is not None else usual * (0.5 + chance / 2)
