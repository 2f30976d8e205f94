"""Requests as a platform sends them, and a platform on this machine that keeps what it is sent."""

from __future__ import annotations

import dataclasses
import json
from types import TracebackType
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict
from sanic.compat import Header
from sanic.request import Request


def request(address: str, body: bytes = b"", *, method: str = "POST", headers: dict[str, str] | None = None) -> Request:
    """Return a request as the server hands it to a platform."""
    made = Request(address.encode(), Header(headers or {}), "1.1", method, None, None)
    made.body = body
    return made


@dataclasses.dataclass(frozen=True)
class Call:
    """One request that arrived at the platform."""

    method: str
    path: str
    query: str
    headers: CIMultiDict[str]
    body: bytes


class FakeApi:
    """A platform's API that gives the answers it was told to give (status, document or text, headers), then 200."""

    def __init__(self, *answers: tuple[int, Any, dict[str, str]]) -> None:
        self._answers = list(answers)
        self.calls: list[Call] = []
        self.session: ClientSession

    @property
    def url(self) -> str:
        """Return the address of the API without a slash at its end."""
        return str(self._server.make_url("")).rstrip("/")

    async def __aenter__(self) -> FakeApi:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(app)
        await self._server.start_server()
        self.session = ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.session.close()
        await self._server.close()

    async def _answer(self, sent: web.Request) -> web.Response:
        self.calls.append(Call(sent.method, sent.path, sent.query_string, CIMultiDict(sent.headers), await sent.read()))
        status, document, headers = self._answers.pop(0) if self._answers else (200, {}, {})
        text = document if isinstance(document, str) else json.dumps(document)
        return web.Response(status=status, text=text, headers=headers)
