"""Collections of cases that staff learn from."""

from __future__ import annotations

import sqlalchemy as sa

from components.storage.models.base import ROW_NUMBER, SENDER_ID_LENGTH, USER_ID_LENGTH, Base, UtcDateTime


class Collection(Base):
    """Cases in an order that somebody chose, with what is to be learnt from them."""

    __tablename__ = "collections"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    title = sa.Column(sa.String(120), nullable=False)
    goal = sa.Column(sa.Text, nullable=False)
    theme = sa.Column(sa.String(80), nullable=False)
    language = sa.Column(sa.String(2), nullable=False)
    created_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
    changed_at = sa.Column(UtcDateTime, nullable=False)
    archived = sa.Column(sa.Boolean, nullable=False)


class CollectionCase(Base):
    """A case of a collection: a stored conversation, which it shares the expiry of, or a rewritten one.

    A rewritten case has no `sender_id`: `messages` holds what was written for it, as JSON. All texts are sanitised.
    """

    __tablename__ = "collection_cases"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    collection_id = sa.Column(ROW_NUMBER, nullable=False, index=True)
    position = sa.Column(sa.Integer, nullable=False)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=True, index=True)
    title = sa.Column(sa.String(120), nullable=False)
    difficulty = sa.Column(sa.Integer, nullable=False)
    questions = sa.Column(sa.Text, nullable=False)
    model_answer = sa.Column(sa.Text, nullable=False)
    messages = sa.Column(sa.Text, nullable=True)
    added_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    added_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=True, index=True)


class Practice(Base):
    """A trainee's way through a case, for the trainee and the trainers only; `answers` is sanitised JSON.

    `sender_id` is the case's, so that the answers go when the conversation is erased.
    """

    __tablename__ = "practices"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    case_id = sa.Column(ROW_NUMBER, nullable=False, index=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=True, index=True)
    trainee = sa.Column(sa.String(USER_ID_LENGTH), nullable=False, index=True)
    answers = sa.Column(sa.Text, nullable=False)
    started_at = sa.Column(UtcDateTime, nullable=False)
    finished_at = sa.Column(UtcDateTime, nullable=True)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)


class Hold(Base):
    """That a conversation is kept beyond the service's term: by whom, why and until when."""

    __tablename__ = "holds"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    sender_id = sa.Column(sa.String(SENDER_ID_LENGTH), nullable=False, index=True)
    reason = sa.Column(sa.Text, nullable=False)
    made_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    made_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
