"""Sentences of an answer: what is left of it when somebody wants it short."""

from __future__ import annotations

import re

_BREAK = re.compile(r"(?<=[.!?])[*)\"”’]*\s+(?=[\"“”(*\[]*[A-ZÅÄÖ0-9])")
# A full stop after these, or after a single capital or a number, does not end a sentence.
_OPEN_END = re.compile(
    r"(?:\b(?:esim|mm|ks|ns|nk|vrt|klo|nro|e\.g|i\.e|etc|no|nr|approx|incl)|\b[A-ZÅÄÖ]|\b\d{1,2})\.\Z"
)
_LIST_MARK = re.compile(r"^\s*-\s+", re.MULTILINE)
_SHORTEST_WORDS = 6


def sentences(markdown: str) -> list[str]:
    """Return the sentences of a piece of Markdown without lists, in order."""
    found: list[str] = []
    for paragraph in markdown.split("\n"):
        rest = paragraph.strip()
        start = 0
        for match in _BREAK.finditer(rest):
            candidate = rest[start : match.end()].strip()
            if _OPEN_END.search(candidate):
                continue
            found.append(candidate)
            start = match.end()
        if rest[start:].strip():
            found.append(rest[start:].strip())
    return found


def gist(markdown: str) -> str:
    """Return the sentence with which an answer begins, with the list that it announces and without what follows.

    A word or two, such as "Yes.", is no gist alone, so then the next sentence belongs to it.
    """
    blocks = [block for block in re.split(r"\n(?=\s*-\s)|\n\s*\n", markdown.strip()) if block.strip()]
    first = sentences(blocks[0])
    taken = first[:1] if len(first[0].split()) >= _SHORTEST_WORDS else first[:2]
    announces = len(taken) == len(first) and not taken[-1].rstrip('*)"”’').endswith((".", "!", "?"))
    if not announces:
        return " ".join(taken)
    items = []
    for block in blocks[1:]:
        if not _LIST_MARK.match(block):
            break
        items.append(block.strip())
    return "\n".join([" ".join(taken), *items])
