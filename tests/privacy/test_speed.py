"""Bounds of time, wide enough for a slow machine: they catch growth that is not linear, not a slow day."""

import time

import pytest

from components.privacy import anonymise
from components.privacy.engine import Engine
from components.privacy.recognisers import PATTERNS

SIZE = 100_000
# Of processor time. The slowest unit takes 0.2 seconds where growth is linear and minutes where it is not.
MOST_SECONDS = 4
PATTERN_ENGINE = Engine(PATTERNS)
UNITS = [
    "1", "1 ", "a", "@", "a@", "a.", "a at ", "a dot ", "131052-308T ", "0401234567 ", "+", "+1", ":", "ab:",
    "1.", "1/", "1-", "1\n", "katu", "katu 1 ",
    "my name is ", "Aa ", "[", "[PERSON]", "😀", "1\u200b", "a\u0301", "٠", "а1", "𝟏", "\ud800", "\0", "FI12 ",
    "FI2112345600000785 ", "ab-", "auto abc 123 ",
    "one two ", "yksi kaksi ", "www.a.b/", "\n", " ", "(0", "1.9.1980 ", "olen Matti ", "1 000 euroa ",
    "koodi 6402 17 90 90 ", "1z", "vanha ", "seventy",
    "kahdeksan", "1. tammikuuta ", "a-", "aB3dE5fG7h", "matti.virtanen@live.fi ", "85.12.3.4 ", "@ab1 ",
    '"', "nimi", "t. ", "\ufdfa", "\u0301", "a_at_", "(at)",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Read the lists and the model first, once: that takes longer than any text, and is not what is measured."""
    anonymise("terveisin Matti, Kuusitie 1")
    anonymise("x" * SIZE)


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_hundred_thousand_characters(unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    start = time.process_time()
    anonymise(text)
    assert time.process_time() - start < MOST_SECONDS


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_longest_text_that_is_read_number_by_number(unit: str) -> None:
    text = (unit * (12_000 // len(unit) + 1))[:12_000]
    start = time.process_time()
    anonymise(text)
    assert time.process_time() - start < MOST_SECONDS


def test_short_messages_without_findings() -> None:
    messages = [
        "moi, kauanko jatkoluvan käsittely kestää?",
        "How long does a residence permit for work take?",
        "saako koiran tuoda virosta",
    ]
    start = time.process_time()
    for _ in range(1000):
        for message in messages:
            anonymise(message)
    assert time.process_time() - start < MOST_SECONDS


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_patterns_alone(unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    start = time.process_time()
    PATTERN_ENGINE.anonymise(text)
    assert time.process_time() - start < MOST_SECONDS
