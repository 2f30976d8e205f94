"""Full dates: birth dates, and dates in digits.

A date with day, month and year is masked as `DATE_OF_BIRTH` where birth or a person is spoken of, else as `DATE`; so is
a recent one beside words of a decision, an arrival or an appointment, which are no births.
Dates that name the month in a word and a year from 2000 on stay without such words: acts, fees and permits are
dated that way, people seldom are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.cues import Cue
from components.privacy.recognisers.base import END_OF_WORD, FIRST_DIGIT, Recogniser
from components.privacy.spans import Document, Hit

_YEAR = r"(?:1[6-9]|20|21)[0-9]{2}"
_YEAR_REST = r"(?:(?<=1)[6-9]|(?<=2)[01])[0-9]{2}"
_DAY_REST = r"(?:(?<=0)[1-9]|(?<=[12])[0-9]|(?<=3)[01]|(?<=[1-9]))"
_DM = r"[0-9]{1,2}"
_MONTH_FI = (
    r"(?:tammi|helmi|maalis|huhti|touko|kesä|kesa|heinä|heina|elo|syys|loka|marras|"
    r"joulu)(?:kuu[a-zåäö]{0,6}|k\.?)"
)
_MONTH_EN = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)"
)
_MONTH = rf"(?:{_MONTH_FI}|{_MONTH_EN})"
_MONTHS = Cue(_MONTH)
_ORDINAL = r"(?:st|nd|rd|th|\.|:?s)?"
_WORD_NUMBER = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|nineteen|twenty|two|thousand|hundred|and|oh|"
    r"ten|eleven|"
    r"twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|one|three|four|five|six|seven|eight|"
    r"nine)[ -]?){1,6}"
)
_ORDINAL_WORD = (
    r"(?:(?:twenty|thirty)[ -]?)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|"
    r"twelfth|"
    r"thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
_ORDINAL_FI = r"(?:ensimmäi|toi|kolma|neljä|viide|kuude|seitsemä|kahdeksa|yhdeksä|kymmene|yhde|kahde)[a-zåäö]{1,30}"
_NUMBER_FI = (
    r"(?:tuhat|kaksituhatta|yhdeksäntoistasataa|kahdeksan|yhdeksän|seitsemän|kuusi|viisi|neljä|kolme|"
    r"kaksi|yksi)[a-zåäö]{3,60}"
)

_DIGITS = (
    re.compile(rf"{FIRST_DIGIT}[0-9]? ?(?P<sep>[./\-]) ?{_DM} ?(?:(?P=sep)|[./\-]) ?{_YEAR}(?![0-9])"),
    re.compile(rf"[12](?<![0-9][12]){_YEAR_REST} ?[./\-] ?{_DM} ?[./\-] ?{_DM}(?![0-9]|[.]?[0-9])"),
    re.compile(
        rf"{FIRST_DIGIT}(?<![0-9][.,][0-9]){_DAY_REST}[ \n]{{1,2}}(?:0[1-9]|1[0-2]|"
        rf"[1-9])[ \n]{{1,2}}{_YEAR}(?![0-9])"
    ),
    re.compile(FIRST_DIGIT + r" ?[0-9] ?[./\-] ?[0-9] ?[0-9] ?[./\-] ?(?:1 ?9|2 ?0) ?[0-9] ?[0-9](?![0-9])"),
)
_DIGITS_APART = _DIGITS[-1:]  # the only one whose year need not stand in one piece
_ROMAN = re.compile(
    rf"{FIRST_DIGIT}[0-9]? ?[./ -] ?(?:i{{1,3}}|iv|vi{{0,3}}|ix|"
    rf"xi{{0,2}}) ?[./ -] ?(?:{_YEAR}|[0-9]{{2}})(?![0-9])"
)
# A year of two digits, or a date in one piece, says little by itself.
_SHORT_YEAR = re.compile(
    rf"{FIRST_DIGIT}(?<![0-9][.,/-][0-9]){_DAY_REST}"
    r"([./\- ])(?:0?[1-9]|"
    r"1[0-2])\1(?P<cut>['-]?)[0-9]{2}(?![0-9:/-]|[.,][0-9]|[.](?!\s*\Z|\s+[A-ZÅÄÖa-zåäö])|[ ]?(?:€|e\b|eur))"
)
_COMPACT = re.compile(
    rf"(?<![0-9])(?<![0-9][.,])(?:(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:{_YEAR}|[0-9]{{2}})|{_YEAR}(?:0[1-9]|"
    rf"1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?![0-9-])"
)
_NO_YEAR = re.compile(
    rf"(?<![0-9])(?<![0-9][.,/-])(?:(?:0?[1-9]|[12][0-9]|3[01])[./](?:0?[1-9]|1[0-2])\.?(?![0-9/])"
    rf"|(?:0?[1-9]|[12][0-9]|3[01]){_ORDINAL} ?(?:of )?{_MONTH}{END_OF_WORD}|{_MONTH} (?:the )?(?:0?[1-9]|"
    rf"[12][0-9]|3[01]){_ORDINAL}(?![0-9]))"
)
_YEAR_TAIL = rf"(?P<year>{_YEAR}|'?[0-9]{{2}}(?![0-9:.]))"
_MONTH_WORDS = (
    re.compile(
        rf"{FIRST_DIGIT}(?<![0-9][.,][0-9])[0-9]?{_ORDINAL}[ -]{{0,2}}(?:(?:päivänä|päivä|pv|of|"
        rf"day of) )?(?:the )?{_MONTH}[ ,.-]{{0,3}}(?:vuonna )?{_YEAR_TAIL}(?![0-9])"
    ),
    re.compile(
        rf"(?<![a-zåäö]){_MONTH}[ .-]{{1,2}}(?:the )?[0-9]{{1,2}}{_ORDINAL}[ ,.-]{{1,3}}"
        rf"(?:(?:päivänä|päivä|pv|pnä)[ ,.]{{1,2}})?(?:vuonna )?{_YEAR_TAIL}(?![0-9])"
    ),
    re.compile(rf"[12](?<![0-9][12]){_YEAR_REST}[ ,.-]{{1,2}}{_MONTH}[ .-]{{1,2}}[0-9]{{1,2}}(?![0-9])"),
)
_DAY_WORD = (
    rf"(?:{_ORDINAL_WORD}|(?:(?:twenty|thirty)[ -])?(?:one|two|three|four|five|six|seven|eight|nine)|ten|eleven|"
    r"twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty)"
)
_DAY = rf"(?:{_DAY_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th)?)"
_MONTH_NAME = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_MONTH_NAMES = Cue(rf"{_MONTH_NAME}\b|{_MONTH_FI}")
_SPELLED = re.compile(
    rf"(?<![a-zåäö0-9])(?:(?:{_DAY} (?:of )?{_MONTH_NAME}|{_MONTH_NAME} (?:the )?{_DAY})"
    rf"[ ,]{{1,2}}(?:in )?(?:{_WORD_NUMBER}|{_YEAR})"
    rf"|(?:{_ORDINAL_FI} (?:päivä[a-zåäö]{{0,3}} )?{_MONTH_FI}|"
    rf"{_MONTH_FI} {_ORDINAL_FI}(?: päivä[a-zåäö]{{0,3}})?)[ ,]{{1,2}}(?:vuonna )?(?:{_NUMBER_FI}(?: ?{_NUMBER_FI})?|"
    rf"{_YEAR}))"
)
_SPELLED_DAYS = Cue(rf"{_DAY_WORD}|{_ORDINAL_FI}|nineteen|twenty|thousand")
_LONG_AGO = re.compile(r"nineteen|yhdeksäntoista|tuhat ?yhdeksän")
# Letter by letter: "1 4 - j u l y - 1 9 9 9"
_APART = re.compile(
    rf"{FIRST_DIGIT}(?: [0-9])?(?: ?[.] ?| ?[/-] ?| )(?P<month>[a-zåäö](?: [a-zåäö]){{2,11}})(?: ?[./-] ?| )"
    r"[12] [0-9] [0-9] [0-9](?![0-9])"
)
_FEWEST_APART = 5  # one for the day, four for the year
_MONTH_ONLY = re.compile(_MONTH)
_DATA_FORM = re.compile(r"[0-9]{1,2}-[a-zåäö.]{3,}-[0-9]{2,4}")

# A family tie or a debt "is born" (syntyy), too.
_OF_A_THING = "".join(f"(?<!{word} )" for word in ("side", "suhde", "velka", "velan", "oikeus", "velvollisuus"))
_ARISES = "synty[iyn]"
_BIRTH = Cue(
    r"\bborn|birth|b-?day|\bdob\b|d\. ?o\. ?b|date of b|synny|pvm? ?aika|syntymä"
    rf"|(?:(?!{_ARISES})|{_OF_A_THING})s ?y ?n ?t"
)
_BIRTH_BEFORE = re.compile(r"\bs\.? ?\Z")
_PERSON_WORDS = Cue(
    r"grand(?:mother|father|ma|pa)|mother|father|\bmom\b|\bmum\b|\bdad\b|\bson\b|\bsons\b|daughter|\bkid|child|"
    r"baby|wife|husband|spouse|"
    r"sister|brother|\bboy\b|\bgirl\b|\bclient\b|cousin|uncle|aunt|nephew|niece|"
    r"äiti|\bisä|mummo|mummi|vaari|isoäi|isoisä|poika|poja|tytär|tyttär|lapsi|lapse|vauva|vaimo|puoliso|\bmies|"
    r"aviomie|sisar|sisko|"
    r"veli|velje|asiakkaani|serk|setä|\beno|täti"
)
_PUBLIC_WORDS = Cue(
    r"\blaki|\blain|\blakia|asetus|säädös|voimaan|voimassa|päätös|päätök|päättyy|loppuu|umpeutu|vanhene|alkaen|"
    r"saakka|asti|mennessä|"
    r"\bact\b|\blaw\b|decree|regulation|force|decision|expire|valid|until|ends|since|deadline|from|lupa|permit|"
    r"visa|viisumi|"
    r"korotus|muutos|muuttu|change|raise|fee|maksu|submitted|applied|\bafter\b|before\b|later|jätet|haettu|"
    r"hakenut|jälkeen|ennen|asti"
)
# What befalls a person on another day than the first; enough to call a recent date `DATE`, not enough to keep it.
_EVENTS = Cue(
    r"luva[nt]|luvalla|hakemu|\bhaki\b|\bhakee|\bsai\b|saatiin|\btuli\b|saapu|muutti|sääntö|säännö|ajanvaraus|varattu|"
    r"haastattelu|hylät|kieltei|arriv|\bcame\b|entered|moved|\brules?\b|appl[iy]|appointment|booked|interview|granted|"
    r"refus|reject"
)
_RECENT = re.compile(r"20[2-9][0-9]")
_NUMBERED = Cue(r"vers|release|\bv ?\Z|kohta|kohda|section|luku|luvu|§|python|rasa")


class Dates(Recogniser):
    """Dates that say on which day someone was born, or that may."""

    label = "DATE_OF_BIRTH"
    other_label = "DATE"
    min_digits = 0
    trigger = (
        r"(?:tammi|helmi|maalis|huhti|touko|kesä|kesa|heinä|heina|elo|syys|loka|marras|joulu)k|january|february|"
        r"march|april"
        r"|\bmay\b|june|july|august|september|october|november|december"
    )

    def labels(self) -> tuple[str, ...]:
        """Birth dates and other dates."""
        return (self.label, self.other_label)

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield dates."""
        text = document.lower
        if document.has_digit:
            yield from self._digits(document, text)
            for pattern in _MONTH_WORDS if _MONTHS.somewhere(document) else ():
                for match in pattern.finditer(text):
                    if self._masked(document, match):
                        yield self._labelled(document, match, 0.85)
        if _MONTH_NAMES.somewhere(document) and _SPELLED_DAYS.somewhere(document):
            for match in _SPELLED.finditer(text):
                if self._masked(document, match):
                    yield self._labelled(document, match, 0.8)
        for match in _APART.finditer(text) if len(document.runs) >= _FEWEST_APART else ():
            if _MONTH_ONLY.fullmatch(match["month"].replace(" ", "")):
                yield self._labelled(document, match, 0.8)

    def _digits(self, document: Document, text: str) -> Iterator[Hit]:
        groups = len(document.runs)
        shapes = () if groups < 3 else _DIGITS if document.has_run(4, 4) else _DIGITS_APART
        for pattern in shapes:
            for match in pattern.finditer(text):
                yield self._labelled(document, match, 0.9)
        for match in _ROMAN.finditer(text) if groups >= 2 else ():
            if self._of_birth(document, match):
                yield self._labelled(document, match, 0.8)
        for match in _SHORT_YEAR.finditer(text) if groups >= 3 else ():
            plain = match.group(1) in "./" and not _NUMBERED.near(document, *match.span(), before=12)
            if (plain and match["cut"] != "-") or self._of_birth(document, match):
                yield self._labelled(document, match, 0.7)
        for pattern in (_COMPACT, _NO_YEAR) if _BIRTH.somewhere(document) else ():
            for match in pattern.finditer(text):
                if _birth_near(document, *match.span(), before=25):
                    yield self.hit(match.start(), match.end(), 0.97)

    def _labelled(self, document: Document, match: re.Match[str], score: float) -> Hit:
        value = match.group()
        start, end = match.span()
        event = _RECENT.search(value) and _EVENTS.near(document, start, end, before=40, after=30)
        told = self._told_of_birth(document, start, end) if event else self._of_birth(document, match)
        label = self.label if told else self.other_label
        return Hit(match.start(), match.start() + len(value.rstrip(" -")), label, score)

    @staticmethod
    def _of_birth(document: Document, match: re.Match[str]) -> bool:
        start, end = match.span()
        return Dates._told_of_birth(document, start, end) or (
            _PERSON_WORDS.near(document, start, end, before=50, after=20)
            and not _PUBLIC_WORDS.near(document, start, end, before=30, after=20)
        )

    @staticmethod
    def _told_of_birth(document: Document, start: int, end: int) -> bool:
        return (
            _birth_near(document, start, end, before=60, after=30)
            or _BIRTH_BEFORE.search(document.before(start, 4)) is not None
        )

    def _masked(self, document: Document, match: re.Match[str]) -> bool:
        """Whether a date with a month word is masked: near birth words, in the form of data, or long ago."""
        groups = match.groupdict()
        year = groups.get("year") or ""
        return bool(
            self._of_birth(document, match)
            or _DATA_FORM.fullmatch(match.group())
            or (len(year) == 4 and year < "2000")
            or _LONG_AGO.search(match.group())
        )


def _birth_near(document: Document, start: int, end: int, *, before: int, after: int = 0) -> bool:
    """Whether birth is spoken of within so many characters; what stands in front of them is seen ("velka syntyi")."""
    if not _BIRTH.somewhere(document):
        return False
    search, text = _BIRTH.pattern.search, document.lower
    return search(text, max(0, start - before), start) is not None or search(text, end, end + after) is not None
