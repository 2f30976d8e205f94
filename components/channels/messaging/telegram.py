"""Telegram: the Bot API over a webhook (https://core.telegram.org/bots/api)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels.messaging.calls import Reply, post
from components.channels.messaging.channel import MessagingInput
from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import (
    DeliveryError,
    GoneError,
    RefusedError,
    TryAgainError,
    UnreadableUpdateError,
)
from components.channels.messaging.rendering import Part, Rendering
from components.channels.texts import LANGUAGES
from components.settings import platform_api, required_secret

NAME = "telegram"
_API = "https://api.telegram.org"
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the header's name)

# What a message may hold besides text, and what it is refused as; the first that is there decides. A message with
# none of them tells of an event, such as a pinned message, and needs no answer.
_REFUSED = {
    "photo": "photo",
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "voice": "voice",
    "audio": "voice",
    "document": "file",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
    "contact": "contact",
    "paid_media": "photo",
    "story": "other",
    "dice": "other",
    "poll": "other",
    "game": "other",
    "checklist": "other",
}


class Telegram:
    """A Telegram bot; nothing of a customer's profile but the language of the screen is looked at."""

    name = NAME
    # On a telephone a button shows between forty and fifty characters; a payload holds 64 bytes.
    limits = Rendering(max_characters=4096, max_buttons=12, button_characters=48, markdown="html", choice_bytes=64)

    def __init__(self, token: str, secret: str, *, api: str = _API) -> None:
        """Take the bot's token and the secret that was given to setWebhook."""
        self._secret = secret.encode()
        # Never shown to anybody: the address of the API holds the token.
        self._methods = f"{api}/bot{token}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Telegram:
        """Read the secrets; raises SettingsError when one is missing."""
        return cls(
            required_secret(environment, "LUOTSI_TELEGRAM_TOKEN", channel=NAME),
            required_secret(environment, "LUOTSI_TELEGRAM_SECRET", channel=NAME),
            api=platform_api(environment, "LUOTSI_TELEGRAM_API", _API),
        )

    def verify(self, request: Request) -> bool:
        """Compare the secret that Telegram sends with each update."""
        given = str(request.headers.get(_SECRET_HEADER, "")).encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._secret)

    def parse(self, request: Request) -> list[Incoming]:
        """Return what a customer did; edits count as new messages."""
        update = _update(request)
        delivery_id = update["update_id"]
        if not isinstance(delivery_id, int):
            raise UnreadableUpdateError("the update has no number")
        found = None
        try:
            if "message" in update:
                found = _message(update["message"], str(delivery_id))
            elif "edited_message" in update:
                found = _edited(update["edited_message"], str(delivery_id))
            elif "callback_query" in update:
                found = _pressed(update["callback_query"], str(delivery_id))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise UnreadableUpdateError("the update is not of the expected shape") from None
        return [found] if found is not None else []

    def acknowledge(self) -> HTTPResponse:
        """Return an empty answer: any 2xx will do."""
        return response.empty(200)

    async def send(self, session: aiohttp.ClientSession, address: str, parts: Sequence[Part]) -> None:
        """Send messages to a chat."""
        for part in parts:
            message: dict[str, Any] = {
                "chat_id": int(address),
                "text": part.text,
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            }
            if part.buttons:
                rows = [[{"text": button.title, "callback_data": button.choice}] for button in part.buttons]
                message["reply_markup"] = {"inline_keyboard": rows}
            await self._call(session, "sendMessage", message)

    async def typing(self, session: aiohttp.ClientSession, address: str) -> None:
        """Show for some seconds that an answer is being written."""
        await self._call(session, "sendChatAction", {"chat_id": int(address), "action": "typing"})

    async def react(self, session: aiohttp.ClientSession, request: Request) -> None:
        """Tell Telegram that a pressed button was noticed, so that it stops showing that it waits."""
        query = _update(request).get("callback_query")
        if isinstance(query, dict) and isinstance(query.get("id"), str):
            await self._call(session, "answerCallbackQuery", {"callback_query_id": query["id"]})

    async def leave(self, session: aiohttp.ClientSession, address: str) -> None:
        """Leave a group."""
        await self._call(session, "leaveChat", {"chat_id": int(address)})

    async def _call(self, session: aiohttp.ClientSession, method: str, arguments: dict[str, Any]) -> None:
        reply = await post(session, f"{self._methods}/{method}", document=arguments)
        if reply.status != 200 or reply.body.get("ok") is not True:
            raise _failure(reply)


def _failure(reply: Reply) -> DeliveryError:
    if reply.status == 429:
        wait = (reply.body.get("parameters") or {}).get("retry_after")
        return TryAgainError(float(wait) if isinstance(wait, int | float) else reply.after)
    if reply.status >= 500 or reply.status == 200:
        return TryAgainError(reply.after)
    if reply.status == 403 or (reply.status == 400 and "chat not found" in str(reply.body.get("description"))):
        return GoneError()
    return RefusedError(reply.status)


def _update(request: Request) -> dict[str, Any]:
    try:
        update = json.loads(request.body)
    except (ValueError, RecursionError):
        raise UnreadableUpdateError("the update is not JSON") from None
    if not isinstance(update, dict) or "update_id" not in update:
        raise UnreadableUpdateError("the update is not of the expected shape")
    return update


def _message(message: dict[str, Any], delivery_id: str) -> Incoming | None:
    chat, sender = message["chat"], message.get("from") or {}
    address = str(int(chat["id"]))
    if sender.get("is_bot") or chat["type"] == "channel":
        return None
    language = _language(sender)
    if chat["type"] != "private":
        if "left_chat_member" in message:
            return None
        return Incoming(address, delivery_id, refused="group", language=language, burst=f"group {address}")
    if isinstance(message.get("text"), str):
        return Incoming(address, delivery_id, text=message["text"], language=language)
    refused = next((kind for content, kind in _REFUSED.items() if content in message), None)
    if refused is None:
        return None
    album = message.get("media_group_id")
    burst = f"album {album}" if album is not None else None
    return Incoming(address, delivery_id, refused=refused, language=language, burst=burst)


def _edited(message: dict[str, Any], delivery_id: str) -> Incoming | None:
    # A picture was refused when it came, and a shared position is edited every few seconds.
    return _message(message, delivery_id) if "text" in message and message["chat"]["type"] == "private" else None


def _pressed(query: dict[str, Any], delivery_id: str) -> Incoming | None:
    message, choice = query.get("message"), query.get("data")
    if message is None or not isinstance(choice, str) or message["chat"]["type"] != "private":
        return None
    address = str(int(message["chat"]["id"]))
    return Incoming(
        address, delivery_id, text=_title(message, choice), choice=choice, language=_language(query["from"])
    )


def _title(message: dict[str, Any], choice: str) -> str | None:
    """Return what stood on the pressed button; a message that is too old does not tell it."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    buttons = (button for row in rows for button in row)
    return next((str(button["text"]) for button in buttons if button.get("callback_data") == choice), None)


def _language(sender: dict[str, Any]) -> str | None:
    language = str(sender.get("language_code") or "").partition("-")[0].lower()
    return language if language in LANGUAGES else None


class TelegramInput(MessagingInput):
    """The Telegram channel: POST /webhooks/telegram/webhook."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return NAME

    @classmethod
    def open_platform(cls, environment: Mapping[str, str]) -> Telegram:
        """Return the bot."""
        return Telegram.from_environment(environment)
