"""The forms of signing in and of one's own account."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, PasswordField, SelectField, StringField

from components.storage.staff import LANGUAGES
from console.forms import Form, required
from console.signing_in import passwords
from console.wording import say

_CURRENT = {"autocomplete": "current-password"}
_NEW = {"autocomplete": "new-password"}
_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(Form):
    """User ID and password."""

    area = "signing_in"
    user_id = StringField(
        validators=[required("signing_in.user_id_missing")], render_kw={**_PLAIN, "autocomplete": "username"}
    )
    password = PasswordField(validators=[required("signing_in.password_missing")], render_kw=_CURRENT)
    next = HiddenField()


class CodeForm(Form):
    """A code of the app, or a recovery code."""

    area = "signing_in"
    code = StringField(render_kw=_CODE)
    recovery_code = StringField(render_kw=_PLAIN)
    next = HiddenField()


class NewPasswordForm(Form):
    """A new password, typed twice; `user_id` is whose it is."""

    area = "signing_in"
    new_password = PasswordField(validators=[required("signing_in.password_missing")], render_kw=_NEW)
    repeated = PasswordField(validators=[required("signing_in.password_missing")], render_kw=_NEW)
    next = HiddenField()

    def acceptable(self, user_id: str) -> bool:
        """Tell whether the password may be used, after the form itself was found valid; puts the errors there."""
        objection = passwords.objection(self.new_password.data, user_id=user_id)
        if objection is not None:
            self.refuse(
                "new_password",
                f"signing_in.password_{objection}",
                fewest=passwords.FEWEST_CHARACTERS,
                most=passwords.MOST_CHARACTERS,
            )
        elif passwords.normalise(self.new_password.data) != passwords.normalise(self.repeated.data):
            self.refuse("repeated", "signing_in.password_differs")
        return objection is None and not self.repeated.errors


class ChangePasswordForm(NewPasswordForm):
    """The same, with the password in use."""

    current_password = PasswordField(validators=[required("signing_in.password_missing")], render_kw=_CURRENT)


class SetUpForm(Form):
    """The code by which a person shows that the app has the secret, which the form carries encrypted."""

    area = "signing_in"
    offer = HiddenField()
    code = StringField(validators=[required("signing_in.code_missing")], render_kw=_CODE)
    next = HiddenField()


class RenewSecondFactorForm(SetUpForm):
    """The same, with the password in use."""

    current_password = PasswordField(validators=[required("signing_in.password_missing")], render_kw=_CURRENT)


class PasswordForm(Form):
    """The password in use, for what only its person may do."""

    area = "signing_in"
    current_password = PasswordField(validators=[required("signing_in.password_missing")], render_kw=_CURRENT)


class LanguageForm(Form):
    """The language of the console."""

    area = "signing_in"
    language = SelectField()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.language.choices = [(name, say(f"signing_in.language_{name}")) for name in LANGUAGES]
