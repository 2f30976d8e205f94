"""Countries and areas that customers name, in Finnish and English, and what the tax rules make of them."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Mapping
from enum import Enum

from actions.values import choice, fold, vocabulary

FINLAND = "FI"
# Places of which only the area is known.
SOME_EU_COUNTRY = "any_eu"
SOME_COUNTRY_OUTSIDE = "any_outside"

_FROM_ENDINGS = ("sta", "lta", "st", "lt")
_AFTER_FROM = 3


class Area(str, Enum):
    """What the tax rules make of a place.

    Behind the tax border are areas that belong to the customs territory of the EU but not to its tax territory, for
    example Åland and the Canary Islands.
    """

    EU = "eu"
    TAX_BORDER = "tax_border"
    OUTSIDE = "outside"


@dataclasses.dataclass(frozen=True)
class Place:
    """A place: its code (ISO 3166 where it has one), its area, its names by language, and stems of other names."""

    code: str
    area: Area
    names: Mapping[str, str]
    stems: tuple[str, ...]


def _places() -> dict[str, Place]:
    return {
        code: Place(code, Area(area), {"fi": place["fi"], "en": place["en"]}, tuple(place["words"]))
        for area, places in vocabulary("places")["places"].items()
        for code, place in places.items()
    }


PLACES: Mapping[str, Place] = _places()


def place_in(text: str) -> str | None:
    """Return the code of the place that an answer names: of "from China" in a longer one, or of any name."""
    alone = fold(text).strip(" .!?")
    answers = vocabulary("places")["place_answers"]
    found = next((code for code, names in answers.items() if alone in names), None)
    return found or place_left(text) or choice(text.replace(":", ""), _stems())


def place_left(text: str) -> str | None:
    """Return the code of the place that a message names as the one something comes from ("Kiinasta", "from China")."""
    return choice(_from_phrases(text), _stems())


@functools.cache
def _stems() -> dict[str, tuple[str, ...]]:
    return {code: (*place.names.values(), *place.stems) for code, place in PLACES.items()}


def _from_phrases(text: str) -> str:
    """Return the parts of a text that tell where something comes from."""
    # "A Chinese shop" need not dispatch from China.
    words = [word for part in text.replace(":", "").split() if "lais" not in (word := fold(part).strip(".,;!?()"))]
    kept: list[str] = []
    for index, word in enumerate(words):
        before = words[max(index - 1, 0) : index]
        if word == "from":
            following = words[index : index + 1 + _AFTER_FROM]
            kept += [*before, *itertools.takewhile(lambda one: one != "to", following)]
        elif word.endswith(_FROM_ENDINGS):
            kept += [*before, word]
    return " ".join(kept)
