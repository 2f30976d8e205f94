"""WhatsApp over Twilio.

The shape of what arrives is on Twilio's page "Twilio's request to your incoming message Webhook URL", its signature on
"Webhooks security", sending on "Messages resource", and the numbers of errors in its "Error and Warning Dictionary".
"""

from __future__ import annotations

import base64
import hmac
import re
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence

import aiohttp
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels.messaging import calls
from components.channels.messaging.channel import MessagingInput
from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import GoneError, RefusedError, TryAgainError, UnreadableUpdateError
from components.channels.messaging.rendering import Part, Rendering
from components.settings import WhatsAppAccess, whatsapp_access

NAME = "whatsapp"
MAX_CHARACTERS = 1_500  # 1,600 (errors 21617 and 21658) less room for the signs of bold
_MAX_FIELDS = 300
_DEFAULT_PORT = 443
_PREFIX = "whatsapp:"
_ADDRESS = re.compile(r"whatsapp:[A-Za-z0-9+._-]{1,80}")
_MESSAGE_SID = re.compile(r"[A-Za-z0-9]{2,64}")
_ARRIVING = ("", "received", "receiving")

_KINDS = {
    "image": "photo",
    "video": "video",
    "audio": "voice",
    "voice": "voice",
    "document": "file",
    "sticker": "sticker",
    "location": "location",
    "contact": "contact",
    "contacts": "contact",
}
_MEDIA_KINDS = {"image": "photo", "video": "video", "audio": "voice"}
_CONTACT_CARDS = ("text/vcard", "text/x-vcard")
_STICKER = "image/webp"  # customers' photos arrive as JPEG

_TOO_MANY_REQUESTS = 20429
# 21211 and 63003: no such number; 63024: not on WhatsApp; 21610: unsubscribed; 63016: silent for more than 24 hours.
_GONE = frozenset({21211, 21610, 63003, 63016, 63024})


class WhatsApp:
    """The customers of one WhatsApp number, by way of Twilio.

    Messages inside a conversation have no buttons there, so choices are numbered in the text. Profile names and the
    WaId are never read; the address (whatsapp:+…) is all that is known of a customer.
    """

    name = NAME
    limits = Rendering(max_characters=MAX_CHARACTERS, max_buttons=0, button_characters=20, markdown="whatsapp")

    def __init__(self, access: WhatsAppAccess) -> None:
        self._access = access
        self._number = f"{_PREFIX}{access.number}"
        self._messages_url = f"{access.api}/2010-04-01/Accounts/{access.account}/Messages.json"

    def verify(self, request: Request) -> bool:
        """Tell whether Twilio signed the request for our own public address."""
        fields = _fields(request.body)
        if fields is None:
            return False
        query = f"?{request.query_string}" if request.query_string else ""
        shown = request.headers.get("x-twilio-signature", "").encode("utf-8", "replace")
        matches = [
            hmac.compare_digest(signature(self._access.token, f"{base}{request.path}{query}", fields), shown)
            for base in _spellings(self._access.public_url)
        ]
        return any(matches)

    def parse(self, request: Request) -> list[Incoming]:
        """Return the message of a customer; nothing for reports about our own messages and for other numbers."""
        fields = _fields(request.body)
        if fields is None:
            raise UnreadableUpdateError("the update is not a form")
        update = dict(reversed(fields))  # the first of repeated parameters counts
        status = update.get("MessageStatus") or update.get("SmsStatus", "")
        if status not in _ARRIVING or update.get("To") != self._number or update.get("MessageType") == "reaction":
            return []
        address, sid = update.get("From", ""), update.get("MessageSid", "")
        if not _ADDRESS.fullmatch(address) or not _MESSAGE_SID.fullmatch(sid):
            raise UnreadableUpdateError("the update has no sender or no id")
        refused = _refused(update)
        if refused is not None:
            return [Incoming(address, sid, refused=refused)]
        shown = update.get("ButtonText") or update.get("ListTitle") or update.get("Body", "")
        payload = update.get("ButtonPayload") or update.get("ListId", "")
        # Other services of the same number may have put anything on a button of theirs.
        return [Incoming(address, sid, text=shown, choice=payload if payload.startswith(("/", "=")) else None)]

    async def send(self, session: aiohttp.ClientSession, address: str, parts: Sequence[Part]) -> None:
        """Send the parts in order. Raises TryAgainError, GoneError or RefusedError."""
        for part in parts:
            reply = await calls.post(
                session,
                self._messages_url,
                auth=aiohttp.BasicAuth(self._access.account, self._access.token),
                form={"From": self._number, "To": address, "Body": part.text},
            )
            _raise_for(reply)

    def acknowledge(self) -> HTTPResponse:
        """Return TwiML that says nothing: answers are sent on their own, as they may take longer than Twilio waits."""
        return response.raw(
            b'<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml; charset=utf-8"
        )


def signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return Twilio's signature of a request: HMAC-SHA1 of its address and its sorted parameters, in Base64.

    A parameter that is repeated counts once with each of its different values.
    """
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1"))


def _fields(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return urllib.parse.parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        return None


def _spellings(url: str) -> tuple[str, str]:
    """Return an https address with and without its port: Twilio signs either."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    with_port = parts._replace(netloc=f"{host}:{parts.port or _DEFAULT_PORT}")
    return with_port.geturl(), parts._replace(netloc=host).geturl()


def _refused(update: dict[str, str]) -> str | None:
    kind = _KINDS.get(update.get("MessageType", "").lower())
    if kind is not None:
        return kind
    if update.get("Latitude") or update.get("Longitude"):
        return "location"
    if update.get("NumMedia", "0") not in ("", "0") or "MediaUrl0" in update:
        media = update.get("MediaContentType0", "").partition(";")[0].strip().lower()
        if media in _CONTACT_CARDS:
            return "contact"
        return "sticker" if media == _STICKER else _MEDIA_KINDS.get(media.partition("/")[0], "file")
    said = update.get("ButtonText") or update.get("ListTitle") or update.get("Body", "")
    return None if said.strip() else "other"


def _raise_for(reply: calls.Reply) -> None:
    if reply.status < 300:
        return
    code = reply.body.get("code")
    if code in _GONE:
        raise GoneError
    if reply.status == 429 or reply.status >= 500 or code == _TOO_MANY_REQUESTS:
        raise TryAgainError(reply.after)
    raise RefusedError(reply.status)


class WhatsAppInput(MessagingInput):
    """The WhatsApp channel: POST /webhooks/whatsapp/webhook."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return NAME

    @classmethod
    def open_platform(cls, environment: Mapping[str, str]) -> WhatsApp:
        """Return the platform with its secrets; raises SettingsError when one is missing."""
        return WhatsApp(whatsapp_access(environment))
