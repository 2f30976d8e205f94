"""What the assistant says, in the forms that channels need."""

from __future__ import annotations

import datetime
import re
from typing import Any

from components.channels.texts import text

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"^/([a-z][a-z0-9_]*)")

JsonMessage = dict[str, Any]


def bot_message(message: dict[str, Any]) -> JsonMessage:
    """Return the JSON form of one of Rasa's bot messages (docs/protocol.md)."""
    metadata = message.get("metadata") or {}
    answer = metadata.get("answer") or {}
    timestamp = float(message.get("timestamp") or datetime.datetime.now(datetime.timezone.utc).timestamp())
    return {
        "id": f"b{timestamp:.6f}".replace(".", "-"),
        "from": "bot",
        "language": metadata.get("language"),
        "text": message.get("text") or "",
        "time": _iso(timestamp),
        "buttons": [
            {"title": str(button["title"]), "payload": str(button["payload"])}
            for button in message.get("buttons") or []
        ],
        "links": answer.get("links", []),
        "sources": answer.get("sources", []),
        "reviewed": answer.get("reviewed"),
        "volatile": bool(answer.get("volatile", False)),
    }


def customer_message(event: dict[str, Any]) -> JsonMessage | None:
    """Return the JSON form of a stored user event, or None for commands that nobody typed or pressed."""
    shown = (event.get("metadata") or {}).get("shown")
    body = str(event.get("text") or "")
    if shown is None and _COMMAND.match(body):
        return None
    return {
        "id": str(event.get("message_id")),
        "from": "customer",
        "language": None,
        "text": body if shown is None else str(shown),
        "time": _iso(float(event["timestamp"])),
        "buttons": [],
        "links": [],
        "sources": [],
        "reviewed": None,
        "volatile": False,
    }


def plain_text(message: JsonMessage) -> str:
    """Return a bot message as readable text for channels without buttons or Markdown.

    Links become "title: address", buttons a numbered list that the customer can answer with a number.
    """
    language = message["language"]
    parts = [_LINK.sub(r"\1: \2", message["text"]).replace("**", "")]
    if message["links"]:
        parts.append("\n".join([text("links", language), *(_page(link) for link in message["links"])]))
    if message["sources"]:
        lines = [text("source", language), *(_page(source) for source in message["sources"])]
        if message["reviewed"]:
            lines.append(text("checked", language, date=readable_date(message["reviewed"], language)))
        if message["volatile"]:
            lines.append(text("volatile", language))
        parts.append("\n".join(lines))
    if message["buttons"]:
        numbered = [f"{number}. {button['title']}" for number, button in enumerate(message["buttons"], start=1)]
        parts.append("\n".join([text("choose", language), *numbered]))
    return "\n\n".join(part for part in parts if part)


def readable_date(iso_date: str, language: str | None) -> str:
    """Return a date as people write it: 21.11.2026 in Finnish, 21 November 2026 in English."""
    date = datetime.date.fromisoformat(iso_date)
    return f"{date.day} {date:%B} {date.year}" if language == "en" else f"{date.day}.{date.month}.{date.year}"


def _page(page: dict[str, str]) -> str:
    return f"{page['title']}: {page['url']}"


def _iso(timestamp: float) -> str:
    return datetime.datetime.fromtimestamp(timestamp, datetime.timezone.utc).isoformat(timespec="milliseconds")
