"""The record of processing activities and the privacy notice: as they are, as they were, and what changed."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterator
from typing import Literal

from flask import current_app, render_template, request
from werkzeug.exceptions import NotFound

from components.storage import document_versions
from components.storage.document_versions import Version
from console.area import note
from console.database import database, now
from console.forms import row_number
from console.privacy_desk.base import OFFICERS, PREFIX, area
from console.privacy_desk.markdown import render
from console.texts import LANGUAGES
from console.wording import language

KINDS = ("record", "notice")
CONTEXT_LINES = 1


@dataclasses.dataclass(frozen=True)
class Change:
    """A line of a comparison; "gap" stands for lines that are the same and left out."""

    kind: Literal["added", "removed", "same", "gap"]
    text: str


@area.page(f"{PREFIX}/documents/<kind>", roles=OFFICERS, audit="document.viewed")
def document(kind: str) -> str:
    """Show a document as it is now, and its versions; a new one is kept when it says something else."""
    wanted = _language(kind)
    note(f"document:{kind}_{wanted}")
    made, trouble = _made(kind, wanted)
    if made is not None:
        note(kept=document_versions.keep(database(), _stored_as(kind, wanted), made, now=now()))
    return render_template(
        "privacy_desk/document.html",
        kind=kind,
        wanted=wanted,
        content=render(made, below=2) if made is not None else None,
        trouble=trouble,
        versions=document_versions.versions(database(), _stored_as(kind, wanted)),
    )


@area.page(f"{PREFIX}/documents/<kind>/versions/<int:version_id>", roles=OFFICERS, audit="document.version_viewed")
def version(kind: str, version_id: int) -> str:
    """Show a version as it was, and how it differs from the one before."""
    wanted = _language(kind)
    found = document_versions.versions(database(), _stored_as(kind, wanted))
    place = next((place for place, each in enumerate(found) if each.id == version_id), None)
    if place is None:
        raise NotFound()
    shown = found[place]
    before = _compared_with(found, place)
    note(f"document:{kind}_{wanted}", version=version_id, compared_with=before.id if before is not None else None)
    return render_template(
        "privacy_desk/version.html",
        kind=kind,
        wanted=wanted,
        version=shown,
        before=before,
        others=[each for each in found if each.id != version_id],
        changes=list(difference(before.text, shown.text)) if before is not None else [],
        content=render(shown.text, below=2),
    )


def difference(before: str, after: str) -> Iterator[Change]:
    """Yield the lines that were added and removed, with a line around them; nothing when the texts are the same."""
    lines = difflib.unified_diff(_lines(before), _lines(after), n=CONTEXT_LINES, lineterm="")
    for number, line in enumerate(lines):
        if number < 2:  # the names of the files
            continue
        if line.startswith("@@"):
            yield Change("gap", "")
        elif line.startswith("+"):
            yield Change("added", line[1:])
        elif line.startswith("-"):
            yield Change("removed", line[1:])
        else:
            yield Change("same", line[1:])


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _compared_with(found: list[Version], place: int) -> Version | None:
    wanted = request.args.get("with", type=row_number)
    chosen = next((each for each in found if each.id == wanted and each.id != found[place].id), None)
    return chosen or (found[place + 1] if place + 1 < len(found) else None)


def _language(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound()
    wanted = request.args.get("in", language())
    return wanted if wanted in LANGUAGES else language()


def _stored_as(kind: str, wanted: str) -> str:
    return f"{kind} {wanted}"


def _made(kind: str, wanted: str) -> tuple[str | None, str | None]:
    """Return a document, or None and why it cannot be made."""
    documents = current_app.extensions["luotsi_documents"]
    make: Callable[[str], str] = documents.record if kind == "record" else documents.notice
    try:
        return make(wanted), None
    except ValueError as error:  # says what is out of order in the configuration and how to mend it
        return None, str(error)
