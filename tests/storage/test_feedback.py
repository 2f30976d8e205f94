"""Feedback is masked, of a closed set, and never outlives its conversation."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import switches
from components.storage.database import migrate, open_database
from components.storage.feedback import MAX_COMMENT_CHARACTERS, RATINGS, add_feedback, answer_id
from components.storage.models import Conversation

from .conversations import MESSAGE_ID, SENDER, rows_of, settings, utc

NOW = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.timezone.utc)
SECOND = datetime.timedelta(seconds=1)
MONTH = datetime.timedelta(days=30)
YEAR = datetime.timedelta(days=365)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database with one conversation, which is kept for another month."""
    opened = open_database(url)
    migrate(opened)
    with opened.begin() as connection:
        connection.execute(
            sa.insert(Conversation.__table__).values(
                sender_id=SENDER,
                session_started_at=NOW,
                last_event_at=NOW,
                expires_at=NOW + MONTH,
                state="{}",
            )
        )
    yield opened
    opened.dispose()


def _add(
    engine: Engine,
    *,
    sender_id: str = SENDER,
    message_id: str | None = MESSAGE_ID,
    rating: str = "helpful",
    comment: str | None = None,
    retention: datetime.timedelta = YEAR,
    now: datetime.datetime = NOW,
) -> bool:
    return add_feedback(
        engine,
        settings("sqlite:///unused", retention=retention),
        sender_id,
        message_id=message_id,
        rating=rating,
        comment=comment,
        now=now,
    )


def _comments(engine: Engine) -> list[str | None]:
    return [row["comment"] for row in _rows(engine)]


def _rows(engine: Engine) -> list[dict[str, object]]:
    return rows_of(engine, "feedback")


@pytest.mark.parametrize("rating", RATINGS)
@pytest.mark.parametrize("message_id", [MESSAGE_ID, "b1763800000-123456", None])
def test_a_rating_is_kept(engine: Engine, rating: str, message_id: str | None) -> None:
    assert _add(engine, rating=rating, message_id=message_id)
    (row,) = _rows(engine)
    assert (row["sender_id"], row["message_id"], row["rating"], row["comment"]) == (SENDER, message_id, rating, None)
    assert utc(row["occurred_at"]) == NOW


@pytest.mark.parametrize("message_id", [MESSAGE_ID, "b1763800000-123456", None])
def test_a_later_rating_takes_the_place_of_an_earlier_one(engine: Engine, message_id: str | None) -> None:
    _add(engine, message_id=message_id, rating="not_helpful", comment="vanha tieto")
    _add(engine, message_id="b1-000000")
    assert _add(engine, message_id=message_id)
    assert [(row["message_id"], row["rating"], row["comment"]) for row in _rows(engine)] == [
        ("b1-000000", "helpful", None),
        (message_id, "helpful", None),
    ]


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [(1763800000.123456, "b1763800000-123456"), (1763800000.0, "b1763800000-000000"), (0.5, "b0-500000")],
)
def test_an_answer_s_identifier_is_its_time(engine: Engine, timestamp: float, expected: str) -> None:
    assert answer_id(timestamp) == expected
    assert _add(engine, message_id=expected)


@pytest.mark.parametrize("rating", ["", "Helpful", "5", "131052-908T"])
def test_another_rating_is_refused_without_quoting_it(engine: Engine, rating: str) -> None:
    with pytest.raises(ValueError, match="helpful, not_helpful") as error:
        _add(engine, rating=rating)
    assert "131052" not in str(error.value)
    assert _rows(engine) == []


@pytest.mark.parametrize(
    "message_id", ["", "131052-908T", "x" * 32, MESSAGE_ID + "0", "b1763800000", "b1-1", "b131052-900000\n"]
)
def test_only_the_identifier_of_a_message_is_taken(engine: Engine, message_id: str) -> None:
    with pytest.raises(ValueError, match="not the identifier of a message") as error:
        _add(engine, message_id=message_id)
    assert "131052" not in str(error.value)
    assert _rows(engine) == []


def test_a_comment_is_masked(engine: Engine) -> None:
    _add(engine, comment="  kiitos, hetu on 131052-908T ")
    assert _comments(engine) == ["kiitos, hetu on [FI_PERSONAL_IDENTITY_CODE]"]


@pytest.mark.parametrize("comment", [None, "", " \n\t"])
def test_an_empty_comment_is_none(engine: Engine, comment: str | None) -> None:
    _add(engine, comment=comment)
    assert _comments(engine) == [None]


def test_every_character_can_be_stored(engine: Engine) -> None:
    _add(engine, comment="hyvä 👍 \x00 \ud800 loppu")
    (comment,) = _comments(engine)
    assert comment is not None
    assert comment.startswith("hyvä 👍")
    assert comment.endswith("loppu")


def test_a_comment_has_a_limit(engine: Engine) -> None:
    assert _add(engine, comment="a" * MAX_COMMENT_CHARACTERS)
    with pytest.raises(ValueError, match="at most 1000 characters"):
        _add(engine, comment="a" * (MAX_COMMENT_CHARACTERS + 1))
    assert len(_rows(engine)) == 1


@pytest.mark.parametrize(
    ("retention", "expires_at"),
    [(YEAR, NOW + MONTH), (datetime.timedelta(days=7), NOW + datetime.timedelta(days=7))],
    ids=["with the conversation", "after the retention period"],
)
def test_feedback_expires_at_the_earlier_end(
    engine: Engine, retention: datetime.timedelta, expires_at: datetime.datetime
) -> None:
    _add(engine, retention=retention)
    assert utc(_rows(engine)[0]["expires_at"]) == expires_at


@pytest.mark.parametrize("sender_id", ["unstored-00112233", "00000000000000000000000000000000"])
def test_a_conversation_that_is_not_stored_keeps_no_feedback(engine: Engine, sender_id: str) -> None:
    assert not _add(engine, sender_id=sender_id)
    assert _rows(engine) == []


@pytest.mark.parametrize(("moment", "kept"), [(NOW + MONTH - SECOND, True), (NOW + MONTH, False)])
def test_a_conversation_whose_time_is_over_keeps_no_feedback(
    engine: Engine, moment: datetime.datetime, kept: bool
) -> None:
    assert _add(engine, now=moment) is kept
    assert len(_rows(engine)) == kept


def test_nothing_is_kept_while_staff_have_switched_feedback_off(engine: Engine) -> None:
    with engine.begin() as connection:
        switches.turn(connection, "feedback", "off", by="vilma", reason="rude comments", now=NOW)
    assert not _add(engine)
    assert _rows(engine) == []

    with engine.begin() as connection:
        switches.turn(connection, "feedback", "on", by="vilma", reason="over", now=NOW)
    assert _add(engine)
