"""`python -m bench.streams`: many conversations with open event streams, beside stock Rasa."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import stock
from bench.content import responses, topic_examples
from bench.machine import allow_connections, describe, interrupt, load_average
from bench.processes import MeasurementError, Processes
from bench.questions import Variations
from bench.streams import load
from bench.streams.customers import Customer, RestCustomer, StreamCustomer
from bench.streams.measuring import Load, measure
from bench.streams.report import Figures, report
from bench.systems import LuotsiSystem, StockSystem, System, copy_of_luotsi
from components.content.catalogue import ContentError
from luotsi.cross_validation import training_questions
from luotsi.paths import ROOT
from luotsi.quiet import configure_logging

RESULTS = ROOT / "results" / "streams.json"
_SEED = 21
_WARMING_TURNS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 0, 1 when nothing could be measured or a stream was at fault, 2 or 130 (Ctrl-C)."""
    options = _parser().parse_args(arguments)
    asked = Load(options.streams, options.rate, options.seconds, options.break_every, _SEED)
    try:
        # A stream and a request of each conversation.
        allow_connections(2 * asked.streams)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logging(logging.ERROR)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="luotsi-streams-") as folder, Processes() as processes:
            try:
                run = _Run(Path(folder), processes, asked)
                failed = run.measure(with_stock=not options.without_stock)
            finally:
                # A second Ctrl-C must not leave processes or files behind.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except ContentError as error:
        sys.stderr.write(f"The content has problems; nothing was measured.\n{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; everything that was started and written is gone.\n")
        return 130
    if run.measured:
        print(f"\n{report(run.measured, asked_rate=asked.rate)}\n\nLoad average at the end: {load_average()}.")
        _write(options.json, asked, run.measured)
    if failed is not None:
        sys.stderr.write(f"Not everything was measured: {failed}\n")
        return 1
    if any(figures.deliveries is not None and not figures.deliveries.verdict.is_faultless for figures in run.measured):
        sys.stderr.write("The streams did not bring every message once and in order.\n")
        return 1
    return 0


class _Run:
    def __init__(self, folder: Path, processes: Processes, asked: Load) -> None:
        self.measured: list[Figures] = []
        self._asked = asked
        self._luotsi = LuotsiSystem(folder / "luotsi", processes)
        self._stock = StockSystem(folder / "stock", processes)
        self._questions = Variations(topic_examples(), seed=_SEED)
        self._began = time.monotonic()

    def measure(self, *, with_stock: bool) -> MeasurementError | None:
        """Measure the systems one after the other; return what kept it from the rest."""
        try:
            print(describe(), flush=True)
            turns = load.schedule(
                self._questions,
                conversations=self._asked.streams,
                rate=self._asked.rate,
                seconds=self._asked.seconds,
                seed=self._asked.seed,
            )
            self._progress("Luotsi: taking the model")
            copy_of_luotsi(self._luotsi.folder)
            self._luotsi.take_model()
            self.measured.append(self._loaded(self._luotsi, StreamCustomer, turns))
            if with_stock:
                self._train_stock()
                self.measured.append(self._loaded(self._stock, RestCustomer, turns))
        except MeasurementError as error:
            return error
        return None

    def _train_stock(self) -> None:
        self._progress("stock Rasa: training (some minutes)")
        examples = [(question.intent, question.text) for question in training_questions()]
        stock.write_project(self._stock.folder, examples, responses())
        self._stock.train()

    def _loaded(self, system: System, kind: type[Customer], turns: Sequence[load.Turn]) -> Figures:
        self._progress(f"{system.name}: starting")
        system.start()
        try:
            for language in load.LANGUAGES:
                conversation = system.open(language)
                for _ in range(_WARMING_TURNS):
                    conversation.say(self._questions.next(language))
            asked = self._asked
            self._progress(
                f"{system.name}: {asked.streams} conversations, {asked.rate:g} messages a second, {asked.seconds:g} s"
            )
            return asyncio.run(measure(system, kind, turns, asked))
        finally:
            system.stop()

    def _progress(self, step: str) -> None:
        print(f"… {time.monotonic() - self._began:5.0f} s  {step}", flush=True)


def _write(path: Path, asked: Load, measured: Sequence[Figures]) -> None:
    document = {
        "made_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "asked": dataclasses.asdict(asked),
        "systems": {figures.name: figures.as_json() for figures in measured},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {path}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument("--streams", type=_count, default=300, metavar="N", help="conversations, each with a stream")
    parser.add_argument("--rate", type=_positive, default=30.0, metavar="N", help="messages a second, in all")
    parser.add_argument("--seconds", type=_positive, default=300.0, metavar="N", help="how long messages are sent")
    parser.add_argument(
        "--break-every", type=_positive, default=1.0, metavar="SECONDS", help="how often a stream is broken on purpose"
    )
    parser.add_argument("--without-stock", action="store_true", help="measure Luotsi only")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the figures are written")
    return parser


def _positive(value: str) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{value} is not more than 0")
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
