from __future__ import annotations

import pytest

from actions.unknown import Misses, misses
from tests.actions.conftest import Conversation


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        (["nlu_fallback"], Misses(not_understood=1)),
        (["out_of_scope", "nlu_fallback"], Misses(not_understood=2)),
        (["not_what_i_asked"], Misses(refused=1)),
        (["nlu_fallback", "none_of_these"], Misses(not_understood=1, refused=1)),
        (["nlu_fallback", "customs_gift", "nlu_fallback"], Misses(not_understood=1)),
        (["nlu_fallback", "thanks", "not_what_i_asked"], Misses(refused=1)),
        (["nlu_fallback", "insult", "nlu_fallback"], Misses(not_understood=2)),
        (["not_what_i_asked", "switch_to_english", "repeat", "not_what_i_asked"], Misses(refused=2)),
        (["nlu_fallback", "out_of_scope_tax", "nlu_fallback"], Misses(not_understood=1)),
        (["nlu_fallback", "thanks"], Misses()),
    ],
)
def test_misses_are_counted_in_a_row(conversation: Conversation, intents: list[str], expected: Misses) -> None:
    for intent in intents:
        conversation.says(intent)

    assert misses(conversation.tracker()) == expected


def test_the_newest_message_can_come_to_a_miss(conversation: Conversation) -> None:
    conversation.says("not_what_i_asked").says("choose_option", text="4")

    assert misses(conversation.tracker(), "none_of_these") == Misses(refused=2)


def test_an_earlier_session_does_not_count(conversation: Conversation) -> None:
    conversation.says("nlu_fallback").says("nlu_fallback").comes_back().says("nlu_fallback")

    assert misses(conversation.tracker()) == Misses(not_understood=1)


@pytest.mark.parametrize(
    ("missed", "enough"),
    [
        (Misses(2, 0), False),
        (Misses(3, 0), True),
        (Misses(0, 2), False),
        (Misses(0, 3), True),
        (Misses(2, 1), False),
        (Misses(2, 2), True),
    ],
)
def test_a_person_is_offered_after_three_of_a_kind_or_four_in_all(missed: Misses, enough: bool) -> None:
    assert missed.are_enough is enough
