"""How often the queue position is asked for."""

from __future__ import annotations

import sqlalchemy as sa

from components.storage.models.base import ROW_NUMBER, Base, UtcDateTime


class QueueCounter(Base):
    """How often the queue position was asked for within an hour, by a conversation, by a network or by all.

    `who` is a keyed digest of the conversation or of the network's pseudonym. `paused`: from this hour on the detector
    of enumeration keeps it out.
    """

    __tablename__ = "queue_counters"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
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

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
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

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    changed_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    action = sa.Column(sa.String(16), nullable=False)
    changed_by = sa.Column(sa.String(100), nullable=False)
    reason = sa.Column(sa.Text, nullable=False)
