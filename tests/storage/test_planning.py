"""Figures and messages for planning."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Connection

from components.storage import planning
from components.storage.planning import Amount, BadMessage, Selection

from .rows import DAY, HOUR, NOW, add, new_database

WEEK = Selection(NOW - 7 * DAY, NOW)


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    engine = new_database(url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def add_indexed(connection: Connection, sender: str, **values: object) -> None:
    values.setdefault("expires_at", NOW + 100 * DAY)
    defaults = {
        "reference": sender,
        "started_at": NOW - DAY,
        "last_event_at": NOW - DAY,
        "language": "fi",
        "channel": "web",
        "agency": "customs",
        "questions": 2,
        "fallbacks": 1,
        "topics": "",
        "labels": "",
        "special_category": False,
        "handoff": False,
    }
    merged = {**defaults, **values}
    add(connection, "indexed_conversations", merged.pop("expires_at"), sender_id=sender, **merged)


def add_message(
    connection: Connection, sender: str, event_id: int, text: str = "missä on [NAME_1]", **values: object
) -> None:
    values.setdefault("expires_at", NOW + 100 * DAY)
    defaults = {
        "occurred_at": NOW - DAY + event_id * HOUR / 60,
        "speaker": "customer",
        "language": "fi",
        "words": "",
        "fallback": False,
    }
    merged = {**defaults, **values}
    add(
        connection,
        "indexed_messages",
        merged.pop("expires_at"),
        sender_id=sender,
        event_id=event_id,
        text=text,
        **merged,
    )


def mark(connection: Connection, sender: str, event_id: int | None, kind: str) -> None:
    add(connection, "review_marks", NOW + DAY, sender_id=sender, event_id=event_id, kind=kind)


def test_messages_that_fell_back_or_were_marked_wrong_are_badly_answered(connection: Connection) -> None:
    add_indexed(connection, "a")
    add_message(connection, "a", 1, "ymmärretty")
    add_message(connection, "a", 2, "ei ymmärretty", fallback=True)
    add_message(connection, "a", 3, "väärin vastattu")
    add_message(connection, "a", 4, "oikein vastattu")
    add_message(connection, "a", 5, "virkailijan teksti", speaker="agent", fallback=True)
    mark(connection, "a", 3, "wrong")
    mark(connection, "a", 4, "right")
    found, total = planning.badly_answered(connection, WEEK, now=NOW, most=10)
    assert found == [
        BadMessage("a", "väärin vastattu", "fi", False),
        BadMessage("a", "ei ymmärretty", "fi", False),
    ]
    assert total == 2


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("wrong", True),
        ("missing_topic", True),
        ("answer_wrong", True),
        ("answer_outdated", True),
        ("right", False),
        ("flag", False),
        ("reviewed", False),
    ],
)
def test_marks_that_say_that_something_was_bad(connection: Connection, kind: str, bad: bool) -> None:
    add_indexed(connection, "a")
    add_message(connection, "a", 1)
    mark(connection, "a", 1, kind)
    assert bool(planning.badly_answered(connection, WEEK, now=NOW, most=10)[1]) is bad


def test_a_mark_on_an_answer_is_about_the_question_before_it(connection: Connection) -> None:
    add_indexed(connection, "a")
    for event in (10, 20, 30):
        add_message(connection, "a", event, f"kysymys {event}")
    mark(connection, "a", 25, "wrong")  # the answer to the second question
    mark(connection, "a", None, "wrong")  # of the whole conversation: of no message in particular
    found, _ = planning.badly_answered(connection, WEEK, now=NOW, most=10)
    assert [message.text for message in found] == ["kysymys 20"]


def test_the_newest_are_read_and_all_are_counted(connection: Connection) -> None:
    add_indexed(connection, "a", special_category=True)
    for event in range(5):
        add_message(connection, "a", event, f"kysymys {event}", fallback=True, language=None)
    found, total = planning.badly_answered(connection, WEEK, now=NOW, most=2)
    assert found == [BadMessage("a", "kysymys 4", "fi", True), BadMessage("a", "kysymys 3", "fi", True)]
    assert total == 5


def test_period_language_and_agency_narrow_and_what_has_expired_is_out(connection: Connection) -> None:
    add_indexed(connection, "fi", language="fi", agency="customs")
    add_indexed(connection, "en", language="en", agency="immigration")
    add_indexed(connection, "both", language="en", agency="both")
    add_indexed(connection, "gone", expires_at=NOW)
    for place, sender in enumerate(("fi", "en", "both")):
        add_message(connection, sender, place, sender, fallback=True)
    add_message(connection, "fi", 7, "vanha", fallback=True, occurred_at=WEEK.since - HOUR)
    add_message(connection, "gone", 8, "poistuva", fallback=True, expires_at=NOW)

    def senders(selection: Selection) -> set[str]:
        return {message.text for message in planning.badly_answered(connection, selection, now=NOW, most=9)[0]}

    assert senders(WEEK) == {"fi", "en", "both"}
    assert senders(Selection(WEEK.since, NOW, language="en")) == {"en", "both"}
    assert senders(Selection(WEEK.since, NOW, agency="customs")) == {"fi", "both"}
    assert senders(WEEK.before()) == {"vanha"}
    assert planning.conversations_by(connection, WEEK, "language", now=NOW) == {
        "fi": Amount(1, 2, 1),
        "en": Amount(2, 4, 2),
    }


def test_conversations_are_counted_by_hour_and_by_column(connection: Connection) -> None:
    hour = datetime.datetime(2026, 6, 10, 5, tzinfo=datetime.timezone.utc)
    add_indexed(connection, "a", started_at=hour + HOUR / 4, rating="good", questions=3, fallbacks=0)
    add_indexed(connection, "b", started_at=hour + HOUR / 2, rating="good")
    add_indexed(connection, "c", started_at=hour + DAY, channel="rest")
    assert planning.conversations_by_hour(connection, WEEK, now=NOW) == {
        hour: Amount(2, 5, 1),
        hour + DAY: Amount(1, 2, 1),
    }
    assert planning.conversations_by(connection, WEEK, "rating", now=NOW) == {
        "good": Amount(2, 5, 1),
        None: Amount(1, 2, 1),
    }
    assert planning.conversations_by(connection, WEEK, "channel", now=NOW)["rest"] == Amount(1, 2, 1)
    with pytest.raises(ValueError, match="sender_id"):
        planning.conversations_by(connection, WEEK, "sender_id", now=NOW)


def test_topics_count_what_was_understood_once_a_conversation(connection: Connection) -> None:
    for sender in ("a", "b"):
        add_indexed(connection, sender)
    add_message(connection, "a", 1, topic="customs_gifts")
    add_message(connection, "a", 2, topic="customs_gifts")
    add_message(connection, "b", 3, topic="customs_gifts")
    add_message(connection, "b", 4, topic="customs_pets", fallback=True)
    add_message(connection, "b", 5)
    assert planning.conversations_by_topic(connection, WEEK, now=NOW) == {"customs_gifts": (2, 3)}


def test_labels_are_counted_by_conversation_and_by_message(connection: Connection) -> None:
    add_indexed(connection, "a", labels=",EMAIL_ADDRESS,PERSON,")
    add_indexed(connection, "b", labels=",PERSON,")
    add_indexed(connection, "c")
    assert planning.conversations_by_label(connection, WEEK, now=NOW) == {"EMAIL_ADDRESS": 1, "PERSON": 2}
    for day, language, count in ((1, "fi", 4), (1, "en", 2), (2, "fi", 3), (9, "fi", 100)):
        add(
            connection,
            "label_counts",
            NOW,
            day=(NOW - day * DAY).date(),
            channel="web",
            label="PERSON",
            language=language,
            count=count,
        )
    week = ((NOW - 7 * DAY).date(), NOW.date())
    assert planning.messages_by_label(connection, *week, language=None) == {"PERSON": 9}
    assert planning.messages_by_label(connection, *week, language="fi") == {"PERSON": 7}
