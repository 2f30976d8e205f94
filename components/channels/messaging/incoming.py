"""What arrives from a messaging platform."""

from __future__ import annotations

import dataclasses
from dataclasses import field

REFUSED_KINDS = ("photo", "file", "voice", "video", "location", "contact", "sticker", "group", "other")
"""Kinds of messages that are not taken; texts.yml has a text for each."""


@dataclasses.dataclass(frozen=True)
class Incoming:
    """One thing that a customer did on a platform, before gate 1. Never logged: its repr hides address and text.

    address: where the answer goes, in the platform's own form.
    delivery_id: the platform's id of the update; a repeated delivery carries the same.
    text: what the customer wrote.
    choice: the payload of a pressed button: "/intent", "=title" for a ready-made reply, or "!name" for a command
        (components.channels.messaging.commands).
    refused: one of REFUSED_KINDS when the message is not taken; then nothing of its content is here.
    language: "fi" or "en" when the platform tells the language of the customer's screen.
    burst: names what belongs together, such as an album, so that it is refused once.
    """

    address: str = field(repr=False)
    delivery_id: str = field(repr=False)
    text: str | None = field(default=None, repr=False)
    choice: str | None = field(default=None, repr=False)
    refused: str | None = None
    language: str | None = None
    burst: str | None = field(default=None, repr=False)
