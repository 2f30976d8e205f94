"""The tables. Every row that concerns a conversation or a person has an indexed `expires_at`.

On PostgreSQL some of them are partitioned by that time, and their primary key includes it
(components/storage/partitions.py).
"""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import declarative_base
from sqlalchemy.types import TypeDecorator

SENDER_ID_LENGTH = 64
CHANNEL_LENGTH = 32
_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


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
    notice_version = sa.Column(sa.String(32), nullable=True)
    consented_at = sa.Column(UtcDateTime, nullable=True)


class Event(Base):
    """One sanitised Rasa event as JSON.

    `write_id` names the save that the event came with, so that a save whose answer was lost is not made twice.
    `anonymiser_version` is 0 for rows that are older than the column.
    """

    __tablename__ = "events"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False)
    write_id = sa.Column(sa.String(32), nullable=False)
    type_name = sa.Column(sa.String(64), nullable=False)
    occurred_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    data = sa.Column(sa.Text, nullable=False)
    anonymiser_version = sa.Column(sa.Integer, nullable=False, server_default="0")
    special_category = sa.Column(sa.Boolean, nullable=False, server_default=sa.false())

    __table_args__ = (sa.Index("ix_events_sender_id_id", "sender_id", "id"),)


class TechnicalLogEntry(Base):
    """One web request with its address; nothing in it leads to a conversation."""

    __tablename__ = "technical_log"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    occurred_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    ip_address = sa.Column(sa.String(45), nullable=False)
    route = sa.Column(sa.String(200), nullable=False)
    method = sa.Column(sa.String(8), nullable=False)
    status = sa.Column(sa.Integer, nullable=False)
    bytes = sa.Column(sa.Integer, nullable=False)


class ReplyAddress(Base):
    """Where a messaging channel sends the answer; `address` is encrypted.

    `stored`: False while the customer's wish holds that the conversation is not stored.
    """

    __tablename__ = "reply_addresses"

    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), primary_key=True)
    channel = sa.Column(sa.String(CHANNEL_LENGTH), nullable=False)
    address = sa.Column(sa.Text, nullable=False)
    last_message_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    stored = sa.Column(sa.Boolean, nullable=False, server_default=sa.true())


class ChannelDelivery(Base):
    """That a platform delivered something, so that it is answered once: a keyed digest, of nothing but its number.

    `finished`: whether it was handled to its end.
    """

    __tablename__ = "channel_deliveries"

    digest = sa.Column(sa.String(32), primary_key=True)
    received_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    finished = sa.Column(sa.Boolean, nullable=False)


class Feedback(Base):
    """What a customer thought of an answer; `comment` is sanitised."""

    __tablename__ = "feedback"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False, index=True)
    message_id = sa.Column(sa.String(64), nullable=True)
    rating = sa.Column(sa.String(16), nullable=False)
    comment = sa.Column(sa.Text, nullable=True)
    occurred_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)


class LabelCount(Base):
    """How often something of a kind was masked on a day: a number without text, which may outlive conversations."""

    __tablename__ = "label_counts"

    day = sa.Column(sa.Date, primary_key=True)
    channel = sa.Column(sa.String(CHANNEL_LENGTH), primary_key=True)
    label = sa.Column(sa.String(64), primary_key=True)
    language = sa.Column(sa.String(2), primary_key=True)
    count = sa.Column(sa.Integer, nullable=False)


class TrainingUtterance(Base):
    """A sentence that `conversations` conversations had in common; the text is empty until there are enough of them.

    Without ids and times, so that nothing leads back to a conversation.
    """

    __tablename__ = "training_utterances"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    digest = sa.Column(sa.String(64), nullable=False, unique=True)
    language = sa.Column(sa.String(2), nullable=False)
    intent = sa.Column(sa.String(128), nullable=True)
    text = sa.Column(sa.Text, nullable=True)
    conversations = sa.Column(sa.Integer, nullable=False)


class QueueCounter(Base):
    """How often the queue position was asked for within an hour, by a conversation, by a network or by all.

    `who` is a keyed digest of the conversation or of the network's pseudonym. `paused`: from this hour on the detector
    of enumeration keeps it out.
    """

    __tablename__ = "queue_counters"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    scope = sa.Column(sa.String(8), nullable=False)
    who = sa.Column(sa.String(32), nullable=False)
    hour = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    asked = sa.Column(sa.Integer, nullable=False)
    unreadable = sa.Column(sa.Integer, nullable=False)
    paused = sa.Column(sa.Boolean, nullable=False)

    __table_args__ = (sa.UniqueConstraint("scope", "who", "hour", name="uq_queue_counters"),)


class QueueValue(Base):
    """That somebody asked about a rounded number, as a digest under a key of the day: to count different ones.

    `beside`: whether the rounded number next to it had been asked about before.
    """

    __tablename__ = "queue_values"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    scope = sa.Column(sa.String(8), nullable=False)
    who = sa.Column(sa.String(32), nullable=False)
    digest = sa.Column(sa.String(32), nullable=False)
    hour = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    beside = sa.Column(sa.Boolean, nullable=False)

    __table_args__ = (sa.UniqueConstraint("scope", "who", "digest", name="uq_queue_values"),)


class QueueState(Base):
    """Whether staff have switched the queue position off: at most one row."""

    __tablename__ = "queue_state"

    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    paused = sa.Column(sa.Boolean, nullable=False)
    changed_at = sa.Column(UtcDateTime, nullable=False)


class QueueSwitch(Base):
    """Who paused or resumed the queue position, when and why; `reason` is sanitised."""

    __tablename__ = "queue_switches"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    changed_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    action = sa.Column(sa.String(16), nullable=False)
    changed_by = sa.Column(sa.String(100), nullable=False)
    reason = sa.Column(sa.Text, nullable=False)


class RetentionRun(Base):
    """One purge; `deleted` is JSON, rows by table. A run that was killed has no `finished_at`.

    `periods` names the retention periods that existing rows were held to.
    """

    __tablename__ = "retention_runs"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    started_at = sa.Column(UtcDateTime, nullable=False, index=True)
    finished_at = sa.Column(UtcDateTime, nullable=True)
    ok = sa.Column(sa.Boolean, nullable=True)
    deleted = sa.Column(sa.Text, nullable=False)
    error_kind = sa.Column(sa.String(64), nullable=True)
    periods = sa.Column(sa.String(64), nullable=True)


class Erasure(Base):
    """That something was erased on a wish, so that a receipt can be confirmed; `what` is JSON, rows by table."""

    __tablename__ = "erasures"

    id = sa.Column(_ROW_NUMBER, primary_key=True, autoincrement=True)
    erased_at = sa.Column(UtcDateTime, nullable=False)
    receipt = sa.Column(sa.String(32), nullable=False, unique=True)
    what = sa.Column(sa.Text, nullable=False)
