"""Indexed conversations for the tests of planning."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.models import IndexedConversation, IndexedMessage
from components.storage.references import reference_of
from components.storage.stems import stems

DAY = datetime.timedelta(days=1)
_numbers = itertools.count(1)


def now() -> datetime.datetime:
    """The time of the test."""
    return datetime.datetime.now(datetime.timezone.utc)


def add_conversations(
    engine: Engine,
    texts: Iterable[str],
    *,
    language: str = "fi",
    at: datetime.datetime | None = None,
    fallback: bool = True,
    topic: str | None = None,
    **values: object,
) -> None:
    """Add a conversation of one message for each text."""
    moment = at or now() - DAY
    with engine.begin() as connection:
        for text in texts:
            sender = f"sender{next(_numbers)}"
            conversation = {
                "sender_id": sender,
                "reference": reference_of(sender),
                "channel": "web",
                "language": language,
                "agency": "customs",
                "started_at": moment,
                "last_event_at": moment,
                "expires_at": moment + 700 * DAY,
                "indexed_at": moment,
                "questions": 1,
                "fallbacks": int(fallback),
                "topics": f",{topic}," if topic else "",
                "labels": "",
                "special_category": False,
                "handoff": False,
            }
            connection.execute(sa.insert(IndexedConversation.__table__).values(**{**conversation, **values}))
            connection.execute(
                sa.insert(IndexedMessage.__table__).values(
                    sender_id=sender,
                    event_id=next(_numbers),
                    occurred_at=moment,
                    expires_at=moment + 700 * DAY,
                    speaker="customer",
                    language=language,
                    text=text,
                    words=stems(text, language),
                    topic=topic,
                    fallback=fallback,
                )
            )
