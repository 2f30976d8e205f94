"""The webhook: what is not the platform's own is not read, and it is answered in time whatever happens behind it."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels.messaging import channel
from components.channels.messaging.channel import MAX_BODY_BYTES, MessagingInput
from components.channels.messaging.conversations import NotNowError
from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import UnreadableUpdateError
from tests.channels.messaging.calling import request


class Telegraph:
    """A platform that believes everybody and reads an update as it was told to."""

    name = "telegraph"

    def __init__(self) -> None:
        self.ours = True
        self.read: list[Incoming] | Exception = [Incoming("700300101", "1", text="hush")]
        self.bodies: list[bytes] = []

    def verify(self, request: Request) -> bool:
        return self.ours

    def parse(self, request: Request) -> list[Incoming]:
        self.bodies.append(request.body)
        if isinstance(self.read, Exception):
            raise self.read
        return self.read

    def acknowledge(self) -> HTTPResponse:
        return response.text("thanks")


class TelegraphInput(MessagingInput):
    """The channel without a server around it."""

    def __init__(self) -> None:
        self.telegraph = Telegraph()
        self._platform = cast("Any", self.telegraph)
        self._conversations = cast("Any", SimpleNamespace(handle=self.handle))
        self._limits = cast("Any", SimpleNamespace(close=self.closed))
        self._session = cast("Any", SimpleNamespace(close=self.closed))
        self._tasks: set[asyncio.Task[None]] = set()
        self.error: Exception | None = None
        self.seconds = 0.0
        self.handled: list[str] = []

    @classmethod
    def name(cls) -> str:
        return "telegraph"

    async def closed(self) -> None:
        """Do what a session does."""

    async def handle(self, app: Any, session: Any, on_new_message: Any, incoming: Incoming) -> None:
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        self.handled.append(str(incoming.text))

    async def deliver(self, body: bytes = b"{}", *, announced: str | None = None) -> HTTPResponse:
        """Deliver an update in pieces."""
        sent = request("/", headers={"content-length": str(len(body)) if announced is None else announced})
        sent.app = SimpleNamespace()
        pieces = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]

        async def read() -> bytes | None:
            return pieces.pop(0) if pieces else None

        sent.stream = SimpleNamespace(read=read)
        return await self._receive(sent, cast("Any", None))


@pytest.fixture
def telegraph() -> TelegraphInput:
    return TelegraphInput()


async def test_an_update_is_handled_and_acknowledged(telegraph: TelegraphInput) -> None:
    answer = await telegraph.deliver(b'{"a": 1}')
    assert (answer.status, answer.body) == (200, b"thanks")
    assert telegraph.telegraph.bodies == [b'{"a": 1}']
    assert telegraph.handled == ["hush"]


async def test_what_is_not_the_platforms_own_is_not_read(telegraph: TelegraphInput) -> None:
    telegraph.telegraph.ours = False
    answer = await telegraph.deliver()
    assert (answer.status, answer.body) == (403, b"")
    assert telegraph.telegraph.bodies == []


@pytest.mark.parametrize(
    ("size", "announced", "status"),
    [
        (MAX_BODY_BYTES, None, 200),
        (MAX_BODY_BYTES + 1, None, 413),
        (MAX_BODY_BYTES + 1, "0", 413),  # says less than it sends
        (1, str(MAX_BODY_BYTES + 1), 413),
        (1, "-1", 413),
    ],
)
async def test_a_body_has_its_limit(telegraph: TelegraphInput, size: int, announced: str | None, status: int) -> None:
    assert (await telegraph.deliver(b"x" * size, announced=announced)).status == status


async def test_an_update_that_cannot_be_read_is_passed_over(
    telegraph: TelegraphInput, caplog: pytest.LogCaptureFixture
) -> None:
    telegraph.telegraph.read = UnreadableUpdateError("hush 700300101")
    assert (await telegraph.deliver()).status == 200
    assert "could not be read" in caplog.text
    assert "hush" not in caplog.text


async def test_an_answer_does_not_wait_for_ever(telegraph: TelegraphInput, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "ANSWER_SECONDS", 0.05)
    telegraph.seconds = 0.3
    assert (await telegraph.deliver()).status == 200
    assert telegraph.handled == []
    await telegraph._finish()  # the work goes on
    assert telegraph.handled == ["hush"]


async def test_what_is_not_taken_now_is_to_come_again(telegraph: TelegraphInput) -> None:
    telegraph.error = NotNowError()
    assert (await telegraph.deliver()).status == 503


async def test_an_error_is_one_line_without_its_text(
    telegraph: TelegraphInput, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegraph.error = ValueError("hush 700300101")
    assert (await telegraph.deliver()).status == 200
    await asyncio.sleep(0)
    assert "(ValueError)" in caplog.text
    assert "hush" not in caplog.text


async def test_the_end_of_the_server_waits_for_answers_but_not_for_ever(
    telegraph: TelegraphInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(channel, "STOP_SECONDS", 0.1)
    telegraph.seconds = 60
    await telegraph.deliver()
    await asyncio.wait_for(telegraph._finish(), 5)
    assert telegraph._tasks == set()
