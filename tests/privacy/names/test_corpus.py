import random

import pytest

from components.privacy.names.lexicon import DATA, lexicon
from components.privacy.names.training import corpus
from components.privacy.names.training.corpus import Message


@pytest.fixture(scope="module")
def maker() -> corpus._Maker:
    names = corpus.Names({"finnish": ["Liisa"]}, {"finnish": ["Virtanen"]})
    return corpus._Maker(names, random.Random(1))  # noqa: S311


def test_a_message_among_others_keeps_its_names(maker: corpus._Maker) -> None:
    message = Message("puhuin liisan kanssa", ((7, 13),))
    for _ in range(50):
        longer = maker.embed(message, ["lupa puuttuu", "kortti tuli"], "fi")
        assert len(longer.text) > len(message.text)
        assert [longer.text[start:end] for start, end in longer.names] == ["liisan"]


def test_everyday_words_are_inflected_in_finnish(maker: corpus._Maker) -> None:
    words = set(corpus._lines(DATA / "everyday_fi.txt"))
    found = {maker.values("{word:all}", "fi") for _ in range(50)}
    assert len(found) > 10
    assert all(text.endswith("lle") for text in found)
    assert maker.values("{word}", "fi") in words


def test_abbreviations_are_capital_letters(maker: corpus._Maker) -> None:
    assert maker.values("{letters}", "fi").isupper()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_everyday_words_are_sorted_and_no_names(language: str) -> None:
    words = corpus._lines(DATA / f"everyday_{language}.txt")
    assert words == sorted(set(words))
    assert len(words) > 300
    assert [word for word in words if lexicon().is_name(word)] == []


def test_what_the_service_says_is_learned_as_it_is_written() -> None:
    texts = corpus.service_texts()
    assert any("\n\n" in text and "**" in text for text in texts)


def test_templates_without_names_have_none() -> None:
    lines = [line for language in ("fi", "en") for line in corpus.harmless(language)]
    assert [line for line in lines if corpus._SLOT.search(line)] == []
