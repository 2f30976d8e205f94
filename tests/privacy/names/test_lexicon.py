import dataclasses

import pytest

from components.privacy.names.lexicon import Lexicon, lexicon


@pytest.mark.parametrize(
    ("word", "made"),
    [
        ("tavarana", "b"),
        ("yrityksellämme", "b"),
        ("maitotölkki", "c"),
        ("raivotautiriskin", "c"),
        ("hiilirajamekanismi", "c"),
        ("lampstand", "c"),
        ("lupa-asialla", "b"),
        ("virtaselle", ""),
        ("fereshteh", ""),
        ("nguyenin", ""),
        ("kivimäki", ""),
        ("xqzt", ""),
    ],
)
def test_what_a_rare_word_is_made_of(word: str, made: str) -> None:
    assert lexicon().made_of_common_words(word) == made


def test_everyday_words_are_parts_of_compounds() -> None:
    words = lexicon()
    assert words.made_of_common_words("tullauskuitti") == "c"
    assert dataclasses.replace(words, everyday=frozenset()).made_of_common_words("tullauskuitti") == ""


@pytest.mark.parametrize(
    ("word", "doubtful"),
    [("toivo", True), ("toivolla", True), ("virtanen", False), ("virtaselle", False), ("lemmikille", True)],
)
def test_names_that_mean_something_else_are_doubtful(word: str, doubtful: bool) -> None:
    assert lexicon().is_doubtful(word) is doubtful


def test_an_everyday_word_is_not_only_a_name() -> None:
    words = Lexicon(
        given=frozenset({"taimi"}),
        family=frozenset(),
        places=frozenset(),
        brands=frozenset(),
        ambiguous=frozenset(),
        levels={},
        everyday=frozenset({"taimi"}),
    )
    assert words.is_name("taimi")
    assert not words.is_only_a_name("taimi")
    assert words.lists_of("taimi") == "gw"
