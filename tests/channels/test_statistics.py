"""The pictures of published figures over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from sanic import Sanic

from components.channels import statistics
from components.channels.web import PREFIX, WebInput
from components.settings import Settings
from components.statistics import plot, processing_times
from components.statistics.texts import LANGUAGES
from components.storage.tracker_store import SanitisedTrackerStore
from tests.service.product import free_port
from tests.statistics.tables import write


async def test_a_picture_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(plot, "svg", lambda times, application, language: drawn.append(language) or b"<svg/>")
    statistics._drawn.cache_clear()

    for language in ("fi", "en", "fi", "sv"):
        assert await statistics.picture("asylum.svg", language) == b"<svg/>"

    assert drawn == ["fi", "en"]
    statistics._drawn.cache_clear()


async def test_new_figures_give_a_new_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await statistics.picture("citizenship.svg", "fi")
    path = write(tmp_path)
    current = processing_times.current
    monkeypatch.setattr(processing_times, "current", lambda: current(path))

    after = await statistics.picture("citizenship.svg", "fi")

    assert before is not None and after is not None
    assert (b"Esimerkkilukuja" in before, b"Esimerkkilukuja" in after) == (True, False)
    assert await statistics.picture("asylum.svg", "fi") is None


@pytest.mark.parametrize("name", ["", ".svg", "visa.svg", "citizenship", "citizenship.png", "citizenship.svg.svg"])
async def test_what_is_not_drawn_is_no_picture(name: str) -> None:
    assert await statistics.picture(name, "fi") is None


class Server:
    """The web channel without a model."""

    def __init__(self, address: str, store: SanitisedTrackerStore, app: Sanic) -> None:
        self.address = address
        self._store = store
        self._app = app

    async def get(self, path: str, language: str = "fi") -> tuple[int, dict[str, str], bytes]:
        """Return status, headers in lower case, and body."""
        async with aiohttp.ClientSession(headers={"Accept-Language": language}) as session:
            async with session.get(self.address + path) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return answer.status, headers, await answer.read()

    async def routes(self) -> list[str]:
        """Return the routes in the technical log."""
        await self._app.ctx.request_recorder.stop()
        with self._store.engine.connect() as connection:
            return [str(row.route) for row in connection.execute(sa.text("SELECT route FROM technical_log"))]


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """The web channel on a free port."""
    environment = {"LUOTSI_SECRET_KEY": "k" * 32, "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite'}"}
    for name, value in {**environment, "RASA_TELEMETRY_ENABLED": "false"}.items():
        monkeypatch.setenv(name, value)
    # Sanic rewrites its own methods at every start, and can do so a second time only in this mode.
    monkeypatch.setattr(Sanic, "test_mode", True)
    settings = Settings.from_environment()
    store = SanitisedTrackerStore(Domain.empty(), settings=settings)
    app = Sanic(f"test_{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent = SimpleNamespace(tracker_store=FailSafeTrackerStore(store), processor=object())
    app.ctx.input_channels = []

    async def answers(message: object) -> None:
        raise AssertionError("nobody wrote anything")

    app.blueprint(WebInput(settings).blueprint(answers), url_prefix=PREFIX)
    port = free_port()
    running = await app.create_server(port=port, return_asyncio_server=True, access_log=False)
    assert running is not None
    await running.startup()
    await running.before_start()
    await running.after_start()
    yield Server(f"http://127.0.0.1:{port}", store, app)
    await running.before_stop()
    running.close()
    await running.wait_closed()
    store.engine.dispose()


async def test_the_address_in_a_message_leads_to_its_picture(server: Server) -> None:
    times = processing_times.current()
    for language in LANGUAGES:
        status, headers, body = await server.get(plot.address("citizenship", language))

        assert (status, headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
        assert body == plot.svg(times, "citizenship", language)
        assert headers["content-security-policy"] == (
            f"default-src 'none'; style-src {plot.STYLE_SOURCE}; frame-ancestors 'self'; base-uri 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-cache"
    assert await server.routes() == ["/chat/statistics/<name:str>"] * 2


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_a_language_the_browsers_is_taken(server: Server, language: str) -> None:
    _, _, body = await server.get("/chat/statistics/asylum.svg", language)

    assert f' lang="{language}"'.encode() in body


@pytest.mark.parametrize(("language", "words"), [("fi", "Sivua ei löydy."), ("en", "The page was not found.")])
@pytest.mark.parametrize("name", ["visa.svg", "citizenship", "..%2Fqueue.csv", "%3Cscript%3E.svg"])
async def test_an_unknown_picture_is_refused_in_the_protocols_form(
    server: Server, name: str, language: str, words: str
) -> None:
    status, headers, body = await server.get(f"/chat/statistics/{name}?language=fi", language)

    assert (status, headers["content-type"]) == (404, "application/json")
    assert body.decode() == f'{{"error": {{"code": "not_found", "message": "{words}"}}}}'


async def test_broken_figures_are_a_failure_of_the_service(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = processing_times.current
    monkeypatch.setattr(processing_times, "current", lambda: current(tmp_path / "nothing.csv"))

    status, _, body = await server.get("/chat/statistics/asylum.svg")

    assert (status, b'"service_unavailable"' in body) == (503, True)
