"""The first page after signing in, and the menu."""

from __future__ import annotations

from flask import render_template

from components.storage.staff import Role
from console.area import EVERYONE, Area
from console.identity import Person, person

area = Area("start", __name__)

# The menu in its order: the endpoint of each area's first page and who sees it. Texts: "common.menu_<area>".
MENU: tuple[tuple[str, frozenset[Role]], ...] = (
    ("start.start", EVERYONE),
    ("conversations.found", frozenset({Role.TRAINER})),
    ("review.start", frozenset({Role.TRAINER, Role.EDITOR})),
    ("training.collecting", frozenset({Role.TRAINER})),
    ("practising.practising", EVERYONE),
    ("holds.holds", frozenset({Role.PRIVACY_OFFICER})),
    ("planning.overview", frozenset({Role.TRAINER, Role.EDITOR})),
    ("privacy_desk.desk", frozenset({Role.PRIVACY_OFFICER})),
    ("audit_log.search", frozenset({Role.PRIVACY_OFFICER, Role.ADMINISTRATOR})),
    ("accounts.accounts", frozenset({Role.ADMINISTRATOR})),
)


@area.page("/", roles=EVERYONE)
def start() -> str:
    """Show what the person can do here."""
    return render_template("start/start.html", entries=menu(person())[1:])


@area.page("/health", roles=None)
def health() -> dict[str, str]:
    """Say that the console runs."""
    return {"status": "ok"}


def menu(found: Person) -> list[str]:
    """Return the endpoints that a person's menu leads to."""
    return [endpoint for endpoint, roles in MENU if found.has(*roles)]
