"""What is saved comes back: once, in order, in bounded pieces, and in the state that it had."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore, check_if_tracker_store_async
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    FollowupAction,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from components.privacy.pseudonyms import pseudonym
from components.storage import tracker_store as module
from components.storage.tracker_store import SanitisedTrackerStore

from .conftest import MakeStore
from .conversations import (
    DOMAIN,
    OPENING_HOURS,
    OTHER_SENDER,
    SENDER,
    Broker,
    append,
    begin_session,
    dicts,
    new_tracker,
    rows_of,
    said,
    settings,
    texts_of,
    turn,
)


async def saved(store: SanitisedTrackerStore, sender_id: str = SENDER, *, turns: int = 1) -> DialogueStateTracker:
    """A conversation of some turns that was saved as a whole."""
    tracker = new_tracker(sender_id)
    for number in range(turns):
        turn(tracker, f"question {number}")
    await store.save(tracker)
    return tracker


async def retrieved(store: TrackerStore, sender_id: str = SENDER) -> DialogueStateTracker:
    """The tracker of a conversation that must be there."""
    tracker = await store.retrieve(sender_id)
    assert tracker is not None
    return tracker


# ---------------------------------------------------------------------------------------------------- round trip


async def test_a_conversation_comes_back_as_it_was(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    turn(tracker, "Hei, milloin olette auki?", language="fi", intent="customs_opening_hours", reply=OPENING_HOURS)
    await store.save(tracker)
    again = await retrieved(store)
    assert dicts(again) == dicts(tracker)
    assert again.sender_id == SENDER
    assert again.get_slot("language") == "fi"
    assert again.latest_action_name == "action_listen"
    assert again.get_latest_input_channel() == "web"


@pytest.mark.parametrize(
    "event",
    [
        SlotSet("language", "en"),
        ActiveLoop("queue_form"),
        ActiveLoop(None),
        ConversationPaused(),
        ConversationResumed(),
        Restarted(),
        AllSlotsReset(),
        UserUtteranceReverted(),
        FollowupAction("utter_greet"),
        AgentUttered("Hei, olen virkailija."),
        BotUttered("Hei!", {"buttons": [{"title": "Kyllä", "payload": "/affirm"}]}, {"utter_action": "utter_greet"}),
        BotUttered(None, {"custom": {"kind": "map"}}),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_every_kind_of_event_comes_back(store: SanitisedTrackerStore, event: Any) -> None:
    tracker = new_tracker()
    append(tracker, copy.copy(event))
    await store.save(tracker)
    assert dicts(await store.retrieve_full_tracker(SENDER))[-1] == event.as_dict()


async def test_a_reminder_comes_back_with_its_time(store: SanitisedTrackerStore) -> None:
    moment = module._now()
    tracker = new_tracker()
    append(tracker, ReminderScheduled("affirm", moment, name="idle"))
    await store.save(tracker)
    last = (await retrieved(store)).events[-1]
    assert isinstance(last, ReminderScheduled)
    assert last.trigger_date_time == moment


async def test_an_unknown_conversation_is_none(store: SanitisedTrackerStore) -> None:
    assert await store.retrieve(SENDER) is None
    assert await store.retrieve_full_tracker(SENDER) is None
    assert not await store.exists(SENDER)
    assert await store.keys() == []


async def test_exists_and_keys_know_what_is_kept(store: SanitisedTrackerStore) -> None:
    await saved(store)
    await saved(store, OTHER_SENDER)
    assert await store.exists(SENDER)
    assert sorted(await store.keys()) == sorted([SENDER, OTHER_SENDER])


async def test_conversations_do_not_mix(store: SanitisedTrackerStore) -> None:
    await saved(store, turns=2)
    await saved(store, OTHER_SENDER, turns=1)
    assert said(await store.retrieve(OTHER_SENDER)) == ["question 0"]


async def test_a_new_tracker_without_events_leaves_nothing(store: SanitisedTrackerStore) -> None:
    await store.get_or_create_tracker(SENDER, append_action_listen=False)
    assert not await store.exists(SENDER)


async def test_a_conversation_without_a_session_start_comes_back_unchanged(store: SanitisedTrackerStore) -> None:
    tracker = await store.create_tracker(SENDER)
    turn(tracker, "hello")
    await store.save(tracker)
    assert dicts(await store.retrieve(SENDER)) == dicts(tracker)


async def test_the_domain_of_a_new_model_is_taken_over(store: SanitisedTrackerStore) -> None:
    answer = "Soita 040 123 4567."
    store.domain = Domain.from_dict({"responses": {"utter_greet": [{"text": answer}]}})
    tracker = new_tracker()
    turn(tracker, "hello", reply=answer)
    await store.save(tracker)
    assert answer in json.dumps(dicts(await store.retrieve(SENDER)), ensure_ascii=False)


async def test_an_event_that_this_version_does_not_know_is_passed_over(
    store: SanitisedTrackerStore, caplog: pytest.LogCaptureFixture
) -> None:
    await saved(store, turns=2)
    with store.engine.begin() as connection:
        connection.exec_driver_sql('UPDATE events SET data = \'{"event": "unheard-of"}\' WHERE id = 4')
    assert said(await store.retrieve(SENDER)) == ["question 1"]
    assert "1 stored events cannot be understood" in caplog.text


def test_rasa_finds_the_store_by_its_path(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "false")
    monkeypatch.setenv("LUOTSI_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("LUOTSI_DATABASE_URL", sqlite_url)
    store = TrackerStore.create(
        EndpointConfig(type="components.storage.tracker_store.SanitisedTrackerStore"), domain=DOMAIN
    )
    assert isinstance(store, SanitisedTrackerStore)
    assert check_if_tracker_store_async(store)
    store.engine.dispose()


# ------------------------------------------------------------------------------------------ only what is new


async def test_saving_twice_writes_once(store: SanitisedTrackerStore) -> None:
    tracker = await saved(store)
    before = rows_of(store.engine)
    await store.save(tracker)
    assert rows_of(store.engine) == before


async def test_a_copy_of_a_saved_tracker_has_nothing_new(store: SanitisedTrackerStore) -> None:
    tracker = await saved(store)
    before = rows_of(store.engine)
    await store.save(tracker.copy())
    assert rows_of(store.engine) == before


async def test_a_tracker_that_was_read_writes_only_its_new_events(store: SanitisedTrackerStore) -> None:
    await saved(store)
    before = len(rows_of(store.engine))
    tracker = await retrieved(store)
    turn(tracker, "more")
    await store.save(tracker)
    assert len(rows_of(store.engine)) == before + 4
    assert texts_of(store.engine) == ["question 0", "more"]


async def test_two_events_alike_are_both_kept(store: SanitisedTrackerStore) -> None:
    now = time.time()
    tracker = new_tracker(at=now)
    append(tracker, *(SlotSet("language", "fi", timestamp=now) for _ in range(3)))
    await store.save(tracker)
    assert len([row for row in rows_of(store.engine) if row["type_name"] == "slot"]) == 3
    assert dicts(await store.retrieve(SENDER)) == dicts(tracker)


@pytest.mark.parametrize("servers", [1, 2])
async def test_two_trackers_read_before_either_is_saved_lose_and_repeat_nothing(
    url: str, make_store: MakeStore, servers: int
) -> None:
    stores = [make_store(url) for _ in range(servers)]
    await saved(stores[0])
    first, second = await retrieved(stores[0]), await retrieved(stores[-1])
    turn(first, "from the first")
    turn(second, "from the second")
    await stores[-1].save(second)
    await stores[0].save(first)
    assert texts_of(stores[0].engine) == ["question 0", "from the second", "from the first"]
    assert said(await stores[-1].retrieve(SENDER)) == ["question 0", "from the second", "from the first"]


async def test_saves_at_the_same_moment_lose_and_repeat_nothing(store: SanitisedTrackerStore) -> None:
    await saved(store)
    trackers = [await retrieved(store) for _ in range(8)]
    for number, tracker in enumerate(trackers):
        turn(tracker, f"from tracker {number}")
    await asyncio.gather(*(store.save(tracker) for tracker in trackers))
    assert sorted(texts_of(store.engine)) == sorted(["question 0", *(f"from tracker {n}" for n in range(8))])


async def test_saves_of_one_tracker_at_the_same_moment_write_once(store: SanitisedTrackerStore) -> None:
    tracker = new_tracker()
    turn(tracker, "only once")
    await asyncio.gather(*(store.save(tracker) for _ in range(8)))
    assert texts_of(store.engine) == ["only once"]


def test_servers_in_threads_lose_and_repeat_nothing(url: str, make_store: MakeStore) -> None:
    """Several servers begin and continue the same conversation, which does not exist before."""
    stores = [make_store(url) for _ in range(3)]
    barrier = threading.Barrier(len(stores))
    errors: list[BaseException] = []

    def serve(number: int) -> None:
        async def work() -> None:
            for step in range(6):
                tracker = await stores[number].retrieve(SENDER) or new_tracker()
                turn(tracker, f"server {number} turn {step}")
                await stores[number].save(tracker)

        try:
            barrier.wait()
            asyncio.run(work())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    texts = texts_of(stores[0].engine)
    assert len(texts) == 18
    for number in range(3):
        own = [text for text in texts if text.startswith(f"server {number} ")]
        assert own == [f"server {number} turn {step}" for step in range(6)]
    assert len(rows_of(stores[0].engine, "conversations")) == 1
    assert [store.parked_events for store in stores] == [0, 0, 0]


async def test_two_servers_may_begin_a_conversation_at_the_same_moment(
    postgresql_url: str, make_store: MakeStore
) -> None:
    first, second = make_store(postgresql_url), make_store(postgresql_url)
    overtaken: list[bool] = []

    def overtake(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO conversations") and not overtaken:
            overtaken.append(True)
            tracker = new_tracker()
            turn(tracker, "from the second")
            second._queue(tracker)
            assert second.flush()

    sa.event.listen(first.engine, "before_cursor_execute", overtake)
    tracker = new_tracker()
    turn(tracker, "from the first")
    await first.save(tracker)
    assert overtaken
    assert first.parked_events == 0
    assert texts_of(first.engine) == ["from the second", "from the first"]


def test_one_store_serves_several_event_loops(url: str, make_store: MakeStore) -> None:
    store = make_store(url)
    tracker = new_tracker()
    for number in range(3):
        turn(tracker, f"loop {number}")
        asyncio.run(store.save(tracker))
    assert texts_of(store.engine) == ["loop 0", "loop 1", "loop 2"]


# ------------------------------------------------------------------------------------------------ bounded reads


@pytest.mark.parametrize("recent_events", [10, 60])
async def test_a_read_is_bounded(url: str, make_store: MakeStore, recent_events: int) -> None:
    store = make_store(url, recent_events=recent_events)
    await saved(store, turns=80)
    tracker = await retrieved(store)
    # The three that stand for what was not read, the language and form none were set.
    assert len(tracker.events) <= recent_events + 3
    assert said(tracker) == [f"question {n}" for n in range(80)][-len(said(tracker)) :]
    assert len(said(tracker)) >= recent_events // 4 - 1


async def test_the_database_is_asked_for_no_more_than_is_read(store: SanitisedTrackerStore) -> None:
    await saved(store, turns=2)
    asked: list[str] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    await store.retrieve(SENDER)
    await store.exists(SENDER)
    about_events = [statement for statement in asked if "FROM events" in statement]
    assert len(about_events) == 2
    assert all("LIMIT" in statement for statement in about_events)


async def test_a_bounded_tracker_is_listening_after_a_whole_turn(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    await saved(store, turns=20)
    tracker = await retrieved(store)
    names = [event.action_name for event in tracker.events if isinstance(event, ActionExecuted)]
    assert names[:2] == ["action_session_start", "action_listen"]
    # The rest of a turn whose beginning was not read is left out.
    assert [type(event) for event in tracker.events][:4] == [
        ActionExecuted,
        SessionStarted,
        ActionExecuted,
        UserUttered,
    ]
    assert tracker.latest_action_name == "action_listen"
    assert tracker.followup_action is None


async def test_a_conversation_that_fits_is_not_changed(url: str, make_store: MakeStore) -> None:
    tracker = new_tracker()
    turn(tracker, "hello")
    store = make_store(url, recent_events=len(tracker.events))
    await store.save(tracker)
    assert dicts(await store.retrieve(SENDER)) == dicts(tracker)


@pytest.mark.parametrize(
    ("slot", "value"), [("language", "en"), ("year", "2025"), ("contact", "post"), ("contact", None)]
)
async def test_slots_survive_when_the_event_that_set_them_is_not_read(
    url: str, make_store: MakeStore, slot: str, value: str | None
) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    append(tracker, SlotSet(slot, value))
    for number in range(20):
        turn(tracker, f"question {number}")
    await store.save(tracker)
    assert (await retrieved(store)).get_slot(slot) == value


async def test_the_latest_value_of_a_slot_wins(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    for number in range(20):
        turn(tracker, f"question {number}", language="fi" if number < 19 else "en")
    await store.save(tracker)
    assert (await retrieved(store)).get_slot("language") == "en"


async def test_a_slot_that_a_new_model_does_not_have_is_left_out(
    url: str, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    append(tracker, SlotSet("year", "2025"), SlotSet("language", "en"))
    for number in range(20):
        turn(tracker, f"question {number}")
    await store.save(tracker)
    store.domain = Domain.from_dict({"slots": {"language": {"type": "text", "mappings": [{"type": "custom"}]}}})
    slots = (await retrieved(store)).current_slot_values()
    assert slots["language"] == "en"
    assert "year" not in slots
    assert "non existent slot" not in caplog.text


@pytest.mark.parametrize(("loops", "active"), [(["queue_form"], "queue_form"), (["queue_form", None], None)])
async def test_the_form_survives_when_its_beginning_is_not_read(
    url: str, make_store: MakeStore, loops: list[str | None], active: str | None
) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    append(tracker, *(ActiveLoop(name) for name in loops))
    for number in range(20):
        turn(tracker, f"question {number}")
    await store.save(tracker)
    assert (await retrieved(store)).active_loop_name == active


async def test_a_form_that_ends_among_the_read_events_is_over(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    append(tracker, ActiveLoop("queue_form"))
    for number in range(20):
        turn(tracker, f"question {number}")
    append(tracker, ActiveLoop(None))
    await store.save(tracker)
    assert (await retrieved(store)).active_loop_name is None


@pytest.mark.parametrize("event", [ActiveLoop("queue_form"), ConversationPaused()], ids=["form", "pause"])
async def test_what_begins_among_the_read_events_begins_there(url: str, make_store: MakeStore, event: Any) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    for number in range(20):
        turn(tracker, f"question {number}")
    append(tracker, copy.copy(event))
    await store.save(tracker)
    again = await retrieved(store)
    assert [type(e) for e in again.events].count(type(event)) == 1


@pytest.mark.parametrize(
    ("early", "late", "paused"),
    [
        ([ConversationPaused], [], True),
        ([ConversationPaused, ConversationResumed], [], False),
        ([ConversationPaused], [ConversationResumed], False),
        ([], [ConversationPaused], True),
    ],
)
async def test_the_bot_stays_silent_while_a_person_has_the_conversation(
    url: str, make_store: MakeStore, early: list[Callable[[], Any]], late: list[Callable[[], Any]], paused: bool
) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    append(tracker, *(kind() for kind in early))
    for number in range(20):
        turn(tracker, f"question {number}")
    append(tracker, *(kind() for kind in late))
    await store.save(tracker)
    assert (await retrieved(store)).is_paused() is paused


async def test_saving_a_bounded_tracker_adds_only_its_new_events(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    await saved(store, turns=20)
    before = len(rows_of(store.engine))
    for number in range(3):
        tracker = await retrieved(store)
        turn(tracker, f"more {number}")
        await store.save(tracker)
    assert len(rows_of(store.engine)) == before + 3 * 4
    assert texts_of(store.engine)[-3:] == ["more 0", "more 1", "more 2"]


async def test_the_full_tracker_has_every_session(url: str, make_store: MakeStore) -> None:
    store = make_store(url, recent_events=10)
    tracker = new_tracker()
    for number in range(20):
        turn(tracker, f"question {number}")
    begin_session(tracker)
    turn(tracker, "a new day")
    await store.save(tracker)
    assert dicts(await store.retrieve_full_tracker(SENDER)) == dicts(tracker)


async def test_a_read_begins_with_the_running_session(store: SanitisedTrackerStore) -> None:
    tracker = await saved(store, turns=2)
    append(tracker, SlotSet("session_started_metadata", None))
    begin_session(tracker)
    turn(tracker, "a new day")
    await store.save(tracker)
    assert dicts(await store.retrieve(SENDER)) == dicts(tracker)[-8:]


@pytest.mark.parametrize("turns_after", [1, 20])
async def test_a_restart_forgets_what_was_before(url: str, make_store: MakeStore, turns_after: int) -> None:
    store = make_store(url, recent_events=16)
    tracker = new_tracker()
    turn(tracker, "before", language="en")
    append(tracker, ActiveLoop("queue_form"), Restarted())
    begin_session(tracker)
    for number in range(turns_after):
        turn(tracker, f"after {number}")
    await store.save(tracker)
    again = await retrieved(store)
    assert "before" not in said(again)
    assert again.get_slot("language") is None
    assert again.active_loop_name is None
    assert again.latest_message is not None
    assert again.latest_message.text == f"after {turns_after - 1}"


# -------------------------------------------------------------------------------------------------- sender ids


@pytest.mark.parametrize("sender_id", [SENDER, "web:tester-1", "default", "a" * 64])
async def test_a_plain_sender_id_is_kept(store: SanitisedTrackerStore, sender_id: str) -> None:
    await saved(store, sender_id)
    assert list(await store.keys()) == [sender_id]


@pytest.mark.parametrize(
    "sender_id",
    ["+358 40 123 4567", "0401234567", "131052-908T", "aino@posteo.fi", "a" * 65, "nul\0", "lone\ud800", "Äijä", ""],
)
async def test_any_other_sender_id_is_kept_as_its_pseudonym(store: SanitisedTrackerStore, sender_id: str) -> None:
    await saved(store, sender_id)
    (key,) = await store.keys()
    readable = sender_id.encode("utf-8", "backslashreplace").decode()
    assert key == pseudonym(settings("sqlite:///x").secret_key, "store", readable)
    assert {row["sender_id"] for row in rows_of(store.engine)} == {key}
    tracker = await retrieved(store, sender_id)
    assert tracker.sender_id == sender_id
    assert said(tracker) == ["question 0"]


# ------------------------------------------------------------------------------------------------------ broker


async def test_the_broker_gets_new_events_after_they_are_written(url: str, make_store: MakeStore) -> None:
    broker = Broker()
    store = make_store(url, event_broker=broker)
    broker.store = store
    tracker = new_tracker()
    turn(tracker, "040 123 4567")
    await store.save(tracker)
    assert [event["event"] for event in broker.published] == [row["type_name"] for row in rows_of(store.engine)]
    assert {event["sender_id"] for event in broker.published} == {SENDER}
    assert broker.published[3]["text"] == "[PHONE_NUMBER]"
    assert set(broker.rows_at_publishing) == {len(tracker.events)}


async def test_the_broker_gets_nothing_when_nothing_is_new(url: str, make_store: MakeStore) -> None:
    broker = Broker()
    store = make_store(url, event_broker=broker)
    tracker = await saved(store)
    broker.published.clear()
    await store.save(tracker)
    await store.save(await retrieved(store))
    assert broker.published == []


async def test_a_broker_that_is_away_costs_no_event_and_no_reply(
    url: str, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(Broker):
        def publish(self, event: dict[str, Any]) -> None:
            raise ConnectionError(f"cannot send {event}")

    store = make_store(url, event_broker=Away())
    await saved(store)
    assert texts_of(store.engine) == ["question 0"]
    assert "did not take all of 7 events (ConnectionError)" in caplog.text
    assert "question 0" not in caplog.text
