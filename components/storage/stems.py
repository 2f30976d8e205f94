"""Words as they are searched: the stems of both languages, numbers as they are, labels of masked data left out."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator

import snowballstemmer

LANGUAGES = ("fi", "en")
MAX_WORDS = 12
"""More words than this in a search are not looked at."""

_ALGORITHMS = {"fi": "finnish", "en": "english"}
_LABEL = re.compile(r"\[[A-Z]+(?:_[A-Z]+)*(?:_\d+)?(?: [^\]\s]{1,40})?\]")
_WORD = re.compile(r"[^\W_]+")
_MAX_CHARACTERS = 64
# Snowball knows no consonant gradation: hakemus and hakemuks(en), lupa and luv(an) meet without their last consonants.
_LAST_CONSONANTS = re.compile(r"(?<=[^\W\d_]{4})[bcdfghjklmnpqrstvwxz]+$")
# A stemmer keeps the word that it is at work on in itself.
_local = threading.local()


def stems(text: str, language: str | None) -> str:
    """Return the stems of a masked text, a space between them; of a text in no known language those of both."""
    languages = (language,) if language in LANGUAGES else LANGUAGES
    return " ".join(stem for word in _words(text) for stem in _stems_of(word, languages))


def alternatives(query: str) -> list[list[str]]:
    """Return what to look for: for each word of a query its possible stems, and for the last one its beginnings too.

    The last word may still be unfinished, so that it is looked for as a beginning. No more than MAX_WORDS are taken.
    """
    words = list(_words(query))[:MAX_WORDS]
    found = [list(dict.fromkeys(_stems_of(word, LANGUAGES))) for word in words]
    if found:
        found[-1] = list(dict.fromkeys([*found[-1], words[-1]]))
    return found


def sqlite_query(query: str) -> str | None:
    """Return a query as FTS5 reads it, every word quoted; None when there is no word in it."""
    return _joined(query, " AND ", " OR ", '"{}"', '"{}" *')


def postgresql_query(query: str) -> str | None:
    """Return a query as to_tsquery('simple', …) reads it, every word quoted; None when there is no word in it."""
    return _joined(query, " & ", " | ", "'{}'", "'{}':*")


def _joined(query: str, every: str, one_of: str, whole: str, beginning: str) -> str | None:
    found = alternatives(query)
    if not found:
        return None
    # Words are letters and digits only, so that a quoted one holds nothing that could end the quotes.
    parts = [[whole.format(stem) for stem in each] for each in found[:-1]]
    parts.append([beginning.format(stem) for stem in found[-1]])
    return every.join(f"({one_of.join(each)})" for each in parts)


def _words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", _LABEL.sub(" ", text)).casefold()
    for word in _WORD.findall(plain):
        yield word[:_MAX_CHARACTERS]


def _stems_of(word: str, languages: tuple[str, ...]) -> Iterator[str]:
    if any(character.isdigit() for character in word):
        yield word
        return
    found = (_stem(word, language) for language in languages)
    yield from filter(None, dict.fromkeys(found))


def _stem(word: str, language: str) -> str:
    stem = str(_stemmer(language).stemWord(word))
    return _LAST_CONSONANTS.sub("", stem) if language == "fi" else stem


def _stemmer(language: str) -> snowballstemmer.stemmer:
    if not hasattr(_local, language):
        setattr(_local, language, snowballstemmer.stemmer(_ALGORITHMS[language]))
    return getattr(_local, language)
