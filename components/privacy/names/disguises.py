"""Names that a reader knows and a list does not: "F a t i m a", "A.h.m.e.d", "M4tti", "AmitVerma"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.base_forms import base_forms
from components.privacy.names.lexicon import Lexicon

_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:(?P<gap>[ .*_-])[^\W\d_])(?:(?P=gap)[^\W\d_]){2,24}(?![^\W_])")
_MIXED = re.compile(r"(?<![^\W_])(?=[^\W_]{0,20}[^\W\d_])(?=[^\W_]{0,20}[0134579])[^\W_]{3,20}(?![^\W_])")
_TOGETHER = re.compile(r"(?<![^\W_])(?:[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{1,20}){2,4}(?![a-zß-öø-ÿ])")
_CAPITAL = re.compile(r"(?=[A-ZÀ-ÖØ-Þ])")
_DIGITS = re.compile(r"[0-9]")
_GAPS = re.compile(r"[ .*_-]")
_READ_AS = str.maketrans("0134579", "oleastg")
_ALSO_READ_AS = str.maketrans("0134579", "oieastg")
_MOST_DIGITS = 3
_SCORE = 0.7


def disguised_names(text: str, words: Lexicon) -> Iterator[tuple[int, int, float]]:
    """Yield start, end and score of the names of our lists that are spelled out, run together or hold digits."""
    for match in _SPACED.finditer(text):
        if _is_name(_GAPS.sub("", match.group()).casefold(), words):
            yield *match.span(), _SCORE
    for match in _TOGETHER.finditer(text):
        if all(words.is_name(part.casefold()) for part in _CAPITAL.split(match.group()) if part):
            yield *match.span(), _SCORE
    if _DIGITS.search(text) is None:
        return
    for match in _MIXED.finditer(text):
        word = match.group().casefold()
        if len(_DIGITS.findall(word)) <= min(_MOST_DIGITS, len(word) - 3) and (
            _is_name(word.translate(_READ_AS), words) or _is_name(word.translate(_ALSO_READ_AS), words)
        ):
            yield *match.span(), _SCORE


def _is_name(word: str, words: Lexicon) -> bool:
    return word.isalpha() and any(words.is_name(form) for form in base_forms(word))
