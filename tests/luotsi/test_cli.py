"""The command line as its users see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.content.topic_list import load_topic_list
from luotsi.cli import _COMMANDS, build_parser

ROOT = Path(__file__).resolve().parents[2]


def luotsi(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "luotsi.cli", *arguments], input=given, capture_output=True, cwd=ROOT, timeout=120
    )


@pytest.mark.parametrize("command", sorted(_COMMANDS))
def test_every_command_has_help(command: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        build_parser().parse_args([command, "--help"])
    assert stopped.value.code == 0


@pytest.mark.parametrize("command", sorted(_COMMANDS))
def test_every_command_is_documented(command: str) -> None:
    assert f"luotsi {command}" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_anonymise_keeps_good_lines_and_names_bad_ones() -> None:
    lines = [
        json.dumps({"id": 1, "text": "hetu 131052-951T"}),
        "not json",
        json.dumps({"id": 3}),
        json.dumps([4]),
        json.dumps({"text": "no id"}),
        "",
        json.dumps({"id": "ää", "text": "paljonko maksaa"}),
    ]
    done = luotsi("anonymise", given="\n".join(lines).encode() + b"\n\xff\xfe\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, "ää"]
    assert answers[0]["text"] == "hetu [FI_PERSONAL_IDENTITY_CODE]"
    assert answers[0]["spans"] == [{"start": 5, "end": 16, "label": "FI_PERSONAL_IDENTITY_CODE"}]
    errors = done.stderr.decode().splitlines()
    assert [line.split(":")[0] for line in errors] == ["line 2", "line 3", "line 4", "line 5", "line 8"]
    assert done.returncode == 1


def test_anonymise_of_good_lines_succeeds() -> None:
    done = luotsi("anonymise", given=b'{"id": 1, "text": "hei"}\n')
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.service
def test_parse_gives_the_final_decision() -> None:
    lines = [
        {"id": "a", "text": "paljonko oleskelulupa maksaa"},
        {"id": "b", "text": "how do i get a kela card"},
        {"id": "d", "text": ""},
    ]
    done = luotsi("parse", given="\n".join(map(json.dumps, lines)).encode() + b"\nbad\n")
    answers = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert answers["a"]["intent"] == "immigration_processing_fee"
    assert answers["a"]["lang"] == "fi"
    assert answers["a"]["ranking"][0]["intent"] == "immigration_processing_fee"
    assert 0 < answers["a"]["confidence"] <= 1
    assert (answers["b"]["intent"], answers["b"]["lang"]) == ("out_of_scope", "en")
    assert answers["d"]["intent"] == "out_of_scope"
    assert done.stderr.decode().startswith("line 4:")
    assert done.returncode == 1


@pytest.mark.service
def test_ask_answers_in_plain_text() -> None:
    done = luotsi("ask", "how do i declare a parcel from china")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "Source:" in text
    assert "https://tulli.fi" in text
    assert "**" not in text


def test_ask_refuses_an_empty_question() -> None:
    assert luotsi("ask", " ").returncode == 2


def test_content_check_says_that_all_is_well() -> None:
    topics = load_topic_list(ROOT / "data" / "faq" / "topics.yml")
    done = luotsi("content", "check", "--quick")
    assert done.returncode == 0
    assert f"{len(topics)} topics in order".encode() in done.stdout


def test_content_check_names_file_line_topic_and_mend(tmp_path: Path) -> None:
    folder = tmp_path / "customs"
    folder.mkdir()
    (folder / "gifts.yml").write_text("topics:\n  - id: gift\n    titel: x\n", encoding="utf-8")
    done = luotsi("content", "check", "--quick", str(tmp_path))
    errors = done.stderr.decode()
    assert done.returncode == 1
    assert f"{folder / 'gifts.yml'}:3: topic customs_gift: 'titel' is not a field" in errors


def test_a_missing_model_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from luotsi import assistant

    monkeypatch.setattr(assistant, "MODELS", tmp_path)
    with pytest.raises(assistant.NoModelError, match="luotsi train"):
        assistant.newest_model()


def test_a_local_start_makes_a_private_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from luotsi import paths

    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    for name in ("LUOTSI_SECRET_KEY", "LUOTSI_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    first = paths.local_environment()["LUOTSI_SECRET_KEY_FILE"]
    assert os.stat(first).st_mode & 0o077 == 0
    key = Path(first).read_text()
    assert len(key) == 64
    assert paths.local_environment()["LUOTSI_SECRET_KEY_FILE"] == first
    assert Path(first).read_text() == key
