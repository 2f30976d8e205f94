"""Reading quantities from what customers write: "20 litraa", "24 x 0,33 l", "two cartons", "yli 24 tuntia".

All functions are pure and return None when they cannot tell.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from decimal import Decimal

from actions.values import choice, count, mentions, number, vocabulary

# Measures that several units have in common: (the measure, how much of it one unit is).
_MEASURES = {
    "l": ("l", Decimal(1)),
    "dl": ("l", Decimal("0.1")),
    "cl": ("l", Decimal("0.01")),
    "ml": ("l", Decimal("0.001")),
    "g": ("g", Decimal(1)),
    "kg": ("g", Decimal(1000)),
}
_SMALL_UNITS = frozenset({"cl", "ml"})
_TOKEN = re.compile(
    r"(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,])|\d+(?:[.,]\d+)*)|(?P<percent>%)|(?P<word>[^\W\d_]+)"
)
_CLAUSE = re.compile(r"[;+&\n]|,(?!\d)|(?<!\d),|\b(?:ja|sekä|and|plus)\b", re.IGNORECASE)
_RANGE = re.compile(r"\d\s?(?:[-–]\s?|\b(?:tai|vai|or|to)\b\s?)\d", re.IGNORECASE)
# What a number of, times a size, makes a quantity.
_COUNTED = frozenset({None, "container", "pack"})
_PERCENT_WORDS = ("prosent", "percent", "pros", "vol", "abv")


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A quantity and its unit: "l" and "g" for measures, else a key of the vocabulary; None when no unit was named.

    strength: the percentage named with it. is_written: whether a number was written, not only "a carton".
    """

    amount: Decimal
    unit: str | None
    strength: Decimal | None = None
    is_written: bool = True


def clauses(text: str) -> list[str]:
    """Return the parts of an enumeration: "10 l olutta, 2 l viiniä ja kossu" has three."""
    return [part for part in (part.strip() for part in _CLAUSE.split(text)) if part]


def quantity(text: str) -> Quantity | None:
    """Return the only quantity of a clause; a number of containers is multiplied by their size."""
    tokens = _tokens(text)
    strengths = [value for value, unit in tokens if value is not None and unit == "percent"]
    tokens = [token for token in tokens if token[1] != "percent"]
    strength = strengths[0] if len(strengths) == 1 else None
    sizes = [(value, unit) for value, unit in tokens if value is not None and unit in _MEASURES]
    counts = [(value, unit) for value, unit in tokens if value is not None and unit not in _MEASURES]
    lone = next((unit for value, unit in tokens if value is None), None)
    if _RANGE.search(text) or mentions(text, vocabulary("quantities")["vague"]):
        return None
    if len(sizes) == 1 and sizes[0][1] is not None and len(counts) <= 1 and all(unit in _COUNTED for _, unit in counts):
        measure, factor = _MEASURES[sizes[0][1]]
        return Quantity(sizes[0][0] * factor * (counts[0][0] if counts else 1), measure, strength)
    if sizes or len(set(counts)) > 1:
        return None
    if counts:
        value, unit = counts[0][0], counts[0][1] or lone
    elif lone is not None:
        value, unit = Decimal(1), lone
    else:
        return None
    if unit in _MEASURES:
        measure, factor = _MEASURES[unit]
        value, unit = value * factor, measure
    return Quantity(value, unit, strength, is_written=bool(counts))


def _tokens(text: str) -> list[tuple[Decimal | None, str | None]]:
    """Return the numbers with the units that follow them, and the units that follow no number."""
    found: list[tuple[Decimal | None, str | None]] = []
    open_number = False
    for match in _TOKEN.finditer(text.lower()):
        if match["number"]:
            value = number(match["number"])
            open_number = value is not None
            if open_number:
                found.append((value, None))
            continue
        word = match["word"]
        if match["percent"] or mentions(word, _PERCENT_WORDS):
            unit = "percent" if open_number else None
        else:
            in_words = _number_in_words(word)
            if in_words is not None:
                found.append((in_words, None))
                open_number = True
                continue
            unit = choice(word, _units())
        if unit is not None and open_number:
            found[-1:] = _with_unit(found[-1][0], unit, match.string[: match.start()])
        elif unit is not None:
            found.append((None, unit))
        open_number = False
    return found


def _with_unit(value: Decimal | None, unit: str, before: str) -> list[tuple[Decimal | None, str | None]]:
    # "24 330 ml" is 24 times 330 ml, not 24,330 ml.
    apart = re.search(r"(\d{1,3})[ \u00a0\u202f](\d{3})\W*$", before)
    if apart is not None and unit in _SMALL_UNITS:
        return [(Decimal(apart[1]), None), (Decimal(apart[2]), unit)]
    return [(value, unit)]


def _number_in_words(word: str) -> Decimal | None:
    fraction = choice(word, vocabulary("quantities")["fractions"])
    if fraction is not None:
        return Decimal(fraction)
    value = count(word)
    return Decimal(value) if value else None


@functools.cache
def _units() -> dict[str, Sequence[str]]:
    units: dict[str, Sequence[str]] = vocabulary("quantities")["units"]
    return units


def margin(text: str) -> int:
    """Return -1 when a text tells of less than its number ("alle 24 tuntia"), 1 when of more, else 0."""
    words = vocabulary("quantities")
    return mentions(text, words["more"]) - mentions(text, words["less"])


def with_thousands(text: str) -> str:
    """Return a text with "12k" and "12 tonnia" written out as 12000."""
    return _thousand().sub(lambda match: f"{_times_thousand(match[1])}", text)


@functools.cache
def _thousand() -> re.Pattern[str]:
    words = [re.escape(word) + (r"\w*" if len(word) > 1 else "") for word in vocabulary("quantities")["thousand"]]
    return re.compile(rf"(?<![\w.,])(\d+(?:[.,]\d{{1,2}})?)\s?(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def _times_thousand(written: str) -> str:
    return f"{Decimal(written.replace(',', '.')) * 1000:f}".partition(".")[0]
