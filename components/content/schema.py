"""The shape of one topic: what editors write under `data/faq` (see docs/editing.md)."""

from __future__ import annotations

import datetime
import re
from typing import Literal

from pydantic import BaseModel, ConstrainedStr, Extra, HttpUrl, conlist, validator

from components.content.sentences import sentences

LANGUAGES: tuple[str, ...] = ("fi", "en")

MIN_EXAMPLES = 14
MIN_ANSWER_WORDS = 40
MAX_ANSWER_WORDS = 120
MAX_TITLE_LENGTH = 60
MAX_PLAIN_SENTENCES = 3
MAX_PLAIN_WORDS = 50

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


class TopicId(ConstrainedStr):
    """Lower-case letters, digits and underscores."""

    strict = True
    regex = re.compile(r"[a-z][a-z0-9_]*\Z")


class Line(ConstrainedStr):
    """One line of text without surrounding spaces; strict, because YAML reads `no` as false and `12:30` as 750."""

    strict = True
    strip_whitespace = True
    min_length = 1
    regex = re.compile(r"[^\r\n]+\Z")


class Title(Line):
    """A line that still fits on a button."""

    max_length = MAX_TITLE_LENGTH


class AnswerText(ConstrainedStr):
    """An answer: the Markdown subset that every channel can show, and no braces (Rasa would fill them)."""

    strict = True
    strip_whitespace = True
    min_length = 1

    @classmethod
    def validate(cls, value: str) -> AnswerText:
        """Refuse what a channel could not show safely."""
        if "{" in value or "}" in value:
            raise ValueError("write the answer without { and }")
        if re.search(r"</?[a-zA-Z][^>]*>", value):
            raise ValueError("write the answer without HTML tags")
        if re.search(r"^\s*#{1,6}\s", value, re.MULTILINE):
            raise ValueError("write the answer without headings (#)")
        words = word_count(value)
        if not MIN_ANSWER_WORDS <= words <= MAX_ANSWER_WORDS:
            raise ValueError(f"has {words} words; write {MIN_ANSWER_WORDS} to {MAX_ANSWER_WORDS}")
        return cls(value)


class PlainText(Line):
    """An answer in a few plain sentences: links are allowed, lists are not."""

    @classmethod
    def validate(cls, value: str) -> PlainText:
        """Refuse what is not short any more, or could not be shown."""
        super().validate(value)
        if "{" in value or "}" in value:
            raise ValueError("write the plain text without { and }")
        if re.search(r"</?[a-zA-Z][^>]*>", value):
            raise ValueError("write the plain text without HTML tags")
        if len(sentences(value)) > MAX_PLAIN_SENTENCES:
            raise ValueError(f"has {len(sentences(value))} sentences; write at most {MAX_PLAIN_SENTENCES}")
        if word_count(value) > MAX_PLAIN_WORDS:
            raise ValueError(f"has {word_count(value)} words; write at most {MAX_PLAIN_WORDS}")
        return cls(value)


def word_count(markdown: str) -> int:
    """Count the words a reader sees: link addresses and list marks do not count."""
    shown = _LINK.sub(r"\1", markdown).replace("**", "")
    return sum(1 for word in shown.split() if any(character.isalnum() for character in word))


class _Strict(BaseModel):
    class Config:
        """Unknown keys are most often misspelt ones, so they are refused."""

        extra = Extra.forbid
        allow_mutation = False


class Examples(_Strict):
    """What customers write, per language."""

    fi: conlist(Line, min_items=MIN_EXAMPLES, unique_items=True)  # type: ignore[valid-type]
    en: conlist(Line, min_items=MIN_EXAMPLES, unique_items=True)  # type: ignore[valid-type]


class Titles(_Strict):
    """A short name in both languages."""

    fi: Title
    en: Title


class Answers(_Strict):
    """The answer in both languages."""

    fi: AnswerText
    en: AnswerText


class PlainTexts(_Strict):
    """The answer in plain words, in both languages."""

    fi: PlainText
    en: PlainText


class _LineInLanguages(_Strict):
    fi: Line | None = None
    en: Line | None = None


class _UrlInLanguages(_Strict):
    fi: HttpUrl | None = None
    en: HttpUrl | None = None


class Page(_Strict):
    """A public web page, in one language or both."""

    title: _LineInLanguages
    url: _UrlInLanguages

    @validator("url")
    @classmethod
    def _same_languages_as_title(cls, url: _UrlInLanguages, values: dict[str, _LineInLanguages]) -> _UrlInLanguages:
        title = values.get("title")
        if url.fi is None and url.en is None:
            raise ValueError("give the address in at least one language")
        if title is not None and ((title.fi is None) != (url.fi is None) or (title.en is None) != (url.en is None)):
            raise ValueError("title and url must be given in the same languages")
        for address in (url.fi, url.en):
            if address is not None and address.scheme != "https":
                raise ValueError(f"use an https address instead of {address}")
        return url

    def in_language(self, language: str) -> tuple[str, str, str]:
        """Return (title, url, language), in the asked language if the page exists in it, else in the other one."""
        for candidate in (language, *LANGUAGES):
            title, url = getattr(self.title, candidate), getattr(self.url, candidate)
            if title is not None and url is not None:
                return str(title), str(url), candidate
        raise ValueError("a page has at least one language")  # the validator has seen to it


class Topic(_Strict):
    """One question that customers have, with its answer."""

    id: TopicId
    title: Titles
    audience: Literal["private", "business", "both"]
    examples: Examples
    answer: Answers
    plain: PlainTexts | None = None
    follow_up: conlist(TopicId, min_items=1, max_items=3, unique_items=True)  # type: ignore[valid-type]
    service: TopicId | None = None
    links: list[Page] = []
    sources: conlist(Page, min_items=1)  # type: ignore[valid-type]
    reviewed: datetime.date
    volatile: bool

    @validator("reviewed", pre=True)
    @classmethod
    def _written_as_a_date(cls, reviewed: object) -> object:
        # A number such as 20261121 would be read as seconds since 1970.
        if isinstance(reviewed, (int, float)) or (isinstance(reviewed, str) and reviewed.isdigit()):
            raise ValueError("is not a date; write it as 2026-11-21")
        return reviewed

    @validator("reviewed")
    @classmethod
    def _not_in_the_future(cls, reviewed: datetime.date) -> datetime.date:
        if reviewed > datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1):
            raise ValueError("is in the future; write the day of the check")
        return reviewed


class TopicFile(_Strict):
    """One file of topics."""

    topics: conlist(Topic, min_items=1)  # type: ignore[valid-type]
