"""What is kept is shown whole, and what is erased is gone: from every table, from memory and from the file."""

from __future__ import annotations

import asyncio
import datetime
import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import UserUttered
from sqlalchemy.engine import Engine

from components.privacy import anonymise
from components.storage import conversation_index
from components.storage.models import Base
from components.storage.rights import confirm, count_messages, erase, spoken, tables_of_a_conversation
from components.storage.stems import stems
from components.storage.tracker_store import SanitisedTrackerStore

from .conftest import MakeStore
from .conversations import (
    OTHER_SENDER,
    SENDER,
    Broker,
    append,
    new_tracker,
    rows_of,
    said,
    texts_of,
    turn,
)
from .rows import add_everywhere

NOW = datetime.datetime.now(datetime.timezone.utc)
LATER = NOW + datetime.timedelta(days=10)


async def _saved(store: SanitisedTrackerStore, sender_id: str = SENDER, text: str = "kanarialintu") -> None:
    tracker = new_tracker(sender_id)
    turn(tracker, text)
    await store.save(tracker)


def _add_feedback(engine: Engine, sender_id: str = SENDER, *, expires_at: datetime.datetime = LATER) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(Base.metadata.tables["feedback"]).values(
                sender_id=sender_id, rating="good", comment="kiitos", occurred_at=NOW, expires_at=expires_at
            )
        )
        connection.execute(
            sa.insert(Base.metadata.tables["reply_addresses"]).values(
                sender_id=sender_id, channel="web", address="token", last_message_at=NOW, expires_at=expires_at
            )
        )


def _rows(engine: Engine, sender_id: str) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.sender_id == sender_id)
            ).scalar_one()
            for table in tables_of_a_conversation()
        }


# ------------------------------------------------------------------------------------------------------------ seeing


async def test_everything_that_is_kept_is_shown(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    _add_feedback(store.engine)

    shown = await store.stored_data(SENDER)

    stored = _rows(store.engine, SENDER)
    assert {name: len(rows) for name, rows in shown.items()} == {name: stored[name] for name in shown}
    assert {name for name, rows in shown.items() if rows} == {"conversations", "events", "feedback", "reply_addresses"}
    assert json.loads(json.dumps(shown)) == shown
    assert [row["data"]["text"] for row in shown["events"] if row["type_name"] == "user"] == ["kanarialintu"]
    assert datetime.datetime.fromisoformat(shown["events"][0]["expires_at"]).utcoffset() == datetime.timedelta(0)


async def test_nobody_else_s_data_is_shown(store: SanitisedTrackerStore) -> None:
    await _saved(store, OTHER_SENDER)
    _add_feedback(store.engine, OTHER_SENDER)

    assert not any((await store.stored_data(SENDER)).values())


async def test_what_staff_noted_is_shown_without_who_did_and_the_index_is_not(store: SanitisedTrackerStore) -> None:
    texts = {"review_marks": "hyvin kysytty", "holds": "valitus kesken", "content_tasks": "uusi esimerkki"}
    with store.engine.begin() as connection:
        add_everywhere(connection, SENDER, LATER, **texts, events='{"event": "user"}', conversations="{}")

    shown = await store.stored_data(SENDER)

    assert shown["review_marks"][0]["note"] == "hyvin kysytty"
    assert shown["holds"][0]["reason"] == "valitus kesken"
    assert shown["content_tasks"][0]["text"] == "uusi esimerkki"
    assert set(shown) == {table.name for table in tables_of_a_conversation()} - {
        "indexed_conversations",
        "indexed_messages",
        "practices",
    }
    names = {name for rows in shown.values() for row in rows for name in row}
    assert names.isdisjoint({"reviewer", "added_by", "created_by", "closed_by", "made_by", "trainee"})


async def test_what_has_expired_is_not_shown(store: SanitisedTrackerStore) -> None:
    _add_feedback(store.engine, expires_at=NOW - datetime.timedelta(seconds=1))

    assert not any((await store.stored_data(SENDER)).values())


async def test_what_waits_for_the_database_is_shown_once(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    tracker = await store.retrieve(SENDER)
    assert tracker is not None
    turn(tracker, "odottaja")
    store._queue(tracker)

    shown = await store.stored_data(SENDER)

    texts = [row["data"]["text"] for row in shown["events"] if row["type_name"] == "user"]
    assert texts == ["kanarialintu", "odottaja"]


async def test_a_database_that_cannot_be_read_is_no_empty_answer(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE feedback RENAME TO elsewhere"))

    with pytest.raises(sa.exc.DBAPIError):
        await store.stored_data(SENDER)


# ----------------------------------------------------------------------------------------------------------- erasing


async def test_every_table_forgets_the_conversation_and_no_other(store: SanitisedTrackerStore) -> None:
    for sender_id in (SENDER, OTHER_SENDER):
        await _saved(store, sender_id)
        with store.engine.begin() as connection:
            add_everywhere(connection, sender_id, LATER, conversation=False)
    before = _rows(store.engine, OTHER_SENDER)

    await store.erase(SENDER)

    assert set(_rows(store.engine, SENDER).values()) == {0}
    assert _rows(store.engine, OTHER_SENDER) == before
    assert all(before.values())
    assert await store.retrieve(SENDER) is None


def test_a_table_with_a_conversation_s_rows_cannot_be_forgotten() -> None:
    assert {table.name for table in tables_of_a_conversation()} == {
        name for name, table in Base.metadata.tables.items() if "sender_id" in table.c
    }


async def test_no_word_of_what_is_erased_stays_in_the_full_text_index(
    sqlite_url: str, make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store(sqlite_url)
    for sender_id, text in ((OTHER_SENDER, "pysyvainen"), (SENDER, "katoavainen")):
        await _saved(store, sender_id, text)
        with store.engine.begin() as connection:
            conversation_index.reindex(connection, sender_id)
    words = stems("katoavainen", "fi").encode()

    def holding(word: bytes) -> bool:
        return any(word in file.read_bytes() for file in tmp_path.glob("luotsi.sqlite*"))

    assert holding(words)
    await store.erase(SENDER)
    assert not holding(words)
    assert holding(b"pysyvain")


async def test_a_receipt_tells_of_notes_of_staff_only_if_there_were_some(store: SanitisedTrackerStore) -> None:
    with store.engine.begin() as connection:
        add_everywhere(connection, SENDER, LATER, events='{"event": "user"}')
        connection.execute(sa.delete(Base.metadata.tables["holds"]))

    receipt = await store.erase(SENDER)

    assert receipt.counts["review_marks"] == 1
    assert "holds" not in receipt.counts
    assert not any(name.startswith("indexed_") for name in receipt.counts)
    assert confirm(store.engine, receipt.code) == receipt


async def test_rows_past_their_time_are_erased_too(store: SanitisedTrackerStore) -> None:
    _add_feedback(store.engine, expires_at=NOW - datetime.timedelta(days=1))

    receipt = await store.erase(SENDER)

    assert receipt.counts["feedback"] == 1
    assert _rows(store.engine, SENDER)["feedback"] == 0


async def test_the_receipt_counts_what_was_there(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    _add_feedback(store.engine)
    events = len(rows_of(store.engine))

    receipt = await store.erase(SENDER)

    assert receipt.counts == {
        "messages": 2,
        "conversations": 1,
        "events": events,
        "feedback": 1,
        "reply_addresses": 1,
    }


async def test_a_receipt_can_be_confirmed_and_tells_nothing_else(store: SanitisedTrackerStore) -> None:
    await _saved(store)

    receipt = await store.erase(SENDER)

    assert confirm(store.engine, f" {receipt.code.lower()} ") == receipt
    assert confirm(store.engine, "BBBB-BBBB-BBBB") is None
    with store.engine.connect() as connection:
        (row,) = connection.execute(sa.text("SELECT * FROM erasures")).mappings()
    assert set(row) == {"id", "erased_at", "receipt", "what"}
    assert SENDER not in str(dict(row))
    assert "kanarialintu" not in str(dict(row))


async def test_a_code_is_readable_and_no_gate_masks_it(store: SanitisedTrackerStore) -> None:
    codes = [(await store.erase(f"{number:032x}")).code for number in range(20)]

    assert all(re.fullmatch(r"[B-DF-HJ-NP-TV-Z]{4}(-[B-DF-HJ-NP-TV-Z]{4}){2}", code) for code in codes)
    assert len(set(codes)) == len(codes)
    assert all(anonymise(code).text == code for code in codes)


async def test_erasing_again_gives_the_same_receipt(store: SanitisedTrackerStore) -> None:
    await _saved(store)

    first, second = await store.erase(SENDER), await store.erase(SENDER)

    assert first == second
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM erasures")).scalar_one() == 1


async def test_erasing_what_was_stored_since_gives_a_new_receipt(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    first = await store.erase(SENDER)
    await _saved(store, text="uusi alku")

    second = await store.erase(SENDER)

    assert second.code != first.code
    assert second.counts["messages"] == 2
    assert rows_of(store.engine) == []


async def test_afterwards_the_conversation_starts_empty(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    await store.erase(SENDER)

    await _saved(store, text="uusi alku")

    assert said(await store.retrieve_full_tracker(SENDER)) == ["uusi alku"]


async def test_what_waits_or_is_parked_is_dropped_and_counted(store: SanitisedTrackerStore) -> None:
    for sender_id in (SENDER, OTHER_SENDER):
        tracker = new_tracker(sender_id)
        turn(tracker, "odottaja")
        store._queue(tracker)
    parked = new_tracker()
    turn(parked, "pysäköity")
    store._queue(parked)
    store._parked.append(store._pending.pop())

    receipt = await store.erase(SENDER)

    assert receipt.counts["messages"] == 4
    assert store.parked_events == 0
    assert store.flush()
    assert texts_of(store.engine) == []
    assert texts_of(store.engine, OTHER_SENDER) == ["odottaja"]


async def test_the_broker_gets_nothing_of_what_is_erased(url: str, make_store: MakeStore) -> None:
    broker = Broker()
    store = make_store(url, event_broker=broker)
    tracker = new_tracker()
    turn(tracker, "julkaisematon")
    store._queue(tracker)
    store._write_pending()

    await store.erase(SENDER)
    store.flush()

    assert broker.published == []


async def test_a_failed_erasure_deletes_nothing_and_can_be_tried_again(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    waiting = new_tracker()
    turn(waiting, "odottaja")
    store._queue(waiting)
    before = _rows(store.engine, SENDER)
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE erasures RENAME TO elsewhere"))

    with pytest.raises(sa.exc.DBAPIError):
        await store.erase(SENDER)

    assert _rows(store.engine, SENDER) == before
    assert store.pending_events > 0
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO erasures"))
    await store.erase(SENDER)
    assert set(_rows(store.engine, SENDER).values()) == {0}


async def test_no_byte_of_it_is_left_in_the_sqlite_files(
    sqlite_url: str, make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store(sqlite_url)
    await _saved(store)
    files = {path.name: path for path in tmp_path.iterdir()}
    assert any(b"kanarialintu" in path.read_bytes() for path in files.values())

    await store.erase(SENDER)

    assert [name for name, path in files.items() if b"kanarialintu" in path.read_bytes()] == []


# ------------------------------------------------------------------------------------- messages that are on their way


async def test_an_answer_that_took_long_does_not_bring_the_conversation_back(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    with store.arrival(SENDER) as arrival:
        tracker = await store.retrieve(SENDER)
        assert tracker is not None
        await store.erase(SENDER)
        turn(tracker, "myöhästynyt")
        await store.save(tracker)
        assert arrival.is_erased

    assert rows_of(store.engine) == []
    assert store.pending_events == 0


async def test_a_message_that_waited_for_its_turn_is_not_kept(store: SanitisedTrackerStore) -> None:
    erased = asyncio.Event()

    async def handle() -> None:
        await erased.wait()
        await _saved(store, text="jonossa ollut")

    with store.arrival(SENDER):
        waiting = asyncio.ensure_future(handle())
    await _saved(store)
    await store.erase(SENDER)
    erased.set()
    await waiting

    assert rows_of(store.engine) == []


async def test_other_conversations_go_on_meanwhile(store: SanitisedTrackerStore) -> None:
    with store.arrival(OTHER_SENDER) as arrival:
        await store.erase(SENDER)
        await _saved(store, OTHER_SENDER)
        assert not arrival.is_erased

    assert texts_of(store.engine, OTHER_SENDER) == ["kanarialintu"]


async def test_a_message_that_comes_after_the_erasure_is_kept(store: SanitisedTrackerStore) -> None:
    await store.erase(SENDER)

    with store.arrival(SENDER) as arrival:
        await _saved(store, text="uusi alku")
        assert not arrival.is_erased

    assert texts_of(store.engine) == ["uusi alku"]


async def test_erasing_twice_stops_a_message_that_came_in_between(store: SanitisedTrackerStore) -> None:
    await store.erase(SENDER)
    with store.arrival(SENDER):
        await store.erase(SENDER)
        await _saved(store)

    assert rows_of(store.engine) == []


async def test_many_saves_and_erasures_at_once_leave_nothing_behind(store: SanitisedTrackerStore) -> None:
    async def converse(number: int) -> None:
        with store.arrival(SENDER):
            await asyncio.sleep(number / 1000)
            await _saved(store, text=f"viesti {number}")

    messages = [asyncio.ensure_future(converse(number)) for number in range(20)]
    await asyncio.sleep(0.005)
    await store.erase(SENDER)
    await asyncio.gather(*messages)

    assert rows_of(store.engine) == []
    assert store.pending_events == 0


async def test_an_answer_does_not_bring_back_what_somebody_else_erased(url: str, make_store: MakeStore) -> None:
    broker = Broker()
    store = make_store(url, event_broker=broker)
    await _saved(store)
    tracker = await store.retrieve(SENDER)
    assert tracker is not None
    told = len(broker.published)

    erase(store.engine, SENDER)  # as the privacy officer's console does it
    for text in ("myöhästynyt", "vielä myöhempi"):
        turn(tracker, text)
        await store.save(tracker)

    assert rows_of(store.engine) == []
    assert not any(_rows(store.engine, SENDER).values())
    assert store.pending_events == 0
    assert len(broker.published) == told


async def test_a_first_message_that_is_saved_in_steps_does_not_bring_it_back_either(
    store: SanitisedTrackerStore,
) -> None:
    tracker = new_tracker()
    turn(tracker, "alku")
    await store.save(tracker)
    erase(store.engine, SENDER)

    turn(tracker, "jatko")
    await store.save(tracker)

    assert rows_of(store.engine) == []


async def test_after_somebody_else_erased_it_the_next_message_begins_anew(store: SanitisedTrackerStore) -> None:
    await _saved(store)
    erase(store.engine, SENDER)

    assert await store.retrieve(SENDER) is None
    await _saved(store, text="uusi alku")

    assert texts_of(store.engine) == ["uusi alku"]


async def test_a_conversation_goes_on_when_its_beginning_was_never_written(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    turn(tracker, "hylätty")
    store._queue(tracker)
    store._parked.append(store._pending.pop())

    turn(tracker, "jatko")
    await store.save(tracker)

    assert texts_of(store.engine) == ["jatko"]


async def test_an_erasure_waits_for_a_server_that_is_writing(store: SanitisedTrackerStore) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time anyway")
    await _saved(store)
    events = Base.metadata.tables["events"]
    conversations = Base.metadata.tables["conversations"]
    with store.engine.connect() as connection:
        messages = sa.select(events).where(events.c.sender_id == SENDER, events.c.type_name == "user")
        row = dict(connection.execute(messages.limit(1)).one()._mapping)
    row.pop("id")
    with store.engine.begin() as writing:
        writing.execute(sa.update(conversations).where(conversations.c.sender_id == SENDER).values(state="{}"))
        erasing = asyncio.ensure_future(asyncio.to_thread(erase, store.engine, SENDER))
        await asyncio.wait([erasing], timeout=0.3)
        assert not erasing.done()
        writing.execute(sa.insert(events).values(**row))
    receipt = await erasing

    assert receipt.counts["messages"] == 3
    assert rows_of(store.engine) == []


# -------------------------------------------------------------------------------------------------- notice and consent


@pytest.mark.parametrize("consented", [True, False])
async def test_the_notice_in_force_and_consent_are_kept_with_the_conversation(
    store: SanitisedTrackerStore, consented: bool
) -> None:
    tracker = new_tracker()
    metadata = {"notice_version": "2026-11-22.0a1b2c3d", "consented": consented}
    append(tracker, UserUttered("/opening", metadata=metadata))
    await store.save(tracker)
    turn(tracker, "ja sitten")
    await store.save(tracker)

    (row,) = (await store.stored_data(SENDER))["conversations"]

    assert row["notice_version"] == "2026-11-22.0a1b2c3d"
    assert (row["consented_at"] is not None) is consented


@pytest.mark.parametrize("consented", [True, False])
async def test_consent_is_known_until_the_conversation_is_erased(store: SanitisedTrackerStore, consented: bool) -> None:
    tracker = new_tracker()
    append(tracker, UserUttered("/opening", metadata={"notice_version": "v1", "consented": consented}))
    await store.save(tracker)
    turn(tracker, "odottaja")
    store._queue(tracker)

    assert await store.has_consented(SENDER) is consented
    await store.erase(SENDER)
    assert not await store.has_consented(SENDER)


async def test_a_database_that_cannot_be_read_withdraws_no_consent(store: SanitisedTrackerStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE conversations RENAME TO elsewhere"))

    assert await store.has_consented(SENDER)


# ------------------------------------------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"text": "hei"}, "hei"),
        ({"text": "/opening"}, None),
        ({"text": '/opening{"language": "fi"}'}, None),
        ({"text": "1/2"}, "1/2"),
        ({"text": "/ 2 euroa"}, "/ 2 euroa"),
        ({"text": "/customs_gift", "metadata": {"shown": "Lahja"}}, "Lahja"),
        ({"text": "/customs_gift", "metadata": {"shown": ""}}, ""),
        ({"text": None, "metadata": None}, ""),
    ],
)
def test_what_a_customer_said(event: dict[str, object], expected: str | None) -> None:
    assert spoken(event) == expected


def test_messages_are_counted_as_they_are_seen() -> None:
    events = [
        {"event": "action"},
        {"event": "user", "text": "/opening"},
        {"event": "bot", "text": "Hei!"},
        {"event": "user", "text": "kysymys"},
        {"event": "slot"},
        {"event": "bot", "text": "Vastaus"},
    ]

    assert count_messages(events) == 3
