from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.quantities import clauses, margin, quantity, with_thousands


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("20 litraa olutta", "20", "l"),
        ("20 litres of beer", "20", "l"),
        ("5l", "5", "l"),
        ("1,5 litraa", "1.5", "l"),
        ("70 cl", "0.7", "l"),
        ("4 dl", "0.4", "l"),
        ("10 ml", "0.01", "l"),
        ("500 g", "500", "g"),
        ("1 500 g", "1500", "g"),
        ("1,000 g", "1000", "g"),
        ("1,5 kg", "1500", "g"),
        ("200 savuketta", "200", None),
        ("3 kartonkia", "3", "carton"),
        ("two cartons of cigarettes", "2", "carton"),
        ("kolme askia", "3", "pack"),
        ("pari pulloa", "2", "container"),
        ("puoli litraa", "0.5", "l"),
        ("half a year", "0.5", "years"),
        ("24 tuntia", "24", "hours"),
        ("24h", "24", "hours"),
        ("2 vrk", "2", "whole_days"),
        ("3 päivää", "3", "days"),
        ("2 yötä", "2", "nights"),
        ("kaksi viikkoa", "2", "weeks"),
        ("6 kk", "6", "months"),
        ("2 litraa 40 % viinaa", "2", "l"),
        ("can i bring 200 cigarettes", "200", None),
    ],
)
def test_a_quantity_has_an_amount_and_a_unit(text: str, amount: str, unit: str | None) -> None:
    found = quantity(text)

    assert found is not None
    assert (found.amount, found.unit, found.is_written) == (Decimal(amount), unit, True)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("24 x 0,33 l olutta", "7.92"),
        ("24x0.33l", "7.92"),
        ("24 tölkkiä 0,33 l", "7.92"),
        ("24 330ml cans of beer", "7.92"),
        ("6 pulloa à 0,75 l viiniä", "4.5"),
        ("6 0.75l bottles of wine", "4.5"),
        ("5 kpl 2 ml", "0.01"),
        ("puolen litran pulloja 10", "5"),
        ("litran pulloja 6", "6"),
    ],
)
def test_a_number_of_containers_is_multiplied_by_their_size(text: str, amount: str) -> None:
    found = quantity(text)

    assert found is not None
    assert (found.amount, found.unit) == (Decimal(amount), "l")


@pytest.mark.parametrize(
    "text",
    [
        "viiniä",
        "",
        "20-25 litraa",
        "20 – 25 l",
        "2 tai 3 litraa",
        "2 or 3 litres",
        "19 v ja 20 l",
        "1 l 2 l",
        "5 6 7 l",
    ],
)
def test_what_is_no_single_quantity_is_not_read(text: str) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("text", "unit"), [("kartonki röökiä", "carton"), ("a litre of vodka", "l"), ("vuoden", "years")]
)
def test_a_unit_alone_is_one_of_it(text: str, unit: str) -> None:
    found = quantity(text)

    assert found is not None
    assert (found.amount, found.unit, found.is_written) == (1, unit, False)


@pytest.mark.parametrize(
    ("text", "strength"),
    [("2 l 18 % likööriä", "18"), ("5 l 12% wine", "12"), ("1 l 40 prosenttista", "40"), ("1 l", None)],
)
def test_the_strength_is_no_amount(text: str, strength: str | None) -> None:
    found = quantity(text)

    assert found is not None
    assert found.strength == (Decimal(strength) if strength else None)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("20 l olutta, 0,5 l kossua ja 2 l viiniä", ["20 l olutta", "0,5 l kossua", "2 l viiniä"]),
        ("10 l beer,5 l wine and 1 l gin", ["10 l beer", "5 l wine", "1 l gin"]),
        ("1 l + 2 l; 3 l & 4 l\n5 l", ["1 l", "2 l", "3 l", "4 l", "5 l"]),
        ("3 kartonkia", ["3 kartonkia"]),
        ("1,5 kg", ["1,5 kg"]),
    ],
)
def test_an_enumeration_has_clauses(text: str, parts: list[str]) -> None:
    assert clauses(text) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alle 24 tuntia", -1),
        ("less than a day", -1),
        ("under 18", -1),
        ("24 tuntia", 0),
        ("yli vuorokauden", 1),
        ("over 10000", 1),
        ("20 or over", 1),
    ],
)
def test_less_and_more_are_told_apart(text: str, expected: int) -> None:
    assert margin(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12k", "12000"),
        ("12 tonnia", "12000"),
        ("12,5k euroa", "12500 euroa"),
        ("10 tuhatta euroa", "10000 euroa"),
        ("5 thousand euros", "5000 euros"),
        ("12 kg", "12 kg"),
        ("12000", "12000"),
    ],
)
def test_thousands_are_written_out(text: str, expected: str) -> None:
    assert with_thousands(text) == expected


@given(st.integers(1, 999), st.sampled_from(["l", "litraa", "litres", "litran"]))
def test_whole_litres_are_read_back(amount: int, unit: str) -> None:
    found = quantity(f"{amount} {unit}")

    assert found is not None
    assert (found.amount, found.unit) == (amount, "l")


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    found = quantity(text)

    assert found is None or found.amount >= 0
