"""Payment card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_SHAPE = re.compile(r"[2-6](?<![0-9][2-6])(?:[ \n./-]{0,2}[0-9]){12,18}(?![0-9])")
_NO_DIGITS = re.compile("[^0-9]+")
_GAP = re.compile("(?<=[0-9])[^0-9]")
_FEWEST = 13
_TWICE = "0246813579"  # the sum of the digits of each digit taken twice
_CUE = Cue(r"kort|card|visa|master|amex|debit|credit|luotto|veloit|charge|maksu")


class CreditCard(Recogniser):
    """Card numbers of 13 to 19 digits: with a right check digit, or by shape where a payment is spoken of."""

    label = "CREDIT_CARD"
    min_digits = 13

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield card numbers."""
        for match in _SHAPE.finditer(document.lower):
            end = _right_end(match.group())
            if end:
                yield self.hit(match.start(), match.start() + end, 0.9)
            elif not allow.is_public_in_context(document, *match.span()) and _CUE.near(
                document, *match.span(), before=30, after=15
            ):
                yield self.hit(match.start(), match.end(), 0.6)


def _right_end(value: str) -> int:
    """Return where a number with a right check digit ends, 0 for none; another number may follow in its own group."""
    for end in (len(value), *(match.start() for match in _GAP.finditer(value))):
        digits = _NO_DIGITS.sub("", value[:end])
        if len(digits) >= _FEWEST and _checks(digits):
            return end
    return 0


def _checks(digits: str) -> bool:
    """Whether the check digit is right (Luhn, ISO/IEC 7812-1)."""
    return (sum(map(int, digits[::-2])) + sum(int(_TWICE[int(digit)]) for digit in digits[-2::-2])) % 10 == 0
