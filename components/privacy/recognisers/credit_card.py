"""Payment card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn

from components.privacy import allow
from components.privacy.recognisers.base import Recogniser, near
from components.privacy.spans import Document, Hit

_SHAPE = re.compile(r"(?<![0-9])[2-6](?:[ \n./-]{0,2}[0-9]){12,18}(?![0-9])")
_CUE = re.compile(r"kort|card|visa|master|amex|debit|credit|luotto|veloit|charge|maksu")


class CreditCard(Recogniser):
    """Card numbers of 13 to 19 digits: with a right check digit, or by shape where a payment is spoken of."""

    label = "CREDIT_CARD"
    min_digits = 13

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield card numbers."""
        for match in _SHAPE.finditer(document.lower):
            digits = re.sub(r"[^0-9]", "", match.group())
            if luhn.is_valid(digits):
                yield self.hit(match.start(), match.end(), 0.9)
            elif not allow.is_public_in_context(document, *match.span()) and near(
                _CUE, document, match.start(), match.end(), before=30, after=15
            ):
                yield self.hit(match.start(), match.end(), 0.6)
