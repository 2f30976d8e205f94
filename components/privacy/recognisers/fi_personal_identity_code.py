"""The Finnish personal identity code (henkilötunnus).

Shape after the Digital and Population Data Services Agency: date of birth DDMMYY, a sign for the century
(`+`, `-` or U-Y, A-F), three digits and a check character. A mistyped code is as personal as a right one, so the
shape alone masks and the check character only raises the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.fi import hetu

from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, FIRST_DIGIT, Recogniser, spaced
from components.privacy.spans import Document, Hit

_D = "[0-9]"
_DATE_DIGITS = 6
_CODE_DIGITS = 9
_GAP = r"[ \n]{0,3}"
_SIGN = r"[-+a-fu-y/_.:=*~]"
_DATE = rf"{FIRST_DIGIT} ?{_D}[ .\n]?{_D} ?{_D}[ .\n]?{_D} ?{_D}"

_LIKE_A_DATE = re.compile(_DATE)
_SIGN_WORD = r"(?:väliviiva|viiva|miinus|minus|dash|hyphen|plus)"
# with a sign; a space or a line break may stand anywhere
_SIGNED = re.compile(rf"{_DATE}{_GAP}-{{0,2}}{_SIGN}{_GAP}{spaced(_D, 3)}[ \n]?[0-9a-z]{END_OF_WORD}")
_SIGNED_IN_WORDS = re.compile(rf"{_DATE} ?{_SIGN_WORD} ?{spaced(_D, 3)} ?[0-9a-z]{END_OF_WORD}")
# in two parts with words between: "first 131052 then -308T"
_WITH_WORDS_BETWEEN = re.compile(
    rf"(?P<date>{FIRST_DIGIT}[0-9]{{5}})(?=(?P<between>[ ,.;:]{{1,3}}[a-zåäö][^0-9\ue000]{{1,30}}?)"
    rf"(?P<end>[-+][ ]?[0-9]{{3}}[0-9a-z]|[a-fu-y]?[0-9]{{3}}[0-9a-z]){END_OF_WORD})"
)
_SECOND_PART = Cue(r"loppu|loput|perä|sitten|\bend|\brest\b|\bthen\b|\blast\b|\bafter\b|\btail")
# without a sign, the check character a letter that is not torn off
_UNSIGNED = (
    re.compile(rf"{FIRST_DIGIT}[0-9]{{5}}{_GAP}[0-9]{{3}} ?[a-z]{END_OF_WORD}"),
    re.compile(rf"{_DATE}[ \n]{{0,2}}{spaced(_D, 3)}[a-z]{END_OF_WORD}"),
)
_APART = re.compile(rf"{FIRST_DIGIT}{f' {_D}' * 8} [a-z]{END_OF_WORD}")
# without a sign, all digits, in two parts
_TWO_PARTS = re.compile(rf"{FIRST_DIGIT}[0-9]{{5}}[ \n]{{1,3}}[0-9]{{4}}{END_OF_WORD}(?![ ]?[0-9])")
_NO_DIGITS = re.compile("[^0-9]+")
_SIGN_WORDS = Cue(_SIGN_WORD)
_NO_CHECK = re.compile(rf"{FIRST_DIGIT}[0-9]{{5}}(?:[-+a-fu-y]| ?- ?)[0-9]{{3}}{END_OF_WORD}(?![ -]?[0-9])")
_BARE_END = re.compile(rf"(?<![0-9a-zåäö])(?:[-+][ ]?[0-9]{{3}}[0-9a-z]|[a-fu-y-]?[0-9]{{3}}[a-z]){END_OF_WORD}")
_BARE_DIGITS = re.compile(
    rf"(?<!vuonna )(?<!vuosi )(?<!year )(?<![0-9a-zåäö.,-])[0-9]{{4}}{END_OF_WORD}(?!-?[0-9.]| ?€)"
)
_CUE = Cue(
    r"het[uo]|henkilötun|henkilotun|identity (?:code|number)|id[ -]?code|id number|personal (?:code|id|number)|"
    r"social security|\bssn\b|\bpic\b|sotu|tunnuk|tunnus|loppuosa|loppupää|end part|last part|\bsuffix"
)
_END_CUE = Cue(
    r"het[uo][a-z]* (?:loppu|viimei)|loppuosa|loppupää|end part|(?:hetu|code|"
    r"pic)[a-z ']{0,20}(?:ends|last)"
)
# These may speak of something else, so what reads as a year stays behind them.
_WEAK_END_CUE = Cue(
    r"last (?:part|bit|four|4)\b|four last|last digits|ends (?:with|in)\b|ending (?:with|in)\b|"
    r"viimei(?:nen osa|set (?:neljä|4|numero|merki))|loppu (?:on|oli)\b|päättyy (?:numero|merk)"
)
_END = re.compile(rf"{_BARE_DIGITS.pattern}|{_BARE_END.pattern}")
_YEAR = re.compile("(?:19|20)[0-9]{2}")


class FiPersonalIdentityCode(Recogniser):
    """Finnish personal identity codes, whole, damaged, or the end part alone after words that name the code."""

    label = "FI_PERSONAL_IDENTITY_CODE"
    min_digits = 3

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield codes by shape."""
        text = document.lower
        for shape in self._shapes(document):
            for match in shape.finditer(text):
                compact = _compact(match.group())
                if _plausible(compact):
                    yield self.hit(match.start(), match.end(), 1.0 if _is_valid(compact) else 0.75)
        for match in _NO_CHECK.finditer(text) if document.has_run(6, 6) and document.has_run(3, 3) else ():
            if _plausible(_compact(match.group() + "0")):
                yield self.hit(match.start(), match.end(), 0.6)
        for match in _BARE_END.finditer(text) if _CUE.somewhere(document) else ():
            if _CUE.near(document, *match.span(), before=40):
                yield self.hit(match.start(), match.end(), 0.6)
        for match in _BARE_DIGITS.finditer(text) if _END_CUE.somewhere(document) else ():
            if _END_CUE.near(document, *match.span(), before=45):
                yield self.hit(match.start(), match.end(), 0.5)
        for match in _END.finditer(text) if _WEAK_END_CUE.somewhere(document) else ():
            if _is_clear_end(match.group(), digits=True) and _WEAK_END_CUE.near(document, *match.span(), before=25):
                yield self.hit(match.start(), match.end(), 0.5)
        if _SECOND_PART.somewhere(document) and document.has_run(6, 6):
            yield from self._with_words_between(document)

    def _with_words_between(self, document: Document) -> Iterator[Hit]:
        """Yield both parts of a code that was told in two."""
        for match in _WITH_WORDS_BETWEEN.finditer(document.lower):
            if (
                _is_clear_end(match["end"])
                and _SECOND_PART.pattern.search(match["between"])
                and _plausible(f"{match['date']}-0000")
            ):
                yield self.hit(*match.span("date"), 0.6)
                yield self.hit(*match.span("end"), 0.6)

    @staticmethod
    def _shapes(document: Document) -> Iterator[re.Pattern[str]]:
        """Yield the shapes that a text can hold, going by its groups of digits."""
        if document.digits < _DATE_DIGITS or not _LIKE_A_DATE.search(document.lower):
            return
        yield _SIGNED
        if document.digits >= _CODE_DIGITS:
            yield from _UNSIGNED
        if _SIGN_WORDS.somewhere(document):
            yield _SIGNED_IN_WORDS
        if len(document.runs) >= _CODE_DIGITS:
            yield _APART
        if document.has_run(6, 6) and document.has_run(4, 4):
            yield _TWO_PARTS


def _is_clear_end(value: str, *, digits: bool = False) -> bool:
    """Whether an end part reads as one by itself, and not as an amount (200e) or a year; bare digits if allowed."""
    if value[0] in "+-":
        return True
    return value[-1] not in "e0123456789" or (digits and value.isdigit() and not _YEAR.match(value))


def _compact(value: str) -> str:
    """DDMMYY, one sign and four characters, `-` standing for a missing or odd sign."""
    bare = value.replace(" ", "").replace("\n", "")
    tail = bare[-4:]
    digits = _NO_DIGITS.sub("", bare[:-4])[:6]
    sign = bare[-5] if len(bare) > 10 or not bare[-5].isdigit() else "-"
    return digits + (sign if sign in "+-abcdefuvwxy" else "-") + tail


def _is_valid(compact: str) -> bool:
    """Whether the check character is right and the date and number can be given."""
    right = "0123456789abcdefhjklmnprstuvwxy"[int(compact[:6] + compact[7:10]) % 31]
    return compact[-1] == right and bool(hetu.is_valid(compact.upper()))


def _plausible(compact: str) -> bool:
    """Whether day and month are near enough to ones that exist; wrong by a slip of one key is still a code."""
    if compact[-1].isdigit() or compact[6] not in "+-":
        return int(compact[:2]) <= 39 and int(compact[2:4]) <= 19
    return True
