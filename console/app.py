"""The application: its areas, its guard, and what every page has in common."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.engine import Engine
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from components.storage import audit
from console import (
    accounts,
    conversations,
    database,
    formats,
    planning,
    privacy_desk,
    review,
    signing_in,
    start,
    training,
)
from console.area import Area, Rule
from console.forms import LARGEST_NUMBER
from console.identity import person_or_none
from console.settings import ConsoleSettings
from console.signing_in.sessions import cookie_name, load_person
from console.texts import LANGUAGES, knows
from console.wording import app_settings, channel_name, language, say

__all__ = ["AREAS", "Documents", "app_settings", "create_app", "language", "say"]

AREAS: tuple[Area, ...] = (
    start.area,
    conversations.area,
    review.area,
    *training.AREAS,
    planning.area,
    *privacy_desk.AREAS,
    accounts.area,
    signing_in.area,
)
MAX_REQUEST_BYTES = 1_000_000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LOCALES = {"fi": "fi_FI", "en": "en_GB"}  # how dates and numbers are written
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclasses.dataclass(frozen=True)
class Documents:
    """What the console shows but does not make itself.

    record: the record of processing activities (GDPR Article 30) in a language, as Markdown.
    notice: the privacy notice in a language, as Markdown.
    """

    record: Callable[[str], str]
    notice: Callable[[str], str]


def create_app(settings: ConsoleSettings, engine: Engine, documents: Documents) -> Flask:
    """Return the console on a database of the newest version."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.derived_keys("forms")[0],
        SECRET_KEY_FALLBACKS=settings.derived_keys("forms")[1:],
        SESSION_COOKIE_NAME=cookie_name("luotsi_form", secure=settings.access.secure),
        SESSION_COOKIE_SECURE=settings.access.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as the session that it belongs to
        WTF_CSRF_SSL_STRICT=False,  # no page sends a referrer; SameSite and the token do this work
    )
    app.extensions["luotsi_engine"] = engine
    app.extensions["luotsi_settings"] = settings
    app.extensions["luotsi_documents"] = documents
    if settings.access.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.access.proxies, x_proto=settings.access.proxies
        )
    Babel(app, locale_selector=lambda: _LOCALES.get(language(), "fi_FI"), timezone_selector=lambda: "Europe/Helsinki")
    CSRFProtect(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    formats.register(app)
    rules: dict[str, Rule] = {"static": Rule(None, None)}
    for area in AREAS:
        app.register_blueprint(area)
        rules.update(area.rules)
    missing = {rule.endpoint for rule in app.url_map.iter_rules()} - set(rules)
    if missing:
        raise RuntimeError(f"these routes say nothing about who may use them: {', '.join(sorted(missing))}")
    app.extensions["luotsi_rules"] = rules
    # First of all handlers, before the token of a form is looked at: who is asking comes first.
    app.before_request_funcs.setdefault(None, []).insert(0, _admit)
    app.after_request(_finish)
    app.teardown_request(lambda _error: database.finish(keep=False))
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(Exception, _unexpected)
    app.context_processor(_common)
    return app


def _admit() -> AnyResponse | None:
    """Let a request through when the rule of its route says so; only then is its audit entry written."""
    g.person = None
    if request.endpoint == "static":
        return None  # the style sheet is no reason to ask the database
    g.person = load_person()
    if request.endpoint is None:
        return None  # 404 or 405: there is nothing to guard
    rule = _rules()[request.endpoint]
    if rule.roles is not None:
        found = person_or_none()
        if found is None:
            return redirect(url_for("signing_in.sign_in", next=_asked_for()))
        if not found.verified and not rule.before_verified:
            return redirect(url_for("signing_in.next_step", next=_asked_for()))
        if not found.has(*rule.roles):
            raise Forbidden()
    _refuse_unstorable()
    g.admitted = True
    return None


def _refuse_unstorable() -> None:
    """Answer 404 or 400 to what no database takes, before a view asks one for it."""
    named = (request.view_args or {}).values()
    if any(isinstance(value, int) and value > LARGEST_NUMBER for value in named):
        raise NotFound()
    texts = [value for values in request.values.listvalues() for value in values]
    if any("\0" in text for text in (*texts, *(value for value in named if isinstance(value, str)))):
        raise BadRequest()


def _asked_for() -> str | None:
    """Return the page that was asked for, to go there after signing in; None for the first one and for what is sent."""
    if request.method not in ("GET", "HEAD") or request.path == "/":
        return None
    return request.full_path.rstrip("?")


def _finish(response: Response) -> Response:
    """Write the audit entry of a request that succeeded, and keep what it changed; then the headers."""
    keep = response.status_code < 400 or g.get("keep_refusal", False)
    try:
        if keep and g.get("admitted", False):
            _audit()
        database.finish(keep=keep)
    except Exception as error:
        # Neither the change nor a page that tells of it may leave without the audit entry.
        database.finish(keep=False)
        response = make_response(_unexpected(error))
    response.headers.update(_HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if app_settings().access.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _audit() -> None:
    rule = _rules().get(request.endpoint or "", Rule(None, None))
    action = g.get("audit_action") or rule.audit
    if action is None:
        return
    found = person_or_none()
    entries = [(g.get("audit_target"), action, g.get("audit_details", {})), *g.get("audit_further", [])]
    for target, what, details in entries:
        audit.append(
            database.database(),
            keys=app_settings().derived_keys("audit"),
            kept=app_settings().audit_kept,
            now=database.now(),
            actor=g.get("audit_actor") or (found.user_id if found is not None else "-"),
            action=what,
            target=target,
            details=details,
        )


def _rules() -> dict[str, Rule]:
    found: dict[str, Rule] = current_app.extensions["luotsi_rules"]
    return found


def _common() -> dict[str, Any]:
    found = person_or_none()
    return {
        "t": say,
        "language": language(),
        "languages": LANGUAGES,
        "channel_name": channel_name,
        "idle_seconds": int(app_settings().access.idle.total_seconds()),
        "person": found,
        "menu": start.menu(found) if found is not None and found.verified else [],
        "may": lambda endpoint: _may(endpoint),
    }


def _may(endpoint: str) -> bool:
    """Tell whether the person may use a route, for pages that link to it."""
    found, rule = person_or_none(), _rules()[endpoint]
    return rule.roles is None or (found is not None and found.has(*rule.roles))


def _error_page(error: HTTPException) -> AnyResponse | tuple[str, int]:
    if error.code is None or error.code < 400:
        response: AnyResponse = error.get_response()
        return response
    database.finish(keep=False)
    name = "csrf" if isinstance(error, CSRFError) else str(error.code)
    if not knows(f"common.error_{name}"):
        name = "400" if error.code < 500 else "500"
    reference = g.get("error_reference")
    return render_template("error.html", name=name, reference=reference), error.code


def _unexpected(error: Exception) -> AnyResponse | tuple[str, int]:
    """Log an unexpected error without what it quotes, and show a page with a reference to it."""
    database.finish(keep=False)
    if current_app.testing or current_app.debug:
        raise error
    g.error_reference = secrets.token_hex(4)
    current_app.logger.error(
        "The console failed at %s (%s), reference %s.",
        request.endpoint,
        type(getattr(error, "orig", None) or error).__name__,
        g.error_reference,
    )
    return _error_page(InternalServerError())
