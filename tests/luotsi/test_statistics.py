"""`luotsi statistics` lets in what is in order, and never lets made-up figures pass for real ones."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, get_args

import pytest

from components.statistics.description import Kind
from components.statistics.processing_times import current
from luotsi import training
from luotsi.cli import main
from luotsi.commands import statistics
from luotsi.commands.statistics import DATA_SETS, KINDS, Checked, DataSet, replace_pair
from luotsi.paths import STATISTICS
from tests.statistics.tables import ROW, write

IN_USE = "processing_times.csv"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of data/statistics."""
    place = tmp_path / "data" / "statistics"
    monkeypatch.setattr(statistics, "STATISTICS", place)
    return place


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder for the files to import."""
    place = tmp_path / "source"
    place.mkdir()
    return place


def import_(path: Path, kind: str = "published") -> int:
    return main(["statistics", "import", "processing-times", str(path), "--kind", kind])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


@pytest.mark.parametrize("kind", KINDS)
def test_figures_in_order_are_imported(
    folder: Path, source: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = write(source, kind=kind)

    assert import_(path, kind) == 0

    assert contents(folder) == {
        IN_USE: path.read_bytes(),
        "processing_times.yml": path.with_suffix(".yml").read_bytes(),
    }
    told = capsys.readouterr().out
    assert ("EXAMPLE figures (made up)" in told) is (kind == "example")
    assert "1 lines, decisions 2024-01 to 2026-10, published on 2026-11-10 by Model Authority" in told
    assert current(folder / IN_USE).description.kind == kind


def test_files_are_readable_for_the_servers_user(folder: Path, source: Path) -> None:
    import_(write(source))

    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}


def test_figures_with_problems_change_nothing(folder: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_(write(source))
    before = contents(folder)
    path = write(source, ROW.replace(",500,200", ",9,x"))

    assert import_(path) == 1

    assert contents(folder) == before
    problems = capsys.readouterr().err.splitlines()
    assert [problem.split("'")[1] for problem in problems] == ["decided", "p25_days"]
    assert all(problem.startswith(f"{path}:2: ") for problem in problems)


@pytest.mark.parametrize(("described", "said"), [("example", "published"), ("published", "example")])
def test_the_kind_must_be_said_twice(
    folder: Path, source: Path, capsys: pytest.CaptureFixture[str], described: str, said: str
) -> None:
    path = write(source, kind=described)

    assert import_(path, said) == 1

    assert contents(folder) == {}
    assert f"{path.with_suffix('.yml')}: 'kind' is {described}, but you said --kind {said}" in capsys.readouterr().err


@pytest.mark.parametrize(("row", "status"), [(ROW, 1), (ROW.replace("300", "301"), 0)])
def test_the_example_in_use_cannot_be_published(
    folder: Path, source: Path, capsys: pytest.CaptureFixture[str], row: str, status: int
) -> None:
    import_(write(source, kind="example"), "example")

    assert import_(write(source, row)) == status

    assert current(folder / IN_USE).description.is_example is (status == 1)
    assert ("nobody may take them for real ones" in capsys.readouterr().err) is (status == 1)


@pytest.mark.parametrize(("before", "after"), [("example", "published"), ("published", "example")])
def test_whatever_breaks_off_made_up_figures_are_never_called_published(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    made_up, real = ROW.replace("300", "333"), ROW
    rows = {"example": made_up, "published": real}
    import_(write(source, rows[before], kind=before), before)
    replace, done = os.replace, []

    def breaks_off(*names: Any) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(names)
        replace(*names)

    monkeypatch.setattr(os, "replace", breaks_off)
    assert import_(write(source, rows[after], kind=after), after) == 130

    times = current(folder / IN_USE)
    assert done
    assert times.description.is_example
    assert sorted(contents(folder)) == [IN_USE, "processing_times.yml"]


def test_a_folder_that_cannot_be_written_is_told(
    folder: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.parent.mkdir()
    folder.write_text("a file")

    assert import_(write(source)) == 2

    assert f"{folder} cannot be written" in capsys.readouterr().err


def test_what_is_there_may_be_imported_again(folder: Path, source: Path) -> None:
    import_(write(source))
    before = contents(folder)

    assert import_(folder / IN_USE) == 0

    assert contents(folder) == before


def test_a_pair_is_replaced_with_both_files(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "new" / "queue.csv"

    replace_pair(write(source), target, label_first=False)

    assert sorted(contents(target.parent)) == ["queue.csv", "queue.yml"]


def test_the_check_tells_that_the_figures_of_luotsi_are_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statistics", "check"]) == 0

    assert "processing-times: EXAMPLE figures (made up): " in capsys.readouterr().out


def test_the_check_tells_of_every_data_set(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = DataSet("other.csv", "another one", lambda path: Checked("published", (), f"from {path.name}"))
    monkeypatch.setitem(DATA_SETS, "other", other)

    assert main(["statistics", "check"]) == 1

    captured = capsys.readouterr()
    assert "other: published figures: from other.csv." in captured.out
    assert f"{folder / IN_USE}: cannot be read" in captured.err


@pytest.mark.parametrize("arguments", [["processing-times", "FILE"], ["weather", "FILE", "--kind", "example"]])
def test_an_unclear_command_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["statistics", "import", *arguments])

    assert stopped.value.code == 2


def test_the_kinds_are_those_of_descriptions() -> None:
    assert get_args(Kind) == KINDS


@pytest.mark.parametrize("name", sorted(DATA_SETS))
def test_every_data_set_is_documented_and_there(name: str) -> None:
    guides = Path(__file__).parents[2] / "docs"

    assert f"luotsi statistics import {name}" in (guides / "statistics.md").read_text(encoding="utf-8")
    assert DATA_SETS[name].file.is_file()


def test_new_figures_need_no_training() -> None:
    assert any(STATISTICS.iterdir())
    assert not [path for path in training._input_files() if STATISTICS in path.parents]
