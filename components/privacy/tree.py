"""Masking of JSON-like data: what the store and the logs hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    def text(part: str, key: str | None) -> str:
        return anonymise(part, known_public=known_public).text

    return walk(
        value,
        text=text,
        number=(lambda part: _masked_number(part, known_public)) if numbers else _unread,
        skip=skip,
    )


def _masked_number(value: float, known_public: frozenset[str] | None) -> float | str:
    if isinstance(value, float):
        return value
    found = anonymise(str(value), known_public=known_public)
    return found.text if found.spans else value


def _unread(value: float) -> float:
    return value


def _never(value: Mapping[Any, Any]) -> bool:
    return False


def walk(
    value: Any,
    *,
    text: Callable[[str, str | None], str],
    number: Callable[[float], Any],
    skip: frozenset[str] = frozenset(),
    shown: Callable[[object], str] = str,
    too_deep: str = _TOO_DEEP,
    max_depth: int = _MAX_DEPTH,
    strict_json: bool = False,
    drop: frozenset[str] = frozenset(),
    harmless: Callable[[Mapping[Any, Any]], bool] = _never,
) -> Any:
    """Rebuild nested data with every string, key and number replaced by what the callers' functions make of it.

    `text` gets a string and the key it stands under (None for a key itself), `number` an int or float. Values under the
    keys in `skip` pass unread; those under the keys in `drop` are left out with their keys. A mapping that is
    `harmless` stays as it is. What is no JSON value is first turned into a string by `shown`. With `strict_json`, the
    result holds dicts with string keys and lists, and nothing else that nests; otherwise each container keeps its type.
    """
    return _Walk(text, number, skip, shown, too_deep, max_depth, strict_json, drop, harmless).value(value, None, 0)


class _Walk:
    def __init__(
        self,
        text: Callable[[str, str | None], str],
        number: Callable[[float], Any],
        skip: frozenset[str],
        shown: Callable[[object], str],
        too_deep: str,
        max_depth: int,
        strict_json: bool,
        drop: frozenset[str],
        harmless: Callable[[Mapping[Any, Any]], bool],
    ) -> None:
        self._text = text
        self._number = number
        self._skip = skip
        self._shown = shown
        self._too_deep = too_deep
        self._max_depth = max_depth
        self._strict_json = strict_json
        self._drop = drop
        self._harmless = harmless

    def value(self, value: Any, key: str | None, depth: int) -> Any:
        """Rebuild a value that stands under a key and lies `depth` containers deep."""
        if isinstance(value, str):
            return self._text(value, key)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            if depth >= self._max_depth:
                return self._too_deep
            if isinstance(value, Mapping):
                return self._mapping(value, depth)
            items = [self.value(item, key, depth + 1) for item in value]
            return items if self._strict_json else _same_type(value, items)
        if isinstance(value, bytes | bytearray) and not self._strict_json:
            return self._text(value.decode("utf-8", "replace"), key)
        return self._text(self._shown(value), key)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        if self._harmless(value):
            return dict(value)
        rebuilt: dict[Any, Any] = {}
        for key, item in value.items():
            name = key if isinstance(key, str) else None
            if name in self._drop:
                continue
            if self._strict_json and name is None:
                name = self._shown(key)
            new = self._unused(self._key(key, name, depth), rebuilt)
            rebuilt[new] = item if name in self._skip else self.value(item, name, depth + 1)
        return rebuilt

    def _key(self, key: Any, name: str | None, depth: int) -> Any:
        if name is not None:
            return self._text(name, None)
        if key is None or isinstance(key, bool | float):
            return key
        return self.value(key, None, depth + 1)

    @staticmethod
    def _unused(name: Any, taken: Mapping[Any, Any]) -> Any:
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name} ({count})"
        return unique


def _same_type(value: Any, items: list[Any]) -> Any:
    if isinstance(value, tuple):
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return items if isinstance(value, list) else frozenset(items) if isinstance(value, frozenset) else set(items)
