"""Gate 1: the only way from a channel to Rasa."""

from __future__ import annotations

import dataclasses
import re
import uuid
from typing import Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX

from components.privacy import anonymise

MAX_MESSAGE_CHARACTERS = 1_000
_MESSAGE_IDS = uuid.UUID("6f2f4c3e-5e0b-4b57-9d0e-0d6f3a1c9b11")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclasses.dataclass(frozen=True)
class SafeText:
    """A customer's text after gate 1: masked, and with the labels of what was masked."""

    text: str
    labels: tuple[str, ...]


def make_safe(raw: str) -> SafeText:
    """Mask a customer's text.

    Control characters and lone surrogates are dropped, and a leading slash is taken away, because Rasa would read
    "/intent" as a command.
    """
    masked = anonymise(_INVISIBLE.sub("", raw))
    return SafeText(masked.text.strip().lstrip(f"{INTENT_MESSAGE_PREFIX} "), masked.labels)


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
