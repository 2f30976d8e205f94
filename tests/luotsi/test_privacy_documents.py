"""The data protection officer's guide and the threat model name only what exists and what works."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from components.privacy import ANONYMISER_VERSION
from components.storage.models import Base
from luotsi.cli import build_parser
from tests.storage.rows import DAY, add, new_database

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "privacy-officer.md").read_text("utf-8")
MODEL = (ROOT / "docs" / "privacy" / "threat-model.md").read_text("utf-8")
COMPOSE = ROOT / "docker-compose.yml"

_TEST = re.compile(r"(tests/[\w/.]+?\.py)(?:::(test_\w+))?")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FOLDERS = ("components", "actions", "luotsi", "deploy", "docs", "data", "widget", "tests")
# Made by the administrator.
_SECRET = re.compile(r"deploy/(?:\.env|secrets/\w*)")


def commands() -> set[str]:
    """Everything that the guide says to type after `luotsi`, without the place where the output goes."""
    quoted = [*_CODE.findall(GUIDE), *(line for block in _BLOCK.findall(GUIDE) for line in block.splitlines())]
    parts = [part.strip() for code in quoted for part in code.replace("\\|", "|").split("|")]
    found = {part.removeprefix("luotsi ").partition(" > ")[0] for part in parts if part.startswith("luotsi ")}
    return found - {"…"}


def questions() -> list[str]:
    """Everything that the guide asks the database."""
    return [code for code in _CODE.findall(GUIDE) if code.startswith("SELECT ") and "…" not in code]


def rows(text: str) -> Iterator[list[str]]:
    """The rows of the threat tables."""
    for line in text.partition("## Threats")[2].partition("## What remains")[0].splitlines():
        if line.startswith("| ") and not line.startswith(("| ---", "| Threat ")):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_guide_has_commands_and_questions() -> None:
    assert {"retention status", "receipt BCDF-GHJK-LMNP", "rescan"} <= commands()
    assert len(questions()) >= 10


@pytest.mark.parametrize("command", sorted(commands()))
def test_a_command_of_the_guide_exists(command: str) -> None:
    assert isinstance(build_parser().parse_args(shlex.split(command)), argparse.Namespace)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An empty database of the newest version."""
    engine = new_database(f"sqlite:///{tmp_path_factory.mktemp('guide') / 'luotsi.sqlite'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("question", questions())
def test_the_database_understands_a_question_of_the_guide(engine: Engine, question: str) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text(question)).all()


def test_after_a_change_of_settings_the_guide_leads_to_masked_events(engine: Engine, tmp_path: Path) -> None:
    (statement,) = re.findall(r"`(UPDATE [^`]+)`", GUIDE)
    settings = tmp_path / "entities.yml"
    settings.write_text("entities:\n  PERSON: {deny: [kukkamummo]}\n", "utf-8")
    environment = {
        **os.environ,
        "LUOTSI_DATABASE_URL": str(engine.url),
        "LUOTSI_PRIVACY_ENTITIES": str(settings),
    }
    said = json.dumps({"event": "user", "text": "terveisin kukkamummo"})
    with engine.begin() as connection:
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + DAY
        add(connection, "events", tomorrow, data=said, anonymiser_version=ANONYMISER_VERSION)
        connection.execute(sa.text(statement))
    command = [sys.executable, "-m", "luotsi.cli", "rescan"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    with engine.connect() as connection:
        (kept,) = connection.execute(sa.text("SELECT data FROM events")).scalars()
    assert json.loads(kept)["text"] == "terveisin [NAME]"


def test_the_guide_names_every_table() -> None:
    assert [name for name in Base.metadata.tables if f"`{name}`" not in GUIDE] == []


@pytest.mark.parametrize("document", [GUIDE, MODEL], ids=["guide", "threat model"])
def test_every_test_that_is_named_exists(document: str) -> None:
    named = _TEST.findall(document)
    assert named
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / path).exists() or (test and not re.search(rf"def {test}\(", (ROOT / path).read_text("utf-8")))
    ]
    assert missing == []


@pytest.mark.parametrize("document", [GUIDE, MODEL], ids=["guide", "threat model"])
def test_every_path_that_is_named_exists(document: str) -> None:
    files = {path.name for path in ROOT.iterdir() if path.is_file()}
    named = [code for code in _CODE.findall(document) if code.split("/")[0] in _FOLDERS or code in files]
    assert named
    missing = [path for path in named if not (ROOT / path.partition("::")[0]).exists() and not _SECRET.fullmatch(path)]
    assert missing == []


@pytest.mark.parametrize(
    ("document", "folder"), [(GUIDE, ROOT / "docs"), (MODEL, ROOT / "docs" / "privacy")], ids=["guide", "threat model"]
)
def test_every_link_leads_to_a_page(document: str, folder: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document)
    assert links
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("title", sorted(set(re.findall(r"administrator(?:'s guide|\.md\)), \"([^\"]+)\"", GUIDE))))
def test_a_section_of_the_administrators_guide_that_is_named_exists(title: str) -> None:
    text = " ".join(title.rstrip(".").split())
    assert text in (ROOT / "docs" / "administrator.md").read_text("utf-8")


def test_every_threat_is_told_in_full() -> None:
    found = list(rows(MODEL))
    assert len(found) > 40
    assert [row[0] for row in found if len(row) != 6 or not all(row)] == []


def test_every_threat_names_its_place_and_its_proof() -> None:
    assert [row[0] for row in rows(MODEL) if not _CODE.search(row[3]) or not _TEST.search(row[4])] == []


def test_every_kind_of_threat_is_one_that_is_explained() -> None:
    explained = set(re.findall(r"\*\*(\w+)\*\*", MODEL.partition("## Threats")[2].partition("###")[0]))
    assert {kind for row in rows(MODEL) for kind in row[1].split(", ")} == explained


def test_no_container_writes_core_dumps() -> None:
    services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    assert [name for name, service in services.items() if service.get("ulimits", {}).get("core") != 0] == []
