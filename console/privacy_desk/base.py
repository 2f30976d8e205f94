"""What the pages of the desk share."""

from __future__ import annotations

from wtforms import StringField

from components.storage.staff import Role
from components.storage.switches import MAX_REASON_CHARACTERS
from console.area import Area
from console.forms import Form, at_most, required
from console.texts import knows
from console.wording import say

OFFICERS = frozenset({Role.PRIVACY_OFFICER})
PREFIX = "/privacy"

area = Area("privacy_desk", __name__)


class ReasonForm(Form):
    """Why something is done; kept in the audit log, so it is short and sanitised."""

    area = "privacy_desk"
    reason = StringField(
        validators=[
            required("privacy_desk.reason_missing"),
            at_most(MAX_REASON_CHARACTERS, "privacy_desk.reason_too_long"),
        ],
        render_kw={"autocomplete": "off"},
    )


def label_name(label: str) -> str:
    """Return what people call a kind of personal data."""
    name = f"planning.labels_{label}"
    return say(name) if knows(name) else label


def table_name(table: str) -> str:
    """Return what people call a table, or "messages"."""
    name = f"privacy_desk.table_{table}"
    return say(name) if knows(name) else table
