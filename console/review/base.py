"""What the pages of reviewing share: the area, who may use it, and finding what an address names."""

from __future__ import annotations

import re

from flask import abort

from components.content.names import OUT_OF_SCOPE
from components.storage import transcripts
from components.storage.references import read_reference
from components.storage.staff import Role
from console.area import Area
from console.database import database, now
from console.texts import LANGUAGES
from console.topics import topics
from console.wording import say

area = Area("review", __name__)
REVIEWERS = frozenset({Role.TRAINER})
READERS = frozenset({Role.TRAINER, Role.PRIVACY_OFFICER})
EDITORS = frozenset({Role.TRAINER, Role.EDITOR})

MOST_REFERENCES = 500

_SEPARATED = re.compile(r"[\s,;]+")


class TooMany(ValueError):
    """More conversations are listed than are looked for at once."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def conversation(reference: str) -> transcripts.Transcript:
    """Return the conversation that an address names, or answer 404."""
    sender_id = transcripts.find(database(), reference, now=now())
    found = transcripts.read(database(), sender_id, now=now()) if sender_id is not None else None
    if found is None:
        abort(404)
    return found


def message_of(found: transcripts.Transcript, event_id: int) -> transcripts.Message:
    """Return a message of a conversation, or answer 404."""
    message = found.message(event_id)
    if message is None or message.speaker == transcripts.NOTE:
        abort(404)
    return message


def topic_choices(language: str) -> list[tuple[str, str]]:
    """Return what a topic can be chosen from: titles, each with the agency that it belongs to."""
    chosen = [(entry.title(language), say(f"review.agency_{entry.agency}")) for entry in topics().values()]
    return [*sorted(chosen), (say("review.out_of_scope"), "")]


def topic_named(typed: str) -> str | None:
    """Return the name of the topic that somebody typed or chose: its title in either language, or its name."""
    wanted = " ".join(typed.split()).casefold()
    if wanted in (OUT_OF_SCOPE, say("review.out_of_scope").casefold()):
        return OUT_OF_SCOPE
    for name, entry in topics().items():
        if wanted in (name, *(entry.title(language).casefold() for language in LANGUAGES)):
            return name
    return None


def intent_title(name: str | None, language: str) -> str:
    """Return what people call an intent: a topic by its title, what is no topic by a text, the rest by its name."""
    if name is None:
        return say("review.nothing")
    if name == OUT_OF_SCOPE:
        return say("review.out_of_scope")
    if name == "nlu_fallback":
        return say("review.not_sure")
    entry = topics().get(name)
    return entry.title(language) if entry is not None else name


def read_references(typed: str) -> tuple[list[str], list[str]]:
    """Return the sender ids of the conversations that a text lists by their references, and what names none.

    Raises TooMany when it lists more than MOST_REFERENCES, as each is looked for.
    """
    # A reference may be written with spaces or hyphens in it, so whole lines are tried before their words.
    parts: list[str] = []
    for line in filter(None, (line.strip() for line in typed.splitlines())):
        parts += [line] if read_reference(line) else [part for part in _SEPARATED.split(line) if part]
    parts = list(dict.fromkeys(parts))
    if len(parts) > MOST_REFERENCES:
        raise TooMany(len(parts))
    found: list[str] = []
    unknown: list[str] = []
    for part in parts:
        sender_id = transcripts.find(database(), part, now=now())
        if sender_id is None:
            unknown.append(part)
        elif sender_id not in found:
            found.append(sender_id)
    return found, unknown
