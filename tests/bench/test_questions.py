"""Questions that are never asked twice."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.questions import Variations

EXAMPLES = {
    "fi": ["paljonko oleskelulupa maksaa", "missä pakettini on", "miten tullaan paketin"],
    "en": ["how much is a residence permit", "where is my parcel", "do i pay duty for a gift"],
}


def test_no_question_is_given_twice() -> None:
    variations = Variations(EXAMPLES, seed=1)
    questions = [variations.next(language) for _ in range(150) for language in EXAMPLES]
    assert len(set(questions)) == len(questions)


def test_no_question_is_given_to_two_threads() -> None:
    variations = Variations(EXAMPLES, seed=1)
    with ThreadPoolExecutor(4) as pool:
        questions = list(pool.map(lambda _: variations.next("en"), range(200)))
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("language", EXAMPLES)
def test_no_question_is_an_example(language: str) -> None:
    variations = Variations(EXAMPLES, seed=2)
    assert not {variations.next(language) for _ in range(150)} & set(EXAMPLES[language])


@pytest.mark.parametrize("language", EXAMPLES)
def test_a_question_stays_close_to_an_example_of_its_language(language: str) -> None:
    variations = Variations(EXAMPLES, seed=3)
    for _ in range(100):
        question = variations.next(language)
        kept = {example: _share_kept(example, question) for texts in EXAMPLES.values() for example in texts}
        nearest = max(kept, key=lambda example: kept[example])
        assert nearest in EXAMPLES[language], question
        assert kept[nearest] > 0.85, question


def _share_kept(example: str, question: str) -> float:
    blocks = difflib.SequenceMatcher(None, example, question, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(example)


def test_the_same_seed_gives_the_same_questions() -> None:
    first, second, other = (Variations(EXAMPLES, seed=seed) for seed in (4, 4, 5))
    questions = [first.next("fi") for _ in range(20)]
    assert questions == [second.next("fi") for _ in range(20)]
    assert questions != [other.next("fi") for _ in range(20)]
