"""Conversations as people read them, from the tracker store's own events."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import ActionExecuted, AgentUttered, BotUttered, UserUttered
from sqlalchemy.engine import Connection

from components.storage import conversation_index, transcripts
from components.storage.feedback import add_feedback, answer_id
from components.storage.references import reference_of
from components.storage.tracker_store import SanitisedTrackerStore
from components.storage.transcripts import AGENT, ASSISTANT, CUSTOMER, NOTE, PLACEHOLDER, Guess, Source

from .conversations import MESSAGE_ID, SENDER, append, begin_session, new_tracker, settings, turn

NOW = datetime.datetime.now(datetime.timezone.utc)
AT = NOW.timestamp() - 3_600
VERSION = {
    "topic": "customs_opening_hours",
    "title": "Aukioloajat",
    "links": [],
    "sources": [{"title": "Tulli", "url": "https://tulli.fi/", "language": "fi"}, {"title": "nimetön"}],
    "volatile": True,
}


def _customer(text: str, intent: str = "greet", at: float = AT + 10, **metadata: Any) -> UserUttered:
    ranking = [{"name": intent, "confidence": 0.8}, {"name": "affirm", "confidence": 0.15}]
    parse = {"intent": ranking[0], "intent_ranking": ranking, "entities": [], "text": text, "language": "fi"}
    return UserUttered(text, ranking[0], [], parse, at, input_channel="web", message_id=MESSAGE_ID, metadata=metadata)


def _save(store: SanitisedTrackerStore, *events: Any) -> None:
    tracker = new_tracker(at=AT)
    append(tracker, *events)
    asyncio.run(store.save(tracker))
    with store.engine.begin() as connection:
        conversation_index.reindex(connection, SENDER)


def _read(connection: Connection, now: datetime.datetime = NOW) -> transcripts.Transcript:
    found = transcripts.read(connection, SENDER, now=now)
    assert found is not None
    return found


def test_a_question_and_its_answer_as_they_were(store: SanitisedTrackerStore) -> None:
    metadata = {"utter_action": "utter_customs_opening_hours", "metadata": {"language": "fi", "answer": VERSION}}
    answer = BotUttered("Arkisin.", {"buttons": [{"title": "Hei", "payload": "/greet"}]}, metadata, AT + 70)
    _save(
        store,
        _customer("milloin, [NAME_1]?", masked=["PERSON"]),
        ActionExecuted("utter_customs_opening_hours", timestamp=AT + 69),
        answer,
        ActionExecuted("action_listen", timestamp=AT + 71),
    )
    add_feedback(store.engine, settings(""), SENDER, message_id=answer_id(AT + 70), rating="helpful", comment="ok")

    with store.engine.connect() as connection:
        found = _read(connection)

    question, reply = found.messages
    assert (question.speaker, question.text, question.labels) == (CUSTOMER, "milloin, [NAME_1]?", ("PERSON",))
    assert (question.intent, question.confidence, question.runner_up) == ("greet", 0.8, Guess("affirm", 0.15))
    assert (question.language, question.fallback, question.pressed) == ("fi", False, False)
    assert question.actions == ("utter_customs_opening_hours",)
    assert (reply.speaker, reply.topic, reply.title) == (ASSISTANT, "customs_opening_hours", "Aukioloajat")
    assert reply.sources == (Source("Tulli", "https://tulli.fi/"),)
    assert (reply.volatile, reply.buttons) == (True, ("Hei",))
    assert (reply.rating, reply.comment) == ("helpful", "ok")
    assert (reply.occurred_at - question.occurred_at).total_seconds() == 60


@pytest.mark.parametrize(("intent", "fallback"), [("nlu_fallback", True), ("out_of_scope", True), ("greet", False)])
def test_what_was_not_understood_says_so(store: SanitisedTrackerStore, intent: str, fallback: bool) -> None:
    _save(store, _customer("xyzzy", intent))

    with store.engine.connect() as connection:
        assert _read(connection).messages[0].fallback is fallback


def test_a_pressed_button_shows_what_the_customer_saw(store: SanitisedTrackerStore) -> None:
    _save(store, _customer("/customs_opening_hours", "customs_opening_hours", shown="Aukioloajat"))

    with store.engine.connect() as connection:
        [message] = _read(connection).messages
    assert (message.text, message.pressed) == ("Aukioloajat", True)


def test_a_command_that_nobody_typed_is_no_message(store: SanitisedTrackerStore) -> None:
    _save(store, _customer('/start_over{"language": "fi"}', "start_over"), _customer("hei", at=AT + 20))

    with store.engine.connect() as connection:
        assert [message.text for message in _read(connection).messages] == ["hei"]


def test_an_agent_and_a_new_session_are_told_apart(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker(at=AT)
    turn(tracker, "hei", at=AT + 1)
    append(tracker, AgentUttered("Täällä neuvoja.", timestamp=AT + 5))
    begin_session(tracker, at=AT + 100)
    turn(tracker, "taas minä", at=AT + 101)
    asyncio.run(store.save(tracker))
    with store.engine.begin() as connection:
        conversation_index.reindex(connection, SENDER)
        found = _read(connection)

    assert [message.speaker for message in found.messages] == [CUSTOMER, ASSISTANT, AGENT, NOTE, CUSTOMER, ASSISTANT]


def test_what_has_expired_is_never_read(store: SanitisedTrackerStore) -> None:
    _save(store, _customer("hei"), _customer("moi", at=AT + 20))
    later = NOW + datetime.timedelta(days=800)
    with store.engine.begin() as connection:
        event_id = _read(connection).messages[0].event_id
        connection.execute(
            sa.text("UPDATE events SET expires_at = :past WHERE id = :id"),
            {"past": "2020-01-01 00:00:00.000000+00:00", "id": event_id},
        )

        assert [message.text for message in _read(connection).messages] == ["moi"]
        assert transcripts.message_text(connection, event_id, now=NOW) is None
        assert transcripts.message_text(connection, event_id + 1, now=NOW) == "moi"
        assert transcripts.read(connection, SENDER, now=later) is None
        assert transcripts.find(connection, reference_of(SENDER), now=later) is None


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}"])
def test_a_reference_is_found_however_it_is_typed(store: SanitisedTrackerStore, typed: str) -> None:
    _save(store, _customer("hei"))
    code = reference_of(SENDER)

    with store.engine.connect() as connection:
        assert transcripts.find(connection, typed.format(code, code.lower(), code.replace("-", " ")), now=NOW) == SENDER


@pytest.mark.parametrize("typed", ["", "BCDF-BCDF-BCDF", SENDER, "x' OR 1=1", "BCDF"])
def test_nothing_else_finds_a_conversation(store: SanitisedTrackerStore, typed: str) -> None:
    _save(store, _customer("hei"))

    with store.engine.connect() as connection:
        assert transcripts.find(connection, typed, now=NOW) is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("[NAME_1] ja [PHONE_NUMBER]", ["NAME", "PHONE_NUMBER"]),
        ("[PHONE_NUMBER ********67]", ["PHONE_NUMBER"]),
        ("[IBAN ~dkfmbahgcpneojli]", ["IBAN"]),
        ("[linkki](https://x.fi) [a] [] [NAME", []),
    ],
)
def test_labels_are_recognised_in_each_form(text: str, kinds: list[str]) -> None:
    assert [match.group(1) for match in PLACEHOLDER.finditer(text)] == kinds


@pytest.mark.parametrize(
    ("current", "expected"), [("a", (None, "b")), ("b", ("a", "c")), ("c", ("b", None)), ("x", (None, None))]
)
def test_neighbours_in_a_list(current: str, expected: tuple[str | None, str | None]) -> None:
    assert transcripts.neighbours(["a", "b", "c"], current) == expected
