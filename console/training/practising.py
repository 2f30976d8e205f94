"""Practising: a case message by message, one's own answer first, then the service's."""

from __future__ import annotations

import dataclasses
import random

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField, TextAreaField

from components.storage import collections, practices
from components.storage.collections import CUSTOMER, Case, CaseMessage, Collection
from components.storage.practices import Answer, Practice
from components.storage.staff import Role
from console.area import EVERYONE, Area, keep_refusal, note
from console.database import database, now
from console.forms import REFUSED, Form, at_most
from console.identity import person
from console.review.shown import said
from console.topics import title_of, topics
from console.training.base import TRAINERS
from console.wording import language, say

area = Area("practising", __name__)
OFFERED = 4
MOST_CHARACTERS = 2_000


@dataclasses.dataclass(frozen=True)
class Step:
    """A message of the customer, what came before it, and what the service said then."""

    before: tuple[CaseMessage, ...]
    question: CaseMessage
    answers: tuple[CaseMessage, ...]


class AnswerForm(Form):
    """The trainee's answer: in the trainee's own words, or one of the topics on offer."""

    area = "training"
    written = TextAreaField(validators=[at_most(MOST_CHARACTERS, "training.too_long")])
    chosen = RadioField(validate_choice=False)


@area.page("/practice", roles=EVERYONE)
def practising() -> str:
    """Show what one can practise with, and one's own results."""
    return render_template(
        "training/practice.html",
        found=[each for each in collections.find_all(database(), now=now()) if each.cases],
        results=practices.of_trainee(database(), person().user_id, now=now()),
    )


@area.page("/practice/collections/<int:collection_id>", roles=EVERYONE)
def choose_case(collection_id: int) -> str:
    """Show the cases of a collection by their titles."""
    found = _collection(collection_id)
    cases = collections.cases_of(database(), found.id, now=now())
    return render_template(
        "training/practice_cases.html", found=found, cases=[case for case in cases if not case.fallen_out]
    )


@area.act("/practice/cases/<int:case_id>", roles=EVERYONE, audit="practice.started")
def begin(case_id: int) -> Response:
    """Begin with a case."""
    case = collections.find_case(database(), case_id, now=now())
    if case is None or case.fallen_out:
        abort(404)
    _collection(case.collection_id)
    if not _steps(case):
        flash(say("training.nothing_to_practise"), "error")
        note(case.name, action="practice.refused")
        return redirect(url_for("practising.choose_case", collection_id=case.collection_id))
    number = practices.start(database(), case, trainee=person().user_id, now=now())
    note(case.name, practice=number)
    return redirect(url_for("practising.step", practice_id=number, number=1))


@area.page("/practice/<int:practice_id>/<int:number>", roles=EVERYONE, audit="practice.message_viewed")
def step(practice_id: int, number: int) -> str | Response:
    """Show a message of the customer, counted from 1: with the form, or with the answers when it was answered."""
    found, case = _own(practice_id)
    steps = _steps(case)
    done = len(found.answers)
    note(case.name, practice=found.id)
    if not 1 <= number <= len(steps):
        abort(404)
    if number > done + 1:
        return redirect(url_for("practising.step", practice_id=found.id, number=done + 1))
    return _page(found, case, steps, number, AnswerForm(formdata=None))


@area.act("/practice/<int:practice_id>/<int:number>", roles=EVERYONE, audit="practice.answered")
def answer(practice_id: int, number: int) -> str | tuple[str, int] | Response:
    """Take the answer to a message; one that was answered stays as it is."""
    found, case = _own(practice_id)
    steps = _steps(case)
    if not 1 <= number <= len(steps):
        abort(404)
    note(case.name, practice=found.id, message=number)
    here = redirect(url_for("practising.step", practice_id=found.id, number=number))
    if number != len(found.answers) + 1:
        return here
    form = AnswerForm()
    offered = _offered(steps[number - 1], case, number)
    form.chosen.choices = [(name, title_of(name, language())) for name in offered]
    valid = form.validate_on_submit()
    written, chosen = (form.written.data or "").strip(), form.chosen.data
    chosen = chosen if chosen in offered else None
    if valid and not written and chosen is None:
        form.refuse("written", "training.answer_missing")
        valid = False
    if not valid:
        keep_refusal("practice.message_viewed", case.name)
        return _page(found, case, steps, number, form), REFUSED
    given = Answer(written or None, chosen, steps[number - 1].question.topic)
    practices.answer(database(), found, given, finished=number == len(steps), now=now())
    return here


@area.page("/practice/<int:practice_id>", roles=EVERYONE, audit="practice.viewed")
def result(practice_id: int) -> str | Response:
    """Show how a practice went, with the model answer: to the trainee and to trainers."""
    found = practices.find(database(), practice_id, now=now())
    if found is None or (found.trainee != person().user_id and not person().has(Role.TRAINER)):
        abort(404)
    own = found.trainee == person().user_id
    case = _case(found)
    steps = _steps(case)
    note(case.name, practice=found.id)
    if own and found.finished_at is None and len(found.answers) < len(steps):
        return redirect(url_for("practising.step", practice_id=found.id, number=len(found.answers) + 1))
    return render_template(
        "training/practice_result.html",
        found=found,
        case=case,
        pairs=list(zip(steps, found.answers, strict=False)),
        own=own,
        said=said,
        topic_title=lambda topic: title_of(topic, language()),
    )


@area.act("/practice/<int:practice_id>/delete", roles=EVERYONE, audit="practice.deleted")
def delete(practice_id: int) -> Response:
    """Delete one's own result."""
    if not practices.delete(database(), practice_id, trainee=person().user_id):
        abort(404)
    note(f"practice:{practice_id}")
    flash(say("training.result_deleted"))
    return redirect(url_for("practising.practising"))


@area.page("/practice/results", roles=TRAINERS, audit="practice.results_viewed")
def results() -> str:
    """Show everybody's results to trainers."""
    found = practices.of_everyone(database(), now=now())
    note(None, results=len(found))
    return render_template("training/results.html", found=found)


def _page(found: Practice, case: Case, steps: list[Step], number: int, form: AnswerForm) -> str:
    current = steps[number - 1]
    offered = _offered(current, case, number)
    form.chosen.choices = [(name, title_of(name, language())) for name in offered]
    answered = found.answers[number - 1] if number <= len(found.answers) else None
    return render_template(
        "training/practice_step.html",
        found=found,
        case=case,
        step=current,
        number=number,
        count=len(steps),
        answered=answered,
        form=form,
        offered=offered,
        said=said,
        topic_title=lambda topic: title_of(topic, language()),
    )


def _collection(collection_id: int) -> Collection:
    found = collections.find(database(), collection_id, now=now())
    if found is None or found.archived:
        abort(404)
    return found


def _own(practice_id: int) -> tuple[Practice, Case]:
    """Return the person's own practice and its case, or answer 404."""
    found = practices.find(database(), practice_id, now=now())
    if found is None or found.trainee != person().user_id:
        abort(404)
    return found, _case(found)


def _case(found: Practice) -> Case:
    case = collections.find_case(database(), found.case_id, now=now())
    if case is None or case.fallen_out:
        abort(404)
    return case


def _steps(case: Case) -> list[Step]:
    messages = collections.messages_of(database(), case, now=now())
    places = [place for place, message in enumerate(messages) if message.speaker == CUSTOMER]
    ends = [*places[1:], len(messages)]
    return [
        Step(messages[:place], messages[place], messages[place + 1 : end])
        for place, end in zip(places, ends, strict=False)
    ]


def _offered(current: Step, case: Case, number: int) -> list[str]:
    """Return the topics on offer, the right one among those that lie nearest to it; the same ones every time."""
    right = topics().get(current.question.topic) if current.question.topic else None
    if right is None:
        return []
    # No secret: the same case is to look the same to every trainee.
    dice = random.Random(f"{case.id} {number}")  # noqa: S311
    near = sorted(name for name, each in topics().items() if each.group == right.group and each is not right)
    far = sorted(name for name, each in topics().items() if each.agency == right.agency and each.group != right.group)
    others = dice.sample(near, min(OFFERED - 1, len(near)))
    others += dice.sample(far, min(OFFERED - 1 - len(others), len(far)))
    offered = [right.name, *others]
    dice.shuffle(offered)
    return offered
