"""Published processing times: how long decisions took, by what was applied for, how and when.

One row of the table is a group of applications that were made in the same months and have been decided; a percentile
is a number of days from the application to the decision (docs/statistics.md).
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import enum
import functools
from pathlib import Path

from components.located_yaml import FileError
from components.statistics.description import Description, description_file, load_description
from components.statistics.tables import SMALLEST_GROUP, Line, read_lines

FILE = Path(__file__).parents[2] / "data" / "statistics" / "processing_times.csv"

APPLICATIONS = (
    "work_employed",
    "work_specialist",
    "fast_track",
    "studies",
    "family_spouse",
    "family_child",
    "extended",
    "permanent",
    "citizenship",
    "eu_registration",
    "asylum",
)
ONLINE, PAPER = WAYS = ("online", "paper")
_PERCENTILES = ("p25_days", "p50_days", "p75_days", "p90_days")
COLUMNS = ("application", "applied_how", "applied_from", "applied_to", "decided", *_PERCENTILES)

_MOST_DECISIONS = 10_000_000
_MOST_DAYS = 3_650


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One group of applications; months as their first day and both included, percentiles in days."""

    application: str
    applied_how: str
    applied_from: datetime.date
    applied_to: datetime.date
    decided: int
    p25_days: int
    p50_days: int
    p75_days: int
    p90_days: int


class Coverage(enum.Enum):
    """How the figures relate to an application."""

    COVERED = "covered"
    NEWER = "newer"  # made after the latest group, whose figures are the best there are
    OUTSIDE = "outside"  # made before the earliest group, or between two
    NO_FIGURES = "no_figures"


@dataclasses.dataclass(frozen=True)
class Lookup:
    """What the figures say of an application; `row` is given when it is COVERED or NEWER."""

    coverage: Coverage
    row: Row | None = None


class Position(enum.Enum):
    """Where a wait lies among those of a row. Around: it depends on the day of the month of the application."""

    BEFORE_HALF = "before_half"
    AROUND_HALF = "around_half"
    AFTER_HALF = "after_half"
    AROUND_MOST = "around_most"
    AFTER_MOST = "after_most"
    UNCLEAR = "unclear"  # from before half to after nine of ten


_POSITIONS = {
    (0, 0): Position.BEFORE_HALF,
    (0, 1): Position.AROUND_HALF,
    (1, 1): Position.AFTER_HALF,
    (1, 2): Position.AROUND_MOST,
    (2, 2): Position.AFTER_MOST,
    (0, 2): Position.UNCLEAR,
}


@dataclasses.dataclass(frozen=True, eq=False)
class ProcessingTimes:
    """A published table and its description; equal to itself only, so that it may be the key of a cache."""

    description: Description
    rows: tuple[Row, ...]

    @property
    def applications(self) -> tuple[str, ...]:
        """Return what the table has figures of."""
        return tuple(name for name in APPLICATIONS if any(row.application == name for row in self.rows))

    def of(self, application: str) -> tuple[Row, ...]:
        """Return the rows of an application: online before paper, and the latest months first."""
        ordered = sorted((row for row in self.rows if row.application == application), key=_newest_first)
        return tuple(sorted(ordered, key=lambda row: WAYS.index(row.applied_how)))

    def ways(self, application: str) -> tuple[str, ...]:
        """Return in which of WAYS the table knows that something is applied for."""
        return tuple(way for way in WAYS if any(row.applied_how == way for row in self.of(application)))

    def lookup(self, application: str, applied_how: str, month: datetime.date) -> Lookup:
        """Return the figures for an application that was made in a month (any day of it)."""
        rows = [row for row in self.of(application) if row.applied_how == applied_how]
        if not rows:
            return Lookup(Coverage.NO_FIGURES)
        first = month.replace(day=1)
        for row in rows:
            if row.applied_from <= first <= row.applied_to:
                return Lookup(Coverage.COVERED, row)
        if first > rows[0].applied_to:
            return Lookup(Coverage.NEWER, rows[0])
        return Lookup(Coverage.OUTSIDE)


def position(row: Row, month: datetime.date, today: datetime.date) -> Position:
    """Return where the wait of an application lies that was made in a month and is not decided today."""
    first = month.replace(day=1)
    longest = (today - first).days
    shortest = max(0, (today - _last_day(first)).days)
    return _POSITIONS[_part(row, shortest), _part(row, longest)]


def _part(row: Row, days: int) -> int:
    return (days > row.p50_days) + (days > row.p90_days)


def _last_day(first: datetime.date) -> datetime.date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def load(path: Path) -> ProcessingTimes:
    """Read a table and the description beside it.

    Raises FileError with one line for every problem.
    """
    problems: list[str] = []
    description: Description | None = None
    try:
        description = load_description(path)
    except FileError as error:
        problems.append(str(error))
    numbered: list[tuple[Line, Row]] = []
    try:
        for line in read_lines(path, COLUMNS, problems):
            row = _row(line, description)
            if row is not None:
                numbered.append((line, row))
    except FileError as error:
        problems.append(str(error))
    else:
        if not numbered and not problems:
            problems.append(f"{path}:1: the table is empty; write at least one line below the heading")
    _find_overlaps(numbered)
    if problems or description is None:
        raise FileError("\n".join(problems))
    return ProcessingTimes(description, tuple(row for _, row in numbered))


def current(path: Path = FILE) -> ProcessingTimes:
    """Return the figures that are published now; an import is noticed without a restart.

    Raises FileError when they are not in order.
    """
    return _loaded(path, _state(path), _state(description_file(path)))


_State = tuple[int, int, int]


@functools.lru_cache(maxsize=4)
def _loaded(path: Path, table: _State | None, description: _State | None) -> ProcessingTimes:
    return load(path)


def _state(path: Path) -> _State | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _row(line: Line, description: Description | None) -> Row | None:
    application, how = line.word("application", APPLICATIONS), line.word("applied_how", WAYS)
    first, last = line.month("applied_from"), line.month("applied_to")
    decided = line.whole_number(
        "decided",
        smallest=SMALLEST_GROUP,
        largest=_MOST_DECISIONS,
        why="a smaller group could reveal a person: join it with another or leave it out",
    )
    days = [line.whole_number(name, largest=_MOST_DAYS) for name in _PERCENTILES]
    given = [value for value in days if value is not None]
    if application is None or how is None or first is None or last is None or decided is None or len(given) < len(days):
        return None
    is_good = True
    if last < first:
        line.problem("applied_to", "is before 'applied_from'; swap the two")
        is_good = False
    for smaller, larger in zip(range(3), range(1, 4), strict=True):
        if given[larger] < given[smaller]:
            line.problem(
                _PERCENTILES[larger], f"is smaller than '{_PERCENTILES[smaller]}'; percentiles must not decrease"
            )
            is_good = False
    if description is not None:
        is_good &= _fits_period(line, first, last, given[-1], description)
    if not is_good:
        return None
    percentiles = dict(zip(_PERCENTILES, given, strict=True))
    return Row(
        application=application, applied_how=how, applied_from=first, applied_to=last, decided=decided, **percentiles
    )


def _fits_period(line: Line, first: datetime.date, last: datetime.date, longest: int, description: Description) -> bool:
    end = description.period.last
    if last > end:
        line.problem("applied_to", f"is after the period of the description ({end:%Y-%m}); correct one of them")
        return False
    possible = (_last_day(end) - first).days
    if possible < longest:
        line.problem(
            "p90_days",
            f"is {longest}, but only {possible} days lie between 'applied_from' and the end of the "
            "description's period; correct the figure or the months",
        )
        return False
    return True


def _find_overlaps(numbered: list[tuple[Line, Row]]) -> None:
    for index, (line, row) in enumerate(numbered):
        for earlier, other in numbered[:index]:
            same_group = (row.application, row.applied_how) == (other.application, other.applied_how)
            if same_group and row.applied_from <= other.applied_to and other.applied_from <= row.applied_to:
                line.problem(
                    "applied_from",
                    f"overlaps with line {earlier.number}; every month may stand in one line of {row.application}, "
                    f"{row.applied_how}",
                )
                break


def _newest_first(row: Row) -> int:
    return -row.applied_from.toordinal()
