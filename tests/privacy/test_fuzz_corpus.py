"""Messages that fuzzing found once, and the checks that fuzzing makes (`make fuzz` looks for more)."""

import json
import random
import time
from pathlib import Path

import pytest

from components.privacy import Anonymised, Span
from components.privacy.engine import labels
from fuzz import checks
from fuzz.checks import BrokenPromiseError, check
from fuzz.messages import CANARIES, Canary, Message, make_message

_SECONDS = 1.5  # wide enough for a slow machine
_LINES = (Path(__file__).parent / "fuzz_corpus.jsonl").read_text(encoding="utf-8").splitlines()


def message(line: str) -> Message:
    values = json.loads(line)
    return Message(values["text"], tuple(Canary(*canary) for canary in values["canaries"]))


@pytest.mark.parametrize("line", _LINES)
def test_what_was_found_once(line: str) -> None:
    check(message(line), seconds=_SECONDS)


@pytest.mark.parametrize("seed", range(20))
def test_random_messages(seed: int) -> None:
    random_bytes = random.Random(seed)
    for _ in range(15):
        check(make_message(random_bytes.randbytes(random_bytes.randrange(10, 120))), seconds=_SECONDS)


@pytest.mark.parametrize("kind", CANARIES)
def test_each_canary_is_found_where_it_stands(kind: str) -> None:
    number = list(CANARIES).index(kind)
    hidden = make_message(bytes([0, number]) + bytes(range(7, 27)))
    assert hidden.canaries[0].kind == kind
    check(Message(hidden.text, hidden.canaries[:1]), seconds=_SECONDS)


def test_every_kind_with_a_shape_has_a_canary() -> None:
    assert set(CANARIES) == set(labels()) - {"PERSON", "DATE"}


def test_one_message_for_the_same_bytes() -> None:
    data = random.Random(1).randbytes(300)
    assert make_message(data) == make_message(data)


def test_canaries_stand_where_they_are_said_to() -> None:
    hidden = make_message(bytes([0, 4]) + b"abcdefghijklmnop")
    start, end, kind = hidden.canaries[0]
    assert kind == "PHONE_NUMBER"
    assert sum(char.isdigit() for char in hidden.text[start:end]) >= 10


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Anonymised("soita 0401234567"), "is left"),
        (Anonymised("soita 040123[PHONE_NUMBER]", (Span(12, 16, "PHONE_NUMBER", 0.9),)), "is left"),
        (Anonymised("[A][B]", (Span(0, 9, "A", 0.9), Span(8, 16, "B", 0.9))), "overlaps"),
        (Anonymised("soita [A]", (Span(6, 17, "A", 0.9),)), "outside"),
        (Anonymised("soita [A]", (Span(6, 16, "A", 1.9),)), "score"),
        (Anonymised("soita pian [A]", (Span(6, 16, "A", 0.9),)), "does not follow"),
        (Anonymised("soita [A]!", (Span(6, 16, "A", 0.9),)), "does not follow"),
    ],
)
def test_a_broken_promise_is_told(monkeypatch: pytest.MonkeyPatch, found: Anonymised, reason: str) -> None:
    monkeypatch.setattr(checks, "anonymise", lambda text: found)
    with pytest.raises(BrokenPromiseError, match=reason):
        check(Message("soita 0401234567", (Canary(6, 16, "PHONE_NUMBER"),)), seconds=_SECONDS)


def test_a_result_that_does_not_settle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "anonymise", lambda text: Anonymised(f"[A]{text[1:]}", (Span(0, 1, "A", 0.9),)))
    with pytest.raises(BrokenPromiseError, match="masked again"):
        check(Message("moi", ()), seconds=_SECONDS)


def test_slowness_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 2.0))
    monkeypatch.setattr(time, "process_time", lambda: next(clock))
    with pytest.raises(BrokenPromiseError, match="took"):
        check(Message("moi", ()), seconds=_SECONDS)
