"""The figures that the evaluation prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from luotsi.decisions import decision
from luotsi.evaluation import (
    Outcome,
    Question,
    expected_calibration_error,
    figures,
    read_questions,
    reliability,
    table,
)

GIFT = Question("en", "customs_gift", "?")
OUTSIDE = Question("fi", "out_of_scope", "?")


def test_figures_count_each_kind_of_outcome() -> None:
    result = figures(
        [
            Outcome(GIFT, "customs_gift", ("customs_gift", "customs_ioss")),
            Outcome(GIFT, "customs_ioss", ("customs_ioss", "customs_gift")),
            Outcome(GIFT, "nlu_fallback", ("customs_gift",)),
            Outcome(GIFT, "out_of_scope", ("out_of_scope_tax", "a", "b", "customs_gift")),
            Outcome(OUTSIDE, "out_of_scope", ()),
            Outcome(OUTSIDE, "customs_gift", ("customs_gift",)),
        ]
    )
    assert (result.in_scope, result.out_of_scope) == (4, 2)
    assert (result.top_1, result.top_3, result.answered) == (0.5, 0.75, 0.25)
    assert (result.confidently_wrong, result.wrongly_refused, result.refused) == (0.25, 0.25, 0.5)


def test_a_table_has_a_row_per_language() -> None:
    lines = table([Outcome(GIFT, "customs_gift", ("customs_gift",)), Outcome(OUTSIDE, "greet", ())]).splitlines()
    assert [line.split()[0] for line in lines] == ["lang", "en", "fi"]


def test_questions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "questions.tsv"
    path.write_text("lang\tintent\tkind\ttext\nen\tcustoms_gift\town\tgift?\n", encoding="utf-8")
    assert read_questions(path) == [Question("en", "customs_gift", "gift?")]


def test_an_incomplete_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.tsv"
    path.write_text("lang\tintent\ttext\nen\t\tgift?\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"questions.tsv:2"):
        read_questions(path)


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        ("out_of_scope_tax", "out_of_scope"),
        ("chitchat", "out_of_scope"),
        ("greet", "greet"),
        ("customs_gift", "customs_gift"),
    ],
)
def test_refusals_have_one_name(intent: str, expected: str) -> None:
    parse = {"intent": {"name": intent, "confidence": 0.9}, "intent_ranking": [], "language": "en"}
    assert decision(parse)["intent"] == expected


def test_offered_topics_stand_first_in_the_ranking() -> None:
    ranking = [
        {"name": name, "confidence": c} for name, c in (("greet", 0.4), ("customs_gift", 0.3), ("customs_ioss", 0.2))
    ]
    parse = {"intent": {"name": "nlu_fallback", "confidence": 0.3}, "intent_ranking": ranking, "language": None}
    assert [item["intent"] for item in decision(parse)["ranking"]] == ["customs_gift", "customs_ioss", "greet"]


def _sure(confidence: float, *, right: bool) -> Outcome:
    return Outcome(GIFT, "customs_gift", ("customs_gift" if right else "customs_ioss",), confidence)


def test_confidence_that_is_the_share_of_right_ones_has_no_calibration_error() -> None:
    outcomes = [_sure(0.75, right=number < 3) for number in range(4)]

    assert expected_calibration_error(outcomes) == pytest.approx(0.0)


def test_the_calibration_error_weighs_bins_by_their_size() -> None:
    outcomes = [_sure(0.95, right=True), _sure(0.95, right=False), *[_sure(0.25, right=False)] * 2]

    assert expected_calibration_error(outcomes) == pytest.approx(0.5 * 0.45 + 0.5 * 0.25)


def test_no_outcomes_have_no_calibration_error() -> None:
    assert expected_calibration_error([]) is None


def test_reliability_leaves_empty_bins_out_and_keeps_full_certainty_in_the_last() -> None:
    bins = reliability([_sure(1.0, right=True), _sure(0.91, right=True), _sure(0.0, right=False)])

    assert [(item.count, item.right) for item in bins] == [(1, 0.0), (2, 1.0)]


def test_another_authority_s_matter_is_right_for_out_of_scope() -> None:
    assert Outcome(OUTSIDE, "out_of_scope", ("out_of_scope_tax",)).first_is_right
