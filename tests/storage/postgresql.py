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


class PostgresqlServer:
    """A server in a temporary folder, reached through a socket in it; it can be stopped and started again."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")  # noqa: S108 - a disk in memory, where there is one, makes the tests twice as quick
        self._folder = Path(tempfile.mkdtemp(prefix="luotsi-pg-", dir=memory if memory.is_dir() else None))
        self._server = pgserver.get_server(self._folder, cleanup_mode="stop")
        # Safe for data that lives as long as a test, and far quicker.
        self._server.psql("ALTER SYSTEM SET fsync = off;")
        self._server.psql("SELECT pg_reload_conf();")

    def new_database(self) -> str:
        """Create a database and return its SQLAlchemy address."""
        name = f"luotsi_{uuid.uuid4().hex}"
        folder = self._server.get_postmaster_info().socket_dir
        connection = psycopg2.connect(host=str(folder), user="postgres", dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        return f"postgresql+psycopg2://postgres@/{name}?host={folder}"

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
