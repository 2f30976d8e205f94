"""The HTML pages that the server makes itself, from templates/; everything that is filled in is escaped."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from components.channels.messages import readable_date, without_markdown
from components.channels.notice import Notice, inline
from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES, text

_FOLDER = Path(__file__).with_name("templates")
# In the page itself, because a downloaded page has no style sheet beside it.
_STYLE = (_FOLDER / "stored.css").read_text(encoding="utf-8")
STORED_PAGE_STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def notice_page(notice: Notice, language: str | None) -> str:
    """Return the privacy notice as a page of the chat's own site."""
    chosen = _language(language)
    other = next(other for other in LANGUAGES if other != chosen)
    return render("notice.html", chosen, notice=notice.document(chosen), other=other, inline=inline)


def stored_page(document: dict[str, Any], language: str | None) -> str:
    """Return what is stored of a conversation (components.channels.rights) as a page that needs nothing beside it."""
    raw = json.dumps(document["tables"], ensure_ascii=False, indent=2)
    # Not escaped: a style sheet is no text, and this one is ours.
    style = Markup(_STYLE)  # noqa: S704
    return render("stored.html", _language(language), document=document, raw=raw, style=style, plain=without_markdown)


def render(name: str, language: str, **values: Any) -> str:
    """Return a template in a language, with `text` and `time` for what it says itself."""
    return _ENVIRONMENT.get_template(name).render(
        language=language,
        text=functools.partial(_text, language),
        time=functools.partial(_time, language),
        **values,
    )


def _text(language: str, name: str, **values: object) -> str:
    return text(name, language, **values)


def _time(language: str, iso: str) -> str:
    moment = datetime.datetime.fromisoformat(iso).astimezone(datetime.timezone.utc)
    return f"{readable_date(moment.date().isoformat(), language)} {moment:%H:%M}"


def _language(language: str | None) -> str:
    return language if language in LANGUAGES else DEFAULT_LANGUAGE
