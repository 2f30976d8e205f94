"""`luotsi export training` writes what Rasa reads, and the purge collects it when that is switched on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from sqlalchemy.engine import Engine

from components.storage.training_export import ExportedUtterance
from luotsi.cli import main
from luotsi.commands.export import json_lines, nlu_yaml
from tests.storage.rows import NOW, count, new_database
from tests.storage.test_training_export import NORMALISED, SENTENCE, K, many, run

UTTERANCES = [
    ExportedUtterance("en", "customs_parcel", "my parcel is stuck at customs", 30),
    ExportedUtterance("en", "customs_parcel", "yes, no: null or true", 10),
    ExportedUtterance("fi", None, "en tiedä mitä kysyä", 20),
    ExportedUtterance("fi", "customs_parcel", NORMALISED, 20),
]


@pytest.fixture(autouse=True)
def quiet_logging() -> Iterator[None]:
    """Leaves the loggers as they were."""
    factory, level = logging.getLogRecordFactory(), logging.getLogger().level
    yield
    logging.setLogRecordFactory(factory)
    logging.getLogger().setLevel(level)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty database, set in the environment."""
    address = f"sqlite:///{tmp_path / 'luotsi.sqlite'}"
    monkeypatch.setenv("LUOTSI_DATABASE_URL", address)
    monkeypatch.setenv("LUOTSI_TRAINING_K", str(K))
    engine = new_database(address)
    yield engine
    engine.dispose()


def test_rasa_reads_the_yaml() -> None:
    data = RasaYAMLReader().reads(nlu_yaml(UTTERANCES))
    read = {(message.get("intent"), message.get("text")) for message in data.training_examples}
    assert read == {(each.intent, each.text) for each in UTTERANCES if each.intent}


def test_json_lines_have_nothing_but_the_sentence() -> None:
    lines = [json.loads(line) for line in json_lines(UTTERANCES).splitlines()]
    assert lines[2] == {"language": "fi", "intent": None, "text": "en tiedä mitä kysyä", "conversations": 20}
    assert len(lines) == 4


def test_the_command_writes_a_file(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many(engine, K, SENTENCE)
    run(engine)
    output = tmp_path / "training.jsonl"
    assert main(["export", "training", "--format", "jsonl", "--output", str(output)]) == 0
    assert json.loads(output.read_text("utf-8"))["text"] == NORMALISED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"1 sentences that at least {K} conversations had in common.")
    assert "no new ones are collected" in captured.err


def test_the_command_writes_to_the_terminal(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    many(engine, K, SENTENCE)
    run(engine)
    assert main(["export", "training"]) == 0
    assert NORMALISED in capsys.readouterr().out


@pytest.mark.parametrize(("name", "value"), [("LUOTSI_TRAINING_K", "1"), ("LUOTSI_DATABASE_URL", "mysql://x")])
def test_an_unsafe_setting_is_refused(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["export", "training"]) == 2
    assert name in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "training", "--output", "/nowhere/training.yml"]) == 1
    assert "/nowhere/training.yml cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(("switched", "collected"), [("true", 1), ("false", 0)])
def test_the_purge_collects_when_that_is_switched_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, switched: str, collected: int
) -> None:
    monkeypatch.setenv("LUOTSI_TRAINING_EXPORT", switched)
    many(engine, K, SENTENCE, expires_at=NOW.replace(year=2020))
    assert main(["retention", "run", "--once"]) == 0
    assert count(engine, "events") == 0
    assert count(engine, "training_utterances") == collected


def test_collecting_needs_the_secret_key(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings: dict[str, Any] = {"LUOTSI_TRAINING_EXPORT": "true", "LUOTSI_SECRET_KEY": "short"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["retention", "run", "--once"]) == 2
    assert "LUOTSI_SECRET_KEY" in capsys.readouterr().err
