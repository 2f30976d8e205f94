"""Numbers spelled out digit by digit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_DIGIT_WORD = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|oh|o|nought|"
    r"nolla|yksi|kaksi|kolme|neljä|nelja|viisi|kuusi|seitsemän|seitseman|kahdeksan|yhdeksän|yhdeksan|"
    r"yks|kaks|kol|viis|kuus|seittemän|kaheksan|yheksän)"
)
_LINK = (
    r"(?:[ ,.\n()-]{1,4}(?:(?:dash|hyphen|viiva|slash|kauttaviiva|double|tupla|plus|and|ja|väliviiva|"
    r"minus)[ ,.-]{1,3})?)"
)
_RUN = re.compile(
    rf"(?<![^\W_])(?:plus[ ,-]{{1,2}})?{_DIGIT_WORD}(?:{_LINK}{_DIGIT_WORD}){{5,24}}(?:[ -]{{1,2}}[a-z])?(?![^\W_])"
)
_IDENTITY = re.compile(rf"(?:{_DIGIT_WORD}[ ,.-]{{1,3}}){{6}}(?:dash|hyphen|viiva|väliviiva|minus|plus|[a-fu-y])\b")


class SpelledNumber(Recogniser):
    """Six or more digits in words: an identity code by its hyphen, a telephone number by its length."""

    label = "LONG_NUMBER"
    min_digits = 0
    trigger = (
        r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|oh|nought|nolla|yks|kaks|kol|nelj|viis|kuus|"
        r"seit|kah?d?eks"
        r"|yh?d?eks)"
    )

    def labels(self) -> tuple[str, ...]:
        """Return what a spelled number can be."""
        return ("FI_PERSONAL_IDENTITY_CODE", "PHONE_NUMBER", self.label)

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield spelled numbers."""
        for match in _RUN.finditer(document.lower):
            value = match.group()
            count = len(re.findall(_DIGIT_WORD, value))
            if _IDENTITY.match(value):
                label = "FI_PERSONAL_IDENTITY_CODE"
            elif value.startswith("plus") or count >= 8:
                label = "PHONE_NUMBER"
            else:
                label = self.label
            yield Hit(match.start(), match.end(), label, 0.7)
