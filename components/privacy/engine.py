"""`anonymise`: masks the personal data in a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from components.privacy import allow
from components.privacy.cues import ANY_CUE, Cue, present
from components.privacy.entities import Entities, blanked, installed
from components.privacy.names.tagger import outline
from components.privacy.normalise import PLAIN, Normal, normalise
from components.privacy.recognisers import ALL, Recogniser
from components.privacy.recognisers.coarse import Coarse
from components.privacy.resolve import merge, resolve
from components.privacy.spans import Anonymised, Document, Hit, Span

# A round masks what it sees and looks again; texts settle in two or three rounds. Where they do not, one round masks
# coarsely, and what follows settles; twice the number is a safety line.
_MAX_ROUNDS = 8

# A longer text than this (in characters) is no chat message and is masked coarsely, to stay within a bound of time.
_LONG_TEXT = 12_000
_COARSE = Coarse()

_DIGIT_OR_ODD = re.compile(rf"[^\n\x20-\x2f\x3a-\x3f\x41-\x7e{PLAIN}]")


class Engine:
    """A set of recognisers at work on texts. It holds no state of a call, so one object serves every thread."""

    def __init__(self, recognisers: tuple[Recogniser, ...], entities: Entities | None = None) -> None:
        """Take recognisers, and what becomes of what they find: by default, its label stands for it."""
        self.entities = entities or Entities({})
        specific = [item for item in recognisers if not (item.fallback or item.reads_context)]
        self._in_context = tuple(recogniser for recogniser in recognisers if recogniser.reads_context)
        self._fallback = tuple(recogniser for recogniser in recognisers if recogniser.fallback)
        self._fallback_digits = min((recogniser.min_digits for recogniser in self._fallback), default=0)
        self._most_digits = max((recogniser.min_digits for recogniser in specific), default=0)
        self._by_digits = tuple(
            tuple(recogniser for recogniser in specific if recogniser.min_digits <= digits)
            for digits in range(self._most_digits + 1)
        )
        triggers = [*(recogniser.trigger for recogniser in recognisers), self.entities.trigger]
        self._triggers = Cue("|".join(filter(None, triggers)))

    def anonymise(self, text: str, known_public: frozenset[str] | None = None) -> Anonymised:
        """Do what `anonymise` does, with the recognisers of this engine."""
        cues = self.cues_of(text)
        if cues is None and not self._in_context:
            return Anonymised(text)
        spans: list[Span] = []
        masked, origins = text, [(0, 0, len(text))]
        settled: list[str] | None = None
        for number in range(2 * _MAX_ROUNDS):
            found, most, settled = self.look(masked, known_public, settled, cues)
            if number == _MAX_ROUNDS:  # no end in sight, as in "1.1.1.1.1." without end after "born"
                found, settled = _coarse(masked, known_public) or found, None
            if not found:
                break
            spans.extend(to_original(found, origins))
            spans = list(merge(spans, text))
            masked, origins = mask(text, spans, self.entities.write)
            if self._in_context and settled is None:
                continue
            # The names are settled: what was found with them is blanked out already.
            cues = self.cues_of("\n".join([text[start:end] for _, start, end in origins]), most)
            if cues is None:
                break
        return Anonymised(masked, tuple(spans))

    def cues_of(self, text: str, most: int = ANY_CUE) -> int | None:
        """Return the cues that a text has at the most, None when no pattern can match in it.

        Without a digit, an at sign, an odd character, an "AT" in capitals or a trigger none can. `most` are the cues
        that the text is known to have at the most.
        """
        if _DIGIT_OR_ODD.search(text) or "AT" in text or "ÄT" in text:
            return most
        if not most & self._triggers.bit:
            return None
        cues = present(text.lower())
        return cues if cues & self._triggers.bit else None

    def look(
        self,
        text: str,
        known_public: frozenset[str] | None,
        settled: list[str] | None = None,
        cues: int | None = ANY_CUE,
    ) -> tuple[list[Span], int, list[str] | None]:
        """Find the spans of one round, as offsets into the text given; the fallback looks where nothing else is left.

        The other values are the cues that the text has at the most, and the outline of the text in which no name is
        left; with that of the round before as `settled`, names are not looked for in vain. `cues` are those of
        `cues_of`. A round depends on the text alone, so a text in which a round finds nothing is masked for good.
        """
        normal = normalise(text)
        document = Document(allow.hide(normal.text, known_public), None if cues == ANY_CUE else cues)
        if len(document.text) > _LONG_TEXT:
            coarse = list(_COARSE.find(document))
            if coarse:
                return _spans(coarse, document, normal), ANY_CUE, None
        most = document.cues if document.text is normal.text else ANY_CUE
        recognisers = self._by_digits[min(document.digits, self._most_digits)] if cues is not None else ()
        hits = [hit for recogniser in recognisers for hit in recogniser.find(document)]
        hits, document = self.entities.sift(hits, document)
        if not hits and self._fallback and document.digits >= self._fallback_digits:
            # What is public for its surroundings ("500 applic") can end within a word: only numbers are read there.
            numbers = Document(allow.hide_in_context(document), document.cues)
            hits = [hit for recogniser in self._fallback for hit in recogniser.find(numbers)]
            hits, _ = self.entities.sift(hits, numbers)
        if self._in_context:
            settled = self._read_context(document, hits, settled)
            hits, _ = self.entities.sift(hits, document)
        return (_spans(hits, document, normal) if hits else []), most, settled

    def _read_context(self, document: Document, hits: list[Hit], settled: list[str] | None) -> list[str] | None:
        """Add the hits of the recognisers that read the context, until there are no more; return the last outline.

        None instead of it says that there may be more.
        """
        text = blanked(document.text, hits)
        for _ in range(_MAX_ROUNDS):
            seen = outline(text)
            if seen == settled:
                break
            settled = seen
            found = [hit for item in self._in_context for hit in item.find(Document(text, cues=0))]
            if not found:
                break
            hits += found
            text = blanked(text, found)
        else:
            return None
        return seen


def anonymise(text: str, *, known_public: frozenset[str] | None = None) -> Anonymised:
    """Replace every piece of personal data in a text by its label in brackets, such as `[PHONE_NUMBER]`.

    Any `str` is accepted. The result is the same for the same input, and masking it again changes nothing.
    `known_public` holds values (a published number, a mailbox) that stay, beside those of `data/public.yml`.
    """
    return ENGINE.anonymise(text, known_public)


def _coarse(text: str, known_public: frozenset[str] | None) -> list[Span]:
    normal = normalise(text)
    document = Document(allow.hide(normal.text, known_public))
    return _spans(list(_COARSE.find(document)), document, normal)


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


def mask(text: str, spans: list[Span], write: Callable[[str, str], str]) -> tuple[str, list[tuple[int, int, int]]]:
    """Build the masked text, in which `write(label, value)` stands for each value.

    Returned with it are, for each kept piece, its start there and its start and end in the original.
    """
    parts: list[str] = []
    origins: list[tuple[int, int, int]] = []
    position = length = 0
    for span in spans:
        if span.start > position:
            origins.append((length, position, span.start))
            parts.append(text[position : span.start])
            length += span.start - position
        instead = write(span.label, text[span.start : span.end])
        parts.append(instead)
        length += len(instead)
        position = span.end
    origins.append((length, position, len(text)))
    parts.append(text[position:])
    return "".join(parts), origins


def to_original(found: list[Span], origins: list[tuple[int, int, int]]) -> list[Span]:
    """Lead spans of a masked text back to the original, with the pieces that `mask` gave."""
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


ENGINE = Engine(ALL, installed(labels()))
"""The engine of every gate, with the settings of this installation."""
