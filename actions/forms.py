"""Services as forms: one question at a time; the customer may correct, ask something else, or stop at any time.

A service is a Rasa form `<service>_form` whose texts live in `data/services/<service>.yml`. Its validation action
(`ServiceForm`) reads every message first; what it cannot read and what is a question of its own goes on to the rules
and the answers, and then the form asks again. Its result action (`ServiceResult`) tells the outcome.
"""

from __future__ import annotations

import abc
import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import database
from actions.conversation import DomainDict, Event, language_of, turns
from actions.options import option_number
from actions.values import Said, after, begins_with, mentions, vocabulary
from components.content.names import is_out_of_scope, is_topic
from components.storage.switches import Feature

REQUESTED_SLOT = "requested_slot"
# Inside a form these say something about the question that was asked, not about another matter.
_ABOUT_THE_QUESTION = frozenset(
    {"affirm", "deny", "choose_option", "none_of_these", "nlu_fallback", "other_language", "ok_understood", "cancel"}
)
_TRIES_BEFORE_HELP = 2
# "Stop the calculator please" stops, but not a longer message that only begins so.
_LONGEST_CANCEL = 6
# "China?" is an unsure answer, not a question of its own.
_LONGEST_SHORT_ANSWER = 3

# The switch of a service has its name; the queue position has a guard of its own.
_FEATURES = {feature.value: feature for feature in Feature}

Answers = Mapping[str, Any]


class RefusedAnswer(Exception):
    """An answer that was read but cannot be right; `response` names the text that says why.

    The question with this `slot` is asked again; the form sets it.
    """

    def __init__(self, response: str, **values: str) -> None:
        super().__init__(response)
        self.response = response
        self.values = values
        self.slot: str | None = None


def _always(answers: Answers) -> bool:
    return True


@dataclasses.dataclass(frozen=True)
class Question:
    """One question of a service.

    slot: the Rasa slot of the answer; `utter_ask_<service>_form_<slot>` asks, `utter_explain_<slot>` says what is
    accepted. read: returns the answer in JSON-like form, None when the text is none, or raises RefusedAnswer.
    is_asked: whether the question is asked after the answers so far. find: reads the answer from a longer message that
    was about more. named: stems by which customers name the question ("hinta", "price") when they correct it.
    volunteered: whether the answer is only taken when the customer tells it, and never asked for.
    """

    slot: str
    read: Callable[[Said], Any]
    is_asked: Callable[[Answers], bool] = _always
    find: Callable[[Said], Any] | None = None
    named: tuple[str, ...] = ()
    volunteered: bool = False


class _Service(Action, abc.ABC):
    @property
    @abc.abstractmethod
    def service(self) -> str:
        """The service's name."""

    @property
    @abc.abstractmethod
    def questions(self) -> tuple[Question, ...]:
        """The service's questions, in the order in which they are asked."""

    def answers(self, tracker: Tracker) -> dict[str, Any]:
        """Return the answers given so far, by slot."""
        given = {question.slot: tracker.get_slot(question.slot) for question in self.questions}
        return {slot: value for slot, value in given.items() if value is not None}

    def cleared(self) -> dict[str, Any]:
        """Return every slot of the service without a value."""
        return {question.slot: None for question in self.questions}

    def open_questions(self, answers: Answers) -> list[Question]:
        """Return the questions that must still be asked."""
        return [
            question
            for question in self.questions
            if not question.volunteered and question.slot not in answers and question.is_asked(answers)
        ]


class ServiceForm(_Service):
    """Validates the form of a service: subclasses name the service and its questions."""

    def name(self) -> str:
        """Return the name under which Rasa validates the form."""
        return f"validate_{self.service}_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Read the message and say which slot is next; no events let the other policies handle the message.

        A service that staff have switched off says so and ends.
        """
        if not self._is_in_use():
            dispatcher.utter_message(response="utter_service_closed")
            return _events({**self.cleared(), REQUESTED_SLOT: None})
        requested = next((one for one in self.questions if one.slot == tracker.get_slot(REQUESTED_SLOT)), None)
        is_activated_now = self._is_activated_now(tracker)
        if requested is None or is_activated_now or _intent(tracker) == f"start_{self.service}":
            # Inside the running form the message before was an answer, not a question.
            question = _question_before(tracker) if is_activated_now else None
            return self._go_on(self._found(question, {}) if question is not None else {})
        if _was_answered_elsewhere(tracker):
            dispatcher.utter_message(response="utter_service_back")
            return [SlotSet(REQUESTED_SLOT, requested.slot)]
        said = said_in(tracker)
        if _cancels(tracker, said, requested):
            dispatcher.utter_message(response="utter_service_cancelled")
            return _events({**self.cleared(), REQUESTED_SLOT: None})
        if said.text.startswith("/") or _is_another_matter(tracker, said, requested):
            return []
        answers = self.answers(tracker)
        try:
            read = self._read(_numbered(tracker, said), requested, answers, language_of(tracker))
        except RefusedAnswer as refused:
            dispatcher.utter_message(response=refused.response, **refused.values)
            return self._go_on({**answers, str(refused.slot): None})
        if not read:
            if _is_about_something_else(tracker, said):
                return []
            dispatcher.utter_message(response=_explanation(tracker, requested))
            return _events({requested.slot: None, REQUESTED_SLOT: requested.slot})
        return self._go_on({**answers, **read})

    def _is_in_use(self) -> bool:
        feature = _FEATURES.get(self.service)
        return feature is None or database.is_on(feature)

    def _is_activated_now(self, tracker: Tracker) -> bool:
        """Tell whether Rasa has just activated the form; a requested slot can be left over from an earlier session."""
        for event in reversed(tracker.events):
            if event.get("event") == "user":
                break
            if event.get("event") == "active_loop" and event.get("name") == f"{self.service}_form":
                return True
        return False

    def _found(self, said: Said, answers: Answers) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for question in self.questions:
            if question.find is not None and question.slot not in answers:
                value = _read_or_none(question.find, said)
                if value is not None:
                    found[question.slot] = value
        return found

    def _read(self, said: Said, requested: Question, answers: Answers, language: str) -> dict[str, Any]:
        answered = [one for one in self.questions if one.slot in answers and one is not requested]
        named = next((one for one in answered if mentions(said.text, one.named)), None)
        if mentions(said.text, requested.named):
            named = None
        correction = _after_correction(said, language)
        if correction is not None:
            corrected = self._corrected(said, correction, requested, answered, named)
            if corrected is not None:
                return corrected
        elif named is not None:
            value = _read_or_none(named.find, said) if named.find is not None else None
            if value is None:
                value = _value(named, said)
            if value is not None:
                return {named.slot: value}
        value = _value(requested, said)
        # Also when the question was not answered: a customer may tell first what would be asked later.
        own = {} if value is None else {requested.slot: value}
        read = {**own, **self._found(said, {**answers, **own})}
        if not read:
            told = next((one for one in self.questions if one.volunteered and mentions(said.text, one.named)), None)
            value = _value(told, said) if told is not None else None
            if told is not None and value is not None:
                return {told.slot: value}
        return read

    def _corrected(
        self, said: Said, correction: Said, requested: Question, answered: list[Question], named: Question | None
    ) -> dict[str, Any] | None:
        """Return what a correction changes, or None when it is no correction after all."""
        order = list(self.questions)
        # What nobody asked for changes only when it is named.
        unnamed = [one for one in answered if not one.volunteered]
        earlier = [one for one in unnamed if order.index(one) < order.index(requested)]
        candidates = [(one, correction) for one in ([named] if named is not None else earlier[-1:])]
        # "No" takes something back, unless the question can be answered with it.
        bare = said.rest(said.text.removesuffix(correction.text))
        if _read_or_none(requested.read, bare) is None:
            candidates.append((requested, said))
        elif _read_or_none(requested.read, correction) is not None:
            return None
        candidates += [(one, correction) for one in reversed(unnamed)]
        refusal: RefusedAnswer | None = None
        for question, part in candidates:
            try:
                value = _value(question, part)
            except RefusedAnswer as refused:
                refusal = refusal or refused
                continue
            if value is not None:
                return {question.slot: value}
        if refusal is not None:
            raise refusal
        return {named.slot: None} if named is not None else None

    def _go_on(self, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
        given = {slot: value for slot, value in answers.items() if value is not None}
        # A correction can make later questions needless; their answers must not count.
        kept: dict[str, Any] = {}
        for question in self.questions:
            if question.slot in given and question.is_asked(kept):
                kept[question.slot] = given[question.slot]
        following = next(iter(self.open_questions(kept)), None)
        return _events({**self.cleared(), **kept, REQUESTED_SLOT: following.slot if following else None})


class ServiceResult(_Service):
    """Tells the outcome when every question is answered; a form that was stopped has told so itself."""

    def name(self) -> str:
        """Return the name of the action that follows the form."""
        return f"action_{self.service}_result"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Tell the outcome and forget the answers."""
        answers = self.answers(tracker)
        if not self.open_questions(answers):
            self.tell(dispatcher, tracker, domain, answers)
        return _events(self.cleared())

    @abc.abstractmethod
    def tell(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, answers: dict[str, Any]
    ) -> None:
        """Send the outcome."""


def said_in(tracker: Tracker) -> Said:
    """Return what the customer wrote last."""
    return _said(tracker.latest_message)


def today() -> datetime.date:
    """Return the date by which dated rules are chosen (UTC)."""
    return datetime.datetime.now(datetime.timezone.utc).date()


def _said(message: Event) -> Said:
    metadata = message.get("metadata") or {}
    return Said(str(message.get("text") or ""), today(), metadata.get("derived") or {})


def _question_before(tracker: Tracker) -> Said | None:
    """Return what the customer typed before the button that started the service, but no answer in another service."""
    turn_began = False
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
            if not str(event.get("text") or "/").startswith("/") and intent != "choose_option":
                return _said(event)
            turn_began = True
        elif event.get("event") == "session_started" or (event.get("event") == "active_loop" and turn_began):
            return None
    return None


def _intent(tracker: Tracker) -> str | None:
    name = (tracker.latest_message.get("intent") or {}).get("name")
    return str(name) if name else None


def _was_answered_elsewhere(tracker: Tracker) -> bool:
    _, replies = next(turns(tracker), ({}, []))
    return bool(replies)


def _cancels(tracker: Tracker, said: Said, requested: Question) -> bool:
    if _intent(tracker) == "distress":
        return False
    if begins_with(said.text, vocabulary("general")["cancel"]) and _length(said) <= _LONGEST_CANCEL:
        return True
    # A short answer can look like it: "Perusta" (from Peru) like "peru" (cancel).
    return _intent(tracker) == "cancel" and not _is_short_answer(requested, said)


def _is_another_matter(tracker: Tracker, said: Said, requested: Question) -> bool:
    intent = _intent(tracker)
    if intent == "distress" or _asks_for_a_language(intent, said):
        return True
    if not begins_with(said.text, vocabulary("general")["question"]):
        if _is_short_answer(requested, said) or not said.text.rstrip().endswith("?"):
            return False
    return is_topic(intent)


def _is_about_something_else(tracker: Tracker, said: Said) -> bool:
    """Tell whether a message that answers nothing in the form is for the rules and answers outside of it."""
    intent = _intent(tracker)
    bare_value = _length(said) <= _LONGEST_SHORT_ANSWER and any(character.isdigit() for character in said.text)
    return intent not in _ABOUT_THE_QUESTION and not is_out_of_scope(intent) and not bare_value


def _asks_for_a_language(intent: str | None, said: Said) -> bool:
    # "En puhu suomea" begins like a no; the bare word "englanti" may be a country.
    return (intent or "").startswith("switch_to_") and mentions(said.text, vocabulary("general")["language"])


def _length(said: Said) -> int:
    return len(said.text.split())


def _is_short_answer(question: Question, said: Said) -> bool:
    if _length(said) > _LONGEST_SHORT_ANSWER:
        return False
    try:
        return question.read(said) is not None
    except RefusedAnswer:
        return True


def _after_correction(said: Said, language: str) -> Said | None:
    """Return what follows "no," or "actually": None when the message is no correction."""
    general = vocabulary("general")
    phrases = [*general["correction"], *general.get(f"correction_{language}", ())]
    text = said.text
    while following := after(text, phrases):
        text = following
    return said.rest(text) if text != said.text else None


def _numbered(tracker: Tracker, said: Said) -> Said:
    """Return the words of the button when the customer chose one of the question's by its number or place."""
    if _intent(tracker) != "choose_option" and not said.text.strip().rstrip(".").isdigit():
        return said
    asked: list[Event] = next((replies for _, replies in turns(tracker) if replies), [])
    buttons = (asked[-1].get("data") or {}).get("buttons") or [] if asked else []
    if any(str(button["payload"]).startswith("/") for button in buttons):
        return said
    if len(buttons) == 1 and _intent(tracker) != "choose_option":
        # Beside a single way out ("show only the limits") a number is an amount.
        return said
    chosen = option_number(said.text, len(buttons))
    return said.rest(str(buttons[chosen - 1]["title"])) if chosen is not None else said


def _explanation(tracker: Tracker, requested: Question) -> str:
    explanation = f"utter_explain_{requested.slot}"
    tries = 0
    for _, replies in turns(tracker):
        if not replies:
            continue
        if not any((reply.get("metadata") or {}).get("utter_action") == explanation for reply in replies):
            break
        tries += 1
    return explanation if tries < _TRIES_BEFORE_HELP else "utter_service_stuck"


def _value(question: Question, said: Said) -> Any:
    try:
        return question.read(said)
    except RefusedAnswer as refused:
        refused.slot = question.slot
        raise


def _read_or_none(read: Callable[[Said], Any], said: Said) -> Any:
    try:
        return read(said)
    except RefusedAnswer:
        return None


def _events(slots: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [SlotSet(slot, value) for slot, value in slots.items()]
