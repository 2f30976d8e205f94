"""Asking the database from the command line, and saying in a sentence why that cannot be done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

CANNOT_TELL = 2
"""The exit status of a command that could not ask."""


def ask_database(task: Callable[[Engine], int]) -> int:
    """Do a task with the database of the settings and return its exit status, or CANNOT_TELL after a sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    from components import settings
    from components.storage.database import open_database

    try:
        engine = open_database(settings.database_url(os.environ))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_TELL
    try:
        return task(engine)
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_TELL
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        sys.stderr.write(
            f"The database cannot be asked ({kind}). Is it running, and has the server been started once?\n"
        )
        return CANNOT_TELL
    finally:
        engine.dispose()
