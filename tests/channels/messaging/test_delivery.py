"""A platform in trouble is asked again, patiently but not for ever, and nothing of a message is logged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from components.channels.messaging.delivery import PATIENCE_SECONDS, deliver
from components.channels.messaging.platform import DeliveryError, GoneError, Platform, RefusedError, TryAgainError
from components.channels.messaging.rendering import Part

ADDRESS = "700300101"
PARTS = [Part("first words"), Part("second words")]


class Telegraph:
    """A platform that fails as it was told to, one error for each attempt, and a clock that sleeping moves on."""

    name = "telegraph"

    def __init__(self, *errors: DeliveryError | None, always: DeliveryError | None = None) -> None:
        self._errors = list(errors)
        self._always = always
        self.sent: list[str] = []
        self.attempts = 0
        self.slept: list[float] = []

    async def send(self, session: ClientSession, address: str, parts: Sequence[Part]) -> None:
        assert address == ADDRESS
        self.attempts += 1
        error = self._errors.pop(0) if self._errors else self._always
        if error is not None:
            raise error
        self.sent.extend(part.text for part in parts)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def deliver(self) -> None:
        await deliver(
            cast("Platform", self),
            cast("Any", None),
            ADDRESS,
            PARTS,
            sleep=self.sleep,
            clock=lambda: sum(self.slept),
        )


async def test_all_parts_are_sent_in_order() -> None:
    platform = Telegraph()
    await platform.deliver()
    assert platform.sent == ["first words", "second words"]


async def test_what_arrived_is_not_sent_again() -> None:
    platform = Telegraph(None, TryAgainError(), TryAgainError(), None)
    await platform.deliver()
    assert platform.sent == ["first words", "second words"]


async def test_waits_get_longer_and_are_not_the_same() -> None:
    platform = Telegraph(*[TryAgainError()] * 5)
    await platform.deliver()
    for attempt, wait in enumerate(platform.slept):
        assert 0.5 * 2**attempt <= wait <= 2**attempt
    again = Telegraph(*[TryAgainError()] * 5)
    await again.deliver()
    assert platform.slept != again.slept


async def test_a_platforms_own_waiting_time_is_kept() -> None:
    platform = Telegraph(TryAgainError(37.0))
    await platform.deliver()
    assert 37 <= platform.slept[0] <= 38


async def test_at_last_it_is_given_up_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    platform = Telegraph(always=TryAgainError())
    with pytest.raises(TryAgainError):
        await platform.deliver()
    assert PATIENCE_SECONDS - 60 < sum(platform.slept) <= PATIENCE_SECONDS
    assert platform.attempts < 20
    (record,) = caplog.records
    assert "given up" in record.getMessage()
    assert ADDRESS not in caplog.text
    assert "words" not in caplog.text


async def test_a_wait_that_is_longer_than_patience_is_not_waited_for() -> None:
    platform = Telegraph(TryAgainError(3600.0))
    with pytest.raises(TryAgainError):
        await platform.deliver()
    assert platform.slept == []


@pytest.mark.parametrize("error", [GoneError(), RefusedError(400)], ids=["gone", "refused"])
async def test_what_will_never_arrive_is_given_up_at_once(
    error: DeliveryError, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    platform = Telegraph(error)
    with pytest.raises(type(error)):
        await platform.deliver()
    assert platform.attempts == 1
    assert len(caplog.records) == 1
    assert ADDRESS not in caplog.text
