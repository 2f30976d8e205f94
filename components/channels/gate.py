"""Gate 1: the only way from a channel to Rasa."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import re
import time
import unicodedata
import uuid
from collections.abc import Iterable
from typing import Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX

from components.privacy import anonymise
from components.privacy.conversation import LAST_NUMBER, ConversationMemory
from components.privacy.derived import derive

MAX_MESSAGE_CHARACTERS = 1_000
MAX_MEMORIES = 10_000
_MESSAGE_IDS = uuid.UUID("6f2f4c3e-5e0b-4b57-9d0e-0d6f3a1c9b11")
_NUMBERED_NAME = re.compile(r"\[NAME_(\d{1,3})\]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Rasa strips every kind of white space before it looks for the slash of a command.
_COMMAND_START = re.compile(rf"^[\s{INTENT_MESSAGE_PREFIX}]+")


@dataclasses.dataclass(frozen=True)
class SafeText:
    """A customer's text after gate 1: masked, with the labels of what was masked.

    derived: what may be told of masked values, coarsely (components.privacy.derived).
    """

    text: str
    labels: tuple[str, ...]
    derived: dict[str, Any] = dataclasses.field(default_factory=dict)


class Memories:
    """What makes one text of the messages of each running conversation: in this process's memory only, and bounded.

    A memory goes when the session has lasted its lifetime, or when it was not used for longest among MAX_MEMORIES.
    """

    def __init__(self, lifetime: datetime.timedelta) -> None:
        self._lifetime = lifetime.total_seconds()
        self._kept: collections.OrderedDict[str, tuple[ConversationMemory, float]] = collections.OrderedDict()

    def get(self, sender_id: str) -> ConversationMemory | None:
        """Return the memory of a conversation, or None when this process has none."""
        memory, ends_at = self._kept.get(sender_id, (None, 0.0))
        if memory is None or ends_at <= time.monotonic():
            self.forget(sender_id)
            return None
        self._kept.move_to_end(sender_id)
        return memory

    def begin(self, sender_id: str, earlier_texts: Iterable[str] = ()) -> ConversationMemory:
        """Return a new memory that numbers names after those that stand in the earlier texts already."""
        numbers = [int(number) for text in earlier_texts for number in _NUMBERED_NAME.findall(text)]
        memory = ConversationMemory(first_number=min(max(numbers, default=0) + 1, LAST_NUMBER))
        now = time.monotonic()
        for other in [other for other, (_, ends_at) in self._kept.items() if ends_at <= now]:
            del self._kept[other]
        self._kept[sender_id] = (memory, now + self._lifetime)
        while len(self._kept) > MAX_MEMORIES:
            self._kept.popitem(last=False)
        return memory

    def move(self, sender_id: str, new_id: str) -> None:
        """Let a conversation's memory go on under another id."""
        if sender_id in self._kept:
            self._kept[new_id] = self._kept.pop(sender_id)

    def forget(self, sender_id: str) -> None:
        """Drop the memory of a conversation."""
        self._kept.pop(sender_id, None)


def make_safe(raw: str, memory: ConversationMemory | None = None, *, asked_for: str | None = None) -> SafeText:
    """Mask a customer's text; with the conversation's memory, as one text with the messages before it.

    Control characters and lone surrogates are dropped, and a leading slash is taken away, because Rasa would read
    "/intent" as a command. A text without any visible character becomes empty. asked_for: the label of the value that
    the customer was asked for last. Nothing is derived from a value that was typed over two messages.
    """
    visible = _INVISIBLE.sub("", raw)
    if memory is None and asked_for is None:
        masked = anonymise(visible)
    else:
        masked = (memory or ConversationMemory()).anonymise(visible, asked_for=asked_for)
    text = _COMMAND_START.sub("", masked.text).rstrip()
    today = datetime.datetime.now(datetime.timezone.utc).date()
    derived = {} if masked.continues else derive(visible, masked.spans, today=today, asked_for=asked_for)
    return SafeText(text if any(map(_is_visible, text)) else "", masked.labels, derived)


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
        metadata={
            **(metadata or {}),
            "masked": list(safe.labels),
            **({"derived": safe.derived} if safe.derived else {}),
        },
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
    metadata: dict[str, Any] | None = None,
) -> UserMessage:
    """Build the message of a pressed button: an intent by name, and the text that the customer saw on the button."""
    entities = f'{{"language": "{language}"}}' if language else ""
    return UserMessage(
        text=f"{INTENT_MESSAGE_PREFIX}{intent}{entities}",
        output_channel=output,
        sender_id=sender_id,
        input_channel=channel,
        message_id=message_id,
        metadata={
            **(metadata or {}),
            **({"shown": shown.text, "masked": list(shown.labels)} if shown else {}),
        },
    )
