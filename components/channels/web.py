"""The web channel: the chat page and its protocol (docs/protocol.md)."""

from __future__ import annotations

import asyncio
import collections
import json
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import gate, startup
from components.channels.messages import JsonMessage, bot_message, customer_message
from components.channels.sessions import Session, SessionExpiredError, SessionIssuer, UnknownSessionError
from components.channels.texts import LANGUAGES, best_language, text
from components.settings import Settings

logger = logging.getLogger(__name__)

CHANNEL = "web"
PREFIX = "/chat"
OPENING = "opening"
PAGE_FOLDER = Path(__file__).parents[2] / "widget" / "static"

MAX_BODY_BYTES = 16 * 1024
REPLY_TIMEOUT_SECONDS = 30.0
_REMEMBERED_REPLIES = 2_000
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]{0,80})")

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'none'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
API_HEADERS = {**PAGE_HEADERS, "Cache-Control": "no-store"}


class ProtocolError(Exception):
    """A request that cannot be served; `code` names a text of texts.yml."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class WebOutput(CollectingOutputChannel):
    """Collects what the assistant says to one message."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return CHANNEL

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[JsonMessage] = []

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message in its JSON form."""
        self.replies.append(bot_message(message))


class WebInput(InputChannel):
    """Serves the chat page and its JSON protocol; sessions are issued by the server."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebInput:
        """Create the channel; its secrets come from the environment, never from credentials.yml."""
        return cls(Settings.from_environment())

    def __init__(self, settings: Settings) -> None:
        self._issuer = SessionIssuer(settings.secret_key, settings.session_lifetime, channel=CHANNEL)
        self._replies: collections.OrderedDict[str, asyncio.Future[dict[str, Any]]] = collections.OrderedDict()

    def url_prefix(self) -> str:
        """Return where the channel lives; an absolute path, so not below /webhooks/."""
        return PREFIX

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the channel's routes."""
        routes = Blueprint("luotsi_web")
        startup.guard(routes)

        @routes.get("/api/health")
        async def health(request: Request) -> HTTPResponse:
            ready = startup.is_ready(request.app)
            return _json({"status": "ok" if ready else "starting"}, 200 if ready else 503)

        @routes.post("/api/sessions")
        async def create_session(request: Request) -> HTTPResponse:
            return await self._answered(request, self._create_session(request, on_new_message))

        @routes.post("/api/messages")
        async def send(request: Request) -> HTTPResponse:
            return await self._answered(request, self._send(request, on_new_message))

        @routes.get("/api/messages")
        async def transcript(request: Request) -> HTTPResponse:
            return await self._answered(request, self._transcript(request))

        @routes.get("/")
        async def page(request: Request) -> HTTPResponse:
            return await response.file(PAGE_FOLDER / "index.html", headers=PAGE_HEADERS)

        @routes.get("/privacy")
        async def privacy(request: Request) -> HTTPResponse:
            language = request.args.get("lang") or best_language(request.headers.get("accept-language"))
            file = PAGE_FOLDER / f"privacy.{language if language in LANGUAGES else LANGUAGES[0]}.html"
            return await response.file(file, headers=PAGE_HEADERS)

        files = {path.name: path for path in sorted(PAGE_FOLDER.iterdir()) if path.is_file()}

        @routes.get("/static/<name:str>")
        async def static(request: Request, name: str) -> HTTPResponse:
            if name not in files:
                return _error(ProtocolError("not_found", 404), _language(request))
            return await response.file(files[name], headers=PAGE_HEADERS)

        return routes

    async def _answered(self, request: Request, work: Awaitable[HTTPResponse]) -> HTTPResponse:
        try:
            return await work
        except ProtocolError as error:
            return _error(error, _language(request))
        except Exception as error:
            # Only the kind of error is logged: its text may hold what the customer wrote.
            logger.exception("A web request failed (%s).", type(error).__name__)
            return _error(ProtocolError("service_unavailable", 503), _language(request))

    async def _create_session(
        self, request: Request, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> HTTPResponse:
        body = _body(request)
        language = body.get("language")
        if language not in LANGUAGES:
            raise ProtocolError("invalid_request", 400)
        _refuse_when_overloaded(request.app)
        token, session = self._issuer.issue()
        output = WebOutput()
        message = gate.command_message(
            OPENING,
            sender_id=session.sender_id,
            channel=CHANNEL,
            output=output,
            message_id=gate.message_id(session.sender_id, OPENING),
            language=language,
        )
        await asyncio.wait_for(on_new_message(message), REPLY_TIMEOUT_SECONDS)
        return _json(
            {
                "session": token,
                "expires_at": session.expires_at.isoformat(),
                "limits": {"message_length": gate.MAX_MESSAGE_CHARACTERS},
                "messages": output.replies,
            },
            201,
        )

    async def _send(self, request: Request, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> HTTPResponse:
        session = self._session(request)
        body = _body(request)
        client_id, raw, payload = body.get("id"), body.get("text", ""), body.get("payload")
        if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id) or not isinstance(raw, str):
            raise ProtocolError("invalid_request", 400)
        if len(raw) > gate.MAX_MESSAGE_CHARACTERS:
            raise ProtocolError("too_long", 413)
        intent = _intent(payload, request.app) if payload is not None else None
        safe = gate.make_safe(raw)
        if not safe.text and intent is None:
            raise ProtocolError("empty_message", 400)
        _refuse_when_overloaded(request.app)
        message_id = gate.message_id(session.sender_id, client_id)
        running = self._replies.get(message_id)
        if running is not None:
            return _json(await asyncio.shield(running))
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting for it when it fails; the request itself reports the error.
        reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._replies[message_id] = reply
        while len(self._replies) > _REMEMBERED_REPLIES:
            self._replies.popitem(last=False)
        try:
            answer = await self._handle(request.app, on_new_message, session, message_id, safe, intent)
        except BaseException as error:
            self._replies.pop(message_id, None)
            reply.set_exception(error if isinstance(error, Exception) else RuntimeError("the request was cancelled"))
            raise
        reply.set_result(answer)
        return _json(answer)

    async def _handle(
        self,
        app: Sanic,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
        session: Session,
        message_id: str,
        safe: gate.SafeText,
        intent: str | None,
    ) -> dict[str, Any]:
        agent: Agent = app.ctx.agent
        replies = await _stored_replies(agent.tracker_store, session.sender_id, message_id)
        if replies is None:
            output = WebOutput()
            common: dict[str, Any] = {
                "sender_id": session.sender_id,
                "channel": CHANNEL,
                "output": output,
                "message_id": message_id,
            }
            message = (
                gate.user_message(safe, **common)
                if intent is None
                else gate.command_message(intent, shown=safe, **common)
            )
            # The work goes on when the customer's connection breaks: a retry then finds the stored answer.
            await asyncio.wait_for(
                asyncio.shield(asyncio.ensure_future(on_new_message(message))), REPLY_TIMEOUT_SECONDS
            )
            replies = output.replies or [await self._apologise(agent, session.sender_id)]
        return {
            "language": next((reply["language"] for reply in replies if reply["language"]), None),
            "masked": list(safe.labels),
            "text": safe.text,
            "messages": replies,
        }

    @staticmethod
    async def _apologise(agent: Agent, sender_id: str) -> JsonMessage:
        """Say that there is no answer, for example because the action server is down, and keep that it was said."""
        async with agent.lock_store.lock(sender_id):
            tracker = await agent.tracker_store.retrieve(sender_id)
            language = str(tracker.get_slot("language")) if tracker is not None else None
            event = BotUttered(text("service_unavailable", language), metadata={"metadata": {"language": language}})
            if tracker is not None:
                tracker.update(event)
                await agent.tracker_store.save(tracker)
        return bot_message(event.message())

    async def _transcript(self, request: Request) -> HTTPResponse:
        session = self._session(request)
        tracker = await request.app.ctx.agent.tracker_store.retrieve_full_tracker(session.sender_id)
        messages: list[JsonMessage] = []
        for event in tracker.events if tracker is not None else []:
            if isinstance(event, UserUttered):
                customer = customer_message(event.as_dict())
                messages += [customer] if customer is not None else []
            elif isinstance(event, BotUttered):
                messages.append(bot_message(event.message()))
        return _json({"messages": messages, "expires_at": session.expires_at.isoformat()})

    def _session(self, request: Request) -> Session:
        scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ProtocolError("unknown_session", 401)
        try:
            return self._issuer.read(token.strip())
        except SessionExpiredError as error:
            raise ProtocolError("session_expired", 401) from error
        except UnknownSessionError as error:
            raise ProtocolError("unknown_session", 401) from error


async def _stored_replies(store: TrackerStore, sender_id: str, message_id: str) -> list[JsonMessage] | None:
    """Return what was answered to a message that was handled before, or None when it is new."""
    tracker = await store.retrieve(sender_id)
    replies: list[JsonMessage] | None = None
    for event in tracker.events if tracker is not None else []:
        if isinstance(event, UserUttered):
            if replies:
                break
            replies = [] if event.message_id == message_id else None
        elif isinstance(event, BotUttered) and replies is not None:
            replies.append(bot_message(event.message()))
    return replies or None


def _body(request: Request) -> dict[str, Any]:
    if len(request.body) > MAX_BODY_BYTES:
        raise ProtocolError("too_large", 413)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("invalid_json", 400) from error
    if not isinstance(body, dict):
        raise ProtocolError("invalid_request", 400)
    return body


def _intent(payload: object, app: Sanic) -> str:
    match = _PAYLOAD.fullmatch(payload) if isinstance(payload, str) else None
    if match is None or match.group(1) not in app.ctx.agent.domain.intents or match.group(1) == OPENING:
        raise ProtocolError("invalid_request", 400)
    return match.group(1)


def _refuse_when_overloaded(app: Sanic) -> None:
    if startup.store(app).overloaded:
        raise ProtocolError("service_unavailable", 503)


def _language(request: Request) -> str:
    return best_language(request.headers.get("accept-language"))


def _json(body: dict[str, Any], status: int = 200) -> HTTPResponse:
    return response.json(body, status=status, headers=API_HEADERS, dumps=_dumps)


def _error(error: ProtocolError, language: str) -> HTTPResponse:
    message = text(error.code, language, limit=gate.MAX_MESSAGE_CHARACTERS)
    return _json({"error": {"code": error.code, "message": message}}, error.status)


def _dumps(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
