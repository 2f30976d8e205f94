"""`python -m bench`: measures Luotsi beside stock Rasa and prints what it finds."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import bench_store, fresh, load, stock, understanding
from bench.content import responses, topic_examples
from bench.machine import describe, interrupt, load_average, megabytes
from bench.processes import MeasurementError, Processes
from bench.questions import Variations
from bench.systems import LuotsiSystem, StockSystem, System, copy_of_luotsi
from bench.tables import around, number, percentile, table, target_table, targets
from components.content.catalogue import ContentError, load_catalogue
from luotsi.cross_validation import built_intents, cross_validate, training_questions
from luotsi.evaluation import Question, read_questions
from luotsi.paths import FAQ
from luotsi.quiet import configure_logging

MESSAGES = 200
EARLY_TURN, LATE_TURN = 5, 300
USERS = 4
SECONDS = 20.0
FOLDS = 5
_SEED = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns 0, 1 when something could not be measured, 2 for a bad file, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    asked: list[Question] = []
    if options.questions is not None:
        try:
            asked = read_questions(options.questions)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
    configure_logging(logging.ERROR)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="luotsi-bench-") as folder, Processes() as processes:
            try:
                return Benchmark(Path(folder), processes).run(asked, quick=options.quick, from_nothing=options.fresh)
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


class Benchmark:
    """One run; `figures` holds what was measured, by the names that the targets use."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.figures: dict[str, float | None] = {}
        self._folder = folder
        self._processes = processes
        self._luotsi = LuotsiSystem(folder / "luotsi", processes)
        self._stock = StockSystem(folder / "stock", processes)
        self._systems: tuple[System, ...] = (self._luotsi, self._stock)
        self._rows: list[list[str]] = []
        self._failed: list[str] = []
        self._began = time.monotonic()

    def run(self, asked: Sequence[Question], *, quick: bool, from_nothing: bool) -> int:
        """Measure everything that was asked for."""
        _print_machine()
        trained = self._attempt("training", self._train)
        if trained:
            self._attempt("serving", self._serve)
        if self._rows:
            print("\n" + table(["", *(system.name for system in self._systems)], self._rows))
        self._attempt("store", self._store)
        if not quick:
            self._attempt("cross-validation", self._cross_validate)
        if asked and trained:
            self._attempt("questions", lambda: self._ask(asked))
        if from_nothing:
            self._attempt("fresh set-up", self._start_from_nothing)
        print("\n" + target_table(targets(fresh=from_nothing, questions=bool(asked)), self.figures))
        print(f"\nLoad average at the end: {load_average()}. Took {(time.monotonic() - self._began) / 60:.0f} minutes.")
        if self._failed:
            sys.stderr.write(f"Not measured: {', '.join(self._failed)}.\n")
        return 1 if self._failed else 0

    def _attempt(self, name: str, measurement: Callable[[], None]) -> bool:
        try:
            measurement()
        except MeasurementError as error:
            sys.stderr.write(f"{name}: {error}\n")
        except Exception:  # the other measurements are worth having all the same
            traceback.print_exc()
        else:
            return True
        self._failed.append(name)
        return False

    def _progress(self, step: str) -> None:
        print(f"… {time.monotonic() - self._began:5.0f} s  {step}", flush=True)

    def _row(self, label: str, values: Sequence[float | None], digits: int = 0) -> None:
        self._rows.append([label, *(number(value, digits) for value in values)])

    def _train(self) -> None:
        questions = training_questions()
        self._progress(f"making a stock project of {len({item.intent for item in questions})} intents")
        copy_of_luotsi(self._luotsi.folder)
        stock.write_project(self._stock.folder, [(item.intent, item.text) for item in questions], responses())
        seconds = []
        for system in self._systems:
            self._progress(f"training: {system.name} (about a minute)")
            seconds.append(system.train())
        self.figures["training_seconds"] = seconds[0]
        self._row("training, s", seconds, 1)

    def _serve(self) -> None:
        try:
            self._start()
            self._talk()
        finally:
            for system in self._systems:
                system.stop()
        # Measured when the servers have written everything and have closed their files.
        self._row(
            "database, bytes a turn",
            [
                (system.database_bytes() - before) / system.turns
                for system, before in zip(self._systems, self._empty, strict=True)
            ],
        )

    def _start(self) -> None:
        seconds = []
        for system in self._systems:
            self._progress(f"starting: {system.name}, twice (the first start fills the caches)")
            system.start()
            system.stop()
            seconds.append(system.start())
        self.figures["start_seconds"] = seconds[0]
        self._row("warm start, s", seconds, 1)
        self._memory_row("memory after the start, MB")
        self._empty = [system.database_bytes() for system in self._systems]

    def _talk(self) -> None:
        variations = Variations(topic_examples(), seed=_SEED)
        short = load.reply_times(self._systems, variations, messages=MESSAGES, progress=self._progress)
        for share, name in ((0.50, "p50"), (0.95, "p95")):
            values = [percentile(short[system.name], share) for system in self._systems]
            self.figures[f"reply_{name}"] = values[0]
            self._row(f"reply {name}, one customer, ms", values, 1)

        long = load.long_conversation(self._systems, variations, turns=LATE_TURN + 2, progress=self._progress)
        early = [around(long[system.name], EARLY_TURN) for system in self._systems]
        late = [around(long[system.name], LATE_TURN) for system in self._systems]
        ratios = [after / before for before, after in zip(early, late, strict=True)]
        self.figures["turn_ratio"] = ratios[0]
        self._row(f"reply at turn {EARLY_TURN}, ms", early, 1)
        self._row(f"reply at turn {LATE_TURN}, ms", late, 1)
        self._row(f"turn {LATE_TURN} / turn {EARLY_TURN}", ratios, 2)

        rates = []
        for system in self._systems:
            self._progress(f"{USERS} customers at once for {SECONDS:.0f} s: {system.name}")
            rates.append(load.throughput(system, variations, users=USERS, seconds=SECONDS))
        self._row(f"messages a second, {USERS} customers", rates, 1)
        self._memory_row("memory after the run, MB")
        self._row("action server's memory, MB", [megabytes(system.actions_memory()) for system in self._systems])

    def _memory_row(self, label: str) -> None:
        self._row(label, [megabytes(system.memory()) for system in self._systems])

    def _store(self) -> None:
        self._progress("the store alone")
        print()
        if bench_store.main([]) != 0:
            raise MeasurementError("the store could not be measured")

    def _cross_validate(self) -> None:
        outcomes = cross_validate(folds=FOLDS, progress=lambda step: self._progress(f"cross-validation: {step}"))
        print(f"\nUnderstanding, {FOLDS}-fold cross-validation of the training examples\n")
        print(understanding.figures_table({self._luotsi.name: understanding.by_language(outcomes)}))

    def _ask(self, asked: Sequence[Question]) -> None:
        known = set(built_intents())
        questions = [question for question in asked if question.intent in known]
        measured = {}
        for system in self._systems:
            self._progress(f"{len(questions)} questions: {system.name}")
            parsed = system.parse(question.text for question in questions)
            outcomes = understanding.outcomes(questions, parsed, stock=system is self._stock)
            measured[system.name] = understanding.by_language(outcomes)
        for language, found in measured[self._luotsi.name].items():
            for name in ("top_1", "top_3", "confidently_wrong", "refused"):
                self.figures[f"{language}_{name}"] = getattr(found, name)
        left_out = len(asked) - len(questions)
        print(f"\nUnderstanding, {len(questions)} questions of the file ({left_out} on unknown intents left out)\n")
        print(understanding.figures_table(measured))

    def _start_from_nothing(self) -> None:
        steps = fresh.first_answer(self._folder, self._processes, progress=self._progress)
        self.figures["fresh_seconds"] = sum(steps.values())
        rows = [[name, number(seconds, 1)] for name, seconds in {**steps, "in all": sum(steps.values())}.items()]
        print("\n" + table(["fresh set-up", "s"], rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Luotsi beside stock Rasa.")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="tab-separated: lang, intent, text")
    parser.add_argument("--quick", action="store_true", help="leave out the cross-validation")
    parser.add_argument("--fresh", action="store_true", help="also set up a new clone until its first answer")
    return parser


def _print_machine() -> None:
    catalogue = load_catalogue(FAQ)
    questions = training_questions()
    print(describe())
    print(
        f"{len(catalogue)} topics, {len({item.intent for item in questions})} intents, {len(questions)} examples",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
