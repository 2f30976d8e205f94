"""What is kept of conversations and of the service's running."""

from __future__ import annotations

import sqlalchemy as sa

from components.storage.models.base import CHANNEL_LENGTH, ROW_NUMBER, SENDER_ID_LENGTH, Base, UtcDateTime


class Conversation(Base):
    """One conversation under its pseudonym, with the dialogue state that its latest events led to."""

    __tablename__ = "conversations"

    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), primary_key=True)
    channel = sa.Column(sa.String(CHANNEL_LENGTH), nullable=True)
    session_started_at = sa.Column(UtcDateTime, nullable=False)
    last_event_at = sa.Column(UtcDateTime, nullable=False, index=True)
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

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
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

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
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

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False, index=True)
    message_id = sa.Column(sa.String(64), nullable=True)
    rating = sa.Column(sa.String(16), nullable=False)
    comment = sa.Column(sa.Text, nullable=True)
    occurred_at = sa.Column(UtcDateTime, nullable=False, index=True)
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

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    digest = sa.Column(sa.String(64), nullable=False, unique=True)
    language = sa.Column(sa.String(2), nullable=False)
    intent = sa.Column(sa.String(128), nullable=True)
    text = sa.Column(sa.Text, nullable=True)
    conversations = sa.Column(sa.Integer, nullable=False)


class RetentionRun(Base):
    """One purge; `deleted` is JSON, rows by table. A run that was killed has no `finished_at`.

    `periods` names the retention periods that existing rows were held to.
    """

    __tablename__ = "retention_runs"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    started_at = sa.Column(UtcDateTime, nullable=False, index=True)
    finished_at = sa.Column(UtcDateTime, nullable=True)
    ok = sa.Column(sa.Boolean, nullable=True)
    deleted = sa.Column(sa.Text, nullable=False)
    error_kind = sa.Column(sa.String(64), nullable=True)
    periods = sa.Column(sa.String(64), nullable=True)


class Erasure(Base):
    """That something was erased on a wish, so that a receipt can be confirmed; `what` is JSON, rows by table."""

    __tablename__ = "erasures"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    erased_at = sa.Column(UtcDateTime, nullable=False)
    receipt = sa.Column(sa.String(32), nullable=False, unique=True)
    what = sa.Column(sa.Text, nullable=False)
