"""Whether a conversation's stream brought what was said in the conversation, all of it once and in order."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Message:
    """A message of a conversation, the customer's own or the assistant's."""

    identifier: str
    text: str


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How many messages were expected, and how many faults the streams have; verdicts can be added.

    lost: never came. repeated: came once more. foreign: belongs to another conversation or to none, or has an
    expected id and another text. misplaced: came after a message that was said later.
    """

    expected: int = 0
    lost: int = 0
    repeated: int = 0
    foreign: int = 0
    misplaced: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        mine, theirs = dataclasses.astuple(self), dataclasses.astuple(other)
        return Verdict(*(one + another for one, another in zip(mine, theirs, strict=True)))

    @property
    def is_faultless(self) -> bool:
        """Tell whether everything came as it should."""
        return self == Verdict(expected=self.expected)


def check(said: Sequence[Message], heard: Sequence[Message]) -> Verdict:
    """Compare what was said in a conversation with what its streams brought, one after the other, in that order."""
    places = {message.identifier: place for place, message in enumerate(said)}
    seen: set[str] = set()
    repeated = foreign = misplaced = 0
    furthest = -1
    for message in heard:
        place = places.get(message.identifier)
        if place is None or said[place].text != message.text:
            foreign += 1
        elif message.identifier in seen:
            repeated += 1
        else:
            seen.add(message.identifier)
            misplaced += place < furthest
            furthest = max(furthest, place)
    return Verdict(len(said), len(places) - len(seen), repeated, foreign, misplaced)
