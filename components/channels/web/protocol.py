"""The forms that the web channel's requests and answers share (docs/protocol.md): bodies, tokens, errors, headers."""

from __future__ import annotations

import json
from typing import Any

from sanic import Sanic, response
from sanic.exceptions import MethodNotSupported, NotFound, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels import gate
from components.channels.limits import waiting_time
from components.channels.origins import Origins, page_headers
from components.channels.pages import STORED_PAGE_STYLE_SOURCE
from components.channels.texts import best_language, text

MAX_BODY_BYTES = 16 * 1024

API_HEADERS = {**page_headers(Origins()), "Cache-Control": "no-store"}
STORED_PAGE_HEADERS = {
    **API_HEADERS,
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {STORED_PAGE_STYLE_SOURCE}; frame-ancestors 'self'; base-uri 'none'"
    ),
}


class ProtocolError(Exception):
    """A request that cannot be served; `code` names a text of texts.yml.

    retry_after: in how many seconds the same request may be served (RFC 9110, 10.2.3), where that is known.
    """

    def __init__(self, code: str, status: int, *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after = retry_after


def language_of(request: Request) -> str:
    """Return the first language of Accept-Language that the service speaks."""
    return best_language(request.headers.get("accept-language"))


def token_of(request: Request) -> str:
    """Return the session token; raises ProtocolError without one."""
    scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ProtocolError("unknown_session", 401)
    return str(token.strip())


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request; raises ProtocolError for anything else."""
    if len(request.body) > MAX_BODY_BYTES:
        raise ProtocolError("too_large", 413)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("invalid_json", 400) from error
    if not isinstance(body, dict):
        raise ProtocolError("invalid_request", 400)
    return body


def as_json(body: dict[str, Any], status: int = 200) -> HTTPResponse:
    """Return an answer of the interface."""
    return response.json(body, status=status, headers=API_HEADERS, dumps=_dumps)


def as_error(error: ProtocolError, language: str) -> HTTPResponse:
    """Return a refusal with a sentence for the customer."""
    answer = as_json({"error": {"code": error.code, "message": error_text(error, language)}}, error.status)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def refuse_unknown(app: Sanic, prefix: str) -> None:
    """Refuse what no route is for, of all addresses that begin with `prefix`, in the form of every other refusal."""

    def refuse(request: Request, error: SanicException) -> HTTPResponse | None:
        if not request.path.startswith(prefix):
            return None
        code = "method_not_allowed" if isinstance(error, MethodNotSupported) else "not_found"
        answer = as_error(ProtocolError(code, error.status_code), language_of(request))
        # `Allow`, which must be told (RFC 9110, 15.5.6); what the framework answers in JSON leaves it out.
        answer.headers.update(getattr(error, "headers", {}))
        return answer

    for kind in (NotFound, MethodNotSupported):
        app.error_handler.add(kind, refuse)


def error_text(error: ProtocolError, language: str) -> str:
    """Return the sentence that tells a customer why a request was refused, and what to do."""
    wait = waiting_time(error.retry_after or 1, language)
    return text(error.code, language, limit=gate.MAX_MESSAGE_CHARACTERS, wait=wait)


def _dumps(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
