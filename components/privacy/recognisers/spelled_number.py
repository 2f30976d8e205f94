"""Numbers spelled out digit by digit, in whole or in part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_DIGIT_WORD = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|oh|o|nought|"
    r"nolla|yksi|kaksi|kolme|neljä|nelja|viisi|kuusi|seitsemän|seitseman|kahdeksan|yhdeksän|yhdeksan|"
    r"yks|kaks|kol|viis|kuus|seittemän|kaheksan|yheksän)"
)
_DIGITS = Cue(
    r"zero|one|two|three|four|five|six|seven|eight|nine|nought|nolla|yks|kaks|kolm|kol|nelj|viis|kuus|seit|kahd|kahe|"
    r"yhd|yhe"
)
_OH = re.compile(r"o(?<![^\W_]o)h?[ ,.\n()-]")
_LINK = (
    r"(?:[ ,.\n()-]{1,4}(?:(?:dash|hyphen|viiva|slash|kauttaviiva|double|tupla|plus|and|ja|väliviiva|"
    r"minus)[ ,.-]{1,3})?)"
)
_PART = rf"(?:{_DIGIT_WORD}|[0-9]{{1,6}})(?![^\W_])"
_RUN = re.compile(
    rf"(?<![^\W_])(?:plus[ ,-]{{1,2}})?{_PART}(?:{_LINK}{_PART}){{1,24}}"
    rf"(?:{_LINK}[0-9]{{3}}[a-z]|[ -]{{1,2}}[a-z])?(?![^\W_])"
)
_WORD = re.compile(_DIGIT_WORD)
_DIGIT = re.compile("[0-9]")
_FEWEST = 6
_FEWEST_MIXED = 7
_IDENTITY = re.compile(rf"(?:{_DIGIT_WORD}[ ,.-]{{1,3}}){{6}}(?:dash|hyphen|viiva|väliviiva|minus|plus|[a-fu-y])\b")


class SpelledNumber(Recogniser):
    """Six or more digits in words, or seven of which two are words.

    An identity code is told by its hyphen, a telephone number by its length.
    """

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
        if not _DIGITS.somewhere(document) and _OH.search(document.lower) is None:
            return
        for match in _RUN.finditer(document.lower):
            value = match.group()
            words, digits = len(_WORD.findall(value)), len(_DIGIT.findall(value))
            count = words + digits
            enough = words > 1 and count >= _FEWEST_MIXED if digits else words >= _FEWEST
            if not enough:
                continue
            if _IDENTITY.match(value):
                label = "FI_PERSONAL_IDENTITY_CODE"
            elif value.startswith("plus") or count >= 8:
                label = "PHONE_NUMBER"
            else:
                label = self.label
            yield Hit(match.start(), match.end(), label, 0.7)
