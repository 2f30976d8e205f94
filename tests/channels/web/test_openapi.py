"""The description of the interface: valid, whole, and the same as the routes, the code and docs/protocol.md."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import openapi_v31_spec_validator
from sanic import Sanic

from components.channels import gate
from components.channels.announcements import AGENCIES, KINDS
from components.channels.texts import LANGUAGES, knows
from components.channels.web import PREFIX, WebInput, conversations
from components.channels.web.openapi import document
from components.channels.web.protocol import MAX_BODY_BYTES
from components.settings import CONSENT_MODES, Settings
from components.storage.feedback import MAX_COMMENT_CHARACTERS, RATINGS

ROOT = Path(__file__).resolve().parents[3]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
OPERATIONS = {
    (method.upper(), path): operation
    for path, described in document()["paths"].items()
    for method, operation in described.items()
    if method in METHODS
}
SCHEMAS: dict[str, Any] = document()["components"]["schemas"]
ANNOUNCEMENT, HOURS = (SCHEMAS["Announcements"]["properties"][name]["items"] for name in ("announcements", "hours"))

# Refusals of what is no operation of the description.
STRAYS = {("not_found", "404"), ("method_not_allowed", "405")}

Operation = tuple[str, str]


def _name(operation: Operation) -> str:
    return " ".join(operation)


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the description, or what it refers to."""
    while "$ref" in part:
        found: dict[str, Any] = document()
        for key in part["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        part = found
    return part


def _codes(response: dict[str, Any]) -> set[str]:
    """Return the error codes that a response of the description may carry."""
    schema = _resolved(response["content"]["application/json"]["schema"])
    return {
        code
        for part in schema.get("allOf", [])
        for code in part.get("properties", {}).get("error", {}).get("properties", {}).get("code", {}).get("enum", [])
    }


def _described_errors() -> set[tuple[str, str]]:
    return {
        (code, status)
        for operation in OPERATIONS.values()
        for status, response in operation["responses"].items()
        if status >= "400"
        for code in _codes(_resolved(response))
    }


def _documented_errors() -> set[tuple[str, str]]:
    table = PROTOCOL.partition("| Code | Status |")[2]
    rows = re.findall(r"^\| (`[^|]+`) \| (\d{3}) \|", table, flags=re.M)
    return {(code, status) for codes, status in rows for code in re.findall(r"`(\w+)`", codes)}


def _examples(part: object) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield every example of the description with its schema."""
    if isinstance(part, dict):
        if "schema" in part:
            if "example" in part:
                yield part["schema"], part["example"]
            for example in part.get("examples", {}).values():
                yield part["schema"], example["value"]
        if "type" in part and isinstance(part.get("examples"), list):
            for example in part["examples"]:
                yield part, example
        for inner in part.values():
            yield from _examples(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _examples(inner)


def _validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    whole = {"components": document()["components"], "allOf": [schema]}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[Operation]:
    """The routes of the channel's interface, as the server has them."""
    database = tmp_path_factory.mktemp("routes") / "luotsi.sqlite"
    settings = Settings.from_environment(
        {
            "LUOTSI_SECRET_KEY": "k" * 32,
            "LUOTSI_DATABASE_URL": f"sqlite:///{database}",
            "RASA_TELEMETRY_ENABLED": "false",
        }
    )
    app = Sanic(f"test_{uuid.uuid4().hex}", configure_logging=False)

    async def never(message: object) -> None:
        raise AssertionError(message)

    app.blueprint(WebInput(settings).blueprint(never), url_prefix=PREFIX)
    return {
        (method, f"/{route.path}")
        for route in app.router.routes
        for method in route.methods
        if f"/{route.path}".startswith(f"{PREFIX}/api/")
    }


def test_the_description_is_valid() -> None:
    openapi_v31_spec_validator.validate(document())


def test_every_route_is_described_and_nothing_else(routes: set[Operation]) -> None:
    assert set(OPERATIONS) == routes


def test_every_error_is_described_with_its_status() -> None:
    assert _described_errors() | STRAYS == _documented_errors()


@pytest.mark.parametrize(("code", "status"), sorted(STRAYS))
def test_what_no_operation_is_for_is_told_in_the_beginning(code: str, status: str) -> None:
    assert f"{status} `{code}`" in document()["info"]["description"]


def test_every_code_has_a_text_for_the_customer() -> None:
    assert [code for code, _ in _described_errors() if not knows(code)] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_every_operation_is_in_the_protocol(operation: Operation) -> None:
    assert re.search(rf"^\| `{re.escape(_name(operation))}[`?]", PROTOCOL, flags=re.M)


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_every_operation_says_what_it_does(operation: Operation) -> None:
    described = OPERATIONS[operation]
    assert described["summary"]
    assert described["operationId"].isidentifier()
    assert set(described["tags"]) <= {tag["name"] for tag in document()["tags"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_pages_of_other_sites_are_refused_everywhere(operation: Operation) -> None:
    assert "foreign_origin" in _codes(_resolved(OPERATIONS[operation]["responses"]["403"]))


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_an_operation_of_a_conversation_needs_its_token(operation: Operation) -> None:
    described = OPERATIONS[operation]
    needs_token = described.get("security", document()["security"]) != []
    assert needs_token == ("401" in described["responses"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_who_is_to_wait_is_told_for_how_long(operation: Operation) -> None:
    refusal = OPERATIONS[operation]["responses"].get("429")
    assert refusal is None or _resolved(_resolved(refusal)["headers"]["Retry-After"])["required"] is True


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        pytest.param(schema, example, id=schema.get("$ref", "inline").rpartition("/")[2])
        for schema, example in _examples(document())
    ],
)
def test_an_example_is_as_described(schema: dict[str, Any], example: object) -> None:
    _validator(schema).validate(example)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_used(name: str) -> None:
    assert f'"#/components/schemas/{name}"' in json.dumps(document())


@pytest.mark.parametrize(
    ("described", "real"),
    [
        (SCHEMAS["NewMessage"]["properties"]["text"]["maxLength"], gate.MAX_MESSAGE_CHARACTERS),
        (SCHEMAS["Feedback"]["properties"]["comment"]["maxLength"], MAX_COMMENT_CHARACTERS),
        (SCHEMAS["NewMessage"]["properties"]["id"]["pattern"], f"^{conversations._CLIENT_ID.pattern}$"),
        (tuple(SCHEMAS["LanguageName"]["enum"]), LANGUAGES),
        (tuple(SCHEMAS["Rating"]["enum"]), RATINGS),
        (tuple(SCHEMAS["Notice"]["properties"]["mode"]["enum"]), CONSENT_MODES),
        (tuple(ANNOUNCEMENT["properties"]["kind"]["enum"]), KINDS),
        (tuple(HOURS["properties"]["agency"]["enum"]), AGENCIES),
    ],
)
def test_limits_and_names_are_those_of_the_code(described: object, real: object) -> None:
    assert described == real


def test_the_size_of_a_body_is_told() -> None:
    assert f"({MAX_BODY_BYTES:,} bytes)" in document()["info"]["description"]


def test_the_version_is_that_of_luotsi() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{document()["info"]["version"]}"\n' in project


def test_the_server_is_named_by_no_address() -> None:
    assert [server["url"] for server in document()["servers"]] == ["/"]
