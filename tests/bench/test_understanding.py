"""What counts as understood, on both sides."""

from __future__ import annotations

import pytest

from bench.processes import MeasurementError
from bench.understanding import by_language, figures_table, outcomes
from luotsi.evaluation import Question

TOPIC = Question("fi", "customs_gift", "lahja")
OUTSIDE = Question("en", "out_of_scope", "tax card")


@pytest.mark.parametrize(
    ("intent", "stock", "decision"),
    [
        ("nlu_fallback", True, "out_of_scope"),
        ("nlu_fallback", False, "nlu_fallback"),
        ("out_of_scope_tax", True, "out_of_scope"),
        ("out_of_scope", False, "out_of_scope"),
        ("customs_gift", True, "customs_gift"),
    ],
)
def test_what_counts_as_refused(intent: str, stock: bool, decision: str) -> None:
    (outcome,) = outcomes([OUTSIDE], [{"intent": intent, "ranking": [intent]}], stock=stock)
    assert outcome.intent == decision


def test_the_fallback_takes_no_place_in_the_ranking() -> None:
    parsed = {"intent": "nlu_fallback", "ranking": ["nlu_fallback", "customs_gift", "greet"]}
    (outcome,) = outcomes([TOPIC], [parsed], stock=True)
    assert outcome.ranking == ("customs_gift", "greet")


def test_a_missing_answer_is_a_failure() -> None:
    with pytest.raises(MeasurementError, match="2 questions were asked, but 1"):
        outcomes([TOPIC, OUTSIDE], [{"intent": "greet", "ranking": []}], stock=False)


def test_figures_stand_by_language_and_system() -> None:
    questions = [TOPIC, TOPIC, OUTSIDE]
    good = {"intent": "customs_gift", "ranking": ["customs_gift"]}
    unsure = {"intent": "nlu_fallback", "ranking": ["greet", "customs_gift"]}
    right = by_language(outcomes(questions, [good, good, {**unsure, "intent": "out_of_scope"}], stock=False))
    poor = by_language(outcomes(questions, [good, unsure, {**good}], stock=True))
    lines = figures_table({"Luotsi": right, "stock Rasa": poor}).splitlines()
    assert lines[0].split("  ")[-4:] == ["en Luotsi", "en stock Rasa", "fi Luotsi", "fi stock Rasa"]
    cells = {line[:26].strip(): line[26:].split() for line in lines[2:]}
    assert cells["questions on topics"] == ["0", "0", "2", "2"]
    assert cells["questions out of scope"] == ["1", "1", "0", "0"]
    assert cells["top-1"] == ["-", "-", "1.000", "0.500"]
    assert cells["top-3"] == ["-", "-", "1.000", "1.000"]
    assert cells["refused, though a topic"] == ["-", "-", "0.000", "0.500"]
    assert cells["refused, as out of scope"] == ["1.000", "0.000", "-", "-"]
