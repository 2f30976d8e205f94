"""Offering topics when the question was not clear, and taking the customer's choice."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, button_title, language_of, ranked_topics, topic_of, turns

MAX_CHOICES = 3

# Intents that are answered by an action of their own instead of the response of the same name.
ACTIONS_OF_INTENTS = {
    "ask_for_person": "action_human_contact",
    "start_over": "action_start_over",
    "repeat": "action_repeat",
    "not_what_i_asked": "action_offer_topics",
}


# What customers say about the conversation itself: the ranking of such a message says nothing about their question.
NO_QUESTIONS = {
    "affirm",
    "choose_option",
    "deny",
    "none_of_these",
    "not_what_i_asked",
    "ok_understood",
    "repeat",
    "switch_to_english",
    "switch_to_finnish",
    "thanks",
}


class OfferTopics(Action):
    """Asks "did you mean" with up to three topics that come closest to the question.

    After "that is not what I asked" it offers what the question before may have meant, without what was answered.
    """

    def name(self) -> str:
        """Return the action's name."""
        return "action_offer_topics"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Offer the topics as buttons, or ask for other words when nothing comes close."""
        language = language_of(tracker)
        buttons = [
            {"title": title, "payload": f"/{topic}"}
            for topic in _candidates(tracker)
            if (title := button_title(domain, f"/{topic}", language)) is not None
        ][:MAX_CHOICES]
        if not buttons:
            dispatcher.utter_message(response="utter_please_rephrase")
            return []
        none_of_these = button_title(domain, "/none_of_these", language)
        if none_of_these is not None:
            buttons.append({"title": none_of_these, "payload": "/none_of_these"})
        dispatcher.utter_message(response="utter_ask_which_topic", buttons=buttons)
        return []


class ChooseOption(Action):
    """Takes "2" or "the first one" as a press of one of the latest buttons."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_choose_option"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Go on with the chosen option, or say that there is none with that number."""
        buttons = _latest_buttons(tracker)
        number = option_number(str(tracker.latest_message.get("text") or ""), len(buttons))
        if number is not None:
            intent = str(buttons[number - 1].get("payload", "")).removeprefix("/")
            following = ACTIONS_OF_INTENTS.get(intent, f"utter_{intent}")
            if following in (domain.get("responses") or {}) or following in (domain.get("actions") or []):
                return [FollowupAction(following)]
        dispatcher.utter_message(response="utter_invalid_option")
        return []


def option_number(text: str, options: int) -> int | None:
    """Return which of `options` options a customer means, counted from 1, or None."""
    number: int | None = None
    digits = re.findall(r"(?<![\w.,])\d(?!\w|[.,]\w)", text)
    words = re.findall(r"\w+", text.lower())
    if digits:
        number = int(digits[0])
    else:
        number = next((value for word in words if (value := _number_words().get(word)) is not None), None)
    if number == -1:
        number = options
    return number if number is not None and 1 <= number <= options else None


@functools.cache
def _number_words() -> dict[str, int]:
    lists: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("number_words.yml").read_text("utf-8"))
    return {word: -1 if number == "last" else int(number) for number, words in lists.items() for word in words}


def _candidates(tracker: Tracker) -> list[str]:
    rejected: set[str] = set()
    for user_event, replies in turns(tracker):
        rejected.update(topic for reply in replies if (topic := topic_of(reply)) is not None)
        intent = ((user_event.get("parse_data") or {}).get("intent") or {}).get("name")
        topics = [topic for topic in ranked_topics(user_event) if topic not in rejected]
        if intent not in NO_QUESTIONS and topics:
            return topics
    return []


def _latest_buttons(tracker: Tracker) -> list[dict[str, Any]]:
    for _, replies in turns(tracker):
        for reply in reversed(replies):
            buttons = (reply.get("data") or {}).get("buttons")
            if buttons:
                return list(buttons)
    return []
