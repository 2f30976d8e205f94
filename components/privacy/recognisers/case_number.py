"""Diary, application and declaration numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, FIRST_DIGIT, FIRST_DIGIT_OF_WORD, NOT_IN_WORD, Recogniser
from components.privacy.spans import Document, Hit

_D = "[0-9]"
_FIRST = rf"{FIRST_DIGIT}(?<![0-9][/.,]{_D})"
_WITH_SLASHES = (
    # 1234/567/2026, also with spaces between the characters; not a date
    re.compile(
        rf"{_FIRST}(?: ?{_D}){{0,6}} ?/ ?{_D}(?: ?{_D}){{1,5}} ?/ ?(?:2 ?0 ?{_D} ?{_D}|"
        rf"1 ?9 ?{_D} ?{_D})(?![0-9])"
    ),
    re.compile(rf"{_FIRST}{_D}{{4,7}}/(?:19|20){_D}{{2}}(?![0-9/])"),
    re.compile(rf"{_FIRST}{_D}{{2,6}} ?/ ?{_D}{{1,6}} ?/ ?{_D}{{2,4}}(?![0-9])"),
    re.compile(rf"{NOT_IN_WORD}[a-zåäö]{{2,6}}/{_D}{{1,8}}/(?:19|20){_D}{{2}}{END_OF_WORD}"),
    re.compile(rf"{_FIRST}{_D}{{0,6}}/{_D}[0-9.]{{1,9}}/(?:19|20){_D}{{2}}(?![0-9])"),
)
_WITH_LETTERS = re.compile(
    rf"{NOT_IN_WORD}[a-zåäö]{{2,8}}[ -]?[/-] ?{_D}{{4}} ?[/-] ?{_D}{{2,8}}(?:[/-]{_D}{{1,6}})?{END_OF_WORD}"
)
_FEWEST_TOGETHER = 5
_SLASH = r"(?:(?:forward )?slash|kauttaviiva|kautta|per|vinoviiva)"
_IN_WORDS = re.compile(
    rf"{FIRST_DIGIT}{_D}{{0,6}}(?: ?{_SLASH} ?{_D}{{1,6}}){{1,2}} ?{_SLASH} ?(?:(?:19|20){_D}{{2}}|{_D}{{2}})(?![0-9])"
)
_SLASH_WORD = Cue("slash|kautta|vinoviiva")
_YEAR_BETWEEN = re.compile(rf"[/-] ?{_D}{{4}} ?[/-] ?{_D}")
_MRN = re.compile(rf"{FIRST_DIGIT_OF_WORD}[ ]?[0-9][ -]?[a-z][ ]?[a-z](?:[ -]?[a-z0-9]){{14,16}}{END_OF_WORD}")
_AFTER_CUE = re.compile(rf"{NOT_IN_WORD}(?:[a-z]{{1,5}}[ -]?)?{_D}(?:[ -]?{_D}){{4,21}}{END_OF_WORD}")
_CUE = Cue(
    r"diaar|dnro|asiani|asian num|\basianro|asia\b|asianum|hakemu|hakenu|valitu|viite|viitenum|kuitti|vastaus|"
    r"päätök|päätös|"
    r"diary|matter|\bcase\b|applic|appeal|reference|\bref\b|receipt|reply|record number|decision|\bmrn\b|"
    r"ilmoitu|declar"
)


class CaseNumber(Recogniser):
    """Numbers of a matter at an authority: diary numbers, application numbers, customs references (MRN)."""

    label = "CASE_NUMBER"
    min_digits = 4  # the groups stand far apart where the slashes are words

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield case numbers."""
        text = document.lower
        if "/" in text:
            for pattern in _WITH_SLASHES:
                for match in pattern.finditer(text):
                    yield self.hit(match.start(), match.end(), 0.8)
        for match in _IN_WORDS.finditer(text) if _SLASH_WORD.somewhere(document) else ():
            yield self.hit(match.start(), match.end(), 0.7)
        if document.digits < _FEWEST_TOGETHER:
            return
        if document.has_run(4, 4) and _YEAR_BETWEEN.search(text):
            for match in _WITH_LETTERS.finditer(text):
                yield self.hit(match.start(), match.end(), 0.8)
        for match in _MRN.finditer(text) if document.after_letters else ():
            if sum(c.isdigit() for c in match.group()) >= 10:
                yield self.hit(match.start(), match.end(), 0.85)
        for match in _AFTER_CUE.finditer(text) if _CUE.somewhere(document) else ():
            value = match.group()
            if sum(c.isdigit() for c in value) < 6 or not _plain_groups(value):
                continue
            if _CUE.near(document, *match.span(), before=28) and not allow.is_public_in_context(
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
