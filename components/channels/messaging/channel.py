"""The webhook of a messaging platform: verified, read, answered in time; the work behind it may take longer."""

from __future__ import annotations

import asyncio
import logging
import os
from asyncio import AbstractEventLoop
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import startup
from components.channels.answering import OnNewMessage
from components.channels.limits import Limits
from components.channels.messaging.conversations import Conversations, NotNowError
from components.channels.messaging.platform import (
    ConfirmsAddress,
    DeliveryError,
    Platform,
    UnreadableUpdateError,
    WantsReactions,
)
from components.settings import Settings, public_url, rate_limits, redis_server

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
ANSWER_SECONDS = 8.0
STOP_SECONDS = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class MessagingInput(InputChannel):
    """Serves the webhook of one platform; a subclass names the platform and opens it from the environment."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, which is also its address below /webhooks/."""
        raise NotImplementedError

    @classmethod
    def open_platform(cls, environment: Mapping[str, str]) -> Platform:
        """Return the platform with its secrets; raises SettingsError when one is missing."""
        raise NotImplementedError

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> MessagingInput:
        """Create the channel; its secrets come from the environment, never from credentials.yml."""
        limits = Limits(rate_limits(os.environ), redis_server=redis_server(os.environ))
        platform = cls.open_platform(os.environ)
        return cls(Settings.from_environment(), platform, site=public_url(os.environ), limits=limits)

    def __init__(self, settings: Settings, platform: Platform, *, site: str, limits: Limits) -> None:
        """Take the platform; `site` is the address under which customers reach the chat page."""
        self._platform = platform
        self._limits = limits
        self._conversations = Conversations(settings, platform, site=site, limits=limits)
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the webhook's routes, below /webhooks/<name>/."""
        routes = Blueprint(f"luotsi_{self.name()}")
        startup.guard(routes)

        @routes.listener("after_server_start")
        async def open_session(app: Sanic, loop: AbstractEventLoop) -> None:
            # Nothing of an answer is kept, and no proxy or password of the environment is used by chance.
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

        @routes.listener("before_server_stop")
        async def finish(app: Sanic, loop: AbstractEventLoop) -> None:
            await self._finish()

        @routes.post("/webhook", stream=True)
        async def receive(request: Request) -> HTTPResponse:
            return await self._receive(request, on_new_message)

        if isinstance(self._platform, ConfirmsAddress):
            platform = self._platform

            @routes.get("/webhook")
            async def confirm(request: Request) -> HTTPResponse:
                return platform.confirm(request) or _empty(403)

        return routes

    async def _receive(self, request: Request, on_new_message: OnNewMessage) -> HTTPResponse:
        if not await _read_body(request):
            return _empty(413)
        if not self._platform.verify(request):
            return _empty(403)
        if self._session is None:
            return _empty(503)
        try:
            arrived = self._platform.parse(request)
        except UnreadableUpdateError:
            # A refusal would make the platform send it again and again, and hold back what comes after it.
            logger.warning("An update of the channel %s could not be read; it was passed over.", self.name())
            return self._platform.acknowledge()
        work = [
            self._begin(self._conversations.handle(request.app, self._session, on_new_message, incoming))
            for incoming in arrived
        ]
        if isinstance(self._platform, WantsReactions):
            self._begin(_react(self._platform, self._session, request))
        if work:
            await asyncio.wait(work, timeout=ANSWER_SECONDS)
        if any(task.done() and not task.cancelled() and isinstance(task.exception(), NotNowError) for task in work):
            return _empty(503)
        return self._platform.acknowledge()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, NotNowError):
            # Only the kind of error: its text may hold an address or what the customer wrote.
            logger.error("A message of the channel %s was not handled (%s).", self.name(), type(error).__name__)

    async def _finish(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            if late:
                # They give back what they had begun.
                await asyncio.wait(late, timeout=STOP_SECONDS)
        if self._session is not None:
            await self._session.close()
        await self._limits.close()


async def _react(platform: WantsReactions, session: aiohttp.ClientSession, request: Request) -> None:
    try:
        await platform.react(session, request)
    except DeliveryError:
        # A sign beside the answer; the answer itself is tried again.
        return


async def _read_body(request: Request) -> bool:
    """Read the body of a streamed request; tell whether it is within MAX_BODY_BYTES."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
        return False
    pieces, size = [], 0
    while (piece := await request.stream.read()) is not None:
        size += len(piece)
        if size > MAX_BODY_BYTES:
            return False
        pieces.append(piece)
    request.body = b"".join(pieces)
    return True


def _empty(status: int) -> HTTPResponse:
    return response.empty(status, headers=_HEADERS)
