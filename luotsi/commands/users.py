"""`luotsi users`: accounts of staff, also the first administrator's."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from components.storage.staff import Account, Role
    from console.settings import ConsoleSettings

ACTOR = "command line"
REFUSED, CANNOT_TELL = 1, 2
_ROLES = ("agent", "trainer", "editor", "privacy_officer", "administrator")
_LANGUAGES = ("fi", "en")

Audit = Callable[..., None]
Task = Callable[["Connection", Audit], int]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    add = tasks.add_parser(
        "add",
        help="add an account and print its temporary password, this once",
        description="Add an account and print its temporary password, this once. The first time in the console the "
        "person chooses a password and sets up an authenticator app.",
    )
    add.add_argument("user_id", metavar="USER_ID", help="personal, for example anna.mallinen")
    add.add_argument(
        "--role",
        action="append",
        required=True,
        metavar="ROLE",
        dest="roles",
        help=f"what the person may do, once for each role: {', '.join(_ROLES)}",
    )
    add.add_argument("--language", choices=_LANGUAGES, default=_LANGUAGES[0], help="of the console (default: fi)")
    add.set_defaults(run=_add)
    tasks.add_parser("list", help="list all accounts", description="List all accounts.").set_defaults(run=_list)
    for task, what, function in (
        ("disable", "disable an account, which ends its sessions", _disable),
        ("enable", "enable an account", _enable),
        (
            "reset",
            "give an account a new temporary password; its second factor, recovery codes and sessions are gone",
            _reset,
        ),
    ):
        parsed = tasks.add_parser(task, help=what, description=f"{what[0].upper()}{what[1:]}.")
        parsed.add_argument("user_id", metavar="USER_ID")
        parsed.set_defaults(run=function)


def _add(options: argparse.Namespace) -> int:
    def task(connection: Connection, audit: Audit) -> int:
        from components.storage import staff
        from console.signing_in import passwords

        roles, user_id = _read_roles(options.roles), staff.read_user_id(options.user_id)
        password = passwords.temporary_password()
        staff.add_account(
            connection,
            user_id,
            roles=roles,
            password_hash=passwords.hash_password(password),
            language=options.language,
            now=_now(),
        )
        audit("staff.added", user_id, roles=" ".join(sorted(role.value for role in roles)))
        _print_password(user_id, password)
        return 0

    return _do(task)


def _list(options: argparse.Namespace) -> int:
    def task(connection: Connection, audit: Audit) -> int:
        from components.storage import staff

        found = staff.accounts(connection)
        audit("staff.listed", None, accounts=len(found))
        if not found:
            print("There are no accounts. Make the first: luotsi users add USER_ID --role administrator")
            return 0
        width = max(len(account.user_id) for account in found)
        for account in found:
            seen = account.last_signed_in_at
            signed_in = f"last signed in {seen:%Y-%m-%d %H:%M} UTC" if seen else "never signed in"
            roles = " ".join(sorted(role.value for role in account.roles))
            print(f"{account.user_id:<{width}}  {_state(account):<18}  {signed_in:<35}  {roles}")
        return 0

    return _do(task)


def _disable(options: argparse.Namespace) -> int:
    return _set_active(options.user_id, False, "staff.disabled", "is disabled, and every session has ended")


def _enable(options: argparse.Namespace) -> int:
    return _set_active(options.user_id, True, "staff.enabled", "is active")


def _set_active(user_id: str, active: bool, action: str, outcome: str) -> int:
    def task(connection: Connection, audit: Audit) -> int:
        from components.storage import staff

        found = _find(connection, user_id)
        staff.set_active(connection, found.id, active)
        audit(action, found.user_id)
        print(f"{found.user_id} {outcome}.")
        return 0

    return _do(task)


def _reset(options: argparse.Namespace) -> int:
    def task(connection: Connection, audit: Audit) -> int:
        from components.storage import staff
        from console.signing_in import passwords

        found, password = _find(connection, options.user_id), passwords.temporary_password()
        staff.reset(connection, found.id, password_hash=passwords.hash_password(password), now=_now())
        audit("staff.reset", found.user_id)
        _print_password(found.user_id, password)
        if not found.active:
            print(f"The account is disabled still: luotsi users enable {found.user_id}")
        return 0

    return _do(task)


def _do(task: Task) -> int:
    """Do something in one transaction with its audit entry; on a fresh database the tables are made first."""
    from sqlalchemy.exc import SQLAlchemyError

    from components.storage.database import migrate, open_database
    from components.storage.staff import StaffError
    from console.settings import ConsoleSettings

    try:
        settings = ConsoleSettings.from_environment(os.environ)
        engine = open_database(settings.database_url)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_TELL
    try:
        migrate(engine)
        with engine.begin() as connection:
            return task(connection, _auditor(connection, settings))
    except StaffError as error:
        sys.stderr.write(f"Nothing was done. {error}\n")
        return REFUSED
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        sys.stderr.write(f"The database cannot be used ({kind}). Is it running, and is LUOTSI_DATABASE_URL right?\n")
        return CANNOT_TELL
    finally:
        engine.dispose()


def _auditor(connection: Connection, settings: ConsoleSettings) -> Audit:
    from components.storage import audit

    def write(action: str, user_id: str | None, **details: str | int) -> None:
        audit.append(
            connection,
            keys=settings.derived_keys("audit"),
            kept=settings.audit_kept,
            now=_now(),
            actor=ACTOR,
            action=action,
            target=None if user_id is None else f"staff:{user_id}",
            details=details,
        )

    return write


def _find(connection: Connection, typed: str) -> Account:
    from components.storage import staff

    found = staff.find_account(connection, staff.read_user_id(typed))
    if found is None:
        raise staff.StaffError("unknown", "There is no such user ID; `luotsi users list` shows all.")
    return found


def _read_roles(names: list[str]) -> set[Role]:
    from components.storage.staff import Role, StaffError

    unknown = [name for name in names if name.replace("-", "_") not in _ROLES]
    if unknown:
        raise StaffError("unknown_role", f"There is no role {unknown[0][:40]!r}. The roles are {', '.join(_ROLES)}.")
    return {Role(name.replace("-", "_")) for name in names}


def _state(account: Account) -> str:
    if not account.active:
        return "disabled"
    return "temporary password" if account.must_change_password else "active"


def _print_password(user_id: str, password: str) -> None:
    from console.signing_in.passwords import TEMPORARY_FOR

    print(f"User ID:            {user_id}\nTemporary password: {password}")
    print(f"It is shown only now and works for {TEMPORARY_FOR.days} days; in the console the person chooses another.")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
