"""What each system says it masks, and how it is timed."""

from __future__ import annotations

from typing import Any

import pytest

from bench.privacy import systems
from bench.privacy.measuring import PASSES, measure, measure_apart
from bench.privacy.messages import Message
from bench.privacy.scoring import Found
from bench.privacy.systems import Luotsi, Presidio, joined
from bench.processes import MeasurementError, Processes
from components.privacy import Anonymised, Span

MESSAGES = [
    Message("a", "en", "negative", "hello"),
    Message("b", "en", "negative", "call 040 1234567"),
    Message("c", "en", "negative", "bye"),
]


class Sleeper:
    """Masks the first letter; its clock moves on by the next of `seconds` with each run."""

    def __init__(self, seconds: list[float]) -> None:
        self.now = 0.0
        self.runs: list[tuple[str, str]] = []
        self._seconds = seconds

    def run(self, text: str, language: str) -> Any:
        self.now += self._seconds[len(self.runs)] if len(self.runs) < len(self._seconds) else 1.0
        self.runs.append((text, language))
        return text[0]

    def found(self, text: str, result: Any) -> list[Found]:
        return [Found(0, len(result), "X")]


@pytest.mark.parametrize("names", [True, False])
def test_luotsi_gives_the_spans_that_it_masks(names: bool) -> None:
    luotsi = Luotsi(names=names)
    text = "soita 040 123 4567 tai kirjoita aino@example.se"
    found = luotsi.found(text, luotsi.run(text, "fi"))
    assert [(text[part.start : part.end], part.label) for part in found] == [
        ("040 123 4567", "PHONE_NUMBER"),
        ("aino@example.se", "EMAIL_ADDRESS"),
    ]


@pytest.mark.parametrize(("names", "labels"), [(True, ["PERSON"]), (False, [])])
def test_luotsi_can_do_without_names(names: bool, labels: list[str]) -> None:
    luotsi = Luotsi(names=names)
    text = "my name is Matti Virtanen"
    assert [part.label for part in luotsi.found(text, luotsi.run(text, "en"))] == labels


@pytest.mark.parametrize("masked", ["soita 040", "soita [NAME", "huuda [NAME]", "soita [NAME] Aino"])
def test_spans_that_the_text_does_not_bear_out_are_refused(masked: str) -> None:
    result = Anonymised(masked, (Span(6, 10, "PERSON", 1.0),))
    with pytest.raises(MeasurementError, match="does not follow"):
        Luotsi(names=False).found("soita Aino", result)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], []),
        ([(0, 4, "A", 0.5), (4, 6, "B", 0.9)], [Found(0, 4, "A"), Found(4, 6, "B")]),
        ([(3, 6, "B", 0.9), (0, 4, "A", 0.5)], [Found(0, 6, "B")]),
        ([(0, 9, "A", 0.5), (1, 2, "B", 0.5), (8, 12, "C", 0.4)], [Found(0, 12, "A")]),
    ],
)
def test_overlapping_results_are_joined_under_the_better_label(
    parts: list[tuple[int, int, str, float]], expected: list[Found]
) -> None:
    assert joined(parts) == expected


@pytest.fixture(scope="module")
def shipped() -> Presidio:
    return Presidio(tuned=False)


@pytest.fixture(scope="module")
def tuned() -> Presidio:
    return Presidio(tuned=True)


def labels(system: Presidio, text: str, language: str) -> list[tuple[str, str]]:
    return [(text[part.start : part.end], part.label) for part in system.found(text, system.run(text, language))]


@pytest.mark.parametrize(
    ("language", "text", "as_shipped", "when_tuned"),
    [
        ("en", "John Whitcombe called", [("John Whitcombe", "PERSON")], [("John Whitcombe", "PERSON")]),
        ("en", "I moved to London in 2019", [("London", "STREET_ADDRESS"), ("2019", "DATE_OF_BIRTH")], []),
        ("fi", "Muutin Turkuun vuonna 2019", [("Turkuun", "STREET_ADDRESS"), ("vuonna 2019", "DATE_OF_BIRTH")], []),
        ("fi", "hetu 260557-930H", None, [("260557-930H", "FI_PERSONAL_IDENTITY_CODE")]),
        ("fi", "soita 040 123 4567", None, [("040 123 4567", "PHONE_NUMBER")]),
    ],
)
def test_presidio_as_shipped_and_tuned(
    language: str,
    text: str,
    as_shipped: list[tuple[str, str]] | None,
    when_tuned: list[tuple[str, str]],
    shipped: Presidio,
    tuned: Presidio,
) -> None:
    assert labels(tuned, text, language) == when_tuned
    if as_shipped is not None:
        assert labels(shipped, text, language) == as_shipped


def test_every_message_is_run_once_to_see_what_is_masked_and_then_timed() -> None:
    sleeper = Sleeper([])
    measured = measure(lambda: sleeper, MESSAGES, clock=lambda: sleeper.now)
    assert measured.found == {key: [Found(0, 1, "X")] for key in "abc"}
    assert sleeper.runs[:3] == [("hello", "en"), ("call 040 1234567", "en"), ("bye", "en")]
    assert 2 * len(MESSAGES) <= len(sleeper.runs) <= (1 + PASSES) * len(MESSAGES)


def test_the_fastest_pass_gives_the_times() -> None:
    sleeper = Sleeper([9, 9, 9, 1, 1, 4, 0.1, 0.2, 0.7])
    measured = measure(lambda: sleeper, MESSAGES, clock=lambda: sleeper.now)
    assert measured.messages_per_second == pytest.approx(3.0)
    assert measured.p99_ms == pytest.approx(700)


def test_a_slow_system_is_not_run_more_often_than_needed() -> None:
    sleeper = Sleeper([6.0] * 100)
    measure(lambda: sleeper, MESSAGES, clock=lambda: sleeper.now)
    assert len(sleeper.runs) == 2 * len(MESSAGES)


def test_a_system_is_measured_in_a_process_of_its_own(tmp_path: Any) -> None:
    with Processes() as processes:
        measured = measure_apart("luotsi-patterns", MESSAGES, processes, tmp_path)
    assert measured.found == {"a": [], "b": [Found(5, 16, "PHONE_NUMBER")], "c": []}
    assert measured.messages_per_second > 0
    assert measured.added_mb is None or measured.added_mb > 1


def test_a_system_that_fails_says_why(tmp_path: Any) -> None:
    with Processes() as processes, pytest.raises(MeasurementError, match="KeyError: 'nobody'"):
        measure_apart("nobody", MESSAGES, processes, tmp_path)


def test_versions_are_told_only_where_they_matter() -> None:
    assert systems.versions(["luotsi"]) == {}
    assert "presidio-analyzer" in systems.versions(["luotsi", "presidio-tuned"])
