"""`luotsi rescan`."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter

from luotsi.paths import ROOT

FAILED, CANNOT_START = 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "The service may run meanwhile. A scan that was stopped goes on when it is started again."
    parser.add_argument("--batch", type=_positive, metavar="N", help="rows in one transaction (default: 200)")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would change")
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100000")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Scan, and tell what changed."""
    from sqlalchemy.exc import SQLAlchemyError

    from components import settings
    from components.storage.database import open_database
    from components.storage.rescan import BATCH_SIZE, rescan

    try:
        engine = open_database(settings.database_url(os.environ))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_START
    try:
        found = rescan(engine, public=_published(), batch_size=options.batch or BATCH_SIZE, dry_run=options.dry_run)
    except SQLAlchemyError as error:  # its text may quote what is stored
        kind = type(getattr(error, "orig", None) or error).__name__
        sys.stderr.write(f"The database cannot be scanned ({kind}). What is done is done; start again to go on.\n")
        return FAILED
    finally:
        engine.dispose()
    would = "would be " if options.dry_run else ""
    for table, rows in sorted(found.seen.items()):
        left = f", {found.left[table]} left to the service" if found.left[table] else ""
        print(f"{table}: {rows} rows seen, {found.changed[table]} {would}changed{left}")
    print(f"Newly masked: {_listed(found.labels)}")
    print(f"Newly marked as mentioning a special category: {found.special_category}")
    return 0


def _published() -> frozenset[str]:
    """Return what the installed content publishes; the model need not be trained."""
    from components.content.importer import FaqImporter
    from components.storage.tracker_store import published_strings

    importer = FaqImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"))
    return published_strings(importer.get_domain())


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{label} {count}" for label, count in sorted(counts.items())) or "nothing"
