from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, answer_in
from actions.flow import Affirm, BackToTopic, Deny, Repeat, ShowServices, StartOver, TellMore, WelcomeBack
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


def test_a_repeated_message_names_its_topic_in_the_language_of_now(domain: DomainDict) -> None:
    conversation = Conversation(domain, "fi").says("customs_gift").hears("utter_customs_gift")
    values = {"title": "Ulkomailta lähetetty lahja", "topic": "customs_gift"}
    conversation.says("tell_more").hears("utter_tell_more", values=values)
    conversation.language = "en"
    conversation.says("switch_to_english").hears("utter_switch_to_english").says("repeat", text="again")
    dispatcher = CollectingDispatcher()
    Repeat().run(dispatcher, conversation.tracker(), domain)

    (message,) = dispatcher.messages
    assert (message["response"], message["title"]) == ("utter_tell_more", "A gift sent to me from abroad")


def test_a_repeated_message_keeps_the_other_values_of_its_placeholders(conversation: Conversation) -> None:
    conversation.says("help").hears("utter_help", values={"sum": "5 €"}).says("repeat", text="again")
    dispatcher = CollectingDispatcher()
    Repeat().run(dispatcher, conversation.tracker(), conversation.domain)

    assert (dispatcher.messages[0]["response"], dispatcher.messages[0]["sum"]) == ("utter_help", "5 €")


def test_repeated_sources_are_in_the_language_of_now(domain: DomainDict) -> None:
    conversation = Conversation(domain, "fi").says("customs_gift").hears("utter_customs_gift")
    answer = answer_in(domain, "customs_gift", "fi")
    values = {"title": answer["title"], "metadata": {"language": "fi", "answer": answer}}
    conversation.says("ask_source").hears("utter_sources", values=values)
    conversation.language = "en"
    conversation.says("switch_to_english").hears("utter_switch_to_english").says("repeat", text="again")
    dispatcher = CollectingDispatcher()
    Repeat().run(dispatcher, conversation.tracker(), domain)

    (message,) = dispatcher.messages
    assert (message["response"], message["title"]) == ("utter_sources", "A gift sent to me from abroad")
    assert message["metadata"] == {"language": "en", "answer": answer_in(domain, "customs_gift", "en")}


def test_a_repeated_plain_answer_has_its_sources(conversation: Conversation, language: str) -> None:
    metadata = {"language": language, "answer": answer_in(conversation.domain, "customs_gift", language)}
    conversation.says("simpler").hears("utter_plain_customs_gift", values={"metadata": metadata})

    assert _repeat(conversation) == [{"response": "utter_plain_customs_gift", "metadata": metadata}]


def test_what_was_said_in_an_earlier_session_is_not_repeated(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").comes_back()
    conversation.says("welcome_back").hears("utter_welcome_back")

    assert _repeat(conversation) == [{"response": "utter_nothing_to_repeat"}]


def _run(action: Action, conversation: Conversation) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the messages, and the events that follow."""
    dispatcher = CollectingDispatcher()
    events = action.run(dispatcher, conversation.tracker(), conversation.domain)
    return dispatcher.messages, events


GIFT_TITLE = {"fi": "Ulkomailta lähetetty lahja", "en": "A gift sent to me from abroad"}


@pytest.mark.parametrize("action", [TellMore(), ShowServices(), BackToTopic(), WelcomeBack(), Affirm(), Deny()])
def test_every_action_has_its_name_in_the_domain(domain: DomainDict, action: Action) -> None:
    assert action.name() in domain["actions"]


def test_more_is_what_follows_the_topic_and_was_not_asked_yet(conversation: Conversation, language: str) -> None:
    first = conversation.domain["responses"]["utter_customs_gift"][0]["buttons"][0]["payload"].removeprefix("/")
    conversation.says(first).hears(f"utter_{first}").says("customs_gift").hears("utter_customs_gift").says("tell_more")

    (message,), events = _run(TellMore(), conversation)

    assert (message["response"], message["title"], events) == ("utter_tell_more", GIFT_TITLE[language], [])
    assert message["topic"] == "customs_gift"
    payloads = [button["payload"] for button in message["buttons"]]
    assert payloads
    assert f"/{first}" not in payloads


def test_more_of_nothing_offers_the_groups(conversation: Conversation) -> None:
    conversation.says("tell_more")

    assert _run(TellMore(), conversation)[0][0]["response"] == "utter_tell_more_of_what"


def test_more_goes_on_with_the_topic_of_the_session_before(conversation: Conversation, language: str) -> None:
    conversation.slots["last_topic"] = "customs_gift"
    conversation.comes_back().says("tell_more")

    assert _run(TellMore(), conversation)[0][0]["title"] == GIFT_TITLE[language]


def test_services_are_offered_by_the_label_of_their_button(conversation: Conversation, language: str) -> None:
    title = {"fi": "Laske arvio", "en": "Estimate it"}
    texts = [
        {"condition": [{"type": "slot", "name": "language", "value": value}], "text": text,
         "metadata": {"language": value}} for value, text in title.items()
    ]  # fmt: skip
    responses = {**conversation.domain["responses"], "utter_start_sample_button": texts}
    conversation.domain = {
        **conversation.domain,
        "responses": responses,
        "forms": {"sample_form": {}, "other_form": {}},
    }
    conversation.says("show_services")

    (message,), _ = _run(ShowServices(), conversation)

    assert message["response"] == "utter_show_services"
    assert message["buttons"] == [{"title": title[language], "payload": "/start_sample"}]


def test_without_services_it_says_so(conversation: Conversation) -> None:
    conversation.domain = {**conversation.domain, "forms": {"feedback_form": {}}}
    conversation.says("show_services")

    assert _run(ShowServices(), conversation)[0][0]["response"] == "utter_no_services"


def test_small_talk_is_led_back_to_the_topic_twice_in_other_words_and_then_no_more(
    conversation: Conversation, language: str
) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift")
    said = []
    for _ in range(3):
        conversation.says("chitchat").hears("utter_chitchat")
        messages, _ = _run(BackToTopic(), conversation)
        said.append([(message["response"], message["title"]) for message in messages])
        for message in messages:
            conversation.hears(message["response"])

    title = GIFT_TITLE[language]
    assert said == [[("utter_back_to_topic", title)], [("utter_back_to_topic_again", title)], []]


def test_after_another_answer_small_talk_is_led_back_anew(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift")
    conversation.says("chitchat").hears("utter_back_to_topic").says("customs_vat_rates").hears(
        "utter_customs_vat_rates"
    )
    conversation.says("chitchat").hears("utter_chitchat")

    (message,), _ = _run(BackToTopic(), conversation)

    assert message["response"] == "utter_back_to_topic"
    follow_up = conversation.domain["responses"]["utter_customs_vat_rates"][0]["buttons"][0]["payload"]
    assert follow_up in [button["payload"] for button in message["buttons"]]


@pytest.mark.parametrize("slot", [None, "customs_that_was_removed"])
def test_without_a_topic_there_is_nothing_to_lead_back_to(conversation: Conversation, slot: str | None) -> None:
    conversation.slots["last_topic"] = slot
    conversation.says("chitchat").hears("utter_chitchat")

    assert _run(BackToTopic(), conversation) == ([], [])


def test_who_comes_back_is_welcomed_and_the_topic_is_kept(conversation: Conversation, language: str) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").comes_back().says("welcome_back")

    (message,), (event,) = _run(WelcomeBack(), conversation)

    assert (message["response"], message["title"]) == ("utter_welcome_back_topic", GIFT_TITLE[language])
    assert (event["name"], event["value"]) == ("last_topic", "customs_gift")


def test_the_topic_survives_a_session_without_answers(conversation: Conversation) -> None:
    conversation.slots["last_topic"] = "customs_gift"
    conversation.comes_back().says("welcome_back")

    (message,), (event,) = _run(WelcomeBack(), conversation)

    assert message["response"] == "utter_welcome_back_topic"
    assert event["value"] == "customs_gift"


def test_who_asked_nothing_is_welcomed_without_a_topic(conversation: Conversation) -> None:
    conversation.says("greet").hears("utter_greet").comes_back().says("welcome_back")

    (message,), (event,) = _run(WelcomeBack(), conversation)

    assert (message["response"], event["value"]) == ("utter_welcome_back", None)


TWO = [{"title": "A", "payload": "/customs_gift"}, {"title": "B", "payload": "/customs_ioss"}]
NONE = [{"title": "-", "payload": "/none_of_these"}]


@pytest.mark.parametrize(
    ("asked", "buttons", "yes", "no"),
    [
        ("utter_ask_feedback", None, "action_feedback_helpful", "feedback_form"),
        ("utter_back_to_topic", None, "action_tell_more", "utter_what_else"),
        ("utter_back_to_topic_again", None, "action_tell_more", "utter_what_else"),
        ("utter_ask_which_topic", [*TWO, *NONE], "utter_which_one", "utter_none_of_these"),
        ("utter_ask_which_topic", [*TWO[:1], *NONE], "utter_customs_gift", "utter_none_of_these"),
        ("utter_customs_gift", None, "utter_affirm", "utter_deny"),
        (None, None, "utter_affirm", "utter_deny"),
    ],
)
def test_a_yes_or_a_no_is_about_what_was_asked_last(
    conversation: Conversation, asked: str | None, buttons: list[dict[str, str]] | None, yes: str, no: str
) -> None:
    if asked is not None:
        conversation.says("help").hears(asked, buttons=buttons)
    for action, intent, expected in ((Affirm(), "affirm", yes), (Deny(), "deny", no)):
        messages, events = _run(action, conversation.says(intent))
        done = [message["response"] for message in messages] + [event["name"] for event in events]
        assert done == [expected]
        conversation.events.pop()


def test_a_yes_to_several_topics_shows_them_again(conversation: Conversation) -> None:
    conversation.says("nlu_fallback").hears("utter_ask_which_topic", buttons=[*TWO, *NONE]).says("affirm")

    assert _run(Affirm(), conversation)[0][0]["buttons"] == [*TWO, *NONE]
