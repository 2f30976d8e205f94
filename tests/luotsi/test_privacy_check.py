"""`luotsi privacy check` says yes only to what holds."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from components.channels.notice import NOTICE_FILE
from components.privacy import ANONYMISER_VERSION
from components.privacy.engine import labels
from components.storage.retention import purge
from luotsi.commands import privacy
from luotsi.privacy_record import checks
from luotsi.privacy_record.checks import Result, check, samples
from tests.luotsi.test_privacy_record import ENVIRONMENT
from tests.storage.rows import DAY, HOUR, add, new_database

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION, CONTROLLER, MASKING, ON_TIME, WITHIN_PERIOD, SCANNED = range(6)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'luotsi.sqlite'}"


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """A database that was purged a moment ago."""
    engine = new_database(address)
    purge(engine)
    yield engine
    engine.dispose()


def results(address: str, **settings: str) -> list[Result]:
    return list(check({**ENVIRONMENT, "LUOTSI_DATABASE_URL": address, **settings}, root=ROOT))


@pytest.mark.usefixtures("engine")
def test_all_but_the_delivered_controller_is_well(address: str) -> None:
    found = results(address)
    assert [result.holds for result in found] == [True, False, True, True, True, True]
    assert [not result.trouble for result in found] == [True, False, True, True, True, True]


@pytest.mark.usefixtures("engine")
def test_a_controller_of_ones_own_is_well(address: str, tmp_path: Path) -> None:
    own = tmp_path / "notice.yml"
    own.write_text(NOTICE_FILE.read_text("utf-8").replace("@luotsi.example", "@virasto.fi"), "utf-8")
    found = list(check({**ENVIRONMENT, "LUOTSI_DATABASE_URL": address}, root=ROOT, notice=own))
    assert found[CONTROLLER].holds is True


def test_an_unsafe_configuration_is_all_that_is_told(address: str) -> None:
    (only,) = results(address, LUOTSI_RETENTION_DAYS="0")
    assert (only.holds, "LUOTSI_RETENTION_DAYS" in only.trouble) == (False, True)


def test_every_kind_has_a_sample_of_its_own() -> None:
    assert samples().keys() == set(labels())


@pytest.mark.usefixtures("engine")
def test_a_kind_that_is_missed_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "samples", lambda: {**samples(), "IBAN": "no account"})
    assert results(address)[MASKING] == Result(results(address)[MASKING].claim, False, "missed: IBAN")


def test_what_is_past_its_time_is_told(address: str, engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "feedback", now() - 2 * HOUR)
    found = results(address)[ON_TIME]
    assert (found.holds, found.trouble) == (False, "1 rows of feedback are more than an hour past their time")


def test_what_is_kept_for_too_long_is_told(address: str, engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "feedback", now() + 700 * DAY, occurred_at=now())
    assert results(address)[WITHIN_PERIOD].holds is True
    found = results(address, LUOTSI_RETENTION_DAYS="90")[WITHIN_PERIOD]
    assert (found.holds, found.trouble.startswith("feedback 1;")) == (False, True)


def test_what_an_older_anonymiser_masked_is_told(address: str, engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "events", now() + DAY, anonymiser_version=ANONYMISER_VERSION)
        add(connection, "events", now() - HOUR / 2, anonymiser_version=ANONYMISER_VERSION - 1)
    assert results(address)[SCANNED].holds is True
    with engine.begin() as connection:
        add(connection, "events", now() + DAY, anonymiser_version=ANONYMISER_VERSION - 1)
    found = results(address)[SCANNED]
    assert (found.holds, found.trouble) == (False, "1 events were not; run `luotsi rescan`")


def test_what_cannot_be_asked_is_not_claimed(address: str) -> None:
    assert [result.holds for result in results(address)[ON_TIME:]] == [None] * 3


@pytest.mark.parametrize(
    ("holds", "status", "said"),
    [
        ([True, True], 0, "yes  A claim.\nyes  A claim.\n"),
        ([True, None], 2, "yes  A claim.\n?    A claim: trouble.\n"),
        ([None, False], 1, "?    A claim: trouble.\nNO   A claim: trouble.\n"),
    ],
)
def test_the_exit_status_tells_the_worst(
    holds: list[bool | None],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        checks, "check", lambda *_, **__: [Result("A claim", each, "" if each else "trouble") for each in holds]
    )
    assert privacy._check_claims() == status
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("task", ["record", "check"])
def test_settings_of_the_anonymiser_out_of_order_are_told(task: str, tmp_path: Path) -> None:
    file = tmp_path / "entities.yml"
    file.write_text("entities:\n  URL: {enabled: false}\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "luotsi.cli", "privacy", task],
        env={**ENVIRONMENT, "PATH": str(shutil.which("true")), "LUOTSI_PRIVACY_ENTITIES": str(file)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Nothing can be said. {file}:2: ")
