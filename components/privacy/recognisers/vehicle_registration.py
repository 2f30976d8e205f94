"""Number plates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, Recogniser
from components.privacy.spans import Document, Hit

_L = "[A-ZÅÄÖ]"
_DASHED = re.compile(rf"{_L}(?<![^\W_]{_L}){_L}{{1,2}} ?-{{1,2}} ?[0-9]{{2,3}}{END_OF_WORD}(?![-/.][0-9])")
_GLUED = re.compile(r"(?<![^\W_])[a-zåäö]{3}[0-9]{3}(?![^\W_])(?![.,-][0-9])")
_NEAR_CUE = (
    re.compile(r"(?<![a-z0-9åäö])[a-zåäö]{2,3} ?-? ?[0-9]{1,5}(?![a-z0-9åäö]|[.,-][0-9])"),
    re.compile(r"(?<![a-z0-9åäö])[a-zåäö](?: ?[a-zåäö]){1,2}(?: ?- ?| {1,3})[0-9](?: ?[0-9]){0,2}(?![a-z0-9åäö])"),
    re.compile(r"(?<![a-z0-9åäö])[0-9]{2,4}[ -]?[a-zåäö]{2,3}(?![a-z0-9åäö])"),
    re.compile(
        r"(?<![a-z0-9åäö])[a-zåäö]{1,3}[ -]?[0-9]{2,4}(?:[ -]?(?!on\b|is\b|ja\b|and\b|or\b|tai\b|for\b|"
        r"to\b|in\b|was\b|oli\b|ei\b|has\b|se\b)[a-zåäö]{1,3})(?![a-z0-9åäö])"
    ),
    re.compile(r"(?<![a-z0-9åäö])[a-zåäö]{1,3}[ -][a-zåäö]{1,2}[ -][0-9]{1,4}(?![a-z0-9åäö])"),
    re.compile(r"(?<![a-z0-9åäö])[a-z][0-9]{3}[a-z]{2}(?:[0-9]{2,3})?(?![a-z0-9åäö])"),
)
_CUE = Cue(
    r"ajoneuvo|\bauto(?:\b|n|ni|lla|sta|mme|on|a\b)|kilpi|kilve|kilvissä|rekister|rek\. ?nro|rekkari|"
    r"moottoripyör|perävaunu|"
    r"vehicle|\bcars?\b|\bplates?\b|registration|licen[cs]e|\bvan\b|truck|motorbike|motorcycle|trailer|driver|"
    r"kuski|\bdrives?\b"
)
# With a letter behind the digits, in capitals: "parked: ABC 12D"
_FOREIGN = re.compile(r"(?<![^\W_])[A-Z]{2,3} ?[0-9]{2,3}[A-Z]{1,2}(?![^\W_])")
_PARKED = Cue(r"regist|parke|parking|parkki|pysäköi|rajalla|border|\bbil\b")
_CUE_JUST_BEFORE = re.compile(rf"(?:{_CUE.pattern.pattern})[a-zåäö.]{{0,8}}[ :]{{0,2}}\Z")
_TRADE = Cue(r"\bvat\b|\balv|\bduty|tulli|seller|myyjä")
_NOT_A_PLATE = re.compile(
    r"(?:eu|en|iso|usb|tir|ata|cn|cp|cmr|sad|mrn|hs|ups|bmw|kia|vw|mg|eur|usd|alv|vat|klo|sen|yli|alle|noin|"
    r"ehkä|on|ei|se|ja|tai|or|"
    r"and|the|is|in|at|of|to|for|my|over|was|are|has|max|min|no|nro|num|id|per|by|from|art|sec|ttol|ole|ph|co|"
    r"covid|h|t|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|volvo|audi|opel|ford|fiat|seat|euro|eta|vat|kuusi|ajo|km|"
    r"kg|cc|hv|kw|kpl|pcs|"
    r"xc|cx|rav|ev|ix|eq|gla|glc|cla|tt|gt|rs|mx|hr|cr|id|ct|rx|nx|ux|ka|up|c)[ -]{0,2}[0-9]{1,6}\Z"
)
_UNIT = re.compile(
    r"[0-9]{1,4}[ -]?(?:km|kg|eur|usd|gbp|sek|kpl|pcs|g|l|m|cm|mm|cc|hv|kw|kwh|h|min|pv|vrk|kk|v|"
    r"vuo|th|st|nd|rd|yrs?|x|hp|eu|ja|tai|or|ml|cl|dl|alv|vat|sen|"
    r"on|in|at|is|ei|for|the|and|per|fee|day|mtr|kam|mi|usd|kpl|kau|vko|mpg|mph)\Z"
)


class VehicleRegistration(Recogniser):
    """Finnish plates with a hyphen and capitals (ABC-123), other plates where a vehicle is spoken of."""

    label = "VEHICLE_REGISTRATION"
    min_digits = 2

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield plates."""
        for match in _DASHED.finditer(document.text) if "-" in document.text else ():
            if len(match.group()) >= 6 and not _NOT_A_PLATE.match(match.group().lower()):
                yield self.hit(match.start(), match.end(), 0.7)
        for match in _GLUED.finditer(document.lower) if _TRADE.somewhere(document) else ():
            traded = _TRADE.near(document, *match.span(), before=30, after=15)
            if traded and not _NOT_A_PLATE.match(match.group()):
                yield self.hit(match.start(), match.end(), 0.55)
        for match in _FOREIGN.finditer(document.text) if _PARKED.somewhere(document) else ():
            near = _PARKED.near(document, *match.span(), before=30, after=20)
            if near and not _NOT_A_PLATE.match(match.group()[:-1].lower()) and not _UNIT.match(match.group().lower()):
                yield self.hit(match.start(), match.end(), 0.55)
        if not _CUE.somewhere(document) or _CUE.pattern.search(document.lower) is None:
            return
        for pattern in _NEAR_CUE:
            for match in pattern.finditer(document.lower):
                value = match.group()
                if _NOT_A_PLATE.match(value) or _UNIT.match(value):
                    continue
                loose = " " in value and "-" not in value and not _letters_upper(document.text[slice(*match.span())])
                if self._near_cue(document, match, loose):
                    yield self.hit(match.start(), match.end(), 0.65)

    @staticmethod
    def _near_cue(document: Document, match: re.Match[str], loose: bool) -> bool:
        """Tell whether a vehicle is spoken of: right before small letters with a space, else anywhere near."""
        if loose:
            return _CUE_JUST_BEFORE.search(document.before(match.start(), 30)) is not None
        return _CUE.near(document, *match.span(), before=36, after=12)


def _letters_upper(value: str) -> bool:
    """Whether the letters are capitals, as on a plate; small letters and a space may be two plain words."""
    return value.upper() == value
