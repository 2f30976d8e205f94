"""The whole product on free ports, started as its operator would start it, and a customer who talks to it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from components.settings import RateLimits

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
# A test does in seconds, from one address, what a day of an office would not.
WIDE_LIMITS = {f"LUOTSI_RATE_{field.name.upper()}": "1000000" for field in dataclasses.fields(RateLimits)}


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclasses.dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


def request(
    method: str,
    url: str,
    body: object | bytes | None = None,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 60,
) -> Answer:
    """Send one request; error statuses are answers too."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = urllib.request.Request(url, data, method=method, headers={"Content-Type": "application/json"})
    for name, value in (headers or {}).items():
        sent.add_header(name, value)
    if token is not None:
        sent.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(sent, timeout=timeout) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


class Product:
    """A running server, with or without its action server."""

    def __init__(self, folder: Path, *, environment: dict[str, str] | None = None, actions: bool = True) -> None:
        self.folder = folder
        self.port = free_port()
        self.actions_port = free_port()
        self.database = folder / "luotsi.sqlite"
        self.log = folder / "server.log"
        self.actions_log = folder / "actions.log"
        self._with_actions = actions
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "LUOTSI_DATABASE_URL": f"sqlite:///{self.database}",
            "LUOTSI_SECRET_KEY": secrets.token_hex(32),
            "LUOTSI_PORT": str(self.port),
            "LUOTSI_ACTIONS_PORT": str(self.actions_port),
            "LUOTSI_ACTIONS_URL": f"http://127.0.0.1:{self.actions_port}/webhook",
            "RASA_TELEMETRY_ENABLED": "false",
            **WIDE_LIMITS,
            **(environment or {}),
        }
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self) -> Product:
        """Start the processes and wait until the server can answer."""
        if self._with_actions:
            self._start("actions", self.actions_log)
        self._start("serve", self.log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if request("GET", f"{self.address}/chat/api/health", timeout=2).status == 200:
                    return self
            if self._processes[-1].poll() is not None:
                break
            time.sleep(0.3)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self, *, kill: bool = False) -> None:
        """Stop the processes that were started here."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)
        self._processes.clear()

    @property
    def server_pid(self) -> int:
        """Return the id of the server's process."""
        return self._processes[-1].pid

    def customer(self, language: str = "fi") -> Customer:
        """Return a customer with a new session."""
        return Customer(self, language)

    def _start(self, command: str, log: Path) -> None:
        with log.open("ab") as output:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "luotsi.cli", command],
                    cwd=ROOT,
                    env=self.environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )


class Customer:
    """Somebody who opened the chat page."""

    def __init__(self, product: Product, language: str) -> None:
        self.product = product
        answer = request("POST", f"{product.address}/chat/api/sessions", {"language": language})
        assert answer.status == 201, answer.body
        self.token: str = answer.json["session"]
        self.opening: list[dict[str, Any]] = answer.json["messages"]

    def send(self, text: str, *, payload: str | None = None, message_id: str | None = None) -> Answer:
        """Send a message, or press a button with `payload`."""
        body = {"id": message_id or uuid.uuid4().hex, "text": text, **({"payload": payload} if payload else {})}
        return request("POST", f"{self.product.address}/chat/api/messages", body, token=self.token)

    def say(self, text: str, *, payload: str | None = None) -> list[dict[str, Any]]:
        """Send a message that must succeed and return the assistant's messages."""
        answer = self.send(text, payload=payload)
        assert answer.status == 200, answer.body
        messages: list[dict[str, Any]] = answer.json["messages"]
        return messages

    def transcript(self) -> list[dict[str, Any]]:
        """Return the whole conversation as the service keeps it."""
        answer = request("GET", f"{self.product.address}/chat/api/messages", token=self.token)
        assert answer.status == 200, answer.body
        messages: list[dict[str, Any]] = answer.json["messages"]
        return messages
