"""Percentiles, targets and tables."""

from __future__ import annotations

import re

import pytest

from bench.tables import Target, around, number, percentile, table, target_table, targets


@pytest.mark.parametrize(
    ("share", "expected"), [(0.01, 1.0), (0.50, 50.0), (0.501, 51.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0)]
)
def test_percentile_is_the_nearest_rank(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], share) == expected


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.95) == 7.0


def test_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_around_is_the_median_of_the_turn_and_its_neighbours() -> None:
    values = [float(turn) for turn in range(1, 303)]
    values[4] = 1000.0  # turn 5 itself: one slow turn must not decide
    assert (around(values, 5), around(values, 300)) == (6.0, 300.0)


@pytest.mark.parametrize("position", [2, 9])
def test_around_needs_all_the_neighbours(position: int) -> None:
    with pytest.raises(ValueError, match="too few"):
        around([1.0] * 10, position)


@pytest.mark.parametrize(
    ("comparison", "value", "reached"),
    [
        ("<", 9.99, True),
        ("<", 10.0, False),
        ("<=", 10.0, True),
        ("<=", 10.01, False),
        (">=", 10.0, True),
        (">=", 9.99, False),
    ],
)
def test_target_is_reached(comparison: str, value: float, reached: bool) -> None:
    assert Target("x", "x", comparison, 10.0).reached_by(value) is reached


@pytest.mark.parametrize(
    ("fresh", "questions", "expected"),
    [
        (False, False, ["training <= 120 s", "warm start < 30 s", "reply p50 < 60 ms", "reply p95 < 150 ms"]),
        (True, False, ["fresh set-up to the first answer < 360 s"]),
        (
            False,
            True,
            [
                *("top-1, en >= 0.9", "top-1, fi >= 0.87", "top-3, en >= 0.97", "top-3, fi >= 0.97"),
                *("confidently wrong, en <= 0.06", "confidently wrong, fi <= 0.06"),
                *("refused, en >= 0.88", "refused, fi >= 0.88"),
            ],
        ),
    ],
)
def test_targets_follow_the_options(fresh: bool, questions: bool, expected: list[str]) -> None:
    shown = [f"{target.name} {target}" for target in targets(fresh=fresh, questions=questions)]
    always = [f"{target.name} {target}" for target in targets(fresh=False, questions=False)]
    assert set(expected) <= set(shown)
    assert set(shown) - set(always) == set(expected) - set(always)


def test_turn_ratio_is_a_target_of_every_run() -> None:
    assert "turn 300 / turn 5 <= 1.5" in [f"{item.name} {item}" for item in targets(fresh=False, questions=False)]


@pytest.mark.parametrize(("value", "shown"), [(None, "-"), (1.25, "1.2"), (0.0, "0.0")])
def test_number(value: float | None, shown: str) -> None:
    assert number(value, 1) == shown


def test_table_aligns_names_to_the_left_and_figures_to_the_right() -> None:
    assert table(["", "Luotsi", "stock"], [["reply, ms", "7.0", "12.5"], ["x", "100.0", "-"]]).splitlines() == [
        "           Luotsi  stock",
        "---------  ------  -----",
        "reply, ms     7.0   12.5",
        "x           100.0      -",
    ]


def test_table_refuses_a_row_of_another_length() -> None:
    with pytest.raises(ValueError, match="cells"):
        table(["a", "b"], [["only one"]])


@pytest.mark.parametrize(
    ("figures", "cells"),
    [
        ({"training_seconds": 120.0}, ["120.0", "ok"]),
        ({"training_seconds": 120.1}, ["120.1", "no"]),
        ({"training_seconds": None}, ["-", "not measured"]),
        ({}, ["-", "not measured"]),
    ],
)
def test_target_table_judges_each_figure(figures: dict[str, float | None], cells: list[str]) -> None:
    lines = target_table(targets(fresh=False, questions=False), figures).splitlines()
    (line,) = [line for line in lines if line.startswith("training ")]
    assert re.split(r"\s{2,}", line) == ["training", "<= 120 s", *cells]


def test_target_table_shows_enough_digits_of_a_share() -> None:
    missed = Target("top-1, en", "en_top_1", ">=", 0.85)
    assert target_table([missed], {"en_top_1": 0.8496}).splitlines()[-1].split()[-2:] == ["0.850", "no"]
