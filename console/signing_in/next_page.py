"""Where somebody goes after signing in: back to the page that was asked for, and never to another site."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException

_LONGEST = 1_000


def local_page(target: str | None) -> str | None:
    """Return an address when it is one of the console's own pages for people who are signed in, else None."""
    if not target or len(target) > _LONGEST or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or not target.isprintable():
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    try:
        endpoint, _ = current_app.url_map.bind("console").match(unquote(parts.path), method="GET")
    except HTTPException:
        return None
    rule = current_app.extensions["luotsi_rules"].get(endpoint)
    return target if rule is not None and rule.roles is not None and not rule.before_verified else None
