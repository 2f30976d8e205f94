"""The technical log of the running product: addresses are there and nowhere else, and lead to no conversation."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.channels.sessions import SessionIssuer
from components.settings import Settings
from tests.service.product import Product, request

pytestmark = pytest.mark.service

ADDRESSES = ["203.0.113.77", "2001:db8::77"]
Tables = dict[str, list[dict[str, Any]]]


class Aftermath:
    """What is left of two customers' conversations once the server has ended."""

    def __init__(self, product: Product, tokens: list[str], message_ids: list[str]) -> None:
        settings = Settings.from_environment(product.environment)
        issuer = SessionIssuer(settings.secret_keys, settings.session_lifetime)
        self.folder: Path = product.folder
        self.names = [*tokens, *message_ids, *(issuer.read(token).sender_id for token in tokens)]
        self.tables: Tables = {}
        with sqlite3.connect(product.database) as connection:
            connection.row_factory = sqlite3.Row
            for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                self.tables[table] = [dict(row) for row in connection.execute(f"select * from {table}")]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    environment = {"SANIC_PROXIES_COUNT": "1", "LUOTSI_LOG_LEVEL": "DEBUG", "LOG_LEVEL_LIBRARIES": "DEBUG"}
    running = Product(tmp_path_factory.mktemp("technical"), actions=False, environment=environment)
    tokens, message_ids = [], []
    try:
        running.start()
        for address in ADDRESSES:
            headers = {"X-Forwarded-For": address}
            url = f"{running.address}/chat/api"
            tokens.append(request("POST", f"{url}/sessions", {"language": "en"}, headers=headers).json["session"])
            for _ in range(3):
                message_ids.append(uuid.uuid4().hex)
                body = {"id": message_ids[-1], "text": "what is ioss"}
                assert request("POST", f"{url}/messages", body, token=tokens[-1], headers=headers).status == 200
            request("GET", f"{url}/messages", token=tokens[-1], headers=headers)
    finally:
        running.stop()
    yield Aftermath(running, tokens, message_ids)


def _texts(rows: list[dict[str, Any]]) -> set[str]:
    return {value for row in rows for value in row.values() if isinstance(value, str)}


def test_requests_of_every_address_are_in_the_technical_log(aftermath: Aftermath) -> None:
    rows = [row for row in aftermath.tables["technical_log"] if row["ip_address"] in ADDRESSES]
    routes = ["/chat/api/messages"] * 4 + ["/chat/api/sessions"]
    for address in ADDRESSES:
        assert sorted(row["route"] for row in rows if row["ip_address"] == address) == routes


def test_no_other_table_and_no_log_holds_an_address(aftermath: Aftermath) -> None:
    assert len(aftermath.tables["events"]) > 20
    for address in ADDRESSES:
        holders = {name for name, rows in aftermath.tables.items() if any(address in text for text in _texts(rows))}
        assert holders == {"technical_log"}
        assert address not in (aftermath.folder / "server.log").read_text(errors="replace")


def test_the_technical_log_names_no_conversation_message_or_session(aftermath: Aftermath) -> None:
    logged = "\n".join(_texts(aftermath.tables["technical_log"]))
    assert [name for name in aftermath.names if name in logged] == []


def test_the_technical_log_has_no_value_in_common_with_another_table(aftermath: Aftermath) -> None:
    """Not even a time, so that nothing can be joined."""
    logged = _texts(aftermath.tables["technical_log"])
    for name, rows in aftermath.tables.items():
        if name != "technical_log":
            assert logged & _texts(rows) == set(), name


def test_times_in_the_technical_log_are_whole_minutes(aftermath: Aftermath) -> None:
    assert {row["occurred_at"][16:] for row in aftermath.tables["technical_log"]} == {":00.000000"}
