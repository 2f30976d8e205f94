"""Feedback: what a customer thought of an answer; masked, and gone with the conversation at the latest."""

from __future__ import annotations

import datetime
import re

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.settings import Settings
from components.storage.models import Conversation, Feedback
from components.storage.sanitise import is_identifier, sanitise
from components.storage.switches import Feature, is_on

RATINGS = ("helpful", "not_helpful")
MAX_COMMENT_CHARACTERS = 1_000

_CONVERSATIONS = Conversation.__table__
_FEEDBACK = Feedback.__table__
_ANSWER_ID = re.compile(r"b\d{1,12}-\d{6}\Z")


def answer_id(timestamp: float) -> str:
    """Return the identifier of one of the assistant's messages (docs/protocol.md) from its time, in seconds."""
    return f"b{timestamp:.6f}".replace(".", "-")


def add_feedback(
    engine: Engine,
    settings: Settings,
    sender_id: str,
    *,
    message_id: str | None,
    rating: str,
    comment: str | None = None,
    now: datetime.datetime | None = None,
) -> bool:
    """Keep a rating, with the masked comment, and return whether it was kept; it takes the place of an earlier one.

    sender_id: the conversation's pseudonym. A conversation that is not stored, or whose time is over, keeps no
        feedback either, nor does any while staff have switched feedback off.
    message_id: of the answer (`answer_id`) or of the customer's message that was answered, or None for the whole
        conversation.
    rating: one of RATINGS.
    comment: at most MAX_COMMENT_CHARACTERS.

    The row expires with its conversation. Raises ValueError for a value of another kind; the message never quotes it.
    """
    if rating not in RATINGS:
        raise ValueError(f"a rating is one of {', '.join(RATINGS)}")
    if message_id is not None and not is_identifier(message_id) and not _ANSWER_ID.match(message_id):
        raise ValueError("this is not the identifier of a message")
    # Cut before masking, half a code would not be recognised; so too long a comment is refused as a whole.
    if comment is not None and len(comment) > MAX_COMMENT_CHARACTERS:
        raise ValueError(f"a comment has at most {MAX_COMMENT_CHARACTERS} characters")
    now = now or datetime.datetime.now(datetime.timezone.utc)
    with engine.begin() as connection:
        query = sa.select(_CONVERSATIONS.c.expires_at).where(_CONVERSATIONS.c.sender_id == sender_id)
        # Locked, so that a conversation which is erased at the same moment leaves no feedback behind, and two ratings
        # of the same answer at the same moment leave one.
        conversation_expires_at = connection.execute(query.with_for_update()).scalar()
        if conversation_expires_at is None or conversation_expires_at <= now or not is_on(connection, Feature.FEEDBACK):
            return False
        connection.execute(
            sa.delete(_FEEDBACK).where(
                _FEEDBACK.c.sender_id == sender_id, _FEEDBACK.c.message_id.is_not_distinct_from(message_id)
            )
        )
        connection.execute(
            sa.insert(_FEEDBACK).values(
                sender_id=sender_id,
                message_id=message_id,
                rating=rating,
                comment=_masked(comment),
                occurred_at=now,
                expires_at=min(conversation_expires_at, now + settings.retention),
            )
        )
    return True


def _masked(comment: str | None) -> str | None:
    if comment is None or not comment.strip():
        return None
    # PostgreSQL takes no NUL character and UTF-8 no lone surrogate.
    return str(sanitise(comment.strip())).replace("\0", "").encode("utf-8", "replace").decode()
