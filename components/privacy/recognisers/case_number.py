"""Diary, application and declaration numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser, near
from components.privacy.spans import Document, Hit

_D = "[0-9]"
_DIARY = (
    # 1234/567/2026, also with spaces between the characters; not a date
    re.compile(
        rf"(?<![0-9])(?<![0-9][/.,]){_D}(?: ?{_D}){{0,6}} ?/ ?{_D}(?: ?{_D}){{1,5}} ?/ ?(?:2 ?0 ?{_D} ?{_D}|"
        rf"1 ?9 ?{_D} ?{_D})(?![0-9])"
    ),
    re.compile(rf"(?<![0-9])(?<![0-9][/.,]){_D}{{5,8}}/(?:19|20){_D}{{2}}(?![0-9/])"),
    re.compile(rf"(?<![0-9])(?<![0-9][/.,]){_D}{{3,7}} ?/ ?{_D}{{1,6}} ?/ ?{_D}{{2,4}}(?![0-9])"),
    re.compile(
        rf"{NOT_IN_WORD}[a-zåäö]{{2,8}}[ -]?[/-] ?{_D}{{4}} ?[/-] ?{_D}{{2,8}}(?:[/-]{_D}{{1,6}}"
        rf")?{END_OF_WORD}"
    ),
    re.compile(rf"{NOT_IN_WORD}[a-zåäö]{{2,6}}/{_D}{{1,8}}/(?:19|20){_D}{{2}}{END_OF_WORD}"),
)
_DOTTED = re.compile(rf"(?<![0-9])(?<![0-9][/.,]){_D}{{1,7}}/{_D}[0-9.]{{1,9}}/(?:19|20){_D}{{2}}(?![0-9])")
_MRN = re.compile(rf"{NOT_IN_WORD}[0-9][ ]?[0-9][ -]?[a-z][ ]?[a-z](?:[ -]?[a-z0-9]){{14,16}}{END_OF_WORD}")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}(?:[a-z]{{1,5}}[ -]?)?{_D}(?:[ -]?{_D}){{4,21}}{END_OF_WORD}")
_CUE = re.compile(
    r"diaar|dnro|asiani|asian num|\basianro|asia\b|asianum|hakemu|hakenu|valitu|viite|viitenum|kuitti|vastaus|"
    r"päätök|päätös|"
    r"diary|matter|\bcase\b|applic|appeal|reference|\bref\b|receipt|reply|record number|decision|\bmrn\b|"
    r"ilmoitu|declar"
)


class CaseNumber(Recogniser):
    """Numbers of a matter at an authority: diary numbers, application numbers, customs references (MRN)."""

    label = "CASE_NUMBER"
    min_digits = 5

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield case numbers."""
        text = document.lower
        for pattern in (*_DIARY, _DOTTED):
            for match in pattern.finditer(text):
                yield self.hit(match.start(), match.end(), 0.8)
        for match in _MRN.finditer(text):
            if sum(c.isdigit() for c in match.group()) >= 10:
                yield self.hit(match.start(), match.end(), 0.85)
        for match in _AFTER_CUE.finditer(text):
            value = match.group()
            if sum(c.isdigit() for c in value) < 6 or not _plain_groups(value):
                continue
            if near(_CUE, document, *match.span(), before=28) and not allow.is_public_in_context(
                document, *match.span()
            ):
                yield self.hit(match.start(), match.end(), 0.55)


def _plain_groups(value: str) -> bool:
    """Whether groups of digits read as one number: no amount in thousands, no two years."""
    groups = re.findall("[0-9]+", value)
    if len(groups) == 1:
        return True
    thousands = len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])
    years = all(re.fullmatch("(?:19|20)[0-9]{2}", g) for g in groups)
    return not thousands and not years
