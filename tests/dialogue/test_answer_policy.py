from __future__ import annotations

import pytest
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    FollowupAction,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from tests.dialogue.conftest import Assistant

LISTEN = "action_listen"


def _says(intent: str) -> UserUttered:
    return UserUttered(intent, {"name": intent, "confidence": 0.9})


def _form() -> list[Event]:
    """A form is running and has asked; the customer's message follows."""
    return [_says("help"), ActionExecuted("fee_form"), ActiveLoop("fee_form"), ActionExecuted(LISTEN)]


@pytest.mark.parametrize(
    "intent", ["customs_gift", "immigration_processing_fee", "opening", "out_of_scope_tax", "other_language", "help"]
)
def test_an_intent_is_answered_by_the_response_of_the_same_name(assistant: Assistant, intent: str) -> None:
    assert assistant.answer_policy_alone(_says(intent)) == f"utter_{intent}"


@pytest.mark.parametrize("intent", ["customs_gift", "other_language"])
def test_no_other_policy_is_needed_for_an_answer(assistant: Assistant, intent: str) -> None:
    assert assistant.next_action(_says(intent)) == (f"utter_{intent}", "AnswerPolicy")


def test_after_the_answer_the_assistant_listens(assistant: Assistant) -> None:
    events = [_says("customs_gift"), ActionExecuted("utter_customs_gift")]

    assert assistant.next_action(*events) == (LISTEN, "AnswerPolicy")


def test_the_next_question_is_answered_as_well(assistant: Assistant) -> None:
    events = [_says("customs_gift"), ActionExecuted("utter_customs_gift"), ActionExecuted(LISTEN)]

    assert assistant.next_action(*events, _says("customs_vat_rates")) == ("utter_customs_vat_rates", "AnswerPolicy")


@pytest.mark.parametrize("intent", ["nlu_fallback", "repeat", "unheard_of"])
def test_without_a_response_of_the_same_name_nothing_is_predicted(assistant: Assistant, intent: str) -> None:
    assert assistant.answer_policy_alone(_says(intent)) is None


def test_a_message_without_an_intent_is_not_answered(assistant: Assistant) -> None:
    assert assistant.answer_policy_alone(UserUttered("x", {"name": None, "confidence": 0.0})) is None


def test_nothing_is_predicted_before_the_customer_has_said_anything(assistant: Assistant) -> None:
    assert assistant.answer_policy_alone() is None


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        ("nlu_fallback", "action_offer_topics"),
        ("out_of_scope", "action_offer_topics"),
        ("not_what_i_asked", "action_offer_topics"),
        ("none_of_these", "action_offer_topics"),
        ("choose_option", "action_choose_option"),
        ("affirm", "action_affirm"),
        ("deny", "action_deny"),
        ("repeat", "action_repeat"),
        ("simpler", "action_simpler"),
        ("ask_source", "action_name_sources"),
        ("tell_more", "action_tell_more"),
        ("show_services", "action_show_services"),
        ("start_over", "action_start_over"),
        ("ask_for_person", "action_human_contact"),
        ("insult", "action_calm"),
        ("complaint_feedback", "action_calm"),
        ("welcome_back", "action_welcome_back"),
        ("feedback_helpful", "action_feedback_helpful"),
    ],
)
def test_rules_are_followed(assistant: Assistant, intent: str, action: str) -> None:
    assert assistant.next_action(_says(intent)) == (action, "RulePolicy")
    assert assistant.next_action(_says(intent), ActionExecuted(action)) == (LISTEN, "RulePolicy")


def test_a_rule_wins_over_an_answer(assistant: Assistant) -> None:
    assert assistant.answers.priority < assistant.rules.priority


def test_a_story_wins_over_an_answer(assistant: Assistant) -> None:
    assert assistant.answer_policy_alone(_says("greet")) == "utter_greet"
    assert assistant.next_action(_says("greet")) == ("utter_greet", "MemoizationPolicy")


@pytest.mark.parametrize("action", ["utter_customs_gift", "action_human_contact", "action_start_over"])
def test_after_a_choice_by_number_the_assistant_listens(assistant: Assistant, action: str) -> None:
    events = [
        _says("deny"),
        ActionExecuted("utter_deny"),
        ActionExecuted(LISTEN),
        _says("choose_option"),
        ActionExecuted("action_choose_option"),
        FollowupAction(action),
        ActionExecuted(action),
    ]

    assert assistant.next_action(*events) == (LISTEN, "AnswerPolicy")


def test_a_form_gets_the_message_first(assistant: Assistant) -> None:
    assert assistant.next_action(*_form(), _says("customs_gift")) == ("fee_form", "RulePolicy")


def test_a_question_inside_a_form_is_answered(assistant: Assistant) -> None:
    events = [*_form(), _says("customs_gift"), ActionExecutionRejected("fee_form")]

    assert assistant.next_action(*events) == ("utter_customs_gift", "AnswerPolicy")


def test_after_a_question_the_form_goes_on(assistant: Assistant) -> None:
    events = [
        *_form(),
        _says("customs_gift"),
        ActionExecutionRejected("fee_form"),
        ActionExecuted("utter_customs_gift"),
    ]

    assert assistant.next_action(*events)[0] == "fee_form"
    assert assistant.answer_policy_alone(*events) == "fee_form"


def test_in_a_form_that_asked_again_the_assistant_listens(assistant: Assistant) -> None:
    events = [
        *_form(),
        _says("customs_gift"),
        ActionExecutionRejected("fee_form"),
        ActionExecuted("utter_customs_gift"),
        ActionExecuted("fee_form"),
    ]

    assert assistant.next_action(*events) == (LISTEN, "RulePolicy")


@pytest.mark.parametrize("action", ["action_session_start", "action_default_fallback"])
def test_rasa_s_own_actions_are_left_to_rasa(assistant: Assistant, action: str) -> None:
    assert assistant.answer_policy_alone(_says("customs_gift"), ActionExecuted(action)) is None


def _small_talk(intent: str) -> list[Event]:
    return [_says(intent), ActionExecuted(f"utter_{intent}")]


TOPIC_ANSWERED: list[Event] = [
    _says("customs_gift"),
    ActionExecuted("utter_customs_gift"),
    ActionExecuted(LISTEN),
]


@pytest.mark.parametrize(
    ("intent", "following"),
    [
        ("greet", "action_back_to_topic"),
        ("how_are_you", "action_back_to_topic"),
        ("are_you_a_robot", "action_back_to_topic"),
        ("chitchat", "action_back_to_topic"),
        ("goodbye", "action_ask_feedback"),
        ("thanks", LISTEN),
        ("help", LISTEN),
    ],
)
def test_small_talk_leads_back_to_the_topic(assistant: Assistant, intent: str, following: str) -> None:
    events = [*TOPIC_ANSWERED, *_small_talk(intent)]

    assert assistant.next_action(*events) == (following, "AnswerPolicy")
    if following != LISTEN:
        assert assistant.next_action(*events, ActionExecuted(following)) == (LISTEN, "AnswerPolicy")


@pytest.mark.parametrize("intent", ["greet", "chitchat", "goodbye"])
def test_without_a_topic_small_talk_leads_nowhere(assistant: Assistant, intent: str) -> None:
    assert assistant.next_action(*_small_talk(intent))[0] == LISTEN


def test_a_topic_of_an_earlier_session_is_not_led_back_to(assistant: Assistant) -> None:
    events = [*TOPIC_ANSWERED, SessionStarted(), ActionExecuted(LISTEN), *_small_talk("chitchat")]

    assert assistant.answer_policy_alone(*events) == LISTEN


def test_the_topic_of_a_customer_who_came_back_is_led_back_to(assistant: Assistant) -> None:
    events = [SlotSet("last_topic", "customs_gift"), *_small_talk("chitchat")]

    assert assistant.answer_policy_alone(*events) == "action_back_to_topic"


def test_small_talk_inside_a_form_goes_back_to_the_form(assistant: Assistant) -> None:
    events = [*TOPIC_ANSWERED, *_form(), _says("chitchat"), ActionExecutionRejected("fee_form")]

    assert assistant.answer_policy_alone(*events, ActionExecuted("utter_chitchat")) == "fee_form"


def test_after_not_helpful_the_reason_is_asked(assistant: Assistant) -> None:
    assert assistant.next_action(_says("feedback_not_helpful")) == ("feedback_form", "RulePolicy")


def test_feedback_ends_with_its_result(assistant: Assistant) -> None:
    events = [
        _says("feedback_not_helpful"),
        ActionExecuted("feedback_form"),
        ActiveLoop("feedback_form"),
        SlotSet("requested_slot", "feedback_reason"),
        ActionExecuted(LISTEN),
        _says("nlu_fallback"),
        ActionExecuted("feedback_form"),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
    ]

    assert assistant.next_action(*events) == ("action_feedback_result", "RulePolicy")
    assert assistant.next_action(*events, ActionExecuted("action_feedback_result")) == (LISTEN, "RulePolicy")


def test_a_question_instead_of_a_reason_is_answered_after_the_form(assistant: Assistant) -> None:
    events = [
        _says("feedback_not_helpful"),
        ActionExecuted("feedback_form"),
        ActiveLoop("feedback_form"),
        SlotSet("requested_slot", "feedback_reason"),
        ActionExecuted(LISTEN),
        _says("customs_gift"),
        ActionExecuted("feedback_form"),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
        ActionExecuted("action_feedback_result"),
        FollowupAction("utter_customs_gift"),
        ActionExecuted("utter_customs_gift"),
    ]

    assert assistant.next_action(*events)[0] == LISTEN


def test_the_language_changes_inside_a_form_and_the_form_goes_on(assistant: Assistant) -> None:
    events = [*_form(), _says("switch_to_english"), ActionExecutionRejected("fee_form")]

    assert assistant.next_action(*events) == ("utter_switch_to_english", "AnswerPolicy")
    assert assistant.next_action(*events, ActionExecuted("utter_switch_to_english"))[0] == "fee_form"
