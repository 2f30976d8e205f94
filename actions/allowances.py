"""The traveller allowances: what somebody may bring to Finland from a trip."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import forms
from actions import traveller_answers as answered
from actions.conversation import DomainDict, language_of, variation
from actions.forms import Answers, Question, ServiceForm, ServiceResult
from actions.places import PLACES, Area, Place
from actions.traveller_answers import Carried, Reader, age_bands
from actions.traveller_rules import (
    ALAND,
    SOMEWHERE,
    Allowance,
    Check,
    Fact,
    Goods,
    Item,
    Line,
    Pet,
    Transport,
    Trip,
    allowance,
    deciding,
    project_rules,
)
from actions.values import vocabulary
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


def _words() -> dict[str, Any]:
    return vocabulary("allowances")


def _named(question: str) -> tuple[str, ...]:
    return tuple(_words()["names"][question])


def trip_of(answers: Answers) -> Trip | None:
    """Return the trip as it is known so far, None when not even the kind of goods is known."""
    if KIND not in answers:
        return None
    age = answers.get(AGE, answers.get(ADULT))
    return Trip(
        goods=Goods(answers[KIND]),
        origin=PLACES[str(answers[ORIGIN])] if ORIGIN in answers else None,
        transport=Transport(answers[TRANSPORT]) if TRANSPORT in answers else None,
        hours=Decimal(str(answers[TRIP])) if TRIP in answers else None,
        age=None if age is None else int(age),
        pet=Pet(answers[PET]) if PET in answers else None,
    )


def carried_of(answers: Answers) -> dict[Item, Decimal]:
    """Return the amounts that the customer told."""
    slot = _AMOUNTS.get(Goods(answers[KIND]))
    told: Carried = answers.get(slot, {}) if slot is not None else {}
    return {Item(item): Decimal(str(amount)) for item, amount in told.items()}


def _decides(fact: Fact, *goods: Goods) -> Callable[[Answers], bool]:
    """Return the condition that a fact decides for what is known so far; `goods` narrows it to some kinds."""

    def decides(answers: Answers) -> bool:
        trip = trip_of(answers)
        if trip is None or (goods and trip.goods not in goods):
            return False
        return fact in deciding(trip, on=forms.today())

    return decides


def _question(slot: str, read: Reader, *, name: str, masked: str = "word", **other: Any) -> Question:
    return Question(
        slot, read=answered.unmasked(read, f"utter_refuse_allowances_{masked}"), named=_named(name), **other
    )


def _amount(slot: str, read: Reader, find: Reader) -> Question:
    goods = next(goods for goods, own in _AMOUNTS.items() if own == slot)
    decides = _decides(Fact.AMOUNT, goods)
    return _question(slot, read, name="amount", masked="masked", find=find, is_asked=decides)


class AllowancesForm(ServiceForm):
    """Asks only what decides: from one question (nicotine pouches) to six."""

    service = "allowances"
    questions = (
        _question(KIND, answered.kind_in, name="kind", find=answered.found_kind),
        _question(PET, answered.pet_in, name="pet", find=answered.found_pet, is_asked=_decides(Fact.PET)),
        _question(
            ADULT,
            answered.adult_in,
            name="age",
            find=answered.found_age("tobacco_age"),
            is_asked=_decides(Fact.AGE, Goods.TOBACCO, Goods.SNUS, Goods.E_CIGARETTES),
        ),
        _question(
            AGE,
            answered.age_in,
            name="age",
            find=answered.found_age("alcohol_age", "strong_alcohol_age"),
            is_asked=_decides(Fact.AGE, Goods.ALCOHOL),
        ),
        _question(
            ORIGIN,
            answered.origin_in,
            name="origin",
            masked="place",
            find=answered.found_origin,
            is_asked=_decides(Fact.ORIGIN),
        ),
        _question(
            TRANSPORT,
            answered.transport_in,
            name="transport",
            find=answered.transport_in,
            is_asked=_decides(Fact.TRANSPORT),
        ),
        _question(TRIP, answered.trip_in, name="trip", masked="masked", is_asked=_decides(Fact.TRIP)),
        _amount(DRINKS, answered.drinks_in, answered.in_passing(answered.drinks_in)),
        _amount(TOBACCO, answered.tobacco_in, answered.in_passing(answered.tobacco_in)),
        _amount(SNUS, answered.snus_in, answered.in_passing(answered.snus_in)),
        _amount(LIQUID, answered.liquid_in, answered.in_passing(answered.liquid_in)),
        _amount(VALUE, answered.value_in, answered.sum_in_passing(answered.value_in)),
        _amount(CASH, answered.cash_in, answered.sum_in_passing(answered.cash_in)),
        _amount(SUPPLY, answered.supply_in, answered.in_passing(answered.supply_in)),
        _amount(FUEL, answered.fuel_in, answered.in_passing(answered.fuel_in)),
    )


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
    def _list(lines: Iterable[str]) -> str:
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
        bands = age_bands(*limits)
        following = next((begin for begin in bands if begin > age), None)
        if following is None:
            return self._name(names["over"], age=str(bands[-1]))
        if age < bands[1]:
            return self._name(names["under"], age=str(following))
        return self._name(names["between"], age=str(age), last=str(following - 1))

    def _length(self, hours: Decimal) -> str:
        name = "alcohol_trip" if self.trip.goods is Goods.ALCOHOL else "tobacco_trip"
        limit = project_rules().limit(name, on=forms.today())
        compared = "equal" if hours == limit.amount else "less" if hours < limit.amount else "more"
        return self._name(_words()["trip_names"][compared], hours=self._figure(limit.amount))

    def _text(self, name: str, **values: str) -> str:
        found = variation(self.domain, f"utter_allowances_line_{name}", self.language)
        if found is None:
            raise LookupError(f"data/services/allowances.yml has no utter_allowances_line_{name}")
        return str(found["text"]).format(**values)
