"""Members of staff: their accounts, roles and sessions."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import re
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from components.storage.models import AuditEntry, SavedFilter, StaffMember, StaffSession

USER_ID = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
USER_ID_CHARACTERS = (2, 40)
LANGUAGES = ("fi", "en")
_STAFF = StaffMember.__table__
_SESSIONS = StaffSession.__table__
_FILTERS = SavedFilter.__table__
_LOG = AuditEntry.__table__


class Role(str, enum.Enum):
    """What a member of staff may do; a person can have several."""

    AGENT = "agent"
    TRAINER = "trainer"
    EDITOR = "editor"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"


class StaffError(ValueError):
    """A change of an account that cannot be made; `reason` names it for whoever shows it in a language."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Account:
    """A member of staff.

    second_factor: whether it has been set up. totp_secret: encrypted. totp_step: the last one whose code was used.
    recovery_codes: digests of the unused ones.
    """

    id: int
    user_id: str
    roles: frozenset[Role]
    language: str
    password_hash: str = dataclasses.field(repr=False)
    password_changed_at: datetime.datetime
    must_change_password: bool
    totp_secret: str | None = dataclasses.field(repr=False)
    totp_step: int
    recovery_codes: tuple[str, ...] = dataclasses.field(repr=False)
    active: bool
    created_at: datetime.datetime
    last_signed_in_at: datetime.datetime | None

    @property
    def second_factor(self) -> bool:
        """Whether a second factor has been set up."""
        return self.totp_secret is not None


def read_user_id(typed: str) -> str:
    """Return a user ID as it is kept, whatever the case and the spaces around it; says nothing about its form."""
    return typed.strip().casefold()


def check_user_id(user_id: str) -> None:
    """Raise StaffError unless a new user ID has the form of one."""
    fewest, most = USER_ID_CHARACTERS
    if not fewest <= len(user_id) <= most or not USER_ID.fullmatch(user_id):
        raise StaffError(
            "bad_user_id",
            f"A user ID has {fewest} to {most} letters a-z and digits, begins with a letter, and may have . - or _ "
            "between them, for example anna.mallinen.",
        )


def add_account(
    connection: Connection,
    user_id: str,
    *,
    roles: Collection[Role],
    password_hash: str,
    language: str,
    now: datetime.datetime,
) -> int:
    """Add a person with a temporary password and return the number of the row.

    Raises StaffError for a user ID that is taken or has another form, and for no role at all.
    """
    check_user_id(user_id)
    _check_roles(roles)
    if find_account(connection, user_id) is not None:
        raise StaffError("taken", f"There is a user ID {user_id} already. Choose another one.")
    values = {
        "user_id": user_id,
        "roles": _written(roles),
        "language": language,
        "password_hash": password_hash,
        "password_changed_at": now,
        "must_change_password": True,
        "active": True,
        "created_at": now,
    }
    return int(connection.execute(sa.insert(_STAFF).values(**values)).inserted_primary_key[0])


def find_account(connection: Connection, user_id: str) -> Account | None:
    """Return the account of a user ID, also a disabled one, or None."""
    row = connection.execute(sa.select(_STAFF).where(_STAFF.c.user_id == user_id)).first()
    return None if row is None else _account(row)


def account(connection: Connection, staff_id: int) -> Account:
    """Return the account of a row; raises sqlalchemy.exc.NoResultFound when there is none."""
    return _account(connection.execute(sa.select(_STAFF).where(_STAFF.c.id == staff_id)).one())


def accounts(connection: Connection) -> list[Account]:
    """Return all accounts by their user IDs."""
    return [_account(row) for row in connection.execute(sa.select(_STAFF).order_by(_STAFF.c.user_id)).all()]


def set_roles(connection: Connection, staff_id: int, roles: Collection[Role]) -> None:
    """Give a person other roles; raises StaffError for none at all and for the last administrator's role."""
    _check_roles(roles)
    before = _lock_administrators(connection)
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(roles=_written(roles)))
    _check_administrators(connection, before)


def set_active(connection: Connection, staff_id: int, active: bool) -> None:
    """Disable an account, which ends its sessions, or enable it; raises StaffError for the last administrator's."""
    before = _lock_administrators(connection)
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(active=active))
    if not active:
        end_sessions(connection, staff_id)
        _check_administrators(connection, before)


def forget_disabled(connection: Connection) -> dict[str, int]:
    """Delete disabled accounts whose user IDs the audit log does not name any more; count what went, by table.

    Until then an account says who is meant, and its user ID cannot become another person's.
    """
    named = sa.exists().where(sa.or_(_LOG.c.actor == _STAFF.c.user_id, _LOG.c.target == "staff:" + _STAFF.c.user_id))
    query = sa.select(_STAFF.c.id, _STAFF.c.user_id).where(_STAFF.c.active.is_(False), ~named)
    found = connection.execute(query.with_for_update()).all()
    numbers, user_ids = [row.id for row in found], [row.user_id for row in found]
    connection.execute(sa.delete(_SESSIONS).where(_SESSIONS.c.staff_id.in_(numbers)))
    return {
        _FILTERS.name: connection.execute(sa.delete(_FILTERS).where(_FILTERS.c.owner.in_(user_ids))).rowcount,
        _STAFF.name: connection.execute(sa.delete(_STAFF).where(_STAFF.c.id.in_(numbers))).rowcount,
    }


def reset(connection: Connection, staff_id: int, *, password_hash: str, now: datetime.datetime) -> None:
    """Give an account a temporary password; its second factor, its recovery codes and its sessions are gone."""
    values = {
        "password_hash": password_hash,
        "password_changed_at": now,
        "must_change_password": True,
        "totp_secret": None,
        "totp_step": 0,
        "recovery_codes": "[]",
    }
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(**values))
    end_sessions(connection, staff_id)


def set_password(
    connection: Connection, staff_id: int, *, password_hash: str, now: datetime.datetime, chosen: bool
) -> None:
    """Keep another hash of the password: of a new one that the person has chosen, or of the same, hashed anew."""
    values: dict[str, object] = {"password_hash": password_hash}
    if chosen:
        values.update(password_changed_at=now, must_change_password=False)
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(**values))


def set_second_factor(
    connection: Connection, staff_id: int, *, secret: str, step: int, recovery_codes: Sequence[str]
) -> None:
    """Keep a confirmed second factor: the encrypted secret, the time step of its code, digests of recovery codes."""
    values = {"totp_secret": secret, "totp_step": step, "recovery_codes": json.dumps(list(recovery_codes))}
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(**values))


def renew_secret(connection: Connection, staff_id: int, secret: str) -> None:
    """Keep the same second factor, encrypted under another key."""
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(totp_secret=secret))


def set_recovery_codes(connection: Connection, staff_id: int, recovery_codes: Sequence[str]) -> None:
    """Keep the digests of new recovery codes; the old ones are worth nothing any more."""
    written = json.dumps(list(recovery_codes))
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(recovery_codes=written))


def use_step(connection: Connection, staff_id: int, step: int) -> bool:
    """Note that a time step's code was used; False when that or a later one was used before (RFC 6238, 5.2)."""
    query = sa.update(_STAFF).where(_STAFF.c.id == staff_id, _STAFF.c.totp_step < step).values(totp_step=step)
    return bool(connection.execute(query).rowcount)


def use_recovery_code(connection: Connection, found: Account, digest: str) -> bool:
    """Take a recovery code off an account's list; False when it is not on it, or is being used at this moment."""
    if digest not in found.recovery_codes:
        return False
    left = [code for code in found.recovery_codes if code != digest]
    query = (
        sa.update(_STAFF)
        .where(_STAFF.c.id == found.id, _STAFF.c.recovery_codes == json.dumps(list(found.recovery_codes)))
        .values(recovery_codes=json.dumps(left))
    )
    return bool(connection.execute(query).rowcount)


def set_language(connection: Connection, staff_id: int, language: str) -> None:
    """Keep the language in which a person reads the console."""
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(language=language))


def note_sign_in(connection: Connection, staff_id: int, *, now: datetime.datetime) -> None:
    """Note when somebody signed in."""
    connection.execute(sa.update(_STAFF).where(_STAFF.c.id == staff_id).values(last_signed_in_at=now))


def end_sessions(connection: Connection, staff_id: int) -> int:
    """End all sessions of a person and return how many there were."""
    return int(connection.execute(sa.delete(_SESSIONS).where(_SESSIONS.c.staff_id == staff_id)).rowcount)


def end_session(connection: Connection, staff_id: int, digest: str) -> bool:
    """End one session of a person; False when the person has no such session."""
    query = sa.delete(_SESSIONS).where(_SESSIONS.c.digest == digest, _SESSIONS.c.staff_id == staff_id)
    return bool(connection.execute(query).rowcount)


def _account(row: Row) -> Account:
    return Account(
        id=row.id,
        user_id=row.user_id,
        roles=frozenset(Role(name) for name in row.roles.split()),
        language=row.language,
        password_hash=row.password_hash,
        password_changed_at=row.password_changed_at,
        must_change_password=row.must_change_password,
        totp_secret=row.totp_secret,
        totp_step=row.totp_step,
        recovery_codes=tuple(json.loads(row.recovery_codes)),
        active=row.active,
        created_at=row.created_at,
        last_signed_in_at=row.last_signed_in_at,
    )


def _written(roles: Collection[Role]) -> str:
    return " ".join(role.value for role in Role if role in roles)


def _check_roles(roles: Collection[Role]) -> None:
    if not roles:
        raise StaffError("no_role", "Give at least one role.")


def _is_administrator() -> sa.sql.ColumnElement:
    # No role's name is part of another one's.
    return _STAFF.c.active.is_(True) & _STAFF.c.roles.contains(Role.ADMINISTRATOR.value)


def _lock_administrators(connection: Connection) -> int:
    """Return how many there are, with their rows locked.

    Two administrators who disable each other at the same moment wait for one another so; SQLite lets one write anyway.
    """
    query = sa.select(_STAFF.c.id).where(_is_administrator()).order_by(_STAFF.c.id).with_for_update()
    return len(connection.execute(query).all())


def _check_administrators(connection: Connection, before: int) -> None:
    """Raise StaffError when the last one is gone; the caller rolls back."""
    left = connection.execute(sa.select(sa.func.count()).select_from(_STAFF).where(_is_administrator())).scalar()
    if before and not left:
        raise StaffError(
            "last_administrator", "This is the last active administrator. Give somebody else the role first."
        )
