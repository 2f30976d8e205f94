"""Sessions of staff: a random token in a cookie, its digest in the database."""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask import after_this_request, request
from sqlalchemy.engine import Connection, Row
from werkzeug.wrappers import Response

from components.storage.models import StaffMember, StaffSession
from components.storage.staff import Role
from console.database import database, engine, now
from console.identity import Person
from console.wording import app_settings

COOKIE = "luotsi_staff"
UNVERIFIED_FOR = datetime.timedelta(minutes=30)
"""How long somebody who has given the password may take for the second step."""
_TOKEN_BYTES = 32
_SEEN_EVERY = datetime.timedelta(minutes=1)
_SESSIONS = StaffSession.__table__
_STAFF = StaffMember.__table__
# The first that a browser's name for itself contains; others pretend to be the later ones.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone|iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def cookie_name(name: str, *, secure: bool) -> str:
    """Return a cookie's name, over HTTPS with the prefix that keeps other hosts from setting it (RFC 6265bis)."""
    return f"__Host-{name}" if secure else name


def digest_of(token: str) -> str:
    """Return what stands for a token in the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def browser_family(user_agent: str) -> str:
    """Return kind of browser and system ("Firefox, Windows"), so that people know their sessions; nothing finer."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, user_agent)), "")
    return ", ".join(part for part in (browser, system) if part)


def open_session(
    connection: Connection,
    staff_id: int,
    *,
    now: datetime.datetime,
    longest: datetime.timedelta,
    verified: bool,
    browser: str = "",
) -> str:
    """Begin a session and return its token."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection.execute(
        sa.insert(_SESSIONS).values(
            digest=digest_of(token),
            staff_id=staff_id,
            verified=verified,
            created_at=now,
            last_seen_at=now,
            expires_at=now + longest,
            browser=browser,
        )
    )
    return token


def begin_session(staff_id: int, *, verified: bool) -> None:
    """Give this browser a new session in the place of the one that it has; its old token is worth nothing any more."""
    end_session()
    token = open_session(
        database(),
        staff_id,
        now=now(),
        longest=app_settings().access.longest if verified else UNVERIFIED_FOR,
        verified=verified,
        browser=browser_family(request.user_agent.string),
    )

    @after_this_request
    def give(response: Response) -> Response:
        secure = app_settings().access.secure
        response.set_cookie(
            cookie_name(COOKIE, secure=secure), token, secure=secure, httponly=True, samesite="Strict", path="/"
        )
        return response


def end_session() -> None:
    """End the session of this browser, if it has one."""
    token = _token()
    if token:
        database().execute(sa.delete(_SESSIONS).where(_SESSIONS.c.digest == digest_of(token)))


def forget_cookie() -> None:
    """Take the session's cookie away from this browser."""

    @after_this_request
    def take(response: Response) -> Response:
        secure = app_settings().access.secure
        response.delete_cookie(
            cookie_name(COOKIE, secure=secure), secure=secure, httponly=True, samesite="Strict", path="/"
        )
        return response


def sessions_of(connection: Connection, staff_id: int, *, now: datetime.datetime) -> Sequence[Row]:
    """Return a person's sessions that have not expired, the latest used first."""
    query = (
        sa.select(_SESSIONS)
        .where(
            _SESSIONS.c.staff_id == staff_id,
            _SESSIONS.c.expires_at > now,
            _SESSIONS.c.last_seen_at >= now - app_settings().access.idle,
        )
        .order_by(_SESSIONS.c.last_seen_at.desc(), _SESSIONS.c.digest)
    )
    return list(connection.execute(query).all())


def load_person() -> Person | None:
    """Return who the request's cookie belongs to, or None; notes that the session was used."""
    token = _token()
    if not token:
        return None
    query = (
        sa.select(
            _SESSIONS,
            _STAFF.c.user_id,
            _STAFF.c.roles,
            _STAFF.c.language,
            _STAFF.c.must_change_password,
            _STAFF.c.totp_secret,
        )
        .join(_STAFF, _STAFF.c.id == _SESSIONS.c.staff_id)
        .where(_SESSIONS.c.digest == digest_of(token), _STAFF.c.active.is_(True), _SESSIONS.c.expires_at > now())
    )
    row = database().execute(query).first()
    if row is None or now() - row.last_seen_at > app_settings().access.idle:
        return None
    if now() - row.last_seen_at > _SEEN_EVERY:
        # Kept also when the request itself fails, and in a transaction of its own so that it waits for nobody.
        with engine().begin() as connection:
            connection.execute(sa.update(_SESSIONS).where(_SESSIONS.c.digest == row.digest).values(last_seen_at=now()))
    set_up = row.totp_secret is not None
    return Person(
        id=row.staff_id,
        user_id=row.user_id,
        roles=frozenset(Role(name) for name in row.roles.split()),
        language=row.language,
        verified=row.verified and set_up and not row.must_change_password,
        session=row.digest,
        new_password_due=row.must_change_password,
        second_factor_set_up=set_up,
        second_factor_given=row.verified,
    )


def _token() -> str:
    return request.cookies.get(cookie_name(COOKIE, secure=app_settings().access.secure), "")
