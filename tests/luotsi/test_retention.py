"""`luotsi retention` deletes, tells and alarms; its loop outlives every trouble."""

from __future__ import annotations

import argparse
import datetime
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from components.storage import retention as storage
from luotsi.cli import build_parser, main
from luotsi.commands import retention
from tests.storage.rows import DAY, HOUR, add, add_conversation, count, new_database

ROOT = Path(__file__).resolve().parents[2]


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@pytest.fixture(autouse=True)
def quiet_logging() -> Iterator[None]:
    """Leaves the loggers as they were."""
    factory, level = logging.getLogRecordFactory(), logging.getLogger().level
    yield
    logging.setLogRecordFactory(factory)
    logging.getLogger().setLevel(level)


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database that does not exist yet, set in the environment."""
    address = f"sqlite:///{tmp_path / 'luotsi.sqlite'}"
    monkeypatch.setenv("LUOTSI_DATABASE_URL", address)
    return address


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """That database, empty, of the newest version."""
    engine = new_database(address)
    yield engine
    engine.dispose()


@pytest.mark.usefixtures("address")
def test_one_run_deletes_what_has_expired(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", now() - HOUR)
        add_conversation(connection, "b", now() + HOUR)
    with caplog.at_level(logging.INFO):
        assert main(["retention", "run", "--once"]) == 0
    assert count(engine, "events") == 3
    assert "What has expired is deleted: conversations 1, events 3." in caplog.text


def test_a_run_brings_the_schema_up_by_itself(address: str) -> None:
    assert main(["retention", "run", "--once"]) == 0
    engine = new_database(address)
    assert count(engine, "events") == 0
    engine.dispose()


def test_a_run_applies_the_period_that_is_set(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", now() + 729 * DAY)
        add_conversation(connection, "b", now() + 10 * DAY)
    monkeypatch.setenv("LUOTSI_RETENTION_DAYS", "365")
    assert main(["retention", "run", "--once"]) == 0
    assert count(engine, "conversations") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LUOTSI_RETENTION_DAYS", "0"),
        ("LUOTSI_TECHNICAL_LOG_DAYS", "31"),
        ("LUOTSI_REPLY_ADDRESS_HOURS", "-1"),
        ("LUOTSI_DATABASE_URL", "mysql://luotsi:hunter2@host/luotsi"),
    ],
)
@pytest.mark.parametrize("task", [["run"], ["run", "--once"], ["dry-run"], ["status"]], ids=" ".join)
def test_an_unsafe_setting_is_refused(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    task: list[str],
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["retention", *task]) == 2
    error = capsys.readouterr().err
    assert name in error
    assert "hunter2" not in error


def test_a_dry_run_tells_and_deletes_nothing(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", "dry-run"]) == 0
    assert capsys.readouterr().out == "Nothing has expired.\n"
    with engine.begin() as connection:
        add_conversation(connection, "a", now() - HOUR)
        add(connection, "feedback", now() + 800 * DAY, occurred_at=now())
    assert main(["retention", "dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "events: 3 rows",
        "conversations: 1 rows",
        "feedback: 1 rows are kept for longer than the period that is set; they expire earlier",
    ]
    assert count(engine, "events") == 3


def test_status_is_a_table_and_exits_with_1_on_an_alarm(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", "status"]) == 1
    assert "ALARM: no purge has ever succeeded." in capsys.readouterr().out
    assert main(["retention", "run", "--once"]) == 0
    capsys.readouterr()
    assert main(["retention", "status"]) == 0
    assert "ALARM" not in capsys.readouterr().out
    with engine.begin() as connection:
        add_conversation(connection, "a", now() - 2 * HOUR)
    assert main(["retention", "status"]) == 1
    report = capsys.readouterr().out
    assert re.search(r"^events +3 +3  \d{4}-\d\d-\d\d \d\d:\d\d  -$", report, re.MULTILINE)
    assert "ALARM: 3 rows of events are more than an hour past their time." in report


def test_status_as_metrics(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", now() - HOUR)
    main(["retention", "run", "--once"])
    with engine.begin() as connection:
        add_conversation(connection, "b", now() - 2 * HOUR)
    capsys.readouterr()
    assert main(["retention", "status", "--prometheus"]) == 1
    metrics = dict(
        line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines() if line and not line.startswith("#")
    )
    assert time.time() - float(metrics["luotsi_retention_last_success_timestamp_seconds"]) < 60
    assert metrics['luotsi_retention_overdue_rows{table="events"}'] == "3.0"
    assert metrics['luotsi_retention_overdue_rows{table="feedback"}'] == "0.0"
    assert metrics['luotsi_retention_deleted_rows{table="conversations"}'] == "1.0"
    assert metrics["luotsi_retention_alarms"] == "2.0"


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize("task", ["status", "dry-run"])
def test_a_database_that_is_not_there_is_told(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", task]) == 2
    assert "The database cannot be asked (OperationalError)" in capsys.readouterr().err


def test_a_failed_run_is_told_without_its_text(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise ValueError("quoting what is stored")

    monkeypatch.setattr(storage._Run, "empty", fail)
    assert main(["retention", "run", "--once"]) == 1
    assert "What has expired could not be deleted (ValueError); trying again." in caplog.text
    assert "Retention alarm: no purge has ever succeeded." in caplog.text
    assert {record.levelname for record in caplog.records if "Retention alarm" in record.getMessage()} == {"ERROR"}
    assert "quoting" not in caplog.text


class Ended(Exception):
    """Ends a loop that has no end."""


def beats(monkeypatch: pytest.MonkeyPatch, tasks: list[tuple[float, bool]], *, every: float) -> list[float]:
    """When each task begins, given how long each takes and whether it succeeds."""
    clock = [0.0]
    begun: list[float] = []

    def task() -> bool:
        if len(begun) == len(tasks):
            raise Ended
        begun.append(clock[0])
        takes, succeeds = tasks[len(begun) - 1]
        clock[0] += takes
        return succeeds

    def sleep(seconds: float) -> None:
        assert seconds > 0
        clock[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(Ended):
        retention.repeat(task, every=every, clock=lambda: clock[0])
    return begun


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([(0, True)] * 4, [0, 1800, 3600, 5400]),
        ([(100, True), (700, True), (0, True)], [0, 1800, 3600]),
        ([(1800, True), (0, True)], [0, 3600]),
        ([(4000, True), (0, True), (0, True)], [0, 5400, 7200]),
        ([(5, False), (5, False), (5, True), (0, True)], [0, 65, 130, 1800]),
        ([(1790, False), (0, True)], [0, 1800]),
    ],
    ids=[
        "fixed",
        "whatever it takes",
        "as long as the period",
        "a missed beat",
        "sooner after a failure",
        "near a beat",
    ],
)
def test_the_beats_stay_where_they_are(
    monkeypatch: pytest.MonkeyPatch, tasks: list[tuple[float, bool]], expected: list[float]
) -> None:
    assert beats(monkeypatch, tasks, every=1800) == expected


@pytest.mark.parametrize("minutes", ["0", "-5", "1441", "1.5", "²", "soon"])
def test_an_impossible_period_of_the_loop_is_refused(minutes: str) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["retention", "run", f"--every={minutes}"])


def test_rows_never_wait_long_enough_for_an_alarm() -> None:
    options = build_parser().parse_args(["retention", "run"])
    assert isinstance(options, argparse.Namespace)
    assert datetime.timedelta(minutes=options.every) <= storage.ALARM_OVERDUE / 2


def test_the_loop_outlives_a_database_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "not there yet"
    monkeypatch.setenv("LUOTSI_DATABASE_URL", f"sqlite:///{folder / 'luotsi.sqlite'}")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        if seconds < 1:
            return
        waits.append(seconds)
        if len(waits) == 2:
            folder.mkdir()
        if len(waits) == 3:
            raise Ended

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(Ended), caplog.at_level(logging.INFO):
        main(["retention", "run"])
    told = [record.getMessage() for record in caplog.records if record.name == retention.__name__]
    failed = "What has expired could not be deleted (OperationalError); trying again."
    assert told == [failed, failed, "What has expired is deleted: nothing."]
    assert waits[:2] == [60, 60]


def test_the_process_purges_at_once_and_ends_when_told(engine: Engine, address: str) -> None:
    with engine.begin() as connection:
        add_conversation(connection, "a", now() - HOUR)
    process = subprocess.Popen(
        [sys.executable, "-m", "luotsi.cli", "retention", "run"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background has Ctrl-C switched off, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert "What has expired is deleted: conversations 1, events 3." in line
    assert process.returncode == 130
