"""A collection on the screen of a meeting room: one thing at a time, in large type, without anybody's name."""

from __future__ import annotations

import dataclasses

from flask import abort, render_template

from components.storage import collections
from components.storage.collections import Case, Collection
from console.area import note
from console.database import database, now
from console.review.shown import said
from console.training.base import TRAINERS, area, the_collection


@dataclasses.dataclass(frozen=True)
class Slide:
    """What is on the screen at once. `kind`: "start", "case", "message", "questions" or "model_answer"."""

    kind: str
    heading: str
    text: str
    speaker: str | None = None
    case: Case | None = None


@area.page("/collections/<int:collection_id>/present", roles=TRAINERS, audit="conversation.viewed", endpoint="present")
@area.page(
    "/collections/<int:collection_id>/present/<int:number>",
    roles=TRAINERS,
    audit="conversation.viewed",
    endpoint="slide",
)
def slide(collection_id: int, number: int = 1) -> str:
    """Show one slide of a collection, counted from 1."""
    found = the_collection(collection_id)
    slides = _slides(found)
    if not 1 <= number <= len(slides):
        abort(404)
    shown = slides[number - 1]
    note(shown.case.name if shown.case is not None else f"collection:{found.id}", collection=found.id)
    return render_template("training/slide.html", found=found, slide=shown, number=number, count=len(slides), said=said)


def _slides(found: Collection) -> list[Slide]:
    slides = [Slide("start", found.title, found.goal)]
    for case in collections.cases_of(database(), found.id, now=now()):
        if case.fallen_out:
            continue
        slides.append(Slide("case", case.title, "", case=case))
        slides += [
            Slide("message", case.title, message.text, message.speaker, case)
            for message in collections.messages_of(database(), case, now=now())
        ]
        if case.questions:
            slides.append(Slide("questions", case.title, case.questions, case=case))
        if case.model_answer:
            slides.append(Slide("model_answer", case.title, case.model_answer, case=case))
    return slides
