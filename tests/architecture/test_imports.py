"""Imports point one way (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What each package may import of our own packages; itself always.
ALLOWED = {
    "components.located_yaml": set(),
    "components.privacy": {"components.located_yaml"},
    "components.fonts": set(),
    "components.rasa_yaml": set(),
    "components.settings": set(),
    "components.statistics": {"components.located_yaml", "components.privacy"},
    "components.content": {"components.privacy", "components.located_yaml"},
    "components.nlu": {"components.privacy", "components.content"},
    "components.dialogue": {"components.privacy", "components.content"},
    "components.storage": {"components.privacy", "components.settings"},
    "components.channels": {
        "components.privacy",
        "components.settings",
        "components.storage",
        "components.located_yaml",
        "components.statistics",
        "components.nlu",
    },
    "actions": {
        "components.located_yaml",
        "components.privacy",
        "components.content",
        "components.storage",
        "components.settings",
        "components.statistics",
    },
    "console": {
        "components.fonts",
        "components.located_yaml",
        "components.privacy",
        "components.settings",
        "components.content",
        "components.nlu",
        "components.storage",
        "components.statistics",
    },
    "luotsi": {
        "components.fonts",
        "components.located_yaml",
        "components.privacy",
        "components.settings",
        "components.content",
        "components.nlu",
        "components.dialogue",
        "components.storage",
        "components.channels",
        "components.statistics",
        "actions",
        "console",
    },
}
MAY_IMPORT_RASA = (
    "components/nlu/",
    "components/dialogue/",
    "components/storage/tracker_store.py",
    "components/content/importer.py",
    "components/channels/",
    "luotsi/",
)
MAY_IMPORT_RASA_SDK = ("actions/", "luotsi/")
MAY_IMPORT_CONSOLE = ("console/", "luotsi/commands/")
PACKAGES = ("components", "actions", "luotsi", "console")
# What the console groups questions with, and the channels compute ahead; neither the pipeline nor the model.
UNDERSTANDING_ELSEWHERE = {
    "console": {"components.nlu.encoder", "components.nlu.example_vectors"},
    "components.channels": {"components.nlu.ahead"},
}


def _files() -> list[Path]:
    return sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module)


def _package(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "components":
        return ".".join(parts[:2]) if len(parts) > 1 and parts[1] != "__init__" else None
    return parts[0] if parts[0] in ("actions", "luotsi", "console") else None


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", _files(), ids=_name)
def test_our_packages_are_imported_in_one_direction(path: Path) -> None:
    own = _package(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own is None:
        return
    imported = {package for module in _imports(path) if (package := _package(module)) not in (None, own)}
    assert imported <= ALLOWED[own]


@pytest.mark.parametrize("path", _files(), ids=_name)
def test_rasa_is_imported_only_where_it_has_to_be(path: Path) -> None:
    roots = {module.partition(".")[0] for module in _imports(path)}
    if "rasa" in roots:
        assert _name(path).startswith(MAY_IMPORT_RASA)
    if "rasa_sdk" in roots:
        assert _name(path).startswith(MAY_IMPORT_RASA_SDK)


@pytest.mark.parametrize("path", _files(), ids=_name)
def test_nothing_imports_the_widget_or_the_tests_and_only_commands_the_console(path: Path) -> None:
    roots = {module.partition(".")[0] for module in _imports(path)}
    assert not roots & {"widget", "tests", "bench"}
    assert "console" not in roots or _name(path).startswith(MAY_IMPORT_CONSOLE)


@pytest.mark.parametrize("path", _files(), ids=_name)
def test_console_and_channels_take_nothing_of_the_understanding_but_sentence_vectors(path: Path) -> None:
    own = _package(".".join(path.relative_to(ROOT).with_suffix("").parts)) or ""
    if own in UNDERSTANDING_ELSEWHERE:
        taken = {module for module in _imports(path) if module.startswith("components.nlu")}
        assert taken <= UNDERSTANDING_ELSEWHERE[own]


def test_every_package_has_its_rule() -> None:
    packages = {
        package
        for path in _files()
        if (package := _package(".".join(path.relative_to(ROOT).with_suffix("").parts))) is not None
    }
    assert packages == set(ALLOWED)
