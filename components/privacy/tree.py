"""Masking of JSON-like data: what the store and the logs hold."""

from __future__ import annotations

from typing import Any

from components.privacy.engine import anonymise

# JSON from outside may be nested without end; deeper values are replaced whole.
_MAX_DEPTH = 100
_TOO_DEEP = "[NESTED_TOO_DEEP]"


def anonymise_tree(
    value: Any,
    *,
    known_public: frozenset[str] | None = None,
    skip: frozenset[str] = frozenset(),
    numbers: bool = False,
) -> Any:
    """Mask every string in nested dicts, lists, tuples and sets, keys included, and return the same shape.

    `skip` names dict keys whose values pass unread (identifiers and times that the caller made itself). Numbers,
    booleans and None stay; with `numbers`, an integer that reads as personal data becomes its masked text. Keys that
    mask to the same text are told apart by a counter. Anything else is replaced by the masked form of its `str`.
    """
    return _Walk(known_public, skip, numbers).mask(value, 0)


class _Walk:
    def __init__(self, known_public: frozenset[str] | None, skip: frozenset[str], numbers: bool) -> None:
        self._known_public = known_public
        self._skip = skip
        self._numbers = numbers

    def mask(self, value: Any, depth: int) -> Any:
        """Mask a value that lies `depth` containers deep."""
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            return self._number(value) if self._numbers else value
        if depth >= _MAX_DEPTH:
            return _TOO_DEEP
        if isinstance(value, dict):
            return self._mapping(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return _same_type(value, [self.mask(item, depth + 1) for item in value])
        if isinstance(value, (bytes, bytearray)):
            return self._text(value.decode("utf-8", "replace"))
        return self._text(str(value))

    def _text(self, value: str) -> str:
        return anonymise(value, known_public=self._known_public).text

    def _number(self, value: int) -> int | str:
        found = anonymise(str(value), known_public=self._known_public)
        return found.text if found.spans else value

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        masked: dict[Any, Any] = {}
        for key, item in value.items():
            new = key if key is None or isinstance(key, (bool, float)) else self.mask(key, depth + 1)
            unique, count = new, 1
            while unique in masked:
                count += 1
                unique = f"{new} ({count})"
            masked[unique] = item if isinstance(key, str) and key in self._skip else self.mask(item, depth + 1)
        return masked


def _same_type(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any], items: list[Any]) -> Any:
    if isinstance(value, tuple):
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return items if isinstance(value, list) else frozenset(items) if isinstance(value, frozenset) else set(items)
