"""Cells of fewer than k conversations."""

from __future__ import annotations

import pytest

from console.planning.threshold import hidden


@pytest.mark.parametrize(
    ("cells", "few"),
    [
        ({}, set()),
        ({"a": 5, "b": 12}, set()),
        ({"a": 0, "b": 12}, set()),
        ({"a": 4, "b": 12}, {"a", "b"}),  # the total would tell of a alone
        ({"a": 4, "b": 12, "c": 20}, {"a", "b"}),
        ({"a": 4, "b": 3, "c": 20}, {"a", "b"}),
        ({"a": 1, "b": 1, "c": 6, "d": 9}, {"a", "b", "c"}),
        ({"a": 3}, {"a"}),
    ],
)
def test_small_cells_are_hidden_and_the_total_does_not_tell_of_them(cells: dict[str, int], few: set[str]) -> None:
    assert hidden(cells, 5) == few
