"""What a traveller may bring to Finland in the luggage: limits, conditions and whether an amount fits.

The figures stand in `data/rates/traveller_allowances.yml`, the sentences in `data/services/allowances.yml`; this module
says which of them hold for a trip. It is pure: no Rasa, no texts, no clock.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Extra, Field, HttpUrl, root_validator, validator

from actions.places import SOME_COUNTRY_OUTSIDE, SOME_EU_COUNTRY, Area, Place
from components.located_yaml import load_model

RULES_FILE = Path(__file__).parents[1] / "data" / "rates" / "traveller_allowances.yml"

ALAND = "AX"
# Places of origin of which only the area is known.
SOMEWHERE = frozenset({SOME_EU_COUNTRY, SOME_COUNTRY_OUTSIDE})

_LIMITS_BY_UNIT = {
    "EUR": ("goods_by_air_or_ship", "goods_otherwise", "cash"),
    "l": (
        "fuel",
        "alcohol_eu_beer",
        "alcohol_eu_wine",
        "alcohol_eu_sparkling",
        "alcohol_eu_intermediate",
        "alcohol_eu_other",
        "alcohol_beer",
        "alcohol_still_wine",
        "alcohol_over_22",
        "alcohol_up_to_22",
        "alcohol_aland_beer",
    ),
    "percent": ("cash_gold_coin", "cash_gold_bar", "alcohol_strength"),
    "years": ("alcohol_age", "strong_alcohol_age", "tobacco_age", "pouches_proposed_age"),
    "h": ("alcohol_trip", "tobacco_trip", "tapeworm_latest", "tapeworm_earliest"),
    "pcs": (
        "tobacco_eu_cigarettes",
        "tobacco_eu_cigars",
        "tobacco_eu_cigarillos",
        "tobacco_eu_other_units",
        "tobacco_eu_herbal_units",
        "tobacco_cigarettes",
        "tobacco_cigarillos",
        "tobacco_cigars",
        "commercial_pets",
    ),
    "g": (
        "tobacco_eu_loose",
        "tobacco_eu_other_loose",
        "tobacco_eu_herbal_loose",
        "tobacco_loose",
        "snus",
        "snus_proposed",
        "caviar",
    ),
    "kg": ("clams", "mushrooms_and_berries"),
    "ml": ("nicotine_liquid",),
    "mg/ml": ("nicotine_liquid_strength",),
    "mg/g": ("pouches_proposed_strength",),
    "months": ("medicine_eea", "medicine_elsewhere", "rabies_waiting"),
    "days": ("medicine_narcotic_schengen", "medicine_narcotic_elsewhere", "rabies_sample"),
}
_UNITS = {name: unit for unit, names in _LIMITS_BY_UNIT.items() for name in names}


class Goods(str, Enum):
    """What is brought."""

    ALCOHOL = "alcohol"
    TOBACCO = "tobacco"
    SNUS = "snus"
    POUCHES = "pouches"
    E_CIGARETTES = "e_cigarettes"
    GOODS = "goods"
    CASH = "cash"
    MEDICINE = "medicine"
    FOOD = "food"
    PET = "pet"
    FUEL = "fuel"


class Transport(str, Enum):
    """How the traveller arrives; a car on a ferry arrives by ship."""

    PLANE = "plane"
    SHIP = "ship"
    LAND = "land"
    YACHT = "yacht"
    LIGHT_AIRCRAFT = "light_aircraft"


class Pet(str, Enum):
    """The animal."""

    DOG = "dog"
    CAT = "cat"
    FERRET = "ferret"
    OTHER = "other"


class Item(str, Enum):
    """What an amount is an amount of: litres, pieces, grams (tobacco, snus), millilitres (nicotine), euros, months."""

    BEER = "beer"
    WINE = "wine"
    SPARKLING = "sparkling"
    CIDER = "cider"
    INTERMEDIATE = "intermediate"
    SPIRITS = "spirits"
    CIGARETTES = "cigarettes"
    CIGARS = "cigars"
    CIGARILLOS = "cigarillos"
    LOOSE_TOBACCO = "loose_tobacco"
    SNUS = "snus"
    NICOTINE_LIQUID = "nicotine_liquid"
    VALUE = "value"
    CASH = "cash"
    MEDICINE = "medicine"
    FUEL = "fuel"


class Fact(str, Enum):
    """Something about a trip that can decide."""

    PET = "pet"
    AGE = "age"
    ORIGIN = "origin"
    TRANSPORT = "transport"
    TRIP = "trip"
    AMOUNT = "amount"


class Verdict(str, Enum):
    """What becomes of an amount, mildest first."""

    FITS = "fits"
    NO_DECLARATION = "no_declaration"
    UNSURE = "unsure"
    GUIDELINE = "guideline"
    DECLARE_CASH = "declare_cash"
    ALTERNATIVES = "alternatives"
    DECLARE = "declare"
    NOT_ALLOWED = "not_allowed"
    TOO_YOUNG = "too_young"


@dataclasses.dataclass(frozen=True)
class Trip:
    """A trip as far as it is known; hours tells how long it lasted, age is in years."""

    goods: Goods
    origin: Place | None = None
    transport: Transport | None = None
    hours: Decimal | None = None
    age: int | None = None
    pet: Pet | None = None


@dataclasses.dataclass(frozen=True)
class Limit:
    """A limit in force; `is_certain` is false when only weak sources were found."""

    name: str
    amount: Decimal
    unit: str
    is_certain: bool


@dataclasses.dataclass(frozen=True)
class Line:
    """A sentence to tell: its name, and the limits that fill its gaps."""

    name: str
    limits: Mapping[str, Limit] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Check:
    """How an amount compares with a limit; `name` says which amounts were added up."""

    name: str
    amount: Decimal
    limit: Limit
    verdict: Verdict


@dataclasses.dataclass(frozen=True)
class Allowance:
    """What may be brought: the rule in a sentence, its limits one by one, conditions, and the amounts compared."""

    rule: Line
    limits: tuple[Line, ...] = ()
    conditions: tuple[Line, ...] = ()
    checks: tuple[Check, ...] = ()
    is_forbidden: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every sentence."""
        return (self.rule, *self.limits, *self.conditions)

    @property
    def is_certain(self) -> bool:
        """Whether every limit rests on an authority's page."""
        used = [limit for line in self.lines for limit in line.limits.values()]
        return all(limit.is_certain for limit in [*used, *(check.limit for check in self.checks)])

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts on the amounts, worst first; what fits counts only when everything fits."""
        found = {check.verdict for check in self.checks}
        counting = found - {Verdict.FITS} or found
        return tuple(verdict for verdict in reversed(Verdict) if verdict in counting)


class UndecidedError(ValueError):
    """A fact that decides is not known."""


class NoRuleError(LookupError):
    """No limit is known for a day."""


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False


class _Source(_Strict):
    source: HttpUrl
    as_of: datetime.date


class _Period(_Source):
    amount: Decimal = Field(gt=0)
    unit: str
    confidence: Literal["high", "medium"]
    valid_from: datetime.date | None
    valid_to: datetime.date | None

    def holds_on(self, day: datetime.date) -> bool:
        return (self.valid_from or datetime.date.min) <= day <= (self.valid_to or datetime.date.max)


class _Group(_Source):
    codes: frozenset[str]


class _Countries(_Strict):
    eea: _Group
    sanctions: _Group
    animal_food_like_eu: _Group
    pets_like_eu: _Group
    without_tapeworm: _Group
    tapeworm_contested: _Group
    rabies: _Group


class Rules(_Strict):
    """The rules file."""

    limits: dict[str, tuple[_Period, ...]]
    countries: _Countries

    @root_validator(skip_on_failure=True)
    @classmethod
    def _names_every_limit_once(cls, values: dict[str, Any]) -> dict[str, Any]:
        limits: dict[str, tuple[_Period, ...]] = values["limits"]
        if set(limits) != set(_UNITS):
            odd = min(set(limits) ^ set(_UNITS))
            raise ValueError(f"'limits' lacks {odd}; add it" if odd in _UNITS else f"'limits' has an unknown {odd}")
        for name, periods in limits.items():
            if any(period.unit != _UNITS[name] for period in periods):
                raise ValueError(f"'{name}' is not in {_UNITS[name]}; write it in that unit")
        return values

    @validator("limits", each_item=True)
    @classmethod
    def _one_after_the_other(cls, periods: tuple[_Period, ...]) -> tuple[_Period, ...]:
        if not periods or periods[-1].valid_to is not None:
            raise ValueError("needs a last period without valid_to; write what holds now")
        for earlier, later in zip(periods, periods[1:], strict=False):
            if earlier.valid_to is None or later.valid_from is None or later.valid_from <= earlier.valid_to:
                raise ValueError("has periods that overlap or are out of order; end the older one with valid_to first")
        return periods

    def limit(self, name: str, *, on: datetime.date) -> Limit:
        """Return the limit in force on a day; raises NoRuleError when none is known."""
        for period in self.limits[name]:
            if period.holds_on(on):
                return Limit(name, period.amount, period.unit, period.confidence == "high")
        raise NoRuleError(f"there is no {name} on {on}")

    def is_outside_eea(self, origin: Place) -> bool:
        """Tell whether a place is outside the European Economic Area; nothing more than "outside the EU" counts so."""
        if origin.area is Area.TAX_BORDER or origin.code == SOME_EU_COUNTRY:
            return False
        return origin.code not in self.countries.eea.codes


def load_rules(path: Path) -> Rules:
    """Read a rules file; raises components.located_yaml.FileError with the line of every mistake."""
    return load_model(path, Rules)


@functools.cache
def project_rules() -> Rules:
    """Return the project's own rules."""
    return load_rules(RULES_FILE)


def deciding(trip: Trip, *, on: datetime.date, rules: Rules | None = None) -> frozenset[Fact]:
    """Return the facts that decide, known or not, after what is known so far."""
    return frozenset(_deciding(trip, on, rules or project_rules()))


def _deciding(trip: Trip, on: datetime.date, rules: Rules) -> Iterator[Fact]:
    goods = trip.goods
    if goods is Goods.POUCHES:
        return
    if goods is Goods.FUEL:
        yield Fact.AMOUNT
        return
    if goods is Goods.PET:
        yield Fact.PET
        if trip.pet is Pet.OTHER:
            return
    age = _age_limit(goods, on, rules)
    if age is not None:
        yield Fact.AGE
        if trip.age is not None and trip.age < age.amount:
            return
    yield Fact.ORIGIN
    if trip.origin is None or goods in (Goods.PET, Goods.FOOD):
        return
    if goods in (Goods.GOODS, Goods.CASH):
        if goods is Goods.GOODS and trip.origin.area is not Area.EU:
            yield Fact.TRANSPORT
        if not _is_free(goods, trip.origin):
            yield Fact.AMOUNT
        return
    if age is not None:
        if goods is Goods.TOBACCO and trip.origin.code in rules.countries.sanctions.codes:
            return
        if rules.is_outside_eea(trip.origin):
            yield Fact.TRANSPORT
            if _is_by_land_or_sea(trip):
                yield Fact.TRIP
            if _is_too_short(trip, on, rules):
                return
    yield Fact.AMOUNT


def _is_free(goods: Goods, origin: Place) -> bool:
    # Åland and the Canary Islands are behind the tax border, but no border for cash.
    return origin.area is Area.EU or (goods is Goods.CASH and origin.area is Area.TAX_BORDER)


def _is_by_land_or_sea(trip: Trip) -> bool:
    return trip.transport in (Transport.LAND, Transport.SHIP, Transport.YACHT)


def _age_limit(goods: Goods, on: datetime.date, rules: Rules) -> Limit | None:
    if goods is Goods.ALCOHOL:
        return rules.limit("alcohol_age", on=on)
    if goods in (Goods.TOBACCO, Goods.SNUS, Goods.E_CIGARETTES):
        return rules.limit("tobacco_age", on=on)
    return None


def _is_too_short(trip: Trip, on: datetime.date, rules: Rules) -> bool:
    if trip.hours is None or trip.origin is None or not rules.is_outside_eea(trip.origin):
        return False
    if not _is_by_land_or_sea(trip):
        return False
    if trip.goods is Goods.ALCOHOL:
        return trip.hours < rules.limit("alcohol_trip", on=on).amount
    return trip.hours <= rules.limit("tobacco_trip", on=on).amount


def allowance(
    trip: Trip, carried: Mapping[Item, Decimal] | None = None, *, on: datetime.date, rules: Rules | None = None
) -> Allowance:
    """Return what may be brought on a day, and how the carried amounts compare with it.

    Raises UndecidedError when a fact that decides is missing, NoRuleError for a day without a known limit.
    """
    return _Telling(trip, carried or {}, on, rules or project_rules()).allowance()


@dataclasses.dataclass(frozen=True)
class _Telling:
    trip: Trip
    carried: Mapping[Item, Decimal]
    on: datetime.date
    rules: Rules

    def allowance(self) -> Allowance:
        known = {
            Fact.PET: self.trip.pet,
            Fact.AGE: self.trip.age,
            Fact.ORIGIN: self.trip.origin,
            Fact.TRANSPORT: self.trip.transport,
            Fact.TRIP: self.trip.hours,
        }
        missing = [fact for fact in _deciding(self.trip, self.on, self.rules) if known.get(fact, True) is None]
        if missing:
            raise UndecidedError(f"{self.trip.goods.value}: the {missing[0].value} is not known")
        told: Allowance = getattr(self, f"_{self.trip.goods.value}")()
        return told

    def _line(self, name: str, **limits: str) -> Line:
        return Line(name, {gap: self._limit(limit) for gap, limit in limits.items()})

    def _limit(self, name: str) -> Limit:
        return self.rules.limit(name, on=self.on)

    def _sum(self, *items: Item) -> Decimal:
        return sum((self.carried.get(item, Decimal(0)) for item in items), Decimal(0))

    def _check(self, name: str, items: tuple[Item, ...], over: Verdict) -> Iterator[Check]:
        amount, limit = self._sum(*items), self._limit(name)
        if amount:
            yield Check(name, amount, limit, Verdict.FITS if amount <= limit.amount else over)

    @property
    def _origin(self) -> Place:
        if self.trip.origin is None:
            raise UndecidedError(f"{self.trip.goods.value}: the origin is not known")
        return self.trip.origin

    @property
    def _is_from_eu(self) -> bool:
        return self._origin.area is Area.EU

    @property
    def _is_from_aland(self) -> bool:
        return self._origin.code == ALAND

    @property
    def _is_sanctioned(self) -> bool:
        return self._origin.code in self.rules.countries.sanctions.codes

    def _refused(self, prefix: str, age: str, trip: str) -> Allowance | None:
        """Return the refusal of a traveller who is too young or whose trip was too short."""
        if self.trip.age is not None and self.trip.age < self._limit(age).amount:
            return Allowance(self._line(f"{prefix}_under_age", age=age), is_forbidden=True)
        if _is_too_short(self.trip, self.on, self.rules):
            rule = self._line(f"{prefix}_short_trip", hours=trip)
            # Alcohol may still be brought when it is taxed.
            return Allowance(rule, is_forbidden=self.trip.goods is not Goods.ALCOHOL)
        return None

    # ------------------------------------------------------------------------------------------------ alcohol

    def _alcohol(self) -> Allowance:
        refused = self._refused("alcohol", "alcohol_age", "alcohol_trip")
        if refused is not None:
            return refused
        only_mild = (self.trip.age or 0) < self._limit("strong_alcohol_age").amount
        mild = [self._line("alcohol_only_mild", age="strong_alcohol_age", strength="alcohol_strength")]
        told = self._alcohol_from_eu(only_mild) if self._is_from_eu else self._alcohol_from_outside(only_mild)
        conditions = (*(mild if only_mild else []), *told.conditions, self._line("alcohol_permit"))
        return dataclasses.replace(told, conditions=conditions)

    def _alcohol_from_eu(self, only_mild: bool) -> Allowance:
        limits = [
            self._line("alcohol_eu_beer", limit="alcohol_eu_beer"),
            self._line("alcohol_eu_wine", limit="alcohol_eu_wine", sparkling="alcohol_eu_sparkling"),
            self._line("alcohol_eu_intermediate", limit="alcohol_eu_intermediate", strength="alcohol_strength"),
        ]
        if not only_mild:
            limits.append(self._line("alcohol_eu_other", limit="alcohol_eu_other"))
        sparkling = (Item.SPARKLING, Item.CIDER)
        checks = [
            *self._check("alcohol_eu_beer", (Item.BEER,), Verdict.GUIDELINE),
            *self._check("alcohol_eu_wine", (Item.WINE, *sparkling), Verdict.GUIDELINE),
            *self._check("alcohol_eu_sparkling", sparkling, Verdict.GUIDELINE),
            *self._check("alcohol_eu_intermediate", (Item.INTERMEDIATE,), Verdict.GUIDELINE),
            *self._strong("alcohol_eu_other", only_mild, Verdict.GUIDELINE),
        ]
        conditions = (
            self._line("alcohol_eu_own_use"),
            self._line("alcohol_not_exchanged"),
            self._line("alcohol_eu_via_aland", beer="alcohol_beer"),
        )
        return Allowance(self._line("alcohol_eu"), tuple(limits), conditions, tuple(checks))

    def _alcohol_from_outside(self, only_mild: bool) -> Allowance:
        choices = {"up_to": "alcohol_up_to_22", "strength": "alcohol_strength"}
        limits = (
            self._line("alcohol_beer", limit="alcohol_beer"),
            self._line("alcohol_still_wine", limit="alcohol_still_wine"),
            self._line("alcohol_up_to_22", **choices)
            if only_mild
            else self._line("alcohol_alternatives", over="alcohol_over_22", **choices),
        )
        checks = [
            *self._check("alcohol_beer", (Item.BEER,), Verdict.DECLARE),
            *self._check("alcohol_still_wine", (Item.WINE,), Verdict.DECLARE),
            *self._strong("alcohol_over_22", only_mild, Verdict.DECLARE),
        ]
        for check in self._check("alcohol_up_to_22", (Item.SPARKLING, Item.CIDER, Item.INTERMEDIATE), Verdict.DECLARE):
            is_second = not only_mild and self._sum(Item.SPIRITS) > 0 and check.verdict is Verdict.FITS
            checks.append(dataclasses.replace(check, verdict=Verdict.ALTERNATIVES) if is_second else check)
        conditions = [self._line("alcohol_not_beer"), self._line("alcohol_excess")]
        if self._is_from_aland:
            conditions.insert(0, self._line("alcohol_aland_only", beer="alcohol_aland_beer"))
        rule = self._line("alcohol_aland" if self._is_from_aland else "alcohol_outside")
        return Allowance(rule, limits, tuple(conditions), tuple(checks))

    def _strong(self, name: str, only_mild: bool, over: Verdict) -> Iterator[Check]:
        if not only_mild:
            yield from self._check(name, (Item.SPIRITS,), over)
        elif amount := self._sum(Item.SPIRITS):
            yield Check("alcohol_strong", amount, self._limit("strong_alcohol_age"), Verdict.TOO_YOUNG)

    # ---------------------------------------------------------------------------------- tobacco and nicotine

    def _tobacco(self) -> Allowance:
        refused = self._refused("tobacco", "tobacco_age", "tobacco_trip")
        if refused is not None:
            return refused
        if self._is_sanctioned:
            return Allowance(self._line("tobacco_sanctions"), is_forbidden=True)
        return self._tobacco_from_eu() if self._is_from_eu else self._tobacco_from_outside()

    def _tobacco_from_eu(self) -> Allowance:
        limits = (
            self._line("tobacco_cigarettes", limit="tobacco_eu_cigarettes"),
            self._line("tobacco_cigars", limit="tobacco_eu_cigars"),
            self._line("tobacco_cigarillos", limit="tobacco_eu_cigarillos"),
            self._line("tobacco_loose", limit="tobacco_eu_loose"),
            self._line("tobacco_other", units="tobacco_eu_other_units", loose="tobacco_eu_other_loose"),
            self._line("tobacco_herbal", units="tobacco_eu_herbal_units", loose="tobacco_eu_herbal_loose"),
        )
        checks = [
            check
            for name, item in _TOBACCO
            for check in self._check(f"tobacco_eu_{name}", (item,), Verdict.NOT_ALLOWED)
        ]
        conditions = (self._line("tobacco_more", cigarettes="tobacco_eu_cigarettes"), self._line("tobacco_no_orders"))
        return Allowance(self._line("tobacco_eu"), limits, conditions, tuple(checks))

    def _tobacco_from_outside(self) -> Allowance:
        checks: list[Check] = []
        for name, item in _TOBACCO:
            # More than the limit for packets without warnings may not be brought at all, taxed or not.
            at_all = next(self._check(f"tobacco_eu_{name}", (item,), Verdict.NOT_ALLOWED), None)
            for check in self._check(f"tobacco_{name}", (item,), Verdict.DECLARE):
                if at_all is not None and at_all.verdict is Verdict.NOT_ALLOWED:
                    check = at_all
                elif checks and check.verdict is Verdict.FITS:
                    check = dataclasses.replace(check, verdict=Verdict.ALTERNATIVES)
                checks.append(check)
        alternatives = {name: f"tobacco_{name}" for name, _ in _TOBACCO}
        conditions = [
            self._line("tobacco_more", cigarettes="tobacco_eu_cigarettes"),
            self._line("tobacco_no_orders"),
        ]
        if self._is_from_aland:
            conditions.insert(0, self._line("tobacco_aland"))
        limits = (self._line("tobacco_alternatives", **alternatives),)
        return Allowance(self._line("tobacco_outside"), limits, tuple(conditions), tuple(checks))

    def _snus(self) -> Allowance:
        refused = self._refused("tobacco", "tobacco_age", "tobacco_trip")
        if refused is not None:
            return refused
        checks = []
        for check in self._check("snus", (Item.SNUS,), Verdict.NOT_ALLOWED):
            may_be_too_much = check.amount > self._limit("snus_proposed").amount and check.verdict is Verdict.FITS
            checks.append(dataclasses.replace(check, verdict=Verdict.UNSURE) if may_be_too_much else check)
        conditions = [
            self._line("snus_proposed", limit="snus", proposed="snus_proposed"),
            self._line("snus_own_use"),
            self._line("snus_no_orders"),
        ]
        if self._is_sanctioned:
            conditions.append(self._line("sanctions"))
        return Allowance(self._line("snus", limit="snus"), (), tuple(conditions), tuple(checks))

    def _pouches(self) -> Allowance:
        known = (
            self._line("pouches_medicine"),
            self._line("pouches_proposed", age="pouches_proposed_age", strength="pouches_proposed_strength"),
            self._line("pouches_licensed"),
        )
        return Allowance(self._line("pouches"), known)

    def _e_cigarettes(self) -> Allowance:
        refused = self._refused("tobacco", "tobacco_age", "tobacco_trip")
        if refused is not None:
            return refused
        conditions = [
            self._line("liquid_strength", strength="nicotine_liquid_strength"),
            self._line("liquid_without_nicotine"),
            self._line("liquid_no_orders"),
        ]
        if self._is_sanctioned:
            conditions.append(self._line("sanctions"))
        checks = self._check("nicotine_liquid", (Item.NICOTINE_LIQUID,), Verdict.NOT_ALLOWED)
        return Allowance(self._line("liquid", limit="nicotine_liquid"), (), tuple(conditions), tuple(checks))

    # ------------------------------------------------------------------------------------- goods, cash, fuel

    def _goods(self) -> Allowance:
        if self._is_from_eu:
            conditions = (self._line("goods_own_limits"), self._line("goods_restricted"))
            return Allowance(self._line("goods_eu"), (), conditions)
        by_air_or_ship = self.trip.transport in (Transport.PLANE, Transport.SHIP)
        name = "goods_by_air_or_ship" if by_air_or_ship else "goods_otherwise"
        details = ["goods_personal", "goods_own_limits", "goods_excess", "goods_restricted"]
        if self._is_sanctioned:
            details.insert(0, "sanctions")
        checks = [
            dataclasses.replace(check, name="goods") for check in self._check(name, (Item.VALUE,), Verdict.DECLARE)
        ]
        rule = "goods_outside" if self._origin.area is Area.OUTSIDE else "goods_tax_border"
        return Allowance(
            self._line(rule, limit=name), (), tuple(self._line(detail) for detail in details), tuple(checks)
        )

    def _cash(self) -> Allowance:
        if _is_free(Goods.CASH, self._origin):
            return Allowance(self._line("cash_eu", limit="cash"), (), (self._line("cash_other_country"),))
        conditions = [
            self._line("cash_means", coin="cash_gold_coin", bar="cash_gold_bar"),
            self._line("cash_form"),
            self._line("cash_allowed"),
        ]
        if self._is_sanctioned:
            conditions.append(self._line("cash_sanctions"))
        amount, limit = self._sum(Item.CASH), self._limit("cash")
        verdict = Verdict.DECLARE_CASH if amount >= limit.amount else Verdict.NO_DECLARATION
        checks = (Check("cash", amount, limit, verdict),) if amount else ()
        return Allowance(self._line("cash", limit="cash"), (), tuple(conditions), checks)

    def _fuel(self) -> Allowance:
        checks = self._check("fuel", (Item.FUEL,), Verdict.DECLARE)
        return Allowance(self._line("fuel", limit="fuel"), (), (self._line("fuel_same"),), tuple(checks))

    # ---------------------------------------------------------------------------------- medicine, food, pets

    def _medicine(self) -> Allowance:
        is_outside = self.rules.is_outside_eea(self._origin)
        name = "medicine_elsewhere" if is_outside else "medicine_eea"
        conditions = [
            self._line(
                "medicine_narcotic",
                schengen="medicine_narcotic_schengen",
                elsewhere="medicine_narcotic_elsewhere",
            ),
            self._line("medicine_own"),
            self._line("medicine_classified"),
            self._line("medicine_post"),
        ]
        if self._origin.code in SOMEWHERE and is_outside:
            conditions.insert(0, self._line("medicine_eea_countries", limit="medicine_eea"))
        checks = [
            dataclasses.replace(check, name="medicine")
            for check in self._check(name, (Item.MEDICINE,), Verdict.NOT_ALLOWED)
        ]
        return Allowance(self._line(name, limit=name), (), tuple(conditions), tuple(checks))

    def _food(self) -> Allowance:
        species = self._line("food_species", caviar="caviar")
        if self._is_from_aland:
            return Allowance(self._line("food_aland"), (), (self._line("food_pork"), species))
        if self._is_from_eu:
            return Allowance(self._line("food_eu"), (), (self._line("food_pork"), species))
        plants = (self._line("food_plants"), self._line("food_without_certificate"), self._line("food_spices"))
        if self._origin.area is Area.TAX_BORDER:
            return Allowance(self._line("food_tax_border"), plants, (self._line("food_pork"), species))
        like_eu = self._origin.code in self.rules.countries.animal_food_like_eu.codes
        conditions = [
            species,
            self._line("food_amounts", clams="clams", mushrooms="mushrooms_and_berries"),
        ]
        if self._origin.code in SOMEWHERE:
            conditions.insert(0, self._line("food_near_countries"))
        return Allowance(self._line("food_like_eu" if like_eu else "food_outside"), plants, tuple(conditions))

    def _pet(self) -> Allowance:
        if self.trip.pet is Pet.OTHER:
            return Allowance(self._line("pet_other"), (), (self._line("pet_species"),))
        if self._is_from_aland:
            return Allowance(self._line("pet_aland"))
        code, countries = self._origin.code, self.rules.countries
        limits = [self._line("pet_chip"), self._line("pet_vaccination"), self._line("pet_papers")]
        if self.trip.pet is Pet.DOG:
            limits.append(self._tapeworm())
        like_eu = code in countries.pets_like_eu.codes
        if self._origin.area is Area.OUTSIDE and not like_eu:
            rabies = {"sample": "rabies_sample", "waiting": "rabies_waiting"}
            limits.append(self._line("pet_rabies" if code in countries.rabies.codes else "pet_rabies_maybe", **rabies))
            limits.append(self._line("pet_entry"))
        conditions = [self._line("pet_commercial", count="commercial_pets"), self._line("pet_sent_back")]
        if like_eu:
            conditions.insert(0, self._line("pet_like_eu"))
        return Allowance(self._line("pet"), tuple(limits), tuple(conditions))

    def _tapeworm(self) -> Line:
        code, countries = self._origin.code, self.rules.countries
        if code in countries.without_tapeworm.codes:
            return self._line("pet_without_tapeworm")
        hours = {"latest": "tapeworm_latest", "earliest": "tapeworm_earliest"}
        if code in countries.tapeworm_contested.codes:
            return self._line("pet_tapeworm_contested", **hours)
        return self._line("pet_tapeworm_somewhere" if code in SOMEWHERE else "pet_tapeworm", **hours)


_TOBACCO = (
    ("cigarettes", Item.CIGARETTES),
    ("cigars", Item.CIGARS),
    ("cigarillos", Item.CIGARILLOS),
    ("loose", Item.LOOSE_TOBACCO),
)
