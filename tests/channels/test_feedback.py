from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.channels.feedback import UnfitFeedbackError, keep_feedback
from components.settings import Settings
from components.storage.database import migrate, open_database
from components.storage.feedback import MAX_COMMENT_CHARACTERS
from components.storage.models import Conversation, Feedback

SENDER = "0123456789abcdef0123456789abcdef"
ANSWER = "b1763800000-123456"
SETTINGS = Settings(
    secret_key=b"k" * 32,
    database_url="sqlite:////unused",
    retention=datetime.timedelta(days=30),
    session_lifetime=datetime.timedelta(hours=12),
)


@pytest.fixture()
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with one conversation."""
    now = datetime.datetime.now(datetime.timezone.utc)
    opened = open_database(f"sqlite:///{tmp_path / 'luotsi.sqlite'}")
    migrate(opened)
    with opened.begin() as connection:
        connection.execute(
            sa.insert(Conversation.__table__).values(
                sender_id=SENDER,
                session_started_at=now,
                last_event_at=now,
                expires_at=now + datetime.timedelta(days=30),
                state="{}",
            )
        )
    yield opened
    opened.dispose()


def _keep(engine: Engine, body: dict[str, object], sender_id: str = SENDER) -> bool:
    return asyncio.run(keep_feedback(engine, SETTINGS, sender_id, body, answers=[ANSWER, "b1-000000"]))


def _kept(engine: Engine) -> list[tuple[str | None, str, str | None]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(Feedback.__table__))
        return [(row.message_id, row.rating, row.comment) for row in rows]


def test_the_whole_conversation_can_be_rated_and_rated_again(engine: Engine) -> None:
    assert _keep(engine, {"message_id": None, "rating": "helpful"})
    assert _keep(engine, {"message_id": None, "rating": "not_helpful", "comment": "Liian pitkiä vastauksia."})

    assert _kept(engine) == [(None, "not_helpful", "Liian pitkiä vastauksia.")]


def test_a_rating_is_kept_with_its_answer(engine: Engine) -> None:
    assert _keep(engine, {"message_id": ANSWER, "rating": "helpful"})
    assert _kept(engine) == [(ANSWER, "helpful", None)]


def test_a_comment_is_masked(engine: Engine) -> None:
    _keep(engine, {"message_id": ANSWER, "rating": "not_helpful", "comment": "hetuni on 131052-951T"})
    assert _kept(engine) == [(ANSWER, "not_helpful", "hetuni on [FI_PERSONAL_IDENTITY_CODE]")]


def test_the_latest_opinion_counts(engine: Engine) -> None:
    for rating in ("helpful", "not_helpful"):
        _keep(engine, {"message_id": ANSWER, "rating": rating})
    assert _kept(engine) == [(ANSWER, "not_helpful", None)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message_id": ANSWER},
        {"rating": "helpful"},
        {"message_id": ANSWER, "rating": "5"},
        {"message_id": "b9-000000", "rating": "helpful"},
        {"message_id": [ANSWER], "rating": "helpful"},
        {"message_id": ANSWER, "rating": ["helpful"]},
        {"message_id": ANSWER, "rating": "helpful", "comment": 5},
    ],
)
def test_anything_else_is_refused(engine: Engine, body: dict[str, object]) -> None:
    with pytest.raises(UnfitFeedbackError) as refusal:
        _keep(engine, body)
    assert not refusal.value.too_long
    assert _kept(engine) == []


@pytest.mark.parametrize(("length", "too_long"), [(MAX_COMMENT_CHARACTERS, False), (MAX_COMMENT_CHARACTERS + 1, True)])
def test_a_comment_has_a_limit(engine: Engine, length: int, too_long: bool) -> None:
    body: dict[str, object] = {"message_id": ANSWER, "rating": "not_helpful", "comment": "a" * length}
    if too_long:
        with pytest.raises(UnfitFeedbackError) as refusal:
            _keep(engine, body)
        assert refusal.value.too_long
    else:
        assert _keep(engine, body)


def test_a_conversation_that_is_not_stored_keeps_nothing(engine: Engine) -> None:
    assert not _keep(engine, {"message_id": ANSWER, "rating": "helpful"}, sender_id=f"unstored-{SENDER}")
    assert _kept(engine) == []


def test_without_the_database_nothing_is_kept_and_nothing_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = open_database(f"sqlite:///{tmp_path / 'missing' / 'luotsi.sqlite'}")

    assert not _keep(away, {"message_id": ANSWER, "rating": "helpful"})
    assert "Feedback could not be kept (OperationalError)." in caplog.text
    assert all(record.levelno == logging.ERROR for record in caplog.records)
