"""Staying calm with somebody who is upset: shorter each time, never the same words twice in a row."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, intent_of, response_of, said_last, turns

INSULTED = ("utter_insult", "utter_calm_shorter", "utter_calm_person")
COMPLAINED = ("utter_complaint_feedback", "utter_feedback_again", "utter_calm_person")
UPSET = ("utter_calm_shorter", "utter_calm_person")
_TOKEN = re.compile(r"\[[A-Z_0-9]+\]")  # what the anonymiser leaves in place of personal data is in capitals too
_FEWEST_LETTERS = 8


class Calm(Action):
    """Answers swearing and complaints: what helps, a person and feedback are offered, and nothing is argued about."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_calm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Say the next variation of what calms."""
        intent = next((intent_of(event) for event, _ in turns(tracker)), "")
        dispatcher.utter_message(
            response=next_variation(tracker, COMPLAINED if intent == "complaint_feedback" else INSULTED)
        )
        return []


def next_variation(tracker: Tracker, variations: tuple[str, ...]) -> str:
    """Return which of some responses comes next: in order, then the last two by turns, and none twice in a row."""
    said = {response_of(reply) for _, replies in turns(tracker) for reply in replies}
    unsaid = [variation for variation in variations if variation not in said]
    if unsaid:
        return unsaid[0]
    just_said = said_last(tracker)
    return next((variation for variation in variations[-2:] if variation not in just_said), variations[0])


def is_shouting(text: str) -> bool:
    """Tell whether a message is written in capitals: several words, not an abbreviation."""
    words = _TOKEN.sub(" ", text)
    letters = [sign for sign in words if sign.isalpha()]
    return len(words.split()) > 1 and len(letters) >= _FEWEST_LETTERS and all(sign.isupper() for sign in letters)
