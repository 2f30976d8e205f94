from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.choices import ACTIONS_OF_INTENTS, NO_QUESTIONS, ChooseOption, OfferTopics, action_of
from actions.options import option_number
from tests.actions.conftest import Conversation

GIFT, VAT, DUTY, FEE = (
    "customs_gift",
    "customs_vat_rates",
    "customs_customs_duty_amount",
    "immigration_processing_times",
)
NONE_OF_THESE = {"fi": "Ei mikään näistä", "en": "None of these"}


def _offer(conversation: Conversation) -> dict[str, Any]:
    dispatcher = CollectingDispatcher()
    assert OfferTopics().run(dispatcher, conversation.tracker(), conversation.domain) == []
    assert len(dispatcher.messages) == 1
    message: dict[str, Any] = dispatcher.messages[0]
    return message


def _offered(conversation: Conversation) -> list[str]:
    return [button["payload"] for button in _offer(conversation)["buttons"]]


def _responses(conversation: Conversation) -> list[str]:
    dispatcher = CollectingDispatcher()
    OfferTopics().run(dispatcher, conversation.tracker(), conversation.domain)
    return [message["response"] for message in dispatcher.messages]


def _choose(conversation: Conversation) -> tuple[list[str], list[str]]:
    """Return the actions that follow, and the responses that are said."""
    dispatcher = CollectingDispatcher()
    events = ChooseOption().run(dispatcher, conversation.tracker(), conversation.domain)
    return [event["name"] for event in events], [message["response"] for message in dispatcher.messages]


def test_the_actions_have_the_names_of_the_domain(conversation: Conversation) -> None:
    assert {OfferTopics().name(), ChooseOption().name()} <= set(conversation.domain["actions"])


def test_the_nearest_topics_are_offered_in_the_customer_s_language(conversation: Conversation, language: str) -> None:
    conversation.says("nlu_fallback", text="lahja?", ranking=("greet", GIFT, VAT, "out_of_scope_tax", DUTY, FEE))

    message = _offer(conversation)

    assert message["response"] == "utter_ask_which_topic"
    assert [button["payload"] for button in message["buttons"]] == [f"/{GIFT}", f"/{VAT}", f"/{DUTY}", "/none_of_these"]
    titles = [button["title"] for button in message["buttons"]]
    assert titles[0] == {"fi": "Ulkomailta lähetetty lahja", "en": "A gift sent to me from abroad"}[language]
    assert titles[3] == NONE_OF_THESE[language]


@pytest.mark.parametrize("ranking", [("greet",), ("customs_that_was_removed",)])
def test_without_a_near_topic_the_customer_is_asked_for_other_words(
    conversation: Conversation, ranking: tuple[str, ...]
) -> None:
    conversation.says("nlu_fallback", text="öö", ranking=ranking)

    message = _offer(conversation)

    assert message["response"] == "utter_please_rephrase"
    assert message["buttons"] == []


def test_what_was_answered_wrongly_is_not_offered(conversation: Conversation) -> None:
    conversation.says(GIFT, text="lahja?", ranking=(GIFT, VAT, DUTY)).hears(f"utter_{GIFT}")
    conversation.says("not_what_i_asked", text="en kysynyt tätä", ranking=("not_what_i_asked", FEE))

    assert _offered(conversation) == [f"/{VAT}", f"/{DUTY}", "/none_of_these"]


def test_a_second_wrong_answer_is_left_out_too(conversation: Conversation) -> None:
    conversation.says(GIFT, text="lahja?", ranking=(GIFT, VAT, DUTY)).hears(f"utter_{GIFT}")
    conversation.says("not_what_i_asked", text="en kysynyt tätä").hears("utter_ask_which_topic")
    conversation.says(VAT).hears(f"utter_{VAT}")
    conversation.says("not_what_i_asked", text="ei tätäkään")

    assert _offered(conversation) == [f"/{DUTY}", "/none_of_these"]


@pytest.mark.parametrize("intent", ["choose_option", "thanks", "repeat", "switch_to_english"])
def test_what_a_choice_might_have_meant_otherwise_is_not_offered(conversation: Conversation, intent: str) -> None:
    conversation.says("nlu_fallback", text="lahja?", ranking=(GIFT, VAT, DUTY)).hears("utter_ask_which_topic")
    conversation.says(intent, text="2", ranking=(intent, FEE)).hears(f"utter_{VAT}")
    conversation.says("not_what_i_asked", text="en kysynyt tätä")

    assert _offered(conversation) == [f"/{GIFT}", f"/{DUTY}", "/none_of_these"]


def test_when_nothing_was_asked_nothing_is_offered(conversation: Conversation) -> None:
    conversation.says("not_what_i_asked", text="en kysynyt tätä", ranking=("not_what_i_asked", GIFT))

    assert _offer(conversation)["response"] == "utter_please_rephrase"


OPTIONS = [
    {"title": "A", "payload": f"/{GIFT}"},
    {"title": "B", "payload": f"/{VAT}"},
    {"title": "C", "payload": "/ask_for_person"},
    {"title": "D", "payload": "/none_of_these"},
]


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("1", f"utter_{GIFT}"),
        ("the second one", f"utter_{VAT}"),
        ("toka", f"utter_{VAT}"),
        ("3", "action_human_contact"),
        ("viimeinen", "action_offer_topics"),
    ],
)
def test_a_choice_goes_on_with_its_option(conversation: Conversation, text: str, following: str) -> None:
    conversation.says("nlu_fallback", text="lahja?").hears("utter_ask_which_topic", buttons=OPTIONS)
    conversation.says("choose_option", text=text)

    assert _choose(conversation) == ([following], [])


@pytest.mark.parametrize("text", ["5", "0", "kuudes", ""])
def test_a_choice_that_is_not_there_is_refused(conversation: Conversation, text: str) -> None:
    conversation.says("nlu_fallback", text="lahja?").hears("utter_ask_which_topic", buttons=OPTIONS)
    conversation.says("choose_option", text=text)

    assert _choose(conversation) == ([], ["utter_invalid_option"])


def test_a_choice_without_options_is_refused(conversation: Conversation) -> None:
    conversation.says("thanks").hears("utter_thanks").says("choose_option", text="1")

    assert _choose(conversation) == ([], ["utter_invalid_option"])


def test_the_newest_options_count(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="x").hears("utter_ask_which_topic", buttons=OPTIONS)
    conversation.says(DUTY).hears(f"utter_{DUTY}", buttons=[{"title": "B", "payload": f"/{VAT}"}])
    conversation.says("choose_option", text="1")

    assert _choose(conversation) == ([f"utter_{VAT}"], [])


def test_options_stay_open_after_a_message_without_any(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="x").hears("utter_ask_which_topic", buttons=OPTIONS)
    conversation.says("thanks").hears("utter_thanks").says("choose_option", text="2")

    assert _choose(conversation) == ([f"utter_{VAT}"], [])


def test_an_option_that_no_longer_exists_is_refused(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="x")
    conversation.hears("utter_ask_which_topic", buttons=[{"title": "A", "payload": "/customs_that_was_removed"}])
    conversation.says("choose_option", text="1")

    assert _choose(conversation) == ([], ["utter_invalid_option"])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("2.", 2),
        ("3)", 3),
        ("4!", 4),
        ("2, kiitos", 2),
        ("numero 2 kiitos", 2),
        ("option 3 please", 3),
        ("1️⃣", 1),
        ("one", 1),
        ("The First One", 1),
        ("1st", 1),
        ("second", 2),
        ("the third one", 3),
        ("four", 4),
        ("last", 4),
        ("the last one", 4),
        ("eka", 1),
        ("Ensimmäinen", 1),
        ("otan ekan", 1),
        ("toinen vaihtoehto", 2),
        ("toka niistä", 2),
        ("kolmas", 3),
        ("kolmosta", 3),
        ("neljäs", 4),
        ("viimeinen", 4),
        ("se vika", 4),
        ("5", None),
        ("0", None),
        ("12", None),
        ("1,5", None),
        ("3.5", None),
        ("150 euroa", None),
        ("kyllä", None),
        ("", None),
    ],
)
def test_a_number_is_read_from_digits_and_words(text: str, number: int | None) -> None:
    assert option_number(text, 4) == number


@pytest.mark.parametrize("text", ["1", "last", "eka"])
def test_nothing_can_be_chosen_from_nothing(text: str) -> None:
    assert option_number(text, 0) is None


def test_the_last_of_two_is_the_second() -> None:
    assert option_number("viimeinen", 2) == 2


# ------------------------------------------------------------------ a way on, another one each time


def test_a_second_rejection_asks_for_other_words(conversation: Conversation) -> None:
    conversation.says(GIFT, text="lahja?", ranking=(GIFT, VAT, DUTY)).hears(f"utter_{GIFT}")
    conversation.says("not_what_i_asked", text="en kysynyt tätä").hears("utter_ask_which_topic")
    conversation.says("not_what_i_asked", text="ei noita")

    assert _offer(conversation)["response"] == "utter_other_words"


@pytest.mark.parametrize(
    ("topic", "channels"),
    [(GIFT, "utter_human_contact_customs"), (FEE, "utter_human_contact_immigration")],
)
def test_a_third_rejection_offers_a_person(conversation: Conversation, topic: str, channels: str) -> None:
    conversation.says(topic, ranking=(topic, VAT)).hears(f"utter_{topic}")
    for response in ("utter_ask_which_topic", "utter_other_words"):
        conversation.says("not_what_i_asked", text="ei").hears(response)
    conversation.says("not_what_i_asked", text="ei tuokaan")

    assert _responses(conversation) == ["utter_unknown_person", channels]


def test_after_a_person_was_offered_the_next_miss_says_something_else(conversation: Conversation) -> None:
    for response in ("utter_out_of_scope", "utter_unknown_groups", "utter_unknown_person"):
        conversation.says("out_of_scope", text="blaa").hears(response)
    conversation.says("out_of_scope", text="blaa")

    assert _responses(conversation) == ["utter_unknown_again"]
    conversation.hears("utter_unknown_again").says("out_of_scope", text="blaa")
    assert _responses(conversation)[0] == "utter_unknown_person"


def test_what_is_out_of_scope_is_refused_without_a_guess(conversation: Conversation) -> None:
    conversation.says("out_of_scope", text="mikä on elämä", ranking=("chitchat", GIFT))

    assert _responses(conversation) == ["utter_out_of_scope"]


def test_the_second_unknown_offers_the_groups_of_topics(conversation: Conversation) -> None:
    conversation.says("out_of_scope", text="blaa").hears("utter_out_of_scope").says("out_of_scope", text="blaa blaa")

    assert _responses(conversation) == ["utter_unknown_groups"]


def test_the_second_unknown_offers_new_near_topics_with_the_groups(conversation: Conversation, language: str) -> None:
    offered = [{"title": "A", "payload": f"/{GIFT}"}, {"title": "B", "payload": f"/{VAT}"}]
    conversation.says("nlu_fallback", text="lahja?", ranking=(GIFT, VAT)).hears(
        "utter_ask_which_topic", buttons=offered
    )
    conversation.says("nlu_fallback", text="vero?", ranking=(VAT, DUTY, GIFT, FEE))

    message = _offer(conversation)

    assert message["response"] == "utter_unknown_groups_or_topics"
    assert [button["payload"] for button in message["buttons"]] == [
        f"/{DUTY}",
        f"/{FEE}",
        "/show_immigration",
        "/show_customs",
        "/show_services",
    ]
    assert message["buttons"][2]["title"] == {"fi": "Maahanmuutto ja luvat", "en": "Immigration and permits"}[language]


def test_a_third_unknown_offers_a_person(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="lahja?", ranking=(GIFT,)).hears("utter_ask_which_topic")
    conversation.says("out_of_scope", text="blaa").hears("utter_unknown_groups")
    conversation.says("nlu_fallback", text="lahja?", ranking=(VAT,))

    assert _responses(conversation) == ["utter_unknown_person", "utter_human_contact"]


def test_an_understood_question_begins_the_count_anew(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", ranking=(GIFT,)).hears("utter_ask_which_topic")
    conversation.says("nlu_fallback", ranking=(GIFT,)).hears("utter_unknown_groups")
    conversation.says(FEE).hears(f"utter_{FEE}").says("nlu_fallback", text="vero?", ranking=(VAT, DUTY))

    assert _offered(conversation) == [f"/{VAT}", f"/{DUTY}", "/none_of_these"]


def test_none_of_the_options_asks_for_other_words_with_an_example(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", ranking=(GIFT,)).hears("utter_ask_which_topic").says("none_of_these")

    assert _responses(conversation) == ["utter_none_of_these"]
    conversation.hears("utter_none_of_these").says("none_of_these")
    assert _responses(conversation) == ["utter_other_words"]


def test_none_of_the_options_by_its_number_is_the_same(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", ranking=(GIFT,)).hears("utter_ask_which_topic")
    conversation.says("choose_option", text="4")

    assert _responses(conversation) == ["utter_none_of_these"]


def test_shouting_after_a_miss_gets_a_calm_answer(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="lahja", ranking=(GIFT,)).hears("utter_ask_which_topic")
    conversation.says("nlu_fallback", text="ETKÖ SÄ YMMÄRRÄ MITÄÄN", ranking=(VAT,))

    assert _responses(conversation) == ["utter_calm_shorter"]


def test_a_first_question_in_capitals_is_a_question(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="PALJONKO TULLI MAKSAA", ranking=(VAT,))

    assert _responses(conversation) == ["utter_ask_which_topic"]


def test_an_answer_to_a_form_is_not_offered_as_a_question(conversation: Conversation) -> None:
    conversation.says("nlu_fallback", text="lahja?", ranking=(VAT, DUTY)).hears(f"utter_{VAT}")
    conversation.says("feedback_not_helpful").hears("utter_ask_feedback_form_feedback_reason")
    conversation.says("nlu_fallback", text="Väärä aihe", ranking=(FEE,))

    dispatcher = CollectingDispatcher()
    OfferTopics().run(dispatcher, conversation.tracker(), conversation.domain)

    assert [button["payload"] for button in dispatcher.messages[0]["buttons"]] == [f"/{DUTY}", "/none_of_these"]


@pytest.mark.parametrize("intent", ["affirm", "feedback_not_helpful", "none_of_these", "customs_gift", "show_customs"])
def test_every_option_can_be_chosen(conversation: Conversation, intent: str) -> None:
    assert action_of(intent, conversation.domain) is not None


def test_the_actions_of_intents_exist(conversation: Conversation) -> None:
    domain = conversation.domain
    assert set(ACTIONS_OF_INTENTS.values()) <= {*domain["actions"], *domain["forms"]}
    intents = {name for item in domain["intents"] for name in ([item] if isinstance(item, str) else item)}
    assert set(ACTIONS_OF_INTENTS) | NO_QUESTIONS <= intents


@pytest.mark.parametrize(
    "response", ["utter_other_words", "utter_unknown_person", "utter_unknown_again", "utter_unknown_groups_or_topics"]
)
def test_what_the_actions_say_is_written(conversation: Conversation, response: str) -> None:
    assert response in conversation.domain["responses"]
