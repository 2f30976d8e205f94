"""Sentences that many conversations had in common, kept for training after the conversations are gone.

docs/decisions/0010-training-export.md says why what is kept here is not personal data.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import wordfreq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Connection, Engine

from components.privacy import anonymise
from components.privacy.names.lexicon import lexicon
from components.privacy.special_categories import mentions_special_category
from components.storage.markings import mentions
from components.storage.models import Conversation, Event, TrainingUtterance
from components.storage.retention import BeforeDelete

LANGUAGES = ("fi", "en")
MIN_WORDS, MAX_WORDS = 3, 30

# A digest must not be one that signs, makes pseudonyms or encrypts.
_PURPOSE = b"luotsi training utterances 1"
# wordfreq's lists end at one in a hundred million words; a word that is rarer may identify somebody.
_LEAST_FREQUENCY = 1e-8
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
# Letters, spaces and the punctuation of a sentence: no placeholder, address, number or sign gets through.
_SENTENCE = re.compile(r"(?:[^\W\d_]|[ ,;:!?'.-])+")
_LINK = re.compile(r"\w\.\w|www|https?", re.I)
# Capitalised inside a sentence and yet no name of a person.
_PUBLIC = re.compile(
    r"I(?:'(?:m|ve|d|ll))?|EU|Migri\w*|Tulli(?:n|lle|lta|ssa|sta|in|lla)?|Finland|Finnish|Suomi|Suome(?:n|ssa|sta|en)"
)

_CONVERSATIONS = Conversation.__table__
_EVENTS = Event.__table__
_UTTERANCES = TrainingUtterance.__table__


@dataclasses.dataclass(frozen=True)
class ExportedUtterance:
    """A sentence for training.

    intent: what it was taken for; None when that was no topic.
    conversations: how many had it, rounded down to a multiple of k.
    """

    language: str
    intent: str | None
    text: str
    conversations: int


def collector(keys: Sequence[bytes], *, k: int, now: datetime.datetime) -> BeforeDelete:
    """Return the hook of `retention.purge` that counts the sentences of conversations which are about to be deleted.

    keys: the secret keys, newest first; sentences that were counted under an earlier key go on being counted.
    k: as many conversations must have had a sentence before its text is written down. Up to then there is nothing but
        a keyed digest, the language and the count.
    now: the same as the purge's, so that nothing is counted before it is deleted.

    Counting is part of the transaction of the deletion: a purge that is killed counts nothing twice. A conversation
    that goes on (newer events of it have not expired) is not counted, so that nobody counts twice by staying long.
    """
    if k < 2:
        raise ValueError("a sentence of a single conversation is nobody's but its customer's: k is at least 2")
    for language in LANGUAGES:
        strictly_anonymous("one two three", language)  # reads the word lists now rather than in a transaction
    derived = [HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key) for key in keys]

    def collect(connection: Connection, senders: list[str]) -> None:
        for sender_id in _ending(connection, senders, now):
            for (language, text), intent in _sentences(connection, sender_id):
                _count(connection, derived, k, language=language, text=text, intent=intent)

    return collect


def exported(engine: Engine, *, k: int) -> list[ExportedUtterance]:
    """Return the sentences that at least k conversations had, in the order of their language, intent and text."""
    table = _UTTERANCES.c
    query = sa.select(table.language, table.intent, table.text, table.conversations).where(
        table.text.is_not(None), table.conversations >= k
    )
    with engine.connect() as connection:
        rows = [
            ExportedUtterance(language, intent, text, count // k * k)
            for language, intent, text, count in connection.execute(query)
        ]
    return sorted(rows, key=lambda row: (row.language, row.intent or "", row.text))


def strictly_anonymous(text: str, language: str) -> str | None:
    """Return a sentence in its normalised form, or None when anything in it might be about a person.

    Stricter than any gate: nothing may have been masked in it, or be found now; no digit, link or sign; no capitalised
    word but the first, no name, no word that is not in the language's frequency list; MIN_WORDS to MAX_WORDS words.
    """
    sentence = " ".join(text.split()).replace("\u2019", "'")
    words = _WORD.findall(sentence)
    if not MIN_WORDS <= len(words) <= MAX_WORDS or not _SENTENCE.fullmatch(sentence) or _LINK.search(sentence):
        return None
    if any(word != word.lower() and not _PUBLIC.fullmatch(word) for word in words[1:]):
        return None
    lower = sentence.lower()
    # A name may hide in its case: both spellings are looked at.
    if any(anonymise(spelling).spans for spelling in (sentence, lower, lower.title())) or mentions_special_category(
        lower
    ):
        return None
    if not all(_is_ordinary(word.lower(), language) for word in words):
        return None
    return lower.rstrip(" .,;:!?-")


@lru_cache(maxsize=len(LANGUAGES))
def _frequencies(language: str) -> Mapping[str, float]:
    return wordfreq.get_frequency_dict(language)


def _is_ordinary(word: str, language: str) -> bool:
    names = lexicon()
    if names.is_name(word) and word not in names.ambiguous:
        return False
    # The list has no "we'll" or "e-mail", but their parts.
    return all(_frequencies(language).get(part, 0) >= _LEAST_FREQUENCY for part in re.split("['-]", word) if part)


def _ending(connection: Connection, senders: list[str], now: datetime.datetime) -> list[str]:
    """Return those of the conversations that end with this deletion; a server that adds events now has to wait."""
    key = _CONVERSATIONS.c.sender_id
    held = connection.execute(sa.select(key).where(key.in_(senders)).with_for_update()).scalars().all()
    going_on = sa.select(_EVENTS.c.sender_id).where(_EVENTS.c.sender_id.in_(held), _EVENTS.c.expires_at > now)
    return sorted(set(held) - set(connection.execute(going_on).scalars()))


def _sentences(connection: Connection, sender_id: str) -> Iterator[tuple[tuple[str, str], str | None]]:
    """Return each sentence of a conversation once, in a fixed order, with what it was taken for.

    Nothing when special categories are mentioned anywhere, whether or not an older version noticed it.
    """
    query = sa.select(_EVENTS.c.data, _EVENTS.c.special_category).where(
        _EVENTS.c.sender_id == sender_id, _EVENTS.c.type_name.in_(("user", "agent"))
    )
    rows = connection.execute(query.order_by(_EVENTS.c.id)).all()
    events = [event for row in rows if isinstance(event := _parsed(row.data), dict)]
    if any(row.special_category for row in rows) or any(mentions(event) for event in events):
        return iter(())
    found: dict[tuple[str, str], str | None] = {}
    for event in events:
        text, language = event.get("text"), _language(event)
        # A pressed button has no words of the customer's own.
        if event.get("event") != "user" or not isinstance(text, str) or text.startswith("/") or language is None:
            continue
        sentence = strictly_anonymous(text, language)
        if sentence is not None:
            found.setdefault((language, sentence), _intent(event))
    return iter(sorted(found.items(), key=lambda item: item[0]))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _language(event: Mapping[str, Any]) -> str | None:
    language = (event.get("parse_data") or {}).get("language")
    return language if language in LANGUAGES else None


def _intent(event: Mapping[str, Any]) -> str | None:
    name = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
    return name if isinstance(name, str) and name not in ("nlu_fallback", "out_of_scope") else None


def _count(
    connection: Connection, keys: Sequence[bytes], k: int, *, language: str, text: str, intent: str | None
) -> None:
    """Count one more conversation that had a sentence; the k-th brings the text."""
    digests = [hmac.new(key, f"{language}\0{text}".encode(), hashlib.sha256).hexdigest() for key in keys]
    table = _UTTERANCES.c
    known = connection.execute(sa.select(table.id, table.digest, table.conversations).where(table.digest.in_(digests)))
    rows = sorted(known, key=lambda row: digests.index(row.digest))
    count = 1 + sum(row.conversations for row in rows)
    values = {"digest": digests[0], "conversations": count}
    if count >= k:
        values |= {"text": text, "intent": intent}
    if not rows:
        connection.execute(sa.insert(_UTTERANCES).values(language=language, **values))
        return
    for row in rows[1:]:
        connection.execute(sa.delete(_UTTERANCES).where(table.id == row.id))
    connection.execute(sa.update(_UTTERANCES).where(table.id == rows[0].id).values(**values))
