"""The values that every part of the package shares."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from components.privacy.cues import present

OPAQUE = "\ue000"
"""Stands in the normal form for what is masked already, or public: no recogniser reads across it."""


class Span(NamedTuple):
    """A piece of personal data: `start` and `end` are offsets into the original text, `score` lies in 0..1."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True)
class Anonymised:
    """A masked text and the spans of the original text that were masked in it, in order and apart.

    continues: whether one of the values began in the message before, so that only a part of it stands here.
    """

    text: str
    spans: tuple[Span, ...] = ()
    continues: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct labels found, in order of appearance."""
        return tuple(dict.fromkeys(span.label for span in self.spans))


class Hit(NamedTuple):
    """What a recogniser found: offsets into the normal form of a `Document`."""

    start: int
    end: int
    label: str
    score: float


_RUN = re.compile("[0-9]+")
_AFTER_LETTER = re.compile(r"[0-9](?:(?<=[^\W\d_][0-9])|(?<=[^\W\d_][ \n-][0-9]))")
_CLUSTER_GAP = 8


class Document:
    """A text in its normal form (see `normalise`), as the recognisers read it, with what they all ask about it.

    `lower` is the text in lower case, character for character. `runs` are the starts and ends of its groups of digits.
    `cues` has a bit for each cue of which a piece stands in the text (see `cues`).
    `after_letters` tells where such groups begin behind a letter, or a letter and a space, line break or hyphen.
    `digits` counts the most digits that stand together, at most eight other characters between two of them.
    `memo` keeps what was read once.
    """

    __slots__ = ("after_letters", "cues", "digits", "lower", "memo", "runs", "text")

    def __init__(self, text: str, cues: int | None = None) -> None:
        """Read a text; `cues` are those it has at the most, when they are known."""
        self.text = text
        low = text.lower()
        if len(low) != len(text):
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        self.lower = low
        self.runs = [match.span() for match in _RUN.finditer(text)]
        self.after_letters = [match.start() for match in _AFTER_LETTER.finditer(low)] if self.runs else []
        self.digits = self._most_together() if self.runs else 0
        self.cues = present(low) if cues is None else cues
        self.memo: dict[Hashable, Any] = {}

    def _most_together(self) -> int:
        most = together = last = 0
        for start, end in self.runs:
            if start - last > _CLUSTER_GAP:
                together = 0
            together += end - start
            if together > most:
                most = together
            last = end
        return most

    @property
    def has_digit(self) -> bool:
        """Whether any digit stands in the text."""
        return bool(self.runs)

    def has_run(self, shortest: int, longest: int) -> bool:
        """Whether a group of so many digits stands in the text."""
        for start, end in self.runs:  # asked for every text: a generator takes twice the time
            if shortest <= end - start <= longest:
                return True
        return False

    def before(self, position: int, length: int) -> str:
        """Return the lower-case text of at most `length` characters up to `position`."""
        return self.lower[max(0, position - length) : position]

    def after(self, position: int, length: int) -> str:
        """Return the lower-case text of at most `length` characters from `position` on."""
        return self.lower[position : position + length]
