"""Bad input and foreign sessions."""

from __future__ import annotations

import concurrent.futures
import gzip
import uuid

import pytest

from tests.service.product import Product, request

pytestmark = pytest.mark.service


def _url(product: Product, path: str = "messages") -> str:
    return f"{product.address}/chat/api/{path}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "a" * 16, "text": ""}, 400, "empty_message"),
        ({"id": "a" * 16, "text": " \n\t "}, 400, "empty_message"),
        ({"id": "a" * 16, "text": "\u200b\x00"}, 400, "empty_message"),
        ({"id": "a" * 16, "text": "x" * 10_000}, 413, "too_long"),
        ({"id": "a" * 16, "text": "x" * 20_000}, 413, "too_large"),
        (b"\xff\xfe\x00binary", 400, "invalid_json"),
        (b"{not json", 400, "invalid_json"),
        (b"[" * 8_000, 400, "invalid_json"),
        (["a list"], 400, "invalid_request"),
        ({"text": "no id"}, 400, "invalid_request"),
        ({"id": "short", "text": "hei"}, 400, "invalid_request"),
        ({"id": "a" * 16, "text": 5}, 400, "invalid_request"),
        ({"id": "a" * 16, "text": "x", "payload": "/no_such_intent"}, 400, "invalid_request"),
        ({"id": "a" * 16, "text": "x", "payload": "/opening"}, 400, "invalid_request"),
        ({"id": "a" * 16, "text": "x", "payload": '/greet{"language":"en"}'}, 400, "invalid_request"),
        ({"id": "a" * 16, "text": "x", "payload": ["/greet"]}, 400, "invalid_request"),
    ],
)
@pytest.mark.parametrize("language", ["fi", "en"])
def test_bad_input_is_refused_in_the_customers_language(
    product: Product, body: object, status: int, code: str, language: str
) -> None:
    customer = product.customer(language)
    answer = request("POST", _url(product), body, token=customer.token, headers={"Accept-Language": language})
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    other = request("POST", _url(product), body, token=customer.token, headers={"Accept-Language": "sv"})
    assert (answer.json == other.json) is (language == "fi")


@pytest.mark.parametrize(
    "text",
    [
        "😀😀😀",
        "\u202eمرحبا كيف حالك\u202c",
        "<script>alert(1)</script><img src=x onerror=alert(2)>",
        "/greet",
        '/restart{"language":"en"}',
        "a" * 1000,
        "\ud800 half a pair",
        "'; DROP TABLE events; --",
        "{name} {0} %s $HOME ${PATH}",
    ],
)
def test_strange_text_is_answered(product: Product, text: str) -> None:
    messages = product.customer("en").say(text)
    assert messages
    assert all(message["text"] for message in messages)


@pytest.mark.parametrize("token", [None, "", "guess", "WyJhIl0.aaaa.bbbb", "x" * 5_000])
def test_a_session_cannot_be_guessed(product: Product, token: str | None) -> None:
    for answer in (
        request("GET", _url(product), token=token),
        request("POST", _url(product), {"id": "a" * 16, "text": "hei"}, token=token),
    ):
        assert (answer.status, answer.json["error"]["code"]) == (401, "unknown_session")


def test_a_changed_token_is_refused(product: Product) -> None:
    token = product.customer().token
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    assert request("GET", _url(product), token=changed).status == 401


def test_nobody_chooses_a_conversation_by_its_id(product: Product) -> None:
    owner = product.customer("en")
    owner.say("what is ioss")
    other = product.customer("en")
    body = {"id": "a" * 16, "text": "hei", "sender": owner.token, "sender_id": owner.token, "session": owner.token}
    request("POST", _url(product), body, token=other.token)
    assert len(owner.transcript()) == 3
    assert all("ioss" not in message["text"].lower() for message in other.transcript() if message["from"] == "customer")


def test_two_tabs_are_two_conversations(product: Product) -> None:
    first, second = product.customer("fi"), product.customer("en")
    first.say("paljonko oleskelulupa maksaa")
    assert second.say("what is ioss")[0]["language"] == "en"
    assert len(first.transcript()) == 3
    assert len(second.transcript()) == 3


def test_the_same_message_twice_is_answered_once(product: Product) -> None:
    customer = product.customer("en")
    message_id = uuid.uuid4().hex
    first = customer.send("what is ioss", message_id=message_id).json
    second = customer.send("what is ioss", message_id=message_id).json
    assert first == second
    assert len(customer.transcript()) == 3


def test_messages_close_together_lose_nothing(product: Product) -> None:
    customer = product.customer("en")
    questions = [f"what is ioss number {number}" for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert {answer.status for answer in pool.map(customer.send, questions)} == {200}
    transcript = customer.transcript()
    assert sorted(message["text"] for message in transcript if message["from"] == "customer") == questions
    assert sum(message["from"] == "bot" for message in transcript) == 7


@pytest.mark.parametrize(
    "path", ["/conversations/x/tracker", "/model/parse", "/model", "/webhooks/rest/webhook", "/domain"]
)
def test_rasas_own_http_api_is_off(product: Product, path: str) -> None:
    assert request("GET", f"{product.address}{path}").status == 404
    assert request("POST", f"{product.address}{path}", {"sender": "x", "message": "hei"}).status in (404, 405)


def test_the_page_is_served_with_a_strict_policy(product: Product) -> None:
    page = request("GET", f"{product.address}/chat/")
    assert page.status == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("query", "preferred", "language"),
    [("?lang=fi", "en", "fi"), ("?lang=en", "fi", "en"), ("", "fi-FI, en;q=0.5", "fi"), ("?lang=xx", "en", "en")],
)
def test_the_page_asks_for_the_texts_of_its_language_early(
    product: Product, query: str, preferred: str, language: str
) -> None:
    headers = {"Accept-Language": preferred, "Accept-Encoding": "gzip"}
    page = request("GET", f"{product.address}/chat/{query}", headers=headers)
    assert page.headers["link"] == f"</chat/static/messages.{language}.json>; rel=preload; as=fetch; crossorigin"
    assert page.headers["content-encoding"] == "gzip"
    assert b"<luotsi-chat>" in gzip.decompress(page.body)


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_privacy_page_is_in_both_languages(product: Product, language: str) -> None:
    page = request("GET", f"{product.address}/chat/privacy?lang={language}")
    assert page.status == 200
    assert f'<html lang="{language}"'.encode() in page.body


@pytest.mark.parametrize("name", ["../index.html", "..%2f..%2fsetup.py", "nothing.js", "%00"])
def test_only_the_pages_own_files_are_served(product: Product, name: str) -> None:
    assert request("GET", f"{product.address}/chat/static/{name}").status in (400, 404)
