"""How hard an answer is to read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from components.content.catalogue import CatalogueEntry
from components.content.schema import LANGUAGES
from luotsi.content_checks.remarks import Remark, remark

CHECK = "readability"

# Set so that of our 160 answers in each language the few heaviest lie above.
LIMITS = {"fi": 65.0, "en": 11.0}

_LONG_WORD = 7
# A score of fewer words says little.
_SENTENCE_WORDS = 8
_QUOTED = 240
_SENTENCE_END = re.compile(r"(?<=[.!?])[)\"”’]*\s+(?=[(\"“”]*[A-ZÅÄÖ0-9])")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WORD = re.compile(r"[^\W_]+(?:[-'’.:/][^\W_]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^aeiouyl]e|[^aeiouytd]ed|[^aeiouycgsxz]es)$")


@dataclasses.dataclass(frozen=True)
class Reading:
    """How hard a text is, and its hardest sentence."""

    score: float
    worst: str


def check_readability(entries: Iterable[CatalogueEntry]) -> Iterator[Remark]:
    """Yield the answers, plain ones too, that are harder to read than the limit of their language."""
    for entry in entries:
        for language in LANGUAGES:
            for field, text in (("answer", entry.answer(language)), ("plain", entry.plain(language))):
                reading = read(text, language) if text else None
                if reading is not None and reading.score > LIMITS[language]:
                    values = {"score": f"{reading.score:.1f}", "limit": f"{LIMITS[language]:.0f}"}
                    yield remark(
                        CHECK,
                        f"{field}_{language}",
                        entry,
                        field,
                        language,
                        sentence=_shortened(reading.worst),
                        **values,
                    )


def read(markdown: str, language: str) -> Reading | None:
    """Return how hard a text is: LIX for Finnish, the Flesch–Kincaid grade for English; None without any words.

    LIX (Björnsson 1968) is words per sentence plus the percentage of words of more than six letters; Finnish words are
    long, so its figures are higher than those of other languages. The grade (Kincaid et al. 1975) is the years of
    school that a reader needs.
    """
    found = [sentence for sentence in _sentences(markdown) if _WORD.search(sentence)]
    if not found:
        return None
    whole = [sentence for sentence in found if len(_WORD.findall(sentence)) >= _SENTENCE_WORDS] or found
    return Reading(_score(found, language), max(whole, key=lambda sentence: _score([sentence], language)))


def syllables(word: str) -> int:
    """Estimate the syllables of an English word from its groups of vowels."""
    lower = word.casefold()
    groups = len(_VOWELS.findall(lower))
    return max(1, groups - bool(_SILENT_END.search(lower)))


def _sentences(markdown: str) -> Iterator[str]:
    shown = _LINK.sub(r"\1", markdown).replace("**", "")
    # A line that begins neither a list item nor a paragraph goes on with the one before it.
    for block in re.split(r"\n\s*\n|\n(?=\s*-\s)", shown):
        yield from _SENTENCE_END.split(" ".join(block.split()).removeprefix("- "))


def _score(found: list[str], language: str) -> float:
    words = [word for sentence in found for word in _WORD.findall(sentence)]
    per_sentence = len(words) / len(found)
    if language == "fi":
        long_words = sum(1 for word in words if len(word) >= _LONG_WORD and not any(map(str.isdigit, word)))
        return per_sentence + 100 * long_words / len(words)
    return 0.39 * per_sentence + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= _QUOTED else f"{sentence[:_QUOTED].rsplit(' ', 1)[0]} …"
