"""What the product keeps and passes on, gathered in one place to be searched for what must not be there."""

from __future__ import annotations

import http.server
import sqlite3
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import closing

from tests.service.product import Product


class RecordedActions:
    """Stands between the server and its action server and keeps every payload in both directions."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.target = ""
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                recorder._pass_on(self)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/webhook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        payload = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {"Content-Type": handler.headers.get("Content-Type", "application/json")}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.target, payload, headers), timeout=60) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        self.payloads += [payload, content]
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


def sinks(product: Product, actions: RecordedActions) -> dict[str, bytes]:
    """Return everything that the product wrote or passed on, by name."""
    found = {path.name: path.read_bytes() for path in product.folder.iterdir() if path.is_file()}
    found["action payloads"] = b"\n".join(actions.payloads)
    with closing(sqlite3.connect(product.database)) as connection:
        # Readable also where the file holds them in pages or compressed.
        found["rows"] = "\n".join(connection.iterdump()).encode()
    return found


def holding(sinks: dict[str, bytes], forms: Iterable[str]) -> list[str]:
    """Return the names of the sinks that hold one of the forms."""
    wanted = [form.encode() for form in forms]
    return [name for name, content in sinks.items() if any(form in content for form in wanted)]


def rows(product: Product, table: str) -> int:
    """Return how many rows a table has."""
    with closing(sqlite3.connect(product.database)) as connection:
        (count,) = connection.execute(f"select count(*) from {table}").fetchone()
    return int(count)
