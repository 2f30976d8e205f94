"""Words that tell by standing near a value what it is, all of them looked for in one pass over a text.

A pattern of words (`puh(?:elin|nro)|phone`) can match only where one of its literal pieces stands ("puh", "phone"). The
pieces of all cues make one automaton (Aho-Corasick), so that a text is read once, whatever their number, and the dear
patterns run on the few texts that hold a piece of theirs.
"""

from __future__ import annotations

import re
import sre_constants
import sre_parse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import ahocorasick

if TYPE_CHECKING:
    from components.privacy.spans import Document

ANY_CUE = -1
"""Stands for all cues."""


class _Pieces:
    """The literal pieces of all cues. A set of cues is a number with one bit for each."""

    def __init__(self) -> None:
        self._pieces: list[frozenset[str]] = []
        self._automaton: Any = None
        self._anywhere = 0

    def add(self, pieces: frozenset[str]) -> int:
        """Add the pieces of a cue and return its bit."""
        self._pieces.append(pieces)
        self._automaton = None
        return 1 << (len(self._pieces) - 1)

    def present(self, text: str) -> int:
        """Return the cues of which a piece stands in a text in lower case."""
        cues = self._anywhere
        for _, owners in (self._automaton or self._build()).iter(text):
            cues |= owners
        return cues

    def _build(self) -> Any:
        owners: dict[str, int] = {}
        for number, pieces in enumerate(self._pieces):
            for piece in pieces:
                owners[piece] = owners.get(piece, 0) | 1 << number
        self._anywhere = owners.pop("", 0)
        automaton = ahocorasick.Automaton()
        automaton.add_word("\x00", 0)  # an automaton without words cannot be asked
        for piece, cues in owners.items():
            automaton.add_word(piece, cues)
        automaton.make_automaton()
        self._automaton = automaton
        return automaton


_ALL = _Pieces()


def present(text: str) -> int:
    """Return the cues of which a piece stands in a text in lower case, one bit each."""
    return _ALL.present(text)


class Cue:
    """Words that tell by standing near a value what it is, or without which there is no value of a kind."""

    __slots__ = ("bit", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)
        self.bit = _ALL.add(literal_pieces(pattern))

    def somewhere(self, document: Document) -> bool:
        """Whether the pattern may match anywhere in a document."""
        return document.cues & self.bit != 0

    def near(self, document: Document, start: int, end: int, *, before: int = 40, after: int = 0) -> bool:
        """Whether the pattern matches within so many characters before or after a range."""
        if not document.cues & self.bit:
            return False
        if before and self.pattern.search(document.before(start, before)):
            return True
        return bool(after) and self.pattern.search(document.after(end, after)) is not None


# A part of a pattern that can match more texts than this is left out of the pieces.
_MOST_TEXTS = 40


def literal_pieces(pattern: str) -> frozenset[str]:
    """Return texts of which one stands in everything that a pattern matches; {""} where none can be told."""
    return _pieces(sre_parse.parse(pattern).data)


def every_match(pattern: str) -> frozenset[str]:
    """Return all texts that a pattern of letters, alternatives and optional parts can match."""
    texts = _texts(sre_parse.parse(pattern).data, most=1000)
    if texts is None:
        raise ValueError("the pattern has no end of matches")
    return texts


def _pieces(items: Iterable[Any]) -> frozenset[str]:
    best = here = frozenset({""})
    for item in items:
        texts = _texts([item], most=_MOST_TEXTS)
        longer = texts and _joined(here, texts)
        if longer and len(longer) <= _MOST_TEXTS:
            here = longer
            continue
        best = _better(best, here)
        here = texts or frozenset({""})
        op, value = item
        if op is sre_constants.SUBPATTERN:
            best = _better(best, _pieces(value[-1]))
        elif op is sre_constants.BRANCH:
            best = _better(best, frozenset().union(*map(_pieces, value[1])))
        elif op is sre_constants.MAX_REPEAT and value[0]:
            best = _better(best, _pieces(value[2]))
    return _better(best, here)


def _texts(items: Iterable[Any], *, most: int) -> frozenset[str] | None:
    """Return all texts that a parsed pattern can match, or None when they are too many."""
    texts: frozenset[str] | None = frozenset({""})
    for op, value in items:
        more: frozenset[str] | None = None
        if op is sre_constants.LITERAL:
            more = frozenset({chr(value)})
        elif op in (sre_constants.AT, sre_constants.ASSERT, sre_constants.ASSERT_NOT):
            more = frozenset({""})  # takes no room
        elif op is sre_constants.SUBPATTERN:
            more = _texts(value[-1], most=most)
        elif op is sre_constants.BRANCH:
            branches = [_texts(branch, most=most) for branch in value[1]]
            more = None if None in branches else frozenset().union(*(branch or () for branch in branches))
        elif op is sre_constants.IN and all(kind is sre_constants.LITERAL for kind, _ in value):
            more = frozenset(chr(char) for _, char in value)
        elif op is sre_constants.MAX_REPEAT and value[:2] == (0, 1):
            once = _texts(value[2], most=most)
            more = once and once | {""}
        texts = more and _joined(texts or frozenset(), more)
        if texts is None or len(texts) > most:
            return None
    return texts


def _joined(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    return frozenset(one + other for one in left for other in right)


def _better(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return the set that says more: the longer its shortest text, then the fewer texts."""
    return max(one, other, key=lambda pieces: (min(map(len, pieces)), -len(pieces)))
