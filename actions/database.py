"""The database of the action server: opened once, from the same settings as the server's."""

from __future__ import annotations

import functools
import os

from sqlalchemy.engine import Engine

from components.settings import database_url
from components.storage.database import open_database


@functools.cache
def engine() -> Engine:
    """Return the engine; raises SettingsError or ValueError when the address is missing or of another kind.

    The schema is the server's to bring up to date.
    """
    return open_database(database_url(os.environ))
