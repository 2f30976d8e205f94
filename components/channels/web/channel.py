"""The routes of the web channel: the chat page, its JSON protocol, pages and pictures."""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import types
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import gate, pages, startup, statistics
from components.channels.accessibility import AccessibilityStatement
from components.channels.announcements import Announcements, announcements_file
from components.channels.answering import OnNewMessage
from components.channels.limits import Limits
from components.channels.origins import Origins, page_headers
from components.channels.sessions import Session
from components.channels.texts import LANGUAGES
from components.channels.web import files, openapi, stream
from components.channels.web.conversations import CHANNEL, WebConversations
from components.channels.web.plain import PlainChat
from components.channels.web.protocol import (
    API_HEADERS,
    STORED_PAGE_HEADERS,
    ProtocolError,
    as_error,
    as_json,
    body_of,
    language_of,
    refuse_unknown,
    token_of,
)
from components.settings import Settings, embed_origins, rate_limits, redis_server

logger = logging.getLogger(__name__)

PREFIX = "/chat"
PAGE_FOLDER = Path(__file__).parents[3] / "widget" / "static"

INDEX, LAUNCHER = "index.html", "embed.js"
DEMO_FOLDER = PAGE_FOLDER.parent / "demo"
PICTURE_HEADERS = {**API_HEADERS, "Cache-Control": "no-cache", "Content-Security-Policy": statistics.POLICY}


class WebInput(InputChannel):
    """Serves the chat page and its JSON protocol; sessions are issued by the server."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebInput:
        """Create the channel; its secrets come from the environment, never from credentials.yml."""
        return cls(Settings.from_environment(), os.environ)

    def __init__(self, settings: Settings, environment: Mapping[str, str] = types.MappingProxyType({})) -> None:
        limits = Limits(rate_limits(environment), redis_server=redis_server(environment))
        self._conversations = WebConversations(settings, limits)
        self._origins = Origins(embed_origins(environment))
        self._page_headers = page_headers(self._origins)
        self._plain = PlainChat(self._conversations, self._origins)
        self._announcements = Announcements(announcements_file(environment))
        self._statement = AccessibilityStatement.load()

    def url_prefix(self) -> str:
        """Return where the channel lives; an absolute path, so not below /webhooks/."""
        return PREFIX

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the channel's routes."""
        routes = Blueprint("luotsi_web")
        startup.guard(routes)

        @routes.middleware("request")
        async def refuse_other_sites(request: Request) -> HTTPResponse | None:
            is_for_our_pages = request.method == "POST" or request.path.startswith(f"{PREFIX}/api/")
            if is_for_our_pages and not self._origins.is_allowed(request.headers.get("origin"), request.host):
                return as_error(ProtocolError("foreign_origin", 403), language_of(request))
            return None

        @routes.listener("before_server_start")
        async def refuse_unknown_addresses(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            refuse_unknown(app, f"{PREFIX}/api/")

        @routes.get("/api/health")
        async def health(request: Request) -> HTTPResponse:
            ready = startup.is_ready(request.app)
            return as_json({"status": "ok" if ready else "starting"}, 200 if ready else 503)

        @routes.post("/api/sessions")
        async def create_session(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._create_session(request, on_new_message))

        @routes.post("/api/messages")
        async def send(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._send(request, on_new_message))

        @routes.get("/api/messages")
        async def transcript(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._transcript(request))

        @routes.get("/api/events")
        async def events(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._stream(request))

        @routes.listener("before_server_stop")
        async def close(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            await self._conversations.close()

        @routes.post("/api/feedback")
        async def feedback(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._feedback(request))

        @routes.get("/api/notice")
        async def notice(request: Request) -> HTTPResponse:
            found = await self._conversations.notice(request.app)
            return as_json(found.document(request.args.get("language") or language_of(request)))

        @routes.get("/api/announcements")
        async def announcements(request: Request) -> HTTPResponse:
            language = request.args.get("language") or language_of(request)
            return as_json(self._announcements.document(language, datetime.datetime.now(datetime.timezone.utc)))

        @routes.get("/api/openapi.json")
        async def description(request: Request) -> HTTPResponse:
            return as_json(openapi.document())

        @routes.get("/api/conversation")
        async def show_stored(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._show_stored(request))

        # Sanic passes the body of a DELETE over unless it is told not to.
        @routes.delete("/api/conversation", ignore_body=False)
        async def delete(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._delete(request))

        @routes.post("/api/conversation/do-not-store")
        async def do_not_store(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._do_not_store(request))

        @routes.get("/")
        async def page(request: Request) -> HTTPResponse:
            # The texts are needed as soon as the scripts are there: so a browser asks for both at once.
            asked = request.args.get("lang")
            language = asked if asked in LANGUAGES else language_of(request)
            early = {"Link": f"<{PREFIX}/static/messages.{language}.json>; rel=preload; as=fetch; crossorigin"}
            return await files.send(request, PAGE_FOLDER / INDEX, {**self._page_headers, **early})

        @routes.get("/plain")
        async def plain(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._plain.page(request))

        @routes.post("/plain")
        async def plain_form(request: Request) -> HTTPResponse | None:
            return await _answered(request, self._plain.submitted(request, on_new_message))

        @routes.get("/privacy")
        async def privacy(request: Request) -> HTTPResponse:
            language = request.args.get("lang") or language_of(request)
            found = await self._conversations.notice(request.app)
            return response.html(pages.notice_page(found, language), headers=self._page_headers)

        @routes.get("/accessibility")
        async def accessibility(request: Request) -> HTTPResponse:
            language = request.args.get("lang") or language_of(request)
            return response.html(self._statement.page(language), headers=self._page_headers)

        @routes.get("/statistics/<name:str>")
        async def picture(request: Request, name: str) -> HTTPResponse | None:
            return await _answered(request, _picture(request, name))

        # The demonstration page shows the chat in a frame, as an authority's page would.
        policy = self._page_headers["Content-Security-Policy"]
        demo_headers = {**self._page_headers, "Content-Security-Policy": f"{policy}; frame-src 'self'"}
        demo = {**_named(DEMO_FOLDER), "": DEMO_FOLDER / INDEX}
        routes.add_route(_files(demo, demo_headers), "/demo/<name:str>", name="demo")
        routes.add_route(_files(_named(PAGE_FOLDER), self._page_headers), "/static/<name:str>", name="static")

        # Every page may load the launcher, and nothing but it; which of them may show the chat is said by the chat.
        launcher_headers = {
            **self._page_headers,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }

        @routes.get(f"/static/{LAUNCHER}")
        async def launcher(request: Request) -> HTTPResponse:
            return await files.send(request, PAGE_FOLDER / LAUNCHER, launcher_headers)

        return routes

    async def _create_session(self, request: Request, on_new_message: OnNewMessage) -> HTTPResponse:
        body = body_of(request)
        token, session, opening = await self._conversations.open(
            request.app,
            on_new_message,
            language=body.get("language"),
            notice_version=body.get("notice_version"),
            consent=body.get("consent", False),
            address=request.remote_addr or request.ip,
        )
        limits = {"message_length": gate.MAX_MESSAGE_CHARACTERS}
        return as_json({**_state(token, session), "limits": limits, "messages": opening}, 201)

    async def _send(self, request: Request, on_new_message: OnNewMessage) -> HTTPResponse:
        session = self._conversations.session(token_of(request))
        body = body_of(request)
        answer = await self._conversations.send(
            request.app,
            on_new_message,
            session,
            client_id=body.get("id"),
            raw=body.get("text"),
            payload=body.get("payload"),
            address=request.remote_addr or request.ip,
        )
        return as_json(answer)

    async def _transcript(self, request: Request) -> HTTPResponse:
        session = await self._reading(request)
        messages = await self._conversations.transcript(request.app, session)
        return as_json({"messages": messages, "expires_at": session.expires_at.isoformat(), "stored": session.stored})

    async def _stream(self, request: Request) -> None:
        await stream.respond(request, self._conversations.streams, await self._reading(request))

    async def _feedback(self, request: Request) -> HTTPResponse:
        session = await self._reading(request)
        return as_json({"kept": await self._conversations.rate(request.app, session, body_of(request))})

    async def _show_stored(self, request: Request) -> HTTPResponse:
        document = await self._conversations.stored(request.app, await self._reading(request))
        if request.args.get("format") != "html":
            return as_json(document)
        language = request.args.get("lang") or language_of(request)
        return response.html(pages.stored_page(document, language), headers=STORED_PAGE_HEADERS)

    async def _delete(self, request: Request) -> HTTPResponse:
        session = await self._reading(request)
        confirmed = bool(request.body) and body_of(request).get("confirm") is True
        receipt = await self._conversations.erase(request.app, session, confirmed=confirmed)
        return as_json({"receipt": receipt.as_json()})

    async def _do_not_store(self, request: Request) -> HTTPResponse:
        session = await self._reading(request)
        token, unstored, receipt = await self._conversations.stop_storing(request.app, token_of(request), session)
        return as_json({**_state(token, unstored), "receipt": receipt.as_json() if receipt is not None else None})

    async def _reading(self, request: Request) -> Session:
        return await self._conversations.reading(token_of(request), request.remote_addr or request.ip)


def _named(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by name, as they are when the server starts."""
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}


def _files(served: dict[str, Path], headers: dict[str, str]) -> Callable[[Request, str], Awaitable[HTTPResponse]]:
    """Return what serves files by their names, and nothing else."""

    async def serve(request: Request, name: str) -> HTTPResponse:
        if name not in served:
            return as_error(ProtocolError("not_found", 404), language_of(request))
        return await files.send(request, served[name], headers)

    return serve


def _state(token: str, session: Session) -> dict[str, Any]:
    return {"session": token, "expires_at": session.expires_at.isoformat(), "stored": session.stored}


async def _answered(request: Request, work: Awaitable[HTTPResponse | None]) -> HTTPResponse | None:
    """Do the work of a request; what it raises becomes an error that the customer can read."""
    try:
        return await work
    except ProtocolError as error:
        return as_error(error, language_of(request))
    except Exception as error:
        # Only the kind of error is logged: its text may hold what the customer wrote.
        logger.exception("A web request failed (%s).", type(error).__name__)
        if request.responded:
            return None
        return as_error(ProtocolError("service_unavailable", 503), language_of(request))


async def _picture(request: Request, name: str) -> HTTPResponse:
    content = await statistics.picture(name, request.args.get("language") or language_of(request))
    if content is None:
        raise ProtocolError("not_found", 404)
    return response.raw(content, content_type=statistics.CONTENT_TYPE, headers=PICTURE_HEADERS)
