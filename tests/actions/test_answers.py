from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import NameSources, Simpler
from actions.conversation import DomainDict, answer_in
from tests.actions.conftest import Conversation

GIFT = "customs_gift"


def _hears_plainly(conversation: Conversation) -> Conversation:
    language = str(conversation.language)
    metadata = {"language": language, "answer": answer_in(conversation.domain, GIFT, language)}
    return conversation.hears(f"utter_plain_{GIFT}", values={"metadata": metadata})


def _said(action: Action, conversation: Conversation) -> dict[str, Any]:
    dispatcher = CollectingDispatcher()
    assert action.run(dispatcher, conversation.tracker(), conversation.domain) == []
    (message,) = dispatcher.messages
    found: dict[str, Any] = message
    return found


@pytest.mark.parametrize("action", [Simpler(), NameSources()])
def test_the_actions_have_the_names_of_the_domain(domain: DomainDict, action: Action) -> None:
    assert action.name() in domain["actions"]


def test_the_answer_is_said_in_plain_words_with_a_way_to_the_whole(conversation: Conversation, language: str) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says("thanks").hears("utter_thanks").says("simpler")

    message = _said(Simpler(), conversation)

    assert message["response"] == "utter_plain_customs_gift"
    assert message["metadata"] == {"language": language, "answer": answer_in(conversation.domain, GIFT, language)}
    title = {"fi": "Näytä koko vastaus", "en": "Show the whole answer"}[language]
    assert message["buttons"] == [{"title": title, "payload": "/customs_gift"}]


def test_it_gets_no_simpler_than_plain(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift")
    _hears_plainly(conversation.says("simpler")).says("simpler")

    assert _said(Simpler(), conversation)["response"] == "utter_plain_already"


def test_the_whole_answer_can_be_made_plain_again(conversation: Conversation) -> None:
    _hears_plainly(conversation.says("simpler")).says("customs_gift").hears("utter_customs_gift")

    assert _said(Simpler(), conversation.says("simpler"))["response"] == "utter_plain_customs_gift"


def test_without_an_answer_there_is_nothing_to_simplify(conversation: Conversation) -> None:
    assert _said(Simpler(), conversation.says("simpler"))["response"] == "utter_nothing_to_simplify"


def test_the_topic_of_the_session_before_can_be_simplified(conversation: Conversation) -> None:
    conversation.slots["last_topic"] = "customs_gift"
    conversation.comes_back().says("simpler")

    assert _said(Simpler(), conversation)["response"] == "utter_plain_customs_gift"


@pytest.mark.parametrize(
    ("topic", "response"),
    [("customs_gift", "utter_sources"), ("customs_vat_rates", "utter_sources_volatile")],
)
def test_the_sources_of_the_newest_answer_are_named(
    conversation: Conversation, language: str, topic: str, response: str
) -> None:
    conversation.says("customs_ioss").hears("utter_customs_ioss").says(topic).hears(f"utter_{topic}").says("ask_source")

    message = _said(NameSources(), conversation)

    assert message["response"] == response
    assert message["metadata"]["language"] == language
    answer = message["metadata"]["answer"]
    assert answer["topic"] == topic
    assert answer["sources"]
    assert answer["reviewed"]
    assert message["title"] == answer["title"]


def test_without_an_answer_it_says_where_answers_come_from(conversation: Conversation) -> None:
    assert _said(NameSources(), conversation.says("ask_source"))["response"] == "utter_nothing_to_source"


@pytest.mark.parametrize("response", ["utter_sources", "utter_sources_volatile"])
def test_the_message_names_the_topic(domain: DomainDict, response: str) -> None:
    assert all("{title}" in variation["text"] for variation in domain["responses"][response])
