"""Mentions of special categories: what counts, what does not, and how quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from components.privacy.special_categories import KINDS, kinds, mentions_special_category

SENTENCES = yaml.safe_load((Path(__file__).parent / "special_categories.yml").read_text("utf-8"))
MENTIONS = [
    (kind, text) for kind, languages in SENTENCES["mentions"].items() for texts in languages.values() for text in texts
]
HARMLESS = [text for texts in SENTENCES["harmless"].values() for text in texts]
MICROSECONDS = 20


@pytest.mark.parametrize(("kind", "text"), MENTIONS)
def test_a_mention_is_found_and_its_kind_known(kind: str, text: str) -> None:
    assert mentions_special_category(text)
    assert kind in kinds(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_question_mentions_nothing(text: str) -> None:
    assert kinds(text) == frozenset()
    assert not mentions_special_category(text)


def test_there_are_enough_sentences_in_both_languages() -> None:
    for language in ("fi", "en"):
        assert len(SENTENCES["harmless"][language]) >= 75
        assert sum(len(languages[language]) for languages in SENTENCES["mentions"].values()) >= 75
    assert set(SENTENCES["mentions"]) == set(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "OLEN MUSLIMI",
        "olen homo.",
        "minulla on syo\u0308pa\u0308",  # marks of their own, as some keyboards send them
        "minulla on syopa",
        "I\u2019m deaf",
        "masen\u00adnus",
        "Sairastan diabetesta, puhelin [PHONE_NUMBER]",
        "hiv",
    ],
)
def test_spelling_does_not_hide_a_mention(text: str) -> None:
    assert mentions_special_category(text)


@pytest.mark.parametrize("text", ["", " ", "[NAME]", "🙂", "\ud800", "a" * 20_000, "olen " * 4_000])
def test_any_text_is_answered_quickly(text: str) -> None:
    started = time.process_time()
    assert not mentions_special_category(text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "text", ["I am here. Sick of waiting is another thing", "My permit expired! Health checks are next, aren't they"]
)
def test_an_opening_reaches_no_further_than_its_sentence(text: str) -> None:
    assert not mentions_special_category(text)


def test_a_plain_message_takes_microseconds() -> None:
    mentions_special_category("")  # reads the lists
    best = min(_seconds(HARMLESS) for _ in range(5))
    assert best / len(HARMLESS) < MICROSECONDS * 1e-6


def _seconds(texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        mentions_special_category(text)
    return time.process_time() - started
