"""Passport numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser, find_before_digits
from components.privacy.spans import Document, Hit

_FINNISH = re.compile(rf"{NOT_IN_WORD}[a-z]{{2}}[ ]?[0-9]{{7}}{END_OF_WORD}(?!-[0-9])")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}(?:[a-z][ ]?){{0,2}}[0-9](?:[ -]?[0-9]){{5,9}}[ ]?[a-z]?{END_OF_WORD}")
_ONE_LETTER = re.compile(rf"{NOT_IN_WORD}[a-z][0-9]{{7,9}}[a-z]?{END_OF_WORD}")
_CUE = Cue(r"pass(?:i|port|\b)|matkustusasiakirj|travel document")


class PassportNumber(Recogniser):
    """Finnish passports by shape (AB1234567), others by shape after the word."""

    label = "PASSPORT_NUMBER"
    min_digits = 6

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield passport numbers."""
        for match in find_before_digits(_FINNISH, document, letters=(3, 2)):
            cue = _CUE.near(document, *match.span(), before=40, after=15)
            if not cue and " " in match.group() and not document.text[match.start() : match.start() + 2].isupper():
                continue  # "no 1234567", "is 1234567"
            yield self.hit(match.start(), match.end(), 0.85 if cue else 0.6)
        for match in find_before_digits(_ONE_LETTER, document, letters=(1,)):
            cue = _CUE.near(document, *match.span(), before=40, after=15)
            yield self.hit(match.start(), match.end(), 0.8 if cue else 0.5)
        for match in _AFTER_CUE.finditer(document.lower) if _CUE.somewhere(document) else ():
            if _CUE.near(document, *match.span(), before=28, after=12) and not allow.is_public_in_context(
                document, *match.span()
            ):
                yield self.hit(match.start(), match.end(), 0.7)
