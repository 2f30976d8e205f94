"""Offering topics when the question was not clear, and taking the customer's choice."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    DomainDict,
    Event,
    button_title,
    intent_of,
    language_of,
    latest_buttons,
    ranked_topics,
    response_of,
    said_last,
    topic_of,
    turns,
    variation,
)
from actions.handoff import human_contact
from actions.options import option_number
from actions.temper import UPSET, is_shouting, next_variation
from actions.unknown import NOT_UNDERSTOOD, REFUSED, Misses, misses

MAX_CHOICES = 3
MAX_CHOICES_BESIDE_GROUPS = 2

# Intents that are answered by an action of their own instead of the response of the same name.
ACTIONS_OF_INTENTS = {
    "affirm": "action_affirm",
    "ask_for_person": "action_human_contact",
    "ask_source": "action_name_sources",
    "complaint_feedback": "action_calm",
    "deny": "action_deny",
    "feedback_helpful": "action_feedback_helpful",
    "feedback_not_helpful": "feedback_form",
    "insult": "action_calm",
    "nlu_fallback": "action_offer_topics",
    "none_of_these": "action_offer_topics",
    "not_what_i_asked": "action_offer_topics",
    "out_of_scope": "action_offer_topics",
    "repeat": "action_repeat",
    "show_services": "action_show_services",
    "simpler": "action_simpler",
    "start_over": "action_start_over",
    "tell_more": "action_tell_more",
}


# What customers say about the conversation itself: the ranking of such a message says nothing about their question.
NO_QUESTIONS = {
    "affirm",
    "ask_source",
    "choose_option",
    "complaint_feedback",
    "deny",
    "feedback_helpful",
    "feedback_not_helpful",
    "insult",
    "none_of_these",
    "not_what_i_asked",
    "ok_understood",
    "repeat",
    "simpler",
    "switch_to_english",
    "switch_to_finnish",
    "tell_more",
    "thanks",
    "welcome_back",
}


class OfferTopics(Action):
    """Helps on when a message was not understood or an answer was not the right one, another way each time.

    First it asks "did you mean" with up to three topics that come closest to the question, without what was answered
    or offered already. Then it asks for other words with an example, or offers the groups of topics, and after three
    misses of a kind in a row it names the channels where a person answers.
    """

    def name(self) -> str:
        """Return the action's name."""
        return "action_offer_topics"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Choose the way by what was missed in a row."""
        intent = _kind_of_miss(tracker)
        missed = misses(tracker, intent)
        text = str(tracker.latest_message.get("text") or "")
        if missed.are_enough:
            _give_up(dispatcher, tracker)
        elif missed != _first(intent) and is_shouting(text):
            dispatcher.utter_message(response=next_variation(tracker, UPSET))
        elif intent == "none_of_these":
            asked = "utter_none_of_these"
            dispatcher.utter_message(response="utter_other_words" if asked in said_last(tracker) else asked)
        elif intent == "not_what_i_asked":
            if missed.refused > 1:
                dispatcher.utter_message(response="utter_other_words")
            else:
                _offer(dispatcher, tracker, domain, otherwise="utter_please_rephrase")
        elif missed.not_understood > 1:
            _offer_groups(dispatcher, tracker, domain)
        else:
            _offer(
                dispatcher,
                tracker,
                domain,
                otherwise="utter_out_of_scope" if intent == "out_of_scope" else "utter_please_rephrase",
            )
        return []


class ChooseOption(Action):
    """Takes "2" or "the first one" as a press of one of the latest buttons."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_choose_option"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Go on with the chosen option, or say that there is none with that number."""
        buttons = latest_buttons(tracker)
        number = option_number(str(tracker.latest_message.get("text") or ""), len(buttons))
        if number is not None:
            intent = str(buttons[number - 1].get("payload", "")).removeprefix("/")
            following = action_of(intent, domain)
            if following is not None:
                return [FollowupAction(following)]
        dispatcher.utter_message(response="utter_invalid_option")
        return []


def action_of(intent: str, domain: DomainDict) -> str | None:
    """Return what answers an intent: an action, a form or a response; None when nothing does."""
    form = f"{intent.removeprefix('start_')}_form"
    own = ACTIONS_OF_INTENTS.get(intent) or (form if form in (domain.get("forms") or {}) else f"utter_{intent}")
    known = [*(domain.get("responses") or {}), *(domain.get("actions") or []), *(domain.get("forms") or {})]
    return own if own in known else None


def _kind_of_miss(tracker: Tracker) -> str:
    intent = next((intent_of(event) for event, _ in turns(tracker)), "")
    if intent in NOT_UNDERSTOOD | REFUSED:
        return intent
    # Reached from another action: an option by its number, or "wrong topic" as feedback on an answer.
    return "none_of_these" if intent == "choose_option" else "not_what_i_asked"


def _first(intent: str) -> Misses:
    return Misses(not_understood=1) if intent in NOT_UNDERSTOOD else Misses(refused=1)


def _give_up(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    if "utter_unknown_person" in said_last(tracker):
        dispatcher.utter_message(response="utter_unknown_again")
        return
    dispatcher.utter_message(response="utter_unknown_person")
    dispatcher.utter_message(response=human_contact(tracker))


def _offer(dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, *, otherwise: str) -> None:
    buttons = _buttons(_candidates(tracker), tracker, domain)[:MAX_CHOICES]
    # What is out of scope came near no topic at all.
    if not buttons or otherwise == "utter_out_of_scope":
        dispatcher.utter_message(response=otherwise)
        return
    none_of_these = button_title(domain, "/none_of_these", language_of(tracker))
    if none_of_these is not None:
        buttons.append({"title": none_of_these, "payload": "/none_of_these"})
    dispatcher.utter_message(response="utter_ask_which_topic", buttons=buttons)


def _offer_groups(dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> None:
    offered = {str(button.get("payload")) for button in latest_buttons(tracker)}
    near = _candidates(tracker) if _kind_of_miss(tracker) == "nlu_fallback" else []
    fresh = [topic for topic in near if f"/{topic}" not in offered]
    groups = (variation(domain, "utter_unknown_groups", language_of(tracker)) or {}).get("buttons") or []
    # A response of its own, as Rasa would put the topics behind the buttons that a response has itself.
    if buttons := _buttons(fresh, tracker, domain)[:MAX_CHOICES_BESIDE_GROUPS]:
        dispatcher.utter_message(response="utter_unknown_groups_or_topics", buttons=[*buttons, *groups])
    else:
        dispatcher.utter_message(response="utter_unknown_groups")


def _buttons(topics: list[str], tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
    language = language_of(tracker)
    return [
        {"title": title, "payload": f"/{topic}"}
        for topic in topics
        if (title := button_title(domain, f"/{topic}", language)) is not None
    ]


def _candidates(tracker: Tracker) -> list[str]:
    rejected: set[str] = set()
    past = list(turns(tracker))
    for position, (user_event, replies) in enumerate(past):
        rejected.update(topic for reply in replies if (topic := topic_of(reply)) is not None)
        topics = [topic for topic in ranked_topics(user_event) if topic not in rejected]
        before = past[position + 1][1] if position + 1 < len(past) else []
        if topics and intent_of(user_event) not in NO_QUESTIONS and not _asks_for_a_slot(before):
            return topics
    return []


def _asks_for_a_slot(replies: list[Event]) -> bool:
    return any("_form_" in response_of(reply) for reply in replies[-1:])
