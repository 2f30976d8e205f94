"""Holds: keeping a conversation beyond the service's term, which needs a privacy officer, a reason and an end."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField

from components.settings import MAX_RETENTION_DAYS
from components.storage import holds as store
from components.storage.staff import Role
from console.area import Area, keep_refusal, note
from console.database import database, now
from console.formats import day
from console.forms import REFUSED, Form, at_most, required
from console.identity import person
from console.training.base import MOST_TEXT, stored_conversation
from console.wording import app_settings, say

area = Area("holds", __name__)
OFFICERS = frozenset({Role.PRIVACY_OFFICER})
_FINLAND = ZoneInfo("Europe/Helsinki")
_FIELD_OF = {"unknown": "reference", "held": "reference", "too_long": "until", "too_short": "until"}


class HoldForm(Form):
    """A hold: which conversation, why and until when."""

    area = "training"
    reference = StringField(
        validators=[required("training.reference_missing")], render_kw={"autocomplete": "off", "spellcheck": "false"}
    )
    reason = TextAreaField(validators=[required("training.reason_missing"), at_most(MOST_TEXT, "training.too_long")])
    until = StringField(validators=[required("training.until_missing")], render_kw={"type": "date"})


@area.page("/holds", roles=OFFICERS, audit="holds.viewed")
def holds() -> str:
    """List the holds, with a form for a new one."""
    return _page(HoldForm(formdata=None, data={"reference": request.args.get("reference", "")}))


@area.act("/holds", roles=OFFICERS, audit="conversation.held")
def hold() -> str | tuple[str, int] | Response:
    """Hold a conversation."""
    form = HoldForm()
    if not form.validate_on_submit():
        return _page(form), REFUSED
    until = _beginning_of(form.until.data)
    sender_id = stored_conversation(form.reference.data)
    if sender_id is None:
        form.refuse("reference", "training.reference_unknown")
    if until is None:
        form.refuse("until", "training.until_unreadable")
    if sender_id is None or until is None:
        return _page(form), REFUSED
    try:
        store.make(database(), sender_id, reason=form.reason.data, until=until, by=person().user_id, now=now())
    except store.HoldError as refused:
        limit = day(refused.limit.astimezone(_FINLAND)) if refused.limit is not None else ""
        form.refuse(_FIELD_OF[refused.kind], f"training.hold_{refused.kind}", date=limit, days=MAX_RETENTION_DAYS)
        return _page(form), REFUSED
    found = next(each for each in store.find_all(database(), now=now()) if each.sender_id == sender_id)
    note(found.reference, until=until.isoformat())
    flash(say("training.held"))
    return redirect(url_for("holds.holds"))


@area.act("/holds/<int:hold_id>/release", roles=OFFICERS, audit="conversation.released")
def release(hold_id: int) -> Response:
    """End a hold."""
    found = store.find(database(), hold_id, now=now())
    if found is None:
        abort(404)
    store.release(database(), found, period=app_settings().conversations_kept)
    note(found.reference, until=found.expires_at.isoformat())
    flash(say("training.released"))
    return redirect(url_for("holds.holds"))


def _beginning_of(typed: str) -> datetime.datetime | None:
    """Return the beginning of a day in Finland, or None for what is no date."""
    try:
        wanted = datetime.date.fromisoformat(typed.strip())
        return datetime.datetime.combine(wanted, datetime.time(), tzinfo=_FINLAND).astimezone(datetime.timezone.utc)
    except (ValueError, OverflowError):
        return None


def _page(form: HoldForm) -> str:
    kept = app_settings().conversations_kept
    if form.errors:
        keep_refusal("holds.viewed")
    return render_template(
        "training/holds.html",
        found=store.find_all(database(), now=now()),
        form=form,
        days=kept.days,
        most=MAX_RETENTION_DAYS,
        useless=kept >= store.LONGEST,
    )
