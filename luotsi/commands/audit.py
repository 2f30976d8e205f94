"""`luotsi audit`."""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from luotsi.asking import ask_database

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from components.storage.audit import Checked, Entry

BROKEN = 1
_END = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_COLUMNS = ("number", "time", "actor", "action", "target", "details")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    verify = tasks.add_parser(
        "verify",
        help="tell whether the log is whole",
        description="Walk through the whole log and tell whether anything was changed, taken out or put in. Exits with "
        "1 when it was, with 2 when that cannot be told. Entries under earlier keys need these in "
        "LUOTSI_PREVIOUS_SECRET_KEYS.",
    )
    verify.add_argument(
        "--expect",
        type=_end,
        metavar="NUMBER:DIGEST",
        help="an end of the log as an earlier check told it: shows that the log was not exchanged as a whole",
    )
    verify.set_defaults(run=_verify)
    export = tasks.add_parser(
        "export", help="write entries to standard output", description="Write entries, oldest first."
    )
    export.add_argument("--since", type=_day, metavar="DATE", help="from this day on (UTC), for example 2026-11-01")
    export.add_argument("--until", type=_day, metavar="DATE", help="before this day (UTC)")
    export.add_argument("--format", choices=["csv", "jsonl"], default="csv", help="(default: csv)")
    export.set_defaults(run=_export)


def _end(text: str) -> tuple[int, str]:
    match = _END.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no end of a log: copy number and digest as they were told")
    return int(match[1]), match[2]


def _day(text: str) -> datetime.datetime:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no date: write it like 2026-11-01") from None
    return datetime.datetime.combine(day, datetime.time(), tzinfo=datetime.timezone.utc)


def _verify(options: argparse.Namespace) -> int:
    def check(engine: Engine) -> int:
        from components.storage import audit
        from console.settings import ConsoleSettings

        keys = ConsoleSettings.from_environment(os.environ).derived_keys("audit")
        checked = audit.verify(engine, keys, known=options.expect)
        for line in _told(checked):
            print(line)
        return 0 if checked.problem is None else BROKEN

    return ask_database(check)


def _told(checked: Checked) -> Iterator[str]:
    from components.storage.audit import Problem

    sentences = {
        None: "The audit log is whole.",
        Problem.CHANGED: f"BROKEN: entry {checked.number} was changed, or it is signed under a key that is not in the "
        "settings any more.",
        Problem.MISSING: f"BROKEN: entry {checked.number} is missing from the middle of the log.",
        Problem.MISSING_AT_END: f"BROKEN: the end of the log is missing, from entry {checked.number} on.",
        Problem.PUT_IN: f"BROKEN: entry {checked.number} was put in by something other than Luotsi.",
        Problem.OTHER_HISTORY: f"BROKEN: entry {checked.number} is not the one that was noted; the log was exchanged.",
    }
    yield sentences[checked.problem]
    yield f"Entries checked: {checked.entries}"
    if checked.purged:
        yield f"Entries up to {checked.purged} were deleted when they expired."
    if checked.problem is None and checked.last:
        yield f"End of the log, to be noted elsewhere: {checked.last}:{checked.digest}"


def _export(options: argparse.Namespace) -> int:
    def write(engine: Engine) -> int:
        from components.storage import audit

        with engine.connect() as connection:
            found = audit.entries(connection, since=options.since, until=options.until)
            (_write_lines if options.format == "jsonl" else _write_table)(found)
        return 0

    return ask_database(write)


def _write_lines(found: Iterator[Entry]) -> None:
    for entry in found:
        row = dict(zip(_COLUMNS, _row(entry), strict=True))
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write_table(found: Iterator[Entry]) -> None:
    from console.spreadsheets import harmless

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in found:
        *cells, details = _row(entry)
        writer.writerow([harmless(cell) for cell in (*cells, json.dumps(details, ensure_ascii=False))])


def _row(entry: Entry) -> tuple[object, ...]:
    return (entry.number, entry.occurred_at.isoformat(), entry.actor, entry.action, entry.target, entry.details)
