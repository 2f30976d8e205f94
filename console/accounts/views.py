"""The pages on which administrators look after accounts; every change is audited with the account as its target."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from components.storage import staff
from components.storage.staff import Account, Role, StaffError
from console.accounts.forms import AccountForm, RolesForm
from console.area import Area, note
from console.database import database, now
from console.forms import REFUSED
from console.identity import person
from console.signing_in import passwords
from console.signing_in.sessions import sessions_of
from console.wording import language, say

Answer = Response | str | tuple[str, int]
CONFLICT = 409
_ADMINISTRATORS = {Role.ADMINISTRATOR}

area = Area("accounts", __name__)


@area.page("/accounts", roles=_ADMINISTRATORS, audit="staff.listed")
def accounts() -> Answer:
    """List all accounts."""
    found = staff.accounts(database())
    note(accounts=len(found))
    return render_template("accounts/accounts.html", accounts=found)


@area.page("/new-account", roles=_ADMINISTRATORS)
def new_account() -> Answer:
    """Ask for a new account."""
    return render_template("accounts/new.html", form=AccountForm(language=language()))


@area.act("/new-account", roles=_ADMINISTRATORS, audit="staff.added")
def add_account() -> Answer:
    """Add an account and show its temporary password, this once."""
    form = AccountForm()
    if not form.validate_on_submit():
        return render_template("accounts/new.html", form=form), REFUSED
    user_id, password = staff.read_user_id(form.user_id.data), passwords.temporary_password()
    try:
        staff.add_account(
            database(),
            user_id,
            roles=form.chosen(),
            password_hash=passwords.hash_password(password),
            language=form.language.data,
            now=now(),
        )
    except StaffError as error:
        form.refuse("user_id", f"accounts.error_{error.reason}", user_id=user_id)
        return render_template("accounts/new.html", form=form), REFUSED
    note(f"staff:{user_id}", roles=_written(form.chosen()))
    return _temporary_password(user_id, password)


@area.page("/accounts/<user_id>", roles=_ADMINISTRATORS, audit="staff.viewed")
def account(user_id: str) -> Answer:
    """Show an account and what can be done with it."""
    found = _account(user_id)
    note(f"staff:{found.user_id}")
    return _page(found, RolesForm(roles=[role.value for role in found.roles]))


@area.act("/accounts/<user_id>/roles", roles=_ADMINISTRATORS, audit="staff.roles_changed")
def change_roles(user_id: str) -> Answer:
    """Give somebody other roles."""
    found, form = _account(user_id), RolesForm()
    if not form.validate_on_submit():
        return _page(found, form), REFUSED
    try:
        staff.set_roles(database(), found.id, form.chosen())
    except StaffError as error:
        form.refuse("roles", f"accounts.error_{error.reason}")
        return _page(found, form), CONFLICT
    note(f"staff:{found.user_id}", before=_written(found.roles), roles=_written(form.chosen()))
    flash(say("accounts.roles_changed", user_id=found.user_id), "good")
    if found.id == person().id and Role.ADMINISTRATOR not in form.chosen():
        return redirect(url_for("start.start"))
    return _to(found)


@area.act("/accounts/<user_id>/disable", roles=_ADMINISTRATORS, audit="staff.disabled")
def disable(user_id: str) -> Answer:
    """Disable an account, which ends its sessions."""
    found = _account(user_id)
    try:
        if found.id == person().id:
            raise StaffError("oneself", "an administrator cannot disable the own account")
        staff.set_active(database(), found.id, False)
    except StaffError as error:
        return _refused(found, error)
    note(f"staff:{found.user_id}")
    flash(say("accounts.disabled", user_id=found.user_id), "good")
    return _to(found)


@area.act("/accounts/<user_id>/enable", roles=_ADMINISTRATORS, audit="staff.enabled")
def enable(user_id: str) -> Answer:
    """Enable an account."""
    found = _account(user_id)
    staff.set_active(database(), found.id, True)
    note(f"staff:{found.user_id}")
    flash(say("accounts.enabled", user_id=found.user_id), "good")
    return _to(found)


@area.act("/accounts/<user_id>/reset", roles=_ADMINISTRATORS, audit="staff.reset")
def reset(user_id: str) -> Answer:
    """Give somebody else's account a temporary password and show it, this once."""
    found = _account(user_id)
    if found.id == person().id:
        return _refused(found, StaffError("reset_oneself", "one's own password is changed under My account"))
    password = passwords.temporary_password()
    staff.reset(database(), found.id, password_hash=passwords.hash_password(password), now=now())
    note(f"staff:{found.user_id}")
    return _temporary_password(found.user_id, password)


@area.act("/accounts/<user_id>/sessions/end", roles=_ADMINISTRATORS, audit="staff.sessions_ended")
def end_sessions(user_id: str) -> Answer:
    """End all of somebody's sessions."""
    found = _account(user_id)
    ended = staff.end_sessions(database(), found.id)
    note(f"staff:{found.user_id}", sessions_ended=ended)
    flash(say("accounts.sessions_ended", user_id=found.user_id), "good")
    return _to(found)


def _account(user_id: str) -> Account:
    found = staff.find_account(database(), user_id)
    if found is None:
        abort(404)
    return found


def _to(found: Account) -> Response:
    return redirect(url_for("accounts.account", user_id=found.user_id))


def _page(found: Account, form: RolesForm, error: str | None = None) -> str:
    return render_template(
        "accounts/account.html",
        account=found,
        form=form,
        error=error,
        sessions=sessions_of(database(), found.id, now=now()),
        oneself=found.id == person().id,
    )


def _refused(found: Account, error: StaffError) -> Answer:
    form = RolesForm(formdata=None, roles=[role.value for role in found.roles])
    return _page(found, form, say(f"accounts.error_{error.reason}")), CONFLICT


def _temporary_password(user_id: str, password: str) -> str:
    days = passwords.TEMPORARY_FOR.days
    return render_template("accounts/temporary_password.html", user_id=user_id, password=password, days=days)


def _written(roles: frozenset[Role] | list[Role]) -> str:
    return " ".join(role.value for role in Role if role in roles)
