"""`luotsi audit` as an auditor uses it."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from components.storage import audit
from components.storage.database import migrate, open_database
from console.settings import ConsoleSettings
from luotsi.cli import build_parser

START = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A log of three days, in the database that the settings name."""
    values = {"LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'luotsi.sqlite'}", "LUOTSI_SECRET_KEY": "k" * 32}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    opened = open_database(values["LUOTSI_DATABASE_URL"])
    migrate(opened)
    keys = ConsoleSettings.from_environment(values).derived_keys("audit")
    with opened.begin() as connection:
        for number, target in enumerate((None, "BCDF-GHJK-LMNP", "=1+1")):
            audit.append(
                connection,
                keys=keys,
                kept=3650 * DAY,
                now=START + number * DAY,
                actor="anna",
                action="conversation.viewed",
                target=target,
                details={"number": number},
            )
    yield opened
    opened.dispose()


def run(*arguments: str) -> int:
    options = build_parser().parse_args(["audit", *arguments])
    status: int = options.run(options)
    return status


def tamper(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_changed")
        connection.exec_driver_sql("DROP TRIGGER audit_log_removed")
        connection.exec_driver_sql(statement)


def test_a_whole_log(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["The audit log is whole.", "Entries checked: 3"]
    end = lines[2].rsplit(" ", 1)[-1]
    assert run("verify", "--expect", end) == 0


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit_log SET actor = 'x' WHERE number = 2", "BROKEN: entry 2 was changed"),
        ("DELETE FROM audit_log WHERE number = 2", "BROKEN: entry 2 is missing from the middle"),
        ("DELETE FROM audit_log WHERE number = 3", "BROKEN: the end of the log is missing, from entry 3"),
        ("UPDATE audit_heads SET number = 2 WHERE which = 'last'", "BROKEN: entry 3 was put in"),
    ],
)
def test_a_broken_log(engine: Engine, capsys: pytest.CaptureFixture[str], statement: str, words: str) -> None:
    tamper(engine, statement)

    assert run("verify") == 1
    assert words in capsys.readouterr().out


def test_a_log_that_was_exchanged(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--expect", f"3:{'0' * 64}") == 1
    assert "entry 3 is not the one that was noted" in capsys.readouterr().out


def test_another_key_cannot_prove_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTSI_SECRET_KEY", "n" * 32)
    assert run("verify") == 1

    monkeypatch.setenv("LUOTSI_PREVIOUS_SECRET_KEYS", "k" * 32)
    assert run("verify") == 0


def test_the_table(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "--since", "2026-11-02") == 0

    header, first, second = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert header == ["number", "time", "actor", "action", "target", "details"]
    assert first == [
        "2",
        "2026-11-02T12:00:00+00:00",
        "anna",
        "conversation.viewed",
        "BCDF-GHJK-LMNP",
        '{"number": 1}',
    ]
    assert second[4] == "'=1+1"


def test_the_lines(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "--until", "2026-11-02", "--format", "jsonl") == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "number": 1,
        "time": "2026-11-01T12:00:00+00:00",
        "actor": "anna",
        "action": "conversation.viewed",
        "target": None,
        "details": {"number": 0},
    }


@pytest.mark.parametrize(
    "arguments", [["export", "--since", "yesterday"], ["verify", "--expect", "3"], ["export", "--format", "xml"], []]
)
def test_wrong_arguments_are_refused(engine: Engine, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        run(*arguments)
    assert refused.value.code == 2


@pytest.mark.parametrize("task", ["verify", "export"])
def test_without_a_database_nothing_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], task: str
) -> None:
    monkeypatch.setenv("LUOTSI_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    monkeypatch.setenv("LUOTSI_SECRET_KEY", "k" * 32)

    assert run(task) == 2
    assert "cannot be asked" in capsys.readouterr().err
