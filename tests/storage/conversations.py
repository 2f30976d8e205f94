"""Conversations for the tests of the store: a small domain, turns, and ways to look at what is kept."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine

from components.settings import Settings
from components.storage.models import Base
from components.storage.tracker_store import SanitisedTrackerStore

RETENTION = datetime.timedelta(days=730)
SENDER = "0123456789abcdef0123456789abcdef"
OTHER_SENDER = "fedcba9876543210fedcba9876543210"
MESSAGE_ID = "00112233445566778899aabbccddeeff"
OPENING_HOURS = "Tullin neuvonta palvelee arkisin klo 8-16, puhelin 0295 5201. Suljettu 24.12.2026."

DOMAIN = Domain.from_yaml(
    f"""
    version: "3.1"
    intents: [greet, customs_opening_hours, start_over, affirm, inform]
    entities: [language]
    slots:
      language:
        type: categorical
        values: [fi, en]
        influence_conversation: false
        mappings: [{{type: from_entity, entity: language}}]
      year:
        type: text
        mappings: [{{type: from_text, conditions: [{{active_loop: queue_form}}]}}]
      contact:
        type: text
        initial_value: none yet
        influence_conversation: false
        mappings: [{{type: custom}}]
    forms:
      queue_form:
        required_slots: [year]
    responses:
      utter_greet: [{{text: "Hei!"}}]
      utter_ask_year: [{{text: "Which year?"}}]
      utter_customs_opening_hours: [{{text: "{OPENING_HOURS}"}}]
    actions: [action_start_over]
    session_config: {{session_expiration_time: 60, carry_over_slots_to_new_session: true}}
    """
)


def settings(database_url: str, *, retention: datetime.timedelta = RETENTION) -> Settings:
    """Settings as a running server has them."""
    return Settings(
        secret_key=b"a key of the tests, 32 bytes long",
        database_url=database_url,
        retention=retention,
        session_lifetime=datetime.timedelta(hours=12),
    )


class Broker(EventBroker):  # type: ignore[misc]
    """An event broker that keeps what it was given."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.store: SanitisedTrackerStore | None = None
        self.rows_at_publishing: list[int] = []

    def publish(self, event: dict[str, Any]) -> None:
        """Keep an event, and how many rows the store had at that moment."""
        if self.store is not None:
            self.rows_at_publishing.append(len(rows_of(self.store.engine)))
        self.published.append(event)


def new_tracker(sender_id: str = SENDER, *, at: float | None = None) -> DialogueStateTracker:
    """A tracker whose first session has just begun (`at`: seconds since the epoch)."""
    tracker = DialogueStateTracker(sender_id, DOMAIN.slots)
    begin_session(tracker, at=at)
    return tracker


def begin_session(tracker: DialogueStateTracker, *, at: float | None = None) -> None:
    """Append what Rasa appends when a session begins."""
    start = time.time() if at is None else at
    append(
        tracker,
        ActionExecuted("action_session_start", timestamp=start),
        SessionStarted(timestamp=start + 0.001),
        ActionExecuted("action_listen", timestamp=start + 0.002),
    )


def append(tracker: DialogueStateTracker, *events: Event) -> None:
    """Append events as Rasa does."""
    for event in events:
        tracker.update(event, DOMAIN)


def turn(
    tracker: DialogueStateTracker,
    text: str,
    *,
    reply: str = "Hei!",
    intent: str = "greet",
    language: str | None = None,
    at: float | None = None,
) -> None:
    """Append one turn: the customer's message, a slot when a language is given, the answer, and listening."""
    now = time.time() if at is None else at
    parse_data = {"intent": {"name": intent, "confidence": 0.93}, "entities": [], "text": text}
    append(
        tracker,
        UserUttered(
            text,
            intent=parse_data["intent"],
            entities=[],
            parse_data=parse_data,
            input_channel="web",
            message_id=MESSAGE_ID,
            timestamp=now,
        ),
    )
    if language is not None:
        append(tracker, SlotSet("language", language, timestamp=now + 0.001))
    append(
        tracker,
        ActionExecuted(f"utter_{intent}", policy="policy_2_AnswerPolicy", confidence=1.0, timestamp=now + 0.002),
        BotUttered(reply, {"buttons": None}, {"utter_action": f"utter_{intent}"}, timestamp=now + 0.003),
        ActionExecuted("action_listen", policy="policy_2_AnswerPolicy", confidence=1.0, timestamp=now + 0.004),
    )


def said(tracker: DialogueStateTracker | None) -> list[str]:
    """What the customer said, oldest first."""
    events = tracker.events if tracker is not None else []
    return [str(event.text) for event in events if isinstance(event, UserUttered)]


def dicts(tracker: DialogueStateTracker | None) -> list[dict[str, Any]]:
    """The events of a tracker as they are written out."""
    return [event.as_dict() for event in tracker.events] if tracker is not None else []


def rows_of(engine: Engine, table: str = "events") -> list[dict[str, Any]]:
    """All rows of a table as the database has them, oldest first."""
    order = "id" if table == "events" else next(iter(Base.metadata.tables[table].primary_key)).name
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY {order}"))
        return [dict(row._mapping) for row in rows]


def texts_of(engine: Engine, sender_id: str = SENDER) -> list[str]:
    """What customers said according to the rows, oldest first."""
    return [
        str(json.loads(row["data"])["text"])
        for row in rows_of(engine)
        if row["type_name"] == "user" and row["sender_id"] == sender_id
    ]


def utc(value: object) -> datetime.datetime:
    """A time as the database gives it, SQLite as text and PostgreSQL as a datetime."""
    moment = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(str(value))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.timezone.utc)
