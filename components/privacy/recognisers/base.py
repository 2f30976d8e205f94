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

FIRST_DIGIT = r"[0-9](?<![0-9][0-9])"
"""The first digit of a group. What must not stand before is looked at behind the digit and not before it, so that `re`
jumps from digit to digit and does not try the pattern at every character."""

FIRST_DIGIT_OF_WORD = r"[0-9](?<![^\W_][0-9])"
"""A digit with no letter and no digit before it, written as `FIRST_DIGIT` is."""

FIRST_LETTER = r"[a-z](?<![^\W_][a-z])"
"""A letter with no letter and no digit before it, written as `FIRST_DIGIT` is."""


class Recogniser(ABC):
    """Finds one class of personal data in the normal form of a text.

    A recogniser holds no state of a call, so one object serves every thread. Its patterns are bounded:
    no repetition within a repetition that can match the same text in two ways. `min_digits` is the number of digits
    that must stand together (`Document.digits`) for a hit to be possible; 0 for values without digits, and then
    `trigger` is a pattern without which there is none (in any case; digits, at signs and odd characters need not be
    named in it). One that `reads_context` judges words by the words around them: it has no trigger, and reads a text
    in which the hits of all others are blanked out.
    """

    label: ClassVar[str]
    min_digits: ClassVar[int] = 1
    fallback: ClassVar[bool] = False
    trigger: ClassVar[str] = ""
    reads_context: ClassVar[bool] = False

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


def find_before_digits(
    pattern: re.Pattern[str], document: Document, *, letters: tuple[int, ...]
) -> Iterator[re.Match[str]]:
    """Do what `finditer` does on the lower-case text, for a pattern of letters, at most one separator, and digits.

    `letters` are the numbers of characters that can stand before the first digit, most first.
    """
    text = document.lower
    last = 0
    for first in document.after_letters:
        for count in letters:
            if first - count < last:
                continue
            match = pattern.match(text, first - count)
            if match:
                yield match
                last = match.end()
                break
