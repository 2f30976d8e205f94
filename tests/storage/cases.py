"""Conversations that can be read, for the tests of what staff do with them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.models import Base
from components.storage.references import reference_of

from .rows import DAY, SECOND, add

SENDER = "c" * 32
OTHER = "d" * 32
FEE = "immigration_processing_fee"
SAID: tuple[tuple[str, str, str | None], ...] = (
    ("customer", "paljonko oleskelulupa mahtaa nykyään maksaa opiskelijalle", None),
    ("assistant", "Hinta riippuu hakemuksesta.", FEE),
    ("customer", "Kiitos", None),
    ("assistant", "Ole hyvä!", None),
)


def add_spoken(
    connection: Connection,
    sender_id: str = SENDER,
    *,
    start: datetime.datetime,
    period: datetime.timedelta = 365 * DAY,
    said: Sequence[tuple[str, str, str | None]] = SAID,
) -> list[int]:
    """Insert a session of a conversation with its index; returns the numbers of its messages' events."""
    end = start + period
    conversations = Base.metadata.tables["conversations"]
    times = {"session_started_at": start, "last_event_at": start, "expires_at": end}
    here = conversations.c.sender_id == sender_id
    if not connection.execute(sa.update(conversations).where(here).values(**times)).rowcount:
        connection.execute(sa.insert(conversations).values(sender_id=sender_id, state="{}", **times))
        add(
            connection,
            "indexed_conversations",
            end,
            sender_id=sender_id,
            reference=reference_of(sender_id),
            topics=f",{FEE},",
            labels="",
            language="fi",
            started_at=start,
        )
    else:
        index = Base.metadata.tables["indexed_conversations"]
        connection.execute(sa.update(index).where(index.c.sender_id == sender_id).values(expires_at=end))
    numbers = []
    for place, (speaker, text, topic) in enumerate(said):
        number = _add_event(connection, sender_id, start + place * SECOND, end, speaker, text, topic)
        add(connection, "indexed_messages", end, sender_id=sender_id, event_id=number, text=text, words=text)
        numbers.append(number)
    return numbers


def _add_event(
    connection: Connection,
    sender_id: str,
    at: datetime.datetime,
    end: datetime.datetime,
    speaker: str,
    text: str,
    topic: str | None,
) -> int:
    data: dict[str, Any] = {"event": {"customer": "user", "assistant": "bot"}.get(speaker, speaker), "text": text}
    if speaker == "customer":
        data["parse_data"] = {"intent": {"name": topic or FEE, "confidence": 0.9}, "language": "fi"}
    if speaker == "assistant" and topic is not None:
        data["metadata"] = {"metadata": {"answer": {"topic": topic, "title": "Hinta"}}}
    row = connection.execute(
        sa.insert(Base.metadata.tables["events"]).values(
            sender_id=sender_id,
            write_id="0" * 32,
            type_name=data["event"],
            occurred_at=at,
            expires_at=end,
            data=json.dumps(data),
        )
    )
    return int(row.inserted_primary_key[0])
