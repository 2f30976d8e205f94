"""`luotsi rescan` tells what it changed, and knows what is published."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from luotsi.cli import build_parser, main
from luotsi.commands import rescan
from tests.storage.conversations import rows_of
from tests.storage.rows import DAY, add, new_database

PHONE = "+358 40 123 4567"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty database, set in the environment."""
    address = f"sqlite:///{tmp_path / 'luotsi.sqlite'}"
    monkeypatch.setenv("LUOTSI_DATABASE_URL", address)
    engine = new_database(address)
    yield engine
    engine.dispose()


def add_event(engine: Engine, text: str) -> None:
    data = json.dumps({"event": "user", "timestamp": 1.0, "text": text})
    with engine.begin() as connection:
        add(connection, "events", datetime.datetime.now(datetime.timezone.utc) + DAY, data=data)


def test_it_tells_what_it_changed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rescan, "_published", frozenset)
    add_event(engine, f"olen muslimi {PHONE}")
    assert main(["rescan", "--batch", "1", "--dry-run"]) == 0
    assert "events: 1 rows seen, 1 would be changed" in capsys.readouterr().out
    assert PHONE in rows_of(engine)[0]["data"]
    assert main(["rescan"]) == 0
    output = capsys.readouterr().out
    assert "events: 1 rows seen, 1 changed" in output
    assert "Newly masked: PHONE_NUMBER 1" in output
    assert "special category: 1" in output
    assert PHONE not in rows_of(engine)[0]["data"]


def test_what_the_content_publishes_stays(engine: Engine) -> None:
    answer = next(text for text in sorted(rescan._published()) if "0295" in text)
    add_event(engine, answer)
    assert main(["rescan"]) == 0
    assert json.loads(rows_of(engine)[0]["data"])["text"] == answer


@pytest.mark.parametrize("batch", ["0", "-1", "x", "1000000"])
def test_a_batch_is_a_sensible_number(batch: str) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["rescan", "--batch", batch])


def test_an_unsafe_address_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LUOTSI_DATABASE_URL", "mysql://luotsi:hunter2@host/luotsi")
    assert main(["rescan"]) == 2
    assert "hunter2" not in capsys.readouterr().err


def test_a_database_without_tables_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTSI_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    monkeypatch.setattr(rescan, "_published", frozenset)
    assert main(["rescan"]) == 1
    assert "OperationalError" in capsys.readouterr().err
