"""`python -m bench.slow_phone`: how long a customer with a slow phone waits for the page and for the first answer."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.machine import describe, load_average
from bench.processes import MeasurementError, Processes
from bench.systems import LuotsiSystem, copy_of_luotsi
from luotsi.quiet import configure_logging
from tests.widget.conftest import ARGUMENTS, SYSTEM_CHROMIUM
from tests.widget.driver import ChatPage

LIMIT = 3.0
"""Seconds from sending the first question to its answer, beyond what the server needs."""

# The mobile profile of the audit program Lighthouse: a slow 4G connection and a processor of a quarter of the speed.
NETWORK = {
    "offline": False,
    "latency": 562.5,  # milliseconds added to each request
    "downloadThroughput": 1_474_560 / 8,  # bytes a second
    "uploadThroughput": 675_000 / 8,
}
_SLOWER_PROCESSOR = 4
_SCREEN = {"width": 360, "height": 740}
_QUESTIONS = {"fi": "mitä kansalaisuushakemus maksaa", "en": "what does a citizenship application cost"}


@dataclasses.dataclass(frozen=True)
class Waiting:
    """Seconds that a customer waited for the page, for the chat to begin and for the answer, and the server's part."""

    page: float
    start: float
    answer: float
    server: float
    received: int
    """Bytes that came over the network."""

    @property
    def beyond_server(self) -> float:
        """The waiting for the answer without the server's part."""
        return self.answer - self.server

    @property
    def in_all(self) -> float:
        """All the waiting until the first answer; in between people read and write."""
        return self.page + self.start + self.answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 0, 1 when nothing could be measured or the limit was missed."""
    options = _parser().parse_args(arguments)
    configure_logging(logging.ERROR)
    expect.set_options(timeout=60_000)
    print(describe(), flush=True)
    with tempfile.TemporaryDirectory(prefix="luotsi-phone-") as folder, Processes() as processes:
        system = LuotsiSystem(Path(folder) / "luotsi", processes)
        try:
            copy_of_luotsi(system.folder)
            system.take_model()
            system.start()
            measured = _measure(system, options.repetitions)
        except MeasurementError as error:
            sys.stderr.write(f"Nothing was measured: {error}\n")
            return 1
        finally:
            system.stop()
    print(report(measured))
    print(f"\nLoad average at the end: {load_average()}.")
    worst = max(_median(waits).beyond_server for waits in measured.values())
    if worst > LIMIT:
        sys.stderr.write(
            f"The first answer took {worst:.2f} s beyond the server's time; at most {LIMIT:g} s are meant.\n"
        )
        return 1
    return 0


def _measure(system: LuotsiSystem, repetitions: int) -> dict[str, list[Waiting]]:
    measured: dict[str, list[Waiting]] = {}
    with sync_playwright() as playwright:
        executable = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for language, question in _QUESTIONS.items():
            server = _server_seconds(system, language, question)
            measured[language] = [wait(browser, system.address, language, question, server) for _ in range(repetitions)]
        browser.close()
    return measured


def _server_seconds(system: LuotsiSystem, language: str, question: str) -> float:
    """Return how long the answer to a first question takes without a browser (the middle of five)."""
    return statistics.median(system.open(language).say(question) for _ in range(5)) / 1000


def wait(browser: Browser, address: str, language: str, question: str, server_seconds: float) -> Waiting:
    context = browser.new_context(viewport=_SCREEN, locale=language, reduced_motion="reduce")
    page = context.new_page()
    received = _slow_down(page)
    chat = ChatPage(page, address, language=language)
    begun = time.perf_counter()
    chat.open()
    expect(chat.start_button).to_be_enabled()
    opened = time.perf_counter()
    chat.start()
    started = time.perf_counter()
    chat.ask_and_wait(question, timeout_ms=60_000)
    answered = time.perf_counter()
    context.close()
    return Waiting(opened - begun, started - opened, answered - started, server_seconds, sum(received))


def _slow_down(page: Page) -> list[int]:
    """Give a page the slow connection and processor; the list fills with the bytes of each answer."""
    received: list[int] = []
    devtools = page.context.new_cdp_session(page)
    devtools.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", NETWORK)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER_PROCESSOR})
    return received


def _median(waits: Sequence[Waiting]) -> Waiting:
    """Return the run whose waiting was in the middle."""
    return sorted(waits, key=lambda waiting: waiting.in_all)[len(waits) // 2]


def report(measured: dict[str, list[Waiting]]) -> str:
    lines = [
        "",
        "| | page | start | first answer | beyond the server | in all | received |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for language, waits in measured.items():
        middle = _median(waits)
        seconds = (middle.page, middle.start, middle.answer, middle.beyond_server, middle.in_all)
        lines.append(
            f"| {language} | {' | '.join(f'{value:.2f} s' for value in seconds)} | {middle.received / 1000:.0f} kB |"
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.slow_phone", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="runs for each language (5)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
