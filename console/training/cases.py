"""The page of one case: what it is to teach."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField

from components.storage import collections
from components.storage.collections import DIFFICULTIES, MAX_TITLE, Case
from console.area import keep_refusal, note
from console.database import database, now
from console.forms import REFUSED, Form, at_most, required
from console.review.shown import said
from console.topics import title_of
from console.training.base import MOST_TEXT, TRAINERS, area, collection_choices, days_left, the_case, the_collection
from console.wording import language, say


class CaseForm(Form):
    """What a case is to teach."""

    area = "training"
    title = StringField(validators=[required("training.title_missing"), at_most(MAX_TITLE, "training.too_long")])
    difficulty = SelectField()
    questions = TextAreaField(validators=[at_most(MOST_TEXT, "training.too_long")])
    model_answer = TextAreaField(validators=[at_most(MOST_TEXT, "training.too_long")])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.difficulty.choices = [(str(each), say(f"training.difficulty_{each}")) for each in DIFFICULTIES]


def form_of(found: Case) -> CaseForm:
    """Return the form with what a case says, whatever was sent."""
    return CaseForm(
        formdata=None,
        data={
            "title": found.title,
            "difficulty": str(found.difficulty),
            "questions": found.questions,
            "model_answer": found.model_answer,
        },
    )


def described(form: CaseForm) -> dict[str, Any]:
    """Return what a valid form says, as the store takes it."""
    return {
        "title": form.title.data,
        "difficulty": int(form.difficulty.data),
        "questions": form.questions.data or "",
        "model_answer": form.model_answer.data or "",
    }


@area.page("/collections/cases/<int:case_id>", roles=TRAINERS, audit="conversation.viewed")
def case(case_id: int) -> str:
    """Show a case with its conversation and a form for what it is to teach."""
    found = the_case(case_id)
    note(found.name, collection=found.collection_id)
    form = form_of(found)
    return _page(found, form)


@area.act("/collections/cases/<int:case_id>", roles=TRAINERS, audit="collection.case_changed")
def change_case(case_id: int) -> str | tuple[str, int] | Response:
    """Write down what a case is to teach."""
    found, form = the_case(case_id), CaseForm()
    if not form.validate_on_submit():
        note(collection=found.collection_id)
        keep_refusal("conversation.viewed", found.name)
        return _page(found, form), REFUSED
    collections.change_case(database(), found, **described(form), now=now())
    note(found.name, collection=found.collection_id)
    flash(say("common.saved"))
    return redirect(url_for("training.case", case_id=found.id))


def _page(found: Case, form: CaseForm) -> str:
    others = [choice for choice in collection_choices() if choice[0] != str(found.collection_id)]
    return render_template(
        "training/case.html",
        found=found,
        collection=the_collection(found.collection_id),
        messages=collections.messages_of(database(), found, now=now()),
        form=form,
        others=others,
        days_left=days_left,
        said=said,
        topic_title=lambda topic: title_of(topic, language()),
    )
