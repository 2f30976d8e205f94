"""A box to try the anonymiser in; nothing of what is written there is kept."""

from __future__ import annotations

from flask import render_template
from wtforms import TextAreaField

from components.privacy import Span, anonymise
from console.forms import REFUSED, Form, at_most, required
from console.privacy_desk.base import OFFICERS, PREFIX, area, label_name

MAX_CHARACTERS = 2_000


class TryForm(Form):
    """A text to be masked."""

    area = "privacy_desk"
    text = TextAreaField(
        validators=[required("privacy_desk.text_missing"), at_most(MAX_CHARACTERS, "privacy_desk.text_too_long")],
        render_kw={"autocomplete": "off", "spellcheck": "false", "rows": 6},
    )


@area.page(f"{PREFIX}/try", roles=OFFICERS)
def try_out() -> str:
    """Ask for a text."""
    return _page(TryForm(formdata=None))


@area.act(f"{PREFIX}/try", roles=OFFICERS, audit="anonymiser.tried")
def tried() -> str | tuple[str, int]:
    """Show what the anonymiser makes of a text; only that it was tried is noted."""
    form = TryForm()
    if not form.validate_on_submit():
        return _page(form), REFUSED
    text = form.text.data.replace("\r\n", "\n")
    found = anonymise(text)
    return _page(form, masked=found.text, spans=[(span, text[span.start : span.end]) for span in found.spans])


def _page(form: TryForm, *, masked: str | None = None, spans: list[tuple[Span, str]] | None = None) -> str:
    return render_template(
        "privacy_desk/try.html", form=form, masked=masked, spans=spans or [], label_name=label_name, most=MAX_CHARACTERS
    )
