"""What the pages of training share: the area, who may use it, and finding what an address names."""

from __future__ import annotations

from flask import abort

from components.storage import collections, transcripts
from components.storage.collections import Case, Collection
from components.storage.staff import Role
from console.area import Area
from console.database import database, now
from console.texts import LANGUAGES
from console.wording import say

area = Area("training", __name__)
TRAINERS = frozenset({Role.TRAINER})
MOST_TEXT = 4_000
"""How long questions, goals and model answers may be, in characters."""


def the_collection(collection_id: int) -> Collection:
    """Return the collection that an address names, or answer 404."""
    found = collections.find(database(), collection_id, now=now())
    if found is None:
        abort(404)
    return found


def the_case(case_id: int) -> Case:
    """Return the case that an address names, or answer 404."""
    found = collections.find_case(database(), case_id, now=now())
    if found is None:
        abort(404)
    return found


def stored_conversation(reference: str) -> str | None:
    """Return the sender id of the stored conversation that a reference names, or None."""
    return transcripts.find(database(), reference, now=now())


def language_choices() -> list[tuple[str, str]]:
    """Return the languages of collections, as a form offers them."""
    return [(code, say(f"common.language_{code}")) for code in LANGUAGES]


def collection_choices() -> list[tuple[str, str]]:
    """Return the collections in use, as a form offers them."""
    return [(str(each.id), each.title) for each in collections.find_all(database(), now=now())]


def days_left(case: Case) -> int:
    """Return in how many whole days a case falls out, at least 0."""
    return max(0, (case.expires_at - now()).days) if case.expires_at is not None else 0
