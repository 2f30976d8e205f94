"""The running server against its OpenAPI description: made-up requests, right and wrong ones, and one conversation."""

from __future__ import annotations

import copy
import functools
import uuid
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis

from components.channels.web.openapi import document
from tests.service.product import Product, request
from tests.service.test_events import listening

pytestmark = pytest.mark.service

EXAMPLES = 20  # of each operation, besides its examples and the edges of its schemas
# Read by tests of their own: a stream does not end.
STREAM = "followEvents"
# What the schemas cannot tell: which buttons and answers there are, and that a text of spaces is empty.
CHOOSY = ("sendMessage", "giveFeedback")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
)
CONFIGURATION = {
    "seed": 20261122,
    "generation": {"max-examples": EXAMPLES, "deterministic": True, "mode": "all"},
    "phases": {"stateful": {"enabled": False}},
    "request-timeout": 60,
    "checks": {
        "enabled": False,
        **{name: {"enabled": True} for name in CHECKS},
        "negative_data_rejection": {"enabled": True, "expected-statuses": [400, 401, 405, 413]},
        "positive_data_acceptance": {"enabled": True, "expected-statuses": [200, 201]},
    },
    "operations": [
        {"include-operation-id": name, "checks": {"positive_data_acceptance": {"enabled": False}}} for name in CHOOSY
    ],
}
REQUEST_BODIES = ("Opening", "NewMessage", "Feedback", "Confirmation")


def _closed(part: Any) -> Any:
    """Return a schema whose objects have no properties but the described ones."""
    if isinstance(part, list):
        return [_closed(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(inner) for name, inner in part.items()}
    return {"additionalProperties": False, **closed} if "properties" in part and "type" in part else closed


def _without_unknown_properties(description: dict[str, Any]) -> dict[str, Any]:
    """Return the description as it is tested: clients pass unknown properties over, but here each must be described."""
    strict = copy.deepcopy(description)
    schemas = strict["components"]["schemas"]
    schemas.update({name: _closed(schema) for name, schema in schemas.items() if name not in REQUEST_BODIES})
    return strict


DESCRIPTION = _without_unknown_properties(document())
interface = schemathesis.openapi.from_dict(DESCRIPTION, config=schemathesis.Config.from_dict(CONFIGURATION))

Authorization = Callable[[str], dict[str, str]]


class Client:
    """A customer whose client knows the description only; every answer must be as described."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.token: str | None = None

    def __call__(self, operation_id: str, body: Any = None, *, status: int = 200, **query: str) -> requests.Response:
        operation = interface.find_operation_by_id(operation_id)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        url = f"{self._address}{operation.path}"
        answer = requests.request(operation.method, url, params=query, json=body, headers=headers, timeout=60)
        assert answer.status_code == status, answer.text
        operation.validate_response(answer)
        return answer


@pytest.fixture(scope="module")
def authorization(product: Product) -> Authorization:
    """Return what gives the header of a conversation: each operation has its own, so that none harms another."""

    @functools.cache
    def headers(operation: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {product.customer('en').token}"}

    return headers


@pytest.fixture
def client(product: Product) -> Client:
    """Return a client with a conversation."""
    client = Client(product.address)
    client.token = client("openConversation", {"language": "en"}, status=201).json()["session"]
    return client


@interface.exclude(operation_id=STREAM).parametrize()
def test_every_request_is_answered_as_described(
    case: schemathesis.Case[Any], product: Product, authorization: Authorization
) -> None:
    case.call_and_validate(base_url=product.address, headers=authorization(case.operation.label))


def test_a_conversation_goes_as_described_from_its_beginning_to_its_end(client: Client) -> None:
    masked = client("sendMessage", {"id": uuid.uuid4().hex, "text": "what is ioss? my number is 040 1234567"}).json()
    assert masked["masked"]
    pressed = {"id": uuid.uuid4().hex, "text": "A gift", "payload": "/customs_gift"}
    answer = client("sendMessage", pressed).json()["messages"][0]
    assert answer["sources"]
    kept = client("readTranscript").json()["messages"]
    assert [message["from"] for message in kept[-4:]] == ["customer", "bot", "customer", "bot"]
    for message_id in (answer["id"], None):
        rated = client("giveFeedback", {"message_id": message_id, "rating": "helpful", "comment": "Thanks"})
        assert rated.json() == {"kept": True}
    stored = client("showStored").json()
    assert len(stored["feedback"]) == 2
    assert client("showStored", format="html", lang="en").headers["Content-Type"] == "text/html; charset=utf-8"
    unstored = client("stopStoring").json()
    assert unstored["receipt"]["counts"]["feedback"] == 2
    client.token = unstored["session"]
    assert client("stopStoring").json()["receipt"] is None
    assert client("showStored").json()["stored"] is False
    client("deleteConversation", {"confirm": True})
    assert client("readTranscript").json()["messages"] == []


def test_a_conversation_that_goes_on_after_deletion_is_as_described(client: Client) -> None:
    receipts = [client("deleteConversation", {"confirm": True}).json() for _ in range(2)]
    assert receipts[0] == receipts[1]
    assert client("showStored").json()["notice_version"] is None
    assert client("sendMessage", {"id": uuid.uuid4().hex, "text": "what is ioss"}).json()["messages"]


def test_events_are_as_described(product: Product) -> None:
    described = DESCRIPTION["paths"]["/chat/api/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    customer = product.customer("en")
    with listening(customer) as stream:
        customer.say("what is ioss")
        coming = stream.events()
        events = [next(coming)]
        while events[-1][2].get("from") != "bot":
            events.append(next(coming))
        request("DELETE", f"{product.address}/chat/api/conversation", {"confirm": True}, token=customer.token)
        events += coming

    assert stream.content_type == "text/event-stream"
    assert {name for name, _, _ in events} == set(described["x-events"])
    for name, identifier, data in events:
        schema = {"components": DESCRIPTION["components"], "allOf": [described["x-events"][name]]}
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(data)
        assert identifier == data.get("id")


def test_the_description_is_served(product: Product) -> None:
    assert request("GET", f"{product.address}/chat/api/openapi.json").json == document()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing", 404, "not_found"),
        ("POST", "messages/1", 404, "not_found"),
        ("PUT", "messages", 405, "method_not_allowed"),
        ("TRACE", "notice", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_described_is_refused_in_the_same_form(
    product: Product, method: str, path: str, status: int, code: str
) -> None:
    answer = request(method, f"{product.address}/chat/api/{path}", {})
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert ("allow" in answer.headers) == (status == 405)


def test_a_button_without_its_title_is_refused(client: Client) -> None:
    pressed = {"id": uuid.uuid4().hex, "payload": "/customs_gift"}
    assert client("sendMessage", pressed, status=400).json()["error"]["code"] == "invalid_request"
