"""A hold keeps a conversation whole beyond the service's term, never beyond two years, and leaves no trace after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage import collections, conversation_index, holds, retention, transcripts
from components.storage.models import Base, Event
from components.storage.references import reference_of
from components.storage.retention import Periods

from .cases import OTHER, SENDER, add_spoken
from .rows import DAY, NOW, add, count, new_database

PERIOD = 30 * DAY
PERIODS = Periods(conversations=PERIOD, technical_log=DAY, reply_addresses=DAY)
UNTIL = NOW + 300 * DAY
HELD = ("conversations", "events", "feedback", "indexed_conversations", "indexed_messages", "review_marks")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database with two conversations of a service whose term is 30 days, and all that staff add to one."""
    opened = new_database(url)
    with opened.begin() as connection:
        for sender_id in (SENDER, OTHER):
            add_spoken(connection, sender_id, start=NOW, period=PERIOD)
            add(connection, "feedback", NOW + PERIOD, sender_id=sender_id, occurred_at=NOW)
            add(connection, "review_marks", NOW + PERIOD, sender_id=sender_id, made_at=NOW)
        collection = collections.create(connection, title="c", goal="", theme="", language="fi", by="anna", now=NOW)
        collections.add_conversation(connection, collection, SENDER, title="a", by="anna", now=NOW)
    yield opened
    opened.dispose()


def hold(engine: Engine, until: datetime = UNTIL, sender_id: str = SENDER, now: datetime = NOW) -> int:
    with engine.begin() as connection:
        return holds.make(connection, sender_id, reason="Kantelu kesken", until=until, by="pia", now=now)


def release(engine: Engine, number: int) -> None:
    with engine.begin() as connection:
        found = holds.find(connection, number, now=NOW)
        assert found is not None
        holds.release(connection, found, period=PERIOD)


def expiries(engine: Engine, table: str, sender_id: str = SENDER) -> set[datetime]:
    columns = Base.metadata.tables[table].c
    with engine.connect() as connection:
        return set(connection.execute(sa.select(columns.expires_at).where(columns.sender_id == sender_id)).scalars())


def test_everything_of_the_conversation_is_kept_until_the_end(engine: Engine) -> None:
    hold(engine)

    for table in (*HELD, "collection_cases"):
        assert expiries(engine, table) == {UNTIL}, table
    for table in HELD:
        assert expiries(engine, table, OTHER) == {NOW + PERIOD}, table


def test_a_purge_with_the_service_s_term_does_not_undo_a_hold(engine: Engine) -> None:
    hold(engine)

    retention.purge(engine, now=NOW + PERIOD, periods=PERIODS)

    with engine.connect() as connection:
        assert set(connection.execute(sa.select(Event.sender_id)).scalars()) == {SENDER}
    for table in (*HELD, "collection_cases"):
        assert expiries(engine, table) == {UNTIL}, table


def test_a_held_conversation_is_found_after_it_was_indexed_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        add_spoken(connection, start=NOW + DAY, period=PERIOD)
    hold(engine)
    with engine.begin() as connection:
        conversation_index.reindex(connection, SENDER, now=NOW)
        assert transcripts.find(connection, reference_of(SENDER), now=UNTIL - DAY) == SENDER
    for table in ("indexed_conversations", "indexed_messages"):
        assert all(UNTIL - end < DAY for end in expiries(engine, table)), table


def test_at_its_end_the_conversation_and_the_hold_go(engine: Engine) -> None:
    hold(engine)

    retention.purge(engine, now=UNTIL, periods=PERIODS)

    assert [table for table in (*HELD, "collection_cases", "holds") if count(engine, table)] == []


def test_a_release_gives_the_ordinary_term_back(engine: Engine) -> None:
    release(engine, hold(engine))

    for table in (*HELD, "collection_cases"):
        assert expiries(engine, table) == {NOW + PERIOD}, table
    assert count(engine, "holds") == 0


def test_a_release_shortens_what_reviewers_made_of_it_during_the_hold(engine: Engine) -> None:
    number = hold(engine)
    with engine.begin() as connection:
        for table in ("content_tasks", "queued_reviews"):
            add(connection, table, UNTIL, sender_id=SENDER)

    release(engine, number)

    for table in ("content_tasks", "queued_reviews"):
        assert expiries(engine, table) == {NOW + PERIOD}, table


def test_sessions_keep_their_own_terms_through_a_hold(engine: Engine) -> None:
    with engine.begin() as connection:
        add_spoken(connection, start=NOW + 10 * DAY, period=PERIOD)
    number = hold(engine)
    assert all(UNTIL - end < DAY for end in expiries(engine, "events"))

    release(engine, number)

    assert expiries(engine, "events") == {NOW + PERIOD, NOW + 10 * DAY + PERIOD}
    assert expiries(engine, "indexed_messages") == {NOW + PERIOD, NOW + 10 * DAY + PERIOD}
    assert expiries(engine, "conversations") == {NOW + 10 * DAY + PERIOD}


def test_what_is_written_during_a_hold_is_held_too_and_released_with_it(engine: Engine) -> None:
    number = hold(engine)
    with engine.begin() as connection:
        add_spoken(connection, start=NOW + 5 * DAY, period=PERIOD)
        holds.extend_held(connection, now=NOW + 5 * DAY)
        holds.extend_held(connection, now=NOW + 6 * DAY)
    assert all(UNTIL - end < DAY for end in expiries(engine, "events"))
    assert expiries(engine, "conversations") == {UNTIL}

    release(engine, number)

    assert expiries(engine, "events") == {NOW + PERIOD, NOW + 5 * DAY + PERIOD}


def test_two_years_from_the_oldest_session_are_the_most(engine: Engine) -> None:
    with engine.begin() as connection:
        add_spoken(connection, start=NOW + 10 * DAY, period=PERIOD)

    with pytest.raises(holds.HoldError) as refused:
        hold(engine, NOW + 731 * DAY)
    assert (refused.value.kind, refused.value.limit) == ("too_long", NOW + 730 * DAY)
    assert expiries(engine, "conversations") == {NOW + 10 * DAY + PERIOD}

    hold(engine, NOW + 730 * DAY)
    assert max(expiries(engine, "events")) == NOW + 730 * DAY


def test_a_hold_that_keeps_nothing_longer_is_refused(engine: Engine) -> None:
    with pytest.raises(holds.HoldError) as refused:
        hold(engine, NOW + PERIOD)
    assert (refused.value.kind, refused.value.limit) == ("too_short", NOW + PERIOD)


def test_a_conversation_is_held_once(engine: Engine) -> None:
    hold(engine)
    with pytest.raises(holds.HoldError) as refused:
        hold(engine, NOW + 400 * DAY)
    assert (refused.value.kind, refused.value.limit) == ("held", UNTIL)


@pytest.mark.parametrize(("sender_id", "now"), [("e" * 32, NOW), (SENDER, NOW + PERIOD)], ids=["unknown", "expired"])
def test_what_is_not_stored_any_more_cannot_be_held(engine: Engine, sender_id: str, now: datetime) -> None:
    with pytest.raises(holds.HoldError) as refused:
        hold(engine, sender_id=sender_id, now=now)
    assert refused.value.kind == "unknown"


def test_the_reason_is_masked_and_the_list_shows_what_is_in_force(engine: Engine) -> None:
    with engine.begin() as connection:
        holds.make(connection, SENDER, reason="Kantelu 010190-987N", until=UNTIL, by="pia", now=NOW)
    with engine.connect() as connection:
        (found,) = holds.find_all(connection, now=NOW)
        assert holds.held_until(connection, now=NOW) == {SENDER: UNTIL}
        assert holds.find_all(connection, now=UNTIL) == []
        assert holds.find(connection, found.id, now=UNTIL) is None
    assert "010190-987N" not in found.reason
    assert "Kantelu" in found.reason


def test_the_condition_tells_held_conversations_from_others(engine: Engine) -> None:
    hold(engine)

    def held(connection: Connection, now: datetime) -> set[str]:
        column = Event.__table__.c.sender_id
        return set(connection.execute(sa.select(column).where(holds.hold_condition(column, now))).scalars())

    with engine.connect() as connection:
        assert held(connection, NOW) == {SENDER}
        assert held(connection, UNTIL) == set()
