"""More about the newest answer: in plain words, and where it comes from."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, answer_in, language_of, last_topic, newest_answer, response_of, variation


class Simpler(Action):
    """Says the newest answer again in a few plain sentences."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_simpler"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Say the plain answer with a way back to the whole one; it gets no shorter than that."""
        topic, language = last_topic(tracker), language_of(tracker)
        answer = answer_in(domain, topic, language) if topic is not None else {}
        if topic is None or not answer:
            dispatcher.utter_message(response="utter_nothing_to_simplify")
        elif response_of(newest_answer(tracker) or {}) == f"utter_plain_{topic}":
            dispatcher.utter_message(response="utter_plain_already")
        else:
            whole = variation(domain, "utter_whole_answer_button", language) or {}
            buttons = [{"title": str(whole.get("text")), "payload": f"/{topic}"}]
            metadata = {"language": language, "answer": answer}
            dispatcher.utter_message(response=f"utter_plain_{topic}", buttons=buttons, metadata=metadata)
        return []


class NameSources(Action):
    """Names the pages that the newest answer rests on, when it was checked, and whether it may change soon."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_name_sources"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Send the sources of the answer with a message that says what they are."""
        topic, language = last_topic(tracker), language_of(tracker)
        answer = answer_in(domain, topic, language) if topic is not None else {}
        if not answer:
            dispatcher.utter_message(response="utter_nothing_to_source")
            return []
        dispatcher.utter_message(
            response="utter_sources_volatile" if answer.get("volatile") else "utter_sources",
            title=answer["title"],
            # Every channel shows the pages of a message that carries an answer's metadata.
            metadata={"language": language, "answer": answer},
        )
        return []
