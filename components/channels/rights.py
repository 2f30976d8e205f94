"""What a customer sees of what is kept about the conversation."""

from __future__ import annotations

import datetime
from typing import Any

from components.channels.messages import transcript
from components.storage.rights import Row


def stored_document(tables: dict[str, list[Row]], *, stored: bool) -> dict[str, Any]:
    """Return everything that is kept of a conversation as one JSON document (docs/protocol.md).

    tables: what `SanitisedTrackerStore.stored_data` gives. stored: False when memory alone holds it.
    """
    row = next(iter(tables["conversations"]), {})
    return {
        "made_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "stored": stored,
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
