"""What the console's forms are made of: labels and errors from the texts, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from console.texts import knows
from console.wording import say

REFUSED = 422
"""The status of a page that shows a form again because of what stood in it: nothing is kept.

Nothing is audited either, unless the page shows more than the form (console.area.keep_refusal).
"""

LARGEST_NUMBER = 2**53
"""Rows have smaller numbers, pages of lists as well; databases refuse much larger ones."""

Validator = Callable[[Any, Any], None]


class Form(FlaskForm):
    """A form whose labels are texts: "<area>.label_<field>", else "common.label_<field>".

    A subclass names its area: `area = "review"`.
    """

    area = "common"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self:
            for name in (f"{self.area}.label_{field.short_name}", f"common.label_{field.short_name}"):
                if knows(name):
                    field.label.text = say(name)
                    break

    def refuse(self, field: str, name: str, **values: object) -> None:
        """Put an error, one of the texts, beside a field."""
        found = self[field]
        found.errors = [*found.errors, say(name, **values)]


class MultiCheckboxField(SelectMultipleField):
    """Several choices as check boxes in a fieldset; the macro `field` of forms.html draws it."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def row_number(typed: str) -> int:
    """Read a whole number from an address or a form; raises ValueError for none and for one that no row has."""
    found = int(typed)
    if abs(found) > LARGEST_NUMBER:
        raise ValueError("no row has such a number")
    return found


def required(name: str) -> Validator:
    """Return a validator that refuses an empty field with one of the texts."""

    def check(_form: Any, field: Any) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            field.errors = []
            raise StopValidation(say(name))

    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check


def at_most(characters: int, name: str) -> Validator:
    """Return a validator that refuses a longer text; the text of the error may say {most} and {count}."""

    def check(_form: Any, field: Any) -> None:
        if len(field.data or "") > characters:
            raise StopValidation(say(name, most=characters, count=len(field.data)))

    check.field_flags = {"maxlength": characters}  # type: ignore[attr-defined]
    return check
