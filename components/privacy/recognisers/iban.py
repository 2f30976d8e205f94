"""Bank account numbers (IBAN, ISO 13616)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from stdnum import numdb

from components.privacy.recognisers.base import Recogniser, find_before_digits
from components.privacy.spans import Document, Hit

# Length by country for those that turn up; others are taken by shape. Source: the SWIFT IBAN registry.
_LENGTHS = {
    "fi": 18, "se": 24, "no": 15, "dk": 18, "ee": 20, "lv": 21, "lt": 20, "de": 22, "fr": 27, "nl": 18, "be": 16,
    "es": 24, "pt": 25, "it": 27, "pl": 28, "gb": 22, "ie": 22, "at": 20, "ch": 21, "ua": 29, "tr": 26, "ro": 24,
    "bg": 22, "hu": 28, "cz": 24, "sk": 24, "gr": 27, "cy": 28, "mt": 31, "lu": 20, "si": 19, "hr": 21, "is": 26,
}  # fmt: skip
_AS_NUMBERS = {ord(letter): str(number) for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 10)}
_START = re.compile(r"(?<![a-z0-9])[a-z][ ]?[a-z][ \n]?[0-9][ \n]?[0-9](?=[ .\n-]{0,2}[a-z0-9])")
_BODY = re.compile(r"(?:[ .\n-]{0,2}[a-z0-9]){10,30}")
_FINNISH = re.compile(r"f[ ]?i(?:[ .\n-]{0,2}[0-9]){16}(?![0-9])")


class Iban(Recogniser):
    """Account numbers of any country, typed in one piece, in groups or broken over lines."""

    label = "IBAN"
    min_digits = 8

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield account numbers; the check digits only raise the score."""
        text = document.lower
        for start in find_before_digits(_START, document, letters=(4, 3, 2)):
            body = _BODY.match(text, start.end())
            if not body:
                continue
            country = (start.group()[0] + start.group().replace(" ", "")[1])[:2]
            yield from self._read(text, start.start(), body.end(), _LENGTHS.get(country))

    def _read(self, text: str, start: int, limit: int, length: int | None) -> Iterator[Hit]:
        if sum(map(text[start:limit].count, "0123456789")) < 8:
            return
        positions = [i for i in range(start, limit) if text[i] not in " .\n-"]
        for size in (length,) if length else range(min(34, len(positions)), 14, -1):
            if size is None or len(positions) < size:
                continue
            end = positions[size - 1] + 1
            value = "".join(text[i] for i in positions[:size])
            if sum(c.isdigit() for c in value) < 8:
                return
            if _is_valid(value.upper()):
                yield self.hit(start, end, 1.0)
                return
            if length and (end == len(text) or not text[end].isalnum()) and _digits_enough(value):
                yield self.hit(start, end, 0.8)
                return
        finnish = _FINNISH.match(text, start)
        if finnish:
            yield self.hit(start, finnish.end(), 0.8)


def _is_valid(value: str) -> bool:
    """Whether the check digits are right (ISO 7064, MOD 97-10) and the rest has the form of its country."""
    if int((value[4:] + value[:4]).translate(_AS_NUMBERS)) % 97 != 1:
        return False
    form = _form(value[:2])
    return form is not None and form.match(value[4:]) is not None


@lru_cache(maxsize=1024)
def _form(country: str) -> re.Pattern[str] | None:
    """Make the pattern for what follows the check digits; the registry writes it as "6!n8!n"."""
    found = numdb.get("iban").info(country)[0][1]
    if not found:
        return None
    classes = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Za-z0-9]"}
    parts = re.findall(r"([1-9][0-9]*)!([nac])", found.get("bban", ""))
    return re.compile("".join(f"{classes[kind]}{{{count}}}" for count, kind in parts) + r"\Z")


def _digits_enough(value: str) -> bool:
    """Whether the body reads as an account number and not as words that follow a short code."""
    return sum(c.isdigit() for c in value[2:]) * 2 >= len(value) - 2
