"""The forms of the administrators' area."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField

from components.storage.staff import LANGUAGES, Role
from console.forms import Form, MultiCheckboxField, required
from console.wording import say


class RolesForm(Form):
    """What somebody may do."""

    area = "accounts"
    roles = MultiCheckboxField(validators=[required("accounts.error_no_role")])

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.roles.choices = [(role.value, say(f"accounts.role_{role.value}_may")) for role in Role]

    def chosen(self) -> list[Role]:
        """Return the roles of a valid form."""
        return [Role(name) for name in self.roles.data]


class AccountForm(RolesForm):
    """A new account."""

    user_id = StringField(
        validators=[required("accounts.error_bad_user_id")],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    language = SelectField()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.language.choices = [(name, say(f"signing_in.language_{name}")) for name in LANGUAGES]
