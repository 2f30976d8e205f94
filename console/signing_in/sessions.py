"""Sessions of staff: a random token in a cookie, its digest in the database."""

from __future__ import annotations

import datetime
import hashlib
import secrets

import sqlalchemy as sa
from flask import request
from sqlalchemy.engine import Connection

from components.storage.models import StaffMember, StaffSession
from components.storage.staff import Role
from console.database import database, engine, now
from console.identity import Person

COOKIE = "luotsi_staff"
_SEEN_EVERY = datetime.timedelta(minutes=1)
_SESSIONS = StaffSession.__table__
_STAFF = StaffMember.__table__


def digest_of(token: str) -> str:
    """Return what stands for a token in the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    connection: Connection, staff_id: int, *, now: datetime.datetime, longest: datetime.timedelta, verified: bool
) -> str:
    """Begin a session and return its token."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(_SESSIONS).values(
            digest=digest_of(token),
            staff_id=staff_id,
            verified=verified,
            created_at=now,
            last_seen_at=now,
            expires_at=now + longest,
            browser="",
        )
    )
    return token


def load_person() -> Person | None:
    """Return who the request's cookie belongs to, or None; notes that the session was used."""
    from console.app import app_settings

    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    query = (
        sa.select(_SESSIONS, _STAFF.c.user_id, _STAFF.c.roles, _STAFF.c.language, _STAFF.c.must_change_password)
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
    return Person(
        id=row.staff_id,
        user_id=row.user_id,
        roles=frozenset(Role(name) for name in row.roles.split()),
        language=row.language,
        verified=row.verified and not row.must_change_password,
        session=row.digest,
    )
