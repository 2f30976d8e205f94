from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import wording
from actions.values import Said
from actions.values import euros as read_euros
from actions.values import month as read_month
from actions.wording import euros, month, number, percent

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "fi", "en"),
    [
        ("0", f"0,00{NBSP}€", "€0.00"),
        ("1234.5", f"1{NBSP}234,50{NBSP}€", "€1,234.50"),
        ("0.005", f"0,01{NBSP}€", "€0.01"),
        ("0.0049", f"0,00{NBSP}€", "€0.00"),
        ("1000000", f"1{NBSP}000{NBSP}000,00{NBSP}€", "€1,000,000.00"),
    ],
)
def test_money_is_written_with_its_cents(amount: str, fi: str, en: str) -> None:
    assert euros(Decimal(amount), "fi") == fi
    assert euros(Decimal(amount), "en") == en


@pytest.mark.parametrize(
    ("rate", "fi", "en"),
    [
        ("25.5", f"25,5{NBSP}%", "25.5%"),
        ("10.00", f"10{NBSP}%", "10%"),
        ("100", f"100{NBSP}%", "100%"),
        ("0", f"0{NBSP}%", "0%"),
    ],
)
def test_a_percentage_has_only_the_decimals_it_needs(rate: str, fi: str, en: str) -> None:
    assert percent(Decimal(rate), "fi") == fi
    assert percent(Decimal(rate), "en") == en


@pytest.mark.parametrize(
    ("amount", "fi", "en"),
    [
        (7, "7", "7"),
        (12000, f"12{NBSP}000", "12,000"),
        (Decimal("1234.50"), f"1{NBSP}234,50", "1,234.50"),
        (Decimal("1E+3"), f"1{NBSP}000", "1,000"),
    ],
)
def test_a_number_keeps_its_decimals(amount: Decimal | int, fi: str, en: str) -> None:
    assert number(amount, "fi") == fi
    assert number(amount, "en") == en


@pytest.mark.parametrize(
    ("date", "fi", "en"),
    [
        (datetime.date(2026, 1, 31), "tammikuu 2026", "January 2026"),
        (datetime.date(2025, 12, 1), "joulukuu 2025", "December 2025"),
    ],
)
def test_a_month_is_written_in_words(date: datetime.date, fi: str, en: str) -> None:
    assert month(date, "fi") == fi
    assert month(date, "en") == en


@given(st.decimals(min_value=0, max_value=10**7, places=2), st.sampled_from(["fi", "en"]))
def test_what_is_written_can_be_read_again(amount: Decimal, language: str) -> None:
    assert read_euros(euros(amount, language)) == amount


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("index", range(1, 13))
def test_a_written_month_can_be_read_again(index: int, language: str) -> None:
    date = datetime.date(2026, index, 1)

    assert read_month(Said(month(date, language), datetime.date(2026, 12, 24))) == date


@pytest.mark.parametrize(
    ("day", "fi", "en"),
    [
        (datetime.date(2026, 11, 22), "22. marraskuuta 2026", "22 November 2026"),
        (datetime.date(2026, 1, 1), "1. tammikuuta 2026", "1 January 2026"),
    ],
)
def test_a_day_is_written_in_words(day: datetime.date, fi: str, en: str) -> None:
    assert wording.date(day, "fi") == fi
    assert wording.date(day, "en") == en
