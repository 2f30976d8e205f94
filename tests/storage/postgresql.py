"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import uuid
from pathlib import Path

import pgserver
import psycopg2
from sqlalchemy.engine import make_url

from components.storage.database import migrate, open_database

_TEMPLATE = "luotsi_template"


class PostgresqlServer:
    """A server in a temporary folder, reached through a socket in it; it can be stopped and started again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="luotsi-pg-"))
        self._has_template = False
        self._server = pgserver.get_server(self._folder, cleanup_mode="stop")
        # Safe for data that lives as long as a test, and far quicker.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._server.psql(f"ALTER SYSTEM SET {setting} = off;")
        self._server.psql("SELECT pg_reload_conf();")

    def new_database(self, *, empty: bool = False) -> str:
        """Create a database of the newest version, or an empty one, and return its SQLAlchemy address."""
        name = f"luotsi_{uuid.uuid4().hex}"
        if empty:
            self._administer(f"CREATE DATABASE {name}")
        else:
            # A copy is made ten times as quickly as all migrations are run.
            self._administer(f"CREATE DATABASE {name} TEMPLATE {self._template()}")
        return self._address(name)

    def _template(self) -> str:
        if not self._has_template:
            self._administer(f"CREATE DATABASE {_TEMPLATE}")
            engine = open_database(self._address(_TEMPLATE))
            migrate(engine)
            engine.dispose()
            self._has_template = True
        return _TEMPLATE

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg2://postgres@/{name}?host={self._socket_folder()}"

    def drop_database(self, url: str) -> None:
        """Remove a database that a test is done with: thousands of them would fill the disk."""
        self._administer(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        connection = psycopg2.connect(host=self._socket_folder(), user="postgres", dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def _socket_folder(self) -> str:
        return str(self._server.get_postmaster_info().socket_dir)

    def stop(self) -> None:
        """Stop the server as an administrator would, with clients connected."""
        pid = self._server.get_pid()
        if pid is None:
            raise RuntimeError("the server is not running")
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 20
        while (self._folder / "postmaster.pid").exists():
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL does not stop")
            time.sleep(0.02)

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """End the server and remove its folder."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
