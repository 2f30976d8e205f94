"""Other ways to read a message: as several questions, as a follow-up, or without what was masked in it.

Pure functions; what is a question mark or a conjunction in Finnish and English stands in `data/readings.yml`.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path
from typing import Literal

import yaml

MAX_PARTS = 3
_LONGEST_FOLLOW_UP = 9  # words
_FEWEST_WORDS = 3  # of a question that stands beside another
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_MASKED = re.compile(r"\[[A-Z_]+(?:_\d+)?\]")
_CLAUSE_END = re.compile(r"[,.;!?\n]+\s*|(?<=[A-Z0-9]\])\s+")
_SENTENCE_END = re.compile(r"(?<=[?!])\s+|(?<=[.;])\s+(?=\w)|\n+")


@dataclasses.dataclass(frozen=True)
class Reading:
    """A text that stands for a message or for a part of it."""

    kind: Literal["part", "follow_up", "question_beside_data"]
    text: str


@functools.cache
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "data" / "readings.yml").read_text("utf-8"))
    return words


def questions_in(text: str) -> list[Reading]:
    """Return the questions of a message when it seems to hold two or three, else nothing."""
    parts = [part for sentence in _SENTENCE_END.split(text) for part in _at_conjunctions(sentence)]
    asked = [part.strip(" ,.;") for part in parts if len(_WORD.findall(part)) >= _FEWEST_WORDS and _asks(part)]
    if not 2 <= len(asked) <= MAX_PARTS:
        return []
    return [Reading("part", part) for part in asked]


def follow_up(text: str, topic_title: str | None) -> list[Reading]:
    """Return the message read together with the title of the latest topic when it leans on what was said before."""
    words = _WORD.findall(text.lower())
    if topic_title is None or not words or len(words) > _LONGEST_FOLLOW_UP:
        return []
    opening = any(f"{' '.join(words)} ".startswith(f"{cue} ") for cue in _words()["opens_a_follow_up"])
    pointing = not set(_words()["points_back"]).isdisjoint(words)
    if not opening and not pointing:
        return []
    return [Reading("follow_up", f"{topic_title}: {_without_opening(text)}")]


def question_beside_data(text: str) -> list[Reading]:
    """Return the question that stands beside personal data: "my code is [LABEL], how do I …" asks nothing personal."""
    if not _MASKED.search(text):
        return []
    clauses = [clause for clause in _CLAUSE_END.split(text) if not _MASKED.search(clause)]
    asked = [clause for clause in clauses if len(_WORD.findall(clause)) >= _FEWEST_WORDS and _asks(clause)]
    return [Reading("question_beside_data", asked[0])] if len(asked) == 1 else []


def _at_conjunctions(sentence: str) -> list[str]:
    """Split before a conjunction that a question word follows: "… ja paljonko …", "… and can i …"."""
    openers = "|".join(map(re.escape, _words()["question_words"]))
    conjunctions = "|".join(map(re.escape, _words()["conjunctions"]))
    return re.split(rf",?\s+(?:{conjunctions})\s+(?=(?:{openers})\b|\w+k[oö]\b)", sentence, flags=re.IGNORECASE)


def _asks(part: str) -> bool:
    words = _WORD.findall(part.lower())
    return (
        part.rstrip().endswith("?")
        or words[0] in _words()["question_words"]
        or words[0].endswith(("ko", "kö"))
        or " ".join(words[:2]) in _words()["question_words"]
    )


def _without_opening(text: str) -> str:
    for cue in sorted(_words()["opens_a_follow_up"], key=len, reverse=True):
        match = re.match(rf"\W*{re.escape(cue)}\b[\s,]*", text, flags=re.IGNORECASE)
        if match:
            return text[match.end() :] or text
    return text
