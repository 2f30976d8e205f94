from __future__ import annotations

import string
from pathlib import Path

import pytest
import yaml

import components.channels.texts
from components.channels.texts import LANGUAGES, best_language, knows, text
from components.privacy.engine import labels

CATALOGUE: dict[str, dict[str, str]] = yaml.safe_load(
    Path(components.channels.texts.__file__).with_suffix(".yml").read_text(encoding="utf-8")
)
KEYS = sorted({key for texts in CATALOGUE.values() for key in texts})


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_the_catalogue_has_both_languages() -> None:
    assert set(CATALOGUE) == set(LANGUAGES) == {"fi", "en"}


@pytest.mark.parametrize("key", KEYS)
def test_a_text_is_in_both_languages_and_differs(key: str) -> None:
    assert CATALOGUE["fi"][key].strip()
    assert CATALOGUE["en"][key].strip()
    assert CATALOGUE["fi"][key] != CATALOGUE["en"][key]


@pytest.mark.parametrize("key", KEYS)
def test_a_text_has_the_same_placeholders_in_both_languages(key: str) -> None:
    assert _placeholders(CATALOGUE["fi"][key]) == _placeholders(CATALOGUE["en"][key])


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", "Lähde:"),
        ("en", "Source:"),
        (None, "Lähde:"),
        ("sv", "Lähde:"),
        ("None", "Lähde:"),
    ],
)
def test_a_text_is_in_the_asked_language_or_finnish(language: str | None, expected: str) -> None:
    assert text("source", language) == expected


def test_placeholders_are_filled() -> None:
    assert "1000" in text("too_long", "en", limit=1000)


@pytest.mark.parametrize("label", sorted(labels()))
def test_everything_that_can_be_removed_has_a_name_for_customers(label: str) -> None:
    assert knows(f"removed_{label.lower()}")


def test_every_action_of_the_domain_has_words_for_plain_text() -> None:
    domain = yaml.safe_load((Path(__file__).parents[2] / "domain.yml").read_text(encoding="utf-8"))
    actions = {
        variation["metadata"]["action"]
        for variations in domain["responses"].values()
        for variation in variations
        if "action" in variation.get("metadata", {})
    }
    assert actions == {"show_notice", "show_stored", "delete", "do_not_store"}
    assert all(knows(f"action_{action}") for action in actions)


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("nothing", "fi")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "fi"),
        ("", "fi"),
        ("fi", "fi"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("sv", "fi"),
        ("*", "fi"),
        ("en-GB,fi;q=0.9", "en"),
        ("fi;q=0.5,en;q=0.9", "en"),
        ("en; q=0.2, fi; q=0.8", "fi"),
        ("sv,de;q=0.9,en;q=0.3", "en"),
        ("en;q=0.7,fi;q=0.7", "en"),
        ("en;q=0,fi;q=0.1", "fi"),
        ("fi;q=abc,en", "en"),
        ("en;q=,fi;q=0.1", "fi"),
        (";;;", "fi"),
        (",,,", "fi"),
        ("\x00\ud800", "fi"),
        ("x" * 100_000, "fi"),
        ("en," * 10_000, "en"),
    ],
)
def test_the_best_language_is_chosen_by_quality(header: str | None, expected: str) -> None:
    assert best_language(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"), [("en;q=0", "fi"), ("en;q=nan,fi;q=0.5", "fi"), ("en;Q=0.1,fi;q=0.5", "fi")]
)
def test_refused_and_odd_qualities_choose_nothing(header: str, expected: str) -> None:
    assert best_language(header) == expected
