"""Telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_GAP = r"[ \-./()\n]{0,4}"
_INTERNATIONAL = re.compile(
    rf"(?:\+[ (]{{0,2}}[1-9]|"
    rf"0(?<![0-9]0)(?<![0-9][.,]0)0[ (-]{{0,2}}[1-9])(?:{_GAP}[0-9]){{6,14}}(?![0-9])"
)
_NATIONAL = re.compile(
    r"(?:0(?<![0-9+]0)(?<![0-9][.,:/-]0)|\((?<![0-9+]\()(?<![0-9][.,:/-]\()0)(?:[ \-/()\n.]{0,3}[0-9]){6,10}(?![0-9])"
)
_PLUS_IN_WORDS = re.compile(rf"plus(?<![^\W_]plus)[ ,]{{1,2}}[1-9](?:{_GAP}[0-9]){{8,14}}(?![0-9])")
_BARE_COUNTRY = re.compile(rf"3(?<![0-9]3)58(?:{_GAP}[0-9]){{7,11}}(?![0-9])")
_AFTER_CUE = re.compile(
    rf"[(1-9](?<![0-9][(1-9])(?<![0-9][.,][(1-9])(?:(?<=[1-9])|(?<=\()[1-9])(?:{_GAP}[0-9]){{5,13}}(?![0-9])"
)
_CUE = Cue(
    r"puh(?:\.|elin|nro)|\bpuh\b|\bp\.|\btel\b|tel\.|phone|mobile|\bcell|gsm|känny|whatsapp|viber|telegram|"
    r"soita|soitt|"
    r"tekstar|\bsms\b|call|reach me|tavoit"
)
_TIME_RANGE = re.compile(r"[0-9]{1,2}[.:][0-9]{2}\s?-\s?[0-9]{1,2}[.:][0-9]{2}")
_FULL_DATE = re.compile(r"[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?(?:1[89]|20)[0-9]{2}")
_THOUSANDS = re.compile(r"0[0-9]?(?: 000){2,3}")  # the end of an amount or of a commodity code
_NO_NUMBER = re.compile("[^0-9+]+")


class PhoneNumber(Recogniser):
    """Finnish and foreign numbers; service and authority numbers are hidden from it by `allow`."""

    label = "PHONE_NUMBER"
    min_digits = 6

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield numbers; the phonenumbers library only raises the score."""
        text = document.lower
        asked = 0
        for pattern, floor, possible in (
            (_INTERNATIONAL, 0.8, "+" in text or "00" in text),
            (_PLUS_IN_WORDS, 0.6, "plus" in text),
            (_NATIONAL, 0.6, "0" in text),
            (_BARE_COUNTRY, 0.6, "358" in text),
            (_AFTER_CUE, 0.55, _CUE.somewhere(document)),
        ):
            for match in pattern.finditer(text) if possible else ():
                value = match.group()
                if pattern is _AFTER_CUE and not _CUE.near(document, *match.span(), before=25):
                    continue
                if pattern is _PLUS_IN_WORDS and allow.is_public_in_context(document, *match.span()):
                    continue
                if allow.is_service_number(value) or _TIME_RANGE.search(value) or _FULL_DATE.search(value):
                    continue
                digits = _NO_NUMBER.sub("", value)
                if _THOUSANDS.fullmatch(value):
                    continue
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
    return _valid_shape(number[: 5 if number.startswith("+") else 3], len(number))


# The library reads its tables at the first question; that is asked here and not in a customer's message.
_is_valid("0401234567")
