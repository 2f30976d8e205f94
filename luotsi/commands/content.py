"""`luotsi content`."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from luotsi.paths import FAQ, ROOT

if TYPE_CHECKING:
    from components.content.catalogue import CatalogueEntry
    from luotsi.content_checks.remarks import Remark

_REPORTS = ROOT / "results" / "content"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    check = tasks.add_parser(
        "check",
        help="check every topic",
        description="Check every topic, and the announcements unless a folder is given. Errors give the exit status 1; "
        "those of topics stop the training. Remarks do not.",
    )
    check.add_argument("folder", nargs="?", type=Path, default=FAQ, help="content folder (default: data/faq)")
    check.add_argument("--quick", action="store_true", help="do not look for examples that are nearly the same")
    check.add_argument("--strict", action="store_true", help="count remarks as errors")
    check.set_defaults(run=run_check)
    report = tasks.add_parser(
        "report",
        help="write a page about the content and how well the model understands its examples",
        description="Write a page about the content: sizes, cross-validated figures, confusions, remarks.",
    )
    report.add_argument(
        "--output", type=Path, default=_REPORTS, metavar="DIR", help="write there (default: results/content)"
    )
    report.add_argument("--language", choices=["fi", "en"], default="fi", help="of the page (default: fi)")
    report.add_argument("--quick", action="store_true", help="without cross-validation and nearly equal examples")
    report.set_defaults(run=run_report)


def run_check(options: argparse.Namespace) -> int:
    """Print every error and remark, or a summary when there is no error."""
    from components.content.catalogue import read_topics
    from luotsi.content_checks.words import line

    entries, problems = read_topics(options.folder)
    remarks = _remarks(entries, options.folder, quick=options.quick)
    faults = _faults_of_announcements() if options.folder == FAQ else []
    errors = [_from_here(str(problem)) for problem in problems] + [_from_here(fault) for fault in faults]
    told = [_from_here(line(remark)) for remark in remarks]
    if options.strict:
        errors, told = errors + told, []
    if told:
        print("Remarks, which do not stop the training:")
        print("\n".join(told))
    if errors:
        sys.stderr.write("Errors:\n")
        for error in errors:
            sys.stderr.write(f"{error}\n")
        consequence = "--strict counts remarks as errors"
        if problems:
            consequence = "training refuses this content"
        elif faults:
            consequence = "the server keeps the announcements that it read before"
        sys.stderr.write(f"{len(errors)} errors, {len(told)} remarks. Mend the errors; {consequence}.\n")
        return 1
    print(f"{_summary(entries)}; remarks: {len(remarks)}.")
    return 0


def run_report(options: argparse.Namespace) -> int:
    """Write the page, unless the content has errors."""
    from components.content.catalogue import read_topics
    from luotsi.content_report.render import Report, html
    from luotsi.cross_validation import cross_validate

    entries, problems = read_topics(FAQ)
    if problems:
        sys.stderr.write("The content has errors, so nothing can be measured; `luotsi content check` lists them.\n")
        return 1
    remarks = _remarks(entries, FAQ, quick=options.quick)
    outcomes = None if options.quick else cross_validate(folds=5, progress=_progress)
    now = datetime.datetime.now(datetime.timezone.utc)
    page = html(Report(now, tuple(entries), tuple(remarks), tuple(outcomes) if outcomes else None), options.language)
    path = options.output / f"report.{options.language}.html"
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"The report cannot be written ({error.strerror}); choose another --output.\n")
        return 2
    print(f"{_summary(entries)}; remarks: {len(remarks)}. The report: {path}")
    return 0


def _remarks(entries: list[CatalogueEntry], folder: Path, *, quick: bool) -> list[Remark]:
    from luotsi.content_checks.run import check_content

    today = datetime.datetime.now(datetime.timezone.utc).date()
    if quick:
        return check_content(entries, folder=folder, today=today)
    # Rasa comes with it and is slow to load.
    from components.nlu.example_vectors import encode_examples

    return check_content(entries, folder=folder, today=today, encode=encode_examples)


def _faults_of_announcements() -> list[str]:
    from components.channels.announcements import announcements_file, load_announcements
    from components.located_yaml import FileError

    try:
        load_announcements(announcements_file())
    except FileError as error:
        return str(error).splitlines()
    return []


def _from_here(located: str) -> str:
    """Shorten a path below the current folder."""
    return located.removeprefix(f"{Path.cwd()}/")


def _summary(entries: list[CatalogueEntry]) -> str:
    from components.content.schema import LANGUAGES

    agencies = Counter(entry.agency for entry in entries)
    counts = ", ".join(f"{count} {agency}" for agency, count in agencies.items())
    examples = ", ".join(f"{sum(len(e.examples(language)) for e in entries)} {language}" for language in LANGUAGES)
    return f"{len(entries)} topics in order ({counts}); examples: {examples}"


def _progress(step: str) -> None:
    print(f"… {step}", flush=True)
