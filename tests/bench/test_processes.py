"""Processes are measured rightly and never left behind."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.processes import MeasurementError, Processes, cpu_seconds, resident_bytes


def _alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        # A zombie that nobody has collected is dead as well.
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    return False


def _family(tmp_path: Path, processes: Processes) -> list[int]:
    """Start a process with a child that does not end when it is asked to, and return both ids."""
    child = (
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pathlib.Path('pids.part').write_text(f'{os.getppid()} {os.getpid()}')\n"
        "os.rename('pids.part', 'pids')\n"
        "time.sleep(120)\n"
    )
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    command = [sys.executable, "-c", program]
    processes.start(command, folder=tmp_path, environment=dict(os.environ), log=tmp_path / "log")
    deadline = time.monotonic() + 30
    while not (tmp_path / "pids").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(pid) for pid in (tmp_path / "pids").read_text().split()]


def test_a_process_and_its_children_end_with_the_block(tmp_path: Path) -> None:
    with Processes() as processes:
        pids = _family(tmp_path, processes)
        assert all(_alive(pid) for pid in pids)
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in pids)


def test_everything_ends_when_the_block_is_interrupted(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt), Processes() as processes:
        pids = _family(tmp_path, processes)
        raise KeyboardInterrupt
    assert pids
    assert not _alive(pids[0])


def test_run_returns_the_output_alone(tmp_path: Path) -> None:
    program = "import sys; sys.stderr.write('noise'); print(sys.stdin.read().upper())"
    with Processes() as processes:
        output = processes.run(
            [sys.executable, "-c", program],
            folder=tmp_path,
            environment=dict(os.environ),
            log=tmp_path / "x.log",
            text="höyry",
        )
    assert output.strip() == "HÖYRY"


def test_run_tells_what_a_failing_process_said(tmp_path: Path) -> None:
    with Processes() as processes, pytest.raises(MeasurementError, match="status 3(.|\n)*no such thing"):
        processes.run(
            [sys.executable, "-c", "import sys; sys.stderr.write('no such thing'); sys.exit(3)"],
            folder=tmp_path,
            environment=dict(os.environ),
            log=tmp_path / "x.log",
        )


def test_run_gives_up(tmp_path: Path) -> None:
    with Processes() as processes, pytest.raises(MeasurementError, match="not ready"):
        processes.run(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            folder=tmp_path,
            environment=dict(os.environ),
            log=tmp_path / "x.log",
            timeout=0.5,
        )


def _process(proc: Path, pid: int, parent: int, kilobytes: int | None) -> None:
    (proc / str(pid)).mkdir(parents=True)
    memory = "" if kilobytes is None else f"VmRSS:\t{kilobytes:8d} kB\n"
    (proc / str(pid) / "status").write_text(f"Name:\tx\nPid:\t{pid}\nPPid:\t{parent}\n{memory}Threads:\t1\n")


def test_memory_is_that_of_a_process_and_its_descendants(tmp_path: Path) -> None:
    # A grandchild with a smaller id than its parent, a process without memory, and a stranger.
    for pid, parent, kilobytes in ((10, 1, 100), (30, 10, 20), (5, 30, 3), (31, 10, None), (40, 1, 5000)):
        _process(tmp_path, pid, parent, kilobytes)
    (tmp_path / "cpuinfo").write_text("")
    assert resident_bytes(10, proc=tmp_path) == 123 * 1024


def test_memory_is_unknown_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert resident_bytes(10, proc=tmp_path / "missing") is None


def test_processor_time_is_that_of_a_process_and_its_descendants(tmp_path: Path) -> None:
    second = os.sysconf("SC_CLK_TCK")
    for pid, parent, name, user, system in ((10, 1, "a", 3, 1), (30, 10, "b) R (c", 2, 0), (40, 1, "d", 99, 9)):
        _process(tmp_path, pid, parent, 1)
        times = f"{user * second} {system * second}"
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 0 0 0 0 0 0 0 0 0 {times} 7 7 20 0 1\n")
    assert cpu_seconds(10, proc=tmp_path) == 6.0


def test_processor_time_is_unknown_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert cpu_seconds(10, proc=tmp_path / "missing") is None


@pytest.mark.parametrize("figure", [resident_bytes, cpu_seconds])
def test_a_process_that_ends_meanwhile_takes_no_figure_away(
    figure: Callable[..., float | None], tmp_path: Path
) -> None:
    _process(tmp_path, 10, 1, 1)
    (tmp_path / "10" / "stat").write_text("10 (a) S 1 0 0 0 0 0 0 0 0 0 100 0 7 7 20 0 1\n")
    (tmp_path / "11").mkdir()  # listed, and gone when it is read
    assert figure(10, proc=tmp_path) is not None
    assert figure(11, proc=tmp_path) is None
