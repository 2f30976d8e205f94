"""The normal form in which personal data is looked for, with a way back to the original offsets.

People and programs write one value in many ways: full-width or Arabic-Indic digits, invisible characters
between them, a minus sign for a hyphen, a Cyrillic letter for a Latin one. The normal form undoes that for
the search alone; what is masked and what is kept is always the original text.
"""

from __future__ import annotations

import re
import unicodedata

from components.privacy.spans import OPAQUE

_JOINT = "\ue001"  # stands for a character that changes the one before it; no text keeps a character of this kind
# What stands for a value (entities.py), numbered for a name (conversation.py). It has no room for a value.
_PLACEHOLDER = re.compile(
    r"\[(?:NAME_[0-9]{1,3}|[A-Z][A-Z_]{1,40})(?: (?:[*#x•█]{1,64}[A-Za-z0-9]{0,2}|~[a-p]{16}))?\]"
)

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
    r"[oOlI](?:(?<=[0-9][oO])(?=[ ./-]?[0-9])|(?<=[oO])(?<![^\W_][oO])(?=[0-9](?:[0-9oO]|[./-][0-9oO]))|"
    r"(?<=[0-9][0-9][lI])(?=[0-9]))"
)
_DIGIT = re.compile("[0-9]")
_MIXED = re.compile("[0-9@]")


def _fold(char: str) -> str:
    """Return the normal form of one character: none, one or more characters."""
    category = unicodedata.category(char)
    if category in ("Cf", "Cc", "Me", "Co", "Cn"):
        return ""
    if category == "Cs":  # half a character, which no encoding takes
        return "\ufffd"
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if category in ("Nd", "No"):
        digit = unicodedata.digit(char, None)
        if digit is not None:
            return str(digit)
    compatible = unicodedata.normalize("NFKC", char)
    if compatible == char or len(compatible) > 6:
        return char
    if category == "No" and not compatible.isalnum():
        return char  # a fraction such as one half is an amount
    return "".join(_fold_again(c) for c in compatible)


def _fold_again(char: str) -> str:
    return char if " " <= char < "\x7f" else _FIXED[char] if char in _FIXED else _fold(char)


def _joins(char: str) -> bool:
    """Whether a character changes the one before it: an accent, or the choice of a variant."""
    return unicodedata.combining(char) != 0 or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"


class _FoldTable(dict[int, str]):
    """A table for `str.translate` that fills itself; it is bounded by the size of Unicode."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if _joins(char):
            folded = _JOINT
        elif " " <= char < "\x7f" or char == "\n":
            folded = char
        else:
            folded = _FIXED[char] if char in _FIXED else _fold(char)
        self[code] = folded
        return folded


_FOLD = _FoldTable()


def _unfolded(first: int, last: int) -> str:
    """Make the inside of a character class: what stands for itself from one character to another, in ranges."""
    parts: list[str] = []
    start = None
    for code in range(first, last + 2):
        stays = code <= last and _FOLD[code] == chr(code)
        if stays and start is None:
            start = code
        elif not stays and start is not None:
            parts.append(f"{chr(start)}-{chr(code - 1)}")
            start = None
    return "".join(parts)


# Latin letters (but for the i with a dot too many and the i with none, which `re` takes for an i when it ignores case),
# the euro, arrows and pictures.
PLAIN = (
    _unfolded(0xC0, 0x12F)
    + _unfolded(0x134, 0x17E)
    + "€"
    + _unfolded(0x2190, 0x21FF)
    + _unfolded(0x2600, 0x27BF)
    + _unfolded(0x1F300, 0x1FAFF)
)
"""The inside of a character class of what folding leaves as it is, beyond ASCII."""

_PLAIN = re.compile(rf"[^\n\x20-\x7e{PLAIN}]")


class Normal:
    """A normal form: `text`, and the way from its offsets back to those of the original."""

    __slots__ = ("_original", "_sources", "text")

    def __init__(self, text: str, original: str | None, sources: list[int] | None = None) -> None:
        """Take the folded text and the original, which is None when nothing moved."""
        self.text = text
        self._original = original
        self._sources = sources

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of the non-empty range `start`..`end` of the normal form."""
        if self._original is None:
            return start, end
        if self._sources is None:
            self._sources = _trace(self._original)[1]
        return self._sources[start], self._sources[end - 1] + 1


def normalise(text: str) -> Normal:
    """Fold a text into its normal form; placeholders such as `[PERSON]` become one opaque character each."""
    bracketed = "[" in text and _PLACEHOLDER.search(text) is not None
    plain = _PLAIN.search(text) is None
    if plain:
        if not bracketed:
            return Normal(_digits_for_letters(text), None)
        return Normal(_digits_for_letters(_PLACEHOLDER.sub(OPAQUE, text)), text)
    sources: list[int] | None = None
    folded = OPAQUE.join(map(_translate, _PLACEHOLDER.split(text))) if bracketed else text.translate(_FOLD)
    if _JOINT in folded:
        folded, sources = _trace(text)
    if _LOOKALIKE.search(folded):
        folded = _TOKEN.sub(_fold_lookalikes, folded)
    return Normal(_digits_for_letters(folded), text, sources)


def _translate(part: str) -> str:
    return part if _PLAIN.search(part) is None else part.translate(_FOLD)


def _trace(text: str) -> tuple[str, list[int]]:
    """Fold a text character by character and tell where each character of the result comes from."""
    out: list[str] = []
    sources: list[int] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        _fold_range(text, position, match.start(), out, sources)
        out.append(OPAQUE)
        sources.append(match.start())
        position = match.end()
    _fold_range(text, position, len(text), out, sources)
    return "".join(out), sources


def _digits_for_letters(text: str) -> str:
    if _DIGIT.search(text) is None:
        return text
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
    for index, code in enumerate(map(ord, part), start):
        folded = _FOLD[code]
        if folded == _JOINT:
            if out and out[-1] != OPAQUE:
                composed = unicodedata.normalize("NFC", out[-1] + chr(code))
                if len(composed) == 1:
                    out[-1] = composed
            continue
        out.extend(folded)
        sources.extend([index] * len(folded))
