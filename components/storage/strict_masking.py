"""The stricter second anonymisation of what leaves the service: rather a word too many than one too few.

Beside what every gate masks: what is found in either spelling of the text, every number of three or more digits, every
capitalised word inside a sentence unless it is a country or an authority, links, and whole messages that mention a
special category (GDPR, Article 9).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from components.privacy import anonymise
from components.privacy.base_forms import base_forms
from components.privacy.names.lexicon import lexicon
from components.privacy.special_categories import mentions_special_category
from components.storage.sanitise import WITHHELD, sanitise

NUMBER, NAME, LINK = "[NUMBER]", "[NAME]", "[LINK]"

_PLACEHOLDER = re.compile(r"\[[A-Z]+(?:_[A-Z]+)*(?:_\d+)?(?: [^\[\]\n]{1,80})?\]")
_DIGITS = re.compile(r"\d(?:[ .,:/+-]?\d){2,}")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\b\w[\w-]*(?:\.[\w-]+)*\.[a-z]{2,6}(?:/\S*)?\b", re.IGNORECASE)
_CAPITALISED = re.compile(r"(?<![\w'’-])[^\W\d_a-zåäöšž][^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n])[\s\"'”–-]*$")
_PUBLIC = re.compile(
    r"I['’]\w+|EU(?:[-:]\w+)?|Migri\w*|Tull\w+|Customs|Finland|Finnish|Suom\w+|Enter|[A-ZÅÄÖ]{2,4}|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|"
    r"January|February|March|April|May|June|July|August|September|October|November|December"
)


def strictly_masked(text: str) -> str:
    """Return what a person wrote, masked as strictly as what may be handed out; never raises."""
    try:
        if mentions_special_category(text):
            return WITHHELD
        masked = str(sanitise(text))
        for respell in (str.lower, str.title):
            masked = _masked_as(masked, respell)
        for pattern, label in ((_LINK, LINK), (_DIGITS, NUMBER)):
            masked = _outside_placeholders(masked, functools.partial(pattern.sub, label))
        return _without_names(masked)
    except Exception:  # whatever went wrong, nothing of the text leaves
        return WITHHELD


def _masked_as(text: str, respell: Callable[[str], str]) -> str:
    """Mask what shows when the text is spelt another way: a name may hide in its case."""
    spelt = _outside_placeholders(text, respell)
    if len(spelt) != len(text):
        return text
    protected = [match.span() for match in _PLACEHOLDER.finditer(text)]
    for span in sorted(anonymise(spelt).spans, reverse=True):
        if any(start < span.end and span.start < end for start, end in protected):
            continue
        # With every word capitalised, ordinary words in a row look like a name.
        if span.label == "PERSON" and not any(map(_may_be_a_name, text[span.start : span.end].split())):
            continue
        label = NAME if span.label == "PERSON" else f"[{span.label}]"
        text = text[: span.start] + label + text[span.end :]
    return text


def _may_be_a_name(word: str) -> bool:
    plain = word.strip(".,;:!?()\"'’”-").lower()
    return any(map(lexicon().is_only_a_name, (plain, *base_forms(plain))))


def _outside_placeholders(text: str, change: Callable[[str], str]) -> str:
    pieces, position = [], 0
    for match in _PLACEHOLDER.finditer(text):
        pieces += [change(text[position : match.start()]), match.group()]
        position = match.end()
    return "".join([*pieces, change(text[position:])])


def _without_names(text: str) -> str:
    protected = [match.span() for match in _PLACEHOLDER.finditer(text)]

    def judge(match: re.Match[str]) -> str:
        word = match.group()
        inside = any(start <= match.start() < end for start, end in protected)
        if inside or _PUBLIC.fullmatch(word) or lexicon().countries_of(word.lower()):
            return word
        begins = _SENTENCE_START.search(text[: match.start()]) is not None
        if begins and not lexicon().is_only_a_name(word.lower()):
            return word
        return NAME

    return _CAPITALISED.sub(judge, text)
