"""What staff find conversations by, and what they note on them."""

from __future__ import annotations

import sqlalchemy as sa

from components.storage.models.base import (
    CHANNEL_LENGTH,
    ROW_NUMBER,
    SENDER_ID_LENGTH,
    USER_ID_LENGTH,
    Base,
    UtcDateTime,
)


class IndexedConversation(Base):
    """What a conversation is found by; derived from its events, and made anew whenever they change.

    reference: what people call the conversation (components.storage.references).
    topics, labels: names with a comma before, between and after them (",a,b,"), empty for none.
    questions: messages of the customer, commands and the opening left out. rating: "good", "bad" or "mixed".
    lowest_confidence: of the customer's typed messages.
    expires_at: when the first of what it was made from expires; then it is made anew from what is left.
    indexed_at: when it was made.
    """

    __tablename__ = "indexed_conversations"

    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), primary_key=True)
    reference = sa.Column(sa.String(16), nullable=False, unique=True)
    channel = sa.Column(sa.String(CHANNEL_LENGTH), nullable=True)
    language = sa.Column(sa.String(2), nullable=True)
    agency = sa.Column(sa.String(16), nullable=True)
    started_at = sa.Column(UtcDateTime, nullable=False, index=True)
    last_event_at = sa.Column(UtcDateTime, nullable=False, index=True)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    questions = sa.Column(sa.Integer, nullable=False)
    fallbacks = sa.Column(sa.Integer, nullable=False)
    lowest_confidence = sa.Column(sa.Float, nullable=True)
    topics = sa.Column(sa.Text, nullable=False)
    labels = sa.Column(sa.Text, nullable=False)
    special_category = sa.Column(sa.Boolean, nullable=False)
    handoff = sa.Column(sa.Boolean, nullable=False)
    rating = sa.Column(sa.String(8), nullable=True)
    indexed_at = sa.Column(UtcDateTime, nullable=False)


class IndexedMessage(Base):
    """A message that a customer or an agent wrote, as it is searched; `words` are the stems of its masked text."""

    __tablename__ = "indexed_messages"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False, index=True)
    event_id = sa.Column(sa.BigInteger, nullable=False)
    occurred_at = sa.Column(UtcDateTime, nullable=False, index=True)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    speaker = sa.Column(sa.String(8), nullable=False)
    language = sa.Column(sa.String(2), nullable=True)
    text = sa.Column(sa.Text, nullable=False)
    words = sa.Column(sa.Text, nullable=False)
    topic = sa.Column(sa.String(128), nullable=True)
    confidence = sa.Column(sa.Float, nullable=True)
    fallback = sa.Column(sa.Boolean, nullable=False)

    __table_args__ = (
        sa.Index("ix_indexed_messages_topic_occurred_at", "topic", "occurred_at"),
        sa.Index("ix_indexed_messages_fallback_occurred_at", "fallback", "occurred_at"),
    )


class SavedFilter(Base):
    """A selection of conversations that a member of staff wants again; `query` is the address's query string."""

    __tablename__ = "saved_filters"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    owner = sa.Column(sa.String(USER_ID_LENGTH), nullable=False, index=True)
    name = sa.Column(sa.String(80), nullable=False)
    query = sa.Column(sa.Text, nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)

    __table_args__ = (sa.UniqueConstraint("owner", "name", name="uq_saved_filters"),)


class ReviewMark(Base):
    """What a reviewer noted on a conversation or on one of its messages; `note` is sanitised.

    `event_id` is empty for the whole conversation. `kind` is one of components.storage.reviews.KINDS; `value` is the
    topic of a verdict or the name of a tag. `span_start` and `span_end` count characters of the message.
    """

    __tablename__ = "review_marks"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False, index=True)
    event_id = sa.Column(sa.BigInteger, nullable=True)
    reviewer = sa.Column(sa.String(USER_ID_LENGTH), nullable=False, index=True)
    kind = sa.Column(sa.String(24), nullable=False)
    value = sa.Column(sa.String(128), nullable=True)
    note = sa.Column(sa.Text, nullable=True)
    span_start = sa.Column(sa.Integer, nullable=True)
    span_end = sa.Column(sa.Integer, nullable=True)
    made_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)

    __table_args__ = (sa.Index("ix_review_marks_kind_value", "kind", "value"),)


class Calibration(Base):
    """Conversations that several reviewers judge independently, to see how well they agree."""

    __tablename__ = "calibrations"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    name = sa.Column(sa.String(80), nullable=False)
    created_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)


class QueuedReview(Base):
    """That a reviewer is to look at a conversation, alone or within a calibration."""

    __tablename__ = "queued_reviews"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False, index=True)
    reviewer = sa.Column(sa.String(USER_ID_LENGTH), nullable=False, index=True)
    calibration_id = sa.Column(ROW_NUMBER, nullable=True, index=True)
    added_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    added_at = sa.Column(UtcDateTime, nullable=False)
    done_at = sa.Column(UtcDateTime, nullable=True)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)


class ContentTask(Base):
    """Something for editors that came out of a review: kinds are listed in components.storage.reviews.

    `text` is sanitised: the note, the suggested example, or the story. `event_id` is of the message that it is about.
    """

    __tablename__ = "content_tasks"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    kind = sa.Column(sa.String(24), nullable=False, index=True)
    topic = sa.Column(sa.String(128), nullable=True)
    language = sa.Column(sa.String(2), nullable=True)
    text = sa.Column(sa.Text, nullable=False)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=True, index=True)
    event_id = sa.Column(sa.BigInteger, nullable=True)
    created_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    state = sa.Column(sa.String(16), nullable=False)
    closed_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=True)
    closed_at = sa.Column(UtcDateTime, nullable=True)


class MaskingCase(Base):
    """The shape of personal data that the anonymiser missed and a person masked, so that it can be taught.

    `shape` has letters and digits replaced (A, a, 9), and a few harmless words around it.
    """

    __tablename__ = "masking_cases"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    shape = sa.Column(sa.Text, nullable=False)
    label = sa.Column(sa.String(64), nullable=False)
    language = sa.Column(sa.String(2), nullable=True)
    anonymiser_version = sa.Column(sa.Integer, nullable=False)
    created_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
