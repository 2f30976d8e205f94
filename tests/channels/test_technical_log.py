"""Every answer of the server goes into the technical log, with the pattern of its route and nothing of the request."""

from __future__ import annotations

import asyncio
import datetime
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import startup, technical_log
from components.settings import Settings
from components.storage.tracker_store import SanitisedTrackerStore
from tests.service.product import free_port

PROXY_ADDRESS = "127.0.0.1"
CUSTOMER = "203.0.113.77"


class Server:
    """A Sanic server with two guarded channels, without a model."""

    def __init__(self, app: Sanic, store: SanitisedTrackerStore, port: int) -> None:
        self.app = app
        self.store = store
        self.address = f"http://127.0.0.1:{port}"

    async def ask(self, method: str, path: str, **headers: str) -> int:
        """Return the status of the answer."""
        async with aiohttp.ClientSession() as session:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.request(method, self.address + path, headers=sent) as answer:
                await answer.read()
                return answer.status

    async def rows(self) -> list[dict[str, Any]]:
        """Return the technical log after what waited was written."""
        await self.app.ctx.request_recorder.stop()
        with self.store.engine.connect() as connection:
            found = connection.execute(sa.text("SELECT * FROM technical_log ORDER BY id"))
            return [dict(row._mapping) for row in found]


def _channel(name: str) -> Blueprint:
    routes = Blueprint(name)
    startup.guard(routes)

    @routes.get(f"/{name}/<conversation:str>")
    async def found(request: Request, conversation: str) -> HTTPResponse:
        return response.text("moi" * 5)

    @routes.post(f"/{name}/broken")
    async def broken(request: Request) -> HTTPResponse:
        raise RuntimeError("131052-908T")

    return routes


Serve = Callable[..., Any]


@pytest.fixture
async def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Starts a server; keywords are Sanic's own settings."""
    environment = {"LUOTSI_SECRET_KEY": "k" * 32, "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite'}"}
    environment |= {"RASA_TELEMETRY_ENABLED": "false", "LUOTSI_TECHNICAL_LOG_DAYS": "7"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # Sanic rewrites its own methods at every start, and can do so a second time only in this mode.
    monkeypatch.setattr(Sanic, "test_mode", True)
    running: list[tuple[Any, SanitisedTrackerStore]] = []

    async def start(**config: Any) -> Server:
        store = SanitisedTrackerStore(Domain.empty(), settings=Settings.from_environment())
        app = Sanic(f"test_{uuid.uuid4().hex}", configure_logging=False)
        app.config.update(config)
        app.ctx.agent = SimpleNamespace(tracker_store=FailSafeTrackerStore(store), processor=object())
        app.ctx.input_channels = []
        for name in ("chat", "messenger"):
            app.blueprint(_channel(name))
        port = free_port()
        server = await app.create_server(port=port, return_asyncio_server=True, access_log=True)
        await server.startup()
        await server.before_start()
        await server.after_start()
        running.append((server, store))
        return Server(app, store, port)

    yield start
    for server, store in running:
        await server.before_stop()
        server.close()
        await server.wait_closed()
        store.engine.dispose()


async def test_every_channel_is_logged_once(serve: Serve) -> None:
    server = await serve()
    assert len(server.app.response_middleware) == 1
    assert await server.ask("GET", "/chat/abc") == 200
    assert await server.ask("GET", "/messenger/abc") == 200
    rows = await server.rows()
    assert sorted(row["route"] for row in rows) == ["/chat/<conversation:str>", "/messenger/<conversation:str>"]
    assert {(row["method"], row["status"], row["bytes"], row["ip_address"]) for row in rows} == {
        ("GET", 200, 15, PROXY_ADDRESS)
    }


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/nowhere/131052-908T", technical_log.NO_ROUTE, 404),
        ("PUT", "/chat/131052-908T", technical_log.NO_ROUTE, 405),
        ("POST", "/chat/broken", "/chat/broken", 500),
    ],
)
async def test_errors_are_logged_too(serve: Serve, method: str, path: str, route: str, status: int) -> None:
    server = await serve()
    assert await server.ask(method, path) == status
    (row,) = await server.rows()
    assert (row["method"], row["route"], row["status"]) == (method, route, status)


async def test_nothing_of_the_request_is_kept_but_address_and_route(serve: Serve) -> None:
    server = await serve()
    secret = "canary"
    await server.ask(
        "GET",
        f"/chat/{secret}1?q={secret}2",
        Authorization=f"Bearer {secret}3",
        Cookie=f"a={secret}4",
        User_Agent=f"{secret}5",
        Referer=f"http://{secret}6/",
    )
    rows = await server.rows()
    assert len(rows) == 1
    assert secret not in str(rows)


async def test_rows_expire_after_the_days_that_are_set(serve: Serve) -> None:
    server = await serve()
    await server.ask("GET", "/chat/abc")
    (row,) = await server.rows()
    times = [datetime.datetime.fromisoformat(row[name]) for name in ("occurred_at", "expires_at")]
    assert times[1] - times[0] == datetime.timedelta(days=7)


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (None, CUSTOMER, PROXY_ADDRESS),  # nobody said that there is a proxy: anybody could send the header
        (1, CUSTOMER, CUSTOMER),
        (1, f"198.51.100.1, {CUSTOMER}", CUSTOMER),  # what the customer sent comes before what the proxy added
        (2, f"{CUSTOMER}, 198.51.100.1", CUSTOMER),
        (2, CUSTOMER, PROXY_ADDRESS),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "131052-908T", "unknown"),
        (1, "", PROXY_ADDRESS),
    ],
)
async def test_the_address_is_the_one_that_a_trusted_proxy_gave(
    serve: Serve, proxies: int | None, header: str, address: str
) -> None:
    server = await serve(PROXIES_COUNT=proxies)
    await server.ask("GET", "/chat/abc", X_Forwarded_For=header)
    (row,) = await server.rows()
    assert row["ip_address"] == address


async def test_what_waits_is_written_in_the_background(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(technical_log, "WRITE_SECONDS", 0.05)
    server = await serve()
    await server.ask("GET", "/chat/abc")
    for _ in range(100):
        with server.store.engine.connect() as connection:
            if connection.execute(sa.text("SELECT count(*) FROM technical_log")).scalar():
                return
        await asyncio.sleep(0.05)
    pytest.fail("nothing was written")


async def test_many_requests_are_written_before_the_minute_is_over(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(technical_log, "BATCH_ROWS", 2)
    server = await serve()
    for _ in range(2):
        await server.ask("GET", "/chat/abc")
    for _ in range(100):
        if server.app.ctx.request_recorder._log.waiting == 0:
            return
        await asyncio.sleep(0.05)
    pytest.fail("nothing was written")


async def test_requests_are_answered_while_the_log_cannot_be_written(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(technical_log, "WRITE_SECONDS", 0.05)
    server = await serve()
    with server.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE technical_log RENAME TO elsewhere")
    for _ in range(5):
        assert await server.ask("GET", "/chat/abc") == 200
        await asyncio.sleep(0.03)
    with server.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO technical_log")
    assert len(await server.rows()) == 5


async def test_no_other_log_holds_an_address(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Sanic's access log would, although nobody formats it."""
    kept: list[logging.LogRecord] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = kept.append  # type: ignore[method-assign]
    access = logging.getLogger("sanic.access")
    level = access.level
    access.addHandler(handler)
    access.setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    try:
        server = await serve(PROXIES_COUNT=1)
        await server.ask("GET", "/chat/abc", X_Forwarded_For=CUSTOMER)
        await server.ask("POST", "/chat/broken", X_Forwarded_For=CUSTOMER)
        rows = await server.rows()
    finally:
        access.removeHandler(handler)
        access.setLevel(level)
    assert [row["ip_address"] for row in rows] == [CUSTOMER] * 2
    assert kept == []
    assert CUSTOMER not in "".join(str(vars(record)) for record in caplog.records)
