"""Every version of the schema takes over what the one before has kept, in both directions."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

from components.storage.database import _MIGRATIONS, migrate, open_database

UTC = datetime.timezone.utc
EXPIRIES = [
    datetime.datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime.datetime(2024, 3, 1, tzinfo=UTC),
    datetime.datetime(2028, 6, 15, 12, tzinfo=UTC),
    datetime.datetime(2028, 6, 15, 12, tzinfo=UTC),
]


@pytest.fixture
def postgresql_url(empty_postgresql_url: str) -> str:
    """Here the tables are still to be made."""
    return empty_postgresql_url


def to_version(engine: Engine, version: str, *, up: bool = True) -> None:
    """Bring a database to a version that is not the newest."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, version)


@pytest.fixture
def engine(url: str) -> Engine:
    """A database of the first version with a conversation in it."""
    engine = open_database(url)
    to_version(engine, "0001")
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO conversations (sender_id, session_started_at, last_event_at, expires_at, state) "
                "VALUES ('a', '2026-01-01', '2026-01-01', '2028-06-15 12:00:00.000000', '{}')"
            )
        )
        for number, expiry in enumerate(EXPIRIES):
            connection.execute(
                sa.text(
                    "INSERT INTO events (sender_id, write_id, type_name, occurred_at, expires_at, data) "
                    "VALUES ('a', 'w', 'user', '2026-01-01 00:00:00.000000', :expiry, :data)"
                ),
                {"expiry": expiry.strftime("%Y-%m-%d %H:%M:%S.%f"), "data": f"event {number}"},
            )
    return engine


def events(engine: Engine) -> list[tuple[int, str, str]]:
    """The events in their order."""
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id, expires_at, data FROM events ORDER BY id")).all()
    return [(row.id, str(row.expires_at)[:19], row.data) for row in rows]


EXPECTED = [(n, expiry.strftime("%Y-%m-%d %H:%M:%S"), f"event {n - 1}") for n, expiry in enumerate(EXPIRIES, start=1)]


def test_events_are_carried_over(engine: Engine) -> None:
    assert events(engine) == EXPECTED
    migrate(engine)
    assert events(engine) == EXPECTED
    with engine.connect() as connection:
        versions = connection.execute(sa.text("SELECT DISTINCT anonymiser_version, special_category FROM events")).all()
        assert [tuple(row) for row in versions] == [(0, False)]
        assert connection.execute(sa.text("SELECT count(*) FROM conversations")).scalar_one() == 1


def test_numbers_go_on_after_the_carried_events(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO events (sender_id, write_id, type_name, occurred_at, expires_at, data) "
                "VALUES ('a', 'w', 'user', '2026-01-01', '2028-01-01', 'new')"
            )
        )
    assert events(engine)[-1][0] == len(EXPIRIES) + 1


def test_carried_events_stand_in_the_partition_of_their_month(postgresql_url: str) -> None:
    engine = open_database(postgresql_url)
    to_version(engine, "0001")
    with engine.begin() as connection:
        for expiry in EXPIRIES:
            connection.execute(
                sa.text(
                    "INSERT INTO events (sender_id, write_id, type_name, occurred_at, expires_at, data) "
                    "VALUES ('a', 'w', 'user', now(), :expiry, 'x')"
                ),
                {"expiry": expiry},
            )
    migrate(engine)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT tableoid::regclass::text FROM events ORDER BY id")).scalars()
        assert list(found) == ["events_2024_02", "events_2024_03", "events_2028_06", "events_2028_06"]
    engine.dispose()


def test_the_way_back_keeps_the_events(engine: Engine) -> None:
    migrate(engine)
    to_version(engine, "0001", up=False)
    assert events(engine) == EXPECTED
    tables = set(sa.inspect(engine).get_table_names())
    assert tables == {"alembic_version", "conversations", "events"}
    migrate(engine)
    assert events(engine) == EXPECTED


def test_an_older_program_can_write_into_the_newer_schema(engine: Engine) -> None:
    """During an upgrade the old server runs until the new one has started."""
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO conversations (sender_id, channel, session_started_at, last_event_at, expires_at, state) "
                "VALUES ('b', 'web', '2026-01-01', '2026-01-01', '2028-01-01', '{}')"
            )
        )
