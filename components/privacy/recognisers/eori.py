"""Customs identifiers of private persons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import END_OF_WORD, Recogniser, find_before_digits
from components.privacy.spans import Document, Hit

_FINNISH = re.compile(rf"f(?<![\w.@]f) ?i[ -]?[0-9]{{6}} ?[-+a-fu-y]? ?[0-9]{{3}}[0-9a-z]{END_OF_WORD}")
_BIRTH_DATE = re.compile(
    rf"(?<![\w.@])[a-z]{{2}}[ -]?(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{{2}}{END_OF_WORD}"
)


class Eori(Recogniser):
    """An EORI that holds an identity code (FI and the code) or a birth date (US25071980)."""

    label = "EORI"
    min_digits = 8

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield identifiers."""
        if not document.after_letters:
            return
        for match in _FINNISH.finditer(document.lower):
            yield self.hit(match.start(), match.end(), 0.9)
        for match in find_before_digits(_BIRTH_DATE, document, letters=(3, 2)):
            yield self.hit(match.start(), match.end(), 0.75)
