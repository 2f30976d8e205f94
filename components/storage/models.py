"""The tables. Every row that concerns a conversation has `expires_at`."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import declarative_base
from sqlalchemy.types import TypeDecorator

SENDER_ID_LENGTH = 64
CHANNEL_LENGTH = 32


class UtcDateTime(TypeDecorator):
    """An aware datetime, kept in UTC; a naive one is refused because nobody knows what it means."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("give an aware datetime (UTC) instead of a naive one")
        return value.astimezone(datetime.timezone.utc)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:
        """Return UTC on the way out; SQLite gives naive values back."""
        if value is None:
            return None
        aware: datetime.datetime = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return aware.astimezone(datetime.timezone.utc)


Base: Any = declarative_base()


class Conversation(Base):
    """One conversation under its pseudonym, with the dialogue state that its latest events led to."""

    __tablename__ = "conversations"

    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), primary_key=True)
    channel = sa.Column(sa.String(CHANNEL_LENGTH), nullable=True)
    session_started_at = sa.Column(UtcDateTime, nullable=False)
    last_event_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    state = sa.Column(sa.Text, nullable=False)


class Event(Base):
    """One sanitised Rasa event as JSON.

    `write_id` names the save that the event came with, so that a save whose answer was lost is not made twice.
    """

    __tablename__ = "events"

    id = sa.Column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False)
    write_id = sa.Column(sa.String(32), nullable=False)
    type_name = sa.Column(sa.String(64), nullable=False)
    occurred_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    data = sa.Column(sa.Text, nullable=False)

    __table_args__ = (sa.Index("ix_events_sender_id_id", "sender_id", "id"),)
