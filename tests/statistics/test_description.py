"""Descriptions of published tables."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from components.located_yaml import FileError
from components.statistics.description import Description, load_description, parse_month

from .tables import DESCRIPTION, write


def described(folder: Path, old: str, new: str) -> Description:
    description = DESCRIPTION.format(kind="published")
    assert old in description
    return load_description(write(folder, description=description.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("kind: published", "kind: real", 1, "'kind' unexpected value; permitted: 'published', 'example'"),
        ("licence: CC BY 4.0\n", "", 1, "'licence' is missing; add it"),
        ("licence: CC BY 4.0", "licence: ' '", 6, "'licence' is empty; write it"),
        ("licence", "license", 6, "'license' is not a known key; check its spelling"),
        ("fi: Malliviranomainen, ", "", 2, "'publisher.fi' is missing; add it"),
        ("https://v", "http://v", 3, "'source.fi' is not an https address; use one"),
        ("2026-11-10", "20261110", 4, "'published' is not a date; write it as 2026-11-21"),
        ("2026-11-10", "2999-01-01", 4, "'published' is in the future"),
        ("to: 2026-10", "to: 2026-12", 5, "'period' ends after the day of publishing"),
        ("to: 2026-10", "to: 2023-10", 5, "'period.to' is before 'from'; swap the two"),
        ("to: 2026-10", "to: October", 5, "'period.to' is not a month; write it as 2026-11"),
        ("to: 2026-10", "to: 202610", 5, "'period.to' is not a month; write it as 2026-11"),
    ],
)
def test_what_is_not_in_order_is_told(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(FileError) as refused:
        described(tmp_path, old, new)

    assert f"{tmp_path / 'times.yml'}:{line}: {words}" in str(refused.value)


def test_a_description_may_be_published_in_the_month_that_it_ends_with(tmp_path: Path) -> None:
    assert described(tmp_path, "to: 2026-10", "to: 2026-11").period.last == datetime.date(2026, 11, 1)


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2026-11", datetime.date(2026, 11, 1)),
        ("2026-01", datetime.date(2026, 1, 1)),
        ("2026-00", None),
        ("2026-13", None),
        ("2026-1", None),
        ("1926-11", None),
        ("2026-11-01", None),
        ("", None),
    ],
)
def test_months_are_written_in_one_way(written: str, month: datetime.date | None) -> None:
    assert parse_month(written) == month
