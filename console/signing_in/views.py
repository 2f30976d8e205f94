"""The pages of signing in and out."""

from __future__ import annotations

import dataclasses

import flask
from flask import after_this_request, flash, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from components.storage import staff
from console.area import EVERYONE, Area, keep_refusal, note
from console.database import database, now
from console.forms import REFUSED, Form
from console.identity import Person, person, person_or_none
from console.signing_in import passwords, proofs, second_factor
from console.signing_in.forms import CodeForm, NewPasswordForm, SetUpForm, SignInForm
from console.signing_in.next_page import local_page
from console.signing_in.sessions import begin_session, end_session, forget_cookie
from console.texts import LANGUAGES
from console.wording import LANGUAGE_COOKIE, app_settings, language, say

Answer = Response | str | tuple[str, int]
TOO_MANY_REQUESTS = 429
_LANGUAGE_KEPT_SECONDS = 31_536_000

area = Area("signing_in", __name__)


@area.page("/sign-in", roles=None)
def sign_in() -> Answer:
    """Ask for user ID and password."""
    if person_or_none() is not None:
        return redirect(url_for("signing_in.next_step", next=_wanted()))
    if request.args.get("lang") in LANGUAGES:
        _keep_language(language())
    return render_template("signing_in/sign_in.html", form=SignInForm(next=_wanted()))


@area.act("/sign-in", roles=None, audit="sign_in.password")
def check_password() -> Answer:
    """Check user ID and password, and begin a session that still lacks the second step."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("signing_in/sign_in.html", form=form), REFUSED
    user_id = staff.read_user_id(form.user_id.data)
    try:
        found = proofs.check_password(user_id, form.password.data)
    except proofs.Wait as wait:
        form.refuse("password", "signing_in.wait", count=wait.seconds)
        return answer_refusal(render_template("signing_in/sign_in.html", form=form), wait.seconds)
    if found is None:
        # Whose user ID it was is noted when there is one: what else was typed might be a password.
        known = staff.find_account(database(), user_id)
        keep_refusal("sign_in.failed", None if known is None else f"staff:{known.user_id}")
        form.refuse("password", "signing_in.wrong")
        return render_template("signing_in/sign_in.html", form=form), REFUSED
    note(f"staff:{found.user_id}", actor=found.user_id)
    new_token(found.id, verified=False)
    return redirect(url_for("signing_in.next_step", next=_wanted()))


@area.page("/sign-in/next", roles=EVERYONE, before_verified=True)
def next_step() -> Answer:
    """Lead to what is still missing, in its order, and then to the page that was asked for."""
    due = _due(person())
    if due is not None:
        return redirect(url_for(due, next=_wanted()))
    return redirect(_wanted() or url_for("start.start"))


@area.page("/sign-in/code", roles=EVERYONE, before_verified=True)
def code() -> Answer:
    """Ask for a code of the authenticator app."""
    return _elsewhere("signing_in.code") or render_template("signing_in/code.html", form=CodeForm(next=_wanted()))


@area.act("/sign-in/code", roles=EVERYONE, before_verified=True, audit="sign_in.code")
def check_code() -> Answer:
    """Check a code of the app or a recovery code; with that a person is signed in."""
    elsewhere = _elsewhere("signing_in.code")
    if elsewhere is not None:
        return _unchanged(elsewhere)
    form = CodeForm()
    found = staff.account(database(), person().id)
    recovery = bool((form.recovery_code.data or "").strip())
    field = "recovery_code" if recovery else "code"
    if not form.validate_on_submit() or not (form[field].data or "").strip():
        form.refuse("code", "signing_in.code_missing")
        return render_template("signing_in/code.html", form=form), REFUSED
    try:
        right = (proofs.check_recovery_code if recovery else proofs.check_code)(found, form[field].data)
    except proofs.Wait as wait:
        form.refuse(field, "signing_in.wait", count=wait.seconds)
        return answer_refusal(render_template("signing_in/code.html", form=form), wait.seconds)
    if not right:
        keep_refusal("sign_in.code_failed", f"staff:{found.user_id}")
        form.refuse(field, f"signing_in.wrong_{field}")
        return render_template("signing_in/code.html", form=form), REFUSED
    note(f"staff:{found.user_id}", action="sign_in.recovery_code" if recovery else None)
    new_token(found.id, verified=True)
    staff.note_sign_in(database(), found.id, now=now())
    if recovery:
        flash(say("signing_in.recovery_code_used", count=len(found.recovery_codes) - 1), "warn")
    return redirect(url_for("signing_in.next_step", next=_wanted()))


@area.page("/sign-in/password", roles=EVERYONE, before_verified=True)
def new_password() -> Answer:
    """Ask for a password in the place of the temporary one."""
    return _elsewhere("signing_in.new_password") or _new_password_page(NewPasswordForm(next=_wanted()))


@area.act("/sign-in/password", roles=EVERYONE, before_verified=True, audit="account.password_changed")
def save_new_password() -> Answer:
    """Put a person's own password in the place of the temporary one."""
    elsewhere = _elsewhere("signing_in.new_password")
    if elsewhere is not None:
        return _unchanged(elsewhere)
    form, found = NewPasswordForm(), staff.account(database(), person().id)
    if not form.validate_on_submit() or not form.acceptable(found.user_id):
        return _new_password_page(form), REFUSED
    if passwords.verify(found.password_hash, form.new_password.data):
        form.refuse("new_password", "signing_in.password_is_the_old_one")
        return _new_password_page(form), REFUSED
    change_password(person(), form.new_password.data)
    return redirect(url_for("signing_in.next_step", next=_wanted()))


@area.page("/sign-in/second-factor", roles=EVERYONE, before_verified=True)
def set_up() -> Answer:
    """Show a new secret for an authenticator app; it counts as soon as a code of it was given."""
    elsewhere = _elsewhere("signing_in.set_up")
    return elsewhere or set_up_page("signing_in/set_up.html", SetUpForm(next=_wanted()), second_factor.new_secret())


@area.act("/sign-in/second-factor", roles=EVERYONE, before_verified=True, audit="account.second_factor_set_up")
def confirm_set_up() -> Answer:
    """Keep the second factor after its first code, and show the recovery codes this once."""
    elsewhere = _elsewhere("signing_in.set_up")
    if elsewhere is not None:
        return _unchanged(elsewhere)
    form = SetUpForm()
    codes = confirm_second_factor("signing_in/set_up.html", form)
    if not isinstance(codes, list):
        return codes
    staff.note_sign_in(database(), person().id, now=now())
    return recovery_codes_page(codes, to=url_for("signing_in.next_step", next=_wanted()))


@area.page("/stay", roles=EVERYONE)
def stay() -> dict[str, str]:
    """Keep the session alive for somebody who is writing; that it was used is noted like on every page."""
    return {"status": "ok"}


@area.act("/sign-out", roles=EVERYONE, before_verified=True, audit="sign_out")
def sign_out() -> Answer:
    """End this session."""
    end_session()
    forget_cookie()
    flask.session.clear()
    flash(say("signing_in.signed_out"), "good")
    return redirect(url_for("signing_in.sign_in"))


def new_token(staff_id: int, *, verified: bool) -> None:
    """Begin a new session in this browser; neither the old token nor tokens of forms from before it are good for it."""
    begin_session(staff_id, verified=verified)
    flask.session.clear()
    g.pop("csrf_token", None)


def change_password(whose: Person, password: str) -> None:
    """Keep a new password; all other sessions of the person end, this one goes on with a new token."""
    staff.set_password(database(), whose.id, password_hash=passwords.hash_password(password), now=now(), chosen=True)
    note(f"staff:{whose.user_id}", sessions_ended=staff.end_sessions(database(), whose.id) - 1)
    new_token(whose.id, verified=whose.second_factor_given)


def confirm_second_factor(template: str, form: SetUpForm, *, password: str | None = None) -> list[str] | Answer:
    """Keep the second factor of a form with a right code and return new recovery codes, or return the page again.

    password: what was given as the password in use, where the page asks for it. All other sessions end, this one goes
    on with a new token.
    """
    box, whose = proofs.secret_box(), person()
    secret = box.taken(form.offer.data or "", session=whose.session, now=now())
    if secret is None:
        form.refuse("code", "signing_in.offer_too_old")
        return set_up_page(template, form, second_factor.new_secret()), REFUSED
    step = second_factor.matching_step(secret, form.code.data or "", now=now())
    if not form.validate_on_submit():
        return set_up_page(template, form, secret), REFUSED
    if step is None:
        form.refuse("code", "signing_in.wrong_code")
        return set_up_page(template, form, secret), REFUSED
    if password is not None:
        refusal = refuse_password(form, password)
        if refusal is not None:
            return answer_refusal(set_up_page(template, form, secret), refusal)
    codes = second_factor.new_recovery_codes()
    staff.set_second_factor(
        database(), whose.id, secret=box.close(secret), step=step, recovery_codes=recovery_digests(codes, whose.id)
    )
    note(f"staff:{whose.user_id}", sessions_ended=staff.end_sessions(database(), whose.id) - 1)
    new_token(whose.id, verified=True)
    g.person = dataclasses.replace(whose, verified=True, second_factor_set_up=True, second_factor_given=True)
    return codes


def recovery_digests(codes: list[str], staff_id: int) -> list[str]:
    """Return what is kept of new recovery codes."""
    keys = proofs.recovery_keys()[:1]
    return [second_factor.recovery_digests(code, staff_id=staff_id, keys=keys)[0] for code in codes]


def set_up_page(template: str, form: SetUpForm, secret: str) -> str:
    """Return a page that shows a secret as a QR code and as text, and asks for a code."""
    form.offer.data = proofs.secret_box().offer(secret, session=person().session, now=now())
    form.code.data = ""
    address = second_factor.address(secret, person().user_id)
    shown = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    # Made by segno of an address of letters, digits and signs of URLs; there is nothing of a person's in it.
    return render_template(
        template,
        form=form,
        secret=shown,
        address=address,
        qr_code=Markup(second_factor.qr_code(address)),  # noqa: S704
    )


def recovery_codes_page(codes: list[str], *, to: str) -> str:
    """Return the page that shows new recovery codes, this once."""
    return render_template("signing_in/recovery_codes.html", codes=codes, to=to)


def refuse_password(form: Form, password: str) -> int | None:
    """Check the password in use of the person who is signed in.

    Returns None when it is right. Else puts the error into the form's field "current_password" and returns how many
    seconds to wait, 0 when the password was looked at.
    """
    whose = person()
    try:
        if proofs.check_password(whose.user_id, password) is not None:
            return None
    except proofs.Wait as wait:
        form.refuse("current_password", "signing_in.wait", count=wait.seconds)
        return wait.seconds
    keep_refusal("account.password_wrong", f"staff:{whose.user_id}")
    form.refuse("current_password", "signing_in.current_password_wrong")
    return 0


def answer_refusal(page: str, seconds: int) -> Response:
    """Return a page that shows a form again, with how long to wait (seconds) if there is a wait."""
    response = make_response(page, TOO_MANY_REQUESTS if seconds else REFUSED)
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def _wanted() -> str | None:
    return local_page(request.values.get("next"))


def _due(found: Person) -> str | None:
    """Return the page of the step that is missing, or None. The second factor comes before what it protects."""
    if found.second_factor_set_up and not found.second_factor_given:
        return "signing_in.code"
    if found.new_password_due:
        return "signing_in.new_password"
    return None if found.second_factor_set_up else "signing_in.set_up"


def _elsewhere(step: str) -> Response | None:
    """Lead away from a step that is not the one that is missing."""
    return None if _due(person()) == step else redirect(url_for("signing_in.next_step", next=_wanted()))


def _unchanged(response: Response) -> Response:
    """Return an answer of an act that did nothing, so that nothing is audited."""
    g.admitted = False
    return response


def _new_password_page(form: NewPasswordForm) -> str:
    return render_template(
        "signing_in/new_password.html",
        form=form,
        fewest=passwords.FEWEST_CHARACTERS,
        user_id=person().user_id,
    )


def _keep_language(chosen: str) -> None:
    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            max_age=_LANGUAGE_KEPT_SECONDS,
            secure=app_settings().access.secure,
            httponly=True,
            samesite="Strict",
        )
        return response
