"""Staff: personal user IDs, their sessions, what they did, and what they switched."""

from __future__ import annotations

import sqlalchemy as sa

from components.storage.models.base import ROW_NUMBER, USER_ID_LENGTH, Base, UtcDateTime


class StaffMember(Base):
    """A person who works with Luotsi, under a personal user ID.

    `roles` are names of components.storage.staff.Role with spaces between them. `totp_secret` is encrypted and empty
    until the second factor has been set up; `totp_step` is the last time step (RFC 6238) whose code was used.
    `recovery_codes` is a JSON list of digests of the unused ones.
    """

    __tablename__ = "staff"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    user_id = sa.Column(sa.String(USER_ID_LENGTH), nullable=False, unique=True)
    roles = sa.Column(sa.String(200), nullable=False)
    language = sa.Column(sa.String(2), nullable=False, server_default="fi")
    password_hash = sa.Column(sa.String(200), nullable=False)
    password_changed_at = sa.Column(UtcDateTime, nullable=False)
    must_change_password = sa.Column(sa.Boolean, nullable=False)
    totp_secret = sa.Column(sa.Text, nullable=True)
    totp_step = sa.Column(sa.BigInteger, nullable=False, server_default="0")
    recovery_codes = sa.Column(sa.Text, nullable=False, server_default="[]")
    active = sa.Column(sa.Boolean, nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
    last_signed_in_at = sa.Column(UtcDateTime, nullable=True)


class StaffSession(Base):
    """A signed-in browser; `digest` stands for the token in its cookie. `verified`: the second factor was given."""

    __tablename__ = "staff_sessions"

    digest = sa.Column(sa.String(64), primary_key=True)
    staff_id = sa.Column(ROW_NUMBER, nullable=False, index=True)
    verified = sa.Column(sa.Boolean, nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
    last_seen_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    browser = sa.Column(sa.String(80), nullable=False)


class SignInFailure(Base):
    """How often signing in failed, for an account or from a network; `who` is a keyed digest.

    `blocked_until`: until then further attempts are refused unseen.
    """

    __tablename__ = "sign_in_failures"

    who = sa.Column(sa.String(64), primary_key=True)
    scope = sa.Column(sa.String(8), nullable=False)
    failures = sa.Column(sa.Integer, nullable=False)
    last_at = sa.Column(UtcDateTime, nullable=False)
    blocked_until = sa.Column(UtcDateTime, nullable=True)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)


class AuditEntry(Base):
    """Who did or viewed what and when; `details` is JSON without any text of a message.

    `number` has no gaps. `digest` is a keyed digest of the entry and of the one before it, so that an entry that was
    changed, taken out or put in shows.
    """

    __tablename__ = "audit_log"

    number = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=False)
    occurred_at = sa.Column(UtcDateTime, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
    actor = sa.Column(sa.String(USER_ID_LENGTH), nullable=False, index=True)
    action = sa.Column(sa.String(64), nullable=False, index=True)
    target = sa.Column(sa.String(100), nullable=True, index=True)
    details = sa.Column(sa.Text, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)


class AuditHead(Base):
    """The ends of the audit log's chain: one row, `which` is "first" for what was purged or "last" for the newest."""

    __tablename__ = "audit_heads"

    which = sa.Column(sa.String(8), primary_key=True)
    number = sa.Column(sa.BigInteger, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)


class Switch(Base):
    """A switch that staff have turned from its usual position (components.storage.switches)."""

    __tablename__ = "switches"

    name = sa.Column(sa.String(64), primary_key=True)
    value = sa.Column(sa.String(32), nullable=False)
    changed_at = sa.Column(UtcDateTime, nullable=False)
    changed_by = sa.Column(sa.String(USER_ID_LENGTH), nullable=False)
    reason = sa.Column(sa.Text, nullable=False)


class DocumentVersion(Base):
    """A version of a document about the processing of personal data, kept when it differs from the one before."""

    __tablename__ = "document_versions"

    id = sa.Column(ROW_NUMBER, primary_key=True, autoincrement=True)
    kind = sa.Column(sa.String(32), nullable=False, index=True)
    made_at = sa.Column(UtcDateTime, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
