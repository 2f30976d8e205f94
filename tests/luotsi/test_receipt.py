"""`luotsi receipt` as the controller's staff use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.storage.database import migrate, open_database
from components.storage.rights import Receipt, erase

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'luotsi.sqlite'}"


@pytest.fixture
def receipt(address: str) -> Receipt:
    engine = open_database(address)
    migrate(engine)
    made = erase(engine, "0a1b" * 8)
    engine.dispose()
    return made


def _ask(address: str, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "luotsi.cli", "receipt", code],
        env={**os.environ, "LUOTSI_DATABASE_URL": address, "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )


@pytest.mark.parametrize("written", [str.upper, str.lower])
def test_a_receipt_is_confirmed(address: str, receipt: Receipt, written: object) -> None:
    done = _ask(address, written(receipt.code))  # type: ignore[operator]

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{receipt.code} was erased on {receipt.erased_at:%Y-%m-%d %H:%M} UTC: messages 0")


@pytest.mark.parametrize("code", ["BCDF-GHJK-LMNP", "", "'; DROP TABLE erasures; --"])
def test_an_unknown_code_is_not_confirmed(address: str, receipt: Receipt, code: str) -> None:
    done = _ask(address, code)

    assert (done.returncode, done.stdout) == (1, "Nothing was erased under this code.\n")


def test_a_database_that_cannot_be_asked_confirms_nothing(address: str) -> None:
    done = _ask(address, "BCDF-GHJK-LMNP")

    assert done.returncode == 2
    assert "The database cannot be asked" in done.stderr
