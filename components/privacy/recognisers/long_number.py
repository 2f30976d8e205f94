"""Any long number that nothing else explains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_ONE_PIECE = re.compile(r"[^\W_]{0,12}[0-9]{6,}[^\W_]{0,12}")
_GROUPS = re.compile(r"(?<![0-9])(?<![0-9][.,:/])[0-9]+(?:(?:[ \n][-.]?|[-.])[ \n]?[0-9]+)+(?![0-9:/])")
_MIXED = re.compile(r"(?<![^\W_])(?=(?:[a-z-]{0,8}[0-9]){5})[a-z0-9-]{8,40}(?![^\W_])")
# Groups held apart by a sign that no amount or date has: 040*123*4567
_ODD = re.compile(r"(?<![0-9])[0-9]{1,9}(?:[^\w\s.,:/€$£%\ue000-]{1,3}[0-9]{1,9}|_{1,2}[0-9]{1,9}){1,20}(?![0-9])")
_GROUP = re.compile("[0-9]+")
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_CUE = Cue(
    r"numero|\bnro|number|\bno\b|\bno\.|\bnum\b|tunnus|tunnuk|koodi|\bcode|\bid\b|viite|\bref|asiak|client|"
    r"custom|cust\b|kirjeessä|letter|"
    r"puh|phone|tel\b|kort|card|account|tili|asnro"
)
_MINIMUM = 6


class LongNumber(Recogniser):
    """Runs of six or more digits, in one piece or in groups, that are not public in their context.

    It looks only at what the other recognisers and `allow` left.
    """

    label = "LONG_NUMBER"
    min_digits = 6
    fallback = True

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield numbers."""
        text = document.lower
        for match in _ONE_PIECE.finditer(text) if document.has_run(_MINIMUM, len(text)) else ():
            yield self.hit(match.start(), match.end(), 0.4)
        for match in _MIXED.finditer(text):
            value = match.group()
            if sum(c.isdigit() for c in value) >= _MINIMUM:
                yield self.hit(match.start(), match.end(), 0.35)
        for match in _ODD.finditer(text):
            if sum(c.isdigit() for c in match.group()) > _MINIMUM:
                yield self.hit(match.start(), match.end(), 0.35)
        for match in _GROUPS.finditer(text):
            if self._one_number(match.group(), _CUE.near(document, *match.span(), before=25)):
                yield self.hit(match.start(), match.end(), 0.35)

    @staticmethod
    def _one_number(value: str, cue: bool) -> bool:
        """Whether groups of digits are one number that someone typed with spaces or hyphens."""
        groups = _GROUP.findall(value)
        digits = sum(len(group) for group in groups)
        if digits < _MINIMUM:
            return False
        if cue or digits >= 9 or all(len(group) == 1 for group in groups):
            return True
        dotted = "." in value
        if dotted and not re.fullmatch(r"[0-9]{2,4}(?:\.[0-9]{2,4}){1,4}", value):
            return False
        return not any(_YEAR.fullmatch(group) for group in groups)
