"""How well the conversation goes: messages that were not understood and answers that were refused, in a row."""

from __future__ import annotations

import dataclasses

from rasa_sdk import Tracker

from actions.conversation import intent_of, turns

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
REFUSED = frozenset({"not_what_i_asked", "none_of_these"})
# These do not tell whether the conversation goes better: the count goes on behind them.
_BESIDE_THE_POINT = frozenset(
    {
        "complaint_feedback",
        "deny",
        "greet",
        "insult",
        "repeat",
        "switch_to_english",
        "switch_to_finnish",
        "welcome_back",
    }
)
_ENOUGH_OF_A_KIND = 3
_ENOUGH_IN_ALL = 4


@dataclasses.dataclass(frozen=True)
class Misses:
    """How many messages up to now, without a success between them, were not understood or refused an answer."""

    not_understood: int = 0
    refused: int = 0

    @property
    def are_enough(self) -> bool:
        """Tell whether a person can help better now."""
        most = max(self.not_understood, self.refused)
        return most >= _ENOUGH_OF_A_KIND or self.not_understood + self.refused >= _ENOUGH_IN_ALL


def misses(tracker: Tracker, newest: str | None = None) -> Misses:
    """Count the misses in a row; `newest` is what the newest message comes to, when that is not its own intent."""
    found = Misses()
    for position, (user_event, _) in enumerate(turns(tracker)):
        intent = newest if newest is not None and position == 0 else intent_of(user_event)
        if intent in NOT_UNDERSTOOD:
            found = dataclasses.replace(found, not_understood=found.not_understood + 1)
        elif intent in REFUSED:
            found = dataclasses.replace(found, refused=found.refused + 1)
        elif intent not in _BESIDE_THE_POINT:
            break
    return found
