"""Gate 1: the only way from a channel to Rasa."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
import uuid
from typing import Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX

from components.privacy import anonymise

MAX_MESSAGE_CHARACTERS = 1_000
_MESSAGE_IDS = uuid.UUID("6f2f4c3e-5e0b-4b57-9d0e-0d6f3a1c9b11")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Rasa strips every kind of white space before it looks for the slash of a command.
_COMMAND_START = re.compile(rf"^[\s{INTENT_MESSAGE_PREFIX}]+")


@dataclasses.dataclass(frozen=True)
class SafeText:
    """A customer's text after gate 1: masked, and with the labels of what was masked."""

    text: str
    labels: tuple[str, ...]


def make_safe(raw: str) -> SafeText:
    """Mask a customer's text.

    Control characters and lone surrogates are dropped, and a leading slash is taken away, because Rasa would read
    "/intent" as a command. A text without any visible character becomes empty.
    """
    masked = anonymise(_INVISIBLE.sub("", raw))
    text = _COMMAND_START.sub("", masked.text).rstrip()
    return SafeText(text if any(map(_is_visible, text)) else "", masked.labels)


def _is_visible(character: str) -> bool:
    # Controls, formats such as the zero-width space, and separators show nothing.
    return unicodedata.category(character)[0] not in "CZ"


def message_id(sender_id: str, client_id: str) -> str:
    """Return the id under which a message is kept: it tells repeated deliveries apart, but nothing about the client."""
    return uuid.uuid5(_MESSAGE_IDS, f"{sender_id}:{client_id}").hex


def user_message(
    safe: SafeText,
    *,
    sender_id: str,
    channel: str,
    output: OutputChannel,
    message_id: str,
    metadata: dict[str, Any] | None = None,
) -> UserMessage:
    """Build the message that Rasa sees from a text that went through `make_safe`."""
    return UserMessage(
        text=safe.text,
        output_channel=output,
        sender_id=sender_id,
        input_channel=channel,
        message_id=message_id,
        metadata={**(metadata or {}), "masked": list(safe.labels)},
    )


def command_message(
    intent: str,
    *,
    sender_id: str,
    channel: str,
    output: OutputChannel,
    message_id: str,
    language: str | None = None,
    shown: SafeText | None = None,
) -> UserMessage:
    """Build the message of a pressed button: an intent by name, and the text that the customer saw on the button."""
    entities = f'{{"language": "{language}"}}' if language else ""
    return UserMessage(
        text=f"{INTENT_MESSAGE_PREFIX}{intent}{entities}",
        output_channel=output,
        sender_id=sender_id,
        input_channel=channel,
        message_id=message_id,
        metadata={"shown": shown.text, "masked": list(shown.labels)} if shown else {},
    )
