"""The pages that the server makes: complete, in the asked language, and with everything escaped."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from components.channels.notice import Notice, load_notice
from components.channels.pages import STORED_PAGE_STYLE_SOURCE, notice_page, stored_page
from components.settings import Settings

ATTACK = '<script>alert(1)</script><img src=x onerror="a">'


@pytest.fixture(scope="module")
def notice() -> Notice:
    return load_notice(
        Settings(
            secret_key=b"0123456789abcdef0123456789abcdef",
            database_url="sqlite:////nowhere",
            retention=datetime.timedelta(days=730),
            session_lifetime=datetime.timedelta(hours=12),
        )
    )


def _document(**changes: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "from": "customer",
        "language": None,
        "text": "hei [PERSON]",
        "time": "2026-11-22T10:30:00.000+00:00",
        "image": None,
    }
    answer = {**message, "from": "bot", "language": "en", "text": "**Yes.** See [the page](https://tulli.fi/en)."}
    return {
        "made_at": "2026-11-22T10:31:00+00:00",
        "stored": True,
        "reference": "BCDF-GHJK-LMNP",
        "expires_at": "2028-11-21T10:30:00+00:00",
        "notice_version": "2026-11-22.0a1b2c3d",
        "consented_at": None,
        "messages": [message, answer],
        "feedback": [],
        "tables": {"events": [{"data": {"text": "hei [PERSON]"}}]},
        **changes,
    }


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)


def test_a_picture_is_told_in_words() -> None:
    document = _document()
    document["messages"][1]["image"] = {"url": "/chat/statistics/asylum.svg", "alt": f"Half in 5 months {ATTACK}"}
    page = stored_page(document, "en")
    assert "Half in 5 months &lt;script&gt;" in page
    assert "img" not in _tags(page)


def _tags(page: str) -> list[str]:
    parser = _Tags()
    parser.feed(page)
    return parser.found


@pytest.mark.parametrize(("language", "expected"), [("fi", "fi"), ("en", "en"), ("sv", "fi"), (None, "fi")])
def test_the_notice_page_is_in_its_language_and_leads_to_the_other(
    notice: Notice, language: str | None, expected: str
) -> None:
    page = notice_page(notice, language)

    other = "en" if expected == "fi" else "fi"
    assert f'<html lang="{expected}">' in page
    assert f'href="/chat/privacy?lang={other}" lang="{other}"' in page
    assert notice.version in page


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_notice_page_tells_every_section(notice: Notice, language: str) -> None:
    page = notice_page(notice, language)

    sections = notice.document(language)["sections"]
    assert re.findall(r'<h2 id="([a-z]+)">', page) == [section["id"] for section in sections]
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("language", ["fi", "en"])
def test_no_page_has_scripts(notice: Notice, language: str) -> None:
    for page in (notice_page(notice, language), stored_page(_document(), language)):
        assert "script" not in _tags(page)
        assert " on" not in "".join(re.findall(r"<[^>]*>", page)).replace(" one", "")


@pytest.mark.parametrize(
    "document",
    [
        _document(messages=[{**_document()["messages"][0], "text": ATTACK}]),
        _document(tables={"events": [{"data": {"text": ATTACK}}]}),
        _document(feedback=[{"time": "2026-11-22T10:30:00+00:00", "rating": "good", "comment": ATTACK}]),
        _document(notice_version=ATTACK),
    ],
)
def test_what_a_customer_wrote_is_text_and_nothing_else(document: dict[str, Any]) -> None:
    page = stored_page(document, "en")

    assert not {"script", "img"} & set(_tags(page))
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", ["Mitä keskustelustasi on tallennettu", "21.11.2028 10:30", "Sinä", "hei [PERSON]"]),
        ("en", ["What is stored of your conversation", "21 November 2028 10:30", "You", "hei [PERSON]"]),
    ],
)
def test_the_stored_page_tells_what_is_kept_and_until_when(language: str, expected: list[str]) -> None:
    page = stored_page(_document(), language)

    assert f'<html lang="{language}">' in page
    assert all(text in page for text in expected)
    assert "Yes. See the page: https://tulli.fi/en." in page


def test_the_stored_page_needs_nothing_beside_it() -> None:
    page = stored_page(_document(), "fi")

    assert not {"link", "script", "img"} & set(_tags(page))


def test_the_policy_allows_exactly_the_style_of_the_stored_page() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", stored_page(_document(), "fi"), re.DOTALL)

    assert STORED_PAGE_STYLE_SOURCE == f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stored": False, "expires_at": None}, "is not stored"),
        ({"messages": [], "tables": {"events": []}}, "Nothing is stored"),
        ({"consented_at": "2026-11-22T10:30:00+00:00"}, "Consent was given on 22 November 2026 10:30"),
    ],
)
def test_the_stored_page_is_honest(changes: dict[str, Any], expected: str) -> None:
    assert expected in stored_page(_document(**changes), "en")
    assert expected not in stored_page(_document(), "en")


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_page_tells_the_code_of_the_conversation(language: str) -> None:
    assert "BCDF-GHJK-LMNP" in stored_page(_document(), language)
    assert "None" not in stored_page(_document(reference=None), language)
