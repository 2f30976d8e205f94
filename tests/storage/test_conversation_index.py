"""The index of conversations says what their events say, is kept fresh, and goes with them."""

from __future__ import annotations

import datetime
import json
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import conversation_index, conversation_search
from components.storage.conversation_figures import figures
from components.storage.conversation_index import freshen, keep_fresh, reindex, update
from components.storage.conversation_search import ANYBODY, NOBODY, Selection, read_position, read_selection
from components.storage.models import Conversation, Event, Feedback, IndexedConversation, IndexedMessage, ReviewMark
from components.storage.references import reference_of
from components.storage.reviews import enqueue
from components.storage.rights import erase

from .rows import DAY, HOUR, NOW, SECOND, new_database

INDEX = IndexedConversation.__table__
MESSAGES = IndexedMessage.__table__
Data = dict[str, Any]


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = new_database(url)
    yield opened
    opened.dispose()


def typed(text: str, intent: str, confidence: float = 0.9, language: str = "fi", masked: tuple[str, ...] = ()) -> Data:
    return {
        "event": "user",
        "text": text,
        "metadata": {"masked": list(masked)},
        "parse_data": {"intent": {"name": intent, "confidence": confidence}, "language": language, "text": text},
    }


def pressed(shown: str, intent: str) -> Data:
    parsed = {"intent": {"name": intent, "confidence": 1.0}}
    return {"event": "user", "text": f"/{intent}", "metadata": {"shown": shown, "masked": []}, "parse_data": parsed}


def opening(language: str = "fi") -> list[Data]:
    parsed = {"intent": {"name": "opening", "confidence": 1.0}}
    text = f'/opening{{"language": "{language}"}}'
    return [
        {"event": "user", "text": text, "metadata": {}, "parse_data": parsed},
        {"event": "slot", "name": "language", "value": language},
        {"event": "bot", "text": "Hei!", "metadata": {"utter_action": "utter_opening"}},
        action("action_listen"),
    ]


def action(name: str) -> Data:
    return {"event": "action", "name": name}


def answer(topic: str) -> list[Data]:
    metadata = {"utter_action": f"utter_{topic}", "metadata": {"answer": {"topic": topic, "title": "x"}}}
    return [
        action(f"utter_{topic}"),
        {"event": "bot", "text": "vastaus", "metadata": metadata},
        action("action_listen"),
    ]


def add(
    engine: Engine,
    sender_id: str,
    events: list[Data],
    *,
    start: datetime.datetime = NOW,
    channel: str = "web",
    special: bool = False,
    kept: datetime.timedelta = 730 * DAY,
) -> None:
    """Store events as the tracker store does: a new conversation, or more of one."""
    with engine.begin() as connection:
        last = start + (len(events) - 1) * SECOND
        changed = connection.execute(
            sa.update(Conversation.__table__)
            .where(Conversation.__table__.c.sender_id == sender_id)
            .values(last_event_at=last, expires_at=start + kept)
        ).rowcount
        if not changed:
            connection.execute(
                sa.insert(Conversation.__table__).values(
                    sender_id=sender_id,
                    channel=channel,
                    session_started_at=start,
                    last_event_at=last,
                    expires_at=start + kept,
                    state="{}",
                )
            )
        for number, data in enumerate(events):
            connection.execute(
                sa.insert(Event.__table__).values(
                    sender_id=sender_id,
                    write_id="w",
                    type_name=data["event"],
                    occurred_at=start + number * SECOND,
                    expires_at=start + kept,
                    data=json.dumps(data),
                    special_category=special and data["event"] == "user",
                )
            )


def rate(engine: Engine, sender_id: str, rating: str, at: datetime.datetime) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(Feedback.__table__).values(
                sender_id=sender_id, rating=rating, occurred_at=at, expires_at=NOW + 730 * DAY
            )
        )


def indexed(engine: Engine, sender_id: str) -> Data | None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(INDEX).where(INDEX.c.sender_id == sender_id)).mappings().first()
    return dict(row) if row is not None else None


def messages(engine: Engine, sender_id: str) -> list[Data]:
    query = sa.select(MESSAGES).where(MESSAGES.c.sender_id == sender_id).order_by(MESSAGES.c.event_id)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def found(engine: Engine, now: datetime.datetime = NOW, **choices: Any) -> set[str]:
    """Which conversations a selection finds; the count must say the same."""
    selection = Selection(**choices)
    with engine.connect() as connection:
        rows = conversation_search.conversations(connection, selection, now=now)
        assert conversation_search.count(connection, selection, now=now) == len(rows)
    return {row.sender_id for row in rows}


def mark(engine: Engine, sender_id: str, kind: str, reviewer: str, value: str | None = None) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(ReviewMark.__table__).values(
                sender_id=sender_id, reviewer=reviewer, kind=kind, value=value, made_at=NOW, expires_at=NOW + DAY
            )
        )


PARCEL = [
    *opening(),
    typed("Miten tullaan paketin Kiinasta?", "customs_parcel", 0.81),
    *answer("customs_parcel"),
]
PERMIT = [
    *opening("en"),
    typed("I am [NAME_1], my permit 12345 is late", "nlu_fallback", 0.31, "en", ("PERSON",)),
    action("action_offer_topics"),
    {"event": "bot", "text": "Did you mean", "metadata": {}},
    action("action_listen"),
    pressed("Processing times", "immigration_times"),
    *answer("immigration_times"),
    typed("a person please", "ask_for_person", 0.99, "en"),
    action("action_human_contact"),
    action("action_listen"),
]


def test_what_is_indexed_is_what_the_events_say(engine: Engine) -> None:
    add(engine, "permit", PERMIT, special=True)
    rate(engine, "permit", "helpful", NOW)
    assert update(engine, now=NOW) == 1
    row = indexed(engine, "permit")
    assert row is not None
    assert row["reference"] == reference_of("permit")
    assert (row["channel"], row["language"], row["agency"]) == ("web", "en", "immigration")
    assert (row["questions"], row["fallbacks"], row["lowest_confidence"]) == (3, 1, 0.31)
    assert (row["topics"], row["labels"]) == (",immigration_times,", ",PERSON,")
    assert (row["special_category"], row["handoff"], row["rating"]) == (True, True, "good")
    assert (row["started_at"], row["last_event_at"]) == (NOW, NOW + (len(PERMIT) - 1) * SECOND)
    assert row["expires_at"] == NOW + 730 * DAY


def test_messages_are_those_that_people_typed_or_pressed(engine: Engine) -> None:
    add(engine, "permit", [*PERMIT, {"event": "agent", "text": "Hello from [PERSON]"}])
    update(engine, now=NOW)
    kept = [(m["speaker"], m["text"], m["topic"], m["confidence"], m["fallback"]) for m in messages(engine, "permit")]
    assert kept == [
        ("customer", "I am [NAME_1], my permit 12345 is late", None, 0.31, True),
        ("customer", "Processing times", "immigration_times", None, False),
        ("customer", "a person please", None, 0.99, False),
        ("agent", "Hello from [PERSON]", None, None, False),
    ]
    assert messages(engine, "permit")[0]["words"] == "i am my permit 12345 is late"


def test_the_topic_is_that_of_the_answer_before_that_of_the_intent(engine: Engine) -> None:
    add(engine, "a", [*opening(), typed("mitä se maksaa", "personal_case"), *answer("immigration_fee")])
    add(engine, "b", [*opening(), typed("mitä se maksaa", "customs_fee"), action("queue_form")])
    add(engine, "c", [*opening(), typed("2 kg", "out_of_scope"), action("allowance_form"), *answer("customs_fee")])
    update(engine, now=NOW)
    assert [messages(engine, name)[0]["topic"] for name in "abc"] == ["immigration_fee", "customs_fee", "customs_fee"]
    assert [messages(engine, name)[0]["fallback"] for name in "abc"] == [False, False, False]


def test_topics_of_both_agencies_make_it_a_conversation_of_both(engine: Engine) -> None:
    add(engine, "both", [*PARCEL, typed("entä lupa", "immigration_times"), *answer("immigration_times")])
    add(engine, "customs", PARCEL)
    add(engine, "none", [*opening(), typed("hei", "greet")])
    update(engine, now=NOW)
    assert found(engine, agency="customs") == {"both", "customs"}
    assert found(engine, agency="immigration") == {"both"}
    assert found(engine, agency="both") == {"both"}


def test_a_conversation_is_indexed_anew_when_it_changes_and_only_then(engine: Engine) -> None:
    add(engine, "parcel", PARCEL)
    assert update(engine, now=NOW) == 1
    assert update(engine, now=NOW + SECOND) == 0
    add(engine, "parcel", [typed("Entä lupa?", "immigration_times"), *answer("immigration_times")], start=NOW + HOUR)
    assert update(engine, now=NOW + HOUR, complete=False) == 1
    row = indexed(engine, "parcel")
    assert row is not None
    assert (row["questions"], row["topics"]) == (2, ",customs_parcel,immigration_times,")
    assert len(messages(engine, "parcel")) == 2


def test_a_rating_that_comes_later_is_indexed(engine: Engine) -> None:
    add(engine, "parcel", PARCEL)
    update(engine, now=NOW)
    rate(engine, "parcel", "not_helpful", NOW + SECOND)
    assert update(engine, now=NOW + 2 * SECOND, complete=False) == 1
    assert found(engine, feedback="bad") == {"parcel"}
    rate(engine, "parcel", "helpful", NOW + 3 * SECOND)
    update(engine, now=NOW + 4 * SECOND)
    assert found(engine, feedback="mixed") == found(engine, feedback="any") == {"parcel"}
    assert found(engine, feedback="none") == found(engine, feedback="bad") == set()


def test_an_update_does_no_more_than_its_limit_and_the_next_one_goes_on(engine: Engine) -> None:
    for number in range(5):
        add(engine, f"s{number}", PARCEL, start=NOW + number * HOUR)
    later = NOW + 6 * HOUR
    assert [update(engine, now=later, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_what_was_written_late_is_found_when_everything_is_compared(engine: Engine) -> None:
    add(engine, "new", PARCEL, start=NOW)
    update(engine, now=NOW)
    add(engine, "late", PARCEL, start=NOW - 10 * DAY)
    assert update(engine, now=NOW, complete=False) == 0
    assert update(engine, now=NOW) == 1


def test_erasing_a_conversation_takes_its_index_along(engine: Engine) -> None:
    add(engine, "parcel", PARCEL)
    update(engine, now=datetime.datetime.now(datetime.timezone.utc))
    assert len(messages(engine, "parcel")) == 1
    erase(engine, "parcel")
    assert indexed(engine, "parcel") is None
    with engine.begin() as connection:
        reindex(connection, "parcel", now=NOW)
    assert indexed(engine, "parcel") is None
    assert messages(engine, "parcel") == []


def test_the_index_of_conversations_that_are_gone_goes(engine: Engine) -> None:
    add(engine, "parcel", PARCEL)
    add(engine, "permit", PERMIT)
    update(engine, now=NOW)
    with engine.begin() as connection:
        for table in (Event.__table__, Conversation.__table__):
            connection.execute(sa.delete(table).where(table.c.sender_id == "parcel"))
    update(engine, now=NOW, complete=False)
    assert indexed(engine, "parcel") is not None
    assert update(engine, now=NOW) == 1
    assert indexed(engine, "parcel") is None
    assert messages(engine, "parcel") == []
    assert found(engine, words="paketti") == set()
    assert found(engine) == {"permit"}


def test_an_earlier_session_leaves_the_index_when_it_expires(engine: Engine) -> None:
    add(engine, "twice", PARCEL, start=NOW)
    add(engine, "twice", PERMIT, start=NOW + 10 * DAY)
    update(engine, now=NOW + 10 * DAY)
    row = indexed(engine, "twice")
    assert row is not None
    assert row["expires_at"] == NOW + 730 * DAY
    assert row["agency"] == "both"
    later = NOW + 731 * DAY
    assert found(engine, now=later) == set()
    assert update(engine, now=later) == 1
    row = indexed(engine, "twice")
    assert row is not None
    assert (row["agency"], row["expires_at"]) == ("immigration", NOW + 740 * DAY)
    assert found(engine, now=later, words="Kiinasta") == set()
    assert update(engine, now=later) == 0


def test_events_that_nobody_can_read_are_passed_over(engine: Engine) -> None:
    add(engine, "odd", PARCEL)
    with engine.begin() as connection:
        for data in ("[WITHHELD]", "[1]", '{"event": "user", "parse_data": 3, "metadata": []}'):
            connection.execute(
                sa.insert(Event.__table__).values(
                    sender_id="odd", write_id="w", type_name="user", occurred_at=NOW, expires_at=NOW + DAY, data=data
                )
            )
    update(engine, now=NOW)
    row = indexed(engine, "odd")
    assert row is not None
    assert row["topics"] == ",customs_parcel,"


def test_reindexing_takes_the_masked_text(engine: Engine) -> None:
    add(engine, "parcel", PARCEL)
    update(engine, now=NOW)
    with engine.begin() as connection:
        events = Event.__table__
        query = sa.select(events.c.id, events.c.data).where(events.c.type_name == "user")
        for number, data in connection.execute(query).all():
            masked = data.replace("Kiinasta", "[PERSON]")
            connection.execute(sa.update(events).where(events.c.id == number).values(data=masked))
        reindex(connection, "parcel", now=NOW)
    assert messages(engine, "parcel")[0]["text"] == "Miten tullaan paketin [PERSON]?"
    assert found(engine, words="kiinasta") == set()
    assert found(engine, words="paketti", label="PERSON") == {"parcel"}


def test_a_page_freshens_the_index_at_most_every_few_seconds(engine: Engine) -> None:
    add(engine, "parcel", PARCEL)
    with engine.begin() as connection:
        assert freshen(connection, now=NOW) == 1
    add(engine, "permit", PERMIT, start=NOW + HOUR)
    with engine.begin() as connection:
        assert freshen(connection, now=NOW + HOUR) == 0
    conversation_index._updated.pop(engine)
    with engine.begin() as connection:
        assert freshen(connection, now=NOW + HOUR) == 1


def test_a_page_does_not_fail_because_somebody_else_holds_the_conversations(engine: Engine, short_waits: None) -> None:
    add(engine, "parcel", PARCEL)
    engine.dispose()  # connections take the short waits up when they are opened
    with engine.begin() as holder, engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        held = sa.update(Conversation.__table__).values(channel="rest")
        holder.execute(held)
        assert freshen(connection, now=NOW) == 0
        assert conversation_search.count(connection, Selection(), now=NOW) == 0
    with engine.begin() as connection:
        assert freshen(connection, now=NOW) == 1


def test_the_thread_indexes_what_comes_and_ends_when_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_index, "FRESH_SECONDS", 0.02)
    now = datetime.datetime.now(datetime.timezone.utc)
    stop = threading.Event()
    thread = threading.Thread(target=keep_fresh, args=(engine, stop))
    thread.start()
    try:
        add(engine, "parcel", PARCEL, start=now)
        for _ in range(200):
            if indexed(engine, "parcel") is not None:
                break
            stop.wait(0.02)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert indexed(engine, "parcel") is not None


def test_the_thread_outlives_a_database_that_is_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(conversation_index, "FRESH_SECONDS", 0.01)
    stop = threading.Event()
    asked = []

    def away(*_: object, **__: object) -> int:
        asked.append(1)
        if len(asked) == 3:
            stop.set()
        raise sa.exc.OperationalError("secret text", {}, RuntimeError("secret text"))

    monkeypatch.setattr(conversation_index, "update", away)
    keep_fresh(engine, stop)
    assert len(asked) == 3
    assert caplog.text.count("cannot be kept fresh (RuntimeError)") == 1
    assert "secret" not in caplog.text


# Finding.


@pytest.fixture
def three(engine: Engine) -> Engine:
    """A database with three conversations: about a parcel, about a permit, and one in which nothing was asked."""
    add(engine, "parcel", PARCEL, start=NOW)
    add(engine, "permit", PERMIT, start=NOW - 3 * DAY, channel="rest", special=True)
    add(engine, "silent", opening(), start=NOW - DAY)
    update(engine, now=NOW)
    return engine


CHOICES: list[tuple[Data, str]] = [
    ({}, "parcel permit"),
    ({"questions_from": 0}, "parcel permit silent"),
    ({"questions_from": 2}, "permit"),
    ({"questions_to": 1}, "parcel"),
    ({"language": "en"}, "permit"),
    ({"channel": "rest"}, "permit"),
    ({"topic": "customs_parcel"}, "parcel"),
    ({"topic": "customs_parce_"}, ""),
    ({"topic": "%"}, ""),
    ({"confidence_below": 50}, "permit"),
    ({"confidence_below": 100}, "parcel permit"),
    ({"confidence_below": 10}, ""),
    ({"fallback": True}, "permit"),
    ({"fallback": False}, "parcel"),
    ({"label": "PERSON"}, "permit"),
    ({"special_category": True}, "permit"),
    ({"special_category": False}, "parcel"),
    ({"handoff": True}, "permit"),
    ({"handoff": False}, "parcel"),
    ({"since": NOW.date()}, "parcel"),
    ({"until": (NOW - DAY).date()}, "permit"),
    ({"since": (NOW - 3 * DAY).date(), "until": (NOW - 3 * DAY).date()}, "permit"),
    ({"words": "paketti"}, "parcel"),
    ({"words": "Paketit Kiina"}, "parcel"),
    ({"words": "paketti lupa"}, ""),
    ({"words": "permits lat"}, "permit"),
    ({"words": "12345"}, "permit"),
    ({"words": "processing time"}, "permit"),
    ({"words": "person", "language": "en"}, "permit"),
    ({"words": "name"}, ""),
    ({"words": "vastaus"}, ""),
    ({"language": "en", "channel": "web"}, ""),
]


def test_each_choice_finds_what_it_names(three: Engine) -> None:
    got = {str(choices): found(three, **choices) for choices, _ in CHOICES}
    assert got == {str(choices): set(wanted.split()) for choices, wanted in CHOICES}


ODD_WORDS = ["'", '"', 'zz" OR "b', "kiina') OR 1=1 --", "kiina:*", "NEAR(", "zz & | !", "*", "\\"]


def test_whatever_is_typed_is_looked_for_and_never_run(three: Engine) -> None:
    assert {words: found(three, words=words) for words in ODD_WORDS} == {
        words: {"parcel"} if words == "kiina:*" else set() for words in ODD_WORDS
    }


def test_reviews_and_tags_are_found(three: Engine) -> None:
    mark(three, "parcel", "reviewed", "anna")
    mark(three, "permit", "tag", "anna", "unclear")
    assert found(three, reviewed=NOBODY) == {"permit"}
    assert found(three, reviewed=ANYBODY) == found(three, reviewed="anna") == {"parcel"}
    assert found(three, reviewed="bert") == set()
    assert found(three, tag="unclear") == {"permit"}
    with three.connect() as connection:
        assert conversation_search.reviewers_of(connection, ["parcel", "permit"]) == {"parcel": ["anna"]}
        assert conversation_search.known_values(connection) == {"channel": ["rest", "web"], "reviewed": ["anna"]}


def test_what_has_expired_is_not_found_although_it_is_still_there(three: Engine) -> None:
    assert found(three, now=NOW + 728 * DAY) == {"parcel"}
    assert found(three, now=NOW + 728 * DAY, words="permit") == set()


def test_days_begin_in_finland(engine: Engine) -> None:
    late = datetime.datetime(2026, 6, 14, 21, 30, tzinfo=datetime.timezone.utc)
    add(engine, "late", PARCEL, start=late)
    update(engine, now=NOW)
    assert found(engine, since=datetime.date(2026, 6, 15), until=datetime.date(2026, 6, 15)) == {"late"}
    assert found(engine, until=datetime.date(2026, 6, 14)) == set()


def test_pages_show_each_conversation_once_and_the_newest_first(engine: Engine) -> None:
    # Some begin at the same moment.
    for number in range(9):
        add(engine, f"s{number}", PARCEL, start=NOW + (number // 3) * HOUR)
    update(engine, now=NOW + DAY)
    shown: list[sa.engine.Row] = []
    position = None
    with engine.connect() as connection:
        while page := conversation_search.conversations(connection, Selection(), after=position, limit=2, now=NOW):
            shown += page
            written = str(conversation_search.Position(page[-1].started_at, page[-1].reference))
            position = read_position(written)
    assert len({row.sender_id for row in shown}) == len(shown) == 9
    assert [row.started_at for row in shown] == sorted((row.started_at for row in shown), reverse=True)


@pytest.mark.parametrize("typed_position", [None, "", "x", "2026-06-15~A", "2026-06-15T12:00:00~A"])
def test_a_position_that_is_none_is_no_position(typed_position: str | None) -> None:
    assert read_position(typed_position) is None


# The selection in an address.


def test_a_selection_comes_back_from_its_address() -> None:
    full = Selection(
        since=datetime.date(2026, 5, 1),
        until=datetime.date(2026, 5, 31),
        language="fi",
        channel="web",
        agency="both",
        topic="customs_parcel",
        confidence_below=50,
        fallback=True,
        feedback="bad",
        label="PERSON",
        special_category=False,
        handoff=True,
        questions_from=0,
        questions_to=9,
        reviewed=NOBODY,
        tag="epäselvä & muu",
        words="paketti kiina",
    )
    assert None not in vars(full).values()
    assert read_selection(full.query()) == (full, {})
    assert full.without("fallback").fallback is None
    assert Selection().address() == ""


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"since": "31.2.2026"}, {"since": "date"}),
        ({"until": "yesterday"}, {"until": "date"}),
        ({"since": "2026-05-02", "until": "2026-05-01"}, {"until": "order"}),
        ({"questions_from": "5", "questions_to": "4"}, {"questions_to": "order"}),
        ({"questions_from": "-1"}, {"questions_from": "number"}),
        ({"questions_to": "²"}, {"questions_to": "number"}),
        ({"confidence_below": "101"}, {"confidence_below": "percent"}),
        ({"language": "sv"}, {"language": "choice"}),
        ({"fallback": "maybe"}, {"fallback": "choice"}),
        ({"topic": "x" * 300}, {"topic": "name"}),
        ({"words": "?!"}, {"words": "no_words"}),
        ({"words": "131052-952P"}, {"words": "personal"}),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_told_and_left_out(query: dict[str, str], fault: dict[str, str]) -> None:
    selection, faults = read_selection(query)
    assert faults == fault
    assert set(selection.chosen()) == set(query) - set(fault)


def test_days_are_read_in_both_ways_of_writing() -> None:
    assert read_selection({"since": "1.5.2026"}) == read_selection({"since": "2026-05-01"})


# Samples and figures.


def test_a_plain_sample_is_some_of_the_selection(three: Engine) -> None:
    with three.connect() as connection:
        rows = conversation_search.sample(connection, Selection(), size=5, by_topic=False, now=NOW)
        assert {row.sender_id for row in rows} == {"parcel", "permit"}
        assert len(conversation_search.sample(connection, Selection(), size=1, by_topic=False, now=NOW)) == 1


def test_a_sample_by_topic_gives_rare_topics_their_share(engine: Engine) -> None:
    for number in range(30):
        add(engine, f"often{number}", PARCEL, start=NOW - number * HOUR)
    for number in range(3):
        add(engine, f"rare{number}", [typed("lupa", "x"), *answer("immigration_times")], start=NOW - number * HOUR)
    update(engine, now=NOW)
    with engine.connect() as connection:
        rows = conversation_search.sample(
            connection, Selection(), size=6, by_topic=True, now=NOW, chance=random.Random(1)
        )
        every = conversation_search.sample(connection, Selection(), size=500, by_topic=True, now=NOW)
    assert sum(row.sender_id.startswith("rare") for row in rows) == 3
    assert len(rows) == len({row.sender_id for row in rows}) == 6
    assert len({row.sender_id for row in every}) == len(every) == 33


def test_what_waits_in_the_queue_is_not_sampled_again(three: Engine) -> None:
    with three.begin() as connection:
        enqueue(connection, ["parcel"], reviewer="anna", added_by="anna", now=NOW)
        rows = conversation_search.sample(connection, Selection(), size=5, by_topic=False, reviewer="anna", now=NOW)
        assert [row.sender_id for row in rows] == ["permit"]
        rows = conversation_search.sample(connection, Selection(), size=5, by_topic=True, reviewer="bert", now=NOW)
        assert len(rows) == 2


def test_figures_count_the_selection(three: Engine) -> None:
    rate(three, "parcel", "helpful", NOW)
    update(three, now=NOW + SECOND)
    with three.connect() as connection:
        counted = figures(connection, Selection(), now=NOW)
        of_words = figures(connection, Selection(words="paketti"), now=NOW)
        nothing = figures(connection, Selection(tag="none"), now=NOW)
    assert (counted.conversations, counted.questions, counted.fallbacks, counted.with_fallback) == (2, 4, 1, 1)
    assert counted.languages == {"en": 1, "fi": 1}
    assert counted.topics == {"customs_parcel": 1, "immigration_times": 1}
    assert counted.ratings == {"good": 1, None: 1}
    assert counted.confidences == [0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    days = [(NOW - 3 * DAY + number * DAY).date() for number in range(4)]
    assert counted.days == dict(zip(days, [1, 0, 0, 1], strict=True))
    assert {hour: number for hour, number in counted.hours.items() if number} == {15: 2}
    assert len(counted.hours) == 24
    assert of_words.conversations == 1
    assert (nothing.conversations, nothing.days, nothing.topics) == (0, {}, {})


def test_nothing_of_an_erased_conversation_comes_back_while_the_index_is_made(engine: Engine) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    senders = [f"s{number}" for number in range(12)]
    for sender in senders:
        add(engine, sender, PARCEL, start=now)
    stop = threading.Event()
    failures: list[Exception] = []

    def index() -> None:
        while not stop.is_set():
            for sender in senders:
                try:
                    with engine.begin() as connection:
                        reindex(connection, sender, now=now)
                except sa.exc.SQLAlchemyError as error:
                    failures.append(error)
                    return
                stop.wait(0.002)  # SQLite gives whoever waits no turn of its own

    thread = threading.Thread(target=index)
    thread.start()
    try:
        for sender in senders:
            erase(engine, sender)
    finally:
        stop.set()
        thread.join(30)
    assert failures == []
    with engine.connect() as connection:
        assert connection.execute(sa.select(INDEX.c.sender_id)).scalars().all() == []
        assert connection.execute(sa.select(MESSAGES.c.sender_id)).scalars().all() == []
