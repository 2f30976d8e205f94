"""The tables and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.privacy.__main__ import main
from bench.privacy.measuring import Measured
from bench.privacy.messages import COMMITTED, compile_marked, read
from bench.privacy.report import markdown_table, report, shares
from bench.privacy.scoring import Found, score

MESSAGES = [
    compile_marked("soita {PHONE_NUMBER|040 1234567}", identifier="a", language="fi", kind="natural"),
    compile_marked("ask {PERSON|Aino}", identifier="b", language="en", kind="natural"),
    compile_marked("the fee is 350", identifier="c", language="en", kind="negative"),
]
MEASURED = {
    "first": Measured(
        {"a": [Found(6, 17, "PHONE_NUMBER")], "c": [Found(11, 14, "LONG_NUMBER")]},
        messages_per_second=1234.4,
        p99_ms=0.456,
        added_mb=None,
    ),
    "second": Measured({}, messages_per_second=9, p99_ms=12, added_mb=387.2),
}
SCORES = {name: score(MESSAGES, measured.found) for name, measured in MEASURED.items()}


def lines(*, markdown: bool = False) -> list[list[str]]:
    text = report(MESSAGES, MEASURED, SCORES, markdown=markdown)
    return [[cell for cell in line.replace("|", "  ").split("  ") if cell] for line in text.splitlines()]


@pytest.mark.parametrize(
    "row",
    [
        ["natural", "1", "1"],
        ["negative", "1", "0"],
        ["all", "2", "1"],
        ["messages a second", "1234", "9"],
        ["p99, ms", "0.46", "12.00"],
        ["added memory, MB", "-", "387"],
        ["leak rate, all, %", "50.0", "100.0"],
        ["leak rate, natural fi, %", "0.0", "100.0"],
        ["core leak rate, fi, %", "0.0", "100.0"],
        ["over-redaction, en, %", "100.0", "0.0"],
        ["over-redaction, fi, %", "-", "-"],
        ["precision, all, %", "50.0", "-"],
        ["PHONE_NUMBER", "0", "-", "-", "-", "-", "1", "100.0", "100.0", "100.0", "0.0"],
        ["LONG_NUMBER", "0", "-", "0.0", "-", "-", "0", "-", "-", "-", "-"],
    ],
)
@pytest.mark.parametrize("markdown", [True, False])
def test_report_holds_the_figures(row: list[str], markdown: bool) -> None:
    assert row in [[cell.strip() for cell in line if cell.strip()] for line in lines(markdown=markdown)]


def test_markdown_table() -> None:
    assert markdown_table(["", "a"], [["x", "1"]]) == "|  | a |\n| --- | ---: |\n| x | 1 |"


def test_shares_are_between_nothing_and_everything() -> None:
    values = shares(SCORES["first"], ["en", "fi"])
    assert values["leak rate, all"] == 0.5
    assert values["other text lost"] == 0.0


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), ("{}\n", ":1: KeyError")])
def test_a_bad_file_is_refused_before_anything_is_measured(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert main([str(file)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_an_unknown_system_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--systems", "luotsi,nobody"])
    assert "unknown system 'nobody'" in capsys.readouterr().err


def test_the_set_can_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--export"]) == 0
    file = tmp_path / "set.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert read(file) == read(COMMITTED)


def test_a_run_prints_tables_and_leaks_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, figures = tmp_path / "fi.txt", tmp_path / "figures.json"
    file.write_text("## natural\nsoita {PHONE_NUMBER|040 123 4567}\nqwrtpl {PERSON|Zxqwrt}\n", encoding="utf-8")
    assert main([str(file), "--systems", "luotsi-patterns", "--json", str(figures), "--show", "5"]) == 0
    printed = capsys.readouterr().out
    assert "leak rate, all, %" in printed
    assert "luotsi-patterns leaks: fi-natural-002: 'PERSON Zxqwrt'" in printed
    value = json.loads(figures.read_text("utf-8"))
    assert value["systems"]["luotsi-patterns"]["leaks"]["all"]["strict"] == 1
    assert value["systems"]["luotsi-patterns"]["messages_per_second"] > 0
