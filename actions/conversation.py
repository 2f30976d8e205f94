"""What actions read from a conversation and from the domain's texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rasa_sdk import Tracker

from components.content.names import is_topic

DEFAULT_LANGUAGE = "fi"

Event = dict[str, Any]
DomainDict = dict[str, Any]


def language_of(tracker: Tracker) -> str:
    """Return the conversation's language."""
    return str(tracker.get_slot("language") or DEFAULT_LANGUAGE)


def variation(domain: DomainDict, response: str, language: str) -> dict[str, Any] | None:
    """Return a response's variation for a language, or None when there is no such response."""
    variations = (domain.get("responses") or {}).get(response) or []
    fitting = [item for item in variations if (item.get("metadata") or {}).get("language") == language]
    candidates: list[dict[str, Any]] = fitting or variations
    return candidates[0] if candidates else None


def button_title(domain: DomainDict, payload: str, language: str) -> str | None:
    """Return the label of an offered option ("/<topic>" or "/none_of_these"), or None when it is no such option."""
    intent = payload.removeprefix("/")
    if intent == "none_of_these":
        own = variation(domain, "utter_none_of_these_button", language)
        return str(own["text"]) if own is not None else None
    found = variation(domain, f"utter_{intent}", language)
    answer = ((found or {}).get("metadata") or {}).get("answer") or {}
    return str(answer["title"]) if "title" in answer else None


def message_metadata(reply: Event) -> dict[str, Any]:
    """Return what the content says about one of the assistant's messages: its language and its answer."""
    # Rasa keeps everything beyond text and buttons under "metadata"; ours is the response's own "metadata" in there.
    return ((reply.get("metadata") or {}).get("metadata")) or {}


def topic_of(reply: Event) -> str | None:
    """Return the topic that one of the assistant's messages answers."""
    topic = (message_metadata(reply).get("answer") or {}).get("topic")
    return str(topic) if topic else None


def intent_of(user_event: Event) -> str:
    """Return the intent of a customer's message, or an empty text."""
    return str(((user_event.get("parse_data") or {}).get("intent") or {}).get("name") or "")


def response_of(reply: Event) -> str:
    """Return the name of the response that one of the assistant's messages is, or an empty text."""
    return str((reply.get("metadata") or {}).get("utter_action") or "")


def newest_first(tracker: Tracker) -> Iterator[Event]:
    """Yield the events of the running session, newest first: what was said before it ended is not taken up again."""
    for event in reversed(tracker.events):
        if event.get("event") == "session_started":
            return
        yield event


def turns(tracker: Tracker) -> Iterator[tuple[Event, list[Event]]]:
    """Yield (user event, the assistant's messages after it), newest turn first."""
    replies: list[Event] = []
    for event in newest_first(tracker):
        if event.get("event") == "bot":
            replies.insert(0, event)
        elif event.get("event") == "user":
            yield event, replies
            replies = []


def answered_topics(tracker: Tracker) -> Iterator[str]:
    """Yield the topics that were answered, newest first."""
    for event in newest_first(tracker):
        if event.get("event") == "bot" and (topic := topic_of(event)) is not None:
            yield topic


def newest_answer(tracker: Tracker) -> Event | None:
    """Return the newest message of the assistant that answers a topic."""
    return next((one for one in newest_first(tracker) if one.get("event") == "bot" and topic_of(one)), None)


def last_topic(tracker: Tracker) -> str | None:
    """Return the topic that the conversation is about: answered last, or before the customer came back."""
    return next(answered_topics(tracker), None) or tracker.get_slot("last_topic")


def earlier_topic(tracker: Tracker) -> str | None:
    """Return the topic that was answered last in an earlier session, when its events are still at hand."""
    replies = (event for event in reversed(tracker.events) if event.get("event") == "bot")
    return next((topic for reply in replies if (topic := topic_of(reply)) is not None), None)


def said_last(tracker: Tracker) -> list[str]:
    """Return the names of the responses in the newest turn in which the assistant said something."""
    return next((names for _, replies in turns(tracker) if (names := [response_of(reply) for reply in replies])), [])


def answer_in(domain: DomainDict, topic: str, language: str) -> dict[str, Any]:
    """Return what the content says about a topic's answer: its title, links, sources and review."""
    found = variation(domain, f"utter_{topic}", language) or {}
    return dict((found.get("metadata") or {}).get("answer") or {})


def follow_ups(tracker: Tracker, domain: DomainDict, topic: str) -> list[dict[str, Any]]:
    """Return the buttons that lead on from a topic, first of all those that were not pressed yet."""
    buttons = (variation(domain, f"utter_{topic}", language_of(tracker)) or {}).get("buttons") or []
    seen = {f"/{answered}" for answered in answered_topics(tracker)}
    return [button for button in buttons if button.get("payload") not in seen] or list(buttons)


def ranked_topics(user_event: Event) -> list[str]:
    """Return the topics that a message may have meant, most likely first."""
    ranking = (user_event.get("parse_data") or {}).get("intent_ranking") or []
    return [str(item["name"]) for item in ranking if is_topic(item.get("name"))]


def latest_buttons(tracker: Tracker) -> list[dict[str, Any]]:
    """Return the buttons that were offered last."""
    for _, replies in turns(tracker):
        for reply in reversed(replies):
            buttons = (reply.get("data") or {}).get("buttons")
            if buttons:
                return list(buttons)
    return []
