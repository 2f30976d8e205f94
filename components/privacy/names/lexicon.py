"""What is known about single words: which are names of people, and how common each is in Finnish and English."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import wordfreq

from components.privacy.base_forms import base_forms

DATA = Path(__file__).parent / "data"

# wordfreq's lists are in steps of a hundredth of a power of ten. A word of level 3 stands at least once in 30,000
# words, level 2 in 300,000, level 1 in two million, level 0 is rarer than that or unknown.
_LEVELS = ((450, 3), (550, 2), (630, 1))
_PLAIN_LEVEL = 2
_LONGEST_PARTICLE = 3  # de, la, der, bin


@dataclass(frozen=True)
class Lexicon:
    """Names and word frequencies; all words are in lower case."""

    given: frozenset[str]
    family: frozenset[str]
    places: frozenset[str]
    brands: frozenset[str]
    ambiguous: frozenset[str]
    levels: dict[str, tuple[int, int]]
    # Remembers dictionary words only, so that nothing that a customer wrote stays.
    _plain: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def levels_of(self, word: str) -> tuple[int, int]:
        """Return how common a word is in Finnish and in English, each 0 (rare) to 3 (very common)."""
        return self.levels.get(word, (0, 0))

    def lists_of(self, word: str) -> str:
        """Return in which lists a word stands: g(iven), f(amily), p(lace), b(rand); `~` marks an inflected form."""
        exact = self._flags(word)
        if exact:
            return exact
        forms = base_forms(word)
        flags = {flag for form in forms for flag in self._flags(form)}
        return "~" + "".join(sorted(flags)) if flags else ""

    def is_name(self, word: str) -> bool:
        """Tell whether a word stands in a list of given or family names."""
        return word in self.given or word in self.family

    def is_only_a_name(self, word: str) -> bool:
        """Tell whether a word stands in a list of names and, as far as we know, means nothing else."""
        others = (self.ambiguous, self.places, self.brands)
        return self.is_name(word) and not any(word in other for other in others)

    def is_plain(self, word: str) -> bool:
        """Tell whether a word is so common, and so little a name, that a text of such words alone holds none."""
        known = self._plain.get(word)
        if known is None:
            if max(self.levels_of(word)) < _PLAIN_LEVEL:
                return False
            known = self._plain[word] = not {"f", "g"} & set(self.lists_of(word))
        return known

    def _flags(self, word: str) -> str:
        return "".join(flag for flag, words in self._lists() if word in words)

    def _lists(self) -> tuple[tuple[str, frozenset[str]], ...]:
        return ("b", self.brands), ("f", self.family), ("g", self.given), ("p", self.places)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read the lists of this folder and wordfreq's, once."""
    given, family = (_words(*sorted((DATA / kind).glob("*.txt"))) for kind in ("given", "family"))
    places, brands = _words(DATA / "places.txt", DATA / "peoples.txt"), _words(DATA / "brands.txt")
    ambiguous = frozenset(line.split("\t")[0].strip().casefold() for line in _lines(DATA / "ambiguous.txt"))
    codes: dict[str, int] = {}
    for factor, language in ((4, "fi"), (1, "en")):
        for step, words in enumerate(wordfreq.get_frequency_list(language)):
            level = next((level for bound, level in _LEVELS if step <= bound), 0)
            if not level:
                break
            for word in words:
                codes[word] = codes.get(word, 0) + factor * level
    pairs = tuple((fi, en) for fi in range(4) for en in range(4))
    levels = {word: pairs[code] for word, code in codes.items()}
    return Lexicon(given, family, places, brands, ambiguous, levels)


def _words(*paths: Path) -> frozenset[str]:
    """Read lists; of an entry of several words, such as "Van der Linden", the longer words count alone."""
    found: set[str] = set()
    for path in paths:
        for line in _lines(path):
            parts = line.casefold().replace("\u200c", "").split()
            found.update(part for part in parts if len(parts) == 1 or len(part) > _LONGEST_PARTICLE)
    return frozenset(found)


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
