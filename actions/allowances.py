"""The traveller allowances: what somebody may bring to Finland from a trip."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import forms
from actions.conversation import DomainDict, language_of, variation
from actions.forms import Answers, Question, RefusedAnswer, ServiceForm, ServiceResult
from actions.places import FINLAND, PLACES, Area, Place, place_in, place_left
from actions.quantities import Quantity, clauses, margin, quantity, with_thousands
from actions.traveller_rules import (
    ALAND,
    SOMEWHERE,
    Allowance,
    Check,
    Fact,
    Goods,
    Item,
    Limit,
    Line,
    Pet,
    Transport,
    Trip,
    allowance,
    deciding,
    project_rules,
)
from actions.values import Said, choice, euros, euros_in_passing, fold, is_other_currency, mentions, vocabulary, yes_no
from actions.wording import euros as money
from actions.wording import number as figure

KIND = "allowances_kind"
PET = "allowances_pet"
ADULT = "allowances_adult"
AGE = "allowances_age"
ORIGIN = "allowances_origin"
TRANSPORT = "allowances_transport"
TRIP = "allowances_trip"
DRINKS = "allowances_drinks"
TOBACCO = "allowances_tobacco"
SNUS = "allowances_snus"
LIQUID = "allowances_liquid"
VALUE = "allowances_value"
CASH = "allowances_cash"
SUPPLY = "allowances_supply"
FUEL = "allowances_fuel"

LARGEST_AMOUNT = Decimal(1_000_000)
OLDEST = 120

_AMOUNTS = {
    Goods.ALCOHOL: DRINKS,
    Goods.TOBACCO: TOBACCO,
    Goods.SNUS: SNUS,
    Goods.E_CIGARETTES: LIQUID,
    Goods.GOODS: VALUE,
    Goods.CASH: CASH,
    Goods.MEDICINE: SUPPLY,
    Goods.FUEL: FUEL,
}
_CIGARETTES = {"pack": 20, "carton": 200}
_HOURS = {"hours": 1, "whole_days": 24, "days": 24, "nights": 24, "weeks": 7 * 24, "months": 30 * 24, "years": 365 * 24}
# "One day" or "one night" may be less or more than 24 hours.
_VAGUE_DAYS = frozenset({"days", "nights"})
# Three months have at most 92 days, so 92 days are not more than three months.
_TIMES = frozenset(_HOURS)
_DAY = Decimal(3) / 92
_MONTHS = {"whole_days": _DAY, "days": _DAY, "weeks": 7 * _DAY, "months": Decimal(1), "years": Decimal(12)}
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_MASKED = re.compile(r"\[[A-Z_]+[0-9]*\]")
# Stands for what gate 1 took out.
_GONE = "¤"
_AGE = re.compile(r"(?<![\w.,-])(\d{1,3})(?![\w]*\d)")
_AGE_IN_PASSING = re.compile(
    r"(?<![\w.,-])([1-9]\d)(?:\s?-?\s?(?:vuoti|v\b|vee\b)|[\s-]years?[\s-]old|\s?(?:yo|y/o)\b)"
    r"|\b(?:olen|oon|i am|i'm|im|aged?|ikä)\s(?:on\s)?([1-9]\d)(?![\w%€]|[,.]\d)",
    re.IGNORECASE,
)

Carried = dict[str, str]
_Reader = Callable[[Said], Any]


def _words() -> dict[str, Any]:
    return vocabulary("allowances")


def _named(question: str) -> tuple[str, ...]:
    return tuple(_words()["names"][question])


# ------------------------------------------------------------------------------------------------ reading answers


def kind_in(said: Said) -> str | None:
    """Return the kind of goods; raises RefusedAnswer when several are named, each of which has its own rules."""
    kinds = _kinds_in(said.text)
    if len(kinds) > 1:
        raise RefusedAnswer("utter_refuse_allowances_one_kind")
    return kinds[0] if kinds else None


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
    answer = True if mentions(said.text, words["adult"]) else yes_no(said.text)
    return None if answer is None else _bands("tobacco_age")[-1 if answer else 0]


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
    return max(begin for begin in _bands(*limits) if begin <= age)


def _bands(*limits: str) -> list[int]:
    rules = project_rules()
    return [0, *(int(rules.limit(name, on=forms.today()).amount) for name in limits)]


def _found_age(*limits: str) -> Callable[[Said], int | None]:
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


def trip_in(said: Said) -> str | None:
    """Return the length of the trip in hours; an hour less or more stands for "under" and "over"."""
    if mentions(said.text, _words()["day_trip"]):
        return str(_HOURS["whole_days"] // 2)
    found = quantity(said.text)
    if found is None or found.unit not in _HOURS or (found.unit in _VAGUE_DAYS and found.amount <= 1):
        return None
    return _text(_in_range(found.amount * _HOURS[found.unit]) + margin(said.text))


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
    return {item.value: _text(_in_range(amount)) for item, amount in carried.items()} or None


def _pairs(text: str, words: Mapping[str, Sequence[str]]) -> list[tuple[str | None, Quantity | None]]:
    """Return what is named with its quantity; "viiniä, 5 litraa" is one pair, too."""
    pairs: list[tuple[str | None, Quantity | None]] = []
    for clause in clauses(text):
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
    return {item.value: _text(_in_range(found.amount * factor if found.unit else found.amount))}


def supply_in(said: Said) -> Carried | None:
    """Return for how many months the medicines last."""
    carried = _only_limits(said)
    if carried is not None:
        return carried
    found = quantity(said.text)
    if found is None or found.unit not in _MONTHS:
        return None
    months = _in_range(found.amount * _MONTHS[found.unit])
    return {Item.MEDICINE.value: _text(months + margin(said.text) * _DAY)}


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
    return {item.value: _text(max(_in_range(amount) + margin(text) * Decimal("0.01"), Decimal(0)))}


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


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _in_passing(read: Callable[[Said], Carried | None]) -> Callable[[Said], Carried | None]:
    """Return a reader of amounts in a longer message, where a bare number can be anything."""

    def found(said: Said) -> Carried | None:
        if mentions(said.text, _words()["limits"]) or not any(_is_measured(clause) for clause in clauses(said.text)):
            return None
        return read(said) or None

    return found


def _is_measured(clause: str) -> bool:
    found = quantity(clause)
    return found is not None and found.is_written and found.unit is not None


def _sum_in_passing(read: Callable[[Said], Carried | None]) -> Callable[[Said], Carried | None]:
    def found(said: Said) -> Carried | None:
        text = with_thousands(said.text)
        if mentions(text, _words()["limits"]) or euros_in_passing(text) is None:
            return None
        return read(said)

    return found


# -------------------------------------------------------------------------------------------------- the questions


def trip_of(answers: Answers) -> Trip | None:
    """Return the trip as it is known so far, None when not even the kind of goods is known."""
    if KIND not in answers:
        return None
    age = answers.get(AGE, answers.get(ADULT))
    return Trip(
        goods=Goods(answers[KIND]),
        origin=PLACES[str(answers[ORIGIN])] if ORIGIN in answers else None,
        transport=Transport(answers[TRANSPORT]) if TRANSPORT in answers else None,
        hours=Decimal(answers[TRIP]) if TRIP in answers else None,
        age=None if age is None else int(age),
        pet=Pet(answers[PET]) if PET in answers else None,
    )


def carried_of(answers: Answers) -> dict[Item, Decimal]:
    """Return the amounts that the customer told."""
    slot = _AMOUNTS.get(Goods(answers[KIND]))
    told: Carried = answers.get(slot, {}) if slot is not None else {}
    return {Item(item): Decimal(amount) for item, amount in told.items()}


def _decides(fact: Fact, *goods: Goods) -> Callable[[Answers], bool]:
    """Return the condition that a fact decides for what is known so far; `goods` narrows it to some kinds."""

    def decides(answers: Answers) -> bool:
        trip = trip_of(answers)
        if trip is None or (goods and trip.goods not in goods):
            return False
        return fact in deciding(trip, on=forms.today())

    return decides


def _question(slot: str, read: _Reader, *, name: str, masked: str = "word", **other: Any) -> Question:
    return Question(slot, read=_unmasked(read, f"utter_refuse_allowances_{masked}"), named=_named(name), **other)


def _unmasked(read: _Reader, refusal: str) -> _Reader:
    """Return a reader of what gate 1 left of an answer; when that is nothing, the answer is refused."""

    def read_rest(said: Said) -> Any:
        # The number in "[NAME_1]" is none of the customer's.
        rest = said.rest(_MASKED.sub(f" {_GONE} ", said.text))
        value = read(rest)
        if value is None and rest != said:
            raise RefusedAnswer(refusal)
        return value

    return read_rest


def _amount(slot: str, read: _Reader, find: _Reader) -> Question:
    goods = next(goods for goods, own in _AMOUNTS.items() if own == slot)
    decides = _decides(Fact.AMOUNT, goods)
    return _question(slot, read, name="amount", masked="masked", find=find, is_asked=decides)


def _found_kind(said: Said) -> str | None:
    kinds = _kinds_in(said.text)
    return kinds[0] if len(kinds) == 1 else None


class AllowancesForm(ServiceForm):
    """Asks only what decides: from one question (nicotine pouches) to six."""

    service = "allowances"
    questions = (
        _question(KIND, kind_in, name="kind", find=_found_kind),
        _question(PET, pet_in, name="pet", find=found_pet, is_asked=_decides(Fact.PET)),
        _question(
            ADULT,
            adult_in,
            name="age",
            find=_found_age("tobacco_age"),
            is_asked=_decides(Fact.AGE, Goods.TOBACCO, Goods.SNUS, Goods.E_CIGARETTES),
        ),
        _question(
            AGE,
            age_in,
            name="age",
            find=_found_age("alcohol_age", "strong_alcohol_age"),
            is_asked=_decides(Fact.AGE, Goods.ALCOHOL),
        ),
        _question(ORIGIN, origin_in, name="origin", masked="place", find=found_origin, is_asked=_decides(Fact.ORIGIN)),
        _question(TRANSPORT, transport_in, name="transport", find=transport_in, is_asked=_decides(Fact.TRANSPORT)),
        _question(TRIP, trip_in, name="trip", masked="masked", is_asked=_decides(Fact.TRIP)),
        _amount(DRINKS, drinks_in, _in_passing(drinks_in)),
        _amount(TOBACCO, tobacco_in, _in_passing(tobacco_in)),
        _amount(SNUS, snus_in, _in_passing(snus_in)),
        _amount(LIQUID, liquid_in, _in_passing(liquid_in)),
        _amount(VALUE, value_in, _sum_in_passing(value_in)),
        _amount(CASH, cash_in, _sum_in_passing(cash_in)),
        _amount(SUPPLY, supply_in, _in_passing(supply_in)),
        _amount(FUEL, fuel_in, _in_passing(fuel_in)),
    )


# ------------------------------------------------------------------------------------------------------- the result


class AllowancesResult(ServiceResult):
    """Tells what may be brought, under which conditions, and whether the amount fits."""

    service = "allowances"
    questions = AllowancesForm.questions

    def tell(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, answers: dict[str, Any]
    ) -> None:
        """Send the outcome."""
        trip = trip_of(answers)
        if trip is None:
            return
        told = allowance(trip, carried_of(answers), on=forms.today())
        texts = _Texts(domain, language_of(tracker), trip, told)
        dispatcher.utter_message(
            response=f"utter_allowances_result_{trip.goods.value}",
            summary=" · ".join(texts.summary()),
            answer="\n\n".join(texts.paragraphs()),
        )


@dataclasses.dataclass(frozen=True)
class _Texts:
    """An allowance in words."""

    domain: DomainDict
    language: str
    trip: Trip
    allowance: Allowance

    def summary(self) -> Iterator[str]:
        words, trip = _words(), self.trip
        yield self._name(words["kind_names"][trip.goods.value])
        if trip.pet is not None:
            yield self._name(words["pet_names"][trip.pet.value])
        if trip.age is not None:
            yield self._age(trip.age)
        if trip.origin is not None:
            yield self._place(trip.origin)
        if trip.transport is not None:
            yield self._name(words["transport_names"][trip.transport.value])
        if trip.hours is not None:
            yield self._length(trip.hours)

    def paragraphs(self) -> Iterator[str]:
        told = self.allowance
        if told.checks:
            yield " ".join(self._text(f"advice_{verdict.value}") for verdict in told.verdicts)
            yield self._list(self._check(check) for check in told.checks)
        yield self._line(told.rule)
        if told.limits:
            yield self._list(map(self._line, told.limits))
        if told.conditions:
            heading = self._text("heading_conditions")
            yield f"{heading}\n\n{self._list(map(self._line, told.conditions))}"
        if told.is_forbidden:
            yield self._text("hand_over")
        if not told.is_certain:
            yield self._text("uncertain")

    def _line(self, line: Line) -> str:
        return self._text(line.name, **{gap: self._figure(limit.amount) for gap, limit in line.limits.items()})

    def _check(self, check: Check) -> str:
        in_euros = check.limit.unit == "EUR"
        amount = money(check.amount, self.language) if in_euros else self._figure(round(check.amount, 2))
        told = self._text(f"amount_{check.name}", amount=amount, limit=self._figure(check.limit.amount))
        return f"{told}: {self._text(f'check_{check.verdict.value}')}"

    @staticmethod
    def _list(lines: Iterator[str] | map[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)

    def _figure(self, amount: Decimal) -> str:
        return figure(amount.normalize(), self.language)

    def _name(self, names: Mapping[str, str], **values: str) -> str:
        return names[self.language].format(**values)

    def _place(self, origin: Place) -> str:
        names = _words()["place_names"]
        if origin.code in SOMEWHERE or origin.code == ALAND:
            return self._name(names[origin.code])
        is_in_eea = origin.area is Area.OUTSIDE and not project_rules().is_outside_eea(origin)
        return self._name(names["eea" if is_in_eea else origin.area.value], place=origin.names[self.language])

    def _age(self, age: int) -> str:
        names = _words()["age_names"]
        limits = ("alcohol_age", "strong_alcohol_age") if self.trip.goods is Goods.ALCOHOL else ("tobacco_age",)
        bands = _bands(*limits)
        following = next((begin for begin in bands if begin > age), None)
        if following is None:
            return self._name(names["over"], age=str(bands[-1]))
        if age < bands[1]:
            return self._name(names["under"], age=str(following))
        return self._name(names["between"], age=str(age), last=str(following - 1))

    def _length(self, hours: Decimal) -> str:
        name = "alcohol_trip" if self.trip.goods is Goods.ALCOHOL else "tobacco_trip"
        limit: Limit = project_rules().limit(name, on=forms.today())
        compared = "equal" if hours == limit.amount else "less" if hours < limit.amount else "more"
        return self._name(_words()["trip_names"][compared], hours=self._figure(limit.amount))

    def _text(self, name: str, **values: str) -> str:
        found = variation(self.domain, f"utter_allowances_line_{name}", self.language)
        if found is None:
            raise LookupError(f"data/services/allowances.yml has no utter_allowances_line_{name}")
        return str(found["text"]).format(**values)
