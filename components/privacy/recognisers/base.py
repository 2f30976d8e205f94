"""What a recogniser is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from components.privacy.spans import Document, Hit

SEP = r"[ \n]?"
"""Between two characters of a value that is typed with spaces or broken over lines."""

NOT_IN_WORD = r"(?<![^\W_])"
"""No letter or digit stands before."""

END_OF_WORD = r"(?![^\W_])"
"""No letter or digit follows."""


class Recogniser(ABC):
    """Finds one class of personal data in the normal form of a text.

    A recogniser holds no state of a call, so one object serves every thread. Its patterns are bounded:
    no repetition within a repetition that can match the same text in two ways. `min_digits` is the number of digits
    that must stand together (`Document.digits`) for a hit to be possible; 0 for values without digits, and then
    `trigger` is a pattern without which there is none (in any case; digits, at signs and odd characters need not be
    named in it).
    """

    label: ClassVar[str]
    min_digits: ClassVar[int] = 1
    fallback: ClassVar[bool] = False
    trigger: ClassVar[str] = ""

    @abstractmethod
    def find(self, document: Document) -> Iterator[Hit]:
        """Yield every hit in a document, in any order; hits may overlap."""

    def labels(self) -> tuple[str, ...]:
        """Return the labels this recogniser can give."""
        return (self.label,)

    def hit(self, start: int, end: int, score: float) -> Hit:
        """Make a hit of this recogniser's own label."""
        return Hit(start, end, self.label, score)


def spaced(pattern_char: str, count: int) -> str:
    """Make a pattern for exactly `count` characters of a class, each but the first after an optional space."""
    return pattern_char + f"(?:{SEP}{pattern_char}){{{count - 1}}}" if count > 1 else pattern_char


def near(
    pattern: re.Pattern[str], document: Document, start: int, end: int, *, before: int = 40, after: int = 0
) -> bool:
    """Whether a context pattern matches within so many characters before or after a range."""
    if before and pattern.search(document.before(start, before)):
        return True
    return bool(after) and pattern.search(document.after(end, after)) is not None
