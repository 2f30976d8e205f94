"""Finds the names of people in a text.

A conditional random field (python-crfsuite) reads each word with its neighbours: in which lists of names it or its
base form stands, how common it is in Finnish and English, its beginning and end, its capitals, and the words around
it. It was trained on written-for-purpose messages (`training/`); docs/decisions tells what else was tried.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

import pycrfsuite

from components.privacy.base_forms import base_forms
from components.privacy.names.disguises import disguised_names
from components.privacy.names.features import Looks, Token, capitals_of, features, tokens
from components.privacy.names.lexicon import Lexicon, lexicon
from components.privacy.names.scripts import foreign_names, is_latin
from components.privacy.spans import OPAQUE

MODEL = Path(__file__).parent / "data" / "names.crfsuite"

# A longer text (in characters) is no chat message; it must be read within a bound of time.
_LONG_TEXT = 6_000
_WORD = re.compile(r"[^\W\d_]{2,40}(?:-[^\W\d_]{2,40})?")
_STREET = re.compile(
    r"[^\W\d_]{3}(?:tie|katu|kuja|polku|kaari|väylä|raitti|tori|aukio|gatan|vägen|street|road)\Z", re.I
)
_ENDING = re.compile(r"[a-z]{2,3}\Z")
_MASKED = re.compile(f"{OPAQUE}+")
_COUNTRY_WORDS = 4  # before the last one of a country's name
_PART = 200  # tokens that are read at once: bounds the time of a long text
_THRESHOLD = 0.5
_DOUBT_RARE = 0.4  # for a rare word and one with a capital, this is enough
_DOUBT = 0.03  # for a word that is a name and nothing else, this is enough
_DOUBT_INFLECTED = 0.15  # and this for a case form of one
_DOUBT_MADE = 0.3  # and this for one that can be a form of a common word as well ("Riitalle")
_SURE = 0.9  # a country that is a name as well ("Georgia") is one from here on, and what follows a name belongs to it
_COMMON = 2
_VERY_COMMON = 3
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
_SWEDISH = "jag hur gör vad när kan ska vill har är inte det den ett och att från till för med mitt mina på av om"
_LITTLE_WORDS = frozenset(f"{_WEEKDAYS} {_SWEDISH}".split())
_JOIN = 0.2  # beside a word that is surely a name, a less sure one belongs to it

# After these words any word can be a name, however common it is.
_CUES = frozenset(
    "name names named called nimi nimeni nimeltä nimellä etunimi sukunimi surname terveisin terv t regards olen oon im "
    "täällä tässä signed".split()
)


@lru_cache(maxsize=1)
def _model() -> tuple[pycrfsuite.Tagger, Looks, threading.Lock]:
    tagger = pycrfsuite.Tagger()
    tagger.open(str(MODEL))
    return tagger, Looks(lexicon()), threading.Lock()


def name_spans(text: str) -> list[tuple[int, int, float]]:
    """Return start, end and score (0..1) of every name in a text in its normal form, in any order; they may overlap."""
    words = lexicon()
    found = tokens(text)
    letters = [token for token in found if token.kind == "word"]
    spans = list(disguised_names(text, words))
    if all(_is_plain(token.text, words) for token in letters):
        return spans
    latin = [token for token in letters if is_latin(token.text)]
    if len(latin) < len(letters):
        spans += foreign_names(text, found, words)
    if latin:
        spans += _tagged(found, words)
        spans += list(_again(latin, spans, text, words))
    return spans


def listed_names(text: str) -> list[tuple[int, int, float]]:
    """Return start, end and score of the words of a long text that stand in a list of names and are no common words."""
    words = lexicon()
    spans = []
    for match in _WORD.finditer(text):
        word = match.group()
        low = word.casefold()
        if words.is_name(low) and (word[0].isupper() or max(words.levels_of(low)) < _COMMON):
            spans.append((match.start(), match.end(), _THRESHOLD))
    return spans


def names_in(text: str) -> list[tuple[int, int, float]]:
    """Return start, end and score of every name in a text; of one too long for chat, only the lists are asked."""
    return name_spans(text) if len(text) <= _LONG_TEXT else listed_names(text)


def outline(text: str) -> list[str]:
    """Return all that the tagger sees of a text: two texts with the same outline have the same names."""
    if len(text) > _LONG_TEXT:
        return [_MASKED.sub(OPAQUE, text)]
    return ["" if token.kind == "masked" else token.text for token in tokens(text)]


def _tagged(found: Sequence[Token], words: Lexicon) -> Iterator[tuple[int, int, float]]:
    tagger, looks, lock = _model()
    for first in range(0, len(found), _PART):
        part = found[first : first + _PART]
        rows = features([looks.of(token) for token in part], capitals=capitals_of(part))
        with lock:
            tagger.set(rows)
            marks = [tagger.marginal("N", index) for index in range(len(part))]
        for index, (token, mark) in enumerate(zip(part, marks, strict=True)):
            if _is_of_an_address(part, index) or _is_little_word(part, index):
                marks[index] = 0.0
            elif _DOUBT < mark < _THRESHOLD and token.kind == "word" and _is_likely_a_name(token.text, words, mark):
                marks[index] = _THRESHOLD
        _raise_surnames(part, marks, words)
        _leave_countries(part, marks, words)
        yield from joined(part, marks)


def _raise_surnames(part: Sequence[Token], marks: list[float], words: Lexicon) -> None:
    """Mark the rare word with a capital after a sure name, though it looks like a people's ("Tuulikki Koskelainen")."""
    for index, (before, token) in enumerate(zip(part, part[1:], strict=False), start=1):
        if marks[index - 1] < _SURE or marks[index] >= _THRESHOLD:
            continue
        if before.kind == token.kind == "word" and token.text[0].isupper():
            if max(words.levels_of(token.text.casefold())) < _COMMON:
                marks[index] = _THRESHOLD


def _leave_countries(part: Sequence[Token], marks: list[float], words: Lexicon) -> None:
    """Take the marks off the words that name a country."""
    for index, token in enumerate(part):
        if marks[index] < _DOUBT or token.kind != "word":
            continue
        low = token.text.casefold()
        countries = words.countries_of(low)
        if countries and (marks[index] < _SURE or not any(map(words.is_name, (low, min(countries, key=len))))):
            marks[index] = 0.0
        first = index
        while first >= 0 and index - first <= _COUNTRY_WORDS and part[first].kind == "word":
            run = takewhile(lambda piece: piece.kind == "word", part[first : first + _COUNTRY_WORDS + 1])
            count = words.country_words([piece.text.casefold() for piece in run])
            if first + count > index:
                marks[first : first + count] = [0.0] * count
            first -= 1


def _again(
    latin: Sequence[Token], spans: Sequence[tuple[int, int, float]], text: str, words: Lexicon
) -> Iterator[tuple[int, int, float]]:
    """Yield the words that are a name elsewhere in the same text: "Tuomakselta ... kuka tuomas on"."""
    if not spans:
        return
    forms: set[str] = set()
    for start, end, _ in spans:
        for token in tokens(text[start:end]):
            if token.kind == "word" and len(token.text) > 2:
                forms |= base_forms(token.text)
    for token in latin:
        low = token.text.casefold()
        if len(low) < 3 or words.is_plain(low) or not forms & base_forms(low):
            continue
        if max(words.levels_of(low)) > _COMMON and not words.is_name(low):
            continue
        if not any(start <= token.start < end for start, end, _ in spans):
            yield token.start, token.end, _THRESHOLD


def _is_of_an_address(part: Sequence[Token], index: int) -> bool:
    """Tell whether a token is a street before its number (whosever), or the end of a host or file name."""
    token = part[index]
    if index + 1 < len(part) and part[index + 1].kind == "number" and _STREET.search(token.text):
        return True
    dot = part[index - 1] if index else None
    return (
        dot is not None
        and dot.text == "."
        and dot.end == token.start > dot.start
        and _ENDING.match(token.text) is not None
    )


def _is_little_word(part: Sequence[Token], index: int) -> bool:
    """Tell whether a token is a unit after its number ("2 l"), a day of the week, or a little word of Swedish."""
    token = part[index]
    if len(token.text) == 1:
        return index > 0 and part[index - 1].kind == "number"
    return token.text.casefold() in _LITTLE_WORDS


def _is_likely_a_name(word: str, words: Lexicon, mark: float) -> bool:
    """Tell whether a word that the tagger doubts is a name, by what is known of the word alone."""
    low = word.casefold()
    if words.is_only_a_name(low):
        # Somewhere in the world "rahat" and "eka" are names; here they are everyday words.
        return mark > _DOUBT_MADE or max(words.levels_of(low)) < _VERY_COMMON or word[0].isupper()
    rare = max(words.levels_of(low)) < _COMMON
    if mark > _DOUBT_RARE and (rare or word[0].isupper()):
        return True
    return (
        mark > _DOUBT_INFLECTED
        and rare
        and any(map(words.is_only_a_name, base_forms(low)))
        and (mark > _DOUBT_MADE or not words.made_of_common_words(low))
    )


def _is_plain(word: str, words: Lexicon) -> bool:
    low = word.casefold()
    return low not in _CUES and words.is_plain(low)


def joined(part: Sequence[Token], marks: Sequence[float]) -> Iterator[tuple[int, int, float]]:
    """Join neighbours to one name; `marks` holds for each token the probability that it is in one."""
    index = 0
    while index < len(part):
        if marks[index] < _THRESHOLD or part[index].kind != "word" or not is_latin(part[index].text):
            index += 1
            continue
        first = last = index
        while (before := _next(part, marks, first, -1)) is not None:
            first = before
        while (after := _next(part, marks, last, 1)) is not None:
            last = after
        index = last + 1
        yield part[first].start, part[last].end, max(marks[first : last + 1])


def _next(part: Sequence[Token], marks: Sequence[float], place: int, step: int) -> int | None:
    """Return the place of the next word of the same name, in front (-1) or behind (1), or None.

    A neighbour that may well be a name belongs to it; over an initial's full stop, a hyphen or one line break only a
    word that surely is one.
    """
    near, far = place + step, place + 2 * step
    if 0 <= near < len(part) and part[near].kind == "word":
        return near if marks[near] >= _JOIN else None
    if 0 <= far < len(part) and part[near].kind in ("other", "line") and part[far].kind == "word":
        return far if marks[near] >= _JOIN and marks[far] >= _THRESHOLD else None
    return None
