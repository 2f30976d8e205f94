"""What the assistant says, in the forms that channels need."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Any

from rasa.shared.constants import INTENT_MESSAGE_PREFIX

from components.channels.texts import knows, text
from components.storage.feedback import answer_id
from components.storage.rights import spoken

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")

JsonMessage = dict[str, Any]


def bot_message(message: dict[str, Any]) -> JsonMessage:
    """Return the JSON form of one of Rasa's bot messages (docs/protocol.md)."""
    metadata = message.get("metadata") or {}
    answer = metadata.get("answer") or {}
    timestamp = float(message.get("timestamp") or datetime.datetime.now(datetime.timezone.utc).timestamp())
    return {
        "id": answer_id(timestamp),
        "from": "bot",
        "language": metadata.get("language"),
        "text": message.get("text") or "",
        "time": _iso(timestamp),
        "buttons": [
            {"title": str(button["title"]), "payload": _payload(button)} for button in message.get("buttons") or []
        ],
        "links": answer.get("links", []),
        "sources": answer.get("sources", []),
        "reviewed": answer.get("reviewed"),
        "volatile": bool(answer.get("volatile", False)),
        "action": metadata.get("action"),
        "image": _image(metadata.get("image")),
        "masked": [],
        "notice": None,
    }


def _image(image: dict[str, Any] | None) -> dict[str, str] | None:
    return {"url": str(image["url"]), "alt": str(image["alt"])} if image else None


def _payload(button: dict[str, Any]) -> str | None:
    """Return the intent that a button sends; a button without one is a ready-made reply, its title."""
    payload = str(button["payload"])
    return payload if payload.startswith(INTENT_MESSAGE_PREFIX) else None


def asked_for(message: dict[str, Any]) -> str | None:
    """Return the label of the personal data that one of Rasa's bot messages asks the customer for, if it does."""
    label = (message.get("metadata") or {}).get("asks_for")
    return str(label) if label else None


def customer_message(event: dict[str, Any]) -> JsonMessage | None:
    """Return the JSON form of a stored user event, or None for commands that nobody typed or pressed."""
    shown = spoken(event)
    if shown is None:
        return None
    return {
        "id": str(event.get("message_id")),
        "from": "customer",
        "language": None,
        "text": shown,
        "time": _iso(float(event["timestamp"])),
        "buttons": [],
        "links": [],
        "sources": [],
        "reviewed": None,
        "volatile": False,
        "action": None,
        "image": None,
        "masked": [str(label) for label in (event.get("metadata") or {}).get("masked", [])],
        "notice": None,
    }


def transcript(events: Iterable[dict[str, Any]]) -> list[JsonMessage]:
    """Return the messages of a conversation from its events (their JSON), oldest first.

    The first message from which something was removed carries the notice of it, in the language of the answer.
    """
    messages: list[JsonMessage] = []
    first_masked: JsonMessage | None = None
    language: str | None = None
    answered = False
    for event in events:
        if event.get("event") == "user" and (message := customer_message(event)) is not None:
            messages.append(message)
            if message["masked"] and first_masked is None:
                first_masked = message
                first_masked["notice"] = removal_notice(message["masked"], language)
        elif event.get("event") == "bot":
            message = bot_message(_uttered(event))
            messages.append(message)
            language = message["language"] or language
            if first_masked is not None and not answered:
                answered = True
                first_masked["notice"] = removal_notice(first_masked["masked"], language)
    return messages


def removal_notice(labels: Sequence[str], language: str | None) -> str:
    """Return the kind sentence that names what was removed from a message."""
    names = [f"removed_{label.lower()}" for label in labels]
    kinds = list(dict.fromkeys(text(name if knows(name) else "removed_other", language) for name in names))
    listed = f" {text('and', language)} ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
    return text("removed_one" if len(kinds) == 1 else "removed_many", language, kinds=listed)


def _uttered(event: dict[str, Any]) -> dict[str, Any]:
    """Return a stored bot event as Rasa hands such a message to a channel."""
    return {
        **(event.get("data") or {}),
        "text": event.get("text"),
        "timestamp": event.get("timestamp"),
        **(event.get("metadata") or {}),
    }


def plain_text(message: JsonMessage, *, notice: str | None = None) -> str:
    """Return a bot message as readable text for channels without buttons or Markdown.

    A picture becomes its description, links "title: address", buttons a numbered list that the customer can answer
    with a number, and an action the words that tell where it is done. `notice` (what was removed from the customer's
    message) comes first.
    """
    language = message["language"]
    parts = [notice or "", without_markdown(message["text"])]
    if message["image"]:
        parts.append(message["image"]["alt"])
    if message["links"]:
        parts.append("\n".join([text("links", language), *(_page(link) for link in message["links"])]))
    if message["sources"]:
        lines = [text("source", language), *(_page(source) for source in message["sources"])]
        if message["reviewed"]:
            lines.append(text("checked", language, date=readable_date(message["reviewed"], language)))
        if message["volatile"]:
            lines.append(text("volatile", language))
        parts.append("\n".join(lines))
    if message["action"]:
        parts.append(text(f"action_{message['action']}", language))
    if message["buttons"]:
        numbered = [f"{number}. {button['title']}" for number, button in enumerate(message["buttons"], start=1)]
        parts.append("\n".join([text("choose", language), *numbered]))
    return "\n\n".join(part for part in parts if part)


def without_markdown(text: str) -> str:
    """Return a message's Markdown as plain text; a link becomes "title: address"."""
    return _LINK.sub(r"\1: \2", text).replace("**", "")


def readable_date(iso_date: str, language: str | None) -> str:
    """Return a date as people write it: 21.11.2026 in Finnish, 21 November 2026 in English."""
    date = datetime.date.fromisoformat(iso_date)
    return f"{date.day} {date:%B} {date.year}" if language == "en" else f"{date.day}.{date.month}.{date.year}"


def _page(page: dict[str, str]) -> str:
    return f"{page['title']}: {page['url']}"


def _iso(timestamp: float) -> str:
    return datetime.datetime.fromtimestamp(timestamp, datetime.timezone.utc).isoformat(timespec="milliseconds")
