"""Processing times: what is accepted, what is refused and how, and what the figures say of an application."""

from __future__ import annotations

import dataclasses
import datetime
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.located_yaml import FileError
from components.statistics import processing_times
from components.statistics.processing_times import APPLICATIONS, Coverage, Position, Row, load, position

from .tables import DESCRIPTION, HEADING, ROW, write


def month(written: str) -> datetime.date:
    return datetime.date.fromisoformat(f"{written}-01")


def row(p50: int = 300, p90: int = 500) -> Row:
    return Row(
        application="citizenship",
        applied_how="online",
        applied_from=month("2024-01"),
        applied_to=month("2024-06"),
        decided=500,
        p25_days=min(200, p50),
        p50_days=p50,
        p75_days=p90,
        p90_days=p90,
    )


def problems(path: Path) -> list[str]:
    with pytest.raises(FileError) as refused:
        load(path)
    return str(refused.value).splitlines()


def test_a_table_is_read(tmp_path: Path) -> None:
    times = load(write(tmp_path))

    assert times.rows == (dataclasses.replace(row(), p75_days=400),)
    assert times.description.publisher.fi == "Malliviranomainen"
    assert times.description.period.last == month("2026-10")
    assert not times.description.is_example


def test_a_spreadsheets_byte_order_mark_spaces_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, ROW.replace(",", " , "), "", ",,,,,,,,")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert len(load(path).rows) == 1


def test_the_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    heading, values = HEADING.split(","), ROW.split(",")
    path = write(tmp_path, ",".join(reversed(values)), heading=",".join(reversed(heading)))

    assert load(path).rows[0].p90_days == 500


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"application": "visa"}, "application", "is 'visa'; write one of: work_employed"),
        ({"application": ""}, "application", "is empty"),
        ({"applied_how": "fax"}, "applied_how", "is 'fax'; write one of: online, paper"),
        ({"applied_from": "1/2024"}, "applied_from", "is '1/2024', which is not a month; write it as 2026-11"),
        ({"applied_to": "2024-13"}, "applied_to", "is not a month"),
        ({"decided": "9"}, "decided", "a smaller group could reveal a person"),
        ({"decided": "12.5"}, "decided", "write a whole number"),
        ({"p25_days": "-1"}, "p25_days", "write a whole number from 0 to 3650"),
        ({"p90_days": "3651"}, "p90_days", "write a whole number from 0 to 3650"),
        ({"p50_days": "199"}, "p50_days", "is smaller than 'p25_days'; percentiles must not decrease"),
        ({"p75_days": "299"}, "p75_days", "is smaller than 'p50_days'"),
        ({"p90_days": "399"}, "p90_days", "is smaller than 'p75_days'"),
        ({"applied_from": "2024-07"}, "applied_to", "is before 'applied_from'"),
        ({"applied_to": "2026-11"}, "applied_to", "is after the period of the description (2026-10)"),
        ({"applied_from": "2024-01", "p90_days": "1035"}, "p90_days", "only 1034 days lie between"),
    ],
)
def test_a_faulty_value_is_refused_with_file_line_and_mend(
    tmp_path: Path, change: dict[str, str], column: str, words: str
) -> None:
    values = {**dict(zip(HEADING.split(","), ROW.split(","), strict=True)), **change}
    path = write(tmp_path, "studies,online,2025-01,2025-12,50,10,20,30,40", ",".join(values.values()))

    (problem,) = problems(path)

    assert problem.startswith(f"{path}:3: '{column}' ")
    assert words in problem


@pytest.mark.parametrize("change", [{"decided": "10"}, {"p50_days": "200"}, {"p90_days": "1034"}, {"p25_days": "0"}])
def test_values_at_the_limits_are_accepted(tmp_path: Path, change: dict[str, str]) -> None:
    values = {**dict(zip(HEADING.split(","), ROW.split(","), strict=True)), **change}

    assert len(load(write(tmp_path, ",".join(values.values()))).rows) == 1


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, ROW.replace("500,200", "5,x"), "too,few", description="kind: real\n")

    found = problems(path)

    assert len([line for line in found if line.startswith(f"{path}:2: ")]) == 2
    assert f"{path}:3: has 2 values, but there are 9 columns; give every column one value" in found
    assert any(line.startswith(f"{path.with_suffix('.yml')}:1: 'kind' ") for line in found)


@pytest.mark.parametrize(
    ("second", "overlaps"),
    [
        ("citizenship,online,2024-06,2024-09,500,200,300,400,500", True),
        ("citizenship,online,2023-09,2024-01,500,200,300,400,500", True),
        ("citizenship,online,2024-02,2024-02,500,200,300,400,500", True),
        ("citizenship,online,2024-07,2024-09,500,200,300,400,500", False),
        ("citizenship,online,2023-09,2023-12,500,200,300,400,500", False),
        ("citizenship,paper,2024-01,2024-06,500,200,300,400,500", False),
        ("permanent,online,2024-01,2024-06,500,200,300,400,500", False),
    ],
)
def test_periods_of_one_group_may_not_overlap(tmp_path: Path, second: str, overlaps: bool) -> None:
    path = write(tmp_path, ROW, second)
    if overlaps:
        (problem,) = problems(path)
        assert problem.startswith(f"{path}:3: 'applied_from' overlaps with line 2; ")
    else:
        assert len(load(path).rows) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the heading lacks application"),
        (HEADING.encode(), "the table is empty"),
        (HEADING.replace(",", ";").encode(), "the columns are not separated by commas"),
        (HEADING.replace("decided", "number").encode(), "lacks decided and has the unknown 'number'"),
        (f"{HEADING},decided".encode(), "names a column twice"),
        (f'{HEADING}\n"citizenship'.encode(), "is not a CSV line"),
        (b"\xff\xfe", "is not UTF-8 text (byte 0)"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = write(tmp_path)
    path.write_bytes(content)

    (problem,) = problems(path)

    assert problem.startswith(f"{path}:")
    assert words in problem


@pytest.mark.parametrize("suffix", [".csv", ".yml"])
def test_a_missing_file_is_told(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path)
    path.with_suffix(suffix).unlink()

    (problem,) = problems(path)

    assert problem.startswith(f"{path.with_suffix(suffix)}: cannot be read (No such file or directory)")


@pytest.mark.parametrize(
    ("applied", "coverage"),
    [
        ("2023-12", Coverage.OUTSIDE),
        ("2024-01", Coverage.COVERED),
        ("2024-06", Coverage.COVERED),
        ("2024-07", Coverage.OUTSIDE),
        ("2024-09", Coverage.COVERED),
        ("2024-12", Coverage.COVERED),
        ("2025-01", Coverage.NEWER),
    ],
)
def test_a_month_is_found_among_the_periods(tmp_path: Path, applied: str, coverage: Coverage) -> None:
    times = load(write(tmp_path, ROW, "citizenship,online,2024-09,2024-12,20,100,150,200,250"))

    found = times.lookup("citizenship", "online", month(applied).replace(day=17))

    assert found.coverage is coverage
    if found.row is not None:
        assert found.row.applied_from == month("2024-01" if applied < "2024-07" else "2024-09")
    else:
        assert coverage is Coverage.OUTSIDE


@pytest.mark.parametrize(("application", "way"), [("asylum", "online"), ("citizenship", "paper"), ("other", "online")])
def test_what_has_no_figures_is_told(tmp_path: Path, application: str, way: str) -> None:
    found = load(write(tmp_path)).lookup(application, way, month("2024-03"))

    assert (found.coverage, found.row) == (Coverage.NO_FIGURES, None)


def test_rows_come_online_first_and_the_latest_first(tmp_path: Path) -> None:
    order = ["paper,2024-01,2024-02", "online,2024-01,2024-02", "paper,2024-03,2024-04", "online,2024-03,2024-04"]
    times = load(write(tmp_path, *(f"citizenship,{group},500,200,300,400,500" for group in order)))

    assert [(row.applied_how, row.applied_from.month) for row in times.of("citizenship")] == [
        ("online", 3),
        ("online", 1),
        ("paper", 3),
        ("paper", 1),
    ]
    assert times.ways("citizenship") == ("online", "paper")
    assert times.applications == ("citizenship",)


@pytest.mark.parametrize(
    ("p50", "p90", "applied", "expected"),
    [
        # On 22 November 2026 an application of March has waited 236 to 266 days.
        (266, 300, "2026-03", Position.BEFORE_HALF),
        (265, 300, "2026-03", Position.AROUND_HALF),
        (236, 266, "2026-03", Position.AROUND_HALF),
        (235, 266, "2026-03", Position.AFTER_HALF),
        (100, 265, "2026-03", Position.AROUND_MOST),
        (100, 236, "2026-03", Position.AROUND_MOST),
        (100, 235, "2026-03", Position.AFTER_MOST),
        (236, 265, "2026-03", Position.UNCLEAR),
        # One of this month has waited 0 to 21 days.
        (21, 30, "2026-11", Position.BEFORE_HALF),
        (20, 30, "2026-11", Position.AROUND_HALF),
        (10, 14, "2026-11", Position.UNCLEAR),
    ],
)
def test_a_wait_is_placed_as_far_as_the_month_allows(p50: int, p90: int, applied: str, expected: Position) -> None:
    assert position(row(p50, p90), month(applied), datetime.date(2026, 11, 22)) is expected


@given(
    st.dates(datetime.date(2020, 1, 1), datetime.date(2026, 11, 22)),
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.integers(0, 28),
)
def test_a_longer_wait_never_lies_earlier(applied: datetime.date, first: int, second: int, later: int) -> None:
    order = list(Position)
    figures = row(min(first, second), max(first, second))
    today = datetime.date(2026, 11, 22)
    before, after = (position(figures, applied, day) for day in (today, today + datetime.timedelta(days=later)))
    if Position.UNCLEAR not in (before, after):
        assert order.index(before) <= order.index(after)


def test_an_import_is_noticed_without_a_restart(tmp_path: Path) -> None:
    path = write(tmp_path)
    first = processing_times.current(path)
    assert processing_times.current(path) is first

    write(tmp_path, ROW.replace("300", "310"))
    os.utime(path, ns=(1, 1))
    assert processing_times.current(path).rows[0].p50_days == 310

    path.with_suffix(".yml").write_text(DESCRIPTION.format(kind="example"), encoding="utf-8")
    assert processing_times.current(path).description.is_example


def test_figures_that_get_lost_are_not_used_any_longer(tmp_path: Path) -> None:
    path = write(tmp_path)
    processing_times.current(path)
    path.unlink()
    with pytest.raises(FileError):
        processing_times.current(path)


def test_the_figures_that_come_with_luotsi_are_an_example_and_in_order() -> None:
    times = processing_times.current()

    assert times.description.is_example
    assert times.applications == APPLICATIONS


@pytest.mark.parametrize(
    ("application", "shortest", "longest"),
    [
        ("fast_track", 14, 14),  # the fast track promises 14 days
        ("work_employed", 30, 65),  # work took one to two months on average
        ("family_spouse", 0, 274),  # at most nine months by law
        ("family_child", 0, 274),
        ("citizenship", 456, 944),  # 15 to 31 months
    ],
)
def test_the_example_is_in_the_order_of_what_is_known(application: str, shortest: int, longest: int) -> None:
    latest = processing_times.current().of(application)[0]

    assert shortest <= (latest.p50_days if application == "citizenship" else latest.p90_days) <= longest
    assert latest.p90_days <= longest
