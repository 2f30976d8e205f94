"""What the messaging channels say themselves, from texts.yml, and the words that are commands, from commands.yml."""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from pathlib import Path

import yaml

from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES

_FOLDER = Path(__file__).parent
# What may stand around a command without changing it.
_AROUND = " \t\r\n.!?,;:\"'”“»«…"
_MENTION = re.compile(r"^(/[^\s@]+)@\S+")


@dataclasses.dataclass(frozen=True)
class Command:
    """A command that the customer wrote, and the language that its words belong to (None: to both)."""

    name: str
    language: str | None


@functools.cache
def _catalogue() -> dict[str, dict[str, str]]:
    catalogue: dict[str, dict[str, str]] = yaml.safe_load((_FOLDER / "texts.yml").read_text(encoding="utf-8"))
    return catalogue


@functools.cache
def _commands() -> dict[str, Command]:
    catalogue: dict[str, dict[str, list[str]]] = yaml.safe_load((_FOLDER / "commands.yml").read_text(encoding="utf-8"))
    return {
        _normal(phrase): Command(name, language if language in LANGUAGES else None)
        for name, languages in catalogue.items()
        for language, phrases in languages.items()
        for phrase in phrases
    }


def say(name: str, language: str | None, **values: object) -> str:
    """Return a text in a language (the default one when it is unknown), with its {placeholders} filled."""
    chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
    return _catalogue()[chosen][name].strip().format(**values)


def command_in(words: str) -> Command | None:
    """Return the command that a message consists of, or None: a longer message is never one.

    A command with a slash may be followed by a mention (/help@name) and by what a platform adds (/start abc).
    """
    normal = _normal(words)
    if normal.startswith("/"):
        normal = _MENTION.sub(r"\1", normal).split(" ", 1)[0]
    return _commands().get(normal)


def _normal(words: str) -> str:
    composed = unicodedata.normalize("NFC", words).casefold().replace("’", "'")
    return " ".join(composed.strip(_AROUND).split())
