"""What has to hold for every text, whoever wrote it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from components.privacy import Span, anonymise
from fuzz.messages import Canary, Message

# So many letters or digits of a canary in a row may be left: two say nothing, and a boundary may be off by one.
_LEFT_AT_MOST = 3


class BrokenPromiseError(AssertionError):
    """A text for which the anonymiser does not do what it promises."""


def check(message: Message, *, seconds: float) -> None:
    """Raise `BrokenPromiseError` unless a message is masked as promised, within so many seconds of processor time.

    The promises: any text is taken; the spans lie in the text, in order and apart, and give the masked text; masking
    the result changes nothing; of each canary no more than three letters or digits in a row are left.
    """
    start = time.process_time()
    found = anonymise(message.text)
    taken = time.process_time() - start
    if taken > seconds:
        raise BrokenPromiseError(f"took {taken:.2f} s for {len(message.text)} characters")
    _check_spans(message.text, found.spans, found.text)
    again = anonymise(found.text)
    if again.text != found.text:
        raise BrokenPromiseError(f"masked again, {found.text!a} becomes {again.text!a}")
    for canary in message.canaries:
        left = max(_left(message.text, canary, found.spans), key=len, default="")
        if len(left) > _LEFT_AT_MOST:
            value = message.text[canary.start : canary.end]
            raise BrokenPromiseError(f"{left!a} of the {canary.kind} {value!a} is left in {found.text!a}")


def _check_spans(text: str, spans: tuple[Span, ...], masked: str) -> None:
    position = 0
    rest = masked
    for span in spans:
        if not position <= span.start < span.end <= len(text):
            raise BrokenPromiseError(f"{span} lies outside the text or overlaps the one before")
        if not 0 < span.score <= 1:
            raise BrokenPromiseError(f"{span} has no score in 0..1")
        kept = text[position : span.start]
        if not rest.startswith(f"{kept}["):
            raise BrokenPromiseError(f"{masked!a} does not follow from {spans}")
        rest = rest[len(kept) :].partition("]")[2]
        position = span.end
    if rest != text[position:]:
        raise BrokenPromiseError(f"{masked!a} does not follow from {spans}")


def _left(text: str, canary: Canary, spans: tuple[Span, ...]) -> Iterator[str]:
    """Yield the letters and digits of a canary in each of the pieces of it that no span covers."""
    position = canary.start
    for start, end in (*((span.start, span.end) for span in spans), (canary.end, canary.end)):
        piece = text[position : min(max(start, position), canary.end)]
        yield "".join(char for char in piece if char.isalnum())
        position = max(position, end)
        if position >= canary.end:
            return
