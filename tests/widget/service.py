"""A small real HTTP server that serves the chat page and plays the other side of its protocol."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

STATIC = Path(__file__).parents[2] / "widget" / "static"
DEMO = Path(__file__).parents[2] / "widget" / "demo"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'none'; frame-ancestors 'self'; base-uri 'none'"
)
DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
OPENING = {
    "fi": "Hei! Olen **Luotsi**. Mitä haluat kysyä?",
    "en": "Hello! I am **Luotsi**. What would you like to ask?",
}
NOTICE = {
    "fi": {
        "title": "Tietosuojaseloste",
        "short": "Keskustelu tallennetaan ilman henkilötietoja. Sitä säilytetään enintään vuoden.",
        "consent": "Suostun keskustelun tallentamiseen.",
        "controller": "Malliviranomainen, neuvonta@viranomainen.example.",
    },
    "en": {
        "title": "Privacy notice",
        "short": "The conversation is stored without personal data. It is kept for one year at most.",
        "consent": "I consent to the conversation being stored.",
        "controller": "Model authority, advice@authority.example.",
    },
}
PRIVACY_PAGE = """<!doctype html>
<html lang="{language}"><head><title>{title}</title></head><body><main><h1>{title}</h1></main></body></html>
"""
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300" viewBox="0 0 900 300">'
    '<rect width="900" height="300" fill="#0b5364"/></svg>'
)
ERRORS = {
    "consent_required": (403, "Suostumus puuttuu."),
    "confirmation_needed": (400, "Vahvistus puuttuu."),
    "empty_message": (400, "Viesti on tyhjä."),
    "too_long": (400, "Palvelin sanoo: viesti on liian pitkä."),
    "unknown_session": (401, "Keskustelua ei löydy."),
    "session_expired": (401, "Keskustelu on vanhentunut."),
    "too_large": (413, "Viesti on liian suuri."),
    "too_many_requests": (429, "Viestejä tulee nyt liikaa. Odota hetki."),
    "foreign_origin": (403, "Chat ei toimi tämän sivun kautta."),
    "conversation_deleted": (409, "Keskustelu on poistettu."),
    "service_unavailable": (503, "Palvelussa on nyt ruuhkaa."),
}


@dataclasses.dataclass
class Answer:
    """What the server says to one message; `error` names an error to answer instead."""

    text: str = "Vastaus."
    language: str = "fi"
    answer_language: str | None = None
    buttons: list[dict[str, str]] = dataclasses.field(default_factory=list)
    links: list[dict[str, str]] = dataclasses.field(default_factory=list)
    sources: list[dict[str, str]] = dataclasses.field(default_factory=list)
    reviewed: str | None = None
    volatile: bool = False
    action: str | None = None
    image: dict[str, str] | None = None
    notice: str | None = None
    masked: list[str] = dataclasses.field(default_factory=list)
    kept: str | None = None
    error: str | None = None
    retry_after: int | None = None
    wait: asyncio.Event | None = None


class Stream:
    """An open event stream: what it still has to say, and whether its connection is cut."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.news = asyncio.Event()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.is_over = False
        self.is_cut = False


@dataclasses.dataclass(frozen=True)
class Received:
    """A request that reached the chat interface."""

    method: str
    path: str
    token: str | None
    language: str
    body: dict[str, Any]
    last_event: str | None = None


class ChatService:
    """Runs in its own thread between `with`; the fields below may be set by a test at any time."""

    def __init__(self) -> None:
        self.received: list[Received] = []  # without what the page asks for of its own accord
        self.followed: list[Received] = []  # event streams
        self.news_received: list[Received] = []  # announcements
        self.paths: list[str] = []
        self.answers: deque[Answer] = deque()
        self.open_errors: deque[str] = deque()
        self.transcript_errors: deque[str] = deque()
        self.conversation_errors: deque[str] = deque()
        self.mode = "notice"
        self.notice_version = "2026-11-22"
        self.feedback: list[dict[str, Any]] = []
        self.rating_errors: deque[str] = deque()
        self.keeps_feedback = True
        self.expires_at = "2026-11-21T12:00:00Z"
        self.stream_errors: deque[str] = deque()
        self.holds_streams_back = False
        self.announcements: dict[str, list[dict[str, Any]]] = {"fi": [], "en": []}
        self.hours: dict[str, list[dict[str, Any]]] = {"fi": [], "en": []}
        self.fails_with_news = False
        self.unstored: set[str] = set()
        self.conversation_gate: asyncio.Event | None = None
        self.message_length = 1000
        self.opening: dict[str, str] = dict(OPENING)
        self.opening_buttons: list[dict[str, str]] = []
        self._sessions: dict[str, list[dict[str, Any]]] = {}
        self._answered: dict[tuple[str, str], dict[str, Any]] = {}
        self._streams: list[Stream] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chat-service", daemon=True)
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.host_url = ""
        self.neighbour_url = ""
        self.host_page = ""
        self.host_policy = ""
        self.may_embed = True

    def __enter__(self) -> ChatService:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(timeout=10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def will_answer(self, *answers: Answer) -> None:
        """Queue the next answers; without any, messages are echoed."""
        self.answers.extend(answers)

    def held(self, answer: Answer) -> Callable[[], None]:
        """Queue an answer that waits; the returned function lets it go."""
        event = asyncio.Event()
        answer.wait = event
        self.answers.append(answer)

        def release() -> None:
            self._loop.call_soon_threadsafe(event.set)

        return release

    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all messages posted so far."""
        wanted = ("POST", "/chat/api/messages")
        return [request.body for request in self.received if (request.method, request.path) == wanted]

    def ratings(self) -> list[dict[str, Any]]:
        """The bodies of all feedback posted so far."""
        return [request.body for request in self.received if request.path == "/chat/api/feedback"]

    # --- What happens elsewhere ------------------------------------------------------------------------------------

    def add(self, answer: Answer | str, *, token: str | None = None) -> None:
        """Let a message of the assistant, or a customer's words, come from another server; by default to the newest."""
        if isinstance(answer, str):
            message = self._customer(f"kept-{uuid.uuid4()}", Answer(kept=answer), answer)
        else:
            message = self._bot(answer)
        self._loop.call_soon_threadsafe(self._append, token or self.sessions[-1], message)

    def tell(self, name: str, data: dict[str, Any], *, token: str | None = None) -> None:
        """Send an event that is no message to every open stream of a conversation."""
        self._loop.call_soon_threadsafe(self._tell, token or self.sessions[-1], name, data)

    def end_streams(self, *, cut: bool = False) -> None:
        """End all open streams: properly, as a server does that stops, or as a broken connection does."""

        def end() -> None:
            for stream in self._streams:
                stream.is_over, stream.is_cut = True, cut
                stream.news.set()

        self._loop.call_soon_threadsafe(end)

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def _append(self, token: str, *messages: dict[str, Any]) -> None:
        self._sessions[token] += messages
        self._tell(token)

    def _tell(self, token: str, *event: Any) -> None:
        for stream in self._streams:
            if stream.token == token:
                stream.events += [event] if event else []
                stream.news.set()

    def hold_conversation_requests(self) -> Callable[[], None]:
        """Let requests about the stored conversation wait; the returned function lets them go."""
        self.conversation_gate = gate = asyncio.Event()

        def release() -> None:
            self._loop.call_soon_threadsafe(gate.set)

        return release

    def forget_all(self) -> None:
        """Let all sessions be over."""
        self._sessions.clear()

    @property
    def sessions(self) -> list[str]:
        """The tokens given out, oldest first."""
        return list(self._sessions)

    async def _stop(self) -> None:
        for stream in self._streams:
            stream.is_over = True
            stream.news.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _start(self) -> None:
        app = web.Application(middlewares=[self._note], client_max_size=10**6)
        app.router.add_get("/chat/", self._index)
        for page in ("privacy", "accessibility", "plain"):
            app.router.add_get(f"/chat/{page}", self._privacy)
        app.router.add_static("/chat/static/", STATIC)
        app.router.add_get(r"/chat/demo/{name:[a-z]*\.?[a-z]*}", self._demo)
        app.router.add_get("/host/{name}", self._host)
        app.router.add_get("/chat/statistics/picture.svg", self._picture)
        app.router.add_get("/chat/api/notice", self._notice)
        app.router.add_post("/chat/api/sessions", self._open)
        app.router.add_get("/chat/api/conversation", self._stored)
        app.router.add_delete("/chat/api/conversation", self._erase)
        app.router.add_post("/chat/api/conversation/do-not-store", self._unstore)
        app.router.add_post("/chat/api/messages", self._message)
        app.router.add_get("/chat/api/messages", self._transcript)
        app.router.add_post("/chat/api/feedback", self._rate)
        app.router.add_get("/chat/api/events", self._events)
        app.router.add_get("/chat/api/announcements", self._news)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        # A second port is another origin; under its other name, "localhost", it is another site, too.
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port, host_port = (address[1] for address in self._runner.addresses[:2])
        self.url = f"http://127.0.0.1:{port}"
        self.host_url = f"http://localhost:{host_port}"
        self.neighbour_url = f"http://127.0.0.1:{host_port}"

    @web.middleware
    async def _note(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        self.paths.append(request.path)
        if request.path.startswith("/chat/api/"):
            body = await request.json() if request.can_read_body else {}
            language = request.headers.get("Accept-Language", "")
            last = request.headers.get("Last-Event-ID")
            noted = {"/chat/api/events": self.followed, "/chat/api/announcements": self.news_received}
            noted.get(request.path, self.received).append(
                Received(request.method, request.path, self._token(request), language, body, last)
            )
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            embedders = f"'self' {self.host_url} {self.neighbour_url}" if self.may_embed else "'none'"
            policy = POLICY.replace("frame-ancestors 'self'", f"frame-ancestors {embedders}")
            response.headers.setdefault("Content-Security-Policy", policy)
            response.headers["X-Content-Type-Options"] = "nosniff"
            if request.path == "/chat/static/embed.js":
                response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @staticmethod
    def _token(request: web.Request) -> str | None:
        header = request.headers.get("Authorization", "")
        return header.removeprefix("Bearer ") if header.startswith("Bearer ") else None

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=(STATIC / "index.html").read_text("utf-8"), content_type="text/html")

    async def _demo(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": DEMO_POLICY}
        return web.FileResponse(DEMO / (request.match_info["name"] or "index.html"), headers=headers)

    async def _host(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": self.host_policy or "default-src * 'unsafe-inline' 'unsafe-eval'"}
        return web.Response(text=self.host_page, content_type="text/html", headers=headers)

    async def _privacy(self, request: web.Request) -> web.StreamResponse:
        language = "en" if request.query.get("lang") == "en" else "fi"
        page = PRIVACY_PAGE.format(language=language, title=NOTICE[language]["title"])
        return web.Response(text=page, content_type="text/html")

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=PICTURE, content_type="image/svg+xml")

    async def _notice(self, request: web.Request) -> web.StreamResponse:
        texts = NOTICE[request.query["language"]]
        sections = [{"id": "controller", "heading": "Rekisterinpitäjä", "paragraphs": [texts["controller"]]}]
        common = {key: texts[key] for key in ("title", "short")}
        common["consent"] = texts["consent"] if self.mode == "opt-in" else ""
        return web.json_response({"version": self.notice_version, "mode": self.mode, "sections": sections, **common})

    @staticmethod
    def _error(code: str, *, retry_after: int | None = None) -> web.Response:
        status, message = ERRORS[code]
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
        return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)

    @staticmethod
    def _customer(identifier: str, answer: Answer, text: str) -> dict[str, Any]:
        told = {"masked": answer.masked, "notice": answer.notice}
        common = {"id": identifier, "from": "customer", "language": None, "time": "2026-11-21T10:00:00Z"}
        return {**common, **told, "text": text}

    @staticmethod
    def _bot(answer: Answer) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "from": "bot",
            "language": answer.answer_language or answer.language,
            "text": answer.text,
            "time": "2026-11-21T10:00:05Z",
            "buttons": answer.buttons,
            "links": answer.links,
            "sources": answer.sources,
            "reviewed": answer.reviewed,
            "volatile": answer.volatile,
            "action": answer.action,
            "image": answer.image,
        }

    async def _open(self, request: web.Request) -> web.StreamResponse:
        if self.open_errors:
            return self._error(self.open_errors.popleft())
        body = await request.json()
        language = body["language"]
        if self.mode == "opt-in" and (body.get("consent"), body.get("notice_version")) != (True, self.notice_version):
            return self._error("consent_required")
        token = f"token-{uuid.uuid4()}"
        self._sessions[token] = [
            self._bot(Answer(text=self.opening[language], language=language, buttons=self.opening_buttons))
        ]
        return web.json_response(
            {
                "session": token,
                "expires_at": self.expires_at,
                "limits": {"message_length": self.message_length},
                "stored": True,
                "messages": self._sessions[token],
            },
            status=201,
        )

    async def _message(self, request: web.Request) -> web.StreamResponse:
        token = self._token(request) or ""
        if token not in self._sessions:
            return self._error("unknown_session")
        body = await request.json()
        known = self._answered.get((token, body["id"]))
        if known:
            return web.json_response(known)
        switched = {"/switch_to_english": "en", "/switch_to_finnish": "fi"}.get(body.get("payload", ""))
        echo = Answer(text=f"Kaiku: {body['text']}")
        if switched:
            echo = Answer(text="Certainly." if switched == "en" else "Selvä.", language=switched)
        answer = self.answers.popleft() if self.answers else echo
        self._tell(token, "typing", {"typing": True})
        if answer.wait is not None:
            await answer.wait.wait()
        if answer.error:
            self._tell(token, "typing", {"typing": False})
            return self._error(answer.error, retry_after=answer.retry_after)
        kept = answer.kept if answer.kept is not None else body["text"]
        bot = self._bot(answer)
        # As in the service, the kept message has an id of its own.
        customer = self._customer(f"kept-{body['id']}", answer, kept)
        self._append(token, customer, bot)
        self._tell(token, "typing", {"typing": False})
        told = {key: customer[key] for key in ("id", "masked", "notice", "text")}
        self._answered[token, body["id"]] = {"language": answer.language, **told, "messages": [bot]}
        return web.json_response(self._answered[token, body["id"]])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if self.stream_errors:
            code = self.stream_errors.popleft()
            return self._error(code, retry_after=1 if code == "too_many_requests" else None)
        token = self._token(request) or ""
        if token not in self._sessions:
            return self._error("session_expired")
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        stream = Stream(token)
        self._streams.append(stream)
        last = request.headers.get("Last-Event-ID")
        messages = self._sessions[token]
        known = [message["id"] for message in messages]
        sent = known.index(last) + 1 if last in known else (0 if last else len(known))
        try:
            await answer.prepare(request)
            if not self.holds_streams_back:
                await answer.write(b"retry: 2000\n\n")
            while not stream.is_over:
                for message in [] if self.holds_streams_back else self._sessions.get(token, messages)[sent:]:
                    sent += 1
                    await answer.write(self._event("message", message, f"id: {message['id']}\n"))
                for name, data in stream.events:
                    await answer.write(self._event(name, data))
                    stream.is_over = stream.is_over or name == "ended"
                stream.events = []
                while not stream.is_over and not stream.news.is_set():
                    await asyncio.sleep(0.02)
                    stream.is_over |= request.transport is None or request.transport.is_closing()
                stream.news.clear()
            if stream.is_cut and request.transport is not None:
                request.transport.abort()
            else:
                await answer.write_eof()
        except ConnectionError:
            return answer  # the page has gone
        finally:
            self._streams.remove(stream)
        return answer

    @staticmethod
    def _event(name: str, data: dict[str, Any], start: str = "") -> bytes:
        return f"{start}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    async def _news(self, request: web.Request) -> web.StreamResponse:
        if self.fails_with_news:
            return self._error("service_unavailable")
        language = request.query["language"]
        return web.json_response({"announcements": self.announcements[language], "hours": self.hours[language]})

    async def _transcript(self, request: web.Request) -> web.StreamResponse:
        if self.transcript_errors:
            return self._error(self.transcript_errors.popleft())
        token = self._token(request) or ""
        if token not in self._sessions:
            return self._error("session_expired")
        return web.json_response({"messages": self._sessions[token], "expires_at": self.expires_at})

    async def _rate(self, request: web.Request) -> web.StreamResponse:
        if self.rating_errors:
            return self._error(self.rating_errors.popleft())
        token = self._token(request) or ""
        if token not in self._sessions:
            return self._error("session_expired")
        return web.json_response({"kept": self.keeps_feedback})

    async def _about_conversation(self, request: web.Request) -> str | web.Response:
        """The token, or the error to answer with."""
        if self.conversation_gate is not None:
            await self.conversation_gate.wait()
        if self.conversation_errors:
            return self._error(self.conversation_errors.popleft())
        token = self._token(request) or ""
        return token if token in self._sessions else self._error("session_expired")

    @staticmethod
    def _receipt(messages: list[dict[str, Any]]) -> dict[str, Any]:
        return {"code": "K7QF-2M9X-4TDA", "erased_at": "2026-11-21T10:05:00Z", "counts": {"messages": len(messages)}}

    async def _stored(self, request: web.Request) -> web.StreamResponse:
        token = await self._about_conversation(request)
        if isinstance(token, web.Response):
            return token
        if request.query.get("format") == "html":
            page = PRIVACY_PAGE.format(language=request.query["lang"], title="Omat tiedot")
            return web.Response(text=page, content_type="text/html")
        stored = token not in self.unstored
        return web.json_response(
            {
                "stored": stored,
                "reference": "BCDF-GHJK-LMNP" if stored else None,
                "expires_at": "2028-11-20T10:00:00Z" if stored else None,
                "notice_version": self.notice_version,
                "consented_at": "2026-11-21T10:00:00Z" if self.mode == "opt-in" else None,
                "messages": self._sessions[token],
                "feedback": self.feedback,
                "events": [{"event": "session_started"}],
            }
        )

    async def _unstore(self, request: web.Request) -> web.StreamResponse:
        token = await self._about_conversation(request)
        if isinstance(token, web.Response):
            return token
        messages = self._sessions.pop(token)
        self._tell(token, "ended", {"reason": "erased"})
        replacement = f"unstored-{uuid.uuid4()}"
        self._sessions[replacement] = messages
        self.unstored.add(replacement)
        return web.json_response(
            {
                "session": replacement,
                "expires_at": "2026-11-21T12:00:00Z",
                "stored": False,
                "receipt": self._receipt(messages),
            }
        )

    async def _erase(self, request: web.Request) -> web.StreamResponse:
        token = await self._about_conversation(request)
        if isinstance(token, web.Response):
            return token
        if (await request.json()).get("confirm") is not True:
            return self._error("confirmation_needed")
        messages, self._sessions[token] = self._sessions[token], []
        self._tell(token, "ended", {"reason": "erased"})
        return web.json_response({"receipt": None if token in self.unstored else self._receipt(messages)})
