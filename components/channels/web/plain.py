"""The chat as a plain page with forms: for browsers without JavaScript, with the same answers, limits and rights."""

from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Iterator

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import gate, pages
from components.channels.answering import OnNewMessage
from components.channels.messages import JsonMessage, readable_date
from components.channels.notice import inline
from components.channels.origins import Origins, page_headers
from components.channels.sessions import Session
from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES
from components.channels.web.conversations import WebConversations
from components.channels.web.protocol import (
    MAX_BODY_BYTES,
    STORED_PAGE_HEADERS,
    ProtocolError,
    error_text,
    language_of,
)
from components.storage.feedback import RATINGS

_HELPFUL, _NOT_HELPFUL = RATINGS
_BULLET = re.compile(r"\s*[-*]\s+(.*)")

Pieces = list[tuple[str, str | None]]


@dataclasses.dataclass
class _State:
    """What a page is made of. view: "start", "conversation", "delete", "unstore", "deleted"."""

    language: str
    view: str = "start"
    token: str | None = None
    session: Session | None = None
    messages: list[JsonMessage] = dataclasses.field(default_factory=list)
    draft: str = ""
    problem: str | None = None
    status: int = 200
    retry_after: int | None = None
    receipt: str | None = None
    rated: bool = False


class PlainChat:
    """Answers the forms of the plain page. Every page holds the whole conversation and its session's token."""

    def __init__(self, conversations: WebConversations, origins: Origins) -> None:
        self._conversations = conversations
        self._headers = {**page_headers(origins, forms=True), "Cache-Control": "no-store"}

    async def page(self, request: Request) -> HTTPResponse:
        """Return the page on which a conversation begins."""
        return await self._rendered(request, _State(_language(request.args.get("lang") or language_of(request))))

    async def submitted(self, request: Request, on_new_message: OnNewMessage) -> HTTPResponse:
        """Do what a form asks for and return the page that shows it."""
        if len(request.body) > MAX_BODY_BYTES:
            raise ProtocolError("too_large", 413)
        form: dict[str, str] = {name: values[0] for name, values in (request.form or {}).items()}
        state = _State(_language(form.get("language")), draft=form.get("text", ""), token=form.get("token"))
        wish, _, argument = form.get("do", "").partition(" ")
        try:
            if wish == "start":
                await self._start(request, on_new_message, form, state)
            elif wish != "leave":
                if wish == "stored":
                    return await self._stored(request, state)
                await self._act(request, on_new_message, form, state, wish, argument)
        except ProtocolError as error:
            await self._refused(request, state, error)
        return await self._rendered(request, state)

    async def _start(self, request: Request, on_new_message: OnNewMessage, form: dict[str, str], state: _State) -> None:
        token, session, opening = await self._conversations.open(
            request.app,
            on_new_message,
            language=state.language,
            notice_version=form.get("notice_version"),
            consent=form.get("consent") == "yes",
            address=request.remote_addr or request.ip,
        )
        state.view, state.token, state.session, state.messages = "conversation", token, session, opening

    async def _act(
        self, request: Request, on_new_message: OnNewMessage, form: dict[str, str], state: _State, wish: str, title: str
    ) -> None:
        state.session = session = self._conversations.session(state.token or "")
        state.view = "conversation"
        address = request.remote_addr or request.ip
        if wish in ("send", "reply", "press"):
            payload, _, title = title.partition(" ") if wish == "press" else (None, "", title)
            answer = await self._conversations.send(
                request.app,
                on_new_message,
                session,
                client_id=form.get("id"),
                raw=state.draft if wish == "send" else title,
                payload=payload,
                address=address,
            )
            if wish == "send":
                state.draft = ""
            await self._read(request, state)
            if not {message["id"] for message in answer["messages"]} & {message["id"] for message in state.messages}:
                state.messages += answer["messages"]  # nothing is kept of what is said while the service is closed
            return
        await self._conversations.reading(state.token or "", address)
        if wish in ("delete", "unstore"):
            state.view = wish
        elif wish == "delete-confirmed":
            receipt = await self._conversations.erase(request.app, session, confirmed=True)
            state.view, state.receipt, state.token = "deleted", receipt.code, None
            return
        elif wish == "unstore-confirmed":
            state.token, state.session, _ = await self._conversations.stop_storing(
                request.app, state.token or "", session
            )
        elif wish in RATINGS:
            await self._conversations.rate(request.app, session, {"message_id": None, "rating": wish})
            state.rated = True
        elif wish != "back":
            raise ProtocolError("invalid_request", 400)
        await self._read(request, state)

    async def _stored(self, request: Request, state: _State) -> HTTPResponse:
        session = await self._conversations.reading(state.token or "", request.remote_addr or request.ip)
        document = await self._conversations.stored(request.app, session)
        return response.html(pages.stored_page(document, state.language), headers=STORED_PAGE_HEADERS)

    async def _refused(self, request: Request, state: _State, error: ProtocolError) -> None:
        """Show why, and keep what was typed."""
        state.problem, state.status = error_text(error, state.language), error.status
        state.retry_after = error.retry_after
        if error.code in ("unknown_session", "session_expired", "consent_required"):
            state.view, state.token = "start", None
        elif state.session is not None:
            state.view = "conversation"
            await self._read(request, state)

    async def _read(self, request: Request, state: _State) -> None:
        if state.session is None:
            return
        state.messages = await self._conversations.transcript(request.app, state.session)
        spoken = [message["language"] for message in state.messages if message["language"]]
        state.language = spoken[-1] if spoken else state.language

    async def _rendered(self, request: Request, state: _State) -> HTTPResponse:
        notice = await self._conversations.notice(request.app)
        asked = [place for place, message in enumerate(state.messages) if message["from"] == "customer"]
        page = pages.render(
            "plain.html",
            state.language,
            state=state,
            new=asked[-1] + 1 if asked else 0,
            other=next(other for other in LANGUAGES if other != state.language),
            notice=notice.document(state.language),
            message_id=uuid.uuid4().hex,
            limit=gate.MAX_MESSAGE_CHARACTERS,
            blocks=blocks,
            inline=inline,
            date=readable_date,
            helpful=_HELPFUL,
            not_helpful=_NOT_HELPFUL,
        )
        headers = {"Retry-After": str(state.retry_after)} if state.retry_after is not None else {}
        return response.html(page, status=state.status, headers={**self._headers, **headers})


def blocks(text: str) -> Iterator[tuple[str, list[Pieces]]]:
    """Yield an answer's Markdown as ("p", lines) and ("ul", items), each a list of the pieces of `notice.inline`."""
    kind, lines = "", list[Pieces]()
    for line in [*text.splitlines(), ""]:
        bullet = _BULLET.fullmatch(line)
        found = "ul" if bullet else "p" if line.strip() else ""
        if found != kind and lines:
            yield kind, lines
            lines = []
        kind = found
        if found:
            lines.append(list(inline(bullet[1] if bullet else line)))


def _language(language: str | None) -> str:
    return language if language in LANGUAGES else DEFAULT_LANGUAGE
