"""Passport numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser, near
from components.privacy.spans import Document, Hit

_FINNISH = re.compile(rf"{NOT_IN_WORD}[a-z]{{2}}[ ]?[0-9]{{7}}{END_OF_WORD}(?!-[0-9])")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}(?:[a-z][ ]?){{0,2}}[0-9](?:[ -]?[0-9]){{5,9}}[ ]?[a-z]?{END_OF_WORD}")
_ONE_LETTER = re.compile(rf"{NOT_IN_WORD}[a-z][0-9]{{7,9}}[a-z]?{END_OF_WORD}")
_CUE = re.compile(r"pass(?:i|port|\b)|matkustusasiakirj|travel document")


class PassportNumber(Recogniser):
    """Finnish passports by shape (AB1234567), others by shape after the word."""

    label = "PASSPORT_NUMBER"
    min_digits = 6

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield passport numbers."""
        text = document.lower
        for match in _FINNISH.finditer(text):
            cue = near(_CUE, document, match.start(), match.end(), before=40, after=15)
            if not cue and " " in match.group() and not document.text[match.start() : match.start() + 2].isupper():
                continue  # "no 1234567", "is 1234567"
            yield self.hit(match.start(), match.end(), 0.85 if cue else 0.6)
        for match in _ONE_LETTER.finditer(text):
            cue = near(_CUE, document, match.start(), match.end(), before=40, after=15)
            yield self.hit(match.start(), match.end(), 0.8 if cue else 0.5)
        for match in _AFTER_CUE.finditer(text):
            if allow.is_public_in_context(document, *match.span()):
                continue
            if near(_CUE, document, match.start(), match.end(), before=28, after=12):
                yield self.hit(match.start(), match.end(), 0.7)
