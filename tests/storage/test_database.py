"""The database is one of the two that are tested, opened in a way that forgets what is deleted."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from components.storage import database
from components.storage.database import POSTGRESQL_LOCK_MILLISECONDS, migrate, open_database
from components.storage.models import Base
from components.storage.partitions import PARTITIONED

from .conftest import MakeStore


@pytest.fixture
def postgresql_url(empty_postgresql_url: str) -> str:
    """Here the tables are still to be made."""
    return empty_postgresql_url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://luotsi:hunter2@host/luotsi", "'mysql' is not supported"),
        ("mssql+pyodbc://luotsi:hunter2@host/luotsi", "'mssql+pyodbc' is not supported"),
        ("postgresql+asyncpg://luotsi:hunter2@host/luotsi", "'postgresql+asyncpg' is not supported"),
        ("hunter2", "cannot be read"),
        ("postgresql://luotsi:hunter2@host:port/luotsi", "cannot be read"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:///file:luotsi?mode=memory&uri=true", "must be a file"),
    ],
)
def test_another_database_is_refused_with_the_mend_and_without_its_password(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match="LUOTSI_DATABASE_URL") as error:
        open_database(url)
    assert reason in str(error.value)
    assert "postgresql+psycopg2://" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_store_does_not_open_another_database(make_store: MakeStore) -> None:
    with pytest.raises(ValueError, match="not supported"):
        make_store("mysql://luotsi@host/luotsi")


def test_sqlite_writes_ahead_and_overwrites_what_is_deleted(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
    engine.dispose()


def test_a_deleted_text_is_not_left_in_the_sqlite_file(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_database(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE words (word TEXT)")
        connection.exec_driver_sql("INSERT INTO words VALUES ('ephemeral-word')")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"ephemeral-word" in (tmp_path / "luotsi.sqlite").read_bytes()
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM words")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in tmp_path.iterdir():
        assert b"ephemeral-word" not in file.read_bytes()
    engine.dispose()


def test_postgresql_waits_for_a_lock_no_longer_than_sqlite_does(postgresql_url: str) -> None:
    engine = open_database(postgresql_url)
    with engine.connect() as connection:
        assert (
            connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == f"{POSTGRESQL_LOCK_MILLISECONDS // 1000}s"
        )
        assert connection.exec_driver_sql("SHOW timezone").scalar_one() == "UTC"
    engine.dispose()


def test_errors_hide_the_parameters_of_a_statement(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    with pytest.raises(sa.exc.DBAPIError) as error, engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:word)"), {"word": "secret-word"})
    engine.dispose()
    assert "secret-word" not in str(error.value)


def is_of_the_database(name: str) -> bool:
    """Tell whether a table is a partition, or belongs to SQLite's full text."""
    return name.startswith("message_search") or is_partition(name)


def is_partition(name: str) -> bool:
    return re.fullmatch(rf"({'|'.join(PARTITIONED)})_(default|\d{{4}}(_\d\d){{1,2}})", name) is not None


def test_the_migrated_schema_is_the_one_of_the_models(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "target_metadata": Base.metadata,
                "include_name": lambda name, kind, _: kind != "table" or not is_of_the_database(name),
            },
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO conversations (sender_id, session_started_at, last_event_at, expires_at, state) "
            "VALUES ('a', '2026-01-01', '2026-01-01', '2028-01-01', '{}')"
        )
    migrate(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM conversations").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar_one() == 1
    engine.dispose()


def test_servers_that_start_together_migrate_once(url: str, tmp_path: Path) -> None:
    # Processes of their own: within one process a lock keeps migrations apart anyway.
    gate = tmp_path / "go"
    script = (
        "import pathlib, sys, time\n"
        "from components.storage.database import migrate, open_database\n"
        "engine = open_database(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.001)\n"
        "migrate(engine)\n"
    )
    servers = [
        subprocess.Popen([sys.executable, "-c", script, url, str(gate)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for server in servers:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
    gate.touch()
    endings = [server.communicate(timeout=60) for server in servers]
    assert [server.returncode for server in servers] == [0, 0], endings


def test_a_server_waits_while_another_one_migrates(postgresql_url: str) -> None:
    other, engine = open_database(postgresql_url), open_database(postgresql_url)
    migrating = threading.Thread(target=migrate, args=(engine,))
    with other.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({database._MIGRATION_KEY})")
        migrating.start()
        # Longer than an ordinary statement waits for a lock.
        migrating.join(timeout=POSTGRESQL_LOCK_MILLISECONDS / 1000 + 0.5)
        assert migrating.is_alive()
        assert sa.inspect(connection).get_table_names() == []
    migrating.join(timeout=20)
    assert set(sa.inspect(engine).get_table_names()) >= set(Base.metadata.tables)
    for each in (other, engine):
        each.dispose()


def test_a_migration_that_fails_leaves_no_trace(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE events (somebody_elses INTEGER)")
    with pytest.raises(sa.exc.DBAPIError):
        migrate(engine)
    with engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"events"}
    engine.dispose()


def test_a_database_of_a_newer_version_stops_the_start(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Exception, match="9999"):
        migrate(engine)
    engine.dispose()
