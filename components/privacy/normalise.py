"""The normal form in which personal data is looked for, with a way back to the original offsets.

People and programs write one value in many ways: full-width or Arabic-Indic digits, invisible characters
between them, a minus sign for a hyphen, a Cyrillic letter for a Latin one. The normal form undoes that for
the search alone; what is masked and what is kept is always the original text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from components.privacy.spans import OPAQUE

# Printable ASCII, line feed and the Latin letters that stand for themselves: nothing to fold.
_PLAIN = re.compile(r"[^\n\x20-\x7e\xc0-\xd6\xd8-\xf6\xf8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e€]")
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]{1,40}\]")

_FIXED = {
    "\t": " ",
    "\r": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x85": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    "\u2800": " ",  # braille blank
    "\u3164": "",  # hangul fillers
    "\uffa0": "",
    "\u115f": "",
    "\u1160": "",
    "\u17b4": "",
    "\u17b5": "",
    "\u2212": "-",  # minus sign
    "\u2043": "-",
    "\u02d7": "-",
    "\u2796": "-",
    "\u2795": "+",
    "\u30fc": "-",
    "\u2044": "/",
    "\u2215": "/",
    "\u29f8": "/",
    "\u2571": "/",
    "\u00b7": ".",
    "\u2022": ".",
    "\u2219": ".",
    "\u22c5": ".",
    "\u2027": ".",
    "\u30fb": ".",
    "\u3002": ".",
    "\u2024": ".",
    "\u2019": "'",
    "\u2018": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2236": ":",
    "\ua789": ":",
}

_LOOKALIKES = str.maketrans(
    "АВЕКМНОРСТУХаеорсухіїјѕԁһІЈЅԚԛԜԝүҮΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ",
    "ABEKMHOPCTYXaeopcyxiijsdhIJSQqWwyYABEZHIKMNOPTYXaikvoptux",
)
_LOOKALIKE = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_TOKEN = re.compile(r"\S+")
# A letter O for a nought and a letter l or I for a one, between digits or before them.
_LETTER_FOR_DIGIT = re.compile(
    r"(?<=[0-9])[oO](?=[ -]?[0-9])|(?<![^\W_])[oO](?=[0-9][0-9oO])|"
    r"(?<=[0-9][0-9])[lI](?=[0-9])"
)
_MIXED = re.compile("[0-9@]")


def _fold(char: str) -> str:
    """Return the normal form of one character: none, one or more characters."""
    category = unicodedata.category(char)
    if category in ("Cf", "Cc", "Me", "Co", "Cn"):
        return ""
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if category in ("Nd", "No"):
        digit = unicodedata.digit(char, None)
        if digit is not None:
            return str(digit)
    compatible = unicodedata.normalize("NFKC", char)
    if compatible == char or len(compatible) > 6 or unicodedata.category(char) == "Cs":
        return char
    if category == "No" and not compatible.isalnum():
        return char  # a fraction such as one half is an amount
    return "".join(_FOLD[c] if c != char else c for c in compatible)


class _FoldTable(dict[str, str]):
    """A table that fills itself; it is bounded by the size of Unicode."""

    def __missing__(self, char: str) -> str:
        folded = _fold(char)
        self[char] = folded
        return folded


_FOLD = _FoldTable(_FIXED)


@dataclass(frozen=True)
class Normal:
    """A normal form: `sources[i]` is the original offset of `text[i]`, or is None when nothing moved."""

    text: str
    sources: Sequence[int] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of the non-empty range `start`..`end` of the normal form."""
        if self.sources is None:
            return start, end
        return self.sources[start], self._end(end)

    def _end(self, end: int) -> int:
        assert self.sources is not None  # noqa: S101
        return self.sources[end - 1] + 1


def normalise(text: str) -> Normal:
    """Fold a text into its normal form; placeholders such as `[PERSON]` become one opaque character each."""
    bracketed = "[" in text and _PLACEHOLDER.search(text) is not None
    if not bracketed and _PLAIN.search(text) is None:
        return Normal(text=_digits_for_letters(text), sources=None)
    out: list[str] = []
    sources: list[int] = []
    position = 0
    if bracketed:
        for match in _PLACEHOLDER.finditer(text):
            _fold_range(text, position, match.start(), out, sources)
            out.append(OPAQUE)
            sources.append(match.start())
            position = match.end()
    _fold_range(text, position, len(text), out, sources)
    folded = "".join(out)
    if _LOOKALIKE.search(folded):
        folded = _TOKEN.sub(_fold_lookalikes, folded)
    return Normal(text=_digits_for_letters(folded), sources=sources)


def _digits_for_letters(text: str) -> str:
    return _LETTER_FOR_DIGIT.sub(lambda match: "0" if match.group() in "oO" else "1", text)


def _fold_lookalikes(match: re.Match[str]) -> str:
    token = match.group()
    return token.translate(_LOOKALIKES) if _MIXED.search(token) else token


def _fold_range(text: str, start: int, end: int, out: list[str], sources: list[int]) -> None:
    part = text[start:end]
    if _PLAIN.search(part) is None:
        out.extend(part)
        sources.extend(range(start, end))
        return
    for index, char in enumerate(part, start):
        if char < "\x7f" and char >= " ":
            out.append(char)
            sources.append(index)
            continue
        if unicodedata.combining(char) or "\ufe00" <= char <= "\ufe0f" or char == "\u034f":
            if out and out[-1] != OPAQUE:
                composed = unicodedata.normalize("NFC", out[-1] + char)
                if len(composed) == 1:
                    out[-1] = composed
            continue
        for folded in _FOLD[char]:
            out.append(folded)
            sources.append(index)
