"""Runs one system over the messages, in a process of its own, and takes its time and its memory."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.privacy.messages import Message
from bench.privacy.scoring import Found
from bench.privacy.systems import System, load
from bench.processes import Processes
from bench.tables import percentile
from luotsi.paths import ROOT

PASSES = 5
_ENOUGH_SECONDS = 15.0
_STATUS = Path("/proc/self/status")

# One message at a time, in one thread: what a second core would add is the same for all.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclasses.dataclass(frozen=True)
class Measured:
    """What a system masked, by message, and what it took.

    `p99_ms` is the time within which 99 of 100 messages are done. `added_mb` is the resident memory after all
    messages less that of the bare interpreter, None where the machine does not tell.
    """

    found: dict[str, list[Found]]
    messages_per_second: float
    p99_ms: float
    added_mb: float | None


def measure(
    make: Callable[[], System], messages: Sequence[Message], *, clock: Callable[[], float] = time.perf_counter
) -> Measured:
    """Load a system in this process and run it over the messages.

    The first pass gives what is masked and is not timed; the fastest of up to `PASSES` others gives the times.
    """
    before = _resident_mb()
    system = make()
    found = {message.id: system.found(message.text, system.run(message.text, message.language)) for message in messages}
    after = _resident_mb()
    fastest: list[float] = []
    began = clock()
    for _ in range(PASSES):
        seconds = []
        for message in messages:
            started = clock()
            system.run(message.text, message.language)
            seconds.append(clock() - started)
        if not fastest or sum(seconds) < sum(fastest):
            fastest = seconds
        if clock() - began > _ENOUGH_SECONDS:
            break
    return Measured(
        found,
        messages_per_second=len(messages) / sum(fastest),
        p99_ms=percentile(fastest, 0.99) * 1000,
        added_mb=None if before is None or after is None else after - before,
    )


def measure_apart(name: str, messages: Sequence[Message], processes: Processes, folder: Path) -> Measured:
    """Measure a system by its name in a new process, so that systems do not share memory or caches.

    Raises MeasurementError with the last words of the process when it fails.
    """
    said = processes.run(
        [sys.executable, "-m", "bench.privacy.measuring", name],
        folder=ROOT,
        environment={**os.environ, **_ONE_THREAD},
        log=folder / f"{name}.log",
        text=json.dumps([dataclasses.asdict(message) for message in messages]),
    )
    value = json.loads(said)
    found = {key: [Found(*part) for part in parts] for key, parts in value.pop("found").items()}
    return Measured(found, **value)


def _resident_mb() -> float | None:
    """Return the resident memory of this process, None where the machine does not tell."""
    gc.collect()
    if not _STATUS.exists():
        return None
    lines = _STATUS.read_text("utf-8").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), None)


def main() -> None:
    """Measure the system that the command line names on the messages from standard input."""
    messages = [Message(value["id"], value["language"], value["kind"], value["text"]) for value in json.load(sys.stdin)]
    measured = measure(lambda: load(sys.argv[1]), messages)
    found = {key: [dataclasses.astuple(part) for part in parts] for key, parts in measured.found.items()}
    sys.stdout.write(json.dumps({**dataclasses.asdict(measured), "found": found}))


if __name__ == "__main__":
    main()
