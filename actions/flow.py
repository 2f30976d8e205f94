"""Keeping the conversation going: repeat, and start over."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, Event, button_title, language_of, message_metadata, turns


class Repeat(Action):
    """Says the latest answer again, in the language that the conversation has now."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Repeat the newest turn that has answers; turns that only changed the language are passed over."""
        for user_event, replies in turns(tracker):
            intent = ((user_event.get("parse_data") or {}).get("intent") or {}).get("name") or ""
            if replies and not intent.startswith("switch_to_"):
                for reply in replies:
                    _say_again(dispatcher, reply, domain, language_of(tracker))
                return []
        dispatcher.utter_message(response="utter_nothing_to_repeat")
        return []


class StartOver(Action):
    """Leaves whatever was going on; the language stays."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_start_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Close a running form and invite a new question."""
        dispatcher.utter_message(response="utter_start_over")
        return [ActiveLoop(None), SlotSet("requested_slot", None)] if tracker.active_loop else []


def _say_again(dispatcher: CollectingDispatcher, reply: Event, domain: DomainDict, language: str) -> None:
    metadata = reply.get("metadata") or {}
    buttons = [
        {**button, "title": button_title(domain, str(button.get("payload")), language) or button.get("title")}
        for button in (reply.get("data") or {}).get("buttons") or []
    ]
    response = metadata.get("utter_action")
    variations = (domain.get("responses") or {}).get(response) or []
    if variations:
        own_buttons = any(item.get("buttons") for item in variations)
        dispatcher.utter_message(response=response, buttons=[] if own_buttons else buttons)
    else:
        dispatcher.utter_message(text=reply.get("text"), buttons=buttons, metadata=message_metadata(reply))
