"""Very long texts: no chat message, so masked without asking what each number is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import OPAQUE, Document, Hit

# Begins at the beginning of a word only, so a word is read twice at the most.
_WORDS = re.compile(rf"(?<![^\s{OPAQUE}])[^\s{OPAQUE}]*[0-9@][^\s{OPAQUE}]*")


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
            found = self.mail_label if "@" in match.group() else self.label
            if found == label and match.start() - end <= 2:
                end = match.end()
                continue
            if label:
                yield Hit(start, end, label, 0.3)
            label, (start, end) = found, match.span()
        if label:
            yield Hit(start, end, label, 0.3)
