"""What is noted about an event beside its data: the anonymiser that saw it, and mentions of special categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.privacy import ANONYMISER_VERSION
from components.privacy.special_categories import mentions_special_category

_SAID_BY_PEOPLE = frozenset({"user", "agent"})


def markings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns `anonymiser_version` and `special_category` of an event that has been masked (its JSON)."""
    return {"anonymiser_version": ANONYMISER_VERSION, "special_category": mentions(data)}


def mentions(data: Mapping[str, Any]) -> bool:
    """Tell whether what a customer or an agent said mentions a special category; the assistant's words do not count.

    Both what was typed and what a pressed button showed are looked at.
    """
    if data.get("event") not in _SAID_BY_PEOPLE:
        return False
    metadata = data.get("metadata")
    shown = metadata.get("shown") if isinstance(metadata, Mapping) else None
    return any(isinstance(text, str) and mentions_special_category(text) for text in (data.get("text"), shown))
