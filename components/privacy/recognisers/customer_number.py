"""Customer numbers given by an authority."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser, near
from components.privacy.spans import Document, Hit

_SHAPE = re.compile(rf"{NOT_IN_WORD}[0-9]{{6}}[ ]?-[ ]?[a-z]{{4}}{END_OF_WORD}")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}[0-9](?:[ .-]{{0,2}}[0-9]){{4,9}}(?:-[a-z]{{2,4}})?{END_OF_WORD}")
_CUE = re.compile(r"asiak(?:as|kaa|as-)[a-zåäö]*|\basnro|\bas\.? ?nro|\bclient|custom(?:er)?\b|\bcust\b|kundnummer")


class CustomerNumber(Recogniser):
    """Numbers of the form 123456-abcd, and runs of digits after words for a customer."""

    label = "CUSTOMER_NUMBER"
    min_digits = 5

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield customer numbers."""
        text = document.lower
        for match in _SHAPE.finditer(text):
            yield self.hit(match.start(), match.end(), 0.85)
        for match in _AFTER_CUE.finditer(text):
            if allow.is_public_in_context(document, *match.span()):
                continue
            if near(_CUE, document, match.start(), match.end(), before=22):
                yield self.hit(match.start(), match.end(), 0.55)
