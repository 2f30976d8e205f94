"""What may be told of a masked value: a coarse attribute that a service needs, and never the value.

Of a case number that is its year and its running number rounded down to SEQUENCE_STEP; of a date its month. Whatever
a function here returns has passed `is_coarse_case` or has the form of a month, so that nothing finer can leave.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict, TypeGuard

from components.privacy.normalise import normalise
from components.privacy.spans import OPAQUE, Span

SEQUENCE_STEP: Final = 1_000
"""Running numbers are told in steps of this size; published figures have the same steps or multiples of them."""

LARGEST_SEQUENCE: Final = 999_000
FIRST_YEAR, LAST_YEAR = 2000, 2099

CASE_LABEL = "CASE_NUMBER"
_DATE_LABEL = "DATE"
_DATE_LABELS = frozenset({_DATE_LABEL, "DATE_OF_BIRTH"})
# An answer to the question for a case number can look like any long number; the digits of one in ten with 13 of them
# have the check digit of a payment card.
_CASE_LABELS_OF_AN_ANSWER = frozenset({CASE_LABEL, "LONG_NUMBER", "CREDIT_CARD"})

_OLDEST_MONTH_YEARS = 10  # an older date is a date of birth more often than one of a matter
_NEWEST_MONTH_YEARS = 5

_YEAR = r"(20[0-9]{2})"
_SEQUENCE = r"([0-9]{1,8})"
_SLASH = re.compile(r"(?:(?:forward )?slash|kauttaviiva|kautta|vinoviiva|\bper\b)")
_YEAR_LAST = re.compile(rf"(?:[a-zåäö]{{2,8}}[/-])?{_SEQUENCE}(?:/[0-9][0-9.]{{0,9}})?[/-]{_YEAR}")
_YEAR_FIRST = re.compile(rf"(?:[a-zåäö]{{1,8}}[/-]?)?{_YEAR}[/-]{_SEQUENCE}(?:[/-][0-9]{{1,6}})?")
_YEAR_APART = re.compile(rf"{_YEAR} ([0-9]{{3,8}})")
_SPACES = re.compile(r"\s+")

# Numbers in an answer: with slashes or hyphens, in thousands ("12 000", "12.000"), or plain.
_NUMBER = re.compile(
    r"[0-9]{1,8}(?: ?[/-] ?[0-9](?:[0-9.]{0,8}[0-9])?){1,3}(?![0-9])|[0-9]{1,3}(?:[ .,][0-9]{3})+(?![0-9])|"
    r"[0-9]+(?:[ -][0-9]{2,})*"
)
_ONLY_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_FEWEST_MASKED_DIGITS = 3
_THOUSANDS = re.compile(r" ?(?:k\b|t\b|tuh|thousand)")

_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_DATE_YEAR_FIRST = re.compile(r"([0-9]{4})[./-]([0-9]{1,2})[./-]([0-9]{1,2})")
_DAY_NAME_YEAR = re.compile(r"([0-9]{1,2})[ .-]{1,2}([a-zåäö]{3,12})[ .,-]{1,3}([0-9]{4})")
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
_MONTH_NAMES = (
    ("jan", "tammi"),
    ("feb", "helmi"),
    ("mar", "maalis"),
    ("apr", "huhti"),
    ("may", "touko"),
    ("jun", "kesä"),
    ("jul", "heinä"),
    ("aug", "elo"),
    ("sep", "syys"),
    ("oct", "loka"),
    ("nov", "marras"),
    ("dec", "joulu"),
)


class CoarseCase(TypedDict):
    """A case number as far as it may be told: its year, and its running number rounded down to SEQUENCE_STEP."""

    year: int
    sequence: int


def derive(text: str, spans: Sequence[Span], *, today: datetime.date, asked_for: str | None = None) -> dict[str, Any]:
    """Return the coarse attributes of what is masked in a text; empty when there are none.

    text: what was typed. spans: what is masked in it. today: dates far from it give no month. asked_for: the label of
    the value that the customer was asked for, if any: the answer may then tell it in other words.

    `{"case": {"year": 2025, "sequence": 12000}}`, `{"month": "2026-03"}`. Of several values of a kind nothing is told,
    nor of a date of birth.
    """
    found: dict[str, Any] = {}
    case = case_in(text, spans) if asked_for == CASE_LABEL else _case_of(text, spans)
    if case is not None:
        found["case"] = case
    dates = [span for span in spans if span.label in _DATE_LABELS]
    if len(dates) == 1 and dates[0].label == _DATE_LABEL:
        month = _month(_plain(text[dates[0].start : dates[0].end]), today)
        if month is not None:
            found["month"] = month
    return found


def is_coarse_case(value: object) -> TypeGuard[CoarseCase]:
    """Tell whether a value is exactly a year and a rounded running number, and so nothing finer."""
    if not isinstance(value, Mapping) or set(value) != {"year", "sequence"}:
        return False
    year, sequence = value["year"], value["sequence"]
    return (
        type(year) is int
        and type(sequence) is int
        and FIRST_YEAR <= year <= LAST_YEAR
        and 0 <= sequence <= LARGEST_SEQUENCE
        and sequence % SEQUENCE_STEP == 0
    )


def is_month(value: object) -> bool:
    """Tell whether a value is a month such as "2026-03"."""
    return isinstance(value, str) and _MONTH.fullmatch(value) is not None


def case_in(text: str, spans: Sequence[Span] = ()) -> CoarseCase | None:
    """Return the case number that an answer names, coarsely: "12345/415/2025", "1234/2025", "2025, noin 12 000".

    Values that are masked as something else do not count. None when there is none, or more than one.
    """
    cases = [span for span in spans if span.label in _CASE_LABELS_OF_AN_ANSWER]
    complete = [case for span in cases if (case := _complete(text[span.start : span.end])) is not None]
    if complete:
        return complete[0] if len(cases) == 1 else None
    normal = normalise(_without([span for span in spans if span not in cases], text)).text.lower()
    matches = list(_NUMBER.finditer(_SLASH.sub("/", normal)))
    if len(matches) == 1:
        return _complete(matches[0].group())
    years = {match.group() for match in matches if _is_told_year(match.group())}
    others = [match for match in matches if not _is_told_year(match.group())]
    if len(years) != 1 or len(others) != 1:
        return None
    digits = re.sub(r"[ .,]", "", others[0].group())
    if not digits.isdecimal():
        return None
    thousands = _THOUSANDS.match(_SLASH.sub("/", normal), others[0].end()) is not None
    return _coarse(years.pop(), int(digits[:8]) * (SEQUENCE_STEP if thousands else 1))


def numbers_of_an_answer(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the numbers that an answer to the question for a case number holds and that `spans` leave unmasked.

    A year by itself and numbers of one or two digits stay.
    """
    normal = normalise(text)
    found = []
    for match in _NUMBER.finditer(normal.text):
        value = match.group()
        if sum(sign.isdigit() for sign in value) < _FEWEST_MASKED_DIGITS or _ONLY_YEAR.fullmatch(value):
            continue
        start, end = normal.original(*match.span())
        if not any(span.start < end and start < span.end for span in spans):
            found.append(Span(start, end, CASE_LABEL, 0.5))
    return found


def _case_of(text: str, spans: Sequence[Span]) -> CoarseCase | None:
    cases = [span for span in spans if span.label == CASE_LABEL]
    return _complete(text[cases[0].start : cases[0].end]) if len(cases) == 1 else None


def _complete(value: str) -> CoarseCase | None:
    """Return year and rounded running number of a whole case number in one of its usual forms."""
    plain = _SLASH.sub("/", _plain(value))
    if match := _YEAR_APART.fullmatch(plain):
        return _coarse(match.group(1), int(match.group(2)))
    together = _SPACES.sub("", plain)
    last, first = _YEAR_LAST.fullmatch(together), _YEAR_FIRST.fullmatch(together)
    # "2024/2025" may be read in either way, "2024/415/2025" may not.
    if last and not (first and _is_told_year(last.group(1)) and together.count("/") + together.count("-") == 1):
        return _coarse(last.group(2), int(last.group(1)))
    return _coarse(first.group(1), int(first.group(2))) if first and not last else None


def _coarse(year: str, sequence: int) -> CoarseCase | None:
    case = CoarseCase(year=int(year), sequence=sequence - sequence % SEQUENCE_STEP)
    return case if is_coarse_case(case) else None


def _is_told_year(value: str) -> bool:
    return re.fullmatch(_YEAR, value) is not None


def _plain(value: str) -> str:
    return normalise(value).text.lower().strip()


def _without(spans: Sequence[Span], text: str) -> str:
    signs = list(text)
    for span in spans:
        signs[span.start : span.end] = OPAQUE * (span.end - span.start)
    return "".join(signs)


def _month(value: str, today: datetime.date) -> str | None:
    read = _year_and_month(value)
    if read is None:
        return None
    year, month = read
    if not today.year - _OLDEST_MONTH_YEARS <= year <= today.year + _NEWEST_MONTH_YEARS or not 1 <= month <= 12:
        return None
    told = f"{year:04}-{month:02}"
    return told if is_month(told) else None


def _year_and_month(value: str) -> tuple[int, int] | None:
    together = _SPACES.sub("", value)
    if match := _DATE_YEAR_FIRST.fullmatch(together):
        return int(match.group(1)), int(match.group(2))
    if match := _DAY_FIRST.fullmatch(together):
        first, second, year = (int(part) for part in match.groups())
        if "/" not in together or second == first:
            return year, second
        # With slashes the month may come first; only when one of the two can be no month is it certain which it is.
        return (year, min(first, second)) if max(first, second) > 12 else None
    if match := _DAY_NAME_YEAR.fullmatch(value):
        named = [number for number, names in enumerate(_MONTH_NAMES, start=1) if match.group(2).startswith(names)]
        return (int(match.group(3)), named[0]) if len(named) == 1 else None
    return None
