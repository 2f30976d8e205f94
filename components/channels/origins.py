"""Which web pages may use the chat: its own call the interface, and the listed ones may show it in a frame.

The launcher puts the chat into a frame of the chat's own origin, so a page that embeds it never calls the interface.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HOST = r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
_ORIGIN = re.compile(rf"(?P<scheme>https?)://{_HOST}")
_HOST_HEADER = re.compile(_HOST)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origins:
    """The origins that may show the chat in a frame (components.settings.embed_origins)."""

    def __init__(self, listed: Sequence[str] = ()) -> None:
        self._listed = tuple(listed)

    def is_allowed(self, origin_header: str | None, host: str) -> bool:
        """Tell whether a request may be answered: it names no origin, or the server's own.

        origin_header: what the browser says the page's origin is (Fetch, "Origin header"), None without one.
        host: the Host header. The scheme is not compared, because a proxy ends TLS; a port that is left out is the
        usual one of the page's scheme.
        """
        if origin_header is None:
            return True
        origin, own = _ORIGIN.fullmatch(origin_header.lower()), _HOST_HEADER.fullmatch(host.lower())
        if origin is None or own is None:
            return False
        usual = _DEFAULT_PORTS[origin["scheme"]]
        return (origin["host"], int(origin["port"] or usual)) == (own["host"], int(own["port"] or usual))

    def frame_ancestors(self) -> str:
        """Return the directive of the Content-Security-Policy that says which pages may show the chat in a frame."""
        return " ".join(("frame-ancestors 'self'", *self._listed))


def page_headers(origins: Origins, *, forms: bool = False) -> dict[str, str]:
    """Return the headers of a page that may be embedded.

    forms: whether the page sends forms to its own server. A browser tells a form's own origin only if the page does not
    forbid to name where it comes from (Fetch, "append a request Origin header"): with `no-referrer` it says "null".
    """
    form_action = "'self'" if forms else "'none'"
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            f"font-src 'self'; form-action {form_action}; {origins.frame_ancestors()}; base-uri 'none'"
        ),
        "Referrer-Policy": "same-origin" if forms else "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-cache",
    }
