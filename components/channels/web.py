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

from components.channels import gate, pages, startup, statistics
from components.channels.feedback import UnfitFeedbackError, keep_feedback
from components.channels.messages import JsonMessage, asked_for, bot_message, transcript
from components.channels.notice import load_notice
from components.channels.returning import WELCOME_BACK, is_coming_back
from components.channels.rights import stored_document
from components.channels.sessions import Session, SessionExpiredError, SessionIssuer, UnknownSessionError
from components.channels.texts import LANGUAGES, best_language, text
from components.privacy.conversation import ConversationMemory
from components.privacy.pseudonyms import NETWORK_KEY, network_pseudonym
from components.settings import Settings
from components.storage.rights import Receipt
from components.storage.technical_log import canonical_address

logger = logging.getLogger(__name__)

CHANNEL = "web"
PREFIX = "/chat"
OPENING = "opening"
PAGE_FOLDER = Path(__file__).parents[2] / "widget" / "static"

MAX_BODY_BYTES = 16 * 1024
REPLY_TIMEOUT_SECONDS = 30.0
_REMEMBERED_REPLIES = 2_000
_REMEMBERED_SECONDS = 600
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]{0,80})")

_ReplyKey = tuple[str, str]  # a conversation and a message of it

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
STORED_PAGE_HEADERS = {
    **API_HEADERS,
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {pages.STORED_PAGE_STYLE_SOURCE}; frame-ancestors 'self'; base-uri 'none'"
    ),
}
PICTURE_HEADERS = {**PAGE_HEADERS, "Content-Security-Policy": statistics.POLICY}


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
        self._settings = settings
        self._secret_key = settings.secret_key
        self._issuer = SessionIssuer(settings.secret_keys, settings.session_lifetime, channel=CHANNEL)
        self._notice = load_notice(settings)
        self._memories = gate.Memories(settings.session_lifetime)
        self._replies: collections.OrderedDict[_ReplyKey, asyncio.Future[dict[str, Any]]] = collections.OrderedDict()

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

        @routes.post("/api/feedback")
        async def feedback(request: Request) -> HTTPResponse:
            return await self._answered(request, self._feedback(request))

        @routes.get("/api/notice")
        async def notice(request: Request) -> HTTPResponse:
            return _json(self._notice.document(request.args.get("language") or _language(request)))

        @routes.get("/api/conversation")
        async def show_stored(request: Request) -> HTTPResponse:
            return await self._answered(request, self._show_stored(request))

        # Sanic passes the body of a DELETE over unless it is told not to.
        @routes.delete("/api/conversation", ignore_body=False)
        async def delete(request: Request) -> HTTPResponse:
            return await self._answered(request, self._delete(request))

        @routes.post("/api/conversation/do-not-store")
        async def do_not_store(request: Request) -> HTTPResponse:
            return await self._answered(request, self._do_not_store(request))

        @routes.get("/")
        async def page(request: Request) -> HTTPResponse:
            return await response.file(PAGE_FOLDER / "index.html", headers=PAGE_HEADERS)

        @routes.get("/privacy")
        async def privacy(request: Request) -> HTTPResponse:
            language = request.args.get("lang") or _language(request)
            return response.html(pages.notice_page(self._notice, language), headers=PAGE_HEADERS)

        @routes.get("/statistics/<name:str>")
        async def picture(request: Request, name: str) -> HTTPResponse:
            return await self._answered(request, _picture(request, name))

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
        language, version, consent = body.get("language"), body.get("notice_version"), body.get("consent", False)
        if language not in LANGUAGES or not isinstance(version, str | None) or not isinstance(consent, bool):
            raise ProtocolError("invalid_request", 400)
        needs_consent = self._notice.asks_for_consent
        if needs_consent and not (consent and version == self._notice.version):
            raise ProtocolError("consent_required", 403)
        _refuse_when_overloaded(request.app)
        token, session = self._issuer.issue()
        self._memories.begin(session.sender_id)
        output = WebOutput()
        message = gate.command_message(
            OPENING,
            sender_id=session.sender_id,
            channel=CHANNEL,
            output=output,
            message_id=gate.message_id(session.sender_id, OPENING),
            language=language,
            metadata={"notice_version": self._notice.version, "consented": needs_consent},
        )
        await asyncio.wait_for(on_new_message(message), REPLY_TIMEOUT_SECONDS)
        return _json(
            {
                "session": token,
                "expires_at": session.expires_at.isoformat(),
                "stored": session.stored,
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
        if self._notice.asks_for_consent and session.stored:
            await _require_consent(request.app, session)
        intent = _intent(payload, request.app) if payload is not None else None
        memory = self._memories.get(session.sender_id) or await self._memory_after_restart(request.app, session)
        safe = gate.make_safe(raw, memory, asked_for=await _asked_for(request.app, session.sender_id, raw))
        if not safe.text and intent is None:
            raise ProtocolError("empty_message", 400)
        _refuse_when_overloaded(request.app)
        message_id = gate.message_id(session.sender_id, client_id)
        key = (session.sender_id, message_id)
        running = self._replies.get(key)
        if running is not None:
            return _json(await asyncio.shield(running))
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting for it when it fails; the request itself reports the error.
        reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._replies[key] = reply
        while len(self._replies) > _REMEMBERED_REPLIES:
            self._replies.popitem(last=False)
        try:
            with startup.store(request.app).arrival(session.sender_id) as arrival:
                answer = await self._handle(
                    request.app,
                    on_new_message,
                    session,
                    message_id,
                    safe,
                    intent,
                    network_pseudonym(self._secret_key, canonical_address(request.remote_addr or request.ip)),
                )
                if arrival.is_erased:
                    raise ProtocolError("conversation_deleted", 409)
        except BaseException as error:
            if self._replies.get(key) is reply:
                del self._replies[key]
            reply.set_exception(error if isinstance(error, Exception) else RuntimeError("the request was cancelled"))
            raise
        reply.set_result(answer)
        # Later retries find what is kept of the conversation; nothing outlives it here.
        asyncio.get_running_loop().call_later(_REMEMBERED_SECONDS, self._replies.pop, key, None)
        return _json(answer)

    async def _memory_after_restart(self, app: Sanic, session: Session) -> ConversationMemory:
        messages = await _messages(app.ctx.agent.tracker_store, session.sender_id)
        # Another message may have come while the transcript was read.
        return self._memories.get(session.sender_id) or self._memories.begin(
            session.sender_id, [message["text"] for message in messages]
        )

    async def _handle(
        self,
        app: Sanic,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
        session: Session,
        message_id: str,
        safe: gate.SafeText,
        intent: str | None,
        network: str,
    ) -> dict[str, Any]:
        agent: Agent = app.ctx.agent
        replies = await _stored_replies(agent.tracker_store, session.sender_id, message_id)
        if replies is None:
            output, welcome = WebOutput(), WebOutput()
            common: dict[str, Any] = {
                "sender_id": session.sender_id,
                "channel": CHANNEL,
                "output": output,
                "message_id": message_id,
                "metadata": {NETWORK_KEY: network},
            }
            message = (
                gate.user_message(safe, **common)
                if intent is None
                else gate.command_message(intent, shown=safe, **common)
            )

            async def answer() -> None:
                tracker = await agent.tracker_store.retrieve(session.sender_id)
                if is_coming_back(tracker, agent.domain):
                    welcoming = {**common, "output": welcome, "message_id": _welcome_id(session.sender_id, message_id)}
                    await on_new_message(gate.command_message(WELCOME_BACK, **welcoming))
                await on_new_message(message)

            # The work goes on when the customer's connection breaks: a retry then finds the stored answer.
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(answer())), REPLY_TIMEOUT_SECONDS)
            replies = [*welcome.replies, *(output.replies or [await self._apologise(agent, session.sender_id)])]
        return {
            "language": next((reply["language"] for reply in replies if reply["language"]), None),
            "masked": list(safe.labels),
            "text": safe.text,
            "notice": await _notice_of(agent.tracker_store, session.sender_id, message_id) if safe.labels else None,
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
        messages = await _messages(request.app.ctx.agent.tracker_store, session.sender_id)
        return _json({"messages": messages, "expires_at": session.expires_at.isoformat(), "stored": session.stored})

    async def _feedback(self, request: Request) -> HTTPResponse:
        session = self._session(request)
        store = startup.store(request.app)
        messages = await _messages(store, session.sender_id)
        answers = [message["id"] for message in messages if message["from"] == "bot"]
        try:
            kept = await keep_feedback(store.engine, self._settings, session.sender_id, _body(request), answers=answers)
        except UnfitFeedbackError as error:
            raise ProtocolError("too_long", 413) if error.too_long else ProtocolError("invalid_request", 400) from error
        return _json({"kept": kept})

    async def _show_stored(self, request: Request) -> HTTPResponse:
        session = self._session(request)
        tables = await startup.store(request.app).stored_data(session.sender_id)
        document = stored_document(tables, stored=session.stored)
        if request.args.get("format") != "html":
            return _json(document)
        language = request.args.get("lang") or _language(request)
        return response.html(pages.stored_page(document, language), headers=STORED_PAGE_HEADERS)

    async def _delete(self, request: Request) -> HTTPResponse:
        session = self._session(request)
        if (_body(request) if request.body else {}).get("confirm") is not True:
            raise ProtocolError("confirmation_needed", 400)
        store = startup.store(request.app)
        receipt = await self._alone(request.app, session, lambda: store.erase(session.sender_id))
        self._memories.forget(session.sender_id)
        return _json({"receipt": receipt.as_json()})

    async def _do_not_store(self, request: Request) -> HTTPResponse:
        session = self._session(request)
        if not session.stored:
            return _unstored(_token(request), session, None)
        token, unstored = self._issuer.issue_unstored(session)
        store = startup.store(request.app)
        receipt = await self._alone(
            request.app, session, lambda: store.stop_storing(session.sender_id, unstored.sender_id)
        )
        self._memories.move(session.sender_id, unstored.sender_id)
        return _unstored(token, unstored, receipt)

    async def _alone(self, app: Sanic, session: Session, erase: Callable[[], Awaitable[Receipt]]) -> Receipt:
        """Erase a conversation while no message of it is handled, and what this channel remembers of it."""

        async def locked() -> Receipt:
            async with app.ctx.agent.lock_store.lock(session.sender_id):
                receipt = await erase()
            for key in [key for key in self._replies if key[0] == session.sender_id]:
                del self._replies[key]
            return receipt

        # What has begun is done to its end, even when nobody waits for it any more.
        return await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(locked())), REPLY_TIMEOUT_SECONDS)

    def _session(self, request: Request) -> Session:
        try:
            return self._issuer.read(_token(request))
        except SessionExpiredError as error:
            raise ProtocolError("session_expired", 401) from error
        except UnknownSessionError as error:
            raise ProtocolError("unknown_session", 401) from error


async def _picture(request: Request, name: str) -> HTTPResponse:
    content = await statistics.picture(name, request.args.get("language") or _language(request))
    if content is None:
        raise ProtocolError("not_found", 404)
    return response.raw(content, content_type=statistics.CONTENT_TYPE, headers=PICTURE_HEADERS)


async def _stored_replies(store: TrackerStore, sender_id: str, message_id: str) -> list[JsonMessage] | None:
    """Return what was answered to a message that was handled before, or None when it is new."""
    tracker = await store.retrieve(sender_id)
    replies: collections.defaultdict[str, list[JsonMessage]] = collections.defaultdict(list)
    latest = ""
    for event in tracker.events if tracker is not None else []:
        if isinstance(event, UserUttered):
            latest = str(event.message_id)
        elif isinstance(event, BotUttered):
            replies[latest].append(bot_message(event.message()))
    answered = replies[message_id]
    return [*replies[_welcome_id(sender_id, message_id)], *answered] if answered else None


def _welcome_id(sender_id: str, message_id: str) -> str:
    """Return the id of the message with which the channel lets a customer be welcomed before their own message."""
    return gate.message_id(sender_id, f"{WELCOME_BACK}:{message_id}")


async def _asked_for(app: Sanic, sender_id: str, raw: str) -> str | None:
    """Return the label of the value that the latest message of the conversation asks for.

    Read from what is kept, so that every server knows it. A message without a digit gives no such value.
    """
    if not any(sign.isdigit() for sign in raw):
        return None
    tracker = await app.ctx.agent.tracker_store.retrieve(sender_id)
    for event in reversed(tracker.events if tracker is not None else []):
        if isinstance(event, UserUttered):
            return None
        if isinstance(event, BotUttered) and (asked := asked_for(event.message())) is not None:
            return asked
    return None


async def _messages(store: TrackerStore, sender_id: str) -> list[JsonMessage]:
    tracker = await store.retrieve_full_tracker(sender_id)
    return transcript(event.as_dict() for event in tracker.events) if tracker is not None else []


async def _notice_of(store: TrackerStore, sender_id: str, message_id: str) -> str | None:
    """Return what is told about a message from which something was removed: told once in a conversation.

    Derived from what is kept, so that a retry and the transcript say the same.
    """
    messages = await _messages(store, sender_id)
    return next((message["notice"] for message in messages if message["id"] == message_id), None)


async def _require_consent(app: Sanic, session: Session) -> None:
    """Refuse to store more of a conversation whose deletion withdrew the consent that its token was given for."""
    if not await startup.store(app).has_consented(session.sender_id):
        raise ProtocolError("consent_required", 403)


def _unstored(token: str, session: Session, receipt: Receipt | None) -> HTTPResponse:
    return _json(
        {
            "session": token,
            "expires_at": session.expires_at.isoformat(),
            "stored": session.stored,
            "receipt": receipt.as_json() if receipt is not None else None,
        }
    )


def _token(request: Request) -> str:
    scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ProtocolError("unknown_session", 401)
    return str(token.strip())


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
