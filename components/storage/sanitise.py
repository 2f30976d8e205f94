"""Gate 3: what is written is masked once more."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.privacy import Span, anonymise
from components.privacy.derived import is_coarse_case
from components.privacy.engine import ENGINE, mask
from components.privacy.pseudonyms import NETWORK_KEY
from components.privacy.tree import walk
from components.storage.published import Published, Range

WITHHELD = "[WITHHELD]"
"""Stands for a value that could not be masked; the raw value is kept nowhere."""

# Values under these keys are machine-made identifiers; they pass only in the exact shape of one.
_IDENTIFIER_KEYS = frozenset({"message_id", "model_id", "assistant_id"})
_IDENTIFIER = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The value of a slot that is a country's code (ISO 3166) says where a parcel or a trip comes from, of whomever.
_SLOT_VALUE_KEY = "value"
_COUNTRY_CODE = re.compile(r"[A-Z]{2}")

# Needed while a message is handled, and never stored with a conversation.
_IN_PASSING = frozenset({NETWORK_KEY})

# Below this a number is a confidence, a count, a price or a year.
_SMALLEST_MASKED_NUMBER = 100_000
_MAX_DEPTH = 40


def public_strings(*values: Any) -> Published:
    """Return every string inside `values` (nested dicts and lists): the published content, which is no one's data."""
    found: set[str] = set()
    _collect(values, found)
    return Published(found)


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, str):
        found.add(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _collect(key, found)
            _collect(item, found)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _collect(item, found)


def is_identifier(value: str) -> bool:
    """Tell whether `value` has the exact shape of a machine-made identifier (32 hexadecimal digits or a UUID)."""
    return _IDENTIFIER.fullmatch(value) is not None


def sanitise(value: Any, public: frozenset[str] = frozenset()) -> Any:
    """Return a copy of JSON-like data in which every string has been masked, keys included.

    A string that is word for word in `public` stays as it is, so that an answer keeps the authority's own phone
    number; of a text with places that were filled in (components.storage.published) the published parts stay.
    Numbers of six or more digits before the point are masked like text, but for the rounded running number of
    `components.privacy.derived`. The pseudonym of a network is left out. Never raises: what cannot be masked becomes
    WITHHELD. The result is strict JSON data (no NaN, no other types).
    """

    def text(part: str, key: str | None) -> str:
        if part in public or (key in _IDENTIFIER_KEYS and is_identifier(part)):
            return part
        if key == _SLOT_VALUE_KEY and _COUNTRY_CODE.fullmatch(part):
            return part
        return _mask(part, public.ranges_in(part) if isinstance(public, Published) else [])

    return walk(
        value,
        text=text,
        number=_number,
        shown=_text,
        too_deep=WITHHELD,
        max_depth=_MAX_DEPTH,
        strict_json=True,
        drop=_IN_PASSING,
        harmless=is_coarse_case,
    )


def _mask(text: str, published: list[Range] | None = None) -> str:
    try:
        masked = anonymise(text)
        if not published:
            return masked.text
        spans = [piece for span in masked.spans for piece in _outside(span, published, text)]
        return mask(text, spans, ENGINE.entities.write)[0]
    except Exception:  # whatever went wrong, the raw text goes nowhere
        return WITHHELD


def _outside(span: Span, published: list[Range], text: str) -> Iterator[Span]:
    """Yield the pieces of a span that are not published; `published` is in order."""
    start = span.start
    for first, last in [*published, (span.end, span.end)]:
        piece = text[start : min(first, span.end)]
        if any(map(str.isalnum, piece)):
            yield Span(start, start + len(piece), span.label, span.score)
        start = max(start, last)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # an object that cannot even be shown
        return WITHHELD


def _number(value: int | float) -> int | float | str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if abs(value) < _SMALLEST_MASKED_NUMBER:
        return value
    # A phone number that came as a number loses its zero and its plus sign, and as a float it gains ".0".
    try:
        text = str(int(value)) if value == int(value) else repr(value)
    except ValueError:  # Python refuses to write out thousands of digits
        return WITHHELD
    masked = _mask(text)
    return value if masked == text else masked
