"""Mentions of special categories of personal data (GDPR Articles 9(1) and 10), in Finnish and English.

Whether a sentence speaks of a person or of a topic cannot be told from its words, so every mention counts. Names of
products, documents, permits and workplaces are not mentions; data/special_categories.yml says which words are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

KINDS = ("health", "religion", "ethnicity", "politics", "sexuality", "trade_union", "crime")

_DATA = Path(__file__).parent / "data" / "special_categories.yml"
_MARKS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200d\u2060]")
_SIGNS = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u2010": "-", "\u2011": "-"})
_START_LETTERS = 4
_WORD_START = re.compile(rf"\b\w{{1,{_START_LETTERS}}}")
_SPACE = r"[^\w.!?;\n]+"  # what may stand between two words of a sentence
_BETWEEN = rf"{_SPACE}(?:\w[\w'-]*{_SPACE}){{0,3}}?"
# Finnish endings in their order: plural, case, possessive, particle (Iso suomen kielioppi, sections 79-137).
_ENDINGS = (
    r"(?:i|j|e)?(?:n|a|ta|tta|na|ks[ie]|ssa|sta|lla|lta|lle|lt|ll|st|ss|t|[aeiouy]n|h[aeiouy]n|seen|den|tten|ien|jen)?"
    r"(?:ni|si|nsa|mme|nne|[aeiou]n)?(?:ko|kin|kaan|han|pa)?(?!\w)"
)


@dataclass(frozen=True)
class _Patterns:
    """`any` finds a mention of any kind; `harmless` is taken out before anything counts.

    Without a word that begins as one of `starts` or a part as in `ends` there is no mention.
    """

    starts: frozenset[str]
    ends: tuple[str, ...]
    any: re.Pattern[str]
    harmless: re.Pattern[str]

    def worth_a_look(self, plain: str) -> bool:
        """Tell quickly whether the patterns can find anything."""
        return not self.starts.isdisjoint(_WORD_START.findall(plain)) or any(end in plain for end in self.ends)


def mentions_special_category(text: str) -> bool:
    """Tell whether a text mentions a special category or a criminal matter."""
    plain, patterns = _plain(text), _patterns()
    # Most messages mention nothing, so the harmless phrases are looked for only when something was found.
    return (
        patterns.worth_a_look(plain)
        and patterns.any.search(plain) is not None
        and patterns.any.search(patterns.harmless.sub(" ", plain)) is not None
    )


def kinds(text: str) -> frozenset[str]:
    """Return which of KINDS a text mentions; for tests and statistics, it is stored nowhere."""
    plain = _patterns().harmless.sub(" ", _plain(text))
    return frozenset(kind for kind, pattern in _kinds().items() if pattern.search(plain))


def _plain(text: str) -> str:
    """Return a text in lower case, without marks on letters, with plain signs."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_SIGNS)
    return text.lower()


def _source() -> dict[str, Any]:
    source: dict[str, Any] = yaml.safe_load(_DATA.read_text("utf-8"))
    return source


@lru_cache(maxsize=1)
def _kinds() -> dict[str, re.Pattern[str]]:
    languages = _source()["languages"].values()
    return {kind: _pattern(languages, (kind,)) for kind in KINDS}


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    source = _source()
    languages = source["languages"].values()
    entries = [entry for language in languages for kind in language["kinds"].values() for entry in _entries(kind)]
    return _Patterns(
        starts=frozenset(_start(entry) for entry in entries if not entry.startswith("*")),
        ends=tuple({entry.strip("*~")[:_START_LETTERS] for entry in entries if entry.startswith("*")}),
        any=_pattern(languages, KINDS),
        harmless=re.compile(rf"(?<!\w){_trie(source['harmless'])}\w*"),
    )


def _entries(kind: dict[str, Any]) -> list[str]:
    return [*kind["words"], *(word for words in kind.get("after", {}).values() for word in words)]


def _start(entry: str) -> str:
    """Return the first letters of an entry's first word."""
    first = re.match(r"\w+", entry).group()  # type: ignore[union-attr]
    if len(first) < _START_LETTERS and entry[len(first) :] in ("*", "~"):
        raise ValueError(f"{_DATA.name}: {entry!r} is too short for an open end; write its forms out")
    return first[:_START_LETTERS]


def _pattern(languages: Iterable[dict[str, Any]], names: Iterable[str]) -> re.Pattern[str]:
    """Join the entries of some kinds, of all languages, as nobody knows which one a text is in."""
    starts: list[str] = []
    ends: list[str] = []
    alternatives: list[str] = []
    for language in languages:
        after: dict[str, list[str]] = {}
        for name in names:
            for word in language["kinds"][name]["words"]:
                (ends if word.startswith("*") else starts).append(word.lstrip("*"))
            for opening, words in language["kinds"][name].get("after", {}).items():
                after.setdefault(opening, []).extend(words)
        alternatives += [
            f"{_trie(language['openings'][opening])}{_BETWEEN}{_trie(words)}" for opening, words in after.items()
        ]
    beginning = "|".join([_trie(starts), *alternatives])
    return re.compile(rf"(?<!\w)(?:{beginning})" + (f"|{_trie(ends)}" if ends else ""))


def _trie(entries: Iterable[str]) -> str:
    """Write entries as one expression that looks at each letter once, however many entries there are."""
    root: dict[str, Any] = {}
    for entry in entries:
        end = entry[-1] if entry[-1] in "*~" else "."
        node = root
        for letter in _plain(entry.rstrip("*~")):
            node = node.setdefault(letter, {})
        node.setdefault("ends", set()).add(end)
    return _expression(root)


def _expression(node: dict[str, Any]) -> str:
    ends = node.get("ends", set())
    if "*" in ends:
        return ""
    branches = [_letter(letter) + _expression(child) for letter, child in sorted(node.items()) if letter != "ends"]
    if "~" in ends:
        branches.append(_ENDINGS)
    elif "." in ends:
        branches.append(r"(?!\w)")
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _letter(letter: str) -> str:
    return _SPACE if letter == " " else re.escape(letter)
