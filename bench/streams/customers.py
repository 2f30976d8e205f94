"""Customers of both assistants: those of Luotsi listen to their conversation's stream, which breaks now and then."""

from __future__ import annotations

import abc
import asyncio
import collections
import contextlib
import dataclasses
import json
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import aiohttp

from bench.processes import MeasurementError
from bench.streams.checking import Message, Verdict, check

ATTEMPTS = 3
# Luotsi itself gives a message up after half a minute.
_POST_SECONDS = 60.0
# A comment comes every 15 seconds; a stream that says nothing for so long is dead.
_SILENT_SECONDS = 45.0
_LONGEST_PAUSE = 10.0
_PAUSE = 1.0
# A long answer is one line.
_LINE_BYTES = 2**20


@dataclasses.dataclass
class Exchange:
    """A message and its answers; times in seconds of `time.perf_counter`.

    due: when the message should have been sent; it is sent later when the answer before it is late.
    messages: the customer's own message and the answers, as the answer to the request tells; empty without one.
    """

    due: float
    answered: float | None = None
    messages: tuple[Message, ...] = ()


@dataclasses.dataclass(frozen=True)
class Heard:
    """A message that a stream brought at a time; `since` is when that stream was opened."""

    message: Message
    at: float
    since: float


@dataclasses.dataclass(frozen=True)
class Event:
    """A server-sent event."""

    name: str
    data: str
    identifier: str | None


async def read_events(lines: AsyncIterable[bytes]) -> AsyncIterator[Event]:
    """Yield the events of a stream of lines (WHATWG HTML, 9.2.6); the id of the latest one stays."""
    name, data, identifier = "", [], None
    async for raw in lines:
        field, _, value = raw.decode("utf-8").rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            identifier = value
        elif not field and not value:
            if data:
                yield Event(name or "message", "\n".join(data), identifier)
            name, data = "", []


class Customer(abc.ABC):
    """Sends messages of one conversation, each when the one before it was answered.

    errors: counts what went wrong, by HTTP status or kind; shared by all customers of a system.
    """

    def __init__(self, http: aiohttp.ClientSession, address: str, errors: collections.Counter[str]) -> None:
        self.exchanges: list[Exchange] = []
        self._http = http
        self._address = address
        self._errors = errors
        self._turn = asyncio.Lock()

    @abc.abstractmethod
    async def open(self, language: str) -> None:
        """Open the conversation; raises MeasurementError when that fails."""

    async def say(self, text: str, *, due: float) -> None:
        """Send a message as soon as it is due and the one before it was answered."""
        exchange = Exchange(due)
        self.exchanges.append(exchange)
        async with self._turn:
            exchange.messages = await self._exchange(text)
            if exchange.messages:
                exchange.answered = time.perf_counter()

    @abc.abstractmethod
    async def _exchange(self, text: str) -> tuple[Message, ...]: ...

    async def _post(
        self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> tuple[Any, float | None]:
        """Return the parsed answer, or None and the seconds after which to try again."""
        limit = aiohttp.ClientTimeout(total=_POST_SECONDS)
        try:
            async with self._http.post(self._address + path, json=body, headers=headers, timeout=limit) as answer:
                if answer.ok:
                    return await answer.json(), None
                self._errors[str(answer.status)] += 1
                return None, _pause(answer)
        except asyncio.TimeoutError:
            self._errors["timeout"] += 1
        except aiohttp.ClientError:
            self._errors["connection"] += 1
        return None, _PAUSE


class StreamCustomer(Customer):
    """A customer of Luotsi with an open event stream."""

    def __init__(self, http: aiohttp.ClientSession, address: str, errors: collections.Counter[str]) -> None:
        super().__init__(http, address, errors)
        self.heard: list[Heard] = []
        self.breaks = 0
        self._headers: dict[str, str] = {}
        self._last: str | None = None
        self._opening: set[str] = set()
        self._transcript: list[Message] | None = None
        self._stream: aiohttp.ClientResponse | None = None
        self._is_open = asyncio.Event()
        self._away: float | None = None
        self._listening: asyncio.Task[None] | None = None

    async def open(self, language: str) -> None:
        """Open a session and its stream, and wait until both are open."""
        session, _ = await self._post("/chat/api/sessions", {"language": language})
        if session is None:
            raise MeasurementError("Luotsi opened no session")
        self._headers = {"Authorization": f"Bearer {session['session']}"}
        opening = [str(message["id"]) for message in session["messages"]]
        self._opening, self._last = set(opening), opening[-1] if opening else None
        self._listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait_for(self._is_open.wait(), _POST_SECONDS)
        except asyncio.TimeoutError as error:
            raise MeasurementError("Luotsi opened no event stream") from error

    def break_stream(self, *, away: float) -> bool:
        """Hang up and come back after so many seconds; tells whether there was a stream to break."""
        if self._stream is None:
            return False
        self._away = away
        self.breaks += 1
        self._stream.close()
        return True

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening

    @property
    def is_settled(self) -> bool:
        """Tell whether every message was answered."""
        return all(exchange.answered is not None for exchange in self.exchanges)

    @property
    def is_waiting(self) -> bool:
        """Tell whether something that was answered has not come on the stream."""
        heard = {item.message.identifier for item in self.heard}
        return any(message.identifier not in heard for exchange in self.exchanges for message in exchange.messages)

    async def settle(self) -> None:
        """Read in the transcript what became of the messages that were not answered; nobody else knows."""
        url, limit = f"{self._address}/chat/api/messages", aiohttp.ClientTimeout(total=_POST_SECONDS)
        try:
            async with self._http.get(url, headers=self._headers, timeout=limit) as answer:
                if not answer.ok:
                    self._errors[f"{answer.status} of a transcript"] += 1
                    return
                kept = [_message(message) for message in (await answer.json())["messages"]]
        except (aiohttp.ClientError, asyncio.TimeoutError):
            self._errors["no transcript"] += 1
            return
        self._transcript = [message for message in kept if message.identifier not in self._opening]

    def verdict(self) -> Verdict:
        """Compare what was said with what was heard."""
        said = [message for exchange in self.exchanges for message in exchange.messages]
        if self._transcript is not None:
            kept = {message.identifier for message in self._transcript}
            said = [*self._transcript, *(message for message in said if message.identifier not in kept)]
        return check(said, [item.message for item in self.heard])

    async def _exchange(self, text: str) -> tuple[Message, ...]:
        body = {"id": uuid.uuid4().hex, "text": text}
        for attempt in range(ATTEMPTS):
            # The same id again: a message is never answered twice.
            answer, pause = await self._post("/chat/api/messages", body, self._headers)
            if answer is not None:
                return (_message(answer), *(_message(message) for message in answer["messages"]))
            if attempt < ATTEMPTS - 1:
                await asyncio.sleep(pause or 0.0)
        return ()

    async def _listen(self) -> None:
        while True:
            pause = 0.0
            try:
                pause = await self._listen_once()
            except asyncio.TimeoutError:
                self._errors["silent stream"] += 1
            except aiohttp.ClientConnectorError:
                self._errors["stream refused"] += 1
                pause = _PAUSE
            except aiohttp.ClientError:
                if self._away is None:
                    self._errors["stream broken by the server"] += 1
            finally:
                self._stream = None
            pause, self._away = max(pause, self._away or 0.0), None
            await asyncio.sleep(pause)

    async def _listen_once(self) -> float:
        """Hear one stream to its end and return after how many seconds to open the next one."""
        headers = {**self._headers, "Accept": "text/event-stream"}
        if self._last is not None:
            headers["Last-Event-ID"] = self._last
        limit = aiohttp.ClientTimeout(total=None, sock_connect=_POST_SECONDS, sock_read=_SILENT_SECONDS)
        url = f"{self._address}/chat/api/events"
        async with self._http.get(url, headers=headers, timeout=limit, read_bufsize=_LINE_BYTES) as answer:
            if not answer.ok:
                self._errors[f"{answer.status} of a stream"] += 1
                return _pause(answer)
            since = time.perf_counter()
            self._stream = answer
            self._is_open.set()
            async for event in read_events(answer.content):
                if event.name == "message":
                    self._last = event.identifier
                    message = _message({**json.loads(event.data), "id": event.identifier})
                    self.heard.append(Heard(message, time.perf_counter(), since))
                elif event.name == "ended":
                    self._errors["conversation ended"] += 1
        # A server ends a stream now and then; the page comes back at once.
        return 0.0


class RestCustomer(Customer):
    """A customer of stock Rasa's `rest` channel, who has no stream."""

    def __init__(self, http: aiohttp.ClientSession, address: str, errors: collections.Counter[str]) -> None:
        super().__init__(http, address, errors)
        self._sender = uuid.uuid4().hex

    async def open(self, language: str) -> None:
        """Greet once, as a session of Luotsi begins with a greeting too."""
        if not await self._exchange("/greet"):
            raise MeasurementError("stock Rasa did not greet")

    async def _exchange(self, text: str) -> tuple[Message, ...]:
        body = {"sender": self._sender, "message": text}
        answer, _ = await self._post("/webhooks/rest/webhook", body)
        if answer == []:
            self._errors["no answer"] += 1
        return tuple(Message("", str(message.get("text", ""))) for message in answer or [])


def _message(message: dict[str, Any]) -> Message:
    return Message(str(message["id"]), str(message["text"]))


def _pause(answer: aiohttp.ClientResponse) -> float:
    told = answer.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_PAUSE) if told.isdigit() else _PAUSE
