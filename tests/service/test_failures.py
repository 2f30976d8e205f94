"""The service when its parts fail: customers get an answer or an honest apology, and nothing is lost or leaked."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from tests.service.product import Product, request

pytestmark = pytest.mark.service


def _stored_messages(database: Path, text: str) -> int:
    with sqlite3.connect(database) as connection:
        query = "select count(*) from events where type_name = 'user' and data like ?"
        (count,) = connection.execute(query, (f"%{text}%",)).fetchone()
    return int(count)


def test_topics_are_answered_without_the_action_server(without_actions: Product) -> None:
    (message,) = without_actions.customer("en").say("what is ioss")
    assert message["sources"]


@pytest.mark.parametrize(("language", "word"), [("fi", "häiriö"), ("en", "wrong")])
def test_a_service_without_its_action_server_apologises(without_actions: Product, language: str, word: str) -> None:
    customer = without_actions.customer(language)
    (message,) = customer.say("", payload="/ask_for_person")
    assert message["language"] == language
    assert word in message["text"]
    assert customer.transcript()[-1]["text"] == message["text"]


def test_a_locked_database_stops_no_answer_and_loses_nothing(without_actions: Product) -> None:
    customer = without_actions.customer("en")
    with sqlite3.connect(without_actions.database, isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        (message,) = customer.say("what is ioss about, my code is 131052-951T")
        assert message["sources"]
        assert time.monotonic() - started < 10
        (second,) = customer.say("what about a gift from my aunt in brazil")
        assert second["sources"]
        connection.execute("ROLLBACK")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _stored_messages(without_actions.database, "what about a gift") == 0:
        time.sleep(0.2)
    assert _stored_messages(without_actions.database, "what is ioss about") == 1
    assert _stored_messages(without_actions.database, "what about a gift") == 1
    log = without_actions.log.read_text(errors="replace")
    assert "The conversation store cannot be written" in log
    assert "131052" not in log


def test_a_restart_keeps_session_and_conversation(without_actions: Product) -> None:
    customer = without_actions.customer("en")
    customer.say("what is ioss")
    before = customer.transcript()
    without_actions.stop(kill=True)
    without_actions.start()
    assert customer.transcript() == before
    assert customer.say("do i pay for a gift")[0]["language"] == "en"


def test_a_message_that_was_handled_before_a_restart_is_not_handled_again(without_actions: Product) -> None:
    customer = without_actions.customer("en")
    first = customer.send("what is ioss", message_id="c" * 32).json
    without_actions.stop()
    without_actions.start()
    again = customer.send("what is ioss", message_id="c" * 32).json
    assert [message["text"] for message in again["messages"]] == [message["text"] for message in first["messages"]]
    assert len(customer.transcript()) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"LUOTSI_SECRET_KEY": "short", "LUOTSI_SECRET_KEY_FILE": ""}, "secret key"),
        ({"LUOTSI_RETENTION_DAYS": "0"}, "LUOTSI_RETENTION_DAYS"),
        ({"LUOTSI_RETENTION_DAYS": "731"}, "LUOTSI_RETENTION_DAYS"),
        ({"LUOTSI_SESSION_MINUTES": "-5"}, "LUOTSI_SESSION_MINUTES"),
    ],
)
def test_an_unsafe_setting_stops_the_start(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    running = Product(tmp_path, actions=False, environment=change)
    with pytest.raises(RuntimeError, match="did not start"):
        running.start()
    running.stop()
    assert reason in running.log.read_text()
    assert "Traceback" not in running.log.read_text()


def test_an_expired_session_is_told_so(tmp_path: Path, without_actions: Product) -> None:
    from datetime import timedelta

    from components.channels.sessions import SessionIssuer

    key = without_actions.environment["LUOTSI_SECRET_KEY"].encode()
    issuer = SessionIssuer([key], timedelta(days=7))
    serializer = issuer._current
    token = serializer.dumps("an old session")
    payload, _, _ = str(token).rsplit(".", 2)
    signer = serializer.make_signer(serializer.salt)
    signer.get_timestamp = lambda: int(time.time()) - 8 * 24 * 3600  # type: ignore[attr-defined]
    old = signer.sign(payload).decode()
    answer = request("GET", f"{without_actions.address}/chat/api/messages", token=old)
    assert (answer.status, answer.json["error"]["code"]) == (401, "session_expired")
