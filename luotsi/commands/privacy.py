"""`luotsi privacy`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from luotsi.paths import ROOT

if TYPE_CHECKING:
    from luotsi.privacy_record.document import Document

DOES_NOT_HOLD, CANNOT_TELL = 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    record = tasks.add_parser(
        "record",
        help="the record of processing activities (GDPR Article 30)",
        description="Make the record of processing activities from the configuration in use. Needs no database.",
    )
    record.add_argument("--language", choices=["fi", "en"], default="fi", help="(default: fi)")
    record.add_argument("--format", choices=["markdown", "html", "pdf"], default="markdown", help="(default: markdown)")
    record.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to standard output")
    record.set_defaults(run=_record)
    check = tasks.add_parser(
        "check",
        help="check what Luotsi claims about personal data",
        description="Check the configuration, the masking and the database. Exits with 1 when a claim does not hold, "
        "with 2 when one cannot be checked.",
    )
    check.set_defaults(run=_check)


def _rendered(document: Document, form: str) -> bytes:
    from luotsi.privacy_record import render

    if form == "pdf":
        from luotsi.privacy_record.pdf import pdf

        return pdf(document)
    return (render.html if form == "html" else render.markdown)(document).encode()


def _record(options: argparse.Namespace) -> int:
    return _told(lambda: _make_record(options))


def _check(options: argparse.Namespace) -> int:
    return _told(_check_claims)


def _told(task: Callable[[], int]) -> int:
    from components.located_yaml import FileError

    try:
        return task()
    except FileError as error:  # the anonymiser reads its settings as soon as it is imported
        sys.stderr.write(f"Nothing can be said. {error}\n")
        return CANNOT_TELL


def _make_record(options: argparse.Namespace) -> int:
    from luotsi.privacy_record.collect import RecordError, collect
    from luotsi.privacy_record.document import write

    if options.format == "pdf" and options.output is None and sys.stdout.isatty():
        sys.stderr.write("A PDF is nothing for the terminal: add --output FILE.\n")
        return CANNOT_TELL
    try:
        document = write(collect(os.environ, root=ROOT), options.language)
    except RecordError as error:
        sys.stderr.write(f"No record is made. {error}\n")
        return CANNOT_TELL
    content = _rendered(document, options.format)
    if options.output is None:
        sys.stdout.buffer.write(content)
        return 0
    try:
        options.output.write_bytes(content)
    except OSError as error:
        sys.stderr.write(f"The record cannot be written ({error.strerror}); choose another --output.\n")
        return CANNOT_TELL
    return 0


def _check_claims() -> int:
    from luotsi.privacy_record.checks import check

    words = {True: "yes", False: "NO", None: "?"}
    results = list(check(os.environ, root=ROOT))
    for result in results:
        trouble = f": {result.trouble}" if result.trouble else ""
        print(f"{words[result.holds]:<4} {result.claim}{trouble}.")
    found = {result.holds for result in results}
    return DOES_NOT_HOLD if False in found else CANNOT_TELL if None in found else 0
