"""The forms that the web channel's requests and answers share."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace

import pytest
from sanic import Sanic
from sanic.exceptions import MethodNotSupported, NotFound, SanicException
from sanic.response import HTTPResponse

from components.channels.web.protocol import refuse_unknown


def _refusal(error: SanicException, *, path: str, language: str = "en") -> HTTPResponse | None:
    """Return what the server answers when no route is for a request; None leaves it to the framework."""
    app = Sanic(f"test_{uuid.uuid4().hex}", configure_logging=False)
    refuse_unknown(app, "/chat/api/")
    handler = app.error_handler.lookup(error, None)
    assert handler is not None
    answer: HTTPResponse | None = handler(SimpleNamespace(path=path, headers={"accept-language": language}), error)
    return answer


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("no"), 404, "not_found"),
        (MethodNotSupported("no", method="PUT", allowed_methods=["GET"]), 405, "method_not_allowed"),
    ],
)
def test_what_no_route_is_for_is_refused_as_everything_else(error: SanicException, status: int, code: str) -> None:
    answer = _refusal(error, path="/chat/api/nothing")
    assert answer is not None
    body = json.loads(answer.body)
    assert (answer.status, answer.content_type, body["error"]["code"]) == (status, "application/json", code)
    assert body["error"]["message"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_another_method_is_refused_with_those_that_are_allowed() -> None:
    error = MethodNotSupported("no", method="PUT", allowed_methods=["GET", "POST"])
    answer = _refusal(error, path="/chat/api/messages")
    assert answer is not None
    assert answer.headers["Allow"] == "GET, POST"


def test_addresses_of_others_are_left_to_them() -> None:
    assert _refusal(NotFound("no"), path="/webhooks/nothing/webhook") is None
