from __future__ import annotations

import pytest

from components.channels.origins import Origins, page_headers
from components.settings import embed_origins

LISTED = Origins(embed_origins({"LUOTSI_EMBED_ORIGINS": "https://migri.fi https://tulli.fi:8443"}))
HOST = "chat.example.fi"


def test_a_request_without_an_origin_is_answered() -> None:
    assert LISTED.is_allowed(None, HOST)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://chat.example.fi", "chat.example.fi"),
        ("HTTPS://Chat.Example.FI", "chat.example.fi"),
        ("https://chat.example.fi", "CHAT.example.fi"),
        ("https://chat.example.fi:443", "chat.example.fi"),
        ("https://chat.example.fi", "chat.example.fi:443"),
        ("http://chat.example.fi", "chat.example.fi:80"),
        ("https://chat.example.fi:8443", "chat.example.fi:8443"),
        ("http://127.0.0.1:5005", "127.0.0.1:5005"),
        ("http://localhost:5005", "localhost:5005"),
        ("http://[::1]:5005", "[::1]:5005"),
    ],
)
def test_the_own_origin_is_answered(origin: str, host: str) -> None:
    assert LISTED.is_allowed(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://migri.fi",  # may show the chat in a frame, and no more
        "https://chat.example.fi:8443",
        "http://chat.example.fi:443",
        "https://chat.example.fi.evil.example",
        "https://evil.example/chat.example.fi",
        "https://chat.example.fi@evil.example",
        "https://evil.example#chat.example.fi",
        "https://chat.example.fi/",
        "https://chat.example.fi https://evil.example",
        "https://chat.example.fi, https://evil.example",
        "https://chat.example.fi\n",
        "null",
        "",
        "chat.example.fi",
        "file://",
        "ftp://chat.example.fi",
        "chrome-extension://chat.example.fi",
        "https://chat.example.fi:",
        "https://" + "a" * 100_000,
    ],
)
def test_another_origin_is_not_answered(origin: str) -> None:
    assert not LISTED.is_allowed(origin, HOST)


@pytest.mark.parametrize(("origin", "host"), [("http://chat.example.fi", "chat.example.fi:443"), ("https://a", "a:80")])
def test_a_port_that_is_left_out_is_the_usual_one_of_the_page(origin: str, host: str) -> None:
    assert not LISTED.is_allowed(origin, host)


@pytest.mark.parametrize("host", ["", "a b", "chat.example.fi/", "user@chat.example.fi", "chat.example.fi:port"])
def test_an_odd_host_has_no_origin(host: str) -> None:
    assert not LISTED.is_allowed(f"https://{host}", host)
    assert not LISTED.is_allowed("https://chat.example.fi", host)


def test_listed_pages_and_the_own_ones_may_show_the_chat() -> None:
    assert LISTED.frame_ancestors() == "frame-ancestors 'self' https://migri.fi https://tulli.fi:8443"


def test_without_a_list_only_the_own_pages_may_show_the_chat() -> None:
    assert Origins().frame_ancestors() == "frame-ancestors 'self'"


def _policy(headers: dict[str, str]) -> dict[str, str]:
    directives = (directive.strip().partition(" ") for directive in headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in directives}


def test_the_policy_of_a_page_names_who_may_embed_it() -> None:
    assert _policy(page_headers(LISTED)) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": "'none'",
        "frame-ancestors": "'self' https://migri.fi https://tulli.fi:8443",
        "base-uri": "'none'",
    }


def test_a_page_tells_nobody_where_its_visitor_comes_from() -> None:
    headers = page_headers(LISTED)
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
    assert headers["Cache-Control"] == "no-cache"


def test_a_page_with_forms_sends_them_with_its_origin_to_its_own_server_only() -> None:
    headers = page_headers(LISTED, forms=True)
    assert _policy(headers)["form-action"] == "'self'"
    assert headers["Referrer-Policy"] == "same-origin"
