"""`luotsi retention`."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from components.storage.retention import BeforeDelete, Periods, Status

logger = logging.getLogger(__name__)

EVERY_MINUTES = 30
RETRY_SECONDS = 60.0

Training = tuple[tuple[bytes, ...], int]
"""The secret keys, newest first, and how many conversations must hold a sentence."""

ALARM, CANNOT_TELL = 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    run = tasks.add_parser("run", help="delete what has expired", description="Delete what has expired, for good.")
    how_often = run.add_mutually_exclusive_group()
    how_often.add_argument("--once", action="store_true", help="once, for a timer; exits with 1 when it fails")
    how_often.add_argument(
        "--every",
        type=_minutes,
        default=EVERY_MINUTES,
        metavar="MINUTES",
        help=f"again and again (default: every {EVERY_MINUTES} minutes)",
    )
    run.set_defaults(run=_run)
    dry_run = tasks.add_parser("dry-run", help="tell what would go", description="Tell what would go; delete nothing.")
    dry_run.set_defaults(run=_dry_run)
    status = tasks.add_parser(
        "status",
        help="tell whether everything is deleted on time",
        description="Tell whether everything is deleted on time. Exits with 1 on an alarm, with 2 when it cannot tell.",
    )
    status.add_argument("--prometheus", action="store_true", help="as metrics for a textfile collector")
    status.set_defaults(run=_status)


def _minutes(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {24 * 60}")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from components.privacy import install_log_filter

    install_log_filter()
    logging.basicConfig(
        level=os.environ.get("LUOTSI_LOG_LEVEL", "INFO").upper(), format="%(asctime)s %(levelname)-8s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        engine, periods = _open()
        training = _training()
    except ValueError as error:
        sys.stderr.write(f"Luotsi does not start. {error}\n")
        return CANNOT_TELL
    if options.once:
        return 0 if _purge(engine, periods, training) else 1
    repeat(lambda: _purge(engine, periods, training), every=options.every * 60.0)
    return 0


def repeat(task: Callable[[], bool], *, every: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Do a task at once and then every `every` seconds; after a failure (False) try sooner.

    The beats stay where they are, however long the task takes; one that is missed is left out. Ends only with an
    exception of the task.
    """
    beat = clock()
    while True:
        done = task()
        now = clock()
        while beat <= now:
            beat += every
        time.sleep(beat - now if done else min(beat - now, RETRY_SECONDS))


def _open() -> tuple[Engine, Periods]:
    """Return the engine and the periods of the environment; raises ValueError for an unsafe setting."""
    from components import settings
    from components.storage.database import open_database
    from components.storage.retention import Periods

    return open_database(settings.database_url(os.environ)), Periods.from_environment(os.environ)


def _training() -> Training | None:
    """Return how to collect sentences for training, or None; raises ValueError for an unsafe setting."""
    from components import settings

    if not settings.training_export(os.environ):
        return None
    key = settings.secret_key(os.environ)
    return (key, *settings.previous_secret_keys(os.environ, key)), settings.training_k(os.environ)


def _before_delete(training: Training | None, now: datetime.datetime) -> BeforeDelete | None:
    if training is None:
        return None
    # It reads large word lists, which a purge without it does not need.
    from components.storage.training_export import collector

    keys, k = training
    return collector(keys, k=k, now=now)


def _purge(engine: Engine, periods: Periods, training: Training | None = None) -> bool:
    """Purge and tell how it went; whatever happens, it is told rather than raised."""
    from components.storage.database import migrate
    from components.storage.retention import alarms, purge

    try:
        migrate(engine)
        now = datetime.datetime.now(datetime.timezone.utc)
        deleted = purge(engine, now=now, periods=periods, before_delete=_before_delete(training, now))
    except Exception as error:  # the text of an error may quote what is stored
        logger.error("What has expired could not be deleted (%s); trying again.", _kind(error))
        succeeded = False
    else:
        counts = ", ".join(f"{table} {rows}" for table, rows in sorted(deleted.items()))
        logger.info("What has expired is deleted: %s.", counts or "nothing")
        succeeded = True
    with contextlib.suppress(Exception):  # a database that is away has been told above
        for alarm in alarms(engine):
            logger.error("Retention alarm: %s.", alarm)
    return succeeded


def _dry_run(options: argparse.Namespace) -> int:
    def show(engine: Engine, periods: Periods) -> int:
        from components.storage.retention import preview

        found = preview(engine, periods=periods)
        for due in found.due:
            end = ", dropped as a whole" if due.whole else ""
            print(f"{due.partition or due.table}: {due.rows} rows{end}")
        for table, rows in sorted(found.shortened.items()):
            print(f"{table}: {rows} rows are kept for longer than the period that is set; they expire earlier")
        if not found.due and not found.shortened:
            print("Nothing has expired.")
        return 0

    return _ask(show)


def _status(options: argparse.Namespace) -> int:
    def show(engine: Engine, _periods: Periods) -> int:
        from components.storage.retention import status

        found = status(engine)
        if options.prometheus:
            sys.stdout.write(_metrics(found))
        else:
            print("\n".join(_report(found)))
        return ALARM if found.alarms else 0

    return _ask(show)


def _ask(show: Callable[[Engine, Periods], int]) -> int:
    try:
        engine, periods = _open()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_TELL
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return show(engine, periods)
    except SQLAlchemyError as error:
        sys.stderr.write(
            f"The database cannot be asked ({_kind(error)}). Is it running, and has the server been started once?\n"
        )
        return CANNOT_TELL
    finally:
        engine.dispose()


def _kind(error: Exception) -> str:
    return type(getattr(error, "orig", None) or error).__name__


def _report(status: Status) -> Iterator[str]:
    line = "{:<21} {:>10} {:>10}  {:<16}  {:<16}".format
    yield line("table", "rows", "overdue", "oldest (UTC)", "next due (UTC)").rstrip()
    for table in status.tables:
        times = (f"{time:%Y-%m-%d %H:%M}" if time else "-" for time in (table.oldest, table.next_due))
        yield line(table.table, table.rows, table.overdue, *times).rstrip()
    yield ""
    yield f"Last success: {f'{status.last_success:%Y-%m-%d %H:%M} UTC' if status.last_success else 'never'}"
    counts = ", ".join(f"{table} {rows}" for table, rows in sorted(status.deleted.items()))
    yield f"Deleted during the last 24 hours: {counts or 'nothing'}"
    for alarm in status.alarms:
        yield f"ALARM: {alarm}."


def _metrics(status: Status) -> str:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    last_success = Gauge(
        "luotsi_retention_last_success_timestamp_seconds",
        "When a purge last succeeded; 0 when none ever has.",
        registry=registry,
    )
    alarms = Gauge("luotsi_retention_alarms", "How many reasons for an alarm there are.", registry=registry)
    by_table = {
        "rows": "Rows in the table.",
        "overdue_rows": "Rows that have expired but are still there.",
        "deleted_rows": "Rows deleted during the last 24 hours.",
    }
    gauges = {
        name: Gauge(f"luotsi_retention_{name}", text, ["table"], registry=registry) for name, text in by_table.items()
    }
    last_success.set(status.last_success.timestamp() if status.last_success else 0)
    alarms.set(len(status.alarms))
    for table in status.tables:
        gauges["rows"].labels(table.table).set(table.rows)
        gauges["overdue_rows"].labels(table.table).set(table.overdue)
        gauges["deleted_rows"].labels(table.table).set(status.deleted.get(table.table, 0))
    return generate_latest(registry).decode()
