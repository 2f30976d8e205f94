"""The event stream of a conversation: server-sent events (WHATWG HTML, 9.2) with resume by the last message's id."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import datetime
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from sanic import Sanic
from sanic.request import Request

from components.channels import answering, startup
from components.channels.answering import Occasion
from components.channels.sessions import Session
from components.channels.web.protocol import API_HEADERS, ProtocolError

# Shorter than what proxies usually wait for a sign of life.
HEARTBEAT_SECONDS = 15.0
# A stream ends now and then, and the page opens the next one: so a broken one is not held for ever.
STREAM_SECONDS = 600.0
# How often another process's messages are looked for.
POLL_SECONDS = 2.0
MAX_STREAMS = 2_000
MAX_STREAMS_OF_ONE = 5
RETRY_MILLISECONDS = 2_000
_BUSY_SECONDS = 10


@dataclasses.dataclass(eq=False)
class Listener:
    """One open stream; `news` is set when there is something to tell.

    stale: the conversation may hold messages that were not read yet. row: the newest stored event when it was read.
    """

    sender_id: str
    news: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    stale: bool = True
    row: int | None = None
    typing: bool = False
    ended: bool = False
    closing: bool = False

    async def wait(self, seconds: float) -> bool:
        """Wait for news; tell whether there are some."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.news.wait(), seconds)
        was_set = self.news.is_set()
        self.news.clear()
        return was_set


class Streams:
    """The open streams of this process: told by the channel of its own messages, and by the database of all others."""

    def __init__(self) -> None:
        self._listeners: collections.defaultdict[str, list[Listener]] = collections.defaultdict(list)
        self._count = 0
        self._poller: asyncio.Task[None] | None = None

    def observe(self, sender_id: str, occasion: Occasion) -> None:
        """Wake the streams of a conversation (an observer of components.channels.answering.Answering)."""
        for listener in self._listeners.get(sender_id, ()):
            listener.typing = occasion == "answering"
            # Nothing was said yet when an answer is only being made.
            listener.stale = listener.stale or occasion != "answering"
            listener.ended = listener.ended or occasion == "erased"
            listener.news.set()

    def close(self) -> None:
        """Let every stream end: the server is about to stop, and the pages come back to the next one."""
        if self._poller is not None:
            self._poller.cancel()
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.closing = True
                listener.news.set()

    @contextlib.contextmanager
    def listening(self, app: Sanic, sender_id: str) -> Iterator[Listener]:
        """Register a stream; raises ProtocolError when there are too many of them."""
        if self._count >= MAX_STREAMS or len(self._listeners.get(sender_id, ())) >= MAX_STREAMS_OF_ONE:
            raise ProtocolError("too_many_requests", 429, retry_after=_BUSY_SECONDS)
        listener = Listener(sender_id)
        self._listeners[sender_id].append(listener)
        self._count += 1
        if self._poller is None or self._poller.done():
            self._poller = asyncio.get_running_loop().create_task(self._poll(app))
        try:
            yield listener
        finally:
            self._count -= 1
            self._listeners[sender_id].remove(listener)
            if not self._listeners[sender_id]:
                del self._listeners[sender_id]

    async def _poll(self, app: Sanic) -> None:
        while self._listeners:
            newest = await startup.store(app).newest_rows(list(self._listeners))
            for sender_id, row in newest.items():
                for listener in self._listeners.get(sender_id, ()):
                    if listener.row != row:
                        listener.stale = True
                        listener.news.set()
            await asyncio.sleep(POLL_SECONDS)


async def respond(request: Request, streams: Streams, session: Session) -> None:
    """Answer with the conversation's events until it ends, the session ends, or the customer goes."""
    with streams.listening(request.app, session.sender_id) as listener:
        last = request.headers.get("last-event-id")
        if last is None:
            # Before the answer begins: what the customer says as soon as the stream is open is new.
            last = next((message["id"] for message in reversed(await _messages(request.app, listener))), None)
        headers = {**API_HEADERS, "X-Accel-Buffering": "no"}
        answer = await request.respond(content_type="text/event-stream", headers=headers)
        await answer.send(f"retry: {RETRY_MILLISECONDS}\n\n")
        async for event in _events(request.app, listener, session, last):
            await answer.send(event)
        await answer.eof()


async def _events(app: Sanic, listener: Listener, session: Session, after: str | None) -> AsyncIterator[str]:
    now = asyncio.get_running_loop().time
    lasts_until = now() + STREAM_SECONDS
    typing = False
    while True:
        if listener.stale:
            for message in _later(await _messages(app, listener), after):
                after = message["id"]
                yield _event("message", message, identifier=after)
        if listener.ended or session.expires_at <= datetime.datetime.now(datetime.timezone.utc):
            yield _event("ended", {"reason": "erased" if listener.ended else "expired"})
            return
        if listener.typing != typing:
            typing = listener.typing
            yield _event("typing", {"typing": typing})
        if listener.closing or now() >= lasts_until:
            return
        if not await listener.wait(min(HEARTBEAT_SECONDS, lasts_until - now())):
            yield ": still here\n\n"


async def _messages(app: Sanic, listener: Listener) -> list[dict[str, Any]]:
    if listener.ended:
        return []
    listener.stale = False
    # The row first: what is stored between the two reads is read once more, never passed over.
    newest = await startup.store(app).newest_rows([listener.sender_id])
    listener.row = newest.get(listener.sender_id)
    return await answering.messages(app, listener.sender_id)


def _later(messages: list[dict[str, Any]], after: str | None) -> list[dict[str, Any]]:
    """Return the messages after one; all of them when it is not there (any more)."""
    places = [place for place, message in enumerate(messages) if message["id"] == after]
    return messages[places[-1] + 1 :] if places else messages


def _event(name: str, data: dict[str, Any], *, identifier: str | None = None) -> str:
    lines = [f"id: {identifier}"] if identifier is not None else []
    return "\n".join([*lines, f"event: {name}", f"data: {json.dumps(data, ensure_ascii=False)}", "", ""])
