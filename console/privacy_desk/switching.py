"""Switches: parts of the service off and on, and the consent mode; each with a reason, each in the audit log."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from sqlalchemy.engine import Connection
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import SelectField

from components.storage import queue_guard, switches
from components.storage.models import QueueState, QueueSwitch
from components.storage.switches import OFF, ON, POSITIONS
from console.area import note
from console.database import database, now
from console.forms import REFUSED
from console.identity import person
from console.privacy_desk.base import OFFICERS, PREFIX, ReasonForm, area
from console.wording import say

QUEUE = "queue_position"
_QUEUE_STATE, _QUEUE_SWITCHES = QueueState.__table__, QueueSwitch.__table__
_ALL = {**{name: values for name, values in POSITIONS.items()}, QUEUE: (ON, OFF)}


@dataclasses.dataclass(frozen=True)
class Shown:
    """A switch as the page shows it."""

    name: str
    value: str
    is_usual: bool
    changed_at: datetime.datetime | None
    changed_by: str | None
    reason: str | None


class SwitchForm(ReasonForm):
    """A position and the reason for it."""

    value = SelectField()


@area.page(f"{PREFIX}/switches", roles=OFFICERS, audit="switches.viewed")
def switches_page() -> str:
    """Show how every switch stands."""
    found = _shown(database())
    note(turned=sum(not each.is_usual for each in found))
    return render_template("privacy_desk/switches.html", switches=found)


@area.page(f"{PREFIX}/switches/<name>", roles=OFFICERS, audit="switch.viewed")
def switch(name: str) -> str:
    """Ask for the new position of a switch."""
    shown = _one(name)
    note(f"switch:{name}")
    others = [value for value in _ALL[name] if value != shown.value]
    return _page(_form(name, formdata=None, data={"value": others[0]}), shown)


@area.act(f"{PREFIX}/switches/<name>", roles=OFFICERS, audit="switch.turned")
def turn(name: str) -> str | tuple[str, int] | Response:
    """Turn a switch."""
    shown = _one(name)
    form = _form(name)
    if not form.validate_on_submit():
        return _page(form, shown), REFUSED
    value, reason = form.value.data, form.reason.data
    if name == QUEUE:
        queue_guard.switch(database(), paused=value == OFF, by=person().user_id, reason=reason, now=now())
    else:
        switches.turn(database(), name, value, by=person().user_id, reason=reason, now=now())
    note(f"switch:{name}", value=value, before=shown.value, reason=switches.checked_reason(reason))
    flash(say("privacy_desk.switch_turned", name=say(f"privacy_desk.switch_{name}")))
    return redirect(url_for("privacy_desk.switches_page"))


def _shown(connection: Connection) -> list[Shown]:
    found = [
        Shown(is_usual=each.is_usual, **dataclasses.asdict(each)) for each in switches.positions(connection).values()
    ]
    return [*found, _queue(connection)]


def _queue(connection: Connection) -> Shown:
    """Return the queue position's own switch; what the detector paused is not staff's doing and ends by itself."""
    paused = bool(connection.execute(sa.select(_QUEUE_STATE.c.paused).limit(1)).scalar())
    newest = sa.select(_QUEUE_SWITCHES).where(_QUEUE_SWITCHES.c.action.in_(["pause", "resume"]))
    row = connection.execute(newest.order_by(_QUEUE_SWITCHES.c.id.desc()).limit(1)).first()
    last = (row.changed_at, row.changed_by, row.reason) if row is not None else (None, None, None)
    return Shown(QUEUE, OFF if paused else ON, not paused, *last)


def _one(name: str) -> Shown:
    found = next((each for each in _shown(database()) if each.name == name), None)
    if found is None:
        raise NotFound()
    return found


def _form(name: str, **options: object) -> SwitchForm:
    form = SwitchForm(**options)
    form.value.choices = [(value, say(f"privacy_desk.position_{value.replace(' ', '_')}")) for value in _ALL[name]]
    return form


def _page(form: SwitchForm, shown: Shown) -> str:
    return render_template("privacy_desk/switch.html", form=form, switch=shown)
