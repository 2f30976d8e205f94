"""What a customer sees of what is kept about the conversation."""

from __future__ import annotations

import datetime
from typing import Any

from components.channels.messages import transcript
from components.storage.references import reference_of
from components.storage.rights import Row


def stored_document(tables: dict[str, list[Row]], *, stored: bool) -> dict[str, Any]:
    """Return everything that is kept of a conversation as one JSON document (docs/protocol.md).

    tables: what `SanitisedTrackerStore.stored_data` gives. stored: False when memory alone holds it.
    """
    row = next(iter(tables["conversations"]), {})
    return {
        "made_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "stored": stored,
        "reference": _reference(tables) if stored else None,
        "expires_at": row.get("expires_at") if stored else None,
        "notice_version": row.get("notice_version"),
        "consented_at": row.get("consented_at"),
        "messages": transcript(event["data"] for event in tables["events"]),
        "feedback": [
            {"rating": given["rating"], "comment": given["comment"], "time": given["occurred_at"]}
            for given in tables.get("feedback", [])
        ],
        "tables": tables,
    }


def _reference(tables: dict[str, list[Row]]) -> str | None:
    """Return the code by which the authority finds the conversation, or None when nothing is kept."""
    senders = (row["sender_id"] for rows in tables.values() for row in rows if row.get("sender_id"))
    sender_id = next(senders, None)
    return reference_of(str(sender_id)) if sender_id is not None else None
