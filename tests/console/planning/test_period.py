"""The filters in the address."""

from __future__ import annotations

import datetime

import pytest

from components.storage.planning import Selection
from console.planning.period import wanted

NOW = datetime.datetime(2026, 6, 15, 22, 30, tzinfo=datetime.timezone.utc)  # the 16th in Finland


def test_the_last_thirty_days_are_usual() -> None:
    filters = wanted({}, now=NOW)
    assert (filters.since.isoformat(), filters.until.isoformat()) == ("2026-05-18", "2026-06-16")
    assert filters.query() == {"since": "2026-05-18", "until": "2026-06-16"}


def test_days_are_those_of_finland() -> None:
    filters = wanted({"since": "2026-06-01", "until": "2026-06-02", "language": "en", "agency": "customs"}, now=NOW)
    begin = datetime.datetime(2026, 5, 31, 21, tzinfo=datetime.timezone.utc)
    assert filters.selection() == Selection(begin, begin + datetime.timedelta(days=2), "en", "customs")
    assert not filters.errors


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"since": "soon"}, "since", "planning.error_day"),
        ({"until": "2026-02-30"}, "until", "planning.error_day"),
        ({"until": "0001-01-01"}, "until", "planning.error_day"),
        ({"since": "2026-06-02", "until": "2026-06-01"}, "since", "planning.error_order"),
        ({"since": "2025-06-01", "until": "2026-06-02"}, "since", "planning.error_long"),
        ({"language": "sv"}, "language", "planning.error_choice"),
        ({"agency": "'; drop table"}, "agency", "planning.error_choice"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_usual_taken(typed: dict[str, str], field: str, error: str) -> None:
    filters = wanted(typed, now=NOW)
    assert filters.errors == {field: error}
    assert (filters.since.isoformat(), filters.until.isoformat()) == ("2026-05-18", "2026-06-16")
    assert filters.query() == {"since": "2026-05-18", "until": "2026-06-16"}
    assert filters.typed[field] == typed[field]
