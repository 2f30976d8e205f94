"""The accessibility statement: one file (data/accessibility.yml) from which the page is made."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Extra, Field, validator

from components.channels import pages
from components.channels.messages import readable_date
from components.channels.notice import NOTICE_FILE, NoticeFile, inline
from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES
from components.located_yaml import load_model

STATEMENT_FILE = Path(__file__).parents[2] / "data" / "accessibility.yml"
STATUSES = ("full", "partial", "none")

# The parts of the model statement (Commission Implementing Decision (EU) 2018/1523, Annex), in its order, each with
# what it cannot do without.
REQUIRED_SECTIONS = {
    "scope": ("controller",),
    "status": ("status",),
    "content": (),
    "preparation": ("prepared", "reviewed"),
    "feedback": ("controller", "controller_email"),
    "enforcement": ("authority", "authority_unit", "authority_address", "authority_email", "authority_phone"),
}
_PLACEHOLDERS = (
    "status",
    "prepared",
    "reviewed",
    "controller",
    "controller_address",
    "controller_email",
    "authority",
    "authority_unit",
    "authority_address",
    "authority_email",
    "authority_phone",
    "authority_url",
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_EMAIL = re.compile(r"[^\s<>()@]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")

Paragraph = str | list[str]  # a list becomes a list on the page


class _Part(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True
        min_anystr_length = 1


class _Both(_Part):
    """A text in both languages."""

    fi: str
    en: str


class _Authority(_Part):
    name: _Both
    unit: _Both
    address: _Both
    phone: _Both
    email: str = Field(regex=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    url: _Both

    @validator("url")
    @classmethod
    def _public(cls, url: _Both) -> _Both:
        if not all(address.startswith("https://") for address in (url.fi, url.en)):
            raise ValueError("has an address that does not begin with https://; write the whole address")
        return url


class _Statuses(_Part):
    full: _Both
    partial: _Both
    none: _Both


class _Section(_Part):
    id: Literal[tuple(REQUIRED_SECTIONS)]  # type: ignore[valid-type]
    heading: _Both
    fi: list[Paragraph] = Field(min_items=1)
    en: list[Paragraph] = Field(min_items=1)

    @validator("fi", "en")
    @classmethod
    def _with_what_it_needs(cls, paragraphs: list[Paragraph], values: dict[str, Any]) -> list[Paragraph]:
        found = [name for text in _texts(paragraphs) for name in _PLACEHOLDER.findall(text)]
        unknown = [name for name in found if name not in _PLACEHOLDERS]
        if unknown:
            raise ValueError(f"has the unknown placeholder {{{unknown[0]}}}; use one of {', '.join(_PLACEHOLDERS)}")
        missing = [name for name in REQUIRED_SECTIONS.get(values.get("id", ""), ()) if name not in found]
        if missing:
            raise ValueError(f"does not tell {{{missing[0]}}}; write it into a sentence")
        return paragraphs

    @validator("en")
    @classmethod
    def _alike(cls, paragraphs: list[Paragraph], values: dict[str, Any]) -> list[Paragraph]:
        if "fi" in values and _shape(paragraphs) != _shape(values["fi"]):
            raise ValueError("has other paragraphs and lists than 'fi'; say the same in both languages")
        return paragraphs


class StatementFile(_Part):
    """The shape of data/accessibility.yml."""

    title: _Both
    status: Literal[STATUSES]  # type: ignore[valid-type]
    prepared: datetime.date
    reviewed: datetime.date
    statuses: _Statuses
    authority: _Authority
    sections: list[_Section]

    @validator("reviewed")
    @classmethod
    def _not_before(cls, reviewed: datetime.date, values: dict[str, Any]) -> datetime.date:
        if "prepared" in values and reviewed < values["prepared"]:
            raise ValueError("is before 'prepared'; write the day of the latest review")
        return reviewed

    @validator("sections")
    @classmethod
    def _complete(cls, sections: list[_Section]) -> list[_Section]:
        if [section.id for section in sections] != list(REQUIRED_SECTIONS):
            raise ValueError(f"must be, in this order and each once: {', '.join(REQUIRED_SECTIONS)}")
        return sections


@dataclasses.dataclass(frozen=True)
class AccessibilityStatement:
    """The statement of this installation, as a page in each language."""

    pages: dict[str, str]

    @classmethod
    def load(cls, *, path: Path = STATEMENT_FILE, notice_path: Path = NOTICE_FILE) -> AccessibilityStatement:
        """Read the statement; whom feedback goes to is the controller of the privacy notice.

        Raises components.located_yaml.FileError, which names file, line, key and what to do, for a file out of order.
        """
        file, notice = load_model(path, StatementFile), load_model(notice_path, NoticeFile)
        return cls({language: _page(file, notice, language) for language in LANGUAGES})

    def page(self, language: str | None) -> str:
        """Return the statement as a page of the chat's own site, in the default language when it is unknown."""
        return self.pages[language if language in LANGUAGES else DEFAULT_LANGUAGE]


def _page(file: StatementFile, notice: NoticeFile, language: str) -> str:
    authority, controller = file.authority, notice.controller
    values = {
        "status": getattr(getattr(file.statuses, file.status), language),
        "prepared": readable_date(file.prepared.isoformat(), language),
        "reviewed": readable_date(file.reviewed.isoformat(), language),
        "controller": getattr(controller.name, language),
        "controller_address": getattr(controller.address, language),
        "controller_email": controller.email,
        "authority": getattr(authority.name, language),
        "authority_unit": getattr(authority.unit, language),
        "authority_address": getattr(authority.address, language),
        "authority_email": authority.email,
        "authority_phone": getattr(authority.phone, language),
        "authority_url": getattr(authority.url, language),
    }

    def filled(template: str) -> str:
        return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), template)

    sections = [
        {
            "id": section.id,
            "heading": getattr(section.heading, language),
            "paragraphs": [
                filled(paragraph) if isinstance(paragraph, str) else [filled(item) for item in paragraph]
                for paragraph in getattr(section, language)
            ],
        }
        for section in file.sections
    ]
    return pages.render(
        "accessibility.html",
        language,
        title=getattr(file.title, language),
        sections=sections,
        other=next(other for other in LANGUAGES if other != language),
        pieces=_pieces,
    )


def _pieces(paragraph: str) -> Iterator[tuple[str, str | None]]:
    """Yield the pieces of a paragraph as notice.inline does, with e-mail addresses as links."""
    for piece, kind in inline(paragraph):
        position = 0
        for match in _EMAIL.finditer(piece) if kind is None else ():
            yield piece[position : match.start()], None
            yield match.group(), f"mailto:{match.group()}"
            position = match.end()
        yield piece[position:], kind


def _texts(paragraphs: list[Paragraph]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from [paragraph] if isinstance(paragraph, str) else paragraph


def _shape(paragraphs: list[Paragraph]) -> list[int]:
    return [0 if isinstance(paragraph, str) else len(paragraph) for paragraph in paragraphs]
