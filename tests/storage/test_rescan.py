"""A scan masks what is stored once more: in place, in order, resumable, and without getting in the service's way."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import BotUttered, UserUttered
from sqlalchemy.engine import Engine

from components.privacy import ANONYMISER_VERSION
from components.storage import conversation_index
from components.storage import rescan as module
from components.storage.models import Base, Conversation, Event
from components.storage.rescan import Rescanned, rescan
from components.storage.tracker_store import SanitisedTrackerStore, published_strings

from .conftest import MakeStore
from .conversations import DOMAIN, OPENING_HOURS, append, dicts, new_tracker, rows_of, said, turn
from .rows import DAY, HOUR, add, new_database

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime.now(datetime.timezone.utc)
PHONE = "+358 40 123 4567"
MESSAGES = json.dumps([{"text": PHONE}])
EVENTS = Event.__table__


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An empty database."""
    engine = new_database(url)
    yield engine
    engine.dispose()


def add_event(engine: Engine, data: Any, *, version: int = 0, expires_at: datetime.datetime = NOW + DAY) -> None:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    with engine.begin() as connection:
        add(connection, "events", expires_at, sender_id="a", data=text, anonymiser_version=version)


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"event": "user", "timestamp": 1_790_000_000.25, "text": text, **more}


def texts(engine: Engine) -> list[str]:
    return [json.loads(row["data"])["text"] for row in rows_of(engine)]


def scan(engine: Engine, **options: Any) -> Rescanned:
    return rescan(engine, public=frozenset(), now=NOW, **options)


def test_an_event_of_an_older_anonymiser_is_masked_in_place(engine: Engine) -> None:
    add_event(engine, user(f"call {PHONE}", metadata={"masked": []}))
    before = rows_of(engine)
    found = scan(engine)
    (row,) = rows_of(engine)
    assert json.loads(row["data"]) == user("call [PHONE_NUMBER]", metadata={"masked": []})
    assert row["anonymiser_version"] == ANONYMISER_VERSION
    unchanged = ("id", "sender_id", "write_id", "type_name", "occurred_at", "expires_at")
    assert [row[name] for name in unchanged] == [before[0][name] for name in unchanged]
    assert (found.seen["events"], found.changed["events"]) == (1, 1)
    assert found.labels == {"PHONE_NUMBER": 1}


def test_what_is_masked_already_is_not_counted_again(engine: Engine) -> None:
    add_event(engine, user(f"[NAME_2] and {PHONE} and [PHONE_NUMBER]"))
    assert scan(engine).labels == {"PHONE_NUMBER": 1}
    assert texts(engine) == ["[NAME_2] and [PHONE_NUMBER] and [PHONE_NUMBER]"]


def test_a_mention_of_a_special_category_is_marked(engine: Engine) -> None:
    add_event(engine, user("olen muslimi"))
    add_event(engine, user("hello"))
    found = scan(engine)
    assert [bool(row["special_category"]) for row in rows_of(engine)] == [True, False]
    assert (found.special_category, found.changed["events"]) == (1, 0)


def test_an_event_of_this_anonymiser_is_not_touched(engine: Engine) -> None:
    add_event(engine, user(PHONE), version=ANONYMISER_VERSION)
    assert scan(engine).seen["events"] == 0
    assert texts(engine) == [PHONE]


def test_what_has_expired_is_left_to_the_purge(engine: Engine) -> None:
    add_event(engine, user(PHONE), expires_at=NOW - HOUR)
    assert scan(engine).seen["events"] == 0
    assert texts(engine) == [PHONE]


@pytest.mark.parametrize("batch_size", [1, 3, 200])
def test_events_keep_their_number_and_order(engine: Engine, batch_size: int) -> None:
    for number in range(7):
        add_event(engine, user(f"{number} {PHONE}"))
    ids = [row["id"] for row in rows_of(engine)]
    assert scan(engine, batch_size=batch_size).changed["events"] == 7
    assert [row["id"] for row in rows_of(engine)] == ids
    assert texts(engine) == [f"{number} [PHONE_NUMBER]" for number in range(7)]


def test_a_dry_run_tells_and_changes_nothing(engine: Engine) -> None:
    add_event(engine, user(f"olen muslimi {PHONE}"))
    before = rows_of(engine)
    found = scan(engine, dry_run=True)
    assert rows_of(engine) == before
    assert (found.changed["events"], found.labels, found.special_category) == (1, {"PHONE_NUMBER": 1}, 1)


def test_the_state_of_conversations_and_comments_are_masked(engine: Engine) -> None:
    with engine.begin() as connection:
        state = json.dumps({"slots": {"contact": PHONE}, "active_loop": None, "paused": False})
        add(connection, "conversations", NOW + DAY, sender_id="a", state=state)
        add(connection, "feedback", NOW + DAY, sender_id="a", comment=f"call {PHONE}")
        add(connection, "feedback", NOW + DAY, sender_id="a", comment=None)
    found = scan(engine)
    (row,) = rows_of(engine, "conversations")
    assert json.loads(row["state"]) == {"slots": {"contact": "[PHONE_NUMBER]"}, "active_loop": None, "paused": False}
    assert {row["comment"] for row in rows_of(engine, "feedback")} == {"call [PHONE_NUMBER]", None}
    assert (found.changed["conversations"], found.changed["feedback"]) == (1, 1)


@pytest.mark.parametrize("data", [f"no JSON {PHONE}", json.dumps([PHONE]), json.dumps(PHONE), '{"event": "user"'])
def test_a_row_that_nobody_can_read_is_masked_as_it_is(engine: Engine, data: str) -> None:
    add_event(engine, data)
    scan(engine)
    (row,) = rows_of(engine)
    assert PHONE not in row["data"]
    assert row["anonymiser_version"] == ANONYMISER_VERSION


def test_a_time_is_not_taken_for_a_number(engine: Engine) -> None:
    reminder = {"event": "reminder", "timestamp": 1_790_000_000.25, "date_time": "2026-11-22T01:00:00+00:00"}
    add_event(engine, reminder)
    scan(engine)
    assert [json.loads(row["data"]) for row in rows_of(engine)] == [reminder]


@pytest.mark.parametrize("changed_by_service", ["state", "gone"])
def test_a_row_that_the_service_changes_meanwhile_is_left_to_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, changed_by_service: str
) -> None:
    table = Conversation.__table__
    with engine.begin() as connection:
        for sender_id in ("a", "b"):
            add(connection, "conversations", NOW + DAY, sender_id=sender_id, state=json.dumps({"old": PHONE}))
    write = module._write

    def write_late(*arguments: Any) -> Any:
        with engine.begin() as connection:
            mine = table.c.sender_id == "a"
            if changed_by_service == "state":
                connection.execute(sa.update(table).where(mine).values(state='{"new": true}'))
            else:
                connection.execute(sa.delete(table).where(mine))
        return write(*arguments)

    monkeypatch.setattr(module, "_write", write_late)
    found = scan(engine)
    states = {row["sender_id"]: json.loads(row["state"]) for row in rows_of(engine, "conversations")}
    assert states.pop("a", {"new": True}) == {"new": True}
    assert states == {"b": {"old": "[PHONE_NUMBER]"}}
    assert (found.changed["conversations"], found.left["conversations"]) == (1, 1)


def test_a_database_that_is_busy_is_asked_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    add_event(engine, user(PHONE))
    write, calls = module._write, []

    def busy_once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise sa.exc.OperationalError("UPDATE", {}, Exception("locked"))
        return write(*arguments)

    monkeypatch.setattr(module, "_write", busy_once)
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0)
    assert scan(engine).changed["events"] == 1


async def test_rasa_reads_the_same_conversation_afterwards(url: str, make_store: MakeStore) -> None:
    store: SanitisedTrackerStore = make_store(url)
    tracker = new_tracker()
    turn(tracker, "kuinka kauan", language="fi", intent="customs_opening_hours", reply=OPENING_HOURS)
    append(tracker, UserUttered("thanks"), BotUttered("Hei!"))
    await store.save(tracker)
    before = dicts(await store.retrieve(tracker.sender_id))
    with store.engine.begin() as connection:
        connection.execute(sa.update(EVENTS).values(anonymiser_version=0))
    found = rescan(store.engine, public=published_strings(DOMAIN))
    assert dicts(await store.retrieve(tracker.sender_id)) == before
    assert (found.seen["events"], found.changed["events"]) == (len(rows_of(store.engine)), 0)
    assert said(await store.retrieve(tracker.sender_id)) == ["kuinka kauan", "thanks"]


_SLOW_SCAN = """
import sys, time
from components.storage import rescan as module
from components.storage.database import open_database

write = module._write
def slow(*arguments):
    done = write(*arguments)
    time.sleep(0.3)
    return done

module._write = slow
module.rescan(open_database(sys.argv[1]), public=frozenset(), batch_size=2)
"""


def test_a_scan_that_is_killed_is_finished_by_the_next_one(url: str, engine: Engine) -> None:
    for number in range(40):
        add_event(engine, user(f"{number} {PHONE}"))
    process = subprocess.Popen([sys.executable, "-c", _SLOW_SCAN, url], cwd=ROOT)
    done = sa.select(sa.func.count()).where(EVENTS.c.anonymiser_version == ANONYMISER_VERSION)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if connection.execute(done).scalar_one() >= 4:
                break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with engine.connect() as connection:
        first = connection.execute(done).scalar_one()
    assert 4 <= first < 40
    assert scan(engine).seen["events"] == 40 - first
    assert texts(engine) == [f"{number} [PHONE_NUMBER]" for number in range(40)]


def test_nothing_of_the_old_text_stays_in_the_file(sqlite_url: str, tmp_path: Path) -> None:
    engine = new_database(sqlite_url)
    for number in range(50):
        add_event(engine, user(f"{number} call me {PHONE} " + "please " * 50))
    assert scan(engine, batch_size=7).changed["events"] == 50
    # Before the last connection is closed, which would tidy the log away.
    assert all(PHONE.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    engine.dispose()


def test_what_staff_wrote_is_masked_too(engine: Engine) -> None:
    later = NOW + DAY
    with engine.begin() as connection:
        for table, values in {
            "review_marks": {"sender_id": "a", "note": PHONE, "value": PHONE},
            "content_tasks": {"text": PHONE},
            "collection_cases": {"title": PHONE, "questions": PHONE, "model_answer": PHONE, "messages": MESSAGES},
            "practices": {"answers": MESSAGES},
            "holds": {"reason": PHONE},
            "masking_cases": {"shape": PHONE},
            "switches": {"reason": PHONE},
            "collections": {"title": PHONE, "goal": PHONE, "theme": PHONE},
            "calibrations": {"name": PHONE},
            "saved_filters": {"name": PHONE},
        }.items():
            add(connection, table, later, **values)
        # A case that staff rewrote never expires.
        add(connection, "collection_cases", later, title="2", messages=MESSAGES)
        connection.execute(sa.text("UPDATE collection_cases SET expires_at = NULL WHERE title = '2'"))
    found = scan(engine)
    assert PHONE not in str(
        [rows_of(engine, name) for name, table in Base.metadata.tables.items() if name != "audit_log"]
    )
    assert [json.loads(row["messages"]) for row in rows_of(engine, "collection_cases")] == [
        [{"text": "[PHONE_NUMBER]"}]
    ] * 2
    assert (found.seen["content_tasks"], found.changed["collection_cases.title"]) == (1, 1)


def test_what_conversations_are_found_by_is_made_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "conversations", NOW + DAY, sender_id="a", state="{}")
    add_event(engine, user(f"kirahvi {PHONE}"))
    with engine.begin() as connection:
        connection.execute(sa.update(EVENTS).values(type_name="user"))
        conversation_index.reindex(connection, "a")
    assert PHONE in rows_of(engine, "indexed_messages")[0]["text"]
    scan(engine)
    (row,) = rows_of(engine, "indexed_messages")
    assert row["text"] == "kirahvi [PHONE_NUMBER]"
    assert "4567" not in row["words"]
