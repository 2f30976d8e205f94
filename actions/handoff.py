"""The way to a person: the authorities' own channels."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, last_topic
from components.content.names import agency_of


class HumanContact(Action):
    """Names the channels of the authority that the conversation was about, or of both when it was about neither."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_human_contact"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Choose the authority by the newest answer."""
        dispatcher.utter_message(response=human_contact(tracker))
        return []


def human_contact(tracker: Tracker) -> str:
    """Return the response that names the channels of the authority in question, or of both."""
    agency = agency_of(last_topic(tracker))
    return f"utter_human_contact_{agency}" if agency else "utter_human_contact"
