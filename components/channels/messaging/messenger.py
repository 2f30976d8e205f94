"""Facebook Messenger.

The shape of what arrives is on Meta's pages "messages Webhook Event Reference", "messaging_postbacks Webhooks
Reference" and "message_edits Webhook Event Reference", its signature and the confirmation of the address on "Webhooks
for Messenger Platform", sending on "Send API Reference", "Quick Replies" and "Sender Actions", and the errors on
"Common Error Codes" and, of the Graph API, "Rate Limits".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aiohttp
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels.messaging import calls
from components.channels.messaging.channel import MessagingInput
from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import GoneError, RefusedError, TryAgainError, UnreadableUpdateError
from components.channels.messaging.rendering import Button, Part, Rendering
from components.settings import MessengerAccess, messenger_access

NAME = "messenger"
API_VERSION = "v25.0"
GET_STARTED = "GET_STARTED"
MAX_CHARACTERS = 1_900  # 2,000 less room for quotation marks
MAX_QUICK_REPLIES = 13
MAX_TITLE_CHARACTERS = 20
MAX_PAYLOAD_BYTES = 1_000

_SIGNATURE_PREFIX = "sha256="
_CHALLENGE = re.compile(r"[0-9]{1,40}")
_PAGE_SCOPED_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_LINK_PREVIEW = "fallback"
_KINDS = {
    "image": "photo",
    "video": "video",
    "reel": "video",
    "ig_reel": "video",
    "audio": "voice",
    "file": "file",
    "location": "location",
    "sticker": "sticker",
}

_BUSY = frozenset({2, 4, 17, 32, 613, 1200, 80006})
_GONE = 551
_NO_SUCH_CUSTOMER = (100, 2018001)
# The day after the customer's latest message is over (10), or the customer takes no messages of the page (10, 200).
_UNREACHABLE = frozenset({(10, 2018065), (10, 2018278), (10, 2018108), (200, 2018108), (200, 1545041)})

_Event = dict[str, Any]


class Messenger:
    """The customers who write to one page on Messenger.

    The page-scoped id is all that is known of a customer: names and pictures are never asked for.
    """

    name = NAME
    limits = Rendering(
        max_characters=MAX_CHARACTERS,
        max_buttons=MAX_QUICK_REPLIES,
        button_characters=MAX_TITLE_CHARACTERS,
        markdown="plain",
        choice_bytes=MAX_PAYLOAD_BYTES,
    )

    def __init__(self, access: MessengerAccess) -> None:
        self._app_secret = access.app_secret.encode()
        self._verify_token = access.verify_token.encode()
        self._messages_url = f"{access.api}/{API_VERSION}/me/messages"
        self._headers = {"Authorization": f"Bearer {access.page_token}"}

    def confirm(self, request: Request) -> HTTPResponse | None:
        """Repeat the number that Meta sends with the verify token when the address of the webhook is entered."""
        shown = (request.args.get("hub.verify_token") or "").encode("utf-8", "replace")
        challenge = request.args.get("hub.challenge") or ""
        fits = hmac.compare_digest(shown, self._verify_token)
        # Anything but digits would let whoever knows the token show a text under our address.
        if not fits or request.args.get("hub.mode") != "subscribe" or not _CHALLENGE.fullmatch(challenge):
            return None
        return response.text(challenge, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})

    def verify(self, request: Request) -> bool:
        """Tell whether Meta signed the body with the app's secret (X-Hub-Signature-256)."""
        shown = request.headers.get("x-hub-signature-256", "").encode("utf-8", "replace")
        return hmac.compare_digest(signature(self._app_secret, request.body), shown)

    def parse(self, request: Request) -> list[Incoming]:
        """Return what customers did: messages, changed messages and pressed buttons, of every entry."""
        try:
            update = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise UnreadableUpdateError("the update is not JSON") from error
        if not isinstance(update, dict):
            raise UnreadableUpdateError("the update is not an object")
        if update.get("object") != "page":
            return []
        return [incoming for event in _events(update) if (incoming := _incoming(event)) is not None]

    async def send(self, session: aiohttp.ClientSession, address: str, parts: Sequence[Part]) -> None:
        """Send the parts in order. Raises TryAgainError, GoneError or RefusedError."""
        for part in parts:
            message: dict[str, Any] = {"text": part.text}
            if part.buttons:
                message["quick_replies"] = [_quick_reply(button) for button in part.buttons]
            await self._post(session, address, {"messaging_type": "RESPONSE", "message": message})

    async def typing(self, session: aiohttp.ClientSession, address: str) -> None:
        """Show that the message was seen and that an answer is being written."""
        for action in ("mark_seen", "typing_on"):
            await self._post(session, address, {"sender_action": action})

    def acknowledge(self) -> HTTPResponse:
        """Return the words that Meta's documentation uses; only the status counts."""
        return response.text("EVENT_RECEIVED")

    async def _post(self, session: aiohttp.ClientSession, address: str, document: dict[str, Any]) -> None:
        # The token goes into a header: addresses of requests end up in logs on the way.
        reply = await calls.post(
            session, self._messages_url, headers=self._headers, document={"recipient": {"id": address}, **document}
        )
        _raise_for(reply)


def signature(app_secret: bytes, body: bytes) -> bytes:
    """Return the header with which Meta signs a body: HMAC-SHA256 with the app's secret, in hexadecimal digits."""
    return f"{_SIGNATURE_PREFIX}{hmac.new(app_secret, body, hashlib.sha256).hexdigest()}".encode()


def _events(update: dict[str, Any]) -> Iterator[_Event]:
    """Yield the events of every entry; `standby` holds what another app of the page answers."""
    entries = update.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        events = entry.get("messaging") if isinstance(entry, dict) else None
        for event in events if isinstance(events, list) else []:
            if isinstance(event, dict):
                yield event


def _incoming(event: _Event) -> Incoming | None:
    """Return what a customer did, or None for echoes, receipts, reactions and all that is no message."""
    address = _part(event, "sender").get("id")
    if not isinstance(address, str) or not _PAGE_SCOPED_ID.fullmatch(address):
        return None
    for name, read in (("message", _message), ("postback", _postback), ("message_edit", _edit)):
        if isinstance(event.get(name), dict):
            return read(address, event)
    return None


def _message(address: str, event: _Event) -> Incoming | None:
    message = event["message"]
    if message.get("is_echo") or message.get("is_deleted"):
        return None
    delivery_id = _delivery_id(address, event, message)
    text, attachments = _text(message, "text"), message.get("attachments")
    kinds = [_kind(attachment) for attachment in attachments] if isinstance(attachments, list) else []
    # A link in a text comes with a preview of it; any other attachment makes the message one that is not taken.
    refused = next((kind for kind in kinds if kind != _LINK_PREVIEW), None)
    if message.get("sticker_id"):
        refused = "sticker"
    if refused is None and not text.strip():
        refused = "other"
    if refused is not None:
        return Incoming(address, delivery_id, refused=refused)
    return Incoming(address, delivery_id, text=text, choice=_choice(_part(message, "quick_reply")))


def _postback(address: str, event: _Event) -> Incoming | None:
    postback = event["postback"]
    delivery_id = _delivery_id(address, event, postback)
    if postback.get("payload") == GET_STARTED:
        return Incoming(address, delivery_id, choice="!start")
    text, choice = _text(postback, "title"), _choice(postback)
    return Incoming(address, delivery_id, text=text, choice=choice) if text.strip() or choice else None


def _edit(address: str, event: _Event) -> Incoming | None:
    """Return a changed message as a new one: each of its changes is answered once."""
    edit = event["message_edit"]
    text, number = _text(edit, "text"), str(edit.get("num_edit", ""))
    if not text.strip() or number == "0":
        return None
    return Incoming(address, f"{_delivery_id(address, event, edit)}:{number}", text=text)


def _delivery_id(address: str, event: _Event, part: _Event) -> str:
    mid = part.get("mid")
    if isinstance(mid, str) and mid:
        return mid
    return hashlib.sha256(f"{address}:{event.get('timestamp')}".encode()).hexdigest()


def _kind(attachment: object) -> str:
    if not isinstance(attachment, dict):
        return "other"
    if _part(attachment, "payload").get("sticker_id"):
        return "sticker"
    kind = attachment.get("type")
    return _LINK_PREVIEW if kind == _LINK_PREVIEW else _KINDS.get(str(kind), "other")


def _choice(part: _Event) -> str | None:
    # Other tools of the same page may have put anything on a button of theirs.
    payload = _text(part, "payload")
    return payload if payload.startswith(("/", "=", "!", "#")) else None


def _part(event: _Event, name: str) -> _Event:
    part = event.get(name)
    return part if isinstance(part, dict) else {}


def _text(part: _Event, name: str) -> str:
    text = part.get(name)
    return text if isinstance(text, str) else ""


def _quick_reply(button: Button) -> dict[str, str]:
    return {"content_type": "text", "title": button.title, "payload": button.choice}


def _raise_for(reply: calls.Reply) -> None:
    if reply.status < 300:
        return
    error = _part(reply.body, "error")
    code, subcode = error.get("code"), error.get("error_subcode")
    if code == _GONE or (code, subcode) == _NO_SUCH_CUSTOMER or (code, subcode) in _UNREACHABLE:
        raise GoneError
    if reply.status == 429 or reply.status >= 500 or code in _BUSY or error.get("is_transient") is True:
        raise TryAgainError(reply.after)
    raise RefusedError(reply.status)


class MessengerInput(MessagingInput):
    """The Messenger channel: GET and POST /webhooks/messenger/webhook."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return NAME

    @classmethod
    def open_platform(cls, environment: Mapping[str, str]) -> Messenger:
        """Return the platform with its secrets; raises SettingsError when one is missing."""
        return Messenger(messenger_access(environment))
