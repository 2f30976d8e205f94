"""`luotsi receipt`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from luotsi.asking import ask_database

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

UNKNOWN = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("code", help="the code that the customer was given, such as BCDF-GHJK-LMNP")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tell when something was erased under a receipt's code, and how much."""
    return ask_database(lambda engine: _tell(engine, options.code))


def _tell(engine: Engine, code: str) -> int:
    from components.storage.rights import confirm

    receipt = confirm(engine, code)
    if receipt is None:
        sys.stdout.write("Nothing was erased under this code.\n")
        return UNKNOWN
    counts = ", ".join(f"{name} {count}" for name, count in receipt.counts.items())
    sys.stdout.write(f"{receipt.code} was erased on {receipt.erased_at:%Y-%m-%d %H:%M} UTC: {counts}.\n")
    return 0
