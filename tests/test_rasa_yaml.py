"""Rasa's reader of YAML does the same for every scalar, and reads what it read before."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rasa.shared.utils.io import read_yaml
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

from components import rasa_yaml


def _resolvers_after(scalars: int) -> int:
    """How many resolvers a plain scalar is compared with after so many others."""
    resolver = VersionedResolver()
    for number in range(scalars):
        resolver.resolve(ScalarNode, f"n{number}", (True, False))
    return len(resolver.versioned_resolver.get("n", []))


def test_a_scalar_is_compared_with_as_many_resolvers_after_many_others() -> None:
    assert _resolvers_after(200) == _resolvers_after(2)


def test_without_the_mend_there_would_be_more_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VersionedResolver, "versioned_resolver", rasa_yaml._original)
    assert _resolvers_after(200) > _resolvers_after(2) + 150


def test_mending_again_changes_nothing() -> None:
    rasa_yaml.mend()
    rasa_yaml.mend()
    assert read_yaml("a: 1") == {"a": 1}


def test_values_are_read_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTSI_EXAMPLE", "from outside")
    text = """
plain: word
"on": yes
number: 12
share: 0.5
nothing: ~
when: 2026-11-22
empty: ""
variable: ${LUOTSI_EXAMPLE}
quoted: '12'
"""
    mended = read_yaml(text)
    monkeypatch.setattr(VersionedResolver, "versioned_resolver", rasa_yaml._original)
    assert mended == read_yaml(text)
    assert mended["variable"] == "from outside"
    assert (mended["number"], mended["quoted"], mended["nothing"]) == (12, "12", None)


def test_importing_any_component_mends_the_reader() -> None:
    code = (
        "import components.settings\n"
        "from components import rasa_yaml\n"
        "from ruamel.yaml.resolver import VersionedResolver\n"
        "assert VersionedResolver.versioned_resolver is not rasa_yaml._original"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
