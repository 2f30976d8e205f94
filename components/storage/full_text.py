"""Keeping deleted words out of SQLite's full-text index; PostgreSQL's forgets them at the next vacuum."""

from __future__ import annotations

import itertools
import time

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.turns import turn

_PAGES = 200
_LONGEST_PAUSE_SECONDS = 0.5


def forget_words(engine: Engine, *, steps: int | None = None) -> None:
    """Take the words of deleted messages out of the index of an SQLite file, in steps of some milliseconds.

    The index notes only that a message is gone; its words leave the file when all parts of the index are merged. After
    each step others may write for as long as it took. `steps` is how many there are at most; the next call goes on.
    """
    if engine.dialect.name != "sqlite":
        return
    for number in itertools.count() if steps is None else range(steps):
        begun = time.monotonic()
        with turn(engine) as connection:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            connection.execute(
                sa.text("INSERT INTO message_search (message_search, rank) VALUES ('merge', :pages)"),
                # A negative number begins a merge of all parts, a positive one goes on with it.
                {"pages": _PAGES if number else -_PAGES},
            )
            changes = connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before
        if changes < 2:  # nothing is left to merge: https://sqlite.org/fts5.html#the_merge_command
            return
        time.sleep(min(time.monotonic() - begun, _LONGEST_PAUSE_SECONDS))
