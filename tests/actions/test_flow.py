from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict
from actions.flow import Repeat, StartOver
from tests.actions.conftest import Conversation


def _repeat(conversation: Conversation) -> list[dict[str, Any]]:
    conversation.says("repeat", text="toista")
    dispatcher = CollectingDispatcher()
    assert Repeat().run(dispatcher, conversation.tracker(), conversation.domain) == []
    return [
        {key: message[key] for key in ("text", "response", "buttons", "metadata") if message.get(key)}
        for message in dispatcher.messages
    ]


def test_the_actions_have_the_names_of_the_domain(domain: DomainDict) -> None:
    assert {Repeat().name(), StartOver().name()} <= set(domain["actions"])


def test_the_latest_answer_is_said_again(conversation: Conversation) -> None:
    conversation.says("greet").hears("utter_greet").says("customs_gift").hears("utter_customs_gift")

    assert _repeat(conversation) == [{"response": "utter_customs_gift"}]


def test_every_message_of_the_turn_is_said_again_in_order(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").hears("utter_help")

    assert _repeat(conversation) == [{"response": "utter_customs_gift"}, {"response": "utter_help"}]


def test_a_repeated_answer_can_be_repeated(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says("repeat").hears("utter_customs_gift")

    assert _repeat(conversation) == [{"response": "utter_customs_gift"}]


def test_after_a_change_of_language_the_answer_before_it_is_repeated(domain: DomainDict) -> None:
    conversation = Conversation(domain, "fi").says("customs_gift").hears("utter_customs_gift")
    conversation.language = "en"
    conversation.says("switch_to_english", text="in english please").hears("utter_switch_to_english")

    assert _repeat(conversation) == [{"response": "utter_customs_gift"}]


def test_offered_options_are_repeated_in_the_language_of_now(domain: DomainDict) -> None:
    options = [
        {"title": "Ulkomailta lähetetty lahja", "payload": "/customs_gift"},
        {"title": "Ei mikään näistä", "payload": "/none_of_these"},
        {"title": "Muu", "payload": "/help"},
    ]
    conversation = Conversation(domain, "fi").says("nlu_fallback", text="lahja")
    conversation.hears("utter_ask_which_topic", buttons=options)
    conversation.language = "en"
    conversation.says("switch_to_english", text="in english please").hears("utter_switch_to_english")

    assert _repeat(conversation) == [
        {
            "response": "utter_ask_which_topic",
            "buttons": [
                {"title": "A gift sent to me from abroad", "payload": "/customs_gift"},
                {"title": "None of these", "payload": "/none_of_these"},
                {"title": "Muu", "payload": "/help"},
            ],
        }
    ]


def test_a_message_that_is_no_response_is_repeated_word_for_word(conversation: Conversation, language: str) -> None:
    conversation.says("help")
    conversation.hears_message({"text": "Omin sanoin.", "metadata": {"language": language}})

    assert _repeat(conversation) == [{"text": "Omin sanoin.", "metadata": {"language": language}}]


def test_without_an_answer_there_is_nothing_to_repeat(conversation: Conversation) -> None:
    assert _repeat(conversation) == [{"response": "utter_nothing_to_repeat"}]


def test_a_change_of_language_alone_is_nothing_to_repeat(conversation: Conversation) -> None:
    conversation.says("switch_to_english").hears("utter_switch_to_english")

    assert _repeat(conversation) == [{"response": "utter_nothing_to_repeat"}]


def _start_over(conversation: Conversation) -> tuple[list[str], list[dict[str, Any]]]:
    conversation.says("start_over", text="alusta")
    dispatcher = CollectingDispatcher()
    events = StartOver().run(dispatcher, conversation.tracker(), conversation.domain)
    return [message["response"] for message in dispatcher.messages], events


def test_starting_over_invites_a_new_question(conversation: Conversation) -> None:
    assert _start_over(conversation) == (["utter_start_over"], [])


def test_starting_over_closes_a_running_form_and_keeps_the_language(conversation: Conversation) -> None:
    conversation.active_loop = {"name": "fee_form", "is_interrupted": False, "rejected": False}

    said, events = _start_over(conversation)

    assert said == ["utter_start_over"]
    assert [(event["event"], event["name"]) for event in events] == [("active_loop", None), ("slot", "requested_slot")]
    assert events[1]["value"] is None
