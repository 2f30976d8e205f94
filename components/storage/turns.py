"""Turns of those who work through the whole database, so that no two of them hold rows that the other waits for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.engine import Connection, Engine

from components.storage import database

_LOCK_KEY = 7_105_575  # any number, the same on every server
_WAIT_MILLISECONDS = 30_000


@contextlib.contextmanager
def turn(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that no other turn's transaction overlaps with; the service itself takes no turns."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_WAIT_MILLISECONDS}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {database.SQLITE_BUSY_MILLISECONDS}")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_WAIT_MILLISECONDS}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {database.POSTGRESQL_LOCK_MILLISECONDS}")
        yield connection
