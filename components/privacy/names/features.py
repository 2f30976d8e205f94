"""How the tagger sees a text: its words, and for each what it is like and what stands around it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from components.privacy.names.lexicon import Lexicon
from components.privacy.spans import OPAQUE

_LETTER = r"[^\W\d_]"
_MASKED = rf"(?:\[[A-Z][A-Z_]+(?:_[0-9]+)?\]|{OPAQUE}+)"
_TOKEN = re.compile(
    rf"(?P<masked>{_MASKED}(?: {_MASKED})*)"  # neighbours of one label become one placeholder
    rf"|(?P<word>{_LETTER}[^\W_]*(?:['’`-](?!s(?![^\W_])){_LETTER}+)*)"
    r"|(?P<number>[0-9][\w.,:/-]*)"
    r"|(?P<other>\*\*|[^\w\s]|_)|(?P<line>\n(?:[ \t]*\n)*)"  # bold type and blank lines count as one piece
)
_LEET = str.maketrans("430157", "aeoist")
_HAS_DIGIT = re.compile(r"\d")
_MAX_WORD = 40
_COMMON = 2
# Capitals inside a word, as in YouTube and ValueError; not McDonald, DeShawn, O'Brien or Anna-Liisa.
_COMPOSED = re.compile(r"(?<!Mc)(?<!Mac)(?<!De)(?<!Di)(?<!La)(?<!Le)(?<!Van)(?<!Fitz)(?<=[a-zß-öø-ÿ])[A-ZÀ-ÖØ-Þ]")


@dataclass(frozen=True)
class Token:
    """A piece of a text: `kind` is word, number, masked, other (punctuation, emoji) or line (a line break)."""

    start: int
    end: int
    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """Cut a text (a normal form) into tokens."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        found.append(Token(match.start(), match.end(), kind, match.group()))
    return found


@dataclass(frozen=True)
class Look:
    """What one token is like: `word` its form in lower case, `kind` a coarse class, `own` its features."""

    word: str
    kind: str
    own: tuple[str, ...]


def _shape(text: str) -> str:
    if len(text) == 1:
        return "X" if text.isupper() else "x"
    if text.islower():
        return "low"
    if text.isupper():
        return "UP"
    if text[0].isupper() and text[1:].islower():
        return "Cap"
    if "-" in text and all(part[:1].isupper() for part in text.split("-")):
        return "Cap-"
    return "mix"


def _script(char: str) -> str:
    if char < "\u0250":
        return "latin"
    return unicodedata.name(char, "?").split()[0].lower()


_OUTSIDE = Look("", "edge", ("edge",))
_CODE = "<code>"
_MAX_REMEMBERED = 50_000


class Looks:
    """Describes tokens, and remembers the description of dictionary words: of nothing else that a customer wrote."""

    def __init__(self, words: Lexicon) -> None:
        self._words = words
        self._remembered: dict[str, Look] = {}

    def of(self, token: Token) -> Look:
        """Describe one token."""
        look = self._remembered.get(token.text)
        if look is None:
            look = describe(token, self._words)
            if token.text.casefold() in self._words.levels and len(self._remembered) < _MAX_REMEMBERED:
                self._remembered[token.text] = look
        return look


def describe(token: Token, words: Lexicon, *, hide_lists: bool = False) -> Look:
    """Describe one token; with `hide_lists`, as if no list of names held it (for training)."""
    if token.kind != "word":
        word = token.text if token.kind == "other" else f"<{token.kind}>"
        return Look(word, word, (f"w={word}",))
    text = token.text[:_MAX_WORD]
    word = text.casefold()
    shape = _shape(text)
    disguised = _HAS_DIGIT.search(word) is not None
    if disguised:
        word = word.translate(_LEET)
    if (disguised or _COMPOSED.search(text)) and not words.is_name(word):
        return Look(_CODE, _CODE, (f"w={_CODE}", f"sh={shape}"))
    script = _script(text[0])
    levels = words.levels_of(word)
    lists = "" if hide_lists else words.lists_of(word) or _lists_of_parts(word, words)
    common = max(levels)
    made = words.made_of_common_words(word) if common < _COMMON and script == "latin" else ""
    doubt = "?" if {"f", "g"} & set(lists) and words.is_doubtful(word) else ""
    kind = f"{lists or 'no'}{doubt}{common}{made}" if script == "latin" else script
    own = [f"k={kind}", f"l={lists}|{levels[0]}{levels[1]}", f"sh={shape}", f"ksh={kind}{shape}"]
    if made:
        own.append(f"made={made}{shape}")
    if doubt:
        own += ["amb", f"amb{shape}"]
    if disguised:
        own.append("leet")
    if common >= 2 or (common and not lists):
        own.append(f"w={word}")
    if common < 3:
        own += [f"s2={word[-2:]}", f"s3={word[-3:]}", f"s4={word[-4:]}"]
        own += [f"p2={word[:2]}", f"p3={word[:3]}", f"p4={word[:4]}", f"n={min(len(word), 14)}"]
    return Look(word if common else "<rare>", kind + shape[0], tuple(own))


def _lists_of_parts(word: str, words: Lexicon) -> str:
    """Return in which lists the parts of a hyphenated word stand ("Anna-Kristiina")."""
    if "-" not in word:
        return ""
    return "-" + "".join(sorted({words.lists_of(part) or "no" for part in word.split("-") if part}))


def features(looks: Sequence[Look], *, capitals: str) -> list[list[str]]:
    """Return the features of every token of a message; `capitals` tells how the message uses them."""
    rows = []
    count = len(looks)
    padded = (_OUTSIDE, _OUTSIDE, *looks, _OUTSIDE, _OUTSIDE)
    for index in range(count):
        before2, before, here, after, after2 = padded[index : index + 5]
        rows.append(
            [
                *here.own,
                f"-1={before.word}",
                f"+1={after.word}",
                f"-2={before2.word}",
                f"+2={after2.word}",
                f"-1k={before.kind}",
                f"+1k={after.kind}",
                f"-1k0={before.kind}{here.kind}",
                f"0+1k={here.kind}{after.kind}",
                f"-1w0={before.word} {here.kind}",
                f"+1w0={here.kind} {after.word}",
                f"-2-1={before2.word} {before.word}",
                f"+1+2={after.word} {after2.word}",
                f"cap={capitals}{here.kind}",
            ]
        )
    return rows


def capitals_of(found: Sequence[Token]) -> str:
    """Tell how a message uses capital letters: `low` none, `UP` only, `First` to begin with, `Mixed` within."""
    words = [token.text for token in found if token.kind == "word" and len(token.text) > 1]
    if not words:
        return "none"
    if all(word.islower() for word in words):
        return "low"
    if all(word.isupper() for word in words):
        return "UP" if len(words) > 2 else "UPshort"
    if all(word.islower() for word in words[1:]):
        return "First"
    if len(words) > 3 and sum(word[0].isupper() for word in words) > 0.8 * len(words):
        return "Title"
    return "Mixed"
