"""The words for published figures."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
import yaml

from components.statistics import texts
from components.statistics.processing_times import APPLICATIONS, WAYS

CATALOGUE = yaml.safe_load(Path(texts.__file__).with_suffix(".yml").read_text(encoding="utf-8"))
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def test_both_languages_have_the_same_texts() -> None:
    assert list(CATALOGUE["fi"]) == list(CATALOGUE["en"])


@pytest.mark.parametrize("name", list(CATALOGUE["fi"]))
def test_both_languages_tell_the_same_values(name: str) -> None:
    assert sorted(_PLACEHOLDER.findall(CATALOGUE["fi"][name])) == sorted(_PLACEHOLDER.findall(CATALOGUE["en"][name]))


@pytest.mark.parametrize("name", [*(f"application_{name}" for name in APPLICATIONS), *(f"way_{way}" for way in WAYS)])
def test_everything_in_a_table_has_a_name(name: str) -> None:
    assert texts.text(name, "fi") != texts.text(name, "en")


@pytest.mark.parametrize(
    ("days", "finnish", "english"),
    [
        (0, "0 päivässä", "0 days"),
        (1, "1 päivässä", "1 day"),
        (14, "14 päivässä", "14 days"),
        (20, "20 päivässä", "20 days"),
        (21, "3 viikossa", "3 weeks"),
        (100, "14 viikossa", "14 weeks"),
        (101, "3 kuukaudessa", "3 months"),
        (457, "15 kuukaudessa", "15 months"),
        (943, "31 kuukaudessa", "31 months"),
    ],
)
def test_a_time_is_told_in_the_unit_that_people_use(days: int, finnish: str, english: str) -> None:
    assert (texts.within(days, "fi"), texts.within(days, "en")) == (finnish, english)


@pytest.mark.parametrize(
    ("applied", "finnish", "english"),
    [
        ("2026-11-01", "alle kuukauden", "less than a month"),
        ("2026-10-01", "noin kuukauden", "about a month"),
        ("2026-09-01", "noin 2 kuukautta", "about 2 months"),
        ("2024-11-01", "noin 24 kuukautta", "about 24 months"),
    ],
)
def test_a_wait_is_told_in_months(applied: str, finnish: str, english: str) -> None:
    first, today = datetime.date.fromisoformat(applied), datetime.date(2026, 11, 22)

    assert (texts.waited(first, today, "fi"), texts.waited(first, today, "en")) == (finnish, english)


def test_months_are_told_in_digits() -> None:
    first, last = datetime.date(2024, 1, 1), datetime.date(2026, 10, 1)

    assert (texts.months(first, last), texts.months(first, first)) == ("1/2024–10/2026", "1/2024")


@pytest.mark.parametrize(("language", "written"), [("fi", "12\u00a0000"), ("en", "12,000")])
def test_thousands_are_told_apart(language: str, written: str) -> None:
    assert texts.count(12_000, language) == written


@pytest.mark.parametrize("language", [None, "sv", ""])
def test_an_unknown_language_is_answered_in_finnish(language: str | None) -> None:
    assert texts.text("way_online", language) == "Verkossa"
