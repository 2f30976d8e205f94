"""The REST channel: an authority's own application asks in its customers' name, server to server, with signed requests.

docs/channels.md describes the requests. Nothing is pushed: each answer comes with the request that asked.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import gate, startup
from components.channels.answering import (
    NO_BUTTONS,
    Answering,
    ErasedMeanwhileError,
    OnNewMessage,
    OverloadedError,
    closed_message,
)
from components.channels.limits import Kind, Limits, TooManyRequestsError
from components.channels.notice import Notice, load_notices
from components.channels.rights import stored_document
from components.channels.texts import LANGUAGES
from components.channels.web.protocol import ProtocolError, as_error, as_json, body_of, language_of
from components.privacy.pseudonyms import NETWORK_KEY, Pseudonyms, pseudonym
from components.settings import Settings, rate_limits, redis_server, rest_keys
from components.storage.unstored import UNSTORED_PREFIX

logger = logging.getLogger(__name__)

NAME = "rest"
# How far the clocks of the two servers may be apart, and how long a request that somebody caught could be sent again.
TOLERANCE_SECONDS = 300
_VERSION = "v1="
_USER = re.compile(r"[A-Za-z0-9._:@+-]{8,128}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]{0,80})")

_Work = Callable[[Request, str, dict[str, Any]], Awaitable[dict[str, Any]]]


def signature(secret: bytes, timestamp: str, path: str, body: bytes) -> str:
    """Return what the header Luotsi-Signature must be: HMAC-SHA-256 of time, path and body, in hexadecimal."""
    signed = b".".join((timestamp.encode(), path.encode(), body))
    return _VERSION + hmac.new(secret, signed, hashlib.sha256).hexdigest()


class RestInput(InputChannel):
    """Serves POST /webhooks/rest/messages and /webhooks/rest/rights to the applications that have a key."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> RestInput:
        """Create the channel; its keys come from the environment, never from credentials.yml."""
        limits = Limits(rate_limits(os.environ), redis_server=redis_server(os.environ))
        return cls(Settings.from_environment(), rest_keys(os.environ), limits)

    def __init__(self, settings: Settings, keys: Mapping[str, bytes], limits: Limits) -> None:
        """Take the applications' keys by name."""
        self._settings = settings
        self._keys = keys
        self._limits = limits
        self._pseudonyms = Pseudonyms(settings.secret_keys)
        self._notices = load_notices(settings)
        self._answering = Answering(NAME, settings.session_lifetime)

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes, below /webhooks/rest/."""
        routes = Blueprint(f"luotsi_{NAME}")
        startup.guard(routes)

        @routes.post("/messages")
        async def messages(request: Request) -> HTTPResponse:
            async def work(request: Request, application: str, body: dict[str, Any]) -> dict[str, Any]:
                return await self._message(request, application, body, on_new_message)

            return await self._answered(request, work)

        @routes.post("/rights")
        async def rights(request: Request) -> HTTPResponse:
            return await self._answered(request, self._rights)

        return routes

    async def _answered(self, request: Request, work: _Work) -> HTTPResponse:
        try:
            return as_json(await work(request, self._application(request), body_of(request)))
        except ProtocolError as error:
            return as_error(error, language_of(request))
        except TooManyRequestsError as error:
            refusal = ProtocolError("too_many_requests", 429, retry_after=error.retry_after_seconds)
            return as_error(refusal, language_of(request))
        except ErasedMeanwhileError:
            return as_error(ProtocolError("conversation_deleted", 409), language_of(request))
        except OverloadedError:
            return as_error(ProtocolError("service_unavailable", 503), language_of(request))
        except Exception as error:
            # Only the kind of error: its text may hold what the customer wrote.
            logger.error("A request of the REST channel failed (%s).", type(error).__name__)
            return as_error(ProtocolError("service_unavailable", 503), language_of(request))

    def _application(self, request: Request) -> str:
        """Return the name of the application that signed the request; nothing else of it is read before."""
        name = str(request.headers.get("luotsi-key", ""))
        timestamp = request.headers.get("luotsi-timestamp", "")
        shown = request.headers.get("luotsi-signature", "")
        # An unknown name takes the same time as a wrong signature.
        expected = signature(self._keys.get(name, b"?" * 32), timestamp, request.path, request.body)
        is_signed = hmac.compare_digest(expected.encode(), shown.encode("utf-8", "replace"))
        is_now = bool(_TIMESTAMP.fullmatch(timestamp)) and abs(time.time() - int(timestamp)) <= TOLERANCE_SECONDS
        if name not in self._keys or not is_signed or not is_now:
            raise ProtocolError("not_signed", 401)
        return name

    async def _message(
        self, request: Request, application: str, body: dict[str, Any], on_new_message: OnNewMessage
    ) -> dict[str, Any]:
        base, sender_id = await self._conversation(request, application, body)
        client_id, raw, language = body.get("id"), body.get("text", ""), body.get("language", LANGUAGES[0])
        if not isinstance(client_id, str) or not _MESSAGE_ID.fullmatch(client_id) or not isinstance(raw, str):
            raise ProtocolError("invalid_request", 400)
        if language not in LANGUAGES:
            raise ProtocolError("invalid_request", 400)
        if len(raw) > gate.MAX_MESSAGE_CHARACTERS:
            raise ProtocolError("too_long", 413)
        intent = self._intent(request, body.get("payload"))
        await self._limits.check(Kind.MESSAGE, conversation=sender_id, network=None)
        opening = await self._opening(request, sender_id, str(language), body, on_new_message)
        safe = await self._answering.make_safe(request.app, sender_id, raw)
        if not safe.text and intent is None:
            raise ProtocolError("empty_message", 400)
        message_id = gate.message_id(sender_id, client_id)
        answer = await self._answering.answer(
            request.app,
            on_new_message,
            sender_id=sender_id,
            message_id=message_id,
            safe=safe,
            intent=intent,
            # The application stands between us and the customer's network, so that each customer is one of their own.
            metadata={NETWORK_KEY: pseudonym(self._settings.secret_key, "network", base)},
        )
        return {
            "id": message_id,
            "language": next((message["language"] for message in answer.messages if message["language"]), None),
            "masked": list(safe.labels),
            "text": safe.text,
            "notice": answer.notice,
            "messages": answer.messages,
            "opening": opening,
            "notice_version": (await self._notice(request)).version,
        }

    async def _rights(self, request: Request, application: str, body: dict[str, Any]) -> dict[str, Any]:
        _, sender_id = await self._conversation(request, application, body)
        wish = body.get("do")
        await self._limits.check(Kind.READING, conversation=sender_id, network=None)
        if wish == "show":
            tables = await startup.store(request.app).stored_data(sender_id)
            return stored_document(tables, stored=not sender_id.startswith(UNSTORED_PREFIX))
        if wish != "delete":
            raise ProtocolError("invalid_request", 400)
        if body.get("confirm") is not True:
            raise ProtocolError("confirmation_needed", 400)
        receipt = await self._answering.erase(request.app, sender_id)
        return {"receipt": receipt.as_json()}

    async def _conversation(self, request: Request, application: str, body: dict[str, Any]) -> tuple[str, str]:
        """Return the pseudonym of the application's customer and the id of the conversation that is meant."""
        user, stored = body.get("user"), body.get("stored", True)
        if not isinstance(user, str) or not _USER.fullmatch(user) or not isinstance(stored, bool):
            raise ProtocolError("invalid_request", 400)
        # Each application has customers of its own, whatever it calls them.
        channel = f"{NAME}:{application}"
        base = self._pseudonyms.current(channel, user)
        store = startup.store(request.app)
        for earlier in self._pseudonyms.earlier(channel, user):
            if not await store.exists(base) and await store.exists(earlier):
                base = earlier
        if stored:
            return base, base
        return base, UNSTORED_PREFIX + pseudonym(self._settings.secret_key, "unstored", base)

    async def _opening(
        self, request: Request, sender_id: str, language: str, body: dict[str, Any], on_new_message: OnNewMessage
    ) -> list[dict[str, Any]]:
        """Begin the conversation if there is none yet, with the customer's consent where that is asked for.

        While the service is closed nothing begins; the answer says so.
        """
        if await closed_message(request.app, NAME, language) is not None:
            return []
        store = startup.store(request.app)
        stored = not sender_id.startswith(UNSTORED_PREFIX)
        notice = await self._notice(request)
        asks = notice.asks_for_consent and stored
        known = await store.exists(sender_id)
        if known and not (asks and not await store.has_consented(sender_id)):
            return []
        consents = body.get("consent") is True and body.get("notice_version") == notice.version
        if asks and not consents:
            raise ProtocolError("consent_required", 403)
        return await self._answering.begin(
            request.app,
            on_new_message,
            sender_id=sender_id,
            language=language,
            notice_version=notice.version,
            consented=asks,
        )

    async def _notice(self, request: Request) -> Notice:
        return self._notices[await startup.consent_mode(request.app, self._settings.consent_mode)]

    @staticmethod
    def _intent(request: Request, payload: object) -> str | None:
        if payload is None:
            return None
        match = _PAYLOAD.fullmatch(payload) if isinstance(payload, str) else None
        if match is None or match[1] in NO_BUTTONS or match[1] not in request.app.ctx.agent.domain.intents:
            raise ProtocolError("invalid_request", 400)
        return match[1]
