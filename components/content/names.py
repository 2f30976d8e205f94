"""How topics are named everywhere: in intents, statistics and output."""

from __future__ import annotations

AGENCIES: tuple[str, ...] = ("immigration", "customs")
OUT_OF_SCOPE = "out_of_scope"
# Chitchat is answered by leading back to the matter, so it is refused as kindly as everything out of scope.
_REFUSED = (OUT_OF_SCOPE, "chitchat")


def is_topic(intent: str | None) -> bool:
    """Tell whether an intent is a topic of the content, not small talk or out of scope."""
    return agency_of(intent) is not None


def agency_of(intent: str | None) -> str | None:
    """Return the agency of a topic's intent, or None for an intent that is no topic."""
    return next((agency for agency in AGENCIES if intent is not None and intent.startswith(f"{agency}_")), None)


def is_out_of_scope(intent: str | None) -> bool:
    """Tell whether an intent is nothing that this service answers."""
    return intent is not None and intent.startswith(_REFUSED)
