"""`luotsi queue` as those on duty use it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.settings import QueueLimits
from components.storage.database import migrate, open_database
from components.storage.queue_guard import QueueGuard, Verdict
from luotsi.cli import build_parser

KEY = b"k" * 32


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database of the newest version, which the settings name."""
    url = f"sqlite:///{tmp_path / 'luotsi.sqlite'}"
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    monkeypatch.setenv("LUOTSI_DATABASE_URL", url)
    for name in [name for name in os.environ if name.startswith("LUOTSI_QUEUE_")]:
        monkeypatch.delenv(name)
    return url


@pytest.fixture
def engine(address: str) -> Engine:
    return open_database(address)


def queue(*arguments: str) -> int:
    options = build_parser().parse_args(["queue", *arguments])
    status: int = options.run(options)
    return status


def enumerate_numbers(engine: Engine, networks: int) -> None:
    """Walk from so many networks until the detector notices."""
    guard = QueueGuard(engine, KEY, QueueLimits())
    for network in range(networks):
        for thousand in range(20):
            guard.ask(f"s{thousand}", f"n{network}", {"year": 2025, "sequence": 1000 * thousand})


def test_in_use(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert queue("status") == 0
    assert capsys.readouterr().out.splitlines() == [
        "In use.",
        "Networks that are paused: 0",
        "Questions: 0 this hour, 0 during the last 24 hours",
        "Of these without a readable number: 0",
    ]


def test_it_is_switched_off_and_on(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    guard = QueueGuard(engine, KEY, QueueLimits())
    assert queue("pause", "--by", "Maija Mallinen", "--reason", "asked for in mass") == 0
    assert guard.look("n") is Verdict.PAUSED
    assert queue("status") == 1
    assert "PAUSED by staff" in capsys.readouterr().out
    assert queue("resume", "--by", "Maija Mallinen", "--reason", "over") == 0
    assert guard.look("n") is Verdict.OPEN
    assert queue("status") == 0


def test_who_switched_is_written_down(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    queue("pause", "--by", "Maija Mallinen", "--reason", "asked for in mass")
    queue("resume", "--by", "Matti Mallinen", "--reason", "over")
    capsys.readouterr()
    queue("status")
    latest, first = capsys.readouterr().out.splitlines()[-2:]
    assert latest.endswith("UTC  resume  Matti Mallinen: over")
    assert first.endswith("UTC  pause  Maija Mallinen: asked for in mass")
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT action, changed_by, reason FROM queue_switches ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [
        ("pause", "Maija Mallinen", "asked for in mass"),
        ("resume", "Matti Mallinen", "over"),
    ]


def test_an_alarm_is_shown(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    enumerate_numbers(engine, networks=1)
    assert queue("status") == 0
    shown = capsys.readouterr().out
    assert "Networks that are paused: 1" in shown
    assert "alarm: network  Luotsi: it walked through 15 ranges of numbers in their order" in shown


def test_a_pause_of_the_detector_for_everyone_is_shown(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    enumerate_numbers(engine, networks=5)
    assert queue("status") == 1
    assert "PAUSED by the detector of enumeration" in capsys.readouterr().out


@pytest.mark.parametrize("task", ["pause", "resume"])
@pytest.mark.parametrize("given", [[], ["--by", "Maija"], ["--reason", "x"]])
def test_nobody_switches_without_name_and_reason(task: str, given: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        build_parser().parse_args(["queue", task, *given])
    assert stopped.value.code == 2


@pytest.mark.parametrize("task", ["pause", "resume"])
def test_an_empty_name_changes_nothing(engine: Engine, task: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert queue(task, "--by", " ", "--reason", "x") == 2
    assert capsys.readouterr().err == "Nothing was done: the name is missing\n"
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM queue_switches")).scalar_one() == 0


@pytest.mark.parametrize("task", [["status"], ["pause", "--by", "x", "--reason", "x"]])
def test_a_database_that_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], task: list[str]
) -> None:
    monkeypatch.setenv("LUOTSI_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert queue(*task) == 2
    assert "The database cannot be asked (OperationalError)" in capsys.readouterr().err


def test_an_unsafe_setting_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTSI_QUEUE_PAUSE_HOURS", "99")
    assert queue("status") == 2
    assert "LUOTSI_QUEUE_PAUSE_HOURS is '99'" in capsys.readouterr().err


def test_metrics(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    enumerate_numbers(engine, networks=1)
    queue("pause", "--by", "Maija", "--reason", "x")
    capsys.readouterr()
    assert queue("status", "--prometheus") == 1
    lines = {line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")}
    assert lines == {
        'luotsi_queue_paused{cause="staff"} 1.0',
        'luotsi_queue_paused{cause="detector"} 0.0',
        "luotsi_queue_paused_networks 1.0",
        'luotsi_queue_questions{period="hour"} 16.0',
        'luotsi_queue_questions{period="day"} 16.0',
        "luotsi_queue_unreadable 0.0",
    }
