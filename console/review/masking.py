"""Masking what the anonymiser missed."""

from __future__ import annotations

import datetime
import functools
import logging
import threading
from collections.abc import Callable

from flask import flash, g, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from components.storage import manual_masking
from console.area import note
from console.database import database, engine, now
from console.forms import REFUSED, row_number
from console.identity import person
from console.review.base import READERS, area, conversation, message_of
from console.review.marking import locate
from console.review.transcript import Refusal, address, page
from console.wording import say

logger = logging.getLogger(__name__)
STILL_GOING_ON = datetime.timedelta(minutes=10)
LONGEST_WAIT_SECONDS = 5.0
AGAIN_AFTER_SECONDS = 60.0
"""By then a message that was being handled while its conversation was masked has been saved."""


@area.act("/conversations/<reference>/messages/<int:event_id>/mask", roles=READERS, audit="personal_data.masked")
def mask(reference: str, event_id: int) -> Response | tuple[str, int]:
    """Put a label in the place of personal data, everywhere that it was copied to."""
    found = conversation(reference)
    message = message_of(found, event_id)
    typed, label = request.form.get("words", ""), request.form.get("label", "")
    place = locate(message.text, typed, request.form.get("start", type=row_number))
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
    g.masked = [functools.partial(manual_masking.overwrite, engine())]
    note(found.reference, label=label)
    flash(say("review.masked", count=sum(changed.changed.values())))
    if now() - found.messages[-1].occurred_at < STILL_GOING_ON:
        again = functools.partial(
            manual_masking.mask_again,
            engine(),
            sender_id=found.sender_id,
            words=words,
            label=label,
            inside_words="inside_words" in request.form,
        )
        g.masked.append(functools.partial(_later, again))
        flash(say("review.masked_going_on"), "warn")
    return redirect(address(found.reference, event_id))


@area.teardown_request
def _after_masking(_error: BaseException | None) -> None:
    """Overwrite what was masked, once its transaction is over; in a large database that goes on after the answer."""
    for step in g.pop("masked", ()):
        worker = threading.Thread(target=_attempt, args=[step], daemon=True)
        worker.start()
        worker.join(LONGEST_WAIT_SECONDS)


def finish_waiting() -> None:
    """Do at once what was to be done a while later: the console stops, and nothing on disk says what to mask."""
    for again, timer in list(_waiting.items()):
        timer.cancel()
        _once(again)


_waiting: dict[Callable[[], object], threading.Timer] = {}


def _later(again: Callable[[], object]) -> None:
    timer = _waiting[again] = threading.Timer(AGAIN_AFTER_SECONDS, _once, [again])
    timer.daemon = True
    timer.start()


def _once(again: Callable[[], object]) -> None:
    if _waiting.pop(again, None) is not None:  # not both by the timer and by the end of the console
        _attempt(again)


def _attempt(step: Callable[[], object]) -> None:
    try:
        step()
    except SQLAlchemyError as error:
        logger.warning(
            "What was masked could not be tidied up at once (%s); the next purge overwrites it.",
            type(getattr(error, "orig", None) or error).__name__,
        )
