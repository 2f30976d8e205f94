"""Personal data reaches no file, no row, no broker and no log, wherever in an event it stood."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import ActionExecuted, AgentUttered, BotUttered, Event, SlotSet, UserUttered
from sqlalchemy.engine import Engine

from components.storage.tracker_store import SanitisedTrackerStore

from .conftest import MakeStore
from .conversations import MESSAGE_ID, OPENING_HOURS, SENDER, Broker, append, dicts, new_tracker, turn

# Synthetic: individual numbers from 900 up are given to no one.
CANARIES = {
    "identity code": ("hetuni on 131052-908T kiitos", "131052-908T"),
    "name after a cue": ("nimeni on Tuulikki Koskelainen", "Koskelainen"),
    "English name": ("my name is Tuulikki Koskelainen", "Koskelainen"),
    "phone": ("soita 040 765 4321 heti", "765 4321"),
    "e-mail": ("tuulikki.koskelainen@posteo.fi", "koskelainen@"),
}

PLACES: dict[str, Callable[[str], Event]] = {
    "user text": lambda text: UserUttered(text, parse_data={"text": text, "entities": [], "intent": {}}),
    "entity": lambda text: UserUttered("x", entities=[{"entity": "e", "value": text, "extra": [text]}]),
    "user metadata": lambda text: UserUttered("x", metadata={"shown": text, "deep": {"er": [text]}}),
    "key of the metadata": lambda text: UserUttered("x", metadata={text: 1}),
    "message id": lambda text: UserUttered("x", message_id=text),
    "channel": lambda text: UserUttered("x", input_channel=text),
    "parse data": lambda text: UserUttered("x", parse_data={"text": "x", "tokens": [text], text: text}),
    "bot text": lambda text: BotUttered(f"Sanoit: {text}"),
    "button": lambda text: BotUttered("x", {"buttons": [{"title": text, "payload": f"/inform{{{text}}}"}]}),
    "custom payload": lambda text: BotUttered("x", {"custom": {"a": {text: text}}}),
    "bot metadata": lambda text: BotUttered("x", metadata={"template": text}),
    "agent text": lambda text: AgentUttered(text, data={"note": text}),
    "slot": lambda text: SlotSet("contact", text),
    "list in a slot": lambda text: SlotSet("contact", [{"value": text}]),
    "slot of another name": lambda text: SlotSet("language", text),
    "exception": lambda text: SlotSet("contact", ValueError(text)),
    "end-to-end action": lambda text: ActionExecuted(action_text=text),
    "policy": lambda text: ActionExecuted("action_listen", policy=text),
}


def bytes_of(folder: Path) -> bytes:
    """Everything in the files of an SQLite database."""
    return b"\n".join(file.read_bytes() for file in sorted(folder.glob("luotsi.sqlite*")))


def rows_as_bytes(engine: Engine) -> bytes:
    """Every column of every row of every table."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return "\n".join(
            str(tuple(row)) for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
        ).encode()


def forms(raw: str) -> list[bytes]:
    """A canary as it may stand in a file: as it is, and with its letters escaped."""
    return [raw.encode(), raw.encode("unicode_escape"), raw.encode("utf-16-le")]


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_personal_is_in_the_sqlite_files_the_broker_or_the_log(
    sqlite_url: str,
    make_store: MakeStore,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    broker = Broker()
    store = make_store(sqlite_url, event_broker=broker)
    tracker = new_tracker()
    append(tracker, *(PLACES[place](text) for text, _ in CANARIES.values()))
    caplog.clear()  # what Rasa logged about the tracker itself before the store had it
    await store.save(tracker)
    again = await store.retrieve(SENDER)

    assert (tmp_path / "luotsi.sqlite-wal").stat().st_size > 0
    assert SENDER.encode() in bytes_of(tmp_path)  # the search looks where the rows are
    sinks = {
        "files": bytes_of(tmp_path),
        "broker": repr(broker.published).encode(),
        "log": caplog.text.encode(),
        "tracker": repr(dicts(again)).encode(),
    }
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    sinks["file after a checkpoint"] = bytes_of(tmp_path)
    found = [
        (name, canary)
        for name, content in sinks.items()
        for canary, (_, raw) in CANARIES.items()
        if any(form in content for form in forms(raw))
    ]
    assert found == []


async def test_nothing_personal_is_in_the_rows_of_postgresql(postgresql_url: str, make_store: MakeStore) -> None:
    broker = Broker()
    store = make_store(postgresql_url, event_broker=broker)
    tracker = new_tracker()
    for text, _ in CANARIES.values():
        append(tracker, *(place(text) for place in PLACES.values()))
    await store.save(tracker)
    content = rows_as_bytes(store.engine) + repr(broker.published).encode()
    assert content.count(SENDER.encode()) > len(tracker.events)
    assert [raw for _, raw in CANARIES.values() if raw.encode() in content] == []


@pytest.mark.parametrize("shape", [401234567, 401234567.0, {"n": [401234567]}])
async def test_a_phone_number_that_came_as_a_number_is_masked(store: SanitisedTrackerStore, shape: Any) -> None:
    tracker = new_tracker()
    append(tracker, SlotSet("contact", shape), UserUttered("x", metadata={"timestamp": shape}))
    await store.save(tracker)
    assert b"401234567" not in rows_as_bytes(store.engine)


async def test_a_published_answer_stays_whole(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    turn(tracker, "hello", intent="customs_opening_hours", reply=OPENING_HOURS)
    turn(tracker, "hello", intent="customs_opening_hours", reply=f"{OPENING_HOURS} 25.12.2026")
    await store.save(tracker)
    answers = [event["text"] for event in dicts(await store.retrieve(SENDER)) if event["event"] == "bot"]
    assert answers[0] == OPENING_HOURS
    assert "24.12.2026" not in answers[1]  # not word for word what was published


async def test_ids_of_messages_and_models_stay(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    tracker.model_id = MESSAGE_ID
    tracker.assistant_id = "luotsi"
    turn(tracker, "hello")
    await store.save(tracker)
    (event,) = [event for event in dicts(await store.retrieve(SENDER)) if event["event"] == "user"]
    assert event["message_id"] == MESSAGE_ID
    assert event["metadata"] == {"model_id": MESSAGE_ID, "assistant_id": "luotsi"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\0b", "a\0b"),
        ("\0", "\0"),
        ("\\u0000", "\\u0000"),
        ("lone \ud83d surrogate", "lone ? surrogate"),
        ("\udfff", "?"),
        ("smile 😀", "smile 😀"),
        ("\u2028 \ufeff \uffff", "\u2028 \ufeff \uffff"),
        ("quote \" ' ; -- %s %(x)s :x", "quote \" ' ; -- %s %(x)s :x"),
    ],
)
async def test_odd_characters_come_back(store: SanitisedTrackerStore, text: str, kept: str) -> None:
    tracker = new_tracker()
    append(
        tracker,
        UserUttered(text, parse_data={"text": text, text: text, "entities": [], "intent": {}}, input_channel=text),
        SlotSet("contact", text),
    )
    await store.save(tracker)
    assert store.pending_events == 0
    assert store.parked_events == 0
    again = await store.retrieve(SENDER)
    assert again is not None
    assert again.latest_message is not None
    assert again.latest_message.text == kept
    assert again.latest_message.parse_data[kept] == kept
    assert again.get_slot("contact") == kept


async def test_a_very_long_channel_name_is_cut(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    append(tracker, UserUttered("hello", input_channel="channel" * 20))
    await store.save(tracker)
    assert store.parked_events == 0
    assert await store.exists(SENDER)


async def test_an_event_that_cannot_be_written_out_leaves_its_name_and_time(
    store: SanitisedTrackerStore, caplog: pytest.LogCaptureFixture
) -> None:
    class OddEvent(SlotSet):  # type: ignore[misc]
        def as_dict(self) -> dict[str, Any]:
            raise RuntimeError("131052-908T")

    tracker = new_tracker()
    append(tracker, OddEvent("contact", "x"))
    turn(tracker, "goes on")
    await store.save(tracker)
    assert [event["event"] for event in dicts(await store.retrieve(SENDER))].count("user") == 1
    assert "An event of the kind OddEvent cannot be written out (RuntimeError)." in caplog.text
    assert "131052" not in caplog.text
