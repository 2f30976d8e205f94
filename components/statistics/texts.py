"""The words for published figures, from texts.yml."""

from __future__ import annotations

import datetime
import functools
from pathlib import Path

import yaml

LANGUAGES = ("fi", "en")
DEFAULT_LANGUAGE = "fi"

DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12}
# Up to here people think in days, and up to there in weeks.
_MOST_IN_DAYS = 20
_MOST_IN_WEEKS = 100
_NO_BREAK_SPACE = "\u00a0"


@functools.cache
def _catalogue() -> dict[str, dict[str, str]]:
    catalogue: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")
    )
    return catalogue


def known_language(language: str | None) -> str:
    """Return a language that there are texts in: the given one, or the default."""
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def text(name: str, language: str | None, **values: object) -> str:
    """Return a text in a language (the default one when it is unknown), with its {placeholders} filled."""
    return _catalogue()[known_language(language)][name].format(**values)


def within(days: int, language: str) -> str:
    """Return a time within which something happens, rounded: "5 viikossa", "5 weeks"."""
    unit, count = _rounded(days)
    return text(f"within_{unit}_{1 if count == 1 else 2}", language, count=count)


def short(days: int, language: str) -> str:
    """Return a time for a picture, rounded: "5 vk", "5 wk"."""
    unit, count = _rounded(days)
    return text(f"short_{unit}", language, count=count)


def waited(first: datetime.date, today: datetime.date, language: str) -> str:
    """Return how long it is since a month, given as any day of it: "noin 8 kuukautta", "less than a month"."""
    number = (today.year - first.year) * 12 + today.month - first.month
    return text(f"waited_{min(number, 2)}", language, count=number)


def count(number: int, language: str) -> str:
    """Return a count with its thousands apart: "12 000" or "12,000"."""
    written = f"{number:,}"
    return written if language == "en" else written.replace(",", _NO_BREAK_SPACE)


def months(first: datetime.date, last: datetime.date) -> str:
    """Return months as in 1/2025–3/2026; a single one as in 1/2025."""
    ends = [f"{month.month}/{month.year}" for month in (first, last)]
    return "–".join(dict.fromkeys(ends))


def unit_of(days: int) -> str:
    """Return in which of DAYS_PER_UNIT people speak of such a time."""
    if days <= _MOST_IN_DAYS:
        return "days"
    return "weeks" if days <= _MOST_IN_WEEKS else "months"


def _rounded(days: int) -> tuple[str, int]:
    unit = unit_of(days)
    return unit, round(days / DAYS_PER_UNIT[unit])
