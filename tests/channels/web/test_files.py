"""Files of the chat page: compressed for whoever takes it, the same content for everybody."""

from __future__ import annotations

import gzip
import os
import types
from pathlib import Path

import pytest
from sanic.response import HTTPResponse

from components.channels.web import files

HEADERS = {"X-Content-Type-Options": "nosniff"}
TEXT = "// ääkköset\n" * 50


async def sent(path: Path, accepted: str | None) -> HTTPResponse:
    """The answer to a browser that sends this Accept-Encoding."""
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    return await files.send(types.SimpleNamespace(headers=headers), path, HEADERS)  # type: ignore[arg-type]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "a.js"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP ; q=0.5"])
async def test_a_browser_that_takes_it_gets_a_text_compressed(script: Path, accepted: str) -> None:
    answer = await sent(script, accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body or b"").decode() == TEXT
    assert len(answer.body or b"") < len(TEXT) / 5


@pytest.mark.parametrize("accepted", [None, "", "br", "identity", "gzip;q=0", "gzip; q=0.0, br", "x-gzip"])
async def test_another_one_gets_it_as_it_is(script: Path, accepted: str | None) -> None:
    answer = await sent(script, accepted)
    assert "Content-Encoding" not in answer.headers
    assert (answer.body or b"").decode() == TEXT


@pytest.mark.parametrize("accepted", [None, "gzip"])
@pytest.mark.parametrize(
    ("name", "kind"), [("a.js", "javascript"), ("a.css", "text/css"), ("a.json", "json"), ("a.svg", "svg+xml")]
)
async def test_both_have_the_same_headers(tmp_path: Path, name: str, kind: str, accepted: str | None) -> None:
    path = tmp_path / name
    path.write_text(TEXT, "utf-8")
    answer = await sent(path, accepted)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert kind in str(answer.content_type)
    assert str(answer.content_type).endswith("; charset=utf-8")


async def test_what_is_compressed_already_is_sent_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    answer = await sent(path, "gzip")
    assert (answer.body, answer.content_type) == (b"\x89PNG", "image/png")
    assert "Content-Encoding" not in answer.headers


async def test_a_changed_file_is_compressed_anew(script: Path) -> None:
    await sent(script, "gzip")
    script.write_text("// other", "utf-8")
    os.utime(script, ns=(1, 1))
    assert gzip.decompress((await sent(script, "gzip")).body or b"") == b"// other"
