"""What can be done with a web conversation, whatever the form of the request: JSON or the page without JavaScript."""

from __future__ import annotations

import re
from typing import Any

from sanic import Sanic

from components.channels import answering, gate, startup
from components.channels.answering import (
    NO_BUTTONS,
    Answering,
    ErasedMeanwhileError,
    OnNewMessage,
    OverloadedError,
)
from components.channels.feedback import UnfitFeedbackError, keep_feedback
from components.channels.limits import Kind, Limits, TooManyRequestsError
from components.channels.messages import JsonMessage
from components.channels.notice import Notice, load_notices
from components.channels.rights import stored_document
from components.channels.sessions import Session, SessionExpiredError, SessionIssuer, UnknownSessionError
from components.channels.texts import LANGUAGES
from components.channels.web.protocol import ProtocolError
from components.channels.web.stream import Streams
from components.privacy.pseudonyms import NETWORK_KEY, network_pseudonym
from components.settings import Settings
from components.storage.rights import Receipt
from components.storage.technical_log import canonical_address

CHANNEL = "web"
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]{0,80})")


class WebConversations:
    """Opens, continues, shows and ends conversations whose sessions the server issued; refuses with ProtocolError."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits
        self._issuer = SessionIssuer(settings.secret_keys, settings.session_lifetime, channel=CHANNEL)
        self._answering = Answering(CHANNEL, settings.session_lifetime)
        self.streams = Streams()
        self._answering.observers.append(self.streams.observe)
        self._notices = load_notices(settings)

    async def notice(self, app: Sanic) -> Notice:
        """Return the notice in force."""
        return self._notices[await startup.consent_mode(app, self._settings.consent_mode)]

    def session(self, token: str) -> Session:
        """Return the session of a token."""
        try:
            return self._issuer.read(token)
        except SessionExpiredError as error:
            raise ProtocolError("session_expired", 401) from error
        except UnknownSessionError as error:
            raise ProtocolError("unknown_session", 401) from error

    async def reading(self, token: str, address: str) -> Session:
        """Return the session of somebody who wants to see or change what is kept; `address` is the customer's IP."""
        session = self.session(token)
        await self._admit(Kind.READING, session, address)
        return session

    async def open(
        self,
        app: Sanic,
        on_new_message: OnNewMessage,
        *,
        language: object,
        notice_version: object,
        consent: object,
        address: str,
    ) -> tuple[str, Session, list[JsonMessage]]:
        """Issue a session and return its token, itself and what the assistant opens the conversation with.

        address: the customer's IP address.
        """
        if language not in LANGUAGES or not isinstance(notice_version, str | None) or not isinstance(consent, bool):
            raise ProtocolError("invalid_request", 400)
        notice = await self.notice(app)
        needs_consent = notice.asks_for_consent
        if needs_consent and not (consent and notice_version == notice.version):
            raise ProtocolError("consent_required", 403)
        await self._admit(Kind.OPENING, None, address)
        token, session = self._issuer.issue()
        try:
            opening = await self._answering.begin(
                app,
                on_new_message,
                sender_id=session.sender_id,
                language=str(language),
                notice_version=notice.version,
                consented=needs_consent,
            )
        except OverloadedError as error:
            raise ProtocolError("service_unavailable", 503) from error
        return token, session, opening

    async def send(
        self,
        app: Sanic,
        on_new_message: OnNewMessage,
        session: Session,
        *,
        client_id: object,
        raw: object,
        payload: object,
        address: str,
    ) -> dict[str, Any]:
        """Answer a message or a pressed button, as docs/protocol.md describes it; `address` is the customer's IP."""
        if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id) or not isinstance(raw, str):
            raise ProtocolError("invalid_request", 400)
        if len(raw) > gate.MAX_MESSAGE_CHARACTERS:
            raise ProtocolError("too_long", 413)
        network = await self._admit(Kind.MESSAGE, session, address)
        if session.stored and (await self.notice(app)).asks_for_consent:
            await _require_consent(app, session)
        intent = _intent(payload, app) if payload is not None else None
        safe = await self._answering.make_safe(app, session.sender_id, raw)
        if not safe.text and intent is None:
            raise ProtocolError("empty_message", 400)
        message_id = gate.message_id(session.sender_id, client_id)
        try:
            answer = await self._answering.answer(
                app,
                on_new_message,
                sender_id=session.sender_id,
                message_id=message_id,
                safe=safe,
                intent=intent,
                metadata={NETWORK_KEY: network},
            )
        except ErasedMeanwhileError as error:
            raise ProtocolError("conversation_deleted", 409) from error
        except OverloadedError as error:
            raise ProtocolError("service_unavailable", 503) from error
        return {
            "id": message_id,
            "language": next((message["language"] for message in answer.messages if message["language"]), None),
            "masked": list(safe.labels),
            "text": safe.text,
            "notice": answer.notice,
            "messages": answer.messages,
        }

    async def transcript(self, app: Sanic, session: Session) -> list[JsonMessage]:
        """Return the messages that are kept of the conversation."""
        return await answering.messages(app, session.sender_id)

    async def rate(self, app: Sanic, session: Session, body: dict[str, Any]) -> bool:
        """Keep feedback on an answer or on the whole conversation; tell whether it was kept."""
        kept = await answering.messages(app, session.sender_id)
        answers = [message["id"] for message in kept if message["from"] == "bot"]
        engine = startup.store(app).engine
        try:
            return await keep_feedback(engine, self._settings, session.sender_id, body, answers=answers)
        except UnfitFeedbackError as error:
            raise ProtocolError("too_long", 413) if error.too_long else ProtocolError("invalid_request", 400) from error

    async def stored(self, app: Sanic, session: Session) -> dict[str, Any]:
        """Return everything that is kept of the conversation."""
        tables = await startup.store(app).stored_data(session.sender_id)
        return stored_document(tables, stored=session.stored)

    async def erase(self, app: Sanic, session: Session, *, confirmed: bool) -> Receipt:
        """Erase the conversation."""
        if not confirmed:
            raise ProtocolError("confirmation_needed", 400)
        return await self._answering.erase(app, session.sender_id)

    async def stop_storing(self, app: Sanic, token: str, session: Session) -> tuple[str, Session, Receipt | None]:
        """Let the conversation go on without being stored, under another token; asking again changes nothing."""
        if not session.stored:
            return token, session, None
        new_token, unstored = self._issuer.issue_unstored(session)
        receipt = await self._answering.stop_storing(app, session.sender_id, unstored.sender_id)
        return new_token, unstored, receipt

    async def close(self) -> None:
        """End the streams and what the limits hold open: the server is about to stop."""
        self.streams.close()
        await self._limits.close()

    async def _admit(self, kind: Kind, session: Session | None, address: str) -> str:
        """Refuse what is too much; return the pseudonym of the customer's network."""
        network = network_pseudonym(self._settings.secret_key, canonical_address(address))
        try:
            await self._limits.check(kind, conversation=session.sender_id if session else None, network=network)
        except TooManyRequestsError as error:
            raise ProtocolError("too_many_requests", 429, retry_after=error.retry_after_seconds) from error
        return network


async def _require_consent(app: Sanic, session: Session) -> None:
    """Refuse to store more of a conversation whose deletion withdrew the consent that its token was given for."""
    if not await startup.store(app).has_consented(session.sender_id):
        raise ProtocolError("consent_required", 403)


def _intent(payload: object, app: Sanic) -> str:
    match = _PAYLOAD.fullmatch(payload) if isinstance(payload, str) else None
    if match is None or match.group(1) not in app.ctx.agent.domain.intents or match.group(1) in NO_BUTTONS:
        raise ProtocolError("invalid_request", 400)
    return match.group(1)
