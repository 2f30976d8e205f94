"""The record and the notice: shown safely, kept when they change, compared in words."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from sqlalchemy.engine import Engine

from components.storage import document_versions
from components.storage.staff import Role
from console.privacy_desk import markdown
from console.privacy_desk.documents import difference
from tests.console.conftest import SignIn

RECORD = "# Record\n\nKept **two years**.\n\n- first\n- second\n\n| What | Why |\n| --- | --- |\n| a | b \\| c |\n"


@pytest.fixture
def texts(app: Flask) -> dict[str, str]:
    """What the documents say; a test may change it."""
    said = {"record": RECORD, "notice": "# Notice\n\nWe mask."}
    app.extensions["luotsi_documents"] = dataclasses.replace(
        app.extensions["luotsi_documents"],
        record=lambda language: f"{said['record']}\n\n({language})",
        notice=lambda language: said["notice"],
    )
    return said


def kept(engine: Engine, kind: str) -> list[str]:
    with engine.connect() as connection:
        return [each.text for each in document_versions.versions(connection, kind)]


def test_a_document_is_shown_in_either_language(sign_in: SignIn, texts: dict[str, str]) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)

    page = client.get("/privacy/documents/record").text
    assert "<h3>Record</h3>" in page
    assert "<strong>two years</strong>" in page
    assert "(en)" in page
    finnish = client.get("/privacy/documents/record?in=fi").text
    assert "(fi)" in finnish
    assert 'lang="fi">' in finnish


def test_a_version_is_kept_when_the_document_changed(sign_in: SignIn, engine: Engine, texts: dict[str, str]) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    for _ in range(2):
        client.get("/privacy/documents/notice")
    texts["notice"] = "# Notice\n\nWe mask everything."
    for _ in range(2):
        client.get("/privacy/documents/notice")

    assert kept(engine, "notice en") == ["# Notice\n\nWe mask everything.", "# Notice\n\nWe mask."]
    assert kept(engine, "notice fi") == []
    assert kept(engine, "record en") == []


def test_two_versions_are_compared_in_words(sign_in: SignIn, engine: Engine, texts: dict[str, str]) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    for words in ("We mask.", "We mask everything.", "We mask <b>all</b>."):
        texts["notice"] = f"# Notice\n\n{words}"
        client.get("/privacy/documents/notice")
    with engine.connect() as connection:
        newest, middle, oldest = document_versions.versions(connection, "notice en")

    page = client.get(f"/privacy/documents/notice/versions/{newest.id}").text
    assert "<del>We mask everything.</del>" in page
    assert "<ins>We mask &lt;b&gt;all&lt;/b&gt;.</ins>" in page
    assert page.count(">added</th>") == page.count(">removed</th>") == 1
    other = client.get(f"/privacy/documents/notice/versions/{newest.id}?with={oldest.id}").text
    assert "<del>We mask.</del>" in other
    assert "only version" in client.get(f"/privacy/documents/notice/versions/{oldest.id}").text
    assert "<ins>We mask everything.</ins>" in client.get(f"/privacy/documents/notice/versions/{middle.id}").text


def test_a_document_that_cannot_be_made_says_why(sign_in: SignIn, app: Flask, engine: Engine) -> None:
    def fails(language: str) -> str:
        raise ValueError("the file is out of order")

    app.extensions["luotsi_documents"] = dataclasses.replace(app.extensions["luotsi_documents"], record=fails)

    page = sign_in(Role.PRIVACY_OFFICER).get("/privacy/documents/record")

    assert page.status_code == 200
    assert "the file is out of order" in page.text
    assert kept(engine, "record en") == []


@pytest.mark.parametrize("address", ["other", "notice/versions/99", "other/versions/1"])
def test_what_does_not_exist_is_not_found(sign_in: SignIn, address: str) -> None:
    assert sign_in(Role.PRIVACY_OFFICER).get(f"/privacy/documents/{address}").status_code == 404


def test_markdown_becomes_safe_html() -> None:
    html = str(markdown.render(RECORD, below=1))

    assert "<h2>Record</h2>" in html
    assert "<ul><li>first</li><li>second</li></ul>" in html
    assert '<th scope="col">Why</th>' in html
    assert '<th scope="row">a</th><td>b | c</td>' in html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("&#60;img onerror=x&#62;", "&lt;img onerror=x&gt;"),
        ("[go](https://migri.fi)", '<a href="https://migri.fi" rel="noopener noreferrer">go</a>'),
        ("[go](javascript:alert(1))", "[go](javascript:alert(1))"),
        ('[a](https://x.fi/"onclick=)', "https://x.fi/&#34;onclick="),
        ("> **Quoted** words", "<blockquote><p><strong>Quoted</strong> words</p></blockquote>"),
        ("one\ntwo", "<p>one<br>two</p>"),
    ],
)
def test_marks_and_what_only_looks_like_them(text: str, expected: str) -> None:
    html = str(markdown.render(text))

    assert expected in html
    assert "<script" not in html
    assert "<img" not in html


def test_the_same_texts_do_not_differ() -> None:
    assert list(difference(RECORD, RECORD)) == []
    kinds = [change.kind for change in difference("a\nb\nc\nd\ne", "a\nb\nX\nd\ne")]
    assert kinds == ["gap", "same", "removed", "added", "same"]
