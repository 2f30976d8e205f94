"""Very long texts: no chat message, so masked without asking what each number is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import OPAQUE, Document, Hit

_WORDS = re.compile(rf"[^\s{OPAQUE}]+")
_DIGITS = frozenset("0123456789")


class Coarse(Recogniser):
    """Every word that holds a digit or an at sign, in a text too long to read number by number.

    Reading a hundred thousand characters with all patterns takes several tenths of a second; this takes a few
    milliseconds and errs on the side of masking.
    """

    label = "LONG_NUMBER"
    mail_label = "EMAIL_ADDRESS"
    min_digits = 0

    def labels(self) -> tuple[str, ...]:
        """Numbers and mail addresses."""
        return (self.label, self.mail_label)

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield words with a digit or an at sign, neighbours together."""
        start = end = -1
        label = ""
        for match in _WORDS.finditer(document.text):
            word = match.group()
            found = self.mail_label if "@" in word else self.label if not _DIGITS.isdisjoint(word) else ""
            if found and found == label and match.start() - end <= 2:
                end = match.end()
                continue
            if label:
                yield Hit(start, end, label, 0.3)
            label, start, end = found, match.start(), match.end()
        if label:
            yield Hit(start, end, label, 0.3)
