"""The two assistants that are compared, each trained and started as its users would do it."""

from __future__ import annotations

import abc
import dataclasses
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench import stock
from bench.processes import (
    MeasurementError,
    Processes,
    cpu_seconds,
    free_port,
    resident_bytes,
    send,
    wait_until_healthy,
)
from components.settings import RateLimits
from luotsi.paths import MODELS, ROOT

_NOT_NEEDED = frozenset({"models", "tests", "docs", "bench", "deploy"})
# The load comes from one address, as it never does from customers.
_WIDE_LIMITS = {f"LUOTSI_RATE_{field.name.upper()}": "1000000" for field in dataclasses.fields(RateLimits)}
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.sqlite*", "*.egg-info")


class Conversation(abc.ABC):
    """One customer's conversation; it is open when it has been created."""

    def __init__(self, system: System) -> None:
        self._system = system

    def say(self, text: str) -> float:
        """Send a message and return the milliseconds until its answer was there.

        Raises MeasurementError when there is no answer.
        """
        started = time.perf_counter()
        try:
            status, body = self._send(text)
        except OSError as error:
            raise MeasurementError(f"{self._system.name} did not answer: {error}") from error
        took = (time.perf_counter() - started) * 1000
        if status != 200 or not self._messages(body):
            raise MeasurementError(f"{self._system.name} gave no answer (status {status}): {body[:500]!r}")
        self._system.count_turn()
        return took

    @abc.abstractmethod
    def _send(self, text: str) -> tuple[int, bytes]: ...

    @abc.abstractmethod
    def _messages(self, body: bytes) -> list[Any]: ...


class System(abc.ABC):
    """An assistant in a folder of its own, on free loopback ports."""

    name: str

    def __init__(self, folder: Path, processes: Processes, *, python: str = sys.executable) -> None:
        self.folder = folder
        self.turns = 0
        self._python = python
        self._processes = processes
        self._logs = folder.with_name(f"{folder.name}-logs")
        self._logs.mkdir(parents=True, exist_ok=True)
        self._running: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._port = free_port()
        self._environment = environment()

    @property
    def address(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    @abc.abstractmethod
    def model(self) -> Path:
        """Return where the trained model is."""

    @property
    @abc.abstractmethod
    def _database(self) -> Path: ...

    @abc.abstractmethod
    def train(self) -> float:
        """Train the model and return the seconds it took, from the command's start to its end."""

    @abc.abstractmethod
    def start(self) -> float:
        """Start the server and return the seconds until it was healthy."""

    @abc.abstractmethod
    def open(self, language: str) -> Conversation:
        """Open a conversation."""

    @abc.abstractmethod
    def parse(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        """Return {"intent", "ranking": [intent, …]} of each text with the trained model."""

    def stop(self) -> None:
        """Stop what `start` started."""
        for process in reversed(self._running):
            self._processes.stop(process)
        self._running.clear()

    def memory(self) -> int | None:
        """Return the server's resident bytes."""
        return resident_bytes(self._running[-1].pid)

    def actions_memory(self) -> int | None:
        """Return the action server's resident bytes, or None when there is none."""
        return None

    def cpu_seconds(self) -> float | None:
        """Return the processor time that the server, and its action server where there is one, have used so far."""
        spent = [cpu_seconds(process.pid) for process in self._running]
        return None if None in spent else sum(seconds for seconds in spent if seconds is not None)

    def database_bytes(self) -> int:
        """Return the size of the database with its write-ahead log."""
        files = self._database.parent.glob(f"{self._database.name}*")
        return sum(file.stat().st_size for file in files)

    def count_turn(self) -> None:
        """Count a turn that is in the database now."""
        with self._lock:
            self.turns += 1

    def _run(self, task: str, command: list[str], *, text: str = "", folder: Path | None = None) -> str:
        return self._processes.run(
            [self._python, *command],
            folder=folder or self.folder,
            environment=self._environment,
            log=self._logs / f"{task}.log",
            text=text,
        )

    def _start(self, task: str, command: list[str], health: str) -> tuple[subprocess.Popen[bytes], Path, str]:
        log = self._logs / f"{task}.log"
        process = self._processes.start(
            [self._python, *command], folder=self.folder, environment=self._environment, log=log
        )
        self._running.append(process)
        return process, log, health


class LuotsiSystem(System):
    """Luotsi from a folder that holds its files, with its action server."""

    name = "Luotsi"

    def __init__(self, folder: Path, processes: Processes, *, python: str = sys.executable) -> None:
        super().__init__(folder, processes, python=python)
        self._actions_port = free_port()
        self._environment.update(
            {
                "LUOTSI_DATABASE_URL": f"sqlite:///{self._database}",
                "LUOTSI_SECRET_KEY": secrets.token_hex(32),
                "LUOTSI_PORT": str(self._port),
                "LUOTSI_ACTIONS_PORT": str(self._actions_port),
                **_WIDE_LIMITS,
            }
        )

    @property
    def model(self) -> Path:
        """Return where the trained model is."""
        return self.folder / "models" / "luotsi.tar.gz"

    @property
    def _database(self) -> Path:
        return self._logs / "luotsi.sqlite"

    def train(self) -> float:
        """Run `luotsi train --force`."""
        (self.folder / "models").mkdir(exist_ok=True)
        started = time.monotonic()
        self._run("train", ["-m", "luotsi.cli", "train", "--force"])
        return time.monotonic() - started

    def take_model(self) -> None:
        """Copy the model of the project; train only when it is missing or out of date."""
        if MODELS.exists():
            shutil.copytree(MODELS, self.folder / "models")
        (self.folder / "models").mkdir(exist_ok=True)
        self._run("train", ["-m", "luotsi.cli", "train"])

    def start(self) -> float:
        """Run `luotsi actions` and `luotsi serve` and wait for both."""
        started = time.monotonic()
        waiting = [
            self._start("actions", ["-m", "luotsi.cli", "actions"], f"http://127.0.0.1:{self._actions_port}/health"),
            self._start("serve", ["-m", "luotsi.cli", "serve"], f"{self.address}/chat/api/health"),
        ]
        for process, log, health in waiting:
            wait_until_healthy(health, process, log)
        return time.monotonic() - started

    def open(self, language: str) -> Conversation:
        """Open a session of the web channel."""
        return _LuotsiConversation(self, language)

    def parse(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        """Run `luotsi parse`."""
        parsed = _parsed(self._run("parse", ["-m", "luotsi.cli", "parse"], text=_json_lines(texts)))
        return [{**line, "ranking": [item["intent"] for item in line["ranking"]]} for line in parsed]

    def actions_memory(self) -> int | None:
        """Return the action server's resident bytes."""
        return resident_bytes(self._running[0].pid)


class StockSystem(System):
    """Stock Rasa with our content, on its `rest` channel and its SQL tracker store."""

    name = "stock Rasa"

    @property
    def model(self) -> Path:
        """Return where the trained model is."""
        return self.folder / "models" / f"{stock.MODEL_NAME}.tar.gz"

    @property
    def _database(self) -> Path:
        return self.folder / stock.DATABASE_NAME

    def train(self) -> float:
        """Run `rasa train --force`."""
        started = time.monotonic()
        self._run("train", ["-m", "rasa", "train", "--force", "--fixed-model-name", stock.MODEL_NAME])
        return time.monotonic() - started

    def start(self) -> float:
        """Run `rasa run` without the HTTP API."""
        started = time.monotonic()
        command = ["-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(self._port), "--model"]
        files = ["--credentials", "credentials.yml", "--endpoints", "endpoints.yml"]
        process, log, health = self._start(
            "serve", [*command, str(self.model), *files], f"{self.address}/webhooks/rest/"
        )
        wait_until_healthy(health, process, log)
        return time.monotonic() - started

    def open(self, language: str) -> Conversation:
        """Greet once, as a session of the web channel begins with a greeting too."""
        return _StockConversation(self)

    def parse(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        """Run bench.stock_parse."""
        command = ["-m", "bench.stock_parse", str(self.model)]
        return _parsed(self._run("parse", command, text=_json_lines(texts), folder=ROOT))


class _LuotsiConversation(Conversation):
    def __init__(self, system: LuotsiSystem, language: str) -> None:
        super().__init__(system)
        status, body = send("POST", f"{system.address}/chat/api/sessions", {"language": language})
        if status != 201:
            raise MeasurementError(f"{system.name} opened no session (status {status}): {body[:500]!r}")
        self._token = str(json.loads(body)["session"])

    def _send(self, text: str) -> tuple[int, bytes]:
        body = {"id": uuid.uuid4().hex, "text": text}
        return send("POST", f"{self._system.address}/chat/api/messages", body, token=self._token)

    def _messages(self, body: bytes) -> list[Any]:
        return list(json.loads(body)["messages"])


class _StockConversation(Conversation):
    def __init__(self, system: StockSystem) -> None:
        super().__init__(system)
        self._sender = uuid.uuid4().hex
        status, body = self._send("/greet")
        if status != 200 or not self._messages(body):
            raise MeasurementError(f"{system.name} did not greet (status {status}): {body[:500]!r}")

    def _send(self, text: str) -> tuple[int, bytes]:
        body = {"sender": self._sender, "message": text}
        return send("POST", f"{self._system.address}/webhooks/rest/webhook", body)

    def _messages(self, body: bytes) -> list[Any]:
        return list(json.loads(body))


def copy_of_luotsi(folder: Path) -> None:
    """Copy what Luotsi runs from, so that a benchmark changes neither the trained model nor the conversations."""

    def left_out(path: str, names: list[str]) -> set[str]:
        patterns = set(_NOT_COPIED(path, names))
        if Path(path) != ROOT:
            return patterns
        return patterns | {name for name in names if name.startswith(".") or name in _NOT_NEEDED}

    shutil.copytree(ROOT, folder, ignore=left_out)


def environment(values: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of every process here: quiet, and nothing of the settings of this machine's Luotsi."""
    given = os.environ if values is None else values
    kept = {
        name: value for name, value in given.items() if not name.startswith(("LUOTSI_", "SANIC_", "MAKE", "MFLAGS"))
    }
    return {
        **kept,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",
        "PYTHONIOENCODING": "utf-8",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _json_lines(texts: Iterable[str]) -> str:
    return "".join(json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts))


def _parsed(output: str) -> list[dict[str, Any]]:
    # A library may print lines of its own.
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
