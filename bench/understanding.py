"""How well both assistants understand the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.processes import MeasurementError
from bench.tables import number, table
from components.content.names import OUT_OF_SCOPE, is_out_of_scope
from luotsi.decisions import FALLBACK
from luotsi.evaluation import Figures, Outcome, Question, figures

_ROWS = {
    "top_1": "top-1",
    "top_3": "top-3",
    "answered": "answered at once and rightly",
    "confidently_wrong": "confidently wrong",
    "wrongly_refused": "refused, though a topic",
    "refused": "refused, as out of scope",
}


def outcomes(questions: Sequence[Question], parsed: Sequence[dict[str, Any]], *, stock: bool) -> list[Outcome]:
    """Pair the questions with what an assistant made of them.

    Stock Rasa has one way to say no: its fallback, which tells that the message was not understood, counts as refused.
    Its entry in the ranking is no intent, so it takes no place there.

    Raises MeasurementError when there is not one answer to each question.
    """
    if len(questions) != len(parsed):
        raise MeasurementError(f"{len(questions)} questions were asked, but {len(parsed)} were answered")
    return [
        Outcome(
            question,
            _decision(line["intent"], stock=stock),
            tuple(intent for intent in line["ranking"] if intent != FALLBACK),
        )
        for question, line in zip(questions, parsed, strict=True)
    ]


def by_language(results: Sequence[Outcome]) -> dict[str, Figures]:
    """Return the figures of each language."""
    languages = sorted({item.question.language for item in results})
    return {name: figures(item for item in results if item.question.language == name) for name in languages}


def figures_table(measured: dict[str, dict[str, Figures]]) -> str:
    """Return a table of the figures by system and language, shares from 0 to 1."""
    columns = [
        (f"{language} {system}", found[language])
        for language in sorted({language for found in measured.values() for language in found})
        for system, found in measured.items()
        if language in found
    ]
    counts = [
        ["questions on topics", *(str(item.in_scope) for _, item in columns)],
        ["questions out of scope", *(str(item.out_of_scope) for _, item in columns)],
    ]
    shares = [[label, *(number(getattr(item, name), 3) for _, item in columns)] for name, label in _ROWS.items()]
    return table(["share of the questions", *(name for name, _ in columns)], [*counts, *shares])


def _decision(intent: str, *, stock: bool) -> str:
    return OUT_OF_SCOPE if is_out_of_scope(intent) or (stock and intent == FALLBACK) else intent
