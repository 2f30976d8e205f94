"""The first page: retention, alarms, rights that were used, and what was masked."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.engine import Connection

from components.storage import retention, rights, switches
from components.storage.models import LabelCount
from components.storage.retention import ALARM_WITHOUT_SUCCESS, Status
from console.area import note
from console.database import database, engine, now
from console.privacy_desk.base import OFFICERS, PREFIX, area, label_name, table_name
from console.wording import language, say

SHOWN_MONTHS = 12
LABEL_DAYS = 30
_COUNTS = LabelCount.__table__


@area.page(PREFIX, roles=OFFICERS, audit="privacy_desk.viewed")
def desk() -> str:
    """Show how the keeping and deleting of data is going."""
    found = retention.status(engine(), now=now())
    alarms = _alarms(database(), found)
    note(alarms=len(alarms))
    due = retention.preview(engine(), now=now()).due
    return render_template(
        "privacy_desk/desk.html",
        status=found,
        alarms=alarms,
        due=sum(each.rows for each in due),
        due_tables=sorted({table_name(each.table) for each in due}),
        months=[
            (datetime.date(year, month, 1), count)
            for year, month, count in rights.erasures_by_month(database(), months=SHOWN_MONTHS)
        ],
        labels=_labels(database(), now().date() - datetime.timedelta(days=LABEL_DAYS)),
        label_days=LABEL_DAYS,
        turned=[each for each in switches.positions(database()).values() if not each.is_usual],
        table_name=table_name,
        language=language(),
    )


def _alarms(connection: Connection, status: Status) -> list[str]:
    """Return what is wrong in the reader's language; components.storage.retention says when something is."""
    found = []
    if status.last_success is None:
        found.append(say("privacy_desk.alarm_never"))
    elif now() - status.last_success > ALARM_WITHOUT_SUCCESS:
        hours = int((now() - status.last_success).total_seconds()) // 3600
        found.append(say("privacy_desk.alarm_no_purge", count=hours))
    late = len(status.alarms) - len(found)
    if late > 0:
        found.append(say("privacy_desk.alarm_late", count=late))
    return found


def _labels(connection: Connection, since: datetime.date) -> list[tuple[str, int]]:
    """Return how often each kind of data was masked, most often first."""
    total = sa.func.sum(_COUNTS.c.count)
    query = sa.select(_COUNTS.c.label, total).where(_COUNTS.c.day >= since).group_by(_COUNTS.c.label)
    rows = connection.execute(query.order_by(total.desc(), _COUNTS.c.label)).all()
    return [(label_name(label), int(count)) for label, count in rows]
