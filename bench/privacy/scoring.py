"""What survives of personal data, and what else is lost.

Every system says which parts of a message it masks. What survives is therefore known character by character, and
nothing has to be guessed by comparing two texts.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bench.privacy.messages import LABELS, Gold, Message

ALL = "all"

# So many letters and digits in a row say something about a person; of a shorter value, all of them.
_TELLING = 3

# What may stay of an inflected Finnish word: a case ending, with an enclitic or a possessive behind it. Folded.
_ENDING = re.compile(
    r"(?:i|e|se|si|sie|ie|a|o|u|y)?"
    r"(?:ssa|sta|lla|lta|lle|ksi|tta|na|n|en|ien|jen|sen|seen|h[aeiouy]n|aan|een|iin|oon|uun|yyn|[lnrst]ia)"
    r"(?:kin|kaan|ko|han|pa|ni|nne|nsa)?"
)
_INFLECTED = ("PERSON", "STREET_ADDRESS")

# Full dates may be masked or kept in any message that is not about a birth: the record of processing names them.
_FULL_DATE = re.compile(r"\d{1,2}\s*[./]\s*\d{1,2}\s*[./]\s*\d{4}|\d{4}-\d{2}-\d{2}")


@dataclasses.dataclass(frozen=True)
class Found:
    """A part of a message that a system masks: offsets into the text, under a label of Luotsi or of the system."""

    start: int
    end: int
    label: str


@dataclasses.dataclass
class Leaks:
    """Messages with personal data; `strict` of them leak something, `core` something that identifies by itself."""

    messages: int = 0
    strict: int = 0
    core: int = 0


@dataclasses.dataclass
class Harmless:
    """Messages without personal data; something of value was masked in `changed` of them."""

    messages: int = 0
    changed: int = 0


@dataclasses.dataclass
class Pieces:
    """Marked pieces of one label: `found` overlap what was masked, `strict` and `core` of them leak.

    `masked` parts carry the label, `right` of these overlap a marked piece of any label.
    """

    gold: int = 0
    found: int = 0
    strict: int = 0
    core: int = 0
    masked: int = 0
    right: int = 0

    @property
    def recall(self) -> float | None:
        """Share of the marked pieces that were at least touched."""
        return ratio(self.found, self.gold)

    @property
    def precision(self) -> float | None:
        """Share of what was masked that touches a marked piece."""
        return ratio(self.right, self.masked)

    @property
    def f2(self) -> float | None:
        """Harmonic mean in which recall weighs four times as much as precision."""
        if not self.recall or not self.precision:
            return None if self.recall is None or self.precision is None else 0.0
        return 5 * self.precision * self.recall / (4 * self.precision + self.recall)


@dataclasses.dataclass
class Score:
    """Everything counted; the keys are "all", a language, a kind or "kind language", and (label, language)."""

    leaks: dict[str, Leaks] = dataclasses.field(default_factory=lambda: defaultdict(Leaks))
    harmless: dict[str, Harmless] = dataclasses.field(default_factory=lambda: defaultdict(Harmless))
    pieces: dict[tuple[str, str], Pieces] = dataclasses.field(default_factory=lambda: defaultdict(Pieces))
    other_characters: int = 0
    other_lost: int = 0
    leaking: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    over_redacted: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain data: the counts and the ratios."""
        return {
            "leaks": {
                key: {
                    **dataclasses.asdict(value),
                    "strict_rate": ratio(value.strict, value.messages),
                    "core_rate": ratio(value.core, value.messages),
                }
                for key, value in self.leaks.items()
            },
            "over_redaction": {
                key: {**dataclasses.asdict(value), "rate": ratio(value.changed, value.messages)}
                for key, value in self.harmless.items()
            },
            "pieces": {
                f"{label} {language}": {
                    **dataclasses.asdict(value),
                    "recall": value.recall,
                    "precision": value.precision,
                    "f2": value.f2,
                    "leak_rate": ratio(value.strict, value.gold),
                }
                for (label, language), value in sorted(self.pieces.items())
            },
            "other_text_lost": ratio(self.other_lost, self.other_characters),
            "leaking": self.leaking,
            "over_redacted": self.over_redacted,
        }


def ratio(part: int, whole: int) -> float | None:
    """Return a share, None of nothing."""
    return part / whole if whole else None


def score(messages: Sequence[Message], found: Mapping[str, Sequence[Found]]) -> Score:
    """Score what was masked in each message, by the message's id; a message that is missing was left as it was."""
    result = Score()
    for message in messages:
        _count(result, message, found.get(message.id, ()))
    return result


def _count(result: Score, message: Message, found: Sequence[Found]) -> None:
    folded = _fold(message.text)
    masked = _marks(len(message.text), ((part.start, part.end) for part in found))
    dates = _marks(len(message.text), (match.span() for match in _FULL_DATE.finditer(message.text)))
    _count_pieces(result, message, found, masked, folded, dates)
    if not message.spans:
        lost = [i for i, letters in enumerate(folded) if letters and masked[i] and not dates[i]]
        for key in (ALL, message.language):
            result.harmless[key].messages += 1
            result.harmless[key].changed += bool(lost)
        if lost:
            result.over_redacted[message.id] = [message.text[part.start : part.end] for part in found]
        return
    gold = _marks(len(message.text), ((span.start, span.end) for span in message.spans))
    others = [i for i, letters in enumerate(folded) if letters and not gold[i]]
    result.other_characters += len(others)
    result.other_lost += sum(masked[i] for i in others)

    inflected = message.language == "fi"
    strict = [span for span in message.spans if _survives(span, _whole(span), masked, folded, inflected=inflected)]
    core = [span for span in message.spans if _survives(span, _hard(span), masked, folded, inflected=inflected)]
    for key in (ALL, message.language, message.kind, f"{message.kind} {message.language}"):
        result.leaks[key].messages += 1
        result.leaks[key].strict += bool(strict)
        result.leaks[key].core += bool(core)
    for language in (ALL, message.language):
        for span in message.spans:
            for label in (ALL, span.label):
                result.pieces[label, language].strict += span in strict
                result.pieces[label, language].core += span in core
    if strict:
        result.leaking[message.id] = [f"{span.label} {message.text[span.start : span.end]}" for span in strict]


def _count_pieces(
    result: Score,
    message: Message,
    found: Sequence[Found],
    masked: bytearray,
    folded: Sequence[str],
    dates: bytearray,
) -> None:
    for language in (ALL, message.language):
        for span in message.spans:
            touched = any(part.start < span.end and span.start < part.end for part in found)
            for label in (ALL, span.label):
                result.pieces[label, language].gold += 1
                result.pieces[label, language].found += touched
        for part in found:
            right = any(part.start < span.end and span.start < part.end for span in message.spans)
            if not right and all(dates[i] for i in range(part.start, part.end) if folded[i]):
                continue
            for label in (ALL, part.label):
                result.pieces[label, language].masked += 1
                result.pieces[label, language].right += right


def _whole(span: Gold) -> list[tuple[int, int]]:
    return [(span.start, span.end)]


def _hard(span: Gold) -> list[tuple[int, int]]:
    """Return the parts of a piece that are not soft."""
    edges = [span.start, *(edge for part in span.soft for edge in part), span.end]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _survives(
    span: Gold, parts: Sequence[tuple[int, int]], masked: bytearray, folded: Sequence[str], *, inflected: bool
) -> bool:
    """Tell whether a telling run of letters and digits stays in these parts of a piece.

    A Finnish case ending that stays behind a masked stem tells nothing (`inflected`).
    """
    needed = min(_TELLING, sum(len(folded[i]) for part in parts for i in range(*part)))
    for part in parts:
        for start, end in _runs(*part, masked):
            left = "".join(folded[start:end])
            if not left or len(left) < needed:
                continue
            at_the_end = not any(folded[end : span.end])
            behind_a_stem = any(folded[span.start : start])
            if not (
                inflected and span.label in _INFLECTED and at_the_end and behind_a_stem and _ENDING.fullmatch(left)
            ):
                return True
    return False


def _runs(start: int, end: int, masked: bytearray) -> Iterator[tuple[int, int]]:
    position = start
    while position < end:
        stop = position
        while stop < end and not masked[stop]:
            stop += 1
        if stop > position:
            yield position, stop
        position = stop + 1


def _fold(text: str) -> list[str]:
    """Return for each character the letters and digits that it stands for, in lower case and without accents."""
    return [
        "".join(c for c in unicodedata.normalize("NFKD", character).casefold() if unicodedata.category(c)[0] in "LN")
        for character in text
    ]


def _marks(length: int, ranges: Iterable[tuple[int, int]]) -> bytearray:
    marks = bytearray(length)
    for start, end in ranges:
        if not 0 <= start <= end <= length:
            raise ValueError(f"{start}-{end} lies outside a text of {length} characters")
        marks[start:end] = b"\x01" * (end - start)
    return marks


def labels_of(result: Score) -> list[str]:
    """Return the labels that were marked or masked: those of the format first, then the systems' own."""
    seen = Counter(label for label, _ in result.pieces if label != ALL)
    return [label for label in LABELS if label in seen] + sorted(set(seen) - set(LABELS))
