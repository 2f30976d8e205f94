"""Both assistants get the same conversations."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest

from bench import load
from bench.processes import MeasurementError
from bench.questions import Variations

EXAMPLES = {
    "fi": ["paljonko oleskelulupa maksaa", "missä pakettini on"],
    "en": ["where is my parcel", "how much is it"],
}


@dataclasses.dataclass
class FakeConversation:
    """Keeps what it is told and answers in as many milliseconds as messages were sent."""

    system: FakeSystem
    language: str
    said: list[str] = dataclasses.field(default_factory=list)

    def say(self, text: str) -> float:
        self.said.append(text)
        self.system.log.append((self.system.name, text))
        if self.system.slow:
            time.sleep(0.01)
        if self.language == "fi" and self.system.silent_after == len(self.said):
            raise MeasurementError("no answer")
        return float(len(self.said))


class FakeSystem:
    """Has the part of a System that the load needs."""

    def __init__(self, name: str, log: list[tuple[str, str]], *, slow: bool = False, silent_after: int = 0) -> None:
        self.name = name
        self.log = log
        self.slow = slow
        self.silent_after = silent_after
        self.conversations: list[FakeConversation] = []
        self._lock = threading.Lock()

    def open(self, language: str) -> FakeConversation:
        with self._lock:
            self.conversations.append(FakeConversation(self, language))
            return self.conversations[-1]


@pytest.fixture
def systems() -> list[FakeSystem]:
    log: list[tuple[str, str]] = []
    return [FakeSystem("a", log), FakeSystem("b", log)]


@pytest.fixture
def questions() -> Variations:
    return Variations(EXAMPLES, seed=1)


def _nothing(_: str) -> None:
    """Take a progress line."""


def test_every_message_is_measured_in_conversations_of_six_turns(
    systems: list[FakeSystem], questions: Variations
) -> None:
    times = load.reply_times(systems, questions, messages=20, progress=_nothing)  # type: ignore[arg-type]
    assert times == {name: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] * 3 + [1.0, 2.0] for name in ("a", "b")}


def test_conversations_alternate_between_the_languages(systems: list[FakeSystem], questions: Variations) -> None:
    load.reply_times(systems, questions, messages=20, progress=_nothing)  # type: ignore[arg-type]
    assert [item.language for item in systems[0].conversations] == ["fi", "en", "fi", "en"]


def test_both_get_the_same_messages_in_changing_order(systems: list[FakeSystem], questions: Variations) -> None:
    load.reply_times(systems, questions, messages=6, progress=_nothing)  # type: ignore[arg-type]
    log = systems[0].log
    assert [name for name, _ in log] == ["a", "b", "b", "a"] * 3
    assert all(log[index][1] == log[index + 1][1] for index in range(0, len(log), 2))
    assert len({text for _, text in log}) == 6


def test_the_long_conversation_is_one_conversation(systems: list[FakeSystem], questions: Variations) -> None:
    times = load.long_conversation(systems, questions, turns=30, progress=_nothing)  # type: ignore[arg-type]
    assert [len(system.conversations) for system in systems] == [1, 1]
    assert times["b"] == [float(turn) for turn in range(1, 31)]


def test_throughput_is_the_messages_of_all_users_over_the_time(questions: Variations) -> None:
    log: list[tuple[str, str]] = []
    system = FakeSystem("a", log, slow=True)
    started = time.monotonic()
    rate = load.throughput(system, questions, users=3, seconds=0.5)  # type: ignore[arg-type]
    assert rate * (time.monotonic() - started) == pytest.approx(len(log), rel=0.2)
    assert len(log) > 3
    assert all(len(item.said) <= load.TURNS for item in system.conversations)
    assert {item.language for item in system.conversations} == {"fi", "en"}


def test_throughput_of_an_assistant_that_stops_answering_one_user_fails_at_once(questions: Variations) -> None:
    system = FakeSystem("a", [], slow=True, silent_after=2)
    started = time.monotonic()
    with pytest.raises(MeasurementError):
        load.throughput(system, questions, users=2, seconds=30)  # type: ignore[arg-type]
    assert time.monotonic() - started < 15
