"""`anonymise`: masks the personal data in a text."""

from __future__ import annotations

import re
from functools import lru_cache

from components.privacy import allow
from components.privacy.normalise import Normal, normalise
from components.privacy.recognisers import ALL, Recogniser
from components.privacy.recognisers.coarse import Coarse
from components.privacy.resolve import merge, resolve
from components.privacy.spans import Anonymised, Document, Hit, Span

# A round masks what it sees and looks again; texts settle in two or three rounds, the bound is a safety line.
_MAX_ROUNDS = 8

# A longer text than this (in characters) is no chat message and is masked coarsely, to stay within a bound of time.
_LONG_TEXT = 12_000
_COARSE = Coarse()

_SPECIFIC = tuple(r for r in ALL if not r.fallback)
_FALLBACK = tuple(r for r in ALL if r.fallback)
_FALLBACK_DIGITS = min(r.min_digits for r in _FALLBACK)

# Without a digit, an at sign, an odd character or the trigger of a recogniser nothing can be found.
_WORTH_A_LOOK = re.compile(
    r"[^\n\x20-\x2f\x3a-\x3f\x41-\x7e\xc0-\xd6\xd8-\xf6\xf8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e€]|"
    + "|".join(recogniser.trigger for recogniser in ALL if recogniser.trigger),
    re.I,
)


def anonymise(text: str, *, known_public: frozenset[str] | None = None) -> Anonymised:
    """Replace every piece of personal data in a text by its label in brackets, such as `[PHONE_NUMBER]`.

    Any `str` is accepted. The result is the same for the same input, and masking it again changes nothing.
    `known_public` holds values (a published number, a mailbox) that stay, beside those of `data/public.yml`.
    """
    if _WORTH_A_LOOK.search(text) is None:
        return Anonymised(text)
    spans: list[Span] = []
    masked, origins = text, [(0, 0, len(text))]
    for _ in range(_MAX_ROUNDS):
        found = _look(masked, known_public)
        if not found:
            break
        spans.extend(_to_original(found, origins))
        spans = list(merge(spans, text))
        masked, origins = _mask(text, spans)
    return Anonymised(masked, tuple(spans))


def _look(text: str, known_public: frozenset[str] | None) -> list[Span]:
    """Find the spans of one round, as offsets into the text given; the fallback looks only where nothing else is left.

    A round depends on the text alone, so a text in which a round finds nothing is masked for good.
    """
    normal = normalise(text)
    document = Document(allow.hide(normal.text, known_public))
    if len(document.text) > _LONG_TEXT:
        coarse = list(_COARSE.find(document))
        if coarse:
            return _spans(coarse, document, normal)
    hits = _find(_SPECIFIC, document)
    if not hits and document.digits >= _FALLBACK_DIGITS:
        document = Document(allow.hide_in_context(document))
        hits = _find(_FALLBACK, document)
    return _spans(hits, document, normal)


def _spans(hits: list[Hit], document: Document, normal: Normal) -> list[Span]:
    """Turn hits of the normal form into spans of the text it came from, apart and in order."""
    spans: list[Span] = []
    for hit in resolve(hits, document.text):
        start, end = normal.original(hit.start, hit.end)
        if spans and start < spans[-1].end:  # one original character can stand for several of the normal form
            last = spans[-1]
            spans[-1] = Span(last.start, max(last.end, end), last.label, last.score)
        else:
            spans.append(Span(start, end, hit.label, hit.score))
    return spans


def _find(recognisers: tuple[Recogniser, ...], document: Document) -> list[Hit]:
    digits = document.digits
    return [hit for recogniser in recognisers if recogniser.min_digits <= digits for hit in recogniser.find(document)]


def _mask(text: str, spans: list[Span]) -> tuple[str, list[tuple[int, int, int]]]:
    """Build the masked text, and for each kept piece its start there and its start and end in the original."""
    parts: list[str] = []
    origins: list[tuple[int, int, int]] = []
    position = length = 0
    for span in spans:
        if span.start > position:
            origins.append((length, position, span.start))
            parts.append(text[position : span.start])
            length += span.start - position
        placeholder = f"[{span.label}]"
        parts.append(placeholder)
        length += len(placeholder)
        position = span.end
    origins.append((length, position, len(text)))
    parts.append(text[position:])
    return "".join(parts), origins


def _to_original(found: list[Span], origins: list[tuple[int, int, int]]) -> list[Span]:
    spans = []
    piece = 0
    for span in found:
        while piece + 1 < len(origins) and origins[piece + 1][0] <= span.start:
            piece += 1
        shift = origins[piece][1] - origins[piece][0]
        spans.append(Span(span.start + shift, min(span.end + shift, origins[piece][2]), span.label, span.score))
    return spans


@lru_cache(maxsize=1)
def labels() -> tuple[str, ...]:
    """List every label that can stand in a masked text."""
    return tuple(dict.fromkeys(label for recogniser in ALL for label in recogniser.labels()))
