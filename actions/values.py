"""Reading values from what customers write: amounts, counts, months, choices, yes and no.

All functions are pure, take a text in Finnish or English, and return None when they cannot tell.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

# "2x150" and "1,5k" are no plain numbers.
_NUMBER = re.compile(r"(?<![\w.,*×])(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)*(?!\d|[.,]\d|k\b|[x*×]\s?\d)")
_OTHER_CURRENCY = re.compile(
    r"[$£¥₽₩₹₺₴]|\bzł|(?:\b|(?<=\d))(?:usd|gbp|sek|nok|dkk|isk|chf|pln|cny|rmb|jpy|krw|inr|rub|cad|aud|kr|bucks?|"
    r"dollar\w*|dolar\w*|taala\w*|pound\w*|punta\w*|punna\w*|kruunu\w*|kronor|krone\w*|franc|francs|frang\w*|"
    r"yen(?:s|i\w*)?|jeni\w*|yuan\w*|juan\w*|rupla\w*|ruble\w*|rupee\w*|rupia\w*|lira\w*|liira\w*|zloty\w*)\b"
)
# "euroopasta" and "Europe" name no money.
_EURO_WORD = r"(?:e|egee|egeä|eeroa|eur(?!oo?p)\w*)\b(?!-)"
_EURO_AFTER = re.compile(rf"[\s,-]*(?:€|{_EURO_WORD})")
_RANGE_BEFORE = re.compile(r"\d\s?(?:[-–]|\b(?:tai|vai|or|to)\b)\s?$")
_EURO_BEFORE = re.compile(r"(?:€|\beur|\beuros?)\s?$")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_MONTH_AND_YEAR = re.compile(r"(?<![\d./-])(0?[1-9]|1[0-2])\s?[./-]\s?(20\d\d)(?!\d)")
_YEAR_AND_MONTH = re.compile(r"(?<!\d)(20\d\d)\s?[./-]\s?(0?[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_SHORTEST_STEM = 4


@dataclasses.dataclass(frozen=True)
class Said:
    """What a customer wrote: the masked text, what gate 1 derived from masked values (coarse), and today's date."""

    text: str
    today: datetime.date
    derived: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def rest(self, text: str) -> Said:
        """Return the same with a part of the text."""
        return dataclasses.replace(self, text=text)


class _TextLoader(yaml.SafeLoader):
    """Reads every value as text, because YAML would make booleans of the words "yes", "no" and "on"."""

    yaml_implicit_resolvers: dict[str, Any] = {}


@functools.cache
def vocabulary(name: str) -> dict[str, Any]:
    """Return the words of `actions/vocabulary/<name>.yml`; every key and value is text, numbers too."""
    path = Path(__file__).parent / "vocabulary" / f"{name}.yml"
    loader = _TextLoader(path.read_text(encoding="utf-8"))
    try:
        words: dict[str, Any] = loader.get_single_data()
    finally:
        loader.dispose()
    return words


def number(text: str) -> Decimal | None:
    """Return the only number of a text: "2", "2,5 litraa", "1 200", "1,200.50"."""
    found = _NUMBER.findall(text.lower())
    return _decimal(found[0]) if len(found) == 1 else None


def count(text: str) -> int | None:
    """Return the only whole number of a text, in digits or in words: "3", "kolme kappaletta", "a couple"."""
    amount = number(text)
    if amount is not None:
        return int(amount) if amount == amount.to_integral_value() else None
    if re.search(r"\d", text):
        return None
    words = _words(text)
    counts = vocabulary("general")["counts"]
    named = {int(value) for value, names in counts.items() if any(_has(words, name) for name in names)}
    return named.pop() if len(named) == 1 else None


def euros(text: str) -> Decimal | None:
    """Return an amount in euros: "150", "150 €", "1 234,50 euroa", "ilmainen" (0); other currencies are not read.

    When several numbers stand in the text, the one that is named as euros counts.
    """
    named = euros_in_passing(text)
    if named is not None:
        return named
    if is_other_currency(text):
        return None
    if not re.search(r"\d", text):
        return Decimal(0) if mentions(text, vocabulary("general")["nothing"]) else None
    return number(text)


def euros_in_passing(text: str) -> Decimal | None:
    """Return the only amount of a longer text that is named as euros."""
    lower = text.lower()
    amounts = [
        match
        for match in _NUMBER.finditer(lower)
        if _EURO_AFTER.match(lower, match.end()) or _EURO_BEFORE.search(lower, 0, match.start())
    ]
    if len(amounts) != 1 or _RANGE_BEFORE.search(lower, 0, amounts[0].start()):
        return None
    return _decimal(amounts[0].group())


def is_other_currency(text: str) -> bool:
    """Tell whether a text names a currency other than the euro."""
    return _OTHER_CURRENCY.search(text.lower()) is not None


def yes_no(text: str) -> bool | None:
    """Return True for yes, False for no; None also for "I don't know"."""
    return None if mentions(text, vocabulary("general")["unknown"]) else _yes_no(_words(text))


def _yes_no(words: Sequence[str]) -> bool | None:
    general = vocabulary("general")
    if words and words[0] in map(fold, general["well"]):
        # "no joo" is Finnish for "well yes".
        answer = _yes_no(words[1:])
        if answer is not None:
            return answer
    for answer, phrases in ((True, general["yes"]), (False, general["no"])):
        if any(_begins(words, phrase) for phrase in phrases):
            return answer
    return None


def choice(text: str, options: Mapping[str, Sequence[str]]) -> str | None:
    """Return the option whose words stand in the text; the longest word found decides.

    A word of four letters or more also matches with any ending ("paita" in "paitoja" needs "pait"); a phrase of
    several words matches as it stands.
    """
    spoken = _spoken(text)
    best: tuple[int, str] | None = None
    contested = False
    for option, stems in options.items():
        length = max((len(stem) for stem in stems if _is_spoken(spoken, stem)), default=0)
        if length and (best is None or length > best[0]):
            best, contested = (length, option), False
        elif length and best is not None and length == best[0]:
            contested = True
    return best[1] if best is not None and not contested else None


def mentions(text: str, stems: Iterable[str]) -> bool:
    """Tell whether one of the stems begins a word of the text; stems of up to three letters must be the whole word."""
    spoken = _spoken(text)
    return any(_is_spoken(spoken, stem) for stem in stems)


def begins_with(text: str, phrases: Iterable[str]) -> bool:
    """Tell whether a text begins with one of the phrases, word for word."""
    words = _words(text)
    return any(_begins(words, phrase) for phrase in phrases)


def after(text: str, phrases: Iterable[str]) -> str | None:
    """Return what follows the longest of the phrases with which a text begins, or None when it begins with none."""
    text = unicodedata.normalize("NFC", text)
    words = _words(text)
    length = max((len(_words(phrase)) for phrase in phrases if _begins(words, phrase)), default=0)
    if not length:
        return None
    ends = [match.end() for match in _WORD.finditer(text)]
    return text[ends[length - 1] :].lstrip(" ,.;:!–-")


def fold(text: str) -> str:
    """Return a text in lower case without diacritics: customers write "kyllä" and "kylla", "Åland" and "aland"."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def month(said: Said) -> datetime.date | None:
    """Return the first day of a month: "3/2026", "maaliskuussa 2026", "March", "viime kuussa", "next month".

    A month without a year is the latest one that is not in the future. A full date was masked by gate 1, which
    derives its month.
    """
    derived = said.derived.get("month")
    if isinstance(derived, str):
        return datetime.date.fromisoformat(f"{derived}-01")
    text = said.text.lower()
    for pattern, year_group in ((_MONTH_AND_YEAR, 2), (_YEAR_AND_MONTH, 1)):
        if match := pattern.search(text):
            return datetime.date(int(match.group(year_group)), int(match.group(3 - year_group)), 1)
    words = vocabulary("general")
    this_month = said.today.replace(day=1)
    if mentions(text, words["this_month"]):
        return this_month
    if mentions(text, words["last_month"]):
        return _months_before(this_month, 1)
    if mentions(text, words["next_month"]):
        return _months_before(this_month, -1)
    named = choice(text, words["months"])
    if named is None:
        return None
    years = _YEAR.findall(text)
    if years:
        return datetime.date(int(years[0]), int(named), 1)
    candidate = datetime.date(said.today.year, int(named), 1)
    return candidate if candidate <= this_month else candidate.replace(year=candidate.year - 1)


def _months_before(first_of_month: datetime.date, count: int) -> datetime.date:
    months = first_of_month.year * 12 + first_of_month.month - 1 - count
    return datetime.date(months // 12, months % 12 + 1, 1)


def _words(text: str) -> list[str]:
    return [fold(match.group()) for match in _WORD.finditer(unicodedata.normalize("NFC", text))]


def _spoken(text: str) -> str:
    return f" {' '.join(_words(text))} "


def _is_spoken(spoken: str, stem: str) -> bool:
    wanted = fold(stem)
    return f" {wanted}" in spoken if len(wanted) >= _SHORTEST_STEM else f" {wanted} " in spoken


def _begins(words: Sequence[str], phrase: str) -> bool:
    wanted = _words(phrase)
    return bool(wanted) and list(words[: len(wanted)]) == wanted


def _has(words: Sequence[str], phrase: str) -> bool:
    return any(_begins(words[start:], phrase) for start in range(len(words)))


def _decimal(written: str) -> Decimal | None:
    digits = re.sub(r"[ \u00a0\u202f]", "", written)
    parts = re.split(r"[.,]", digits)
    first, last = parts[0], parts[-1]
    # The last separator is the decimal one, unless it groups thousands as in 1.200 or 1,200 (but not in 0.125).
    grouped = all(len(part) == 3 for part in parts[1:]) and len(first) <= 3 and first.strip("0") != ""
    if len(parts) == 1 or grouped:
        return Decimal("".join(parts))
    return Decimal(f"{''.join(parts[:-1])}.{last}")
