from __future__ import annotations

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.handoff import HumanContact
from tests.actions.conftest import Conversation


def _contact(conversation: Conversation) -> str:
    conversation.says("ask_for_person", text="ihminen")
    dispatcher = CollectingDispatcher()
    assert HumanContact().run(dispatcher, conversation.tracker(), conversation.domain) == []
    (message,) = dispatcher.messages
    return str(message["response"])


def test_the_action_has_the_name_of_the_domain(conversation: Conversation) -> None:
    assert HumanContact().name() in conversation.domain["actions"]


@pytest.mark.parametrize(
    ("topic", "response"),
    [
        ("customs_gift", "utter_human_contact_customs"),
        ("immigration_processing_times", "utter_human_contact_immigration"),
    ],
)
def test_the_authority_of_the_latest_answer_is_named(conversation: Conversation, topic: str, response: str) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift")
    conversation.says("immigration_processing_times").hears("utter_immigration_processing_times")
    conversation.says(topic).hears(f"utter_{topic}").says("thanks").hears("utter_thanks")

    assert _contact(conversation) == response
    assert response in conversation.domain["responses"]


def test_both_authorities_are_named_when_neither_was_asked_about(conversation: Conversation) -> None:
    conversation.says("greet").hears("utter_greet")

    assert _contact(conversation) == "utter_human_contact"
    assert "utter_human_contact" in conversation.domain["responses"]
