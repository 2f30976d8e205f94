"""How a stored text is shown: labels by a name that people read, links as links, everything else as it stands."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from components.storage.transcripts import PLACEHOLDER
from console.texts import knows
from console.wording import say

_NUMBER = re.compile(r"_(\d+)")
_LINK = r"\[(?P<title>[^\]\n]+)\]\((?P<address>[^)\s]+)\)"
_ADDRESS = r"(?P<bare>https?://[^\s<>()\[\]]*[^\s<>()\[\].,;:!?])"
_BOLD = r"\*\*(?P<bold>[^*\n]+)\*\*"
_MARKED = re.compile(rf"{_LINK}|{_ADDRESS}|{_BOLD}")
_SAFE = re.compile(r"https?://", re.IGNORECASE)


def said(text: str, *, formatted: bool = False) -> Markup:
    """Return a stored text as it is read; `formatted` for the service's own answers, which have links and bold words.

    Each piece of plain text says with `data-at` where it begins in the stored text, in characters.
    """
    if not formatted:
        return _with_labels(text, 0)
    pieces: list[Markup] = []
    position = 0
    for match in _MARKED.finditer(text):
        pieces.append(_with_labels(text[position : match.start()], position))
        pieces.append(_marked(match))
        position = match.end()
    pieces.append(_with_labels(text[position:], position))
    return Markup("").join(pieces)


def label_name(label: str) -> str:
    """Return what a class of personal data, or the word that stands for it in a text, is called."""
    name = f"review.masked_{label}"
    return say(name) if knows(name) else label


def _with_labels(text: str, offset: int) -> Markup:
    pieces: list[Markup] = []
    position = 0
    for match in PLACEHOLDER.finditer(text):
        if not knows(f"review.masked_{match.group(1)}"):
            continue
        pieces.append(_plain(text[position : match.start()], offset + position))
        number = _NUMBER.search(match.group(), match.end(1) - match.start())
        shown = f"{label_name(match.group(1))} {number.group(1)}" if number else label_name(match.group(1))
        pieces.append(Markup('<mark class="label" title="{}">{}</mark>').format(match.group(), shown))
        position = match.end()
    pieces.append(_plain(text[position:], offset + position))
    return Markup("").join(pieces)


def _plain(text: str, position: int) -> Markup:
    return Markup('<span data-at="{}">{}</span>').format(position, text) if text else Markup("")


def _marked(match: re.Match[str]) -> Markup:
    if bold := match.group("bold"):
        return Markup("<strong>{}</strong>").format(_with_labels(bold, match.start("bold")))
    address = match.group("bare") or match.group("address")
    if address.startswith("/"):
        return escape(match.group("title"))  # a page of the chat's own site, which the console is not on
    if not _SAFE.match(address):
        return escape(match.group())
    if match.group("bare"):
        return Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address)
    return Markup('<a href="{1}" rel="noreferrer">{0}</a> ({1})').format(match.group("title"), address)
