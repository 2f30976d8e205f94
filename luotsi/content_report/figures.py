"""What a cross-validation tells editors about topics and examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from components.content.names import OUT_OF_SCOPE, is_topic
from luotsi.decisions import FALLBACK, outward
from luotsi.evaluation import Outcome


@dataclasses.dataclass(frozen=True)
class Mistake:
    """An example whose intent did not come first; `reply` is `answered`, `offered` or `refused`."""

    language: str
    text: str
    topic: str
    taken_for: str
    reply: str


@dataclasses.dataclass(frozen=True)
class Confusion:
    """A topic that the model takes for another, with every example of it."""

    topic: str
    taken_for: str
    mistakes: tuple[Mistake, ...]


@dataclasses.dataclass(frozen=True)
class Recall:
    """The share of a topic's examples, 0 to 1, whose topic came first: of all and by language (None: no example)."""

    topic: str
    share: float
    by_language: dict[str, float | None]
    count: int


def taken_for(outcome: Outcome) -> str:
    """Return what the model held a question for, before it decided whether to answer."""
    return outward(outcome.ranking[0]) if outcome.ranking else OUT_OF_SCOPE


def mistakes(outcomes: Iterable[Outcome]) -> list[Mistake]:
    """Return the examples of topics that the model took for something else, and what it took for a topic wrongly."""
    return [
        Mistake(item.question.language, item.question.text, item.question.intent, taken_for(item), _reply(item))
        for item in outcomes
        if not item.first_is_right and (is_topic(item.question.intent) or is_topic(taken_for(item)))
    ]


def confusions(found: Iterable[Mistake]) -> list[Confusion]:
    """Return what is taken for what, the most frequent first."""
    grouped: dict[tuple[str, str], list[Mistake]] = {}
    for mistake in found:
        grouped.setdefault((mistake.topic, mistake.taken_for), []).append(mistake)
    every = [Confusion(topic, other, tuple(group)) for (topic, other), group in grouped.items()]
    return sorted(every, key=lambda confusion: (-len(confusion.mistakes), confusion.topic, confusion.taken_for))


def recalls(outcomes: Sequence[Outcome], *, languages: Sequence[str]) -> list[Recall]:
    """Return the recall of every topic, the worst first."""
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if is_topic(outcome.question.intent):
            grouped.setdefault(outcome.question.intent, []).append(outcome)
    found: list[Recall] = []
    for topic, group in grouped.items():
        by_language = {
            language: _share_right([item for item in group if item.question.language == language])
            for language in languages
        }
        found.append(Recall(topic, _share_right(group) or 0.0, by_language, len(group)))
    return sorted(found, key=lambda recall: (recall.share, recall.topic))


def _reply(outcome: Outcome) -> str:
    if outcome.intent == FALLBACK:
        return "offered"
    return "refused" if outcome.intent == OUT_OF_SCOPE else "answered"


def _share_right(outcomes: Sequence[Outcome]) -> float | None:
    if not outcomes:
        return None
    return sum(item.first_is_right for item in outcomes) / len(outcomes)
