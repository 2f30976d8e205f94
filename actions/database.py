"""The database of the action server, opened once from the same settings as the server's, and staff's switches in it."""

from __future__ import annotations

import functools
import os

from sqlalchemy.engine import Engine

from components.settings import database_url
from components.storage.database import open_database
from components.storage.switches import Feature, Switches


@functools.cache
def engine() -> Engine:
    """Return the engine; raises SettingsError or ValueError when the address is missing or of another kind.

    The schema is the server's to bring up to date.
    """
    return open_database(database_url(os.environ))


def is_on(feature: Feature) -> bool:
    """Tell whether staff let a feature be used; without a database to ask everything is in use."""
    try:
        return _switches().is_on(feature)
    except ValueError:  # the start of the action server has said which setting is wrong
        return True


@functools.cache
def _switches() -> Switches:
    return Switches(engine())
