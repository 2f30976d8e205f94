"""One's own account: sessions, password, second factor, language."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from components.storage import staff
from console.area import EVERYONE, note
from console.database import database, now
from console.forms import REFUSED, Form
from console.identity import person
from console.signing_in import passwords, second_factor
from console.signing_in.forms import ChangePasswordForm, LanguageForm, PasswordForm, RenewSecondFactorForm
from console.signing_in.sessions import sessions_of
from console.signing_in.views import (
    Answer,
    answer_refusal,
    area,
    change_password,
    confirm_second_factor,
    recovery_codes_page,
    recovery_digests,
    refuse_password,
    set_up_page,
)
from console.texts import text
from console.wording import say


@area.page("/account", roles=EVERYONE, audit="account.viewed")
def account() -> Answer:
    """Show one's own account."""
    note(f"staff:{person().user_id}")
    return render_template(
        "signing_in/account.html",
        account=staff.account(database(), person().id),
        sessions=sessions_of(database(), person().id, now=now()),
        language_form=LanguageForm(language=person().language),
    )


@area.act("/account/language", roles=EVERYONE, audit="account.language_chosen")
def choose_language() -> Answer:
    """Keep the language of the console."""
    form = LanguageForm()
    if not form.validate_on_submit():
        abort(400)
    staff.set_language(database(), person().id, form.language.data)
    note(f"staff:{person().user_id}", language=form.language.data)
    flash(text("signing_in.language_chosen", form.language.data), "good")
    return redirect(url_for("signing_in.account"))


@area.act("/account/sessions/end", roles=EVERYONE, audit="account.session_ended")
def end_own_session() -> Answer:
    """End one of one's own sessions."""
    if not staff.end_session(database(), person().id, request.form.get("session", "")):
        abort(404)
    note(f"staff:{person().user_id}")
    flash(say("signing_in.session_ended"), "good")
    return _account()


@area.act("/account/sessions/end-others", roles=EVERYONE, audit="account.other_sessions_ended")
def end_other_sessions() -> Answer:
    """End all of one's sessions but this one."""
    others = [row for row in sessions_of(database(), person().id, now=now()) if row.digest != person().session]
    for row in others:
        staff.end_session(database(), person().id, row.digest)
    note(f"staff:{person().user_id}", sessions_ended=len(others))
    flash(say("signing_in.other_sessions_ended"), "good")
    return _account()


@area.page("/account/password", roles=EVERYONE)
def password() -> Answer:
    """Ask for a new password."""
    return _password_page(ChangePasswordForm())


@area.act("/account/password", roles=EVERYONE, audit="account.password_changed")
def save_password() -> Answer:
    """Change the password; all other sessions end."""
    form = ChangePasswordForm()
    if not form.validate_on_submit() or not form.acceptable(person().user_id):
        return _password_page(form), REFUSED
    refusal = refuse_password(form, form.current_password.data)
    if refusal is not None:
        return answer_refusal(_password_page(form), refusal)
    change_password(person(), form.new_password.data)
    flash(say("signing_in.password_changed"), "good")
    return _account()


@area.page("/account/second-factor", roles=EVERYONE)
def renew_second_factor() -> Answer:
    """Show a new secret for another authenticator app; the old one counts until a code of the new one was given."""
    return set_up_page("signing_in/renew.html", RenewSecondFactorForm(), second_factor.new_secret())


@area.act("/account/second-factor", roles=EVERYONE, audit="account.second_factor_set_up")
def save_second_factor() -> Answer:
    """Put a new second factor in the place of the old one; all other sessions end."""
    form = RenewSecondFactorForm()
    codes = confirm_second_factor("signing_in/renew.html", form, password=form.current_password.data or "")
    return recovery_codes_page(codes, to=url_for("signing_in.account")) if isinstance(codes, list) else codes


@area.page("/account/recovery-codes", roles=EVERYONE)
def recovery_codes() -> Answer:
    """Ask for the password before new recovery codes are made."""
    return _recovery_page(PasswordForm())


@area.act("/account/recovery-codes", roles=EVERYONE, audit="account.recovery_codes_renewed")
def renew_recovery_codes() -> Answer:
    """Make new recovery codes and show them this once; the old ones are worth nothing any more."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _recovery_page(form), REFUSED
    refusal = refuse_password(form, form.current_password.data)
    if refusal is not None:
        return answer_refusal(_recovery_page(form), refusal)
    codes = second_factor.new_recovery_codes()
    staff.set_recovery_codes(database(), person().id, recovery_digests(codes, person().id))
    note(f"staff:{person().user_id}")
    return recovery_codes_page(codes, to=url_for("signing_in.account"))


def _account() -> Response:
    return redirect(url_for("signing_in.account"))


def _password_page(form: Form) -> str:
    return render_template("signing_in/password.html", form=form, fewest=passwords.FEWEST_CHARACTERS)


def _recovery_page(form: Form) -> str:
    left = len(staff.account(database(), person().id).recovery_codes)
    return render_template("signing_in/renew_recovery_codes.html", form=form, left=left)
