"""`luotsi console` serves the console, keeps the index fresh, and refuses an unsafe start with a sentence."""

from __future__ import annotations

import datetime
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from components.storage.models import Base, IndexedConversation
from components.storage.switches import CONSENT, turn
from console.settings import ConsoleSettings
from luotsi.commands import console, run
from tests.storage.rows import DAY, add_conversation, new_database

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"LUOTSI_SECRET_KEY": "k" * 32, "LUOTSI_LOG_LEVEL": "INFO"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    address = f"sqlite:///{folder / 'luotsi.sqlite'}"
    return {**os.environ, **SETTINGS, "LUOTSI_DATABASE_URL": address, **more}


def start(**values: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "luotsi.cli", "console"],
        env=values,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(true: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, dict[str, str]]]:
    """A console on an empty database, and its port."""
    port = free_port()
    values = environment(tmp_path, LUOTSI_CONSOLE_PORT=str(port))
    process = start(**values)
    try:
        wait_until(lambda: answers(port) or process.poll() is not None)
        yield process, port, values
    finally:
        process.kill()
        process.communicate()


def test_it_serves_indexes_and_ends_when_told_to(
    running: tuple[subprocess.Popen[str], int, dict[str, str]], tmp_path: Path
) -> None:
    process, port, values = running
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        assert answer.url.partition("?")[0].endswith("/sign-in")
        assert "Server" not in answer.headers
    now = datetime.datetime.now(datetime.timezone.utc)
    engine = new_database(values["LUOTSI_DATABASE_URL"])
    with engine.begin() as connection:
        add_conversation(connection, "a", now + 700 * DAY)

    def indexed() -> bool:
        with engine.connect() as connection:
            return connection.execute(sa.select(IndexedConversation.__table__.c.sender_id)).scalars().all() == ["a"]

    wait_until(indexed)
    engine.dispose()
    second = start(**values)
    assert second.wait(60) == 2
    assert f"Port {port} is in use already" in second.communicate()[1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "The staff console listens on 127.0.0.1" in process.communicate()[1]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LUOTSI_SECRET_KEY", "short"),
        ("LUOTSI_DATABASE_URL", "mysql://somewhere"),
        ("LUOTSI_AUDIT_DAYS", "1"),
        ("LUOTSI_CONSOLE_HOST", "0.0.0.0"),
        ("LUOTSI_CONSOLE_URL", "http://console.example.fi"),
    ],
)
def test_an_unsafe_setting_stops_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: str,
) -> None:
    for name, given in {**environment(tmp_path), setting: value}.items():
        monkeypatch.setenv(name, given)
    assert console.run(None) == 2  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert told.startswith("The console does not start. ")
    assert setting in told


def test_a_database_that_is_away_stops_the_start_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    address = f"postgresql+psycopg2://luotsi:hunter2@127.0.0.1:{free_port()}/luotsi"
    for name, value in environment(tmp_path, LUOTSI_DATABASE_URL=address).items():
        monkeypatch.setenv(name, value)
    assert console.run(None) == 2  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert "The database cannot be used (OperationalError)" in told
    assert "hunter2" not in told


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an installation, in the environment of this process."""
    values = environment(tmp_path, LUOTSI_RETENTION_DAYS="77") | console_defaults()
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.mark.parametrize(("language", "word"), [("fi", "Rekisterinpitäjä"), ("en", "Controller")])
def test_the_console_shows_the_record_and_the_notice_of_this_installation(
    settings: dict[str, str], language: str, word: str
) -> None:
    engine = new_database(settings["LUOTSI_DATABASE_URL"])
    app = console.application(ConsoleSettings.from_environment(settings), engine)
    documents = app.extensions["luotsi_documents"]
    engine.dispose()
    assert word in documents.record(language)
    assert word in documents.notice(language)
    assert "77" in documents.record(language)
    assert "77" in documents.notice(language)


def test_the_documents_follow_the_consent_switch(settings: dict[str, str]) -> None:
    engine = new_database(settings["LUOTSI_DATABASE_URL"])
    documents = console.application(ConsoleSettings.from_environment(settings), engine).extensions["luotsi_documents"]
    before = documents.record("en"), documents.notice("en")
    with engine.begin() as connection:
        now = datetime.datetime.now(datetime.timezone.utc)
        turn(connection, CONSENT, "opt-in", by="anna", reason="asked for by the authority", now=now)
    after = documents.record("en"), documents.notice("en")
    engine.dispose()

    assert "Article 6(1)(a)" in after[0] and "Article 6(1)(a)" not in before[0]
    assert after[1] != before[1]


def console_defaults() -> dict[str, str]:
    from luotsi.paths import local_environment

    found = local_environment()
    return {name: found[name] for name in ("LUOTSI_LOCK_STORE", "LUOTSI_ACTIONS_URL", "RASA_TELEMETRY_ENABLED")} | {
        name: found[name] for name in ("LUOTSI_REDIS_HOST", "LUOTSI_REDIS_PORT", "LUOTSI_REDIS_PASSWORD")
    }


def test_whether_anybody_can_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = environment(tmp_path)
    monkeypatch.setenv("LUOTSI_DATABASE_URL", values["LUOTSI_DATABASE_URL"])
    # A database that cannot be asked is no time for advice.
    assert run._anybody_can_sign_in()
    engine = new_database(values["LUOTSI_DATABASE_URL"])
    assert not run._anybody_can_sign_in()
    now = datetime.datetime.now(datetime.timezone.utc)
    staff = Base.metadata.tables["staff"]
    account = {"user_id": "anna", "roles": "trainer", "password_hash": "!", "password_changed_at": now}
    with engine.begin() as connection:
        connection.execute(sa.insert(staff).values(**account, must_change_password=True, active=True, created_at=now))
    assert run._anybody_can_sign_in()
    engine.dispose()


def test_the_command_that_is_advised_exists() -> None:
    from luotsi.cli import build_parser

    build_parser().parse_args(run.FIRST_ADMINISTRATOR.split()[1:])
