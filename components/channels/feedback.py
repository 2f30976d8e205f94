"""Feedback that a customer gives with a button of the page; what is said in the conversation goes through actions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from components.channels import gate
from components.settings import Settings
from components.storage.feedback import MAX_COMMENT_CHARACTERS, RATINGS, add_feedback
from components.storage.unstored import is_unstored

logger = logging.getLogger(__name__)


class UnfitFeedbackError(ValueError):
    """It is no feedback on an answer of the conversation; `too_long` tells whether only the comment is too long."""

    def __init__(self, *, too_long: bool = False) -> None:
        super().__init__("this is no feedback on an answer of the conversation")
        self.too_long = too_long


async def keep_feedback(
    engine: Engine, settings: Settings, sender_id: str, body: dict[str, object], *, answers: Collection[str]
) -> bool:
    """Keep {"message_id", "rating", "comment"?} (docs/protocol.md) and return whether it was kept.

    A message_id of None means the whole conversation.

    answers: the ids of the conversation's answers. Raises UnfitFeedbackError for anything else. Nothing is kept of a
    conversation that is not stored, nor while the database is away.
    """
    if "message_id" not in body:
        raise UnfitFeedbackError
    message_id, rating, comment = body["message_id"], body.get("rating"), body.get("comment")
    if message_id is not None and (not isinstance(message_id, str) or message_id not in answers):
        raise UnfitFeedbackError
    if rating not in RATINGS or not isinstance(comment, str | None):
        raise UnfitFeedbackError
    if comment is not None and len(comment) > MAX_COMMENT_CHARACTERS:
        raise UnfitFeedbackError(too_long=True)
    if is_unstored(sender_id):
        return False
    safe = gate.make_safe(comment).text[:MAX_COMMENT_CHARACTERS] if comment is not None else None
    try:
        return await asyncio.to_thread(
            add_feedback, engine, settings, sender_id, message_id=message_id, rating=str(rating), comment=safe
        )
    except SQLAlchemyError as error:
        logger.error("Feedback could not be kept (%s).", type(error).__name__)
        return False
