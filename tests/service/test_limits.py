"""Limits and foreign pages, against the running product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.product import Product, request

pytestmark = pytest.mark.service

MESSAGES = 3


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    limits = {"LUOTSI_RATE_CONVERSATION_MINUTE": str(MESSAGES), "LUOTSI_EMBED_ORIGINS": "https://authority.example"}
    running = Product(tmp_path_factory.mktemp("limits"), environment=limits, actions=False)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_too_many_messages_are_refused_kindly_and_honestly(product: Product, language: str) -> None:
    customer = product.customer("en")
    for _ in range(MESSAGES):
        customer.say("what is vat")
    body = {"id": "one-too-many", "text": "what is vat"}
    address = f"{product.address}/chat/api/messages"
    refused = request("POST", address, body, token=customer.token, headers={"Accept-Language": language})

    assert (refused.status, refused.json["error"]["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json["error"]["message"]
    assert [message["text"] for message in customer.transcript()].count("what is vat") == MESSAGES


def test_another_customer_is_not_stopped(product: Product) -> None:
    assert product.customer("en").say("what is vat")


def test_a_plain_form_is_limited_in_the_same_way(product: Product) -> None:
    customer = product.customer("en")
    for _ in range(MESSAGES):
        customer.say("what is vat")
    form = f"do=send&token={customer.token}&id=12345678&text=what+is+vat".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = request("POST", f"{product.address}/chat/plain", form, headers=kind)

    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "what is vat" in refused.body.decode()


@pytest.mark.parametrize("origin", ["https://authority.example", "https://evil.example", "null"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/chat/api/sessions"), ("GET", "/chat/api/notice"), ("POST", "/chat/plain")]
)
def test_another_sites_page_is_not_answered(product: Product, method: str, path: str, origin: str) -> None:
    body = {"language": "fi"} if method == "POST" else None
    answer = request(method, f"{product.address}{path}", body, headers={"Origin": origin})

    assert (answer.status, answer.json["error"]["code"]) == (403, "foreign_origin")


def test_the_servers_own_page_is_answered(product: Product) -> None:
    own = {"Origin": product.address}

    assert request("POST", f"{product.address}/chat/api/sessions", {"language": "fi"}, headers=own).status == 201


@pytest.mark.parametrize("path", ["/chat/", "/chat/plain", "/chat/accessibility", "/chat/privacy"])
def test_listed_pages_may_frame_the_chat_and_no_others(product: Product, path: str) -> None:
    policy = request("GET", f"{product.address}{path}").headers["content-security-policy"]

    assert "frame-ancestors 'self' https://authority.example;" in f"{policy};"


def test_the_server_does_not_start_with_a_wrong_origin(tmp_path: Path) -> None:
    product = Product(tmp_path, environment={"LUOTSI_EMBED_ORIGINS": "https://authority.example/path"}, actions=False)
    with pytest.raises(RuntimeError, match="LUOTSI_EMBED_ORIGINS"):
        product.start()


def test_the_launcher_may_be_loaded_by_any_page_and_nothing_else_may(product: Product) -> None:
    loaded = request("GET", f"{product.address}/chat/static/embed.js", headers={"Origin": "https://any.example"})
    other = request("GET", f"{product.address}/chat/static/main.js", headers={"Origin": "https://any.example"})

    assert loaded.headers["access-control-allow-origin"] == "*"
    assert loaded.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in other.headers


def test_the_demonstration_page_embeds_the_chat(product: Product) -> None:
    page = request("GET", f"{product.address}/chat/demo/")

    assert b"<luotsi-widget" in page.body
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert request("GET", f"{product.address}/chat/demo/guides.html").status == 200
    assert request("GET", f"{product.address}/chat/demo/nothing.html").status == 404
