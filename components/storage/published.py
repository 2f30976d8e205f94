"""What is published, and so no one's data: texts of the content, some of them with {places} that are filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Range = tuple[int, int]

_PLACE = re.compile(r"\{\w+\}")
# A shorter text than this between the places says nothing about where a text comes from.
_SHORTEST_TEMPLATE = 12


class Published(frozenset[str]):
    """The published strings; those with {places} are known again when the places are filled in."""

    _templates: dict[str, list[tuple[str, ...]]]
    """By their first character, or under "" when a place comes first: every stored string is compared with them."""

    def __new__(cls, strings: Iterable[str] = ()) -> Published:
        """Take the strings."""
        made = super().__new__(cls, strings)
        parts = (tuple(_PLACE.split(text)) for text in made if _PLACE.search(text))
        made._templates = {}
        for found in parts:
            if len("".join(found).strip()) >= _SHORTEST_TEMPLATE:
                made._templates.setdefault(found[0][:1], []).append(found)
        return made

    def ranges_in(self, text: str) -> list[Range]:
        """Return which parts of a text are published, when the whole text is a template that was filled in.

        The lines of what was filled in may themselves be published, or be templates.
        """
        for template in self._like(text):
            fixed = _matched(template, text)
            if fixed is not None:
                return sorted([*fixed, *self._ranges_of_lines(text, fixed)])
        return []

    def _like(self, text: str) -> Iterator[tuple[str, ...]]:
        """Yield the templates that a text may have come from."""
        if len(text) >= _SHORTEST_TEMPLATE:
            yield from self._templates.get(text[:1], ())
            yield from self._templates.get("", ())

    def _ranges_of_lines(self, text: str, fixed: list[Range]) -> Iterator[Range]:
        for (_, start), (end, _) in zip(fixed, fixed[1:], strict=False):
            position = start
            for line in text[start:end].split("\n"):
                if line in self:
                    yield position, position + len(line)
                for template in self._like(line):
                    for first, last in _matched(template, line) or ():
                        yield position + first, position + last
                position += len(line) + 1


def _matched(template: tuple[str, ...], text: str) -> list[Range] | None:
    """Return where the parts of a template stand in a text, or None; each part is looked for once, from the left."""
    head, *middle, tail = template
    end = len(text) - len(tail)
    if not text.startswith(head) or not text.endswith(tail) or end < len(head):
        return None
    found = [(0, len(head))]
    for part in middle:
        start = text.find(part, found[-1][1], end)
        if start < 0:
            return None
        found.append((start, start + len(part)))
    return [*found, (end, len(text))]
