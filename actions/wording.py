"""Amounts, rates and months as people write them in Finnish and in English."""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal

from actions.values import vocabulary

_CENT = Decimal("0.01")
_NO_BREAK_SPACE = "\u00a0"


def euros(amount: Decimal, language: str) -> str:
    """Return an amount of money with its cents: "1 234,50 €" or "€1,234.50"."""
    written = number(amount.quantize(_CENT, ROUND_HALF_UP), language)
    return f"€{written}" if language == "en" else f"{written}{_NO_BREAK_SPACE}€"


def percent(rate: Decimal, language: str) -> str:
    """Return a percentage: "25,5 %" or "25.5%"."""
    written = number(rate.normalize(), language)
    return f"{written}%" if language == "en" else f"{written}{_NO_BREAK_SPACE}%"


def number(amount: Decimal | int, language: str) -> str:
    """Return a number with all its decimals and with its thousands apart: "1 234,5" or "1,234.5"."""
    written = f"{amount:,f}" if isinstance(amount, Decimal) else f"{amount:,}"
    if language == "en":
        return written
    return written.translate({ord(","): _NO_BREAK_SPACE, ord("."): ","})


def month(date: datetime.date, language: str) -> str:
    """Return a date's month and year: "maaliskuu 2026" or "March 2026"."""
    names: list[str] = vocabulary("general")["month_names"][language]
    return f"{names[date.month - 1]} {date.year}"


def date(day: datetime.date, language: str) -> str:
    """Return a day: "22. marraskuuta 2026" or "22 November 2026"."""
    if language == "en":
        return f"{day.day} {month(day, language)}"
    named, year = month(day, language).split()
    return f"{day.day}. {named}ta {year}"
