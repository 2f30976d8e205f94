"""The assistant's messages in the forms that messaging platforms can show."""

from __future__ import annotations

import dataclasses
from typing import Literal

Markdown = Literal["html", "plain"]


@dataclasses.dataclass(frozen=True)
class Button:
    """A button: what it shows and what Incoming.choice is when it was pressed ("/intent", "=title" or "!command")."""

    title: str
    choice: str


@dataclasses.dataclass(frozen=True)
class Image:
    """A picture: its address (https://…) and the words that stand for it, which are in the text already."""

    url: str
    alt: str


@dataclasses.dataclass(frozen=True)
class Part:
    """One message of a platform: within its limits, and in its markup ("html": escaped; "plain": as it is)."""

    text: str
    buttons: tuple[Button, ...] = ()
    image: Image | None = None


@dataclasses.dataclass(frozen=True)
class Rendering:
    """What a platform can show.

    max_characters: of one message, in UTF-16 code units of what the customer sees.
    max_buttons: of one message; 0 for a platform without buttons. More are numbered in the text.
    button_characters: the longest title of a button.
    choice_bytes: the longest payload of a button (UTF-8).
    markdown: "html" for bold and links as Telegram's HTML, "plain" for text alone.
    """

    max_characters: int
    max_buttons: int
    button_characters: int
    markdown: Markdown
    choice_bytes: int = 1_000
