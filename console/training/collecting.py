"""The pages of collections: making them, describing them, and putting cases into their order."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField

from components.storage import collections
from components.storage.collections import MAX_THEME, MAX_TITLE, Collection
from console.area import note
from console.database import database, now
from console.forms import REFUSED, Form, at_most, required
from console.identity import person
from console.texts import LANGUAGES
from console.training.base import (
    MOST_TEXT,
    TRAINERS,
    area,
    collection_choices,
    days_left,
    language_choices,
    stored_conversation,
    the_case,
    the_collection,
)
from console.wording import language, say

Page = str | tuple[str, int] | Response


class CollectionForm(Form):
    """What a collection is about."""

    area = "training"
    title = StringField(validators=[required("training.title_missing"), at_most(MAX_TITLE, "training.too_long")])
    goal = TextAreaField(validators=[at_most(MOST_TEXT, "training.too_long")])
    theme = StringField(validators=[at_most(MAX_THEME, "training.too_long")], render_kw={"list": "themes"})
    language = SelectField()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.language.choices = language_choices()


class AddForm(Form):
    """A conversation for a collection, by its reference."""

    area = "training"
    reference = StringField(
        validators=[required("training.reference_missing")], render_kw={"autocomplete": "off", "spellcheck": "false"}
    )
    collection = SelectField()
    title = StringField("", validators=[at_most(MAX_TITLE, "training.too_long")])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.title.label.text = say("training.label_case_title")
        self.collection.choices = collection_choices()


@area.page("/collections", roles=TRAINERS)
def collecting() -> str:
    """List the collections, by theme and language if wanted."""
    theme, spoken = request.args.get("theme", ""), request.args.get("language", "")
    archived = request.args.get("archived") == "1"
    chosen = spoken if spoken in LANGUAGES else None
    return render_template(
        "training/collections.html",
        found=collections.find_all(database(), now=now(), theme=theme, language=chosen, archived=archived),
        themes=collections.themes(database()),
        theme=theme,
        spoken=chosen,
        archived=archived,
        language_choices=language_choices(),
    )


@area.page("/collections/new", roles=TRAINERS)
def new() -> str:
    """Ask what a new collection is about."""
    return _describe(CollectionForm(data={"language": language()}), None)


@area.act("/collections/new", roles=TRAINERS, audit="collection.created")
def create() -> Page:
    """Make a collection."""
    form = CollectionForm()
    if not form.validate_on_submit():
        return _describe(form, None), REFUSED
    number = collections.create(database(), **_described(form), by=person().user_id, now=now())
    note(f"collection:{number}")
    flash(say("training.collection_made"))
    return redirect(url_for("training.collection", collection_id=number))


@area.page("/collections/<int:collection_id>", roles=TRAINERS, audit="collection.viewed")
def collection(collection_id: int) -> str:
    """Show a collection's cases in their order, and what falls out of it and when."""
    found = the_collection(collection_id)
    note(f"collection:{found.id}")
    return _page(found, AddForm(formdata=None))


@area.page("/collections/<int:collection_id>/edit", roles=TRAINERS)
def edit(collection_id: int) -> str:
    """Ask what a collection is about."""
    found = the_collection(collection_id)
    form = CollectionForm(
        data={"title": found.title, "goal": found.goal, "theme": found.theme, "language": found.language}
    )
    return _describe(form, found)


@area.act("/collections/<int:collection_id>/edit", roles=TRAINERS, audit="collection.changed")
def change(collection_id: int) -> Page:
    """Describe a collection anew."""
    found, form = the_collection(collection_id), CollectionForm()
    if not form.validate_on_submit():
        return _describe(form, found), REFUSED
    collections.change(database(), found.id, **_described(form), now=now())
    note(f"collection:{found.id}")
    flash(say("common.saved"))
    return redirect(url_for("training.collection", collection_id=found.id))


@area.act("/collections/<int:collection_id>/archive", roles=TRAINERS, audit="collection.archived")
def archive(collection_id: int) -> Page:
    """Put a collection away, or take it out again."""
    found = the_collection(collection_id)
    archived = request.form.get("archived") == "1"
    collections.archive(database(), found.id, archived=archived, now=now())
    note(f"collection:{found.id}", archived=archived)
    flash(say("training.archived" if archived else "training.taken_out"))
    return redirect(url_for("training.collection", collection_id=found.id))


@area.page("/collections/choose", roles=TRAINERS)
def choose() -> str:
    """Ask which collection a conversation belongs into."""
    form = AddForm(formdata=None, data={"reference": request.args.get("reference", "")})
    return render_template("training/choose.html", form=form)


@area.act("/collections/cases", roles=TRAINERS, audit="collection.case_added")
def add_case() -> Page:
    """Put a stored conversation into a collection; without one, ask which."""
    wanted = request.form.get("reference") or request.args.get("reference", "")
    if not request.form.get("collection"):
        note(None, action="collection.case_offered")
        return redirect(url_for("training.choose", reference=wanted))
    form = AddForm()
    if not form.validate_on_submit():
        return _refused(form)
    sender_id = stored_conversation(form.reference.data)
    found = the_collection(int(form.collection.data))
    if sender_id is None:
        form.refuse("reference", "training.reference_unknown")
        return _refused(form)
    title = form.title.data or say("training.case_number", number=found.cases + 1)
    number = collections.add_conversation(database(), found.id, sender_id, title=title, by=person().user_id, now=now())
    note(the_case(number).name, collection=found.id)
    flash(say("training.case_added"))
    return redirect(url_for("training.case", case_id=number))


@area.act("/collections/cases/<int:case_id>/shift", roles=TRAINERS, audit="collection.ordered")
def shift(case_id: int) -> Page:
    """Move a case up or down by one."""
    found = the_case(case_id)
    collections.shift(database(), found, by=-1 if request.form.get("where") == "up" else 1, now=now())
    note(found.name, collection=found.collection_id)
    return redirect(url_for("training.collection", collection_id=found.collection_id, _anchor=f"case-{found.id}"))


@area.act("/collections/cases/<int:case_id>/transfer", roles=TRAINERS, audit="collection.case_moved")
def transfer(case_id: int) -> Page:
    """Move a case to another collection, or put a copy of it there."""
    found, wanted = the_case(case_id), request.form.get("collection", "")
    target = the_collection(int(wanted) if wanted.isdecimal() and len(wanted) < 10 else 0)
    if request.form.get("how") == "copy":
        collections.copy(database(), found, target.id, by=person().user_id, now=now())
        note(found.name, action="collection.case_copied", collection=target.id)
        flash(say("training.copied"))
    else:
        collections.move(database(), found, target.id, now=now())
        note(found.name, collection=target.id)
        flash(say("training.moved"))
    return redirect(url_for("training.collection", collection_id=target.id))


@area.act("/collections/cases/<int:case_id>/remove", roles=TRAINERS, audit="collection.case_removed")
def remove(case_id: int) -> Page:
    """Take a case out of its collection."""
    found = the_case(case_id)
    collections.remove(database(), found, now=now())
    note(found.name, collection=found.collection_id)
    flash(say("training.removed"))
    return redirect(url_for("training.collection", collection_id=found.collection_id))


def _refused(form: AddForm) -> Page:
    """Return the page that the form came from, with its errors."""
    chosen = form.collection.data or ""
    if request.form.get("from") == "collection" and chosen.isdecimal():
        return _page(the_collection(int(chosen)), form), REFUSED
    return render_template("training/choose.html", form=form), REFUSED


def _page(found: Collection, form: AddForm) -> str:
    cases = collections.cases_of(database(), found.id, now=now())
    return render_template(
        "training/collection.html",
        found=found,
        cases=cases,
        falling=collections.falling_out(cases),
        days_left=days_left,
        form=form,
    )


def _describe(form: CollectionForm, found: Collection | None) -> str:
    return render_template("training/describe.html", form=form, found=found, themes=collections.themes(database()))


def _described(form: CollectionForm) -> dict[str, str]:
    return {
        "title": form.title.data,
        "goal": form.goal.data or "",
        "theme": form.theme.data or "",
        "language": form.language.data,
    }
