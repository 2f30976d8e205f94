"""Percentiles, the targets that must be reached, and tables of them."""

from __future__ import annotations

import dataclasses
import math
import operator
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">=": operator.ge}


@dataclasses.dataclass(frozen=True)
class Target:
    """A figure that must be reached; `figure` names it among the measured ones, `comparison` is <, <= or >=."""

    name: str
    figure: str
    comparison: str
    limit: float
    unit: str = ""

    def reached_by(self, value: float) -> bool:
        """Tell whether a measured value is good enough."""
        return _COMPARISONS[self.comparison](value, self.limit)

    def __str__(self) -> str:
        return " ".join(part for part in (self.comparison, f"{self.limit:g}", self.unit) if part)


FRESH_TARGETS = (Target("fresh set-up to the first answer", "fresh_seconds", "<", 360, "s"),)
TARGETS = (
    Target("training", "training_seconds", "<=", 120, "s"),
    Target("warm start", "start_seconds", "<", 30, "s"),
    Target("reply p50", "reply_p50", "<", 60, "ms"),
    Target("reply p95", "reply_p95", "<", 150, "ms"),
    Target("turn 300 / turn 5", "turn_ratio", "<=", 1.5),
)
QUESTION_TARGETS = (
    Target("top-1, en", "en_top_1", ">=", 0.90),
    Target("top-1, fi", "fi_top_1", ">=", 0.87),
    Target("top-3, en", "en_top_3", ">=", 0.97),
    Target("top-3, fi", "fi_top_3", ">=", 0.97),
    Target("confidently wrong, en", "en_confidently_wrong", "<=", 0.06),
    Target("confidently wrong, fi", "fi_confidently_wrong", "<=", 0.06),
    Target("refused, en", "en_refused", ">=", 0.88),
    Target("refused, fi", "fi_refused", ">=", 0.88),
)


def targets(*, fresh: bool, questions: bool) -> tuple[Target, ...]:
    """Return the targets that a run with these options can tell something about."""
    return (*(FRESH_TARGETS if fresh else ()), *TARGETS, *(QUESTION_TARGETS if questions else ()))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (above 0, at most 1) of the values do not exceed (nearest rank).

    Raises ValueError when there are no values.
    """
    if not values:
        raise ValueError("there is nothing to take a percentile of")
    return sorted(values)[math.ceil(share * len(values)) - 1]


def around(values: Sequence[float], position: int, *, reach: int = 2) -> float:
    """Return the median of the values at a position, counted from 1, and of its `reach` neighbours on each side.

    Raises ValueError when there are not enough values.
    """
    window = values[max(0, position - reach - 1) : position + reach]
    if len(window) != 2 * reach + 1:
        raise ValueError(f"{len(values)} values are too few for a median around number {position}")
    return statistics.median(window)


def number(value: float | None, digits: int = 0) -> str:
    """Return a figure for a table; a dash where nothing was measured."""
    return "-" if value is None else f"{value:.{digits}f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return lines with the first column to the left and the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    if any(len(line) != len(header) for line in lines):
        raise ValueError("every row needs as many cells as the header")
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [lines[0], rule, *lines[1:]]
    )


def target_table(chosen: Iterable[Target], figures: Mapping[str, float | None]) -> str:
    """Return the targets with what was measured and whether it is good enough."""
    rows = []
    for target in chosen:
        value = figures.get(target.figure)
        verdict = "not measured" if value is None else "ok" if target.reached_by(value) else "no"
        rows.append([target.name, str(target), number(value, _digits(target)), verdict])
    return table(["must reach", "target", "figure", "ok/no"], rows)


def _digits(target: Target) -> int:
    # Enough digits that a figure which misses its target never looks as if it were equal to it.
    return 1 if target.limit >= 10 else 3
