"""Processes that are started, watched and always stopped again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.1
_SHOWN_CHARACTERS = 3000
_PROC = Path("/proc")


class MeasurementError(RuntimeError):
    """Something could not be measured; the message says what and what the process said last."""


class Processes:
    """Child processes, each in a process group of its own; none of them outlives `close`."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a process whose output is appended to `log`."""
        with log.open("ab") as output:
            return self._spawn(command, folder, environment, subprocess.DEVNULL, output, subprocess.STDOUT)

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        text: str = "",
        timeout: float = 3600,
    ) -> str:
        """Run a process to its end with `text` as its input, and return its output; errors go to `log`.

        Raises MeasurementError when it fails or takes more than `timeout` seconds.
        """
        given, said = log.with_suffix(".in"), log.with_suffix(".out")
        given.write_text(text, encoding="utf-8")
        with given.open("rb") as source, said.open("wb") as output, log.open("ab") as errors:
            process = self._spawn(command, folder, environment, source, output, errors)
        shown = " ".join(Path(word).name for word in command[:4])
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise MeasurementError(f"`{shown} …` was not ready after {timeout:.0f} s\n{tail(log)}") from error
        finally:
            self.stop(process)
        if status != 0:
            raise MeasurementError(f"`{shown} …` ended with status {status}\n{tail(said)}\n{tail(log)}".rstrip())
        return said.read_text(encoding="utf-8")

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a process and everything that it started."""
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait(_STOP_SECONDS)
        # What it left behind in its group.
        _signal(process, signal.SIGKILL)
        if process in self._running:
            self._running.remove(process)

    def close(self) -> None:
        """Stop everything that still runs."""
        for process in self._running:
            if process.poll() is None:
                _signal(process, signal.SIGTERM)
        for process in list(self._running):
            self.stop(process)

    def _spawn(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        source: Any,
        output: Any,
        errors: Any,
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=source,
            stdout=output,
            stderr=errors,
            # Ctrl-C then reaches this process alone, and it decides in which order everything ends.
            start_new_session=True,
        )
        self._running.append(process)
        return process


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path, *, timeout: float = 300) -> None:
    """Wait until a GET of `url` gives 200.

    Raises MeasurementError when the process ends or `timeout` seconds pass first.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if send("GET", url, timeout=2)[0] == 200:
                return
        if process.poll() is not None:
            raise MeasurementError(f"a server ended while it started (status {process.returncode})\n{tail(log)}")
        time.sleep(_POLL_SECONDS)
    raise MeasurementError(f"a server was not healthy after {timeout:.0f} s\n{tail(log)}")


def send(
    method: str, url: str, body: object = None, *, token: str | None = None, timeout: float = 60
) -> tuple[int, bytes]:
    """Send a request with a JSON body and return (status, body); error statuses are answers too.

    Raises OSError when there is no answer.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method, headers={"Content-Type": "application/json"})
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def free_port() -> int:
    """Return a loopback port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_bytes(pid: int, *, proc: Path = _PROC) -> int | None:
    """Return the resident memory of a process and its descendants, or None where the system does not tell."""
    try:
        return sum(_resident(status) for status in _family(pid, proc).values())
    except OSError:
        return None


def cpu_seconds(pid: int, *, proc: Path = _PROC) -> float | None:
    """Return the processor time of a process and its descendants, or None where the system does not tell."""
    try:
        members = _family(pid, proc)
    except OSError:
        return None
    return sum(_ticks(_read(proc / str(member) / "stat")) for member in members) / os.sysconf("SC_CLK_TCK")


def tail(log: Path) -> str:
    """Return the end of a log."""
    return log.read_text("utf-8", errors="replace")[-_SHOWN_CHARACTERS:] if log.exists() else ""


def _family(pid: int, proc: Path) -> dict[int, str]:
    """Return the status of a process and of its descendants; raises OSError when the process is not there."""
    statuses = {int(path.name): _read(path / "status") for path in proc.iterdir() if path.name.isdigit()}
    parents = {member: _parent(status) for member, status in statuses.items()}
    family = {pid}
    while added := {child for child, parent in parents.items() if parent in family} - family:
        family |= added
    if not statuses.get(pid):
        raise ProcessLookupError(pid)
    return {member: statuses[member] for member in family}


def _read(path: Path) -> str:
    # Other processes end at any time, also between two looks.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return path.read_text("utf-8", errors="replace")
    return ""


def _ticks(stat: str) -> int:
    # Fields 14 and 15 (user and system time). The name, field 2, may hold spaces and brackets.
    fields = stat.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:13])


def _parent(status: str) -> int:
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:")), 0)


def _resident(status: str) -> int:
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
