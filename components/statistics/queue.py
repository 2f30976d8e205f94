"""The published figures of the queue: a step function from diary numbers to bands, the same for every number.

The figures are all that there is to know. `QueueFigures.find` answers for each year and running number, whether an
application with it exists or not, and does the same work for all of them (docs/statistics.md).
"""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

from pydantic import Field, validator

from components.located_yaml import FileError, load_model
from components.privacy.derived import FIRST_YEAR, LARGEST_SEQUENCE, LAST_YEAR, SEQUENCE_STEP, CoarseCase
from components.statistics.description import Description, description_file
from components.statistics.tables import Line, read_lines

FILE = Path(__file__).parents[2] / "data" / "statistics" / "queue.csv"

APPLICATIONS = ("work", "family", "studies", "permanent", "citizenship", "eu_registration")
BANDS = ("1-50", "51-200", "201-500", "501-1000", "over-1000")
"""How many applications have waited longer, from the fewest to the most."""

COLUMNS = ("application", "year", "from_sequence", "longer_waiting", "weeks_from", "weeks_to")
_MOST_WEEKS = 520


class QueueDescription(Description):
    """What is told of the figures of the queue.

    next_update: the day on which the next ones are published. step: running numbers are told in multiples of it.
    """

    next_update: datetime.date
    step: int = Field(ge=SEQUENCE_STEP, le=LARGEST_SEQUENCE)

    @validator("next_update")
    @classmethod
    def _comes_later(cls, day: datetime.date, values: dict[str, datetime.date]) -> datetime.date:
        if "published" in values and day <= values["published"]:
            raise ValueError("is not after 'published'; write the day of the next figures")
        return day

    @validator("step")
    @classmethod
    def _is_a_multiple(cls, step: int) -> int:
        if step % SEQUENCE_STEP:
            raise ValueError(f"is not a multiple of {SEQUENCE_STEP}, in which diary numbers are read; correct it")
        return step


@dataclasses.dataclass(frozen=True)
class Step:
    """What holds from a year and running number on: the band of longer waiting ones, and the typical weeks left."""

    application: str
    year: int
    from_sequence: int
    longer_waiting: str
    weeks_from: int
    weeks_to: int

    @property
    def start(self) -> tuple[int, int]:
        """Return the year and the running number with which the step begins."""
        return self.year, self.from_sequence

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return what must not fall from one step to the next."""
        return BANDS.index(self.longer_waiting), self.weeks_from, self.weeks_to


@dataclasses.dataclass(frozen=True)
class QueueFigures:
    """The figures of one day: every application has a step at least, and its steps stand in order."""

    description: QueueDescription
    rows: tuple[Step, ...]

    def find(self, application: str, case: CoarseCase) -> Step:
        """Return the step of a number: the last one that does not begin after it, or else the first.

        Every step is looked at whatever the number, so that the time it takes says nothing.
        """
        steps = [step for step in self.rows if step.application == application]
        begun = sum(step.start <= (case["year"], case["sequence"]) for step in steps)
        return steps[max(begun - 1, 0)]

    def is_late(self, today: datetime.date) -> bool:
        """Tell whether newer figures should have been published by now."""
        return today > self.description.next_update


def load(path: Path = FILE) -> QueueFigures:
    """Read a table and the description beside it.

    Raises FileError with one line for every problem.
    """
    problems: list[str] = []
    description: QueueDescription | None = None
    try:
        description = load_model(description_file(path), QueueDescription)
    except OSError as error:
        problems.append(f"{description_file(path)}: cannot be read ({error.strerror}); write the description")
    except FileError as error:
        problems.append(str(error))
    step = description.step if description is not None else SEQUENCE_STEP
    rows: dict[str, list[Step]] = {application: [] for application in APPLICATIONS}
    for line in read_lines(path, COLUMNS, problems):
        row = _row(line, step)
        if row is not None:
            earlier = rows[row.application][-1:]
            rows[row.application].append(row)
            if earlier:
                _compare(line, row, earlier[0])
    problems += [
        f"{path}:1: has no line for '{application}'; every kind of application needs one"
        for application, found in rows.items()
        if not found
    ]
    if problems or description is None:
        raise FileError("\n".join(problems))
    return QueueFigures(description, tuple(row for found in rows.values() for row in found))


def _row(line: Line, step: int) -> Step | None:
    application, band = line.word("application", APPLICATIONS), line.word("longer_waiting", BANDS)
    year = line.whole_number("year", smallest=FIRST_YEAR, largest=LAST_YEAR)
    sequence = line.whole_number("from_sequence", largest=LARGEST_SEQUENCE)
    shortest = line.whole_number("weeks_from", largest=_MOST_WEEKS)
    longest = line.whole_number("weeks_to", smallest=1, largest=_MOST_WEEKS)
    if application is None or band is None or year is None or sequence is None or shortest is None or longest is None:
        return None
    if sequence % step:
        line.problem("from_sequence", f"is not a multiple of the step, {step}; round it")
    if longest < shortest:
        line.problem("weeks_to", "is less than 'weeks_from'; swap the two")
    return Step(application, year, sequence, band, shortest, longest)


def _compare(line: Line, row: Step, before: Step) -> None:
    if row.start <= before.start:
        line.problem("from_sequence", "is no later than in the line before of this application; put them in order")
    for column, mine, theirs in zip(("longer_waiting", "weeks_from", "weeks_to"), row.sizes, before.sizes, strict=True):
        if mine < theirs:
            line.problem(column, "is less than in the line before of this application; later numbers never wait less")
