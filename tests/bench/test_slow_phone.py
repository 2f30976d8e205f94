"""The slow phone is slow, and what its customer waits is put together rightly."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.sync_api import Browser

from bench import slow_phone
from bench.slow_phone import Waiting
from tests.widget.conftest import browser, service
from tests.widget.service import ChatService

__all__ = ["browser", "service"]

WAITING = Waiting(page=2.0, start=0.6, answer=0.7, server=0.1, received=40_000)


def test_a_slow_phone_waits_for_the_network_at_every_step(browser: Browser, service: ChatService) -> None:
    waiting = slow_phone.wait(browser, service.url, "fi", "mitä kortti maksaa", server_seconds=0.0)

    delay = slow_phone.NETWORK["latency"] / 1000
    assert waiting.page > delay
    assert waiting.start > delay
    assert waiting.answer > delay
    assert waiting.received > 10_000


def test_the_server_s_part_is_not_the_phone_s() -> None:
    assert WAITING.beyond_server == pytest.approx(0.6)
    assert WAITING.in_all == pytest.approx(3.3)


def test_the_run_in_the_middle_is_reported() -> None:
    waits = [dataclasses.replace(WAITING, page=page) for page in (9.0, 2.0, 1.0)]

    (line,) = [line for line in slow_phone.report({"fi": waits}).splitlines() if line.startswith("| fi")]

    assert line == "| fi | 2.00 s | 0.60 s | 0.70 s | 0.60 s | 3.30 s | 40 kB |"
