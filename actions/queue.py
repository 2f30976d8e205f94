"""The queue position: how many applications have waited longer, in bands, from published figures alone.

The customer's diary number never comes here: gate 1 has masked it and tells its year and its thousand at the most
(components.privacy.derived). No case is looked up, and every number gets an answer. Questions are counted so that
nobody can ask in mass (components.storage.queue_guard).
"""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, language_of, turns, variation
from actions.database import engine
from actions.forms import REQUESTED_SLOT, Answers, Question, RefusedAnswer, ServiceForm, ServiceResult, said_in, today
from actions.values import Said, choice, vocabulary
from actions.wording import date, number
from components.located_yaml import FileError
from components.privacy.derived import CASE_LABEL, CoarseCase, case_in, is_coarse_case
from components.privacy.entities import placeholder
from components.privacy.pseudonyms import NETWORK_KEY
from components.settings import queue_limits, secret_key
from components.statistics.description import description_file
from components.statistics.queue import FILE, QueueFigures, load
from components.storage.queue_guard import QueueGuard, Verdict

logger = logging.getLogger(__name__)

APPLICATION, CASE = "queue_application", "queue_case"
_NO_NUMBER = f"utter_refuse_{CASE}"
# What is said to an answer without a readable number; each of these is counted.
_UNREADABLE = frozenset({_NO_NUMBER, f"utter_explain_{CASE}", "utter_service_stuck"})


def application_in(said: Said) -> str | None:
    """Return the kind of application that a message names."""
    return choice(said.text, vocabulary("queue")["applications"])


def told_case(said: Said) -> CoarseCase | None:
    """Return the year and rounded running number that gate 1 derived from a message."""
    case = said.derived.get("case")
    return case if is_coarse_case(case) else None


def read_case(said: Said) -> CoarseCase | None:
    """Return year and rounded running number of an answer, also from one that was typed coarsely.

    Raises RefusedAnswer for a number that does not tell both.
    """
    case = told_case(said) or case_in(said.text)
    if case is None and (placeholder(CASE_LABEL) in said.text or any(sign.isdigit() for sign in said.text)):
        raise RefusedAnswer(_NO_NUMBER)
    return case


class QueueForm(ServiceForm):
    """Asks for the kind of application and for the diary number."""

    service = "queue"
    questions = (
        Question(
            APPLICATION,
            read=application_in,
            find=application_in,
            named=tuple(vocabulary("queue")["named_application"]),
        ),
        Question(CASE, read=read_case, find=told_case),
    )

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Ask, unless the queue position is paused; an answer without a readable number is counted."""
        _, replies = next(turns(tracker), ({}, []))
        if replies:  # another matter was answered in between
            return super().run(dispatcher, tracker, domain)
        verdict = _guard_look(tracker)
        if verdict is not Verdict.OPEN:
            return self._stop(dispatcher, verdict)
        is_asked = tracker.get_slot(REQUESTED_SLOT) == CASE
        case = told_case(said_in(tracker))
        if is_asked and case is not None:
            # However it was put: "what is the place of 12345/415/2025?" is no other matter here.
            return self._go_on({**self.answers(tracker), CASE: case})
        events = super().run(dispatcher, tracker, domain)
        if is_asked and any(message.get("response") in _UNREADABLE for message in dispatcher.messages):
            verdict = _guard_ask(tracker, None)
            if verdict is not Verdict.OPEN:
                dispatcher.messages.clear()
                return self._stop(dispatcher, verdict)
        return events

    def _stop(self, dispatcher: CollectingDispatcher, verdict: Verdict) -> list[dict[str, Any]]:
        _refuse(dispatcher, verdict)
        return [SlotSet(slot, None) for slot in (*self.cleared(), REQUESTED_SLOT)]


class QueueResult(ServiceResult):
    """Tells the published band and the typical wait."""

    service = QueueForm.service
    questions = QueueForm.questions

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, answers: Answers) -> None:
        """Send what the published figures say, to whoever may ask."""
        case: CoarseCase = answers[CASE]
        verdict = _guard_ask(tracker, case)
        if verdict is not Verdict.OPEN:
            _refuse(dispatcher, verdict)
            return
        figures = FIGURES_IN_USE.get()
        if figures is None:
            _refuse(dispatcher, Verdict.UNAVAILABLE)
            return
        language = language_of(tracker)
        words = vocabulary("queue")
        about = figures.description
        step = figures.find(answers[APPLICATION], case)
        late = variation(domain, "utter_queue_line_late", language) if figures.is_late(today()) else None
        dispatcher.utter_message(
            response="utter_queue_result_example" if about.is_example else "utter_queue_result",
            application=words["names"][answers[APPLICATION]][language],
            year=str(case["year"]),
            number=_rounded(case, about.step, language),
            band=words["bands"][step.longer_waiting][language],
            weeks_from=number(step.weeks_from, language),
            weeks_to=number(step.weeks_to, language),
            published=date(about.published, language),
            next_update=date(about.next_update, language),
            late=f"\n- {late['text']}" if late is not None else "",
        )


class FiguresInUse:
    """The figures of the files as they are now; they are read anew when they change.

    While the files are out of order the figures before them stay in use; without any, get() gives None.
    """

    def __init__(self, table: Path = FILE) -> None:
        self._table = table
        self._seen: tuple[tuple[int, int, int] | None, ...] | None = None
        self._figures: QueueFigures | None = None

    def get(self) -> QueueFigures | None:
        """Return the figures in use."""
        seen = tuple(map(_state, (self._table, description_file(self._table))))
        if seen != self._seen:
            self._seen = seen
            try:
                self._figures = load(self._table)
            except FileError as error:
                logger.error("The figures of the queue cannot be used; the ones before stay: %s", error)
        return self._figures


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


FIGURES_IN_USE = FiguresInUse()


@functools.cache
def guard() -> QueueGuard:
    """Return the guard of this action server; raises ValueError for a setting that is missing or unsafe."""
    return QueueGuard(engine(), secret_key(os.environ), queue_limits(os.environ))


def _rounded(case: CoarseCase, step: int, language: str) -> str:
    words = vocabulary("queue")["numbers"]
    sequence = case["sequence"] - case["sequence"] % step
    template = words["other" if sequence else "first"][language]
    return str(template).format(sequence=number(sequence, language), step=number(step, language))


def _refuse(dispatcher: CollectingDispatcher, verdict: Verdict) -> None:
    limited = verdict is Verdict.LIMITED
    dispatcher.utter_message(response="utter_queue_limited" if limited else "utter_queue_paused")


def _guard_look(tracker: Tracker) -> Verdict:
    try:
        return guard().look(_network(tracker))
    except ValueError:  # the start of the action server has said which setting is wrong
        return Verdict.UNAVAILABLE


def _guard_ask(tracker: Tracker, case: CoarseCase | None) -> Verdict:
    try:
        return guard().ask(str(tracker.sender_id), _network(tracker), case)
    except ValueError:
        return Verdict.UNAVAILABLE


def _network(tracker: Tracker) -> str:
    """Return the pseudonym of the network that the message came from; messages without one share one."""
    return str((tracker.latest_message.get("metadata") or {}).get(NETWORK_KEY) or "")
