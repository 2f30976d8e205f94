"""Erasing a conversation when the customer has told the code of it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, StringField

from components.storage import rights
from components.storage.references import read_reference
from components.storage.switches import checked_reason
from console.area import note
from console.database import afterwards, database, engine
from console.forms import REFUSED, Form, required
from console.privacy_desk.base import OFFICERS, PREFIX, ReasonForm, area, table_name
from console.wording import say


class FindForm(Form):
    """The code of a conversation."""

    area = "privacy_desk"
    reference = StringField(
        validators=[required("privacy_desk.reference_missing")],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class EraseForm(ReasonForm):
    """The reason, and that it is meant."""

    reference = HiddenField()
    sure = BooleanField(validators=[required("privacy_desk.sure_missing")])


@area.page(f"{PREFIX}/erasure", roles=OFFICERS, audit="erasure.looked_up")
def erasure() -> str | tuple[str, int]:
    """Ask for the code of a conversation, and show how much is kept of it, without any of its text."""
    typed = request.args.get("reference")
    if typed is None:
        note(asked=False)
        return _find(FindForm(formdata=None))
    form = FindForm(formdata=request.args, meta={"csrf": False})
    reference = read_reference(typed)
    if not form.validate():
        return _find(form), REFUSED
    if reference is None:
        form.refuse("reference", "privacy_desk.reference_unreadable")
        return _find(form), REFUSED
    note(reference, found=False)
    sender_id = rights.find_sender(database(), reference)
    if sender_id is None:
        form.refuse("reference", "privacy_desk.reference_unknown")
        return _find(form)
    note(reference, found=True)
    return _amount(EraseForm(formdata=None, data={"reference": reference}), reference, sender_id)


@area.act(f"{PREFIX}/erasure", roles=OFFICERS, audit="conversation.erased")
def erase() -> str | tuple[str, int] | Response:
    """Erase the conversation, in one transaction with the audit entry, and show the receipt."""
    form = EraseForm()
    reference = read_reference(form.reference.data or "")
    sender_id = rights.find_sender(database(), reference) if reference is not None else None
    if reference is None or sender_id is None:
        finding = FindForm(formdata=None, data={"reference": form.reference.data})
        finding.refuse("reference", "privacy_desk.reference_unknown")
        return _find(finding), REFUSED
    if not form.validate_on_submit():
        return _amount(form, reference, sender_id), REFUSED
    running = engine()
    receipt, was_indexed = rights.erase_within(database(), sender_id)
    afterwards(lambda: rights.leave_nothing(running, was_indexed=was_indexed))
    note(
        reference,
        reason=checked_reason(form.reason.data),
        receipt=receipt.code,
        messages=receipt.counts["messages"],
    )
    return redirect(url_for("privacy_desk.receipt", code=receipt.code))


@area.page(f"{PREFIX}/erasure/receipts/<code>", roles=OFFICERS, audit="erasure.receipt_viewed")
def receipt(code: str) -> str:
    """Show the receipt of an erasure."""
    found = rights.confirm(engine(), code)
    if found is None:
        raise NotFound()
    note(receipt=found.code)
    return render_template("privacy_desk/receipt.html", receipt=found, table_name=table_name)


def _find(form: FindForm) -> str:
    return render_template("privacy_desk/erasure.html", form=form, say=say)


def _amount(form: EraseForm, reference: str, sender_id: str) -> str:
    return render_template(
        "privacy_desk/erase.html",
        form=form,
        reference=reference,
        amount=rights.amount_of(database(), sender_id),
        table_name=table_name,
    )
