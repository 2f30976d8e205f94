"""Masking by hand, on the tracker store's own data."""

from __future__ import annotations

import asyncio
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import SlotSet
from sqlalchemy.engine import Engine

from components.privacy.engine import labels
from components.storage import conversation_index, manual_masking
from components.storage.manual_masking import CannotMask, shape
from components.storage.models import Base
from components.storage.tracker_store import SanitisedTrackerStore

from .conversations import OTHER_SENDER, SENDER, append, begin_session, new_tracker, rows_of, turn

WORDS = "Kultarinnan vaari"
NOW = datetime.datetime.now(datetime.timezone.utc)
LATER = NOW + datetime.timedelta(days=30)


def _stored(store: SanitisedTrackerStore, *texts: str, sender_id: str = SENDER, reply: str = "Hei!") -> None:
    tracker = new_tracker(sender_id)
    for text in texts:
        turn(tracker, text, reply=reply)
    asyncio.run(store.save(tracker))
    with store.engine.begin() as connection:
        conversation_index.reindex(connection, sender_id)


def _event(engine: Engine, part: str, sender_id: str = SENDER) -> int:
    found: list[int] = [
        row["id"]
        for row in rows_of(engine)
        if row["type_name"] == "user" and part in row["data"] and row["sender_id"] == sender_id
    ]
    return found[0]


def _mask(engine: Engine, event_id: int, words: str = WORDS, **options: Any) -> dict[str, int]:
    with engine.begin() as connection:
        done = manual_masking.mask(
            connection,
            **{
                "sender_id": SENDER,
                "event_id": event_id,
                "words": words,
                "label": "PERSON",
                "by": "anna",
                "now": datetime.datetime.now(datetime.timezone.utc),
                **options,
            },
        )
    return done.changed


def _everything(engine: Engine) -> str:
    """All that the database holds, as one text."""
    return "\n".join(str(list(row.values())) for table in Base.metadata.tables for row in rows_of(engine, table))


def _add(engine: Engine, table: str, **values: Any) -> int:
    with engine.begin() as connection:
        row = connection.execute(sa.insert(Base.metadata.tables[table]).values(**values))
        return int(row.inserted_primary_key[0])


def test_the_words_are_masked_in_every_copy(store: SanitisedTrackerStore) -> None:
    engine = store.engine
    _stored(store, f"terve, {WORDS} tässä", f"kuten {WORDS.upper()} sanoi", reply=f"sanoit: {WORDS}")
    event_id = _event(engine, WORDS)
    when = {"expires_at": LATER, "sender_id": SENDER}
    _add(engine, "feedback", rating="helpful", comment=f"kiitos, {WORDS}", occurred_at=NOW, **when)
    _add(engine, "review_marks", event_id=event_id, reviewer="anna", kind="note", note=WORDS, made_at=NOW, **when)
    task = {"kind": "example", "text": f"x {WORDS}", "created_by": "anna", "created_at": NOW, "state": "open"}
    _add(engine, "content_tasks", **task, **when)
    case = {"collection_id": 1, "position": 1, "difficulty": 1, "added_by": "anna", "added_at": NOW}
    texts = {"title": f"{WORDS}: tapaus", "questions": WORDS, "model_answer": f"Hei, {WORDS}."}
    kept = _add(engine, "collection_cases", **case, **texts, **when)
    written = _add(engine, "collection_cases", **case, **texts, messages=json.dumps([{"text": f"minä, {WORDS}"}]))
    for case_id in (kept, written):
        answers = json.dumps([{"answer": f"Hyvä {WORDS}"}])
        _add(engine, "practices", case_id=case_id, trainee="b", answers=answers, started_at=NOW, expires_at=LATER)
    _add(engine, "training_utterances", digest="d", language="fi", text=f"oon {WORDS.lower()}", conversations=9)
    _add(engine, "holds", reason=f"{WORDS} valitti", made_by="b", made_at=NOW, **when)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE conversations SET state = :state"),
            {"state": json.dumps({"slots": {"contact": WORDS}, "active_loop": None, "paused": False})},
        )

    changed = _mask(engine, event_id)

    assert WORDS.casefold() not in _everything(engine).casefold()
    assert changed == {
        "events": 4, "conversations": 1, "feedback": 1, "holds": 1, "review_marks": 1, "content_tasks": 1,
        "collection_cases": 2, "practices": 2, "training_utterances": 1,
    }  # fmt: skip


def test_a_trackers_next_save_does_not_bring_the_words_back(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    turn(tracker, f"terve, {WORDS} tässä", language="fi")
    append(tracker, SlotSet("contact", WORDS))
    asyncio.run(store.save(tracker))
    assert WORDS in rows_of(store.engine, "conversations")[0]["state"]

    _mask(store.engine, _event(store.engine, WORDS))
    read = asyncio.run(store.retrieve(SENDER))
    assert read is not None and read.slots["contact"].value == "[NAME]"
    turn(read, "ja vielä yksi asia")
    asyncio.run(store.save(read))
    begin_session(read)
    asyncio.run(store.save(read))

    assert WORDS not in _everything(store.engine)
    assert [row["text"] for row in map(lambda row: json.loads(row["data"]), rows_of(store.engine)) if row.get("text")][
        0
    ] == "terve, [NAME] tässä"


def test_what_a_message_brought_back_that_was_being_handled_is_masked_again(store: SanitisedTrackerStore) -> None:
    _stored(store, f"terve, {WORDS} tässä")
    read = asyncio.run(store.retrieve(SENDER))
    assert read is not None
    _mask(store.engine, _event(store.engine, WORDS))
    turn(read, "moi", reply=f"sanoit: {WORDS}")
    append(read, SlotSet("contact", WORDS))
    asyncio.run(store.save(read))
    assert WORDS in rows_of(store.engine, "conversations")[0]["state"]

    changed = manual_masking.mask_again(store.engine, sender_id=SENDER, words=WORDS, label="PERSON").changed

    assert WORDS not in _everything(store.engine)
    assert changed == {"events": 2, "conversations": 1}
    assert len(rows_of(store.engine, "masking_cases")) == 1


def test_a_long_conversation_is_read_without_the_words_from_its_state(url: str, make_store: Any) -> None:
    store = make_store(url, recent_events=6)
    tracker = new_tracker()
    append(tracker, SlotSet("contact", WORDS))
    for number in range(4):
        turn(tracker, f"{WORDS} kysyy asiaa {number}")
    asyncio.run(store.save(tracker))

    _mask(store.engine, _event(store.engine, "asiaa 0"))

    read = asyncio.run(make_store(url, recent_events=6).retrieve(SENDER))
    assert read is not None and read.slots["contact"].value == "[NAME]"
    assert WORDS not in str([event.as_dict() for event in read.events])


def test_other_conversations_stay_as_they_are(store: SanitisedTrackerStore) -> None:
    _stored(store, f"terve, {WORDS} tässä")
    _stored(store, f"tunnen hänet: {WORDS}", sender_id=OTHER_SENDER)

    _mask(store.engine, _event(store.engine, WORDS))

    assert WORDS in next(row["data"] for row in rows_of(store.engine) if "tunnen" in row["data"])


def test_words_inside_longer_ones_stay_unless_it_is_said_otherwise(store: SanitisedTrackerStore) -> None:
    _stored(store, "olen Vaari ja vaarini on Vaarilassa")
    event_id = _event(store.engine, "Vaari")

    _mask(store.engine, event_id, "vaari")
    assert "olen [NAME] ja vaarini on Vaarilassa" in rows_of(store.engine)[3]["data"]

    _mask(store.engine, event_id, "vaari", inside_words=True)
    assert "olen [NAME] ja [NAME]ni on [NAME]lassa" in rows_of(store.engine)[3]["data"]


def test_labels_and_rasas_own_names_stay_whole(store: SanitisedTrackerStore) -> None:
    _stored(store, "sanon name ja greet ja [NAME_1]")
    event_id = _event(store.engine, "sanon")

    _mask(store.engine, event_id, "name")
    _mask(store.engine, event_id, "greet")

    event = json.loads(next(row["data"] for row in rows_of(store.engine) if row["id"] == event_id))
    assert event["text"] == "sanon [NAME] ja [NAME] ja [NAME_1]"
    assert event["parse_data"]["intent"]["name"] == "greet"
    read = asyncio.run(store.retrieve(SENDER))
    assert read is not None and read.latest_message.intent["name"] == "greet"


def test_the_event_says_what_was_masked_and_the_index_finds_it_by_that(store: SanitisedTrackerStore) -> None:
    _stored(store, f"terve, {WORDS} tässä")

    _mask(store.engine, _event(store.engine, WORDS), label="CUSTOMER_NUMBER")

    [found] = rows_of(store.engine, "indexed_conversations")
    assert found["labels"] == ",CUSTOMER_NUMBER,"
    assert "[CUSTOMER_NUMBER]" in rows_of(store.engine, "indexed_messages")[0]["text"]


def test_a_note_keeps_its_place(store: SanitisedTrackerStore) -> None:
    text = f"terve, {WORDS} tässä kysyy"
    _stored(store, text)
    event_id = _event(store.engine, WORDS)
    start = text.index("tässä")
    values = {"sender_id": SENDER, "event_id": event_id, "reviewer": "anna", "kind": "note", "note": "x"}
    _add(store.engine, "review_marks", **values, made_at=NOW, expires_at=LATER, span_start=start, span_end=start + 5)

    _mask(store.engine, event_id)

    [mark] = rows_of(store.engine, "review_marks")
    assert "terve, [NAME] tässä kysyy"[mark["span_start"] : mark["span_end"]] == "tässä"


@pytest.mark.parametrize(
    ("text", "words", "kept"),
    [
        ("asiakas Keijulainen-9 kysyy", "Keijulainen-9", "asiakas Aaaaaaaaaaa-9 kysyy"),
        ("xyzzy sinitintti-9 plugh", "sinitintti-9", "aaaaaaaaaa-9"),
    ],
)
def test_only_the_shape_is_learnt(store: SanitisedTrackerStore, text: str, words: str, kept: str) -> None:
    _stored(store, text)

    _mask(store.engine, _event(store.engine, words), words)

    [case] = rows_of(store.engine, "masking_cases")
    assert (case["shape"], case["label"], case["created_by"]) == (kept, "PERSON", "anna")


def test_a_shape_has_no_letter_or_digit_of_the_text() -> None:
    assert shape("Äijä 12-b@x.fi") == "Aaaa 99-a@a.aa"


@pytest.mark.parametrize(
    ("words", "label", "reason"),
    [
        ("Kultarinta", "PERSON", "absent"),
        (WORDS, "NONSENSE", "unknown_label"),
        ("K", "PERSON", "short"),
        ("--", "PERSON", "short"),
        ("x" * 201, "PERSON", "long"),
        ("[NAME_1] vaari", "PERSON", "masked"),
    ],
)
def test_what_cannot_be_masked_changes_nothing(
    store: SanitisedTrackerStore, words: str, label: str, reason: str
) -> None:
    _stored(store, f"terve, {WORDS} tässä")
    before = _everything(store.engine)

    with pytest.raises(CannotMask) as error:
        _mask(store.engine, _event(store.engine, WORDS), words, label=label)

    assert error.value.reason == reason
    assert _everything(store.engine) == before


def test_an_event_of_another_conversation_is_not_masked(store: SanitisedTrackerStore) -> None:
    _stored(store, f"terve, {WORDS} tässä", sender_id=OTHER_SENDER)

    with pytest.raises(CannotMask):
        _mask(store.engine, _event(store.engine, WORDS, OTHER_SENDER))

    assert WORDS in _everything(store.engine)


@pytest.mark.parametrize("label", labels())
def test_every_kind_of_data_can_be_masked(sqlite_url: str, make_store: Any, label: str) -> None:
    store = make_store(sqlite_url)
    _stored(store, f"terve, {WORDS} tässä")

    _mask(store.engine, _event(store.engine, WORDS), label=label)

    assert WORDS not in _everything(store.engine)


def test_nothing_of_the_words_stays_in_an_sqlite_file(sqlite_url: str, make_store: Any) -> None:
    store = make_store(sqlite_url)
    for number in range(30):
        _stored(store, f"kysymys numero {number} lahjasta", sender_id=f"{number:032x}")
    _stored(store, "terve, sinitintti tässä")
    path = Path(store.engine.url.database)
    files = [path, path.with_name(f"{path.name}-wal")]
    # The index holds words by their stems, and of a stem only what differs from the one before.
    assert any(b"nitint" in file.read_bytes() for file in files if file.exists())
    assert any(b"initi" in block for block in _index_blocks(store.engine))

    _mask(store.engine, _event(store.engine, "sinitintti"), "sinitintti")
    manual_masking.overwrite(store.engine)

    assert not any(b"initi" in file.read_bytes().lower() for file in files if file.exists())


def _index_blocks(engine: Engine) -> list[bytes]:
    with engine.connect() as connection:
        return [bytes(row.block) for row in connection.exec_driver_sql("SELECT block FROM message_search_data")]
