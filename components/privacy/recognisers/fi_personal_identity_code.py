"""The Finnish personal identity code (henkilötunnus).

Shape after the Digital and Population Data Services Agency: date of birth DDMMYY, a sign for the century
(`+`, `-` or U-Y, A-F), three digits and a check character. A mistyped code is as personal as a right one, so the
shape alone masks and the check character only raises the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.fi import hetu

from components.privacy.recognisers.base import END_OF_WORD, Recogniser, near, spaced
from components.privacy.spans import Document, Hit

_D = "[0-9]"
_GAP = r"[ \n]{0,3}"
_SIGN = r"[-+a-fu-y/_.:=*~]"
_DATE = rf"{_D} ?{_D}[ .\n]?{_D} ?{_D}[ .\n]?{_D} ?{_D}"

_SHAPES = (
    # with a sign; a space or a line break may stand anywhere
    re.compile(rf"(?<![0-9]){_DATE}{_GAP}-{{0,2}}{_SIGN}{_GAP}{spaced(_D, 3)}[ \n]?[0-9a-z]{END_OF_WORD}"),
    # the sign in a word
    re.compile(
        rf"(?<![0-9])[0-9]{{6}} ?(?:väliviiva|viiva|miinus|minus|dash|hyphen|plus) ?[0-9]{{3}} ?[0-9a-z]{END_OF_WORD}"
    ),
    # without a sign, the check character a letter that is not torn off
    re.compile(rf"(?<![0-9])[0-9]{{6}}{_GAP}[0-9]{{3}} ?[a-z]{END_OF_WORD}"),
    re.compile(rf"(?<![0-9]){_DATE}[ \n]{{0,2}}{spaced(_D, 3)}[a-z]{END_OF_WORD}"),
    re.compile(rf"(?<![0-9]){' '.join([_D] * 9)} [a-z]{END_OF_WORD}"),
    # without a sign, all digits, in two parts
    re.compile(rf"(?<![0-9])[0-9]{{6}}[ \n]{{1,3}}[0-9]{{4}}{END_OF_WORD}(?![ ]?[0-9])"),
)
_NO_CHECK = re.compile(rf"(?<![0-9])[0-9]{{6}}(?:[-+a-fu-y]| ?- ?)[0-9]{{3}}{END_OF_WORD}(?![ -]?[0-9])")
_BARE_END = re.compile(rf"(?<![0-9a-zåäö])(?:[-+][ ]?[0-9]{{3}}[0-9a-z]|[a-fu-y-]?[0-9]{{3}}[a-z]){END_OF_WORD}")
_BARE_DIGITS = re.compile(
    rf"(?<!vuonna )(?<!vuosi )(?<!year )(?<![0-9a-zåäö.,-])[0-9]{{4}}{END_OF_WORD}(?!-?[0-9.]| ?€)"
)
_CUE = re.compile(
    r"het[uo]|henkilötun|henkilotun|identity (?:code|number)|id[ -]?code|id number|personal (?:code|id|number)|"
    r"social security|\bssn\b|\bpic\b|sotu|tunnuk|tunnus|loppuosa|loppupää|end part|\bsuffix"
)
_END_CUE = re.compile(
    r"het[uo][a-z]* (?:loppu|viimei)|loppuosa|loppupää|end part|(?:hetu|code|"
    r"pic)[a-z ']{0,20}(?:ends|last)"
)


class FiPersonalIdentityCode(Recogniser):
    """Finnish personal identity codes, whole, damaged, or the end part alone after words that name the code."""

    label = "FI_PERSONAL_IDENTITY_CODE"
    min_digits = 3

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield codes by shape."""
        text = document.lower
        for shape in _SHAPES:
            for match in shape.finditer(text):
                compact = _compact(match.group())
                if _plausible(compact):
                    yield self.hit(match.start(), match.end(), 1.0 if hetu.is_valid(compact.upper()) else 0.75)
        for match in _NO_CHECK.finditer(text):
            if _plausible(_compact(match.group() + "0")):
                yield self.hit(match.start(), match.end(), 0.6)
        for match in _BARE_END.finditer(text):
            if near(_CUE, document, match.start(), match.end(), before=40):
                yield self.hit(match.start(), match.end(), 0.6)
        for match in _BARE_DIGITS.finditer(text):
            if near(_END_CUE, document, match.start(), match.end(), before=45):
                yield self.hit(match.start(), match.end(), 0.5)


def _compact(value: str) -> str:
    """DDMMYY, one sign and four characters, `-` standing for a missing or odd sign."""
    bare = re.sub(r"[ \n]", "", value)
    tail = bare[-4:]
    digits = re.sub(r"[^0-9]", "", bare[:-4])[:6]
    sign = bare[-5] if len(bare) > 10 or not bare[-5].isdigit() else "-"
    return digits + (sign if sign in "+-abcdefuvwxy" else "-") + tail


def _plausible(compact: str) -> bool:
    """Whether day and month are near enough to ones that exist; wrong by a slip of one key is still a code."""
    if compact[-1].isdigit() or compact[6] not in "+-":
        return int(compact[:2]) <= 39 and int(compact[2:4]) <= 19
    return True
