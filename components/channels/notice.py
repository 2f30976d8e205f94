"""The privacy notice: one file (data/privacy/notice.yml) from which the page, the chat and consent are made."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Extra, Field, root_validator, validator

from components.channels.messages import readable_date
from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES, text
from components.located_yaml import load_model
from components.settings import CONSENT_MODES, Settings

NOTICE_FILE = Path(__file__).parents[2] / "data" / "privacy" / "notice.yml"
OPT_IN = CONSENT_MODES[1]

# What a notice must tell (GDPR Articles 13 and 14), in the order of the authorities' own records.
REQUIRED_SECTIONS = (
    "controller",
    "officer",
    "purpose",
    "basis",
    "contents",
    "subjects",
    "sources",
    "storage",
    "recipients",
    "transfers",
    "security",
    "rights",
    "authority",
)
_INLINE = re.compile(r"\*\*(?P<strong>[^*]+)\*\*|\[(?P<title>[^\]]+)\]\((?P<address>(?:https://|/chat/)[^)\s]+)\)")
_UNITS = (
    ("years", datetime.timedelta(days=365)),
    ("days", datetime.timedelta(days=1)),
    ("hours", datetime.timedelta(hours=1)),
    ("minutes", datetime.timedelta(minutes=1)),
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = (
    "controller",
    "controller_address",
    "controller_email",
    "officer",
    "officer_email",
    "retention",
    "technical_log",
    "reply_address",
    "session",
)


class _Part(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True
        min_anystr_length = 1


def _known_placeholders(value: str) -> str:
    unknown = [name for name in _PLACEHOLDER.findall(value) if name not in _PLACEHOLDERS]
    if unknown:
        raise ValueError(f"has the unknown placeholder {{{unknown[0]}}}; use one of {', '.join(_PLACEHOLDERS)}")
    return value


class _Both(_Part):
    """A text in both languages."""

    fi: str
    en: str

    _placeholders = validator("fi", "en", allow_reuse=True)(_known_placeholders)


class _Contact(_Part):
    name: _Both
    email: str = Field(regex=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


class _Controller(_Contact):
    address: _Both


class _Section(_Part):
    id: Literal[REQUIRED_SECTIONS]  # type: ignore[valid-type]
    only: Literal[CONSENT_MODES] | None = None  # type: ignore[valid-type]
    heading: _Both
    fi: list[str] = Field(min_items=1)
    en: list[str] = Field(min_items=1)

    _placeholders = validator("fi", "en", each_item=True, allow_reuse=True)(_known_placeholders)


class _Version(_Part):
    date: datetime.date
    sha256: str = Field(regex=r"^[0-9a-f]{64}$")
    fi: str
    en: str


class NoticeFile(_Part):
    """The shape of data/privacy/notice.yml."""

    controller: _Controller
    data_protection_officer: _Contact
    title: _Both
    short: _Both
    consent: _Both
    sections: list[_Section]
    versions: list[_Version] = Field(min_items=1)

    @validator("sections")
    @classmethod
    def _complete(cls, sections: list[_Section]) -> list[_Section]:
        for mode in CONSENT_MODES:
            found = [section.id for section in sections if section.only in (None, mode)]
            if found != list(REQUIRED_SECTIONS):
                raise ValueError(
                    f"must be, in this order and each once in the mode '{mode}': {', '.join(REQUIRED_SECTIONS)}"
                )
        return sections

    @root_validator(skip_on_failure=True)
    @classmethod
    def _newest_first(cls, values: dict[str, Any]) -> dict[str, Any]:
        dates = [version.date for version in values["versions"]]
        if dates != sorted(set(dates), reverse=True):
            raise ValueError("has 'versions' that are not in order; write the newest first and each date once")
        return values


@dataclasses.dataclass(frozen=True)
class Notice:
    """The notice as it is in force.

    version: the date of the text and a fingerprint of all that it says, storage periods included.
    mode: "notice", or "opt-in" when a conversation needs consent.
    """

    version: str
    mode: str
    languages: dict[str, dict[str, Any]]

    @property
    def asks_for_consent(self) -> bool:
        """Tell whether a conversation may begin only with the customer's consent."""
        return self.mode == OPT_IN

    def document(self, language: str | None) -> dict[str, Any]:
        """Return the notice in a language (the default one when it is unknown) as JSON data (docs/protocol.md)."""
        chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
        return {"version": self.version, "mode": self.mode, **self.languages[chosen]}


def load_notice(settings: Settings, *, path: Path = NOTICE_FILE) -> Notice:
    """Read the notice and fill in the storage periods that are set.

    Raises components.located_yaml.FileError, which names file, line, key and what to do, for a file out of order.
    """
    file = load_model(path, NoticeFile)
    languages = {language: _render(file, language, settings, settings.consent_mode) for language in LANGUAGES}
    version = f"{file.versions[0].date.isoformat()}.{_sha256(languages)[:8]}"
    return Notice(version, settings.consent_mode, languages)


def load_notices(settings: Settings) -> dict[str, Notice]:
    """Return the notice of each consent mode, as staff can switch between them while the server runs."""
    return {mode: load_notice(dataclasses.replace(settings, consent_mode=mode)) for mode in CONSENT_MODES}


def content_sha256(file: NoticeFile, settings: Settings) -> str:
    """Return the digest of everything that the notice says, in both languages and both modes, but for its history."""
    return _sha256(
        [_render(file, language, settings, mode, history=False) for mode in CONSENT_MODES for language in LANGUAGES]
    )


def _render(file: NoticeFile, language: str, settings: Settings, mode: str, *, history: bool = True) -> dict[str, Any]:
    values = {
        "controller": getattr(file.controller.name, language),
        "controller_address": getattr(file.controller.address, language),
        "controller_email": file.controller.email,
        "officer": getattr(file.data_protection_officer.name, language),
        "officer_email": file.data_protection_officer.email,
        "retention": period(settings.retention, language),
        "technical_log": period(settings.technical_log_retention, language),
        "reply_address": period(settings.reply_address_lifetime, language),
        "session": period(settings.session_lifetime, language),
    }

    def filled(template: str) -> str:
        return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), template)

    sections = [
        {
            "id": section.id,
            "heading": filled(getattr(section.heading, language)),
            "paragraphs": [filled(paragraph) for paragraph in getattr(section, language)],
        }
        for section in file.sections
        if section.only in (None, mode)
    ]
    if history:
        sections.append(
            {
                "id": "changes",
                "heading": text("notice_changes", language),
                "paragraphs": [_change(version, language) for version in file.versions],
            }
        )
    return {
        "title": filled(getattr(file.title, language)),
        "sections": sections,
        "short": filled(getattr(file.short, language)),
        "consent": filled(getattr(file.consent, language)),
    }


def _change(version: _Version, language: str) -> str:
    return f"**{readable_date(version.date.isoformat(), language)}:** {getattr(version, language)}"


def period(length: datetime.timedelta, language: str) -> str:
    """Return a length of time as people say it: two years, 30 days, 12 hours."""
    for name, unit in _UNITS:
        count, rest = divmod(length, unit)
        if count and not rest:
            return text(f"{name}_{min(count, 2)}", language, count=count)
    raise ValueError("a period is a whole number of minutes")


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def inline(paragraph: str) -> Iterator[tuple[str, str | None]]:
    """Yield the pieces of a paragraph as (text, kind): kind is None, "strong" or the address of a link."""
    position = 0
    for match in _INLINE.finditer(paragraph):
        yield paragraph[position : match.start()], None
        yield (match["strong"], "strong") if match["strong"] else (match["title"], match["address"])
        position = match.end()
    yield paragraph[position:], None
