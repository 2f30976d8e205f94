from __future__ import annotations

import copy
import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actions.places import PLACES, Area
from actions.traveller_rules import (
    RULES_FILE,
    Allowance,
    Fact,
    Goods,
    Item,
    NoRuleError,
    Pet,
    Transport,
    Trip,
    UndecidedError,
    Verdict,
    allowance,
    deciding,
    load_rules,
    project_rules,
)
from components.located_yaml import FileError

TODAY = datetime.date(2026, 11, 22)
PLANE, SHIP, LAND, YACHT, LIGHT = (
    Transport.PLANE,
    Transport.SHIP,
    Transport.LAND,
    Transport.YACHT,
    Transport.LIGHT_AIRCRAFT,
)
FITS, DECLARE, GUIDELINE, NOT_ALLOWED = Verdict.FITS, Verdict.DECLARE, Verdict.GUIDELINE, Verdict.NOT_ALLOWED
AGE_LIMITED = (Goods.TOBACCO, Goods.SNUS, Goods.E_CIGARETTES)


def _trip(goods: Goods, origin: str | None = None, **other: Any) -> Trip:
    hours = other.pop("hours", None)
    place = PLACES[origin] if origin is not None else None
    return Trip(goods, place, hours=None if hours is None else Decimal(hours), **other)


def _allowance(
    goods: Goods, origin: str | None = "EE", carried: dict[Item, str] | None = None, **other: Any
) -> Allowance:
    amounts = {item: Decimal(amount) for item, amount in (carried or {}).items()}
    known = {"transport": PLANE, "age": 30, **other}
    return allowance(_trip(goods, origin, **known), amounts, on=TODAY)


def _verdicts(*arguments: Any, **other: Any) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in _allowance(*arguments, **other).checks}


def _names(told: Allowance) -> set[str]:
    return {line.name for line in told.lines}


def _figures(told: Allowance) -> dict[str, Decimal]:
    return {limit.name: limit.amount for line in told.lines for limit in line.limits.values()}


# ------------------------------------------------------------------------------------------ amounts and their limits


@pytest.mark.parametrize(
    ("goods", "origin", "item", "check", "limit", "step", "over"),
    [
        (Goods.ALCOHOL, "EE", Item.BEER, "alcohol_eu_beer", "110", "0.01", GUIDELINE),
        (Goods.ALCOHOL, "EE", Item.WINE, "alcohol_eu_wine", "90", "0.01", GUIDELINE),
        (Goods.ALCOHOL, "EE", Item.SPARKLING, "alcohol_eu_sparkling", "60", "0.01", GUIDELINE),
        (Goods.ALCOHOL, "EE", Item.CIDER, "alcohol_eu_sparkling", "60", "0.01", GUIDELINE),
        (Goods.ALCOHOL, "EE", Item.INTERMEDIATE, "alcohol_eu_intermediate", "20", "0.01", GUIDELINE),
        (Goods.ALCOHOL, "EE", Item.SPIRITS, "alcohol_eu_other", "10", "0.01", GUIDELINE),
        (Goods.ALCOHOL, "TR", Item.BEER, "alcohol_beer", "16", "0.01", DECLARE),
        (Goods.ALCOHOL, "AX", Item.BEER, "alcohol_beer", "16", "0.01", DECLARE),
        (Goods.ALCOHOL, "IC", Item.WINE, "alcohol_still_wine", "4", "0.01", DECLARE),
        (Goods.ALCOHOL, "NO", Item.SPIRITS, "alcohol_over_22", "1", "0.01", DECLARE),
        (Goods.ALCOHOL, "US", Item.SPARKLING, "alcohol_up_to_22", "2", "0.01", DECLARE),
        (Goods.ALCOHOL, "US", Item.CIDER, "alcohol_up_to_22", "2", "0.01", DECLARE),
        (Goods.ALCOHOL, "US", Item.INTERMEDIATE, "alcohol_up_to_22", "2", "0.01", DECLARE),
        (Goods.TOBACCO, "EE", Item.CIGARETTES, "tobacco_eu_cigarettes", "200", "1", NOT_ALLOWED),
        (Goods.TOBACCO, "EE", Item.CIGARS, "tobacco_eu_cigars", "50", "1", NOT_ALLOWED),
        (Goods.TOBACCO, "EE", Item.CIGARILLOS, "tobacco_eu_cigarillos", "100", "1", NOT_ALLOWED),
        (Goods.TOBACCO, "EE", Item.LOOSE_TOBACCO, "tobacco_eu_loose", "250", "1", NOT_ALLOWED),
        (Goods.E_CIGARETTES, "EE", Item.NICOTINE_LIQUID, "nicotine_liquid", "10", "0.1", NOT_ALLOWED),
        (Goods.FUEL, None, Item.FUEL, "fuel", "10", "0.1", DECLARE),
        (Goods.MEDICINE, "EE", Item.MEDICINE, "medicine", "12", "0.1", NOT_ALLOWED),
        (Goods.MEDICINE, "NO", Item.MEDICINE, "medicine", "12", "0.1", NOT_ALLOWED),
        (Goods.MEDICINE, "any_eu", Item.MEDICINE, "medicine", "12", "0.1", NOT_ALLOWED),
        (Goods.MEDICINE, "AX", Item.MEDICINE, "medicine", "12", "0.1", NOT_ALLOWED),
        (Goods.MEDICINE, "GB", Item.MEDICINE, "medicine", "3", "0.1", NOT_ALLOWED),
        (Goods.MEDICINE, "CH", Item.MEDICINE, "medicine", "3", "0.1", NOT_ALLOWED),
        (Goods.MEDICINE, "any_outside", Item.MEDICINE, "medicine", "3", "0.1", NOT_ALLOWED),
        (Goods.GOODS, "TR", Item.VALUE, "goods", "430", "0.01", DECLARE),
        (Goods.GOODS, "IC", Item.VALUE, "goods", "430", "0.01", DECLARE),
        (Goods.GOODS, "AX", Item.VALUE, "goods", "430", "0.01", DECLARE),
    ],
)
def test_an_amount_fits_up_to_its_limit(
    goods: Goods, origin: str | None, item: Item, check: str, limit: str, step: str, over: Verdict
) -> None:
    below, above = Decimal(limit) - Decimal(step), Decimal(limit) + Decimal(step)
    amounts = {str(below): FITS, limit: FITS, str(above): over}

    assert {amount: _verdicts(goods, origin, {item: amount})[check] for amount in amounts} == amounts


@pytest.mark.parametrize(
    ("transport", "limit"), [(PLANE, "430"), (SHIP, "430"), (LAND, "300"), (YACHT, "300"), (LIGHT, "300")]
)
def test_the_value_limit_depends_on_how_one_arrives(transport: Transport, limit: str) -> None:
    above = str(Decimal(limit) + Decimal("0.01"))

    assert _verdicts(Goods.GOODS, "US", {Item.VALUE: limit}, transport=transport) == {"goods": FITS}
    assert _verdicts(Goods.GOODS, "US", {Item.VALUE: above}, transport=transport) == {"goods": DECLARE}


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [("9999.99", Verdict.NO_DECLARATION), ("10000", Verdict.DECLARE_CASH), ("10000.01", Verdict.DECLARE_CASH)],
)
def test_cash_is_declared_from_the_limit_on(amount: str, verdict: Verdict) -> None:
    assert _verdicts(Goods.CASH, "TR", {Item.CASH: amount}) == {"cash": verdict}


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [("500", FITS), ("501", Verdict.UNSURE), ("1000", Verdict.UNSURE), ("1001", NOT_ALLOWED)],
)
def test_snus_beyond_the_proposed_limit_is_unsure(amount: str, verdict: Verdict) -> None:
    assert _verdicts(Goods.SNUS, "SE", {Item.SNUS: amount}) == {"snus": verdict}


def test_sparkling_wine_and_cider_count_as_wine_too() -> None:
    carried = {Item.WINE: "40", Item.SPARKLING: "30", Item.CIDER: "25"}

    assert _verdicts(Goods.ALCOHOL, "EE", carried) == {"alcohol_eu_wine": GUIDELINE, "alcohol_eu_sparkling": FITS}


def test_one_drink_is_not_exchanged_for_another() -> None:
    assert _verdicts(Goods.ALCOHOL, "EE", {Item.BEER: "111"}) == {"alcohol_eu_beer": GUIDELINE}


def test_strong_and_milder_drinks_are_alternatives_from_outside_the_eu() -> None:
    assert _verdicts(Goods.ALCOHOL, "TR", {Item.SPIRITS: "1", Item.SPARKLING: "1"}) == {
        "alcohol_over_22": FITS,
        "alcohol_up_to_22": Verdict.ALTERNATIVES,
    }


def test_what_is_over_its_own_limit_is_no_alternative_either() -> None:
    verdicts = _verdicts(Goods.ALCOHOL, "TR", {Item.SPIRITS: "1", Item.SPARKLING: "3"})

    assert verdicts["alcohol_up_to_22"] is DECLARE


def test_beer_and_wine_go_together_with_one_of_the_alternatives() -> None:
    carried = {Item.BEER: "16", Item.WINE: "4", Item.SPIRITS: "1"}

    assert set(_verdicts(Goods.ALCOHOL, "TR", carried).values()) == {FITS}


def test_tobacco_from_the_eu_is_counted_kind_by_kind() -> None:
    carried = {Item.CIGARETTES: "200", Item.CIGARS: "50", Item.CIGARILLOS: "100", Item.LOOSE_TOBACCO: "250"}

    assert set(_verdicts(Goods.TOBACCO, "EE", carried).values()) == {FITS}


def test_tobacco_from_outside_the_eu_is_one_kind_or_another() -> None:
    assert _verdicts(Goods.TOBACCO, "TR", {Item.CIGARETTES: "200", Item.LOOSE_TOBACCO: "50"}) == {
        "tobacco_cigarettes": FITS,
        "tobacco_loose": Verdict.ALTERNATIVES,
    }


@pytest.mark.parametrize("item", [Item.CIGARETTES, Item.CIGARS, Item.CIGARILLOS, Item.LOOSE_TOBACCO])
def test_more_tobacco_without_warnings_cannot_be_brought_by_paying(item: Item) -> None:
    assert set(_verdicts(Goods.TOBACCO, "TR", {item: "251"}).values()) == {NOT_ALLOWED}


def test_no_amount_no_check() -> None:
    assert _allowance(Goods.ALCOHOL).checks == ()


def test_verdicts_come_worst_first_and_without_what_fits() -> None:
    told = _allowance(Goods.ALCOHOL, "EE", {Item.BEER: "120", Item.WINE: "1", Item.SPIRITS: "1"}, age=18)

    assert told.verdicts == (Verdict.TOO_YOUNG, GUIDELINE)


def test_that_everything_fits_is_a_verdict() -> None:
    assert _allowance(Goods.ALCOHOL, "EE", {Item.BEER: "1", Item.WINE: "1"}).verdicts == (FITS,)


# ---------------------------------------------------------------------------------------------------------- ages


@pytest.mark.parametrize("goods", [Goods.ALCOHOL, *AGE_LIMITED])
@pytest.mark.parametrize(("age", "forbidden"), [(17, True), (18, False)])
def test_nothing_may_be_brought_under_eighteen(goods: Goods, age: int, forbidden: bool) -> None:
    assert _allowance(goods, "EE", age=age).is_forbidden is forbidden


@pytest.mark.parametrize("origin", ["EE", "TR"])
@pytest.mark.parametrize(("age", "verdict"), [(19, Verdict.TOO_YOUNG), (20, FITS)])
def test_strong_drinks_may_be_brought_from_twenty_on(origin: str, age: int, verdict: Verdict) -> None:
    assert set(_verdicts(Goods.ALCOHOL, origin, {Item.SPIRITS: "1"}, age=age).values()) == {verdict}


@pytest.mark.parametrize(("age", "mild"), [(18, True), (19, True), (20, False)])
def test_who_may_bring_only_mild_drinks_is_told_so_and_no_limit_of_strong_ones(age: int, mild: bool) -> None:
    for origin, strong in (("EE", "alcohol_eu_other"), ("TR", "alcohol_over_22")):
        told = _allowance(Goods.ALCOHOL, origin, age=age)

        assert ("alcohol_only_mild" in _names(told)) is mild
        assert (strong in _figures(told)) is not mild


# -------------------------------------------------------------------------------- short trips outside of the EEA


@pytest.mark.parametrize("transport", [LAND, SHIP, YACHT])
@pytest.mark.parametrize(("hours", "short"), [(23, True), (24, False), (25, False)])
def test_alcohol_is_tax_free_after_24_hours(transport: Transport, hours: int, short: bool) -> None:
    told = _allowance(Goods.ALCOHOL, "GB", {Item.BEER: "1"}, transport=transport, hours=hours)

    assert (told.rule.name == "alcohol_short_trip") is short
    assert (told.checks == ()) is short
    assert not told.is_forbidden


@pytest.mark.parametrize("goods", AGE_LIMITED)
@pytest.mark.parametrize("transport", [LAND, SHIP, YACHT])
@pytest.mark.parametrize(("hours", "short"), [(23, True), (24, True), (25, False)])
def test_tobacco_may_be_brought_after_more_than_24_hours(
    goods: Goods, transport: Transport, hours: int, short: bool
) -> None:
    told = _allowance(goods, "GB", transport=transport, hours=hours)

    assert (told.rule.name == "tobacco_short_trip") is told.is_forbidden is short


@pytest.mark.parametrize("goods", [Goods.ALCOHOL, *AGE_LIMITED])
@pytest.mark.parametrize(
    ("origin", "transport"), [("GB", PLANE), ("GB", LIGHT), ("NO", LAND), ("EE", SHIP), ("AX", SHIP), ("IC", SHIP)]
)
def test_the_length_of_other_trips_does_not_matter(goods: Goods, origin: str, transport: Transport) -> None:
    trip = _trip(goods, origin, transport=transport, age=30, hours=1)

    assert Fact.TRIP not in deciding(trip, on=TODAY)
    assert "short_trip" not in allowance(trip, on=TODAY).rule.name


# ------------------------------------------------------------------------------------------------ what decides


@pytest.mark.parametrize(
    ("trip", "facts"),
    [
        (_trip(Goods.POUCHES), ()),
        (_trip(Goods.FUEL), (Fact.AMOUNT,)),
        (_trip(Goods.ALCOHOL), (Fact.AGE, Fact.ORIGIN)),
        (_trip(Goods.ALCOHOL, age=17), (Fact.AGE,)),
        (_trip(Goods.TOBACCO, age=17), (Fact.AGE,)),
        (_trip(Goods.ALCOHOL, "EE", age=18), (Fact.AGE, Fact.ORIGIN, Fact.AMOUNT)),
        (_trip(Goods.SNUS, "AX", age=18), (Fact.AGE, Fact.ORIGIN, Fact.AMOUNT)),
        (_trip(Goods.ALCOHOL, "NO", age=18), (Fact.AGE, Fact.ORIGIN, Fact.AMOUNT)),
        (_trip(Goods.ALCOHOL, "GB", age=18), (Fact.AGE, Fact.ORIGIN, Fact.TRANSPORT, Fact.AMOUNT)),
        (
            _trip(Goods.TOBACCO, "any_outside", age=18, transport=LAND),
            (Fact.AGE, Fact.ORIGIN, Fact.TRANSPORT, Fact.TRIP, Fact.AMOUNT),
        ),
        (
            _trip(Goods.TOBACCO, "GB", age=18, transport=SHIP, hours=20),
            (Fact.AGE, Fact.ORIGIN, Fact.TRANSPORT, Fact.TRIP),
        ),
        (_trip(Goods.TOBACCO, "RU", age=18), (Fact.AGE, Fact.ORIGIN)),
        (_trip(Goods.GOODS, "EE"), (Fact.ORIGIN,)),
        (_trip(Goods.GOODS, "AX"), (Fact.ORIGIN, Fact.TRANSPORT, Fact.AMOUNT)),
        (_trip(Goods.GOODS, "US"), (Fact.ORIGIN, Fact.TRANSPORT, Fact.AMOUNT)),
        (_trip(Goods.CASH), (Fact.ORIGIN,)),
        (_trip(Goods.CASH, "EE"), (Fact.ORIGIN,)),
        (_trip(Goods.CASH, "IC"), (Fact.ORIGIN,)),
        (_trip(Goods.CASH, "US"), (Fact.ORIGIN, Fact.AMOUNT)),
        (_trip(Goods.MEDICINE, "US"), (Fact.ORIGIN, Fact.AMOUNT)),
        (_trip(Goods.FOOD, "US"), (Fact.ORIGIN,)),
        (_trip(Goods.PET), (Fact.PET, Fact.ORIGIN)),
        (_trip(Goods.PET, pet=Pet.OTHER), (Fact.PET,)),
        (_trip(Goods.PET, "US", pet=Pet.DOG), (Fact.PET, Fact.ORIGIN)),
    ],
    ids=str,
)
def test_only_what_decides_is_needed(trip: Trip, facts: tuple[Fact, ...]) -> None:
    assert deciding(trip, on=TODAY) == set(facts)


@pytest.mark.parametrize(
    ("trip", "missing"),
    [
        (_trip(Goods.ALCOHOL, "EE"), "alcohol: the age"),
        (_trip(Goods.ALCOHOL, age=30), "alcohol: the origin"),
        (_trip(Goods.GOODS, "US"), "goods: the transport"),
        (_trip(Goods.TOBACCO, "GB", age=30, transport=LAND), "tobacco: the trip"),
        (_trip(Goods.PET, "US"), "pet: the pet"),
        (_trip(Goods.FOOD), "food: the origin"),
    ],
    ids=str,
)
def test_nothing_is_told_while_a_deciding_fact_is_missing(trip: Trip, missing: str) -> None:
    with pytest.raises(UndecidedError, match=missing):
        allowance(trip, on=TODAY)


# ------------------------------------------------------------------------------------------------ rules in words


@pytest.mark.parametrize(
    ("goods", "origin", "rule"),
    [
        (Goods.ALCOHOL, "EE", "alcohol_eu"),
        (Goods.ALCOHOL, "AX", "alcohol_aland"),
        (Goods.ALCOHOL, "IC", "alcohol_outside"),
        (Goods.TOBACCO, "EE", "tobacco_eu"),
        (Goods.TOBACCO, "AX", "tobacco_outside"),
        (Goods.TOBACCO, "RU", "tobacco_sanctions"),
        (Goods.GOODS, "EE", "goods_eu"),
        (Goods.GOODS, "AX", "goods_tax_border"),
        (Goods.GOODS, "US", "goods_outside"),
        (Goods.CASH, "EE", "cash_eu"),
        (Goods.CASH, "IC", "cash_eu"),
        (Goods.CASH, "NO", "cash"),
        (Goods.FOOD, "EE", "food_eu"),
        (Goods.FOOD, "IC", "food_tax_border"),
        (Goods.FOOD, "AX", "food_aland"),
        (Goods.FOOD, "CH", "food_like_eu"),
        (Goods.FOOD, "TR", "food_outside"),
    ],
)
def test_the_rule_depends_on_where_one_comes_from(goods: Goods, origin: str, rule: str) -> None:
    assert _allowance(goods, origin).rule.name == rule


@pytest.mark.parametrize(
    ("goods", "line"), [(Goods.SNUS, "sanctions"), (Goods.GOODS, "sanctions"), (Goods.CASH, "cash_sanctions")]
)
@pytest.mark.parametrize(("origin", "sanctioned"), [("RU", True), ("US", False)])
def test_sanctions_are_told_to_who_comes_from_russia(goods: Goods, line: str, origin: str, sanctioned: bool) -> None:
    assert (line in _names(_allowance(goods, origin))) is sanctioned


@pytest.mark.parametrize(("origin", "told"), [("AX", True), ("EE", False), ("TR", False)])
def test_the_beer_of_a_trip_to_aland_only(origin: str, told: bool) -> None:
    assert ("alcohol_aland_beer" in _figures(_allowance(Goods.ALCOHOL, origin))) is told


@pytest.mark.parametrize(("origin", "told"), [("any_outside", True), ("TR", False), ("NO", False)])
def test_an_unnamed_country_may_be_in_the_eea_or_near(origin: str, told: bool) -> None:
    assert ("medicine_eea_countries" in _names(_allowance(Goods.MEDICINE, origin))) is told
    assert ("food_near_countries" in _names(_allowance(Goods.FOOD, origin))) is told


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        ("SE", "pet_tapeworm"),
        ("TR", "pet_tapeworm"),
        ("any_eu", "pet_tapeworm_somewhere"),
        ("IE", "pet_without_tapeworm"),
        ("MT", "pet_without_tapeworm"),
        ("NO", "pet_without_tapeworm"),
        ("GB", "pet_tapeworm_contested"),
    ],
)
def test_the_tapeworm_treatment_is_for_dogs_of_most_countries(origin: str, line: str) -> None:
    told = {pet: {name for name in _names(_allowance(Goods.PET, origin, pet=pet)) if "tapeworm" in name} for pet in Pet}

    assert told == {Pet.DOG: {line}, Pet.CAT: set(), Pet.FERRET: set(), Pet.OTHER: set()}


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("TR", {"pet_rabies", "pet_entry"}),
        ("US", {"pet_rabies_maybe", "pet_entry"}),
        ("any_outside", {"pet_rabies_maybe", "pet_entry"}),
        ("CH", {"pet_like_eu"}),
        ("EE", set()),
        ("IC", set()),
    ],
)
def test_pets_from_outside_the_eu_need_more(origin: str, expected: set[str]) -> None:
    extra = {"pet_rabies", "pet_rabies_maybe", "pet_entry", "pet_like_eu"}

    assert _names(_allowance(Goods.PET, origin, pet=Pet.CAT)) & extra == expected


def test_other_animals_are_left_to_the_food_authority() -> None:
    assert _allowance(Goods.PET, None, pet=Pet.OTHER).rule.name == "pet_other"


@pytest.mark.parametrize(
    ("goods", "origin", "certain"),
    [
        (Goods.ALCOHOL, "EE", True),
        (Goods.ALCOHOL, "TR", True),
        (Goods.TOBACCO, "EE", True),
        (Goods.TOBACCO, "TR", False),
        (Goods.SNUS, "SE", False),
        (Goods.POUCHES, None, False),
        (Goods.E_CIGARETTES, "EE", True),
        (Goods.GOODS, "TR", True),
        (Goods.CASH, "TR", True),
        (Goods.MEDICINE, "EE", False),
        (Goods.FUEL, None, True),
    ],
)
def test_what_rests_on_weak_sources_is_known(goods: Goods, origin: str | None, certain: bool) -> None:
    assert _allowance(goods, origin).is_certain is certain


def test_a_short_trip_with_alcohol_rests_on_a_weak_source() -> None:
    assert not _allowance(Goods.ALCOHOL, "GB", transport=SHIP, hours=20).is_certain


# ------------------------------------------------------------------------------------------------------ properties

_ITEMS = {
    Goods.ALCOHOL: (Item.BEER, Item.WINE, Item.SPARKLING, Item.CIDER, Item.INTERMEDIATE, Item.SPIRITS),
    Goods.TOBACCO: (Item.CIGARETTES, Item.CIGARS, Item.CIGARILLOS, Item.LOOSE_TOBACCO),
    Goods.SNUS: (Item.SNUS,),
    Goods.E_CIGARETTES: (Item.NICOTINE_LIQUID,),
    Goods.GOODS: (Item.VALUE,),
    Goods.CASH: (Item.CASH,),
    Goods.MEDICINE: (Item.MEDICINE,),
    Goods.FUEL: (Item.FUEL,),
}
_AMOUNT = st.decimals(min_value=Decimal("0.01"), max_value=20000, places=2)
_SEVERITY = list(Verdict)


@given(
    data=st.data(),
    goods=st.sampled_from(sorted(_ITEMS)),
    origin=st.sampled_from(sorted(PLACES)),
    age=st.integers(0, 99),
    hours=st.integers(1, 100),
)
def test_more_is_never_judged_milder(data: st.DataObject, goods: Goods, origin: str, age: int, hours: int) -> None:
    transport = data.draw(st.sampled_from(list(Transport)))
    trip = _trip(goods, origin, transport=transport, age=age, hours=hours)
    carried = {item: data.draw(_AMOUNT) for item in data.draw(st.sets(st.sampled_from(_ITEMS[goods]), min_size=1))}
    more = {item: amount + data.draw(_AMOUNT) for item, amount in carried.items()}

    before = {check.name: check.verdict for check in allowance(trip, carried, on=TODAY).checks}
    after = {check.name: check.verdict for check in allowance(trip, more, on=TODAY).checks}

    # A check that turns from "declare" to "not allowed" is one of another limit.
    assert max(map(_SEVERITY.index, before.values()), default=-1) <= max(
        map(_SEVERITY.index, after.values()), default=-1
    )


@given(origin=st.sampled_from(sorted(PLACES)), goods=st.sampled_from(list(Goods)), pet=st.sampled_from(list(Pet)))
def test_something_is_told_for_every_place(origin: str, goods: Goods, pet: Pet) -> None:
    assert _allowance(goods, origin, pet=pet, hours=48).rule.name


def test_only_countries_outside_the_eea_are_outside_of_it() -> None:
    outside = {code for code, place in PLACES.items() if project_rules().is_outside_eea(place)}
    eu = {code for code, place in PLACES.items() if place.area is Area.EU}

    # Monaco and Northern Ireland are treated like the EU in customs matters, but are not in the EEA.
    assert outside & eu == {"MC", "XI"}
    assert outside.isdisjoint({"NO", "IS", "LI", "AX", "IC", "any_eu"})
    assert {"GB", "CH", "TR", "RU", "any_outside"} <= outside


# ------------------------------------------------------------------------------------------------- the rules file


@pytest.fixture()
def raw() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))
    return loaded


def _load(raw: dict[str, Any], folder: Path) -> Any:
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return load_rules(path)


def _two_periods(raw: dict[str, Any]) -> dict[str, Any]:
    old = raw["limits"]["snus"][0]
    new = {**copy.deepcopy(old), "amount": 500, "valid_from": datetime.date(2027, 1, 1)}
    raw["limits"]["snus"] = [{**old, "valid_to": datetime.date(2026, 12, 31)}, new]
    return raw


@pytest.mark.parametrize(("day", "amount"), [("2026-12-31", 1000), ("2027-01-01", 500)])
def test_a_limit_changes_on_its_day(raw: dict[str, Any], tmp_path: Path, day: str, amount: int) -> None:
    rules = _load(_two_periods(raw), tmp_path)
    trip = _trip(Goods.SNUS, "SE", age=30)
    on = datetime.date.fromisoformat(day)

    told = allowance(trip, {Item.SNUS: Decimal(700)}, on=on, rules=rules)

    assert told.rule.limits["limit"].amount == amount
    assert told.checks[0].verdict is (NOT_ALLOWED if amount == 500 else Verdict.UNSURE)


@pytest.mark.parametrize(("day", "known"), [("2018-03-31", False), ("2018-04-01", True)])
def test_before_the_first_period_nothing_is_known(day: str, known: bool) -> None:
    on = datetime.date.fromisoformat(day)
    if known:
        assert project_rules().limit("alcohol_trip", on=on).amount == 24
    else:
        with pytest.raises(NoRuleError, match="no alcohol_trip on 2018-03-31"):
            project_rules().limit("alcohol_trip", on=on)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["limits"].pop("fuel"), "lacks fuel"),
        (lambda raw: raw["limits"].update(petrol=raw["limits"]["fuel"]), "unknown petrol"),
        (lambda raw: raw["limits"]["fuel"][0].update(unit="ml"), "'fuel' is not in l"),
        (lambda raw: raw["limits"]["fuel"][0].update(amount=0), "greater than 0"),
        (lambda raw: raw["limits"]["fuel"][0].update(confidence="low"), "confidence"),
        (
            lambda raw: raw["limits"]["fuel"][0].update(valid_to=datetime.date(2026, 1, 1)),
            "last period without valid_to",
        ),
        (lambda raw: raw["limits"].update(fuel=[]), "last period without valid_to"),
        (lambda raw: raw["limits"]["fuel"].append(raw["limits"]["fuel"][0]), "overlap"),
        (lambda raw: raw["limits"]["fuel"][0].pop("source"), "'limits.fuel.1.source' is missing"),
        (lambda raw: raw["limits"]["fuel"][0].update(limit=3), "not a known key"),
        (lambda raw: raw["countries"].pop("eea"), "'countries.eea' is missing"),
    ],
)
def test_a_mistake_in_the_file_is_named(raw: dict[str, Any], tmp_path: Path, change: Any, message: str) -> None:
    change(raw)

    with pytest.raises(FileError, match=message):
        _load(raw, tmp_path)


def test_a_period_may_not_begin_before_the_one_before_has_ended(raw: dict[str, Any], tmp_path: Path) -> None:
    _two_periods(raw)["limits"]["snus"][0]["valid_to"] = datetime.date(2027, 1, 1)

    with pytest.raises(FileError, match="overlap"):
        _load(raw, tmp_path)


def test_the_groups_name_known_places() -> None:
    groups = project_rules().countries

    assert {code for name, group in groups for code in group.codes} <= set(PLACES)
