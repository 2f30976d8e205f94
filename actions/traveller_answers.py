"""Reading what travellers write about their trip: what they bring, where they come from, how much they have.

Every reader takes what gate 1 left of a message and returns None when it cannot tell, or raises RefusedAnswer when the
answer cannot be used. The words stand in `actions/vocabulary/allowances.yml`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from actions import forms
from actions.forms import RefusedAnswer
from actions.places import FINLAND, place_in, place_left
from actions.quantities import Quantity, clauses, margin, quantity, with_thousands
from actions.traveller_rules import ALAND, Goods, Item, Transport, project_rules
from actions.values import (
    Said,
    begins_with,
    choice,
    euros,
    euros_in_passing,
    fold,
    is_other_currency,
    mentions,
    vocabulary,
    yes_no,
)

LARGEST_AMOUNT = Decimal(1_000_000)
OLDEST = 120

_CIGARETTES = {"pack": 20, "carton": 200}
_HOURS = {"hours": 1, "whole_days": 24, "days": 24, "nights": 24, "weeks": 7 * 24, "months": 30 * 24, "years": 365 * 24}
# "One day" or "one night" may be less or more than 24 hours.
_VAGUE_DAYS = frozenset({"days", "nights"})
_TIMES = frozenset(_HOURS)
# Three months have at most 92 days, so 92 days are not more than three months.
_DAY = Decimal(3) / 92
_MONTHS = {"whole_days": _DAY, "days": _DAY, "weeks": 7 * _DAY, "months": Decimal(1), "years": Decimal(12)}
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_NEXT_NUMBER = re.compile(r"(?<=[^\W\d_])\s+(?=\d)")
_MASKED = re.compile(r"\[[A-Z_]+[0-9]*\]")
# Stands for what gate 1 took out.
_GONE = "¤"
_AGE = re.compile(r"(?<![\w.,-])(\d{1,3})(?![\w]*\d)")
_AGE_IN_PASSING = re.compile(
    r"(?<![\w.,-])([1-9]\d)(?:\s?-?\s?(?:vuoti|v\b|vee\b)|[\s-]years?[\s-]old|\s?(?:yo|y/o)\b)"
    r"|\b(?:olen|oon|i am|i'm|im|aged?|ikä)\s(?:on\s)?([1-9]\d)(?![\w%€]|[,.]\d)",
    re.IGNORECASE,
)

Carried = dict[str, float]
Reader = Callable[[Said], Any]


def _words() -> dict[str, Any]:
    return vocabulary("allowances")


def unmasked(read: Reader, refusal: str) -> Reader:
    """Return a reader of what gate 1 left of an answer; when that is nothing, the answer is refused."""

    def read_rest(said: Said) -> Any:
        rest = _rest(said)
        value = read(rest)
        if value is None and rest != said:
            raise RefusedAnswer(refusal)
        return value

    return read_rest


def _rest(said: Said) -> Said:
    # The number in "[NAME_1]" is none of the customer's.
    return said.rest(_MASKED.sub(f" {_GONE} ", said.text))


def kind_in(said: Said) -> str | None:
    """Return the kind of goods; raises RefusedAnswer when several are named, each of which has its own rules."""
    kinds = _kinds_in(said.text)
    if len(kinds) > 1:
        raise RefusedAnswer("utter_refuse_allowances_one_kind")
    return kinds[0] if kinds else None


def found_kind(said: Said) -> str | None:
    """Return the kind of goods that a longer message names."""
    kinds = _kinds_in(said.text)
    return kinds[0] if len(kinds) == 1 else None


def _kinds_in(text: str) -> list[str]:
    spoken = f" {' '.join(_WORD.findall(fold(text)))} "
    found: set[str] = set()
    for stem, kind in _stems_of_kinds():
        wanted = rf" {re.escape(stem)}" + (r"\w*" if len(stem) > 3 else r"(?= )")
        # What a longer stem explains ("chewing tobacco") does not count for a shorter one ("tobacco").
        spoken, times = re.subn(wanted, " ", spoken)
        if times:
            found.add(kind)
    if len(found) > 1:
        found.discard(Goods.GOODS.value)
    return sorted(found)


@functools.cache
def _stems_of_kinds() -> tuple[tuple[str, str], ...]:
    words = _words()
    stems = {kind: [fold(stem) for stem in own] for kind, own in words["kinds"].items()}
    stems[Goods.ALCOHOL.value] += [fold(stem) for own in words["drinks"].values() for stem in own]
    pairs = [(stem, kind) for kind, own in stems.items() for stem in own]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))


def pet_in(said: Said) -> str | None:
    """Return the kind of animal."""
    words = _words()
    return found_pet(said) or ("other" if mentions(said.text, words["another_pet"]) else None)


def found_pet(said: Said) -> str | None:
    """Return the kind of animal that a longer message names."""
    return choice(said.text, _words()["pets"])


def adult_in(said: Said) -> int | None:
    """Return the age at which the customer's group begins, of those that decide about tobacco."""
    words = _words()
    band = _age_band(said.text, "tobacco_age")
    if band is not None:
        return band
    if mentions(said.text, words["minor"]):
        return 0
    is_of_age = mentions(said.text, words["adult"]) or margin(said.text) > 0
    answer = True if is_of_age else yes_no(said.text)
    if answer is None and begins_with(said.text, words["i_am"]):
        answer = not mentions(said.text, words["i_am_not"])
    elif answer is None and margin(said.text) < 0:
        answer = False
    return None if answer is None else age_bands("tobacco_age")[-1 if answer else 0]


def age_in(said: Said) -> int | None:
    """Return the age at which the customer's group begins, of those that decide about alcohol."""
    band = _age_band(said.text, "alcohol_age", "strong_alcohol_age")
    return 0 if band is None and mentions(said.text, _words()["minor"]) else band


def _age_band(text: str, *limits: str) -> int | None:
    match = _AGE.search(text)
    age = int(match[1]) if match is not None and not _is_counted(match) else 0
    is_younger = margin(text) < 0 or mentions(text, _words()["not_yet"])
    return _band(age - is_younger, *limits) if 0 < age <= OLDEST else None


def _is_counted(number: re.Match[str]) -> bool:
    """Tell whether a number counts something else than years: "10 litraa"."""
    following = _WORD.search(number.string, number.end())
    found = quantity(f"1 {following[0]}") if following is not None else None
    return found is not None and found.unit not in (None, "years")


def _band(age: int, *limits: str) -> int:
    return max(begin for begin in age_bands(*limits) if begin <= age)


def age_bands(*limits: str) -> list[int]:
    """Return the ages at which the groups begin that these age limits tell apart."""
    rules = project_rules()
    return [0, *(int(rules.limit(name, on=forms.today()).amount) for name in limits)]


def found_age(*limits: str) -> Callable[[Said], int | None]:
    """Return a reader of the age that a longer message tells, as the age at which its group begins."""

    def found(said: Said) -> int | None:
        match = _AGE_IN_PASSING.search(said.text)
        if match is None or _is_counted(match):
            return None
        return _band(int(match[1] or match[2]), *limits)

    return found


def origin_in(said: Said) -> str | None:
    """Return the code of the place that the customer comes from; raises RefusedAnswer for Finland."""
    code = ALAND if mentions(said.text, _words()["via_aland"]) else place_in(said.text)
    return _from_abroad(code)


def found_origin(said: Said) -> str | None:
    """Return the code of the place that a longer message names as the one the customer comes from."""
    return _from_abroad(ALAND if mentions(said.text, _words()["via_aland"]) else place_left(said.text))


def _from_abroad(code: str | None) -> str | None:
    if code == FINLAND:
        raise RefusedAnswer("utter_refuse_allowances_finland")
    return code


def transport_in(said: Said) -> str | None:
    """Return how the customer arrives."""
    transports = _words()["transports"]
    # A car on a ferry arrives by ship.
    by_sea = mentions(said.text, transports["ship"]) and not mentions(said.text, transports["plane"])
    return Transport.SHIP.value if by_sea else choice(said.text, transports)


def trip_in(said: Said) -> float | None:
    """Return the length of the trip in hours; an hour less or more stands for "under" and "over"."""
    if mentions(said.text, _words()["day_trip"]):
        return float(_HOURS["whole_days"] // 2)
    found = quantity(said.text)
    if found is None or found.unit not in _HOURS:
        return None
    if found.unit in _VAGUE_DAYS and found.amount <= 1 and margin(said.text) >= 0:
        return None
    return _stored(_in_range(found.amount * _HOURS[found.unit]) + margin(said.text))


def drinks_in(said: Said) -> Carried | None:
    """Return litres by drink; raises RefusedAnswer when litres cannot be told."""
    return _carried(said, _words()["drinks"], _litres)


def _litres(item: str | None, found: Quantity) -> tuple[Item, Decimal] | None:
    if found.unit != "l":
        raise RefusedAnswer("utter_refuse_allowances_litres")
    if item is None:
        return None
    drink = Item(item)
    mild = project_rules().limit("alcohol_strength", on=forms.today()).amount
    if drink is Item.SPIRITS and found.strength is not None and found.strength <= mild:
        drink = Item.INTERMEDIATE
    return drink, found.amount


def tobacco_in(said: Said) -> Carried | None:
    """Return pieces, or grams of loose tobacco, by product; raises RefusedAnswer when they cannot be told."""
    return _carried(said, _words()["tobacco"], _tobacco)


def _tobacco(item: str | None, found: Quantity) -> tuple[Item, Decimal] | None:
    if found.unit == "g":
        return Item.LOOSE_TOBACCO, found.amount
    # "Tobacco" in pieces means cigarettes.
    product = Item(item) if item not in (None, Item.LOOSE_TOBACCO.value) else Item.CIGARETTES
    if found.unit is None:
        return product, found.amount
    if found.unit not in _CIGARETTES or product is not Item.CIGARETTES:
        raise RefusedAnswer("utter_refuse_allowances_tobacco")
    return product, found.amount * _CIGARETTES[found.unit]


def _carried(
    said: Said,
    words: Mapping[str, Sequence[str]],
    reckon: Callable[[str | None, Quantity], tuple[Item, Decimal] | None],
) -> Carried | None:
    limits_only = _only_limits(said)
    if limits_only is not None:
        return limits_only
    carried: dict[Item, Decimal] = {}
    for item, found in _pairs(said.text, words):
        if found is None:
            # "20 l of beer and some wine" tells too little about the wine.
            found = Quantity(Decimal(1), "container")
        reckoned = reckon(item, found)
        if reckoned is None:
            return None
        carried[reckoned[0]] = carried.get(reckoned[0], Decimal(0)) + reckoned[1]
    return {item.value: _stored(_in_range(amount)) for item, amount in carried.items()} or None


def _pairs(text: str, words: Mapping[str, Sequence[str]]) -> list[tuple[str | None, Quantity | None]]:
    """Return what is named with its quantity; "viiniä, 5 litraa" is one pair, too."""
    pairs: list[tuple[str | None, Quantity | None]] = []
    for clause in _parts(text, words):
        item, found = choice(clause, words), quantity(clause)
        if item is None and _GONE in clause:
            return []
        if item is None and found is not None and (found.unit in _TIMES or _AGE_IN_PASSING.search(clause)):
            continue
        if pairs and (item is None) != (found is None):
            last_item, last_found = pairs[-1]
            if item is None and last_found is None or found is None and last_item is None:
                pairs[-1] = (item or last_item, found or last_found)
                continue
        if item is not None or found is not None:
            pairs.append((item, found))
    if all(found is None for _, found in pairs):
        return []
    return pairs


def _parts(text: str, words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the parts of an enumeration, also of one without commas: "20 l olutta 10 l viiniä"."""
    for clause in clauses(text):
        parts = _NEXT_NUMBER.split(clause)
        if len(parts) > 1 and all(choice(part, words) is not None and quantity(part) is not None for part in parts):
            yield from parts
        else:
            yield clause


def snus_in(said: Said) -> Carried | None:
    """Return grams; raises RefusedAnswer for cans, whose weights differ."""
    return _single(said, Item.SNUS, "g", Decimal(1), "utter_refuse_allowances_grams")


def liquid_in(said: Said) -> Carried | None:
    """Return millilitres; raises RefusedAnswer for devices and bottles without a size."""
    return _single(said, Item.NICOTINE_LIQUID, "l", Decimal(1000), "utter_refuse_allowances_millilitres")


def fuel_in(said: Said) -> Carried | None:
    """Return litres; raises RefusedAnswer for containers without a size."""
    return _single(said, Item.FUEL, "l", Decimal(1), "utter_refuse_allowances_fuel")


def _single(said: Said, item: Item, unit: str, factor: Decimal, refusal: str) -> Carried | None:
    carried = _only_limits(said)
    if carried is not None:
        return carried
    found = quantity(said.text)
    if found is None:
        return None
    if found.unit not in (unit, None):
        raise RefusedAnswer(refusal)
    # Without a unit the number is in the unit that was asked for.
    return {item.value: _stored(_in_range(found.amount * factor if found.unit else found.amount))}


def supply_in(said: Said) -> Carried | None:
    """Return for how many months the medicines last."""
    carried = _only_limits(said)
    if carried is not None:
        return carried
    found = quantity(said.text)
    if found is None or found.unit not in _MONTHS:
        return None
    months = _in_range(found.amount * _MONTHS[found.unit])
    return {Item.MEDICINE.value: _stored(months + margin(said.text) * _DAY)}


def value_in(said: Said) -> Carried | None:
    """Return the value of the goods in euros; raises RefusedAnswer for other currencies."""
    return _sum(said, Item.VALUE)


def cash_in(said: Said) -> Carried | None:
    """Return the cash in euros; raises RefusedAnswer for other currencies."""
    return _sum(said, Item.CASH)


def _sum(said: Said, item: Item) -> Carried | None:
    carried = _only_limits(said)
    if carried is not None:
        return carried
    text = with_thousands(said.text)
    if is_other_currency(text) and euros_in_passing(text) is None:
        raise RefusedAnswer("utter_refuse_allowances_currency")
    amount = euros(text)
    if amount is None:
        return None
    return {item.value: _stored(max(_in_range(amount) + margin(text) * Decimal("0.01"), Decimal(0)))}


def _only_limits(said: Said) -> Carried | None:
    """Return an empty mapping when the customer wants no amount compared."""
    words = [*_words()["only_limits"], *vocabulary("general")["unknown"]]
    if mentions(said.text, words) or (yes_no(said.text) is False and not re.search(r"\d", said.text)):
        return {}
    return None


def _in_range(amount: Decimal) -> Decimal:
    if amount > LARGEST_AMOUNT:
        raise RefusedAnswer("utter_refuse_allowances_amount")
    return amount


def _stored(amount: Decimal) -> float:
    # As text a long number would be masked in the store.
    return float(round(amount, 2))


def in_passing(read: Callable[[Said], Carried | None]) -> Callable[[Said], Carried | None]:
    """Return a reader of amounts in a longer message, where a bare number can be anything."""

    def found(said: Said) -> Carried | None:
        rest = _rest(said)
        if mentions(rest.text, _words()["limits"]) or not any(map(_is_measured, clauses(rest.text))):
            return None
        return read(rest) or None

    return found


def _is_measured(clause: str) -> bool:
    found = quantity(clause)
    return found is not None and found.is_written and found.unit is not None


def sum_in_passing(read: Callable[[Said], Carried | None]) -> Callable[[Said], Carried | None]:
    """Return a reader of the sum that a longer message names as euros."""

    def found(said: Said) -> Carried | None:
        rest = _rest(said)
        if mentions(rest.text, _words()["limits"]) or euros_in_passing(with_thousands(rest.text)) is None:
            return None
        return read(rest)

    return found
