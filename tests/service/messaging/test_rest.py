"""The REST channel against the running server: signatures, answers, rights, and nothing raw anywhere."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.channels.messaging.rest import TOLERANCE_SECONDS, signature
from tests.service.messaging.conftest import messaging_product
from tests.service.product import Answer, Product, request

pytestmark = pytest.mark.service

SECRETS = {"citizen-app": "a" * 40, "other-app": "b" * 40}
KEYS = " ".join(f"{name}:{secret}" for name, secret in SECRETS.items())
CODE, PHONE = "131052-951T", "+358457396128"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    environment = {"LUOTSI_REST_KEYS": KEYS, "LUOTSI_LOG_LEVEL": "DEBUG"}
    with messaging_product(tmp_path_factory.mktemp("rest"), "rest.RestInput", environment=environment) as running:
        yield running


@pytest.fixture()
def user() -> str:
    """A new customer of an application."""
    return f"user-{uuid.uuid4().hex}"


def post(
    product: Product,
    path: str,
    body: dict[str, Any],
    *,
    application: str = "citizen-app",
    secret: str | None = None,
    at: float | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a signed request, as the documentation describes it."""
    data = json.dumps(body).encode()
    route = f"/webhooks/rest/{path}"
    timestamp = str(int(time.time() if at is None else at))
    shown = signature((secret or SECRETS[application]).encode(), timestamp, route, data)
    signed = {"Luotsi-Key": application, "Luotsi-Timestamp": timestamp, "Luotsi-Signature": shown}
    return request("POST", f"{product.address}{route}", data, headers={**signed, **(headers or {})})


def ask(product: Product, user: str, text: str, **fields: Any) -> Answer:
    application = fields.pop("application", "citizen-app")
    body = {"user": user, "id": uuid.uuid4().hex, "text": text, "language": "en", **fields}
    return post(product, "messages", body, application=application)


def test_a_question_is_answered_in_the_form_of_the_web_channel(product: Product, user: str) -> None:
    answer = ask(product, user, "what is ioss")

    assert answer.status == 200, answer.body
    assert answer.json["messages"][0]["sources"]
    assert answer.json["opening"]
    assert ask(product, user, "what is vat").json["opening"] == []


def test_personal_data_is_masked_and_told(product: Product, user: str) -> None:
    answer = ask(product, user, f"my code is {CODE}").json

    assert answer["masked"] == ["FI_PERSONAL_IDENTITY_CODE"]
    assert CODE not in json.dumps(answer)
    assert answer["notice"]


def test_a_repeated_message_is_answered_once(product: Product, user: str) -> None:
    first, second = (ask(product, user, "what is ioss", id="the-same-message") for _ in range(2))

    assert first.json["messages"] == second.json["messages"]
    kept = post(product, "rights", {"user": user, "do": "show"}).json["messages"]
    assert [message["text"] for message in kept].count("what is ioss") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "c" * 40},
        {"secret": SECRETS["other-app"]},
        {"at": 0.0},
        {"headers": {"Luotsi-Signature": ""}},
        {"headers": {"Luotsi-Signature": "v1=ä"}},
        {"headers": {"Luotsi-Key": "nobody"}},
        {"headers": {"Luotsi-Timestamp": "now"}},
        {"headers": {"Luotsi-Timestamp": str(10**11)}},
    ],
    ids=str,
)
def test_what_is_not_signed_is_not_read(product: Product, user: str, changes: dict[str, Any]) -> None:
    answer = post(product, "messages", {"user": user, "id": "12345678", "text": "what is ioss"}, **changes)

    assert (answer.status, answer.json["error"]["code"]) == (401, "not_signed")
    assert post(product, "rights", {"user": user, "do": "show"}).json["messages"] == []


@pytest.mark.parametrize("difference", [-TOLERANCE_SECONDS - 5, TOLERANCE_SECONDS + 5])
def test_an_old_or_early_request_is_refused(product: Product, user: str, difference: float) -> None:
    body = {"user": user, "do": "show"}

    assert post(product, "rights", body, at=time.time() + difference).status == 401
    assert post(product, "rights", body, at=time.time() + difference / 2).status == 200


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"user": "x"}, 400, "invalid_request"),
        ({"user": None}, 400, "invalid_request"),
        ({"id": "x"}, 400, "invalid_request"),
        ({"text": None}, 400, "invalid_request"),
        ({"language": "sv"}, 400, "invalid_request"),
        ({"stored": "no"}, 400, "invalid_request"),
        ({"payload": "/no_such_intent"}, 400, "invalid_request"),
        ({"payload": "/opening"}, 400, "invalid_request"),
        ({"text": " \u200b"}, 400, "empty_message"),
        ({"text": "a" * 1001}, 413, "too_long"),
    ],
)
def test_what_is_wrong_is_said(product: Product, user: str, fields: dict[str, Any], status: int, code: str) -> None:
    answer = post(product, "messages", {"user": user, "id": "12345678", "text": "hi there", **fields})

    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_a_button_is_an_intent(product: Product, user: str) -> None:
    opening = ask(product, user, "what is ioss").json["opening"]
    button = next(button for message in opening for button in message["buttons"] if button["payload"])
    answer = ask(product, user, button["title"], payload=button["payload"])

    assert answer.status == 200, answer.body
    kept = post(product, "rights", {"user": user, "do": "show"}).json["messages"]
    assert button["title"] in [message["text"] for message in kept]


def test_applications_have_customers_of_their_own(product: Product, user: str) -> None:
    ask(product, user, "what is ioss")
    body = {"user": user, "do": "show"}

    assert post(product, "rights", body).json["messages"]
    assert post(product, "rights", body, application="other-app").json["messages"] == []


def test_a_conversation_is_deleted_with_a_receipt(product: Product, user: str) -> None:
    ask(product, user, "what is ioss")

    assert post(product, "rights", {"user": user, "do": "delete"}).json["error"]["code"] == "confirmation_needed"
    assert post(product, "rights", {"user": user, "do": "delete", "confirm": True}).json["receipt"]["code"]
    assert post(product, "rights", {"user": user, "do": "show"}).json["messages"] == []


def test_a_conversation_that_is_not_stored_is_not_stored(product: Product, user: str) -> None:
    ask(product, user, "what is ioss", stored=False)

    assert post(product, "rights", {"user": user, "do": "show"}).json["messages"] == []
    assert post(product, "rights", {"user": user, "do": "show", "stored": False}).json["messages"]


def test_no_sink_holds_who_asked_and_what_was_written(product: Product) -> None:
    ask(product, f"canary{PHONE}", f"my code is {CODE} and my number is {PHONE}")
    time.sleep(1)
    sinks = [path for path in Path(product.folder).rglob("*") if path.is_file()]

    assert any(path.name == "server.log" for path in sinks)
    for path in sinks:
        content = path.read_bytes()
        for canary in (CODE, PHONE, f"canary{PHONE}", *SECRETS.values()):
            assert canary.encode() not in content, f"{canary} is in {path.name}"


@pytest.mark.parametrize("keys", ["", "app", "app:short", f"app:{'k' * 40} app:{'l' * 40}"])
def test_the_server_does_not_start_without_good_keys(tmp_path: Path, keys: str) -> None:
    with pytest.raises(RuntimeError, match="LUOTSI_REST_KEYS") as refused:
        with messaging_product(tmp_path, "rest.RestInput", environment={"LUOTSI_REST_KEYS": keys}):
            pass
    assert "k" * 40 not in str(refused.value)
