"""The administrator's guide and the example settings name everything that there is, and nothing that there is not."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.settings import previous_secret_keys, secret_key
from components.storage.models import Base
from luotsi.cli import build_parser
from tests.deployment import rules
from tests.deployment.rules import Compose

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "administrator.md").read_text("utf-8")
EXAMPLE = (ROOT / "deploy" / ".env.example").read_text("utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
PACKAGES = ("components", "actions", "luotsi", "console")
LEVELS = {"warning", "error", "critical", "exception"}

_SETTING = re.compile(r"(?:LUOTSI|RASA|SANIC)_[A-Z_]*[A-Z]")
_ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \|", re.MULTILINE)


def _example_settings() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def _compose_settings() -> dict[str, str | None]:
    # Comments of the file are not part of it.
    return rules.references("\n".join(line for line in COMPOSE.splitlines() if not line.lstrip().startswith("#")))


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _settings_of_the_program() -> set[str]:
    found = {name for path in _sources() for name in _SETTING.findall(path.read_text("utf-8"))}
    return found | set(rules.references((ROOT / "endpoints.yml").read_text("utf-8")))


def _is_logger(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "logger") or (
        isinstance(node, ast.Attribute) and node.attr == "logger"
    )


def _log_messages() -> Iterator[str]:
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and _is_logger(node.func.value)
                and isinstance(node.args[0], ast.Constant)
            ):
                yield re.sub(r"%[sdr]", "…", str(node.args[0].value))


def test_example_names_what_compose_asks_for() -> None:
    assert set(_example_settings()) == set(_compose_settings())


def test_example_shows_the_defaults_of_compose() -> None:
    assert _example_settings() == {name: default or "" for name, default in _compose_settings().items()}


def test_required_settings_are_the_ones_that_the_example_leaves_open() -> None:
    left_open = set(re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE))
    assert left_open == {name for name, default in _compose_settings().items() if default is None}


def test_example_holds_no_password() -> None:
    assert [name for name, value in _example_settings().items() if "PASSWORD" in name and value] == []


def test_guide_has_one_row_for_every_setting(compose: Compose) -> None:
    rows = [name for name, _ in _ROW.findall(GUIDE)]
    ours = {name for service in rules.services(compose).values() for name in service.get("environment", {})}
    expected = set(_compose_settings()) | _settings_of_the_program() | {n for n in ours if _SETTING.fullmatch(n)}
    assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize(("name", "default"), [(n, d) for n, d in _compose_settings().items() if d])
def test_guide_shows_the_default(name: str, default: str) -> None:
    assert dict(_ROW.findall(GUIDE))[name] == f"`{default}`"


@pytest.mark.parametrize("message", sorted(set(_log_messages())))
def test_guide_explains_the_log_line(message: str) -> None:
    assert f"`{message}`" in GUIDE


def test_guide_explains_only_log_lines_that_exist() -> None:
    table = GUIDE.partition("## What the log says")[2].partition("\n## ")[0]
    explained = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    assert explained == set(_log_messages())


@pytest.mark.parametrize("secret", ["secret_key", "previous_secret_keys", "tls_certificate.pem", "tls_key.pem"])
def test_guide_tells_how_a_secret_is_made(secret: str, compose: Compose) -> None:
    assert f"deploy/secrets/{secret}" in GUIDE
    assert f"./deploy/secrets/{secret}" in {settings["file"] for settings in compose["secrets"].values()}


def test_commands_of_the_guide_name_services_and_subcommands_that_exist(compose: Compose) -> None:
    services = rules.services(compose)
    ran = re.findall(r"^ *docker compose run --rm ([a-z]+) (.+)$", GUIDE, re.MULTILINE)
    assert ran
    for service, arguments in ran:
        assert rules.is_ours(services[service])
        build_parser().parse_args(arguments.split())


def test_guide_says_how_long_every_table_is_kept() -> None:
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", GUIDE.partition("## Deleting what has expired")[2], re.MULTILINE))
    assert explained == {name for name, table in Base.metadata.tables.items() if "expires_at" in table.c}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(deploy/[\w./-]+|docs/[\w./-]+)`", GUIDE))))
def test_path_in_the_guide_exists(path: str) -> None:
    made_by_the_administrator = path == "deploy/.env" or path.startswith("deploy/secrets/")
    assert made_by_the_administrator or (ROOT / path).exists()


def test_run_book_changes_the_secret_key(tmp_path: Path) -> None:
    """Run twice, as in the second year."""
    run_book = GUIDE.partition("\n## Changing the secret key\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^```sh\n(.*?)^```$", run_book, re.MULTILINE | re.DOTALL)[0]
    commands = "\n".join(line for line in commands.splitlines() if not line.startswith("docker "))
    folder = tmp_path / "deploy" / "secrets"
    folder.mkdir(parents=True)
    keys = ["a" * 64]
    (folder / "secret_key").write_text(keys[0])
    (folder / "previous_secret_keys").touch()
    values = {
        "LUOTSI_SECRET_KEY_FILE": str(folder / "secret_key"),
        "LUOTSI_PREVIOUS_SECRET_KEYS_FILE": str(folder / "previous_secret_keys"),
    }
    for _ in range(2):
        subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True)
        keys.insert(0, secret_key(values).decode())
    assert len(set(keys)) == 3
    assert previous_secret_keys(values, keys[0].encode()) == (keys[1].encode(), keys[2].encode())
    assert {path.name for path in folder.iterdir()} == {"secret_key", "previous_secret_keys"}
