"""Conversations that trainers review in the tests."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage import conversation_index
from components.storage.models import Base
from components.storage.references import reference_of

TODAY = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
SENDER = "0123456789abcdef0123456789abcdef"
FEE, GIFT = "immigration_processing_fee", "customs_gift"


@dataclasses.dataclass(frozen=True)
class Made:
    """A conversation that a test made: its reference, and the ids of its events in their order."""

    sender_id: str
    reference: str
    events: tuple[int, ...]


def said(
    text: str, intent: str = FEE, *, confidence: float = 0.9, masked: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """A customer's message."""
    ranking = [{"name": intent, "confidence": confidence}, {"name": GIFT, "confidence": 0.05}]
    metadata = {"masked": list(masked), **more}
    return {
        "event": "user",
        "text": text,
        "metadata": metadata,
        "parse_data": {
            "intent": {"name": intent, "confidence": confidence},
            "intent_ranking": ranking,
            "text": text,
            "language": "fi",
            "metadata": dict(metadata),
        },
        "input_channel": "web",
        "message_id": "00112233445566778899aabbccddeeff",
    }


def answered(text: str, topic: str = FEE) -> dict[str, Any]:
    """An answer of the service."""
    version = {
        "topic": topic,
        "title": "Hakemuksen hinta",
        "links": [],
        "sources": [{"title": "Maksut", "url": "https://migri.fi/maksut", "language": "fi"}],
        "reviewed": "2026-11-01",
        "volatile": True,
    }
    return {
        "event": "bot",
        "text": text,
        "metadata": {"utter_action": f"utter_{topic}", "metadata": {"language": "fi", "answer": version}},
        "data": {"buttons": [{"title": "Lahja", "payload": "/customs_gift"}]},
    }


def did(name: str) -> dict[str, Any]:
    """An action of the service."""
    return {"event": "action", "name": name}


DIALOGUE = (
    said("paljonko hakemus maksaa"),
    did(f"utter_{FEE}"),
    answered("Hinta on **750 €**, ks. [maksut](https://migri.fi/maksut)."),
    did("action_listen"),
    said("nimeni on [NAME_1], soita minulle", "nlu_fallback", confidence=0.2, masked=["PERSON"]),
    did("action_offer_topics"),
    answered("En ymmärtänyt.", GIFT),
)


def add_conversation(
    connection: Connection,
    sender_id: str = SENDER,
    events: Sequence[dict[str, Any]] = DIALOGUE,
    *,
    start: datetime.datetime = TODAY - datetime.timedelta(days=2),
    expires_at: datetime.datetime = TODAY + datetime.timedelta(days=30),
    state: dict[str, Any] | None = None,
) -> Made:
    """Store a conversation as the tracker store does, and index it."""
    tables = Base.metadata.tables
    last = start + datetime.timedelta(minutes=len(events) - 1)
    connection.execute(
        sa.insert(tables["conversations"]).values(
            sender_id=sender_id,
            channel="web",
            session_started_at=start,
            last_event_at=last,
            expires_at=expires_at,
            state=json.dumps(state or {"slots": {"language": "fi"}, "active_loop": None, "paused": False}),
        )
    )
    ids = []
    for number, event in enumerate(events):
        at = start + datetime.timedelta(minutes=number)
        row = connection.execute(
            sa.insert(tables["events"]).values(
                sender_id=sender_id,
                write_id=f"{number:032x}",
                type_name=event["event"],
                occurred_at=at,
                expires_at=expires_at,
                data=json.dumps({"timestamp": at.timestamp(), **event}, ensure_ascii=False),
            )
        )
        ids.append(int(row.inserted_primary_key[0]))
    conversation_index.reindex(connection, sender_id)
    return Made(sender_id, reference_of(sender_id), tuple(ids))


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    """All rows of a table, oldest first."""
    with engine.connect() as connection:
        found = Base.metadata.tables[table]
        query = sa.select(found).order_by(*found.primary_key.columns)
        return [dict(row._mapping) for row in connection.execute(query)]


@pytest.fixture
def made(engine: Engine) -> Made:
    """A conversation in which a question was answered and another one was not understood."""
    with engine.begin() as connection:
        return add_conversation(connection)


@pytest.fixture
def more(engine: Engine) -> Callable[[int], list[Made]]:
    """Makes further conversations."""

    def make(count: int) -> list[Made]:
        with engine.begin() as connection:
            return [add_conversation(connection, f"{number:032x}") for number in range(1, count + 1)]

    return make
