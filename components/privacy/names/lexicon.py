"""What is known about single words: which are names of people, and how common each is in Finnish and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_SHORTEST_PART = 3  # of a compound: "työlupa", "verinäyte"
_SHORTEST_BASE = 4
_LONG_PART = 6
_POSSESSIVE = ("nsa", "nsä", "mme", "nne", "ni", "si")
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
    everyday: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()  # of one word; stems of their cases among them
    # Of several words, by the first one; only the last one is found in its case forms.
    long_countries: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    # Remembers dictionary words only, so that nothing that a customer wrote stays.
    _plain: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def levels_of(self, word: str) -> tuple[int, int]:
        """Return how common a word is in Finnish and in English, each 0 (rare) to 3 (very common)."""
        return self.levels.get(word, (0, 0))

    def lists_of(self, word: str) -> str:
        """Return in which lists a word stands: g(iven), f(amily), p(lace), b(rand), everyday w(ords).

        `~` marks an inflected form.
        """
        exact = self._flags(word)
        if exact:
            return exact
        forms = base_forms(word)
        flags = {flag for form in forms for flag in self._flags(form)}
        return "~" + "".join(sorted(flags)) if flags else ""

    def made_of_common_words(self, word: str) -> str:
        """Tell of a rare word what it is made of.

        Returns `b` for an inflected form of a common word ("tavarana"), `c` for a compound ("verinäyte"), else "".
        """
        if self.is_name(word):
            return ""
        if "-" in word:
            word = word.rpartition("-")[2]
        if self._is_form(word, _PLAIN_LEVEL):
            return "b"
        return "c" if self._is_compound(word) else ""

    def _is_form(self, word: str, level: int) -> bool:
        """Tell whether a word is, or is a form of, a Finnish word of a level or an everyday word, and no name."""
        if len(word) >= _SHORTEST_BASE and self._is_known(word, level):
            return True
        stems = [word, *(word[: -len(end)] for end in _POSSESSIVE if word.endswith(end))]
        return any(
            len(form) >= _SHORTEST_BASE and self._is_known(form, level)
            for stem in stems
            if len(stem) > _SHORTEST_BASE
            for form in base_forms(stem)
        )

    def _is_known(self, word: str, level: int) -> bool:
        return (self.levels_of(word)[0] >= level and not self.is_name(word)) or word in self.everyday

    def _is_compound(self, word: str, *, parts: int = 3) -> bool:
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART):
            head, tail = word[:cut], word[cut:]
            fi, en = self.levels_of(head)
            if self.is_only_a_name(head):
                continue
            if head in self.everyday or fi >= _PLAIN_LEVEL or (fi and cut >= _LONG_PART - 1):
                if cut + len(tail) < 2 * _SHORTEST_BASE:
                    continue
                if self._is_form(tail, _PLAIN_LEVEL) or (len(tail) >= _LONG_PART and self._is_form(tail, 1)):
                    return True
                if parts > 2 and len(tail) > _LONG_PART and self._is_compound(tail, parts=parts - 1):
                    return True
            if en >= _PLAIN_LEVEL and cut >= _SHORTEST_BASE:
                ends = (tail, tail[:-1]) if tail.endswith("s") else (tail,)
                if any(
                    len(end) >= _SHORTEST_BASE and self.levels_of(end)[1] >= _PLAIN_LEVEL and not self.is_name(end)
                    for end in ends
                ):
                    return True
        return False

    def countries_of(self, word: str) -> frozenset[str]:
        """Return the countries of which a word is the name or a case form."""
        return self.countries & base_forms(word)

    def country_words(self, words: Sequence[str]) -> int:
        """Return how many words at the beginning of `words` name a country of several words: 0 when they do not."""
        for country in self.long_countries.get(words[0], ()):
            count = len(country)
            if count <= len(words) and country[:-1] == tuple(words[: count - 1]):
                if country[-1] in base_forms(words[count - 1]):
                    return count
        return 0

    def is_name(self, word: str) -> bool:
        """Tell whether a word stands in a list of given or family names."""
        return word in self.given or word in self.family

    def is_only_a_name(self, word: str) -> bool:
        """Tell whether a word stands in a list of names and, as far as we know, means nothing else."""
        others = (self.ambiguous, self.places, self.brands, self.everyday)
        return self.is_name(word) and not any(word in other for other in others)

    def is_doubtful(self, word: str) -> bool:
        """Tell whether a name, or a form of one, means something else as well: "toivo", "toivon"."""
        if self.is_name(word):
            return not self.is_only_a_name(word)
        return not any(map(self.is_only_a_name, base_forms(word)))

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
        return (
            ("b", self.brands),
            ("f", self.family),
            ("g", self.given),
            ("p", self.places),
            ("w", self.everyday),
        )


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read the lists of this folder and wordfreq's, once."""
    given, family = (_words(*sorted((DATA / kind).glob("*.txt"))) for kind in ("given", "family"))
    countries, long_countries = _countries()
    places = _words(DATA / "places.txt", DATA / "peoples.txt") | countries
    brands = _words(DATA / "brands.txt")
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
    everyday = _words(DATA / "everyday_fi.txt", DATA / "everyday_en.txt")
    return Lexicon(given, family, places, brands, ambiguous, levels, everyday, countries, long_countries)


def _countries() -> tuple[frozenset[str], dict[str, tuple[tuple[str, ...], ...]]]:
    """Read the countries of one word, and by their first word those of several, with the stems of Finnish cases."""
    found: set[tuple[str, ...]] = set()
    for line in [*_lines(DATA / "countries_fi.txt"), *_lines(DATA / "countries_en.txt")]:
        name, *forms = line.casefold().split("\t")
        found.add(tuple(name.split()))
        if forms:
            found.add(tuple(forms[0][: -len("sta")].split()))
        found.update((form,) for form in " ".join(forms[1:]).split())
    several: dict[str, tuple[tuple[str, ...], ...]] = {}
    for name_words in sorted(found, key=len, reverse=True):  # "Bosnia and Herzegovina" before a shorter one
        if len(name_words) > 1:
            several[name_words[0]] = (*several.get(name_words[0], ()), name_words)
    return frozenset(name_words[0] for name_words in found if len(name_words) == 1), several


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
