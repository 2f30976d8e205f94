"""The channel's own texts are complete in both languages, and its commands are what the texts say they are."""

from __future__ import annotations

import re
import string

import pytest
import yaml

from components.channels.messaging import texts
from components.channels.messaging.incoming import REFUSED_KINDS
from components.channels.messaging.texts import Command, command_in, say

FOLDER = texts._FOLDER
CATALOGUE = yaml.safe_load((FOLDER / "texts.yml").read_text("utf-8"))
COMMANDS = yaml.safe_load((FOLDER / "commands.yml").read_text("utf-8"))
BUTTONS = sorted(name for name in CATALOGUE["fi"] if name.startswith("button_"))


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_have_the_same_texts() -> None:
    assert CATALOGUE["fi"].keys() == CATALOGUE["en"].keys()


@pytest.mark.parametrize("name", sorted(CATALOGUE["fi"]))
def test_a_text_has_the_same_places_in_both_languages(name: str) -> None:
    assert places(CATALOGUE["fi"][name]) == places(CATALOGUE["en"][name])


@pytest.mark.parametrize("kind", REFUSED_KINDS)
def test_every_kind_that_is_refused_has_its_text(kind: str) -> None:
    assert say(f"refused_{kind}", "fi") != say(f"refused_{kind}", "en")


def test_an_unknown_language_is_finnish() -> None:
    assert say("button_agree", None) == say("button_agree", "sv") == "Suostun"


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("name", BUTTONS)
def test_the_words_on_a_button_are_its_command(name: str, language: str) -> None:
    assert command_in(say(name, language)) == Command(name.removeprefix("button_"), language)


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_fits_every_platform(name: str, language: str) -> None:
    assert len(say(name, language)) <= 20


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("name", ["notice", "privacy", "help", "consent", "delete_question", "do_not_store_question"])
def test_what_a_text_tells_to_write_is_a_command(name: str, language: str) -> None:
    told = [words for words in re.findall(r"\*\*([^*{}]+)\*\*", CATALOGUE[language][name]) if not words.endswith("?")]
    assert told
    assert [words for words in told if command_in(words) is None] == []


def test_no_words_are_two_commands() -> None:
    phrases = [phrase for languages in COMMANDS.values() for found in languages.values() for phrase in found]
    assert len(texts._commands()) == len(phrases)


@pytest.mark.parametrize(
    ("words", "name", "language"),
    [
        ("poista", "delete", "fi"),
        ("Poista tietoni.", "delete", "fi"),
        ("  DELETE   my data! ", "delete", "en"),
        ("“my data”", "show", "en"),
        ("don’t store", "do_not_store", "en"),
        ("A\u0308la\u0308 tallenna", "do_not_store", "fi"),
        ("/poista", "delete", "fi"),
        ("/delete@luotsi_bot", "delete", "en"),
        ("/start", "start", None),
        ("/start abc-123", "start", None),
        ("/help@luotsi_bot now", "help", None),
    ],
)
def test_words_that_are_commands(words: str, name: str, language: str | None) -> None:
    assert command_in(words) == Command(name, language)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "/",
        "/unknown",
        "start",
        "poista hakemukseni",
        "can you delete my data",
        "my data please",
        "123",
        "suostunko",
    ],
)
def test_words_that_are_none(words: str) -> None:
    assert command_in(words) is None
