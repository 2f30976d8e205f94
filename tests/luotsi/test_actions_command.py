"""`luotsi actions` refuses an unsafe start with a sentence that names the setting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LUOTSI_QUEUE_PAUSE_HOURS", "25"),
        ("LUOTSI_DATABASE_URL", "mysql://somewhere"),
        ("LUOTSI_SECRET_KEY", "short"),
    ],
)
def test_an_unsafe_setting_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    environment = {
        **os.environ,
        "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'luotsi.sqlite'}",
        "LUOTSI_SECRET_KEY": "k" * 32,
        name: value,
    }
    done = subprocess.run(
        [sys.executable, "-m", "luotsi.cli", "actions"],
        env=environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Luotsi does not start. ")
    assert name in done.stderr
