"""A collection as a file to hand out: masked more strictly, marked with who made it and when, and audited."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence

from flask import Response, abort, flash, redirect, render_template, request, url_for
from fpdf import FPDF
from fpdf.fonts import TextStyle
from werkzeug.wrappers import Response as AnyResponse

from components.fonts import font_folder
from components.storage import collections
from components.storage.collections import ASSISTANT, CaseMessage
from components.storage.strict_masking import strictly_masked
from console.area import also_note, note
from console.database import database, now
from console.formats import day
from console.identity import person
from console.spreadsheets import table
from console.training.base import TRAINERS, area, the_collection
from console.wording import language, say

_FONT = "DejaVu"
_LINE = 5.4
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")
_HEADED = 40


@dataclasses.dataclass(frozen=True)
class Said:
    """A message as it is handed out."""

    speaker: str
    text: str


@dataclasses.dataclass(frozen=True)
class HandedCase:
    """A case as it is handed out; nothing in it leads back to a conversation.

    delete_by: when the conversation is deleted here, and so wherever it was handed out to; None for a rewritten case.
    """

    title: str
    difficulty: int
    questions: str
    model_answer: str
    delete_by: datetime.datetime | None
    messages: tuple[Said, ...]


@dataclasses.dataclass(frozen=True)
class Handout:
    """A collection as it is handed out, with the mark that every page and file of it has."""

    title: str
    goal: str
    theme: str
    language: str
    made_by: str
    made_at: datetime.datetime
    mark: str
    cases: tuple[HandedCase, ...]

    @property
    def delete_by(self) -> datetime.datetime | None:
        """Return when the first of its conversations is deleted; None when there is no conversation in it."""
        return min((case.delete_by for case in self.cases if case.delete_by is not None), default=None)


@area.page("/collections/<int:collection_id>/hand-out", roles=TRAINERS, audit="collection.viewed")
def hand_out(collection_id: int) -> str:
    """Offer the kinds of file that a collection can be handed out as."""
    found = the_collection(collection_id)
    note(f"collection:{found.id}")
    return render_template("training/hand_out.html", found=found, kinds=list(KINDS))


@area.act("/collections/<int:collection_id>/hand-out", roles=TRAINERS, audit="collection.exported")
def export(collection_id: int) -> AnyResponse:
    """Return a collection as a file of the kind that was chosen; an empty one has nothing to be marked."""
    kind = request.form.get("kind", "")
    if kind not in KINDS:
        abort(400)
    handout = made(collection_id)
    if not handout.cases:
        note(f"collection:{collection_id}", action="collection.export_refused")
        flash(say("training.nothing_to_hand_out"), "error")
        return redirect(url_for("training.collection", collection_id=collection_id))
    note(f"collection:{collection_id}", format=kind, cases=len(handout.cases))
    make, suffix, mimetype = KINDS[kind]
    response = Response(make(handout), mimetype=mimetype)
    name = f"luotsi-collection-{collection_id}-{handout.made_at:%Y%m%d-%H%M}.{suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def made(collection_id: int) -> Handout:
    """Return a collection as it is handed out; what customers and agents wrote is masked more strictly."""
    found = the_collection(collection_id)
    cases = []
    for case in collections.cases_of(database(), found.id, now=now()):
        if case.fallen_out:
            continue
        messages = collections.messages_of(database(), case, now=now())
        said = tuple(
            Said(each.speaker, _plain(each.text) if each.speaker == ASSISTANT else strictly_masked(each.text))
            for each in messages
        )
        title, questions, model_answer = (
            _without_quotes(text, messages) if case.reference is not None else text
            for text in (case.title, case.questions, case.model_answer)
        )
        described = title, case.difficulty, questions, model_answer
        if case.reference is not None:
            also_note(case.reference, action="conversation.exported", collection=found.id)
        cases.append(HandedCase(*described, case.expires_at, said))
    moment = now().astimezone(datetime.timezone.utc).replace(microsecond=0)
    return Handout(
        title=found.title,
        goal=found.goal,
        theme=found.theme,
        language=found.language,
        made_by=person().user_id,
        made_at=moment,
        mark=say("training.mark", user=person().user_id, time=f"{moment:%Y-%m-%d %H:%M} UTC"),
        cases=tuple(cases),
    )


def _without_quotes(text: str, messages: Sequence[CaseMessage]) -> str:
    """Return what a trainer wrote about a conversation; lines with the customer's own words masked as those are."""
    lines = text.split("\n")
    quoting = set(collections.copied_lines(messages, lines))
    return "\n".join(strictly_masked(line) if number in quoting else line for number, line in enumerate(lines))


def as_html(handout: Handout) -> bytes:
    """Return the handout as a page that needs nothing but itself."""
    return render_template("training/handout.html", handout=handout).encode()


def as_json(handout: Handout) -> bytes:
    """Return the handout as JSON; times are ISO 8601 in UTC."""
    return json.dumps(
        {
            "exported": {"by": handout.made_by, "at": handout.made_at.isoformat(), "mark": handout.mark},
            "title": handout.title,
            "goal": handout.goal,
            "theme": handout.theme,
            "language": handout.language,
            "delete_by": _iso(handout.delete_by),
            "cases": [{**dataclasses.asdict(case), "delete_by": _iso(case.delete_by)} for case in handout.cases],
        },
        ensure_ascii=False,
        indent=2,
    ).encode()


def as_csv(handout: Handout) -> bytes:
    """Return the handout as an archive of two tables: a row for each case, and one for each message."""
    marked = (handout.made_by, handout.made_at.isoformat())
    cases = (
        (
            number,
            case.title,
            case.difficulty,
            case.questions,
            case.model_answer,
            len(case.messages),
            _iso(case.delete_by),
            *marked,
        )
        for number, case in enumerate(handout.cases, start=1)
    )
    messages = (
        (number, place, each.speaker, each.text, *marked)
        for number, case in enumerate(handout.cases, start=1)
        for place, each in enumerate(case.messages, start=1)
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = handout.mark.encode()
        for name, header, rows in (
            (
                "cases.csv",
                ("case", "title", "difficulty", "questions", "model_answer", "messages", "delete_by"),
                cases,
            ),
            ("messages.csv", ("case", "message", "speaker", "text"), messages),
        ):
            # A date of its own, so that the archive says nothing of the server's clock and zone.
            entry = zipfile.ZipInfo(name, handout.made_at.timetuple()[:6])
            archive.writestr(entry, table((*header, "exported_by", "exported_at"), rows), zipfile.ZIP_DEFLATED)
    return written.getvalue()


def as_pdf(handout: Handout) -> bytes:
    """Return the handout as a PDF; the mark stands on every page."""
    page = _Page(handout)
    page.add_page()
    page.start_section(handout.title)
    for text in (say("training.handout_care"), deadline(handout)):
        page.paragraph(text)
    if handout.goal:
        page.part(say("training.label_goal"), handout.goal, level=1)
    for number, case in enumerate(handout.cases, start=1):
        page.heading(f"{number}. {case.title}", level=1)
        page.paragraph(say("training.difficulty_is", difficulty=say(f"training.difficulty_{case.difficulty}")))
        for message in case.messages:
            page.message(say(f"training.speaker_{message.speaker}"), message.text)
        if case.questions:
            page.part(say("training.label_questions"), case.questions)
        if case.model_answer:
            page.part(say("training.label_model_answer"), case.model_answer)
    return bytes(page.output())


def deadline(handout: Handout) -> str:
    """Say until when the handout may be kept."""
    if handout.delete_by is None:
        return say("training.handout_no_deadline")
    return say("training.handout_deadline", date=day(handout.delete_by))


class _Page(FPDF):
    def __init__(self, handout: Handout) -> None:
        super().__init__(format="A4")
        self._mark = handout.mark
        self.set_lang({"fi": "fi-FI", "en": "en-GB"}[language()])
        self.set_title(handout.title)
        self.set_author(handout.made_by)
        self.set_subject(handout.mark)
        self.set_creation_date(handout.made_at)
        self.set_margins(20, 22)
        self.set_auto_page_break(True, margin=22)
        for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf"), ("I", "DejaVuSans-Oblique.ttf")):
            self.add_font(_FONT, style, font_folder() / name)
        self.set_font(_FONT, size=10)
        self.set_section_title_styles(
            TextStyle(_FONT, "B", 18, b_margin=4),
            TextStyle(_FONT, "B", 13, t_margin=6, b_margin=2),
            TextStyle(_FONT, "B", 10, t_margin=3, b_margin=1),
        )

    def header(self) -> None:
        """Print the mark; called by FPDF."""
        self.set_y(10)
        self.set_font(_FONT, "B", 8)
        self.cell(0, 6, self._mark, align="C")
        self.set_y(22)
        self.set_font(_FONT, size=10)

    def footer(self) -> None:
        """Print the mark and the number of the page; called by FPDF."""
        self.set_y(-16)
        self.set_font(_FONT, size=8)
        self.cell(0, 6, self._mark, align="C", new_x="LMARGIN", new_y="NEXT")
        self.cell(0, 6, say("training.page", number=self.page_no(), total="{nb}"), align="C")

    def heading(self, text: str, *, level: int) -> None:
        """Print a heading together with the beginning of what follows it."""
        if self.will_page_break(_HEADED):
            self.add_page()
        self.start_section(text, level=level)

    def paragraph(self, text: str) -> None:
        """Print a text with its line ends."""
        self.multi_cell(0, _LINE, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def part(self, heading: str, text: str, *, level: int = 2) -> None:
        """Print a text under a heading."""
        self.heading(heading, level=level)
        self.paragraph(text)

    def message(self, speaker: str, text: str) -> None:
        """Print who said what, the name together with the beginning of the text."""
        if self.will_page_break(3 * _LINE):
            self.add_page()
        self.set_font(_FONT, "B", 9)
        self.multi_cell(0, _LINE, speaker, new_x="LMARGIN", new_y="NEXT")
        self.set_font(_FONT, size=10)
        self.paragraph(text)


def _plain(text: str) -> str:
    """Return one of the service's answers without its Markdown; addresses stay."""
    return _LINK.sub(r"\1 (\2)", _BOLD.sub(r"\1", text))


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


KINDS: dict[str, tuple[Callable[[Handout], bytes], str, str]] = {
    "html": (as_html, "html", "text/html"),
    "pdf": (as_pdf, "pdf", "application/pdf"),
    "csv": (as_csv, "zip", "application/zip"),
    "json": (as_json, "json", "application/json"),
}
"""How each kind of file is made, the end of its name, and its type."""
