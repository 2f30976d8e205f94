"""Customer numbers given by an authority."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, FIRST_DIGIT_OF_WORD, Recogniser
from components.privacy.spans import Document, Hit

_SHAPE = re.compile(rf"{FIRST_DIGIT_OF_WORD}[0-9]{{5}}[ ]?-[ ]?[a-z]{{4}}{END_OF_WORD}")
_AFTER_CUE = re.compile(rf"{FIRST_DIGIT_OF_WORD}(?:[ .-]{{0,2}}[0-9]){{4,9}}(?:-[a-z]{{2,4}})?{END_OF_WORD}")
_CUE = Cue(r"asiak(?:as|kaa|as-)[a-zåäö]*|\basnro|\bas\.? ?nro|\bclient|custom(?:er)?\b|\bcust\b|kundnummer")


class CustomerNumber(Recogniser):
    """Numbers of the form 123456-abcd, and runs of digits after words for a customer."""

    label = "CUSTOMER_NUMBER"
    min_digits = 5

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield customer numbers."""
        text = document.lower
        for match in _SHAPE.finditer(text) if "-" in text else ():
            yield self.hit(match.start(), match.end(), 0.85)
        for match in _AFTER_CUE.finditer(text) if _CUE.somewhere(document) else ():
            if _CUE.near(document, *match.span(), before=22) and not allow.is_public_in_context(
                document, *match.span()
            ):
                yield self.hit(match.start(), match.end(), 0.55)
