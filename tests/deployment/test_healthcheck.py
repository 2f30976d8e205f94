from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "healthcheck.py"


class _Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def _check(port: int, path: str, **environment: str) -> int:
    return subprocess.run([sys.executable, str(SCRIPT), str(port), path], env=environment, timeout=30).returncode


def test_service_that_is_well_passes(port: int) -> None:
    assert _check(port, "/health") == 0


def test_service_that_is_still_starting_fails(port: int) -> None:
    assert _check(port, "/starting") == 1


def test_port_without_a_service_fails() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Service)
    free = server.server_port
    server.server_close()
    assert _check(free, "/health") == 1


def test_proxy_of_the_environment_is_not_asked(port: int) -> None:
    assert _check(port, "/health", http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9") == 0
