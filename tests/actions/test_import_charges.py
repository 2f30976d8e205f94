from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.import_charges import (
    RATES_FILE,
    Charges,
    DutyBasis,
    NoRulesError,
    NotEstimatedError,
    Purchase,
    ReliefName,
    VatBasis,
    estimate,
    limit_on,
    load_rates,
    posti_handling_fee,
    project_rates,
)
from actions.places import Area
from components.located_yaml import FileError

NOW = datetime.date(2026, 11, 22)
KINDS = sorted(kind for kind in project_rates().kinds if project_rates().is_estimated(kind))
WITHOUT_ESTIMATE = ["alcohol", "medicine", "supplements", "tobacco"]


def _estimate(goods: str = "100", transport: str = "10", **other: Any) -> Charges:
    values = {"origin": Area.OUTSIDE, "kind": "other", "arrives": NOW, **other}
    return estimate(Purchase(goods=Decimal(goods), transport=Decimal(transport), **values))


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


# ------------------------------------------------------------------------------------------- worked examples


def test_a_silk_blouse_and_two_wool_blouses_are_two_articles() -> None:
    charges = _estimate("90", "10", kind="clothes", articles=2)

    assert (charges.duty.basis, charges.duty.amount, charges.duty.rate) == (DutyBasis.FLAT, 6, 3)
    assert (charges.vat.basis, charges.vat.base, charges.vat.rate) == (VatBasis.DUE, 106, Decimal("25.5"))
    assert charges.vat.amount == Decimal("27.03")
    assert charges.total == Decimal("33.03")


def test_clothes_over_the_limit_pay_a_percentage_of_goods_and_transport() -> None:
    charges = _estimate("200", "15", kind="clothes")

    assert (charges.duty.basis, charges.duty.rate) == (DutyBasis.TYPICAL, 12)
    assert (charges.duty.customs_value, charges.duty.amount) == (215, Decimal("25.80"))
    assert (charges.vat.base, charges.vat.amount) == (Decimal("240.80"), Decimal("61.40"))
    assert charges.total == Decimal("87.20")


def test_the_e_bike_of_the_authority_s_example_pays_26_euros_10() -> None:
    assert _estimate("400", "35", kind="e_bike").duty.amount == Decimal("26.10")


def test_a_phone_pays_no_duty() -> None:
    charges = _estimate("1000", "0", kind="phone_or_laptop")

    assert (charges.duty.basis, charges.duty.amount) == (DutyBasis.TYPICAL, 0)
    assert charges.total == Decimal("255.00")


def test_without_a_known_percentage_the_rest_is_the_least() -> None:
    charges = _estimate("200", "10")

    assert (charges.duty.basis, charges.duty.amount, charges.is_complete) == (DutyBasis.UNKNOWN, None, False)
    assert charges.vat.base == 210
    assert charges.total == charges.vat.amount == Decimal("53.55")


def test_vat_paid_in_the_shop_leaves_the_flat_duty() -> None:
    charges = _estimate("100", "10", vat_paid_in_shop=True)

    assert charges.vat.basis is VatBasis.PAID_IN_SHOP
    assert charges.total == 3
    assert not charges.duty.assumes_post


def test_goods_from_an_eu_country_pay_nothing() -> None:
    charges = _estimate("5000", origin=Area.EU, kind="alcohol")

    assert (charges.total, charges.is_complete) == (0, True)
    assert (charges.duty.basis, charges.vat.basis) == (DutyBasis.NO_BORDER, VatBasis.NO_BORDER)


def test_goods_over_a_tax_border_pay_vat_only() -> None:
    charges = _estimate("100", "5", origin=Area.TAX_BORDER, kind="clothes")

    assert (charges.duty.basis, charges.duty.amount) == (DutyBasis.NO_BORDER, 0)
    assert charges.total == charges.vat.amount == Decimal("26.78")


# ---------------------------------------------------------------------------------------------------- the days


@pytest.mark.parametrize(
    ("day", "kind", "rate"),
    [
        ("2024-08-31", "other", "24"),
        ("2024-09-01", "other", "25.5"),
        ("2026-11-22", "other", "25.5"),
        ("2025-12-31", "food", "14"),
        ("2026-01-01", "food", "13.5"),
        ("2024-12-31", "food", "14"),
        ("2024-12-31", "books", "10"),
        ("2025-01-01", "books", "14"),
        ("2026-01-01", "books", "13.5"),
        ("2024-08-31", "hygiene", "24"),
        ("2024-12-31", "hygiene", "25.5"),
        ("2025-01-01", "hygiene", "14"),
        ("2026-01-01", "coffee_or_tea", "13.5"),
        ("2023-01-01", "magazines", "10"),
        ("2026-11-22", "magazines", "10"),
    ],
)
def test_the_vat_rate_is_that_of_the_day_of_arrival(day: str, kind: str, rate: str) -> None:
    assert _estimate(kind=kind, arrives=_day(day)).vat.rate == Decimal(rate)


@pytest.mark.parametrize(
    ("day", "goods", "basis"),
    [
        ("2021-06-30", "22", VatBasis.RELIEF),
        ("2021-06-30", "22.01", VatBasis.DUE),
        ("2021-07-01", "22", VatBasis.DUE),
        ("2021-07-01", "0.01", VatBasis.DUE),
    ],
)
def test_small_parcels_were_free_of_vat_until_the_end_of_june_2021(day: str, goods: str, basis: VatBasis) -> None:
    assert _estimate(goods, "50", arrives=_day(day)).vat.basis is basis


@pytest.mark.parametrize(
    ("day", "goods", "basis"),
    [
        ("2026-06-30", "150", DutyBasis.RELIEF),
        ("2026-06-30", "150.01", DutyBasis.TYPICAL),
        ("2026-07-01", "150", DutyBasis.FLAT),
        ("2026-07-01", "0.01", DutyBasis.FLAT),
        ("2026-07-01", "150.01", DutyBasis.TYPICAL),
        ("2028-06-30", "150", DutyBasis.FLAT),
        ("2028-07-01", "150", DutyBasis.TYPICAL),
    ],
)
def test_the_duty_on_small_parcels_changed_on_1_july_2026(day: str, goods: str, basis: DutyBasis) -> None:
    assert _estimate(goods, "100", kind="clothes", arrives=_day(day)).duty.basis is basis


@pytest.mark.parametrize(
    ("day", "goods", "basis"),
    [
        ("2021-06-30", "100", VatBasis.DUE),
        ("2021-07-01", "150", VatBasis.PAID_IN_SHOP),
        ("2021-07-01", "150.01", VatBasis.DUE),
        ("2026-11-22", "150", VatBasis.PAID_IN_SHOP),
    ],
)
def test_the_shop_can_take_the_vat_since_july_2021_up_to_150_euros(day: str, goods: str, basis: VatBasis) -> None:
    assert _estimate(goods, vat_paid_in_shop=True, arrives=_day(day)).vat.basis is basis


def test_the_shop_cannot_take_the_vat_over_a_tax_border() -> None:
    assert _estimate(origin=Area.TAX_BORDER, vat_paid_in_shop=True).vat.basis is VatBasis.DUE


@pytest.mark.parametrize(("day", "has_rules"), [("2021-01-01", True), ("2020-12-31", False)])
def test_rules_are_known_since_2021(day: str, has_rules: bool) -> None:
    if has_rules:
        assert _estimate(arrives=_day(day)).total > 0
    else:
        with pytest.raises(NoRulesError, match="2021-01-01"):
            _estimate(arrives=_day(day), origin=Area.EU)


# ----------------------------------------------------------------------------------------------------- gifts


@pytest.mark.parametrize(
    ("goods", "kind", "is_free"),
    [
        ("45", "other", True),
        ("45.01", "other", False),
        ("20", "food", True),
        ("20", "perfume", False),
        ("20", "coffee_or_tea", False),
    ],
)
def test_a_small_gift_is_free_unless_it_is_excepted(goods: str, kind: str, is_free: bool) -> None:
    charges = _estimate(goods, "30", kind=kind, is_gift=True)

    assert (charges.duty.basis is DutyBasis.GIFT) == (charges.vat.basis is VatBasis.GIFT) == is_free
    assert (charges.total == 0) == is_free


def test_other_gifts_are_cleared_like_purchases() -> None:
    assert _estimate("60", is_gift=True) == _estimate("60", is_gift=False)


def test_nobody_paid_vat_on_a_gift_in_a_shop() -> None:
    assert _estimate("60", is_gift=True, vat_paid_in_shop=True).vat.basis is VatBasis.DUE


def test_a_gift_over_a_tax_border_is_taxed() -> None:
    assert _estimate("20", is_gift=True, origin=Area.TAX_BORDER).vat.basis is VatBasis.DUE


# ---------------------------------------------------------------------------------------------------- the kinds


@pytest.mark.parametrize("day", ["2021-06-30", "2026-06-30", "2026-11-22"])
def test_perfume_never_had_the_reliefs(day: str) -> None:
    charges = _estimate("20", kind="perfume", arrives=_day(day))

    assert charges.duty.basis is DutyBasis.UNKNOWN
    assert charges.vat.basis is VatBasis.DUE


@pytest.mark.parametrize("kind", WITHOUT_ESTIMATE)
@pytest.mark.parametrize("origin", [Area.OUTSIDE, Area.TAX_BORDER])
def test_some_goods_are_not_estimated(kind: str, origin: Area) -> None:
    with pytest.raises(NotEstimatedError):
        _estimate(kind=kind, origin=origin)


def test_the_kinds_without_an_estimate_are_these() -> None:
    assert sorted(set(project_rates().kinds) - set(KINDS)) == WITHOUT_ESTIMATE


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        _estimate(kind="submarines")


# --------------------------------------------------------------------------------------------- who carries it


def test_a_flat_duty_without_vat_paid_in_the_shop_assumes_the_post() -> None:
    duty = _estimate("100", "10", kind="clothes").duty

    assert (duty.assumes_post, duty.by_courier) == (True, Decimal("13.20"))


def test_without_a_known_percentage_a_courier_s_duty_is_unknown() -> None:
    duty = _estimate("100", "10").duty

    assert (duty.assumes_post, duty.by_courier) == (True, None)


# ------------------------------------------------------------------------------------------------- properties

_AMOUNTS = st.decimals(min_value=0, max_value=100_000, places=2)
_PURCHASES = st.builds(
    Purchase,
    origin=st.sampled_from(Area),
    kind=st.sampled_from(KINDS),
    goods=_AMOUNTS,
    transport=_AMOUNTS,
    arrives=st.dates(min_value=datetime.date(2021, 1, 1), max_value=datetime.date(2030, 12, 31)),
    is_gift=st.booleans(),
    vat_paid_in_shop=st.booleans(),
    articles=st.integers(min_value=1, max_value=99),
)


@given(_PURCHASES)
def test_every_parcel_has_an_estimate_in_whole_cents(purchase: Purchase) -> None:
    charges = estimate(purchase)

    assert charges.total >= 0
    assert charges.total == charges.total.quantize(Decimal("0.01"))
    assert charges.total == (charges.duty.amount or 0) + charges.vat.amount


@given(_PURCHASES)
def test_vat_is_the_rate_of_goods_transport_and_duty_rounded_half_up(purchase: Purchase) -> None:
    charges = estimate(purchase)

    if charges.vat.basis is VatBasis.DUE and charges.vat.rate is not None:
        base = purchase.goods + purchase.transport + (charges.duty.amount or 0)
        difference = charges.vat.amount - base * charges.vat.rate / 100
        assert charges.vat.base == base
        assert Decimal("-0.005") < difference <= Decimal("0.005")
    else:
        assert charges.vat.amount == 0


@given(_PURCHASES, _AMOUNTS)
def test_dearer_transport_never_makes_the_charges_smaller(purchase: Purchase, more: Decimal) -> None:
    values = {**vars(purchase), "transport": purchase.transport + more}

    assert estimate(Purchase(**values)).total >= estimate(purchase).total


@pytest.mark.parametrize(
    ("goods", "vat"), [("0.01", "0.00"), ("0.02", "0.01"), ("1", "0.26"), ("3", "0.77"), ("10", "2.55")]
)
def test_half_a_cent_is_rounded_up(goods: str, vat: str) -> None:
    assert _estimate(goods, "0", origin=Area.TAX_BORDER).vat.amount == Decimal(vat)


@pytest.mark.parametrize("wrong", [{"goods": "-0.01"}, {"transport": "-1"}, {"articles": 0}])
def test_a_parcel_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="euros|article"):
        _estimate(**wrong)


# ---------------------------------------------------------------------------------------------- the rates file


@pytest.mark.parametrize(
    ("relief", "day", "limit"),
    [("vat_relief", "2021-06-30", 22), ("duty_relief", "2026-06-30", 150), ("gift_relief", "2026-11-22", 45)],
)
def test_a_relief_has_a_limit(relief: ReliefName, day: str, limit: int) -> None:
    assert limit_on(relief, _day(day)) == limit


def test_a_relief_that_ended_has_no_limit() -> None:
    with pytest.raises(NoRulesError):
        limit_on("duty_relief", _day("2026-07-01"))


def test_posti_s_fee_is_told() -> None:
    assert posti_handling_fee(NOW) == Decimal("3.10")


def _file(tmp_path: Path, old: str, new: str) -> Path:
    text = RATES_FILE.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    changed = tmp_path / "rates.yml"
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    return changed


def test_the_project_s_file_is_in_order() -> None:
    assert load_rates(RATES_FILE) == project_rates()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("valid_to: 2024-08-31", "valid_to: null", "hold on the same day"),
        ("valid_from: 2026-01-01", "valid_from: 2025-12-31", "hold on the same day"),
        ("valid_from: 2013-01-01", "valid_from: 2025-01-01", "valid_to' is before valid_from"),
        ("except_kinds: [perfume]", "except_kinds: [parfume]", "excepts parfume"),
        ("rate: 25.5", "rate: 255", "less than or equal to 100"),
        ("class: general", "class: generous", "unexpected value"),
        ("vat: [{class: general, valid_from: null, valid_to: null}]", "vat: []", "name the class"),
        ("as_of: 2026-11-21", "as_of: 21.11.2026", "is not a date"),
        ("earliest_arrival:", "earliest:", "is missing"),
        ("source: https", "source: htps", "source"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(FileError, match=problem) as error:
        load_rates(_file(tmp_path, old, new))

    assert f"{tmp_path / 'rates.yml'}:" in str(error.value)


def test_a_file_of_one_s_own_can_be_estimated_with(tmp_path: Path) -> None:
    rates = load_rates(_file(tmp_path, "rate: 25.5", "rate: 30"))

    parcel = Purchase(origin=Area.TAX_BORDER, kind="other", goods=Decimal(100), transport=Decimal(0), arrives=NOW)

    assert estimate(parcel, rates=rates).total == 30
