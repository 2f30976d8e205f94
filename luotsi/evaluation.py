"""How well the assistant understands, per language; always on questions that it was not trained on."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from components.content.names import OUT_OF_SCOPE, is_topic
from luotsi.decisions import FALLBACK, outward

BINS = 10


@dataclasses.dataclass(frozen=True)
class Question:
    """A question with the intent that a person gave it."""

    language: str
    intent: str
    text: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a question: the final decision, the ranking's intents, and how sure the first one was, 0 to 1."""

    question: Question
    intent: str
    ranking: tuple[str, ...]
    confidence: float = 1.0

    @property
    def first_is_right(self) -> bool:
        """Whether the first intent of the ranking is the right one; other authorities' matters are one."""
        return bool(self.ranking) and outward(self.ranking[0]) == self.question.intent


@dataclasses.dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1; None where there is nothing to measure.

    top_1: the topic is first in the ranking. answered: and it was answered at once. top_3: it is among the first
    three. confidently_wrong: another topic was answered without offering a choice (of all topic questions).
    refused: out-of-scope questions that were refused or sent to another authority. wrongly_refused: topic questions
    that were refused. calibration_error: how far the confidence of the first intent is from being the share of right
    ones, see `expected_calibration_error`.
    """

    in_scope: int
    out_of_scope: int
    top_1: float | None
    top_3: float | None
    answered: float | None
    confidently_wrong: float | None
    wrongly_refused: float | None
    refused: float | None
    calibration_error: float | None


@dataclasses.dataclass(frozen=True)
class Bin:
    """Outcomes of about the same confidence: how many, their mean confidence and the share of right ones."""

    count: int
    confidence: float
    right: float


def reliability(outcomes: Iterable[Outcome], *, bins: int = BINS) -> list[Bin]:
    """Return the outcomes in bins of equal width by the confidence of the first intent, without empty bins."""
    sorted_in: list[list[Outcome]] = [[] for _ in range(bins)]
    for item in outcomes:
        sorted_in[min(int(item.confidence * bins), bins - 1)].append(item)
    return [
        Bin(
            len(items),
            sum(item.confidence for item in items) / len(items),
            sum(item.first_is_right for item in items) / len(items),
        )
        for items in sorted_in
        if items
    ]


def expected_calibration_error(outcomes: Iterable[Outcome]) -> float | None:
    """Return the mean distance of confidence and share of right ones over the bins, weighted by their size.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2.
    """
    filled = reliability(outcomes)
    total = sum(item.count for item in filled)
    return sum(item.count * abs(item.confidence - item.right) for item in filled) / total if total else None


def read_questions(path: Path) -> list[Question]:
    """Read a tab-separated file with the columns `lang`, `intent` and `text`.

    Raises ValueError naming the line when a row is incomplete.
    """
    questions: list[Question] = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t"), start=2):
            if not row.get("lang") or not row.get("intent") or not row.get("text"):
                raise ValueError(f"{path}:{number}: a row needs lang, intent and text; add what is missing")
            questions.append(Question(row["lang"], row["intent"], row["text"]))
    return questions


def figures(outcomes: Iterable[Outcome]) -> Figures:
    """Count the outcomes."""
    every = list(outcomes)
    topics = [item for item in every if is_topic(item.question.intent)]
    outside = [item for item in every if item.question.intent == OUT_OF_SCOPE]
    return Figures(
        in_scope=len(topics),
        out_of_scope=len(outside),
        top_1=_share(item.ranking[:1] == (item.question.intent,) for item in topics),
        top_3=_share(item.question.intent in item.ranking[:3] for item in topics),
        answered=_share(item.intent == item.question.intent for item in topics),
        confidently_wrong=_share(is_topic(item.intent) and item.intent != item.question.intent for item in topics),
        wrongly_refused=_share(item.intent == OUT_OF_SCOPE for item in topics),
        refused=_share(item.intent == OUT_OF_SCOPE for item in outside),
        calibration_error=expected_calibration_error([*topics, *outside]),
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the figures per language as a table."""
    names = [field.name for field in dataclasses.fields(Figures)]
    lines = ["  ".join(["lang", *names])]
    for language in sorted({item.question.language for item in outcomes}):
        row = figures(item for item in outcomes if item.question.language == language)
        cells = [_cell(getattr(row, name)).rjust(len(name)) for name in names]
        lines.append("  ".join([language.ljust(4), *cells]))
    return "\n".join(lines)


def choices_offered(outcomes: Iterable[Outcome]) -> int:
    """Count the questions that were answered by offering choices."""
    return sum(item.intent == FALLBACK for item in outcomes)


def _share(values: Iterable[bool]) -> float | None:
    every = list(values)
    return sum(every) / len(every) if every else None


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
