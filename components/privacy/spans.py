"""The values that every part of the package shares."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

OPAQUE = "\ue000"
"""Stands in the normal form for what is masked already, or public: no recogniser reads across it."""


@dataclass(frozen=True)
class Span:
    """A piece of personal data: `start` and `end` are offsets into the original text, `score` lies in 0..1."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True)
class Anonymised:
    """A masked text and the spans of the original text that were masked in it, in order and apart."""

    text: str
    spans: tuple[Span, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct labels found, in order of appearance."""
        return tuple(dict.fromkeys(span.label for span in self.spans))


@dataclass(frozen=True)
class Hit:
    """What a recogniser found: offsets into the normal form of a `Document`."""

    start: int
    end: int
    label: str
    score: float


_CLUSTER = re.compile("[0-9](?:[^0-9]{0,8}[0-9])*")


@dataclass(frozen=True)
class Document:
    """A text in its normal form (see `normalise`), as the recognisers read it; `memo` keeps what was read once."""

    text: str
    memo: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def lower(self) -> str:
        """The text in lower case, character for character."""
        low = self.text.lower()
        if len(low) == len(self.text):
            return low
        return "".join(c.lower() if len(c.lower()) == 1 else c for c in self.text)

    @cached_property
    def digits(self) -> int:
        """The most digits that stand together, at most eight other characters between two of them."""
        return max((sum(map(match.group().count, "0123456789")) for match in _CLUSTER.finditer(self.text)), default=0)

    @cached_property
    def has_digit(self) -> bool:
        """Whether any digit stands in the text."""
        return self.digits > 0

    def before(self, position: int, length: int) -> str:
        """Return the lower-case text of at most `length` characters up to `position`."""
        return self.lower[max(0, position - length) : position]

    def after(self, position: int, length: int) -> str:
        """Return the lower-case text of at most `length` characters from `position` on."""
        return self.lower[position : position + length]
