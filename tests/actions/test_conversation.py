from __future__ import annotations

import pytest

from actions.conversation import (
    DomainDict,
    answered_topics,
    button_title,
    language_of,
    ranked_topics,
    turns,
    variation,
)
from tests.actions.conftest import Conversation


def test_the_language_is_the_slot_s(conversation: Conversation, language: str) -> None:
    assert language_of(conversation.tracker()) == language


def test_without_a_slot_the_language_is_finnish(domain: DomainDict) -> None:
    assert language_of(Conversation(domain, None).tracker()) == "fi"


@pytest.mark.parametrize("response", ["utter_customs_gift", "utter_greet"])
def test_a_variation_is_in_the_asked_language(domain: DomainDict, language: str, response: str) -> None:
    found = variation(domain, response, language)

    assert found is not None
    assert found["condition"][0]["value"] == language


def test_an_unknown_response_has_no_variation(domain: DomainDict, language: str) -> None:
    assert variation(domain, "utter_nothing", language) is None


@pytest.mark.parametrize(
    ("payload", "titles"),
    [
        ("/customs_gift", {"fi": "Ulkomailta lähetetty lahja", "en": "A gift sent to me from abroad"}),
        ("/none_of_these", {"fi": "Ei mikään näistä", "en": "None of these"}),
        ("/ask_for_person", {"fi": None, "en": None}),
        ("/customs_nothing", {"fi": None, "en": None}),
    ],
)
def test_an_option_has_a_title_in_the_conversation_s_language(
    domain: DomainDict, language: str, payload: str, titles: dict[str, str | None]
) -> None:
    assert button_title(domain, payload, language) == titles[language]


def test_turns_are_newest_first_with_their_replies_in_order(conversation: Conversation) -> None:
    conversation.says("greet").hears("utter_greet").says("help").hears("utter_help").hears("utter_thanks").says(
        "repeat"
    )

    seen = [
        (user["text"], [reply["metadata"]["utter_action"] for reply in replies])
        for user, replies in turns(conversation.tracker())
    ]

    assert seen == [("/repeat", []), ("/help", ["utter_help", "utter_thanks"]), ("/greet", ["utter_greet"])]


def test_answered_topics_are_newest_first(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says("thanks").hears("utter_thanks")
    conversation.says("customs_vat_rates").hears("utter_customs_vat_rates")

    assert list(answered_topics(conversation.tracker())) == ["customs_vat_rates", "customs_gift"]


def test_only_topics_are_ranked(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", ranking=("greet", "customs_gift", "out_of_scope_tax", "immigration_card"))

    assert ranked_topics(conversation.events[-1]) == ["customs_gift", "immigration_card"]
