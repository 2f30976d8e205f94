"""`luotsi receipt`."""

from __future__ import annotations

import argparse
import os
import sys

UNKNOWN, CANNOT_TELL = 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("code", help="the code that the customer was given, such as BCDF-GHJK-LMNP")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tell when something was erased under a receipt's code, and how much."""
    from sqlalchemy.exc import SQLAlchemyError

    from components.settings import SettingsError, database_url
    from components.storage.database import open_database
    from components.storage.rights import confirm

    try:
        receipt = confirm(open_database(database_url(os.environ)), options.code)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_TELL
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        sys.stderr.write(
            f"The database cannot be asked ({kind}). Is it running, and has the server been started once?\n"
        )
        return CANNOT_TELL
    if receipt is None:
        sys.stdout.write("Nothing was erased under this code.\n")
        return UNKNOWN
    counts = ", ".join(f"{name} {count}" for name, count in receipt.counts.items())
    sys.stdout.write(f"{receipt.code} was erased on {receipt.erased_at:%Y-%m-%d %H:%M} UTC: {counts}.\n")
    return 0
