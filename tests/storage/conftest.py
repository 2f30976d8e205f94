"""Databases and stores for the tests of the storage package."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from components.storage import database, tracker_store
from components.storage.tracker_store import SanitisedTrackerStore

from .conversations import DOMAIN, settings
from .postgresql import PostgresqlServer


class MakeStore(Protocol):
    """Opens a store on a database, as one more server would."""

    def __call__(self, url: str, **options: Any) -> SanitisedTrackerStore:
        """Open it."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running PostgreSQL server."""
    try:
        server = PostgresqlServer()
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here, so nothing is tested against it: {error}")
    yield server
    server.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'luotsi.sqlite'}"


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The address of a PostgreSQL database of the newest version without rows, which goes with the test."""
    address = postgresql_server.new_database()
    yield address
    postgresql_server.drop_database(address)


@pytest.fixture
def empty_postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The address of a PostgreSQL database without even a table, for tests of how those are made."""
    address = postgresql_server.new_database(empty=True)
    yield address
    postgresql_server.drop_database(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a database without rows, each kind in turn; on SQLite the file is still to be made."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite_url", "empty_postgresql_url"], ids=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without even a table, each kind in turn."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def make_store() -> Iterator[MakeStore]:
    """Opens stores and closes their connections after the test."""
    stores: list[SanitisedTrackerStore] = []

    def make(url: str, **options: Any) -> SanitisedTrackerStore:
        options.setdefault("settings", settings(url))
        store = SanitisedTrackerStore(DOMAIN, **options)
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.engine.dispose()


@pytest.fixture
def store(url: str, make_store: MakeStore) -> SanitisedTrackerStore:
    """A store on an empty database."""
    return make_store(url)


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the waits for a database that cannot be written."""
    monkeypatch.setattr(database, "SQLITE_BUSY_MILLISECONDS", 50)
    monkeypatch.setattr(database, "POSTGRESQL_LOCK_MILLISECONDS", 50)
    monkeypatch.setattr(tracker_store, "RETRY_SECONDS", 0.05)
