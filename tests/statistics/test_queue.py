"""The published figures of the queue: checked when they are read, and one answer for every number."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.located_yaml import FileError
from components.privacy.derived import FIRST_YEAR, LARGEST_SEQUENCE, LAST_YEAR, SEQUENCE_STEP, CoarseCase
from components.statistics.queue import APPLICATIONS, BANDS, FILE, QueueFigures, Step, load

CASES = st.builds(
    CoarseCase,
    year=st.integers(FIRST_YEAR, LAST_YEAR),
    sequence=st.integers(0, LARGEST_SEQUENCE // SEQUENCE_STEP).map(lambda thousands: thousands * SEQUENCE_STEP),
)
HEADING = "application,year,from_sequence,longer_waiting,weeks_from,weeks_to"
TABLE = [
    HEADING,
    "work,2025,5000,1-50,1,3",
    "work,2025,9000,51-200,2,6",
    "work,2026,2000,over-1000,8,14",
    *(f"{application},2026,0,1-50,1,2" for application in APPLICATIONS if application != "work"),
]
DESCRIPTION = """\
kind: published
publisher: {fi: Virasto, en: Authority}
source: {fi: "https://virasto.example/", en: "https://virasto.example/"}
published: 2026-11-20
next_update: 2026-11-21
period: {from: 2024-01, to: 2026-11}
step: 1000
licence: CC BY 4.0
"""


def write(folder: Path, lines: list[str], description: str = DESCRIPTION) -> Path:
    table = folder / "queue.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    table.with_suffix(".yml").write_text(description, encoding="utf-8")
    return table


@pytest.fixture
def figures(tmp_path: Path) -> QueueFigures:
    return load(write(tmp_path, TABLE))


def problems(folder: Path, lines: list[str], description: str = DESCRIPTION) -> list[str]:
    with pytest.raises(FileError) as error:
        load(write(folder, lines, description))
    return [line.removeprefix(f"{folder}/") for line in str(error.value).splitlines()]


def test_the_committed_figures_are_in_order_and_say_that_they_are_an_example() -> None:
    figures = load()
    assert FILE.exists()
    assert figures.description.is_example
    assert {step.application for step in figures.rows} == set(APPLICATIONS)


@pytest.mark.parametrize(
    ("year", "sequence", "start"),
    [
        (2025, 5000, (2025, 5000)),
        (2025, 8000, (2025, 5000)),
        (2025, 9000, (2025, 9000)),
        (2025, 999000, (2025, 9000)),
        (2026, 1000, (2025, 9000)),
        (2026, 2000, (2026, 2000)),
        (2026, 999000, (2026, 2000)),
        (2099, 0, (2026, 2000)),
        (2025, 4000, (2025, 5000)),
        (2000, 0, (2025, 5000)),
    ],
)
def test_a_number_gets_the_nearest_step(
    figures: QueueFigures, year: int, sequence: int, start: tuple[int, int]
) -> None:
    assert figures.find("work", CoarseCase(year=year, sequence=sequence)).start == start


@given(application=st.sampled_from(APPLICATIONS), first=CASES, second=CASES)
def test_a_later_number_never_waits_less(application: str, first: CoarseCase, second: CoarseCase) -> None:
    figures = load_once()
    earlier, later = sorted((first, second), key=lambda case: (case["year"], case["sequence"]))
    before, after = figures.find(application, earlier), figures.find(application, later)
    assert all(less <= more for less, more in zip(before.sizes, after.sizes, strict=True))


class _CountedStep(Step):
    asked = 0

    @property
    def start(self) -> tuple[int, int]:
        type(self).asked += 1
        return super().start


@given(first=CASES, second=CASES)
def test_the_work_does_not_depend_on_the_number(first: CoarseCase, second: CoarseCase) -> None:
    known = load_once()
    figures = QueueFigures(known.description, tuple(_CountedStep(**vars(step)) for step in known.rows))
    looks = []
    for case in (first, second):
        _CountedStep.asked = 0
        figures.find("work", case)
        looks.append(_CountedStep.asked)
    assert looks[0] == looks[1] > 0


_KNOWN: list[QueueFigures] = []


def load_once() -> QueueFigures:
    if not _KNOWN:
        _KNOWN.append(load())
    return _KNOWN[0]


@pytest.mark.parametrize(("day", "late"), [(20, False), (21, False), (22, True)])
def test_figures_are_late_after_the_day_of_the_next_ones(figures: QueueFigures, day: int, late: bool) -> None:
    assert figures.is_late(datetime.date(2026, 11, day)) is late


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("work,2026,3500,over-1000,8,14", "'from_sequence' is not a multiple of the step, 1000"),
        ("asylum,2026,3000,over-1000,8,14", "'application' is 'asylum'; write one of"),
        ("work,1999,3000,over-1000,8,14", "'year' is '1999'; write a whole number from 2000"),
        ("work,2026,1000000,over-1000,8,14", "'from_sequence' is '1000000'"),
        ("work,2026,3000,37,8,14", "'longer_waiting' is '37'; write one of: 1-50"),
        ("work,2026,3000,over-1000,15,14", "'weeks_to' is less than 'weeks_from'"),
        ("work,2026,3000,over-1000,8,", "'weeks_to' is empty"),
        ("work,2026,2000,over-1000,8,14", "'from_sequence' is no later than in the line before"),
        ("work,2025,9000,over-1000,8,14", "'from_sequence' is no later than in the line before"),
        ("work,2026,3000,501-1000,8,14", "'longer_waiting' is less than in the line before"),
        ("work,2026,3000,over-1000,7,14", "'weeks_from' is less than in the line before"),
        ("work,2026,3000,over-1000,8,13", "'weeks_to' is less than in the line before"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(tmp_path: Path, line: str, expected: str) -> None:
    found = problems(tmp_path, [*TABLE[:4], line, *TABLE[4:]])
    assert len(found) == 1
    assert found[0].startswith(f"queue.csv:5: {expected}")


def test_every_kind_of_application_needs_a_line(tmp_path: Path) -> None:
    assert problems(tmp_path, TABLE[:-1]) == [
        "queue.csv:1: has no line for 'eu_registration'; every kind of application needs one"
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("next_update: 2026-11-21", "next_update: 2026-11-20", "'next_update' is not after 'published'"),
        ("next_update: 2026-11-21\n", "", "'next_update' is missing"),
        ("step: 1000", "step: 1500", "'step' is not a multiple of 1000"),
        ("step: 1000", "step: 100", "'step' "),
        ("kind: published", "kind: real", "'kind' "),
    ],
)
def test_what_is_wrong_with_the_description_is_told(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = problems(tmp_path, TABLE, DESCRIPTION.replace(old, new))
    assert len(found) == 1
    assert found[0].startswith("queue.yml:")
    assert expected in found[0]


def test_a_coarser_step_may_be_published(tmp_path: Path) -> None:
    lines = [line.replace(",5000,", ",6000,").replace(",9000,", ",8000,") for line in TABLE]
    figures = load(write(tmp_path, lines, DESCRIPTION.replace("step: 1000", "step: 2000")))
    assert figures.description.step == 2000


@pytest.mark.parametrize("missing", ["queue.csv", "queue.yml"])
def test_both_files_are_needed(tmp_path: Path, missing: str) -> None:
    table = write(tmp_path, TABLE)
    (tmp_path / missing).unlink()
    with pytest.raises(FileError, match=f"{missing}: cannot be read"):
        load(table)


def test_bands_stand_in_order() -> None:
    firsts = [int(band.removeprefix("over-").split("-")[0]) for band in BANDS]
    assert firsts == sorted(firsts)
