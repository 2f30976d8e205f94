"""Numbers of residence permit cards and residence cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser, near
from components.privacy.spans import Document, Hit

_SHAPE = re.compile(rf"{NOT_IN_WORD}r[ap][ ]?[0-9]{{7}}{END_OF_WORD}")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}(?:[a-z][ ]?){{0,2}}[0-9](?:[ -]?[0-9]){{6,9}}{END_OF_WORD}")
_CUE = re.compile(r"kort[a-zåäö]*|lupakort|\bcards?\b|\bpermit\b|lupa\b|\brp\b")
_PAYMENT = re.compile(r"maksu|luotto|pankki|veloit|charge|debit|credit|bank")


class ResidencePermitCard(Recogniser):
    """Finnish cards by shape (RP1234567, RA1234567), others after the word for the card."""

    label = "RESIDENCE_PERMIT_CARD_NUMBER"
    min_digits = 7

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield card numbers."""
        text = document.lower
        for match in _SHAPE.finditer(text):
            yield self.hit(match.start(), match.end(), 0.9)
        for match in _AFTER_CUE.finditer(text):
            start, end = match.span()
            if allow.is_public_in_context(document, start, end):
                continue
            if near(_CUE, document, start, end, before=24) and not near(_PAYMENT, document, start, end, before=24):
                yield self.hit(start, end, 0.6)
