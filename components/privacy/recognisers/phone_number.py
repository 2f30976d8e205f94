"""Telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from components.privacy import allow
from components.privacy.recognisers.base import Recogniser, near
from components.privacy.spans import Document, Hit

_GAP = r"[ \-./()\n]{0,4}"
_INTERNATIONAL = re.compile(
    rf"(?:\+[ (]{{0,2}}[1-9]|"
    rf"(?<![0-9])(?<![0-9][.,])00[ (-]{{0,2}}[1-9])(?:{_GAP}[0-9]){{6,14}}(?![0-9])"
)
_NATIONAL = re.compile(r"(?<![0-9+])(?<![0-9][.,:/-])\(?0(?:[ \-/()\n.]{0,3}[0-9]){6,10}(?![0-9])")
_BARE_COUNTRY = re.compile(rf"(?<![0-9])358(?:{_GAP}[0-9]){{7,11}}(?![0-9])")
_AFTER_CUE = re.compile(rf"(?<![0-9])(?<![0-9][.,])\(?[1-9](?:{_GAP}[0-9]){{5,13}}(?![0-9])")
_CUE = re.compile(
    r"puh(?:\.|elin|nro)|\bpuh\b|\bp\.|\btel\b|tel\.|phone|mobile|\bcell|gsm|känny|whatsapp|viber|telegram|"
    r"soita|soitt|"
    r"tekstar|\bsms\b|call|reach me|tavoit"
)
_TIME_RANGE = re.compile(r"[0-9]{1,2}[.:][0-9]{2}\s?-\s?[0-9]{1,2}[.:][0-9]{2}")
_FULL_DATE = re.compile(r"[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?(?:1[89]|20)[0-9]{2}")
_FINNISH_MOBILE = re.compile(r"(?:358|0)?0?(?:4|5)[0-9]{6,10}\Z")


class PhoneNumber(Recogniser):
    """Finnish and foreign numbers; service and authority numbers are hidden from it by `allow`."""

    label = "PHONE_NUMBER"
    min_digits = 6

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield numbers; the phonenumbers library only raises the score."""
        text = document.lower
        asked = 0
        for pattern, floor, cue_needed in (
            (_INTERNATIONAL, 0.8, False),
            (_NATIONAL, 0.6, False),
            (_BARE_COUNTRY, 0.6, False),
            (_AFTER_CUE, 0.55, True),
        ):
            for match in pattern.finditer(text):
                value = match.group()
                if cue_needed and not near(_CUE, document, match.start(), match.end(), before=25):
                    continue
                if allow.is_service_number(value) or _TIME_RANGE.search(value) or _FULL_DATE.search(value):
                    continue
                digits = re.sub(r"[^0-9+]", "", value)
                score = floor
                asked += 1
                # The library costs tens of microseconds a number; a text full of numbers needs no better scores.
                if asked <= 20 and _is_valid(digits):
                    score = floor + 0.15
                yield self.hit(match.start(), match.end(), score)


@lru_cache(maxsize=1024)
def _valid_shape(prefix: str, length: int) -> bool:
    """Whether a number with this beginning and length can exist; asked with filler digits, so no number is kept."""
    number = prefix + "1234567890123456"[: max(0, length - len(prefix))]
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, "FI"))
    except phonenumbers.NumberParseException:
        return False


def _is_valid(digits: str) -> bool:
    number = "+" + digits[2:] if digits.startswith("00") else digits
    return _valid_shape(number[:5], len(number))


# The library reads its tables at the first question; that is asked here and not in a customer's message.
_is_valid("0401234567")
