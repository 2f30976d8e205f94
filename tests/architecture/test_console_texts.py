"""What readers of the console see stands in console/texts, in both languages, and nothing there is spare."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "console"
FILES = sorted((CONSOLE / "texts").glob("*.yml"))
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
SOURCES = sorted(CONSOLE.rglob("*.py"))

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_INSIDE = re.compile(r"\{[%{](.*?)[%}]\}", re.DOTALL)
_MACHINE = re.compile(r"<style>.*?</style>|\{% block body_class %\}.*?\{% endblock %\}", re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\b(?:aria-label|title|alt|placeholder|aria-description)\s*=\s*"([^"]*)\"""")
_LITERAL = re.compile(r"""(?<![\w])(?:"([^"\n]*)"|'([^'\n]*)')""")
_ENTITY = re.compile(r"&#?\w+;")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
# Names of formats and of the product, which are the same in every language.
_SAME_EVERYWHERE = {"CSV", "JSON", "PDF", "HTML", "Luotsi", "UTC"}

# Attributes without a value, which macros write as well.
_SWITCHES = {"open", "checked", "selected", "disabled", "hidden", "required"}


def _name(path: Path) -> str:
    return str(path.relative_to(CONSOLE))


def _texts() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in FILES:
        for name, languages in yaml.safe_load(path.read_text("utf-8")).items():
            found[f"{path.stem}.{name}"] = languages
    return found


TEXTS = _texts()


def _placeholders(text: str) -> set[str]:
    return {str(name) for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _literals() -> Iterator[str]:
    """Every string that stands in the console's Python and in its templates' expressions."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.keyword | ast.arg) and node.arg:
                yield node.arg
            elif isinstance(node, ast.Name):
                yield node.id  # the name of a form's field
    for path in TEMPLATES:
        for inside in _INSIDE.findall(path.read_text("utf-8")):
            yield from (one or other for one, other in _LITERAL.findall(inside))


LITERALS = set(_literals())
STEMS = tuple(literal for literal in LITERALS if re.fullmatch(r"[a-z_]+\.[a-z_]*_|[a-z]+_", literal))


def _is_used(name: str) -> bool:
    own = name.partition(".")[2]
    candidates = {name, own, name.removesuffix("_1"), own.removesuffix("_1")}
    if candidates & LITERALS:
        return True
    # Put together of a beginning and a value: say(f"review.kind_{kind}"), label_<field>, f"planning.{group}_{value}".
    begins = {own[:place] for place in range(4, len(own)) if own[place] == "_"}
    return any(name.startswith(stem) or own.startswith(stem) for stem in STEMS) or bool(begins & LITERALS)


def test_no_name_stands_twice_in_a_file() -> None:
    for path in FILES:
        names = re.findall(r"^([a-z0-9_]+):", path.read_text("utf-8"), re.MULTILINE)
        assert sorted(names) == sorted(set(names)), path.name


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_text_has_both_languages_with_the_same_places(name: str) -> None:
    languages = TEXTS[name]
    assert set(languages) == {"fi", "en"}
    assert all(isinstance(text, str) and text.strip() for text in languages.values())
    assert _placeholders(languages["fi"]) == _placeholders(languages["en"])
    assert not any(re.search(r"</?[a-z]", text) for text in languages.values()), "no HTML"


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_text_is_used(name: str) -> None:
    assert _is_used(name)


def test_a_text_that_nobody_uses_is_noticed() -> None:
    assert not _is_used("common.zebra")
    assert not _is_used("common.zebra_1")


def test_every_text_that_is_asked_for_exists() -> None:
    asked: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("say", "lazy")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                asked.add(str(node.args[0].value))
    for path in TEMPLATES:
        asked |= set(re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z0-9_]+)["']\s*[,)]""", path.read_text("utf-8")))
    assert len(asked) > 20
    assert asked - set(TEXTS) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_template_has_no_words_of_its_own(path: Path) -> None:
    plain = _JINJA.sub(" ", _MACHINE.sub(" ", path.read_text("utf-8")))
    attributes = " ".join(_ATTRIBUTE.findall(plain))
    # Some macros write attributes into a tag that stands elsewhere.
    shown = re.sub(r"""\b[a-z-]+="[^"]*\"""", " ", _TAG.sub(" ", plain))
    words = _LETTERS.findall(_ENTITY.sub(" ", f"{shown} {attributes}"))
    assert set(words) <= _SAME_EVERYWHERE | _SWITCHES


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_python_has_no_words_for_readers(path: Path) -> None:
    """Neither in what is shown at once nor in forms; the rest shows at the pages."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = [
            keyword.value for keyword in node.keywords if keyword.arg in ("message", "label", "description", "title")
        ]
        if called in ("flash", "abort") or called.endswith("Field"):
            given += node.args
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                assert " " not in value.value, f"{path.name}:{value.lineno}: {value.value}"
