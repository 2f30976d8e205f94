"""Numbers of residence permit cards and residence cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser
from components.privacy.spans import Document, Hit

_SHAPE = re.compile(rf"r(?<![^\W_]r)[ap][ ]?[0-9]{{7}}{END_OF_WORD}")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}(?:[a-z][ ]?){{0,2}}[0-9](?:[ -]?[0-9]){{6,9}}{END_OF_WORD}")
_CUE = Cue(r"kort[a-zåäö]*|lupakort|\bcards?\b|\bpermit\b|lupa\b|\brp\b")
_PAYMENT = Cue(r"maksu|luotto|pankki|veloit|charge|debit|credit|bank")


class ResidencePermitCard(Recogniser):
    """Finnish cards by shape (RP1234567, RA1234567), others after the word for the card."""

    label = "RESIDENCE_PERMIT_CARD_NUMBER"
    min_digits = 7

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield card numbers."""
        text = document.lower
        for match in _SHAPE.finditer(text) if document.after_letters else ():
            yield self.hit(match.start(), match.end(), 0.9)
        for match in _AFTER_CUE.finditer(text) if _CUE.somewhere(document) else ():
            start, end = match.span()
            if not _CUE.near(document, start, end, before=24) or _PAYMENT.near(document, start, end, before=24):
                continue
            if not allow.is_public_in_context(document, start, end):
                yield self.hit(start, end, 0.6)
