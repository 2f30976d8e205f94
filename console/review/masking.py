"""Masking what the anonymiser missed."""

from __future__ import annotations

import datetime
import logging

from flask import flash, g, redirect, request
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from components.storage import manual_masking
from console.area import note
from console.database import database, engine, now
from console.forms import REFUSED
from console.identity import person
from console.review.base import READERS, area, conversation, message_of
from console.review.marking import locate
from console.review.transcript import Refusal, address, page
from console.wording import say

logger = logging.getLogger(__name__)
STILL_GOING_ON = datetime.timedelta(minutes=2)


@area.act("/conversations/<reference>/messages/<int:event_id>/mask", roles=READERS, audit="personal_data.masked")
def mask(reference: str, event_id: int) -> Response | tuple[str, int]:
    """Put a label in the place of personal data, everywhere that it was copied to."""
    found = conversation(reference)
    message = message_of(found, event_id)
    typed, label = request.form.get("words", ""), request.form.get("label", "")
    place = locate(message.text, typed, request.form.get("start", type=int))
    words = message.text[slice(*place)] if place else typed
    try:
        changed = manual_masking.mask(
            database(),
            sender_id=found.sender_id,
            event_id=event_id,
            words=words,
            label=label,
            by=person().user_id,
            now=now(),
            inside_words="inside_words" in request.form,
        )
    except manual_masking.CannotMask as error:
        refusal = Refusal("mask", event_id, say(f"review.error_mask_{error.reason}"), request.form)
        return page(found, refusal), REFUSED
    g.overwrite_masked = True
    note(found.reference, label=label)
    flash(say("review.masked", count=sum(changed.changed.values())))
    if now() - found.messages[-1].occurred_at < STILL_GOING_ON:
        flash(say("review.masked_going_on"), "warn")
    return redirect(address(found.reference, event_id))


@area.teardown_request
def _overwrite(_error: BaseException | None) -> None:
    """Overwrite what was masked once its transaction is over."""
    if not g.pop("overwrite_masked", False):
        return
    try:
        manual_masking.overwrite(engine())
    except OperationalError:
        logger.warning("What was masked cannot be overwritten while the database is in use; the next purge does it.")
