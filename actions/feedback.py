"""Feedback on an answer: helpful or not, and if not, why; kept without personal data, and never in the way."""

from __future__ import annotations

import functools
import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from actions import database
from actions.choices import action_of
from actions.conversation import (
    DomainDict,
    Event,
    answered_topics,
    intent_of,
    language_of,
    last_topic,
    latest_buttons,
    newest_answer,
    newest_first,
    response_of,
    turns,
    variation,
)
from actions.forms import REQUESTED_SLOT
from actions.options import option_number
from actions.values import choice, vocabulary
from components.content.names import is_topic
from components.settings import Settings, SettingsError
from components.storage.database import open_database
from components.storage.feedback import MAX_COMMENT_CHARACTERS, add_feedback, answer_id
from components.storage.switches import Feature
from components.storage.unstored import is_unstored

logger = logging.getLogger(__name__)

REASON, COMMENT = "feedback_reason", "feedback_comment"
# In the order of the buttons of utter_ask_feedback_form_feedback_reason; "own_words" asks for a comment.
REASONS = ("wrong_topic", "too_hard", "out_of_date", "missing", "own_words")
OWN_WORDS = "own_words"
NOT_KEPT = ("utter_feedback_not_stored", "utter_feedback_not_kept")
_AFTER_REASON = {
    "wrong_topic": "action_offer_topics",
    "too_hard": "action_simpler",
    "out_of_date": "action_name_sources",
    "missing": "utter_feedback_missing",
}
# While the reason is asked these say something about the answer; everything else is a matter of its own.
_ABOUT_THE_ANSWER = {
    "complaint_feedback",
    "feedback_not_helpful",
    "nlu_fallback",
    "not_what_i_asked",
    "out_of_scope",
    "simpler",
}
_NOTHING_TO_SAY = {"affirm", "cancel", "deny", "none_of_these", "ok_understood", "thanks"}
# Whoever writes this is answered, whatever was asked.
_NEVER_A_COMMENT = {"ask_for_person", "distress", "privacy_delete", "privacy_do_not_store", "start_over"}
_SWITCHES = {"switch_to_english", "switch_to_finnish"}


class FeedbackHelpful(Action):
    """Thanks for praise and keeps it."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_feedback_helpful"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Keep the rating of the newest answer."""
        dispatcher.utter_message(response=keep(tracker, "helpful") or "utter_feedback_helpful")
        return []


class AskFeedback(Action):
    """Asks at the end, once, whether the answer helped."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_feedback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Ask when there was an answer, nothing was said about it yet, and staff let feedback be kept."""
        if not database.is_on(Feature.FEEDBACK):
            return []
        if next(answered_topics(tracker), None) is not None and not _was_told_or_asked(tracker):
            dispatcher.utter_message(response="utter_ask_feedback")
        return []


class FeedbackForm(Action):
    """Asks what was wrong with an answer; whoever asks something else instead is not held up."""

    def name(self) -> str:
        """Return the name under which Rasa validates the form."""
        return "validate_feedback_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Keep the rating first, then read the reason; a form without a next question ends."""
        requested = tracker.get_slot(REQUESTED_SLOT)
        user_event, replies = next(turns(tracker), ({}, []))
        intent, text = intent_of(user_event), str(user_event.get("text") or "")
        if requested not in (REASON, COMMENT) or _has_just_begun(tracker):
            return self._begin(dispatcher, tracker, text)
        if replies:  # something else was answered in between, such as a wish for the other language
            return _slots(requested=requested)
        if intent in _SWITCHES:
            return []
        if requested == COMMENT:
            return _slots(reason=OWN_WORDS, comment=text) if _is_comment(intent, text) else _slots()
        reason = _reason_in(text, intent, tracker)
        if reason == OWN_WORDS:
            return _slots(reason=reason, requested=COMMENT)
        if reason is not None:
            return _slots(reason=reason)
        if intent in _ABOUT_THE_ANSWER and not text.startswith("/") and len(text.split()) > 1:
            return _slots(reason=OWN_WORDS, comment=text)
        return _slots()

    @staticmethod
    def _begin(dispatcher: CollectingDispatcher, tracker: Tracker, text: str) -> list[dict[str, Any]]:
        not_kept = keep(tracker, "not_helpful")
        if not_kept is not None:
            dispatcher.utter_message(response=not_kept)
            return _slots()
        reason = choice(text, vocabulary("feedback"))
        # "The information is outdated" has said it already.
        return _slots(reason=reason) if reason in _AFTER_REASON else _slots(requested=REASON)


class FeedbackResult(Action):
    """Keeps the reason, thanks for it and does what helps against it."""

    def name(self) -> str:
        """Return the name of the action that follows the form."""
        return "action_feedback_result"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Go on: with the reason's remedy, or with what the customer asked instead."""
        reason, comment = tracker.get_slot(REASON), tracker.get_slot(COMMENT)
        user_event, replies = next(turns(tracker), ({}, []))
        following: str | None = None
        if reason in REASONS:
            words = str(comment) if comment else _title(domain, reason, language_of(tracker))
            dispatcher.utter_message(response=keep(tracker, "not_helpful", words) or "utter_feedback_thanks")
            following = _AFTER_REASON.get(str(reason)) if last_topic(tracker) is not None else None
        elif any(response_of(reply) in NOT_KEPT for reply in replies):
            following = "utter_deny"
        elif intent_of(user_event) not in _NOTHING_TO_SAY:
            following = action_of(intent_of(user_event), domain)
        if following is None and reason is None:
            dispatcher.utter_message(response="utter_feedback_thanks")
        return [*_slots(), *([FollowupAction(following)] if following is not None else [])]


def keep(tracker: Tracker, rating: str, comment: str | None = None) -> str | None:
    """Keep a rating of the newest answer; return None, or the response that says why it could not be kept."""
    if is_unstored(str(tracker.sender_id)):
        return "utter_feedback_not_stored"
    answer = newest_answer(tracker)
    identifier = answer_id(float(answer["timestamp"])) if answer is not None and answer.get("timestamp") else None
    try:
        engine, settings = _store()
        kept = add_feedback(
            engine,
            settings,
            str(tracker.sender_id),
            message_id=identifier,
            rating=rating,
            comment=comment[:MAX_COMMENT_CHARACTERS] if comment else None,
        )
    except (SQLAlchemyError, SettingsError, ValueError) as error:
        # A conversation must go on without the database; only the kind of error is logged.
        logger.error("Feedback could not be kept (%s).", type(error).__name__)
        kept = False
    return None if kept else "utter_feedback_not_kept"


@functools.cache
def _store() -> tuple[Engine, Settings]:
    settings = Settings.from_environment()
    return open_database(settings.database_url), settings


def _has_just_begun(tracker: Tracker) -> bool:
    # Rasa validates a form right after its activation; a requested slot can be left over from an earlier one.
    for event in newest_first(tracker):
        if event.get("event") == "user":
            return False
        if event.get("event") == "active_loop" and event.get("name"):
            return True
    return False


def _slots(
    *, reason: str | None = None, comment: str | None = None, requested: str | None = None
) -> list[dict[str, Any]]:
    return [SlotSet(REASON, reason), SlotSet(COMMENT, comment), SlotSet(REQUESTED_SLOT, requested)]


def _reason_in(text: str, intent: str, tracker: Tracker) -> str | None:
    if intent == "choose_option" or text.strip().rstrip(".").isdigit():
        number = option_number(text, min(len(latest_buttons(tracker)), len(REASONS)))
        return REASONS[number - 1] if number is not None else None
    return choice(text, vocabulary("feedback"))


def _is_comment(intent: str, text: str) -> bool:
    is_other_matter = intent in _NEVER_A_COMMENT or (is_topic(intent) and text.rstrip().endswith("?"))
    return not text.startswith("/") and intent not in _NOTHING_TO_SAY and not is_other_matter


def _title(domain: DomainDict, reason: object, language: str) -> str:
    buttons = (variation(domain, f"utter_ask_feedback_form_{REASON}", language) or {}).get("buttons") or []
    return str(buttons[REASONS.index(str(reason))]["title"])


def _was_told_or_asked(tracker: Tracker) -> bool:
    def speaks_of_it(event: Event) -> bool:
        return intent_of(event).startswith("feedback_") or response_of(event).startswith("utter_ask_feedback")

    return any(speaks_of_it(event) for event in newest_first(tracker))
