from __future__ import annotations

import pytest
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    FollowupAction,
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
        ("not_what_i_asked", "action_offer_topics"),
        ("choose_option", "action_choose_option"),
        ("repeat", "action_repeat"),
        ("start_over", "action_start_over"),
        ("ask_for_person", "action_human_contact"),
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
