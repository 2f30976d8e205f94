"""The file that adds messaging channels to an installation gives them their secrets and a way out, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deployment import rules

ROOT = Path(__file__).parents[2]
ADDED: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "messaging.yml").read_text("utf-8"))
SERVER: dict[str, Any] = ADDED["services"]["server"]
SETTINGS = (ROOT / "components" / "settings.py").read_text("utf-8") + "".join(
    path.read_text("utf-8") for path in (ROOT / "components" / "channels" / "messaging").glob("*.py")
)


def test_it_follows_the_compose_specification(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(ADDED)


def test_only_the_server_gets_something() -> None:
    assert list(ADDED["services"]) == ["server"]
    assert SERVER["networks"] == list(ADDED["networks"])


def test_no_secret_is_written_down() -> None:
    assert rules.no_secret_is_written_down(ADDED) == []


@pytest.mark.parametrize("name", sorted(SERVER["environment"]))
def test_a_setting_is_one_that_the_program_reads(name: str) -> None:
    assert f'"{name.removesuffix("_FILE")}"' in SETTINGS


@pytest.mark.parametrize("name", sorted(set(re.findall(r'required_secret\(\s*\w+, "(LUOTSI_\w+)"', SETTINGS))))
def test_every_secret_has_its_file(name: str) -> None:
    file = name.removeprefix("LUOTSI_").lower()
    assert SERVER["environment"][f"{name}_FILE"] == f"/run/secrets/messaging/{file}"
