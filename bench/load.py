"""Customers who write to both assistants."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.questions import Variations
from bench.systems import System

LANGUAGES = ("fi", "en")
TURNS = 6

Progress = Callable[[str], None]
Times = dict[str, list[float]]


def reply_times(systems: Sequence[System], questions: Variations, *, messages: int, progress: Progress) -> Times:
    """Return each system's reply times in milliseconds, for one customer at a time in conversations of six turns.

    The systems take turns, message by message, so that a busy machine slows all of them alike.
    """
    times: Times = {system.name: [] for system in systems}
    for start in range(0, messages, TURNS):
        if start % (TURNS * 10) == 0:
            progress(f"reply times: {start} of {messages} messages")
        language = LANGUAGES[start // TURNS % len(LANGUAGES)]
        turns = min(TURNS, messages - start)
        _converse(systems, questions, language, turns, times)
    return times


def long_conversation(systems: Sequence[System], questions: Variations, *, turns: int, progress: Progress) -> Times:
    """Return each system's reply times in milliseconds in one conversation."""
    times: Times = {system.name: [] for system in systems}
    _converse(systems, questions, LANGUAGES[0], turns, times, progress=progress)
    return times


def throughput(system: System, questions: Variations, *, users: int, seconds: float) -> float:
    """Return the messages a second that are answered to customers who all write without a pause."""
    stopped = threading.Event()
    deadline = time.monotonic() + seconds

    def customer(number: int) -> int:
        answered = 0
        language = LANGUAGES[number % len(LANGUAGES)]
        while True:
            conversation = system.open(language)
            for _ in range(TURNS):
                if stopped.is_set() or time.monotonic() >= deadline:
                    return answered
                conversation.say(questions.next(language))
                answered += 1

    started = time.monotonic()
    with ThreadPoolExecutor(users) as pool:
        try:
            answered = sum(pool.map(customer, range(users)))
        finally:
            stopped.set()
    return answered / (time.monotonic() - started)


def _converse(
    systems: Sequence[System],
    questions: Variations,
    language: str,
    turns: int,
    times: Times,
    *,
    progress: Progress | None = None,
) -> None:
    conversations = [(system.name, system.open(language)) for system in systems]
    for turn in range(turns):
        if progress is not None and turn % 100 == 0:
            progress(f"one long conversation: turn {turn} of {turns}")
        question = questions.next(language)
        for name, conversation in conversations if turn % 2 == 0 else conversations[::-1]:
            times[name].append(conversation.say(question))
