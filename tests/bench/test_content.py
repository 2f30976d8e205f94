"""What both assistants are trained on and asked."""

from __future__ import annotations

import pytest

from bench.content import responses, topic_examples
from bench.streams.load import LANGUAGES
from components.content.catalogue import load_catalogue
from luotsi.paths import FAQ


def test_every_topic_has_an_answer_in_each_language() -> None:
    found = responses()
    for name in load_catalogue(FAQ):
        told = {condition["value"] for item in found[f"utter_{name}"] for condition in item.get("condition", [])}
        assert told == set(LANGUAGES), name


@pytest.mark.parametrize("name", ["utter_help", "utter_start_allowances_button"])
def test_the_conversation_and_the_services_have_their_own(name: str) -> None:
    assert responses()[name]


def test_both_languages_are_asked_about_topics_only() -> None:
    examples = topic_examples()
    assert set(examples) == set(LANGUAGES)
    assert min(len(set(texts)) for texts in examples.values()) > 1000
