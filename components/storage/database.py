"""Opening the database: SQLite in write-ahead mode by default, PostgreSQL for production."""

from __future__ import annotations

import datetime
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL
from sqlalchemy.pool import QueuePool

from components.storage.partitions import create_partitions

_SQLITE_RETRY_SECONDS = 0.05
_MIGRATION_WAIT_MILLISECONDS = 30_000
SQLITE_BUSY_MILLISECONDS = 2_000
POSTGRESQL_POOL_SIZE = 10
POSTGRESQL_LOCK_MILLISECONDS = 2_000
POSTGRESQL_STATEMENT_MILLISECONDS = 30_000

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_KEY = 7_105_573  # any number, the same on every server
# Alembic keeps the migration it is running in module globals.
_migrating = threading.Lock()


def open_database(url: str) -> Engine:
    """Return an engine for `url` (sqlite:///… or postgresql+psycopg2://…).

    Raises ValueError for other databases, because retention and full-text search are tested on these two, and for an
    SQLite database in memory, which would be another one for every connection. The message never quotes the address,
    as it may hold a password.
    """
    try:
        parsed = sa.engine.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise ValueError(_refusal("the address cannot be read")) from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _open_sqlite(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg2"):
        return _open_postgresql(parsed)
    raise ValueError(_refusal(f"the database '{parsed.drivername}' is not supported"))


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version; does nothing when it is there already.

    One transaction on both databases: it succeeds or leaves no trace, and servers that start together wait for one
    another. The partitions of the time to come are made afterwards.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with _migrating, engine.begin() as connection:
        _wait_for_other_servers(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    create_partitions(engine, now=datetime.datetime.now(datetime.timezone.utc))


def _refusal(reason: str) -> str:
    return (
        f"LUOTSI_DATABASE_URL: {reason}; use sqlite:////path/to/luotsi.sqlite or "
        "postgresql+psycopg2://user:password@host/database."
    )


def _open_sqlite(url: URL) -> Engine:
    name = url.database or ""
    if not name or ":memory:" in name or "mode" in url.query:
        raise ValueError(_refusal("an SQLite database must be a file"))
    # SQLAlchemy would open a connection for every statement, and SQLite tidies its log away whenever the last closes.
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_MILLISECONDS / 1000},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    _use_write_ahead_log(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    # Deleted conversations must not be readable in the file's free pages.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _use_write_ahead_log(cursor: Any) -> None:
    # SQLite does not wait by itself when two servers change a new file's mode at the same moment.
    deadline = time.monotonic() + SQLITE_BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_SQLITE_RETRY_SECONDS)


def _open_postgresql(url: URL) -> Engine:
    engine = sa.create_engine(
        url,
        pool_size=POSTGRESQL_POOL_SIZE,
        pool_pre_ping=True,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={"connect_timeout": 5},
    )
    sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A server that hangs in the middle of a transaction must not make the others wait for ever.
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {POSTGRESQL_LOCK_MILLISECONDS}")
    cursor.execute(f"SET statement_timeout = {POSTGRESQL_STATEMENT_MILLISECONDS}")
    cursor.execute("SET timezone = 'UTC'")
    cursor.close()
    connection.commit()


def _wait_for_other_servers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_MIGRATION_WAIT_MILLISECONDS}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {SQLITE_BUSY_MILLISECONDS}")
        return
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_KEY})")
