"""What the measured processes are given."""

from __future__ import annotations

from pathlib import Path

from bench.systems import copy_of_luotsi, environment


def test_settings_of_this_machine_do_not_reach_the_measured_processes() -> None:
    given = {"PATH": "/bin", "LUOTSI_DATABASE_URL": "sqlite:////x", "SANIC_WORKERS": "4", "MAKEFLAGS": "-j"}
    kept = environment(given)
    assert kept["PATH"] == "/bin"
    assert not set(given) & set(kept) - {"PATH"}


def test_telemetry_is_off() -> None:
    assert environment({"RASA_TELEMETRY_ENABLED": "true"})["RASA_TELEMETRY_ENABLED"] == "false"


def test_copy_holds_what_luotsi_runs_from_and_nothing_that_it_wrote(tmp_path: Path) -> None:
    copy_of_luotsi(tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy").iterdir()}
    assert {"config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "requirements.lock"} <= names
    assert {"actions", "components", "data", "luotsi", "widget"} <= names
    assert not names & {".git", ".venv", ".luotsi", "models", "tests"}
    assert not list((tmp_path / "copy").rglob("__pycache__"))
    assert not list((tmp_path / "copy").rglob("*.sqlite*"))
