"""One answer where recognisers overlap."""

from __future__ import annotations

from collections.abc import Iterable

from components.privacy.spans import OPAQUE, Hit, Span


def resolve(hits: Iterable[Hit], text: str) -> list[Hit]:
    """Return hits that lie apart, in order: the longest wins, then the best score; what juts out of a loser is kept.

    Nothing that any recogniser found stays unmasked: the part of a loser outside the winner is a hit of its own.
    """
    first = sorted(hits, key=_start)
    if _apart(first, text):
        return first
    taken: list[Hit] = []
    covered = bytearray(len(text))
    for hit in sorted(first, key=lambda h: (h.start - h.end, -h.score, h.start, h.label)):
        position = hit.start
        while position < hit.end:
            if covered[position] or text[position] == OPAQUE:
                position += 1
                continue
            end = position
            while end < hit.end and not covered[end] and text[end] != OPAQUE:
                end += 1
            whole = position == hit.start and end == hit.end
            start, stop = (position, end) if whole else _trim(text, position, end)
            if start < stop:
                covered[start:stop] = b"\x01" * (stop - start)
                taken.append(Hit(start, stop, hit.label, hit.score))
            position = end
    taken.sort(key=_start)
    return taken


def _start(hit: Hit) -> int:
    return hit.start


def _apart(hits: list[Hit], text: str) -> bool:
    """Whether hits in order lie apart and cover nothing that is masked or public."""
    position = 0
    for hit in hits:
        if hit.start < position or text.find(OPAQUE, hit.start, hit.end) >= 0:
            return False
        position = hit.end
    return True


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end


def merge(spans: Iterable[Span], text: str) -> tuple[Span, ...]:
    """Return spans in order, neighbours of one label (touching, or one space apart) joined."""
    spans = tuple(spans)
    if len(spans) < 2:
        return spans
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start):
        last = merged[-1] if merged else None
        if last and last.label == span.label and text[last.end : span.start] in ("", " "):
            merged[-1] = Span(last.start, span.end, span.label, max(last.score, span.score))
        else:
            merged.append(span)
    return tuple(merged)
