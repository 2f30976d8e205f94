"""Keeping the conversation going: repeat, start over, go on, come back, and what a yes or a no is about."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    DomainDict,
    Event,
    answer_in,
    button_title,
    earlier_topic,
    follow_ups,
    intent_of,
    language_of,
    last_topic,
    latest_buttons,
    message_metadata,
    response_of,
    said_last,
    topic_of,
    turns,
    variation,
)

LEADS_BACK = ("utter_back_to_topic", "utter_back_to_topic_again")
# What the assistant said to these is no answer that somebody wants to hear again.
_NOT_REPEATED = {"switch_to_finnish", "switch_to_english", "welcome_back"}
# Rasa's own keys of a message that came from a response; the others are the values of its placeholders.
_KEYS_OF_RASA = {"utter_action", "metadata"}


class Repeat(Action):
    """Says the latest answer again, in the language that the conversation has now."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Repeat the newest turn that has answers; turns that only changed the language are passed over."""
        for user_event, replies in turns(tracker):
            if replies and intent_of(user_event) not in _NOT_REPEATED:
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


class TellMore(Action):
    """Offers what leads on from the latest topic."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_tell_more"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Offer the topic's follow-ups that were not asked yet, or the groups of topics when there is no topic."""
        topic = last_topic(tracker)
        answer = answer_in(domain, topic, language_of(tracker)) if topic is not None else {}
        if topic is None or not answer:
            dispatcher.utter_message(response="utter_tell_more_of_what")
        else:
            dispatcher.utter_message(
                response="utter_tell_more",
                topic=topic,
                title=answer["title"],
                buttons=follow_ups(tracker, domain, topic),
            )
        return []


class ShowServices(Action):
    """Lists the services that a customer can start."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_show_services"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Offer a button for every service of the domain."""
        buttons = []
        for form in domain.get("forms") or {}:
            service = str(form).removesuffix("_form")
            title = variation(domain, f"utter_start_{service}_button", language_of(tracker))
            if title is not None:
                buttons.append({"title": str(title["text"]), "payload": f"/start_{service}"})
        if buttons:
            dispatcher.utter_message(response="utter_show_services", buttons=buttons)
        else:
            dispatcher.utter_message(response="utter_no_services")
        return []


class BackToTopic(Action):
    """Leads back to the matter after small talk: the first two times, so that nobody is pressed."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_back_to_topic"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Ask whether to go on with the latest topic, and offer what leads on from it."""
        topic = last_topic(tracker)
        answer = answer_in(domain, topic, language_of(tracker)) if topic is not None else {}
        led_back = _times_led_back(tracker)
        if topic is not None and answer and led_back < len(LEADS_BACK):
            dispatcher.utter_message(
                response=LEADS_BACK[led_back],
                topic=topic,
                title=answer["title"],
                buttons=follow_ups(tracker, domain, topic),
            )
        return []


class WelcomeBack(Action):
    """Welcomes a customer who comes back after the session ended, and keeps the topic that it ended with."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_welcome_back"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Name the topic, not what was said about it."""
        topic = earlier_topic(tracker) or tracker.get_slot("last_topic")
        answer = answer_in(domain, topic, language_of(tracker)) if topic else {}
        if not answer:
            dispatcher.utter_message(response="utter_welcome_back")
            return [SlotSet("last_topic", None)]
        dispatcher.utter_message(response="utter_welcome_back_topic", title=answer["title"])
        return [SlotSet("last_topic", topic)]


class Affirm(Action):
    """Takes a yes as the answer to what was asked last."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Do what was agreed to; a yes to nothing invites a question."""
        asked = said_last(tracker)
        if "utter_ask_feedback" in asked:
            return [FollowupAction("action_feedback_helpful")]
        if asked and asked[-1] in LEADS_BACK:
            return [FollowupAction("action_tell_more")]
        if "utter_ask_which_topic" in asked:
            offered = [button for button in latest_buttons(tracker) if button.get("payload") != "/none_of_these"]
            if len(offered) == 1:
                return [FollowupAction(f"utter_{str(offered[0]['payload']).removeprefix('/')}")]
            dispatcher.utter_message(response="utter_which_one", buttons=latest_buttons(tracker))
            return []
        dispatcher.utter_message(response="utter_affirm")
        return []


class Deny(Action):
    """Takes a no as the answer to what was asked last."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_deny"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Go another way; a no to nothing offers help."""
        asked = said_last(tracker)
        if "utter_ask_feedback" in asked:
            return [FollowupAction("feedback_form")]
        if asked and asked[-1] in LEADS_BACK:
            dispatcher.utter_message(response="utter_what_else")
        elif "utter_ask_which_topic" in asked:
            dispatcher.utter_message(response="utter_none_of_these")
        else:
            dispatcher.utter_message(response="utter_deny")
        return []


def _times_led_back(tracker: Tracker) -> int:
    times = 0
    for _, replies in turns(tracker):
        if any(topic_of(reply) is not None for reply in replies):
            break
        times += any(response_of(reply) in LEADS_BACK for reply in replies)
    return times


def _say_again(dispatcher: CollectingDispatcher, reply: Event, domain: DomainDict, language: str) -> None:
    metadata = reply.get("metadata") or {}
    buttons = [
        {**button, "title": button_title(domain, str(button.get("payload")), language) or button.get("title")}
        for button in (reply.get("data") or {}).get("buttons") or []
    ]
    response = response_of(reply)
    variations = (domain.get("responses") or {}).get(response) or []
    if variations:
        own_buttons = any(item.get("buttons") for item in variations)
        values = {name: value for name, value in metadata.items() if name not in _KEYS_OF_RASA}
        topic = topic_of(reply) or values.get("topic")
        answer = answer_in(domain, str(topic), language) if topic else {}
        if "title" in values and answer:
            values["title"] = answer["title"]
        # The answer itself brings its sources along; other messages about it got them from an action.
        if topic_of(reply) is not None and response != f"utter_{topic}":
            values["metadata"] = {"language": language, "answer": answer}
        dispatcher.utter_message(response=response, buttons=[] if own_buttons else buttons, **values)
    else:
        dispatcher.utter_message(text=reply.get("text"), buttons=buttons, metadata=message_metadata(reply))
