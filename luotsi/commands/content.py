"""`luotsi content`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from luotsi.paths import FAQ


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    check = tasks.add_parser("check", help="check every topic", description="Check every topic file.")
    check.add_argument("folder", nargs="?", type=Path, default=FAQ, help="content folder (default: data/faq)")
    check.set_defaults(run=run_check)


def run_check(options: argparse.Namespace) -> int:
    """Print every problem, or a summary when there is none."""
    from components.content.catalogue import read_topics
    from components.content.schema import LANGUAGES

    entries, problems = read_topics(options.folder)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        sys.stderr.write(f"{len(problems)} problems. Mend them; training refuses this content.\n")
        return 1
    agencies = Counter(entry.agency for entry in entries)
    counts = ", ".join(f"{count} {agency}" for agency, count in agencies.items())
    examples = ", ".join(f"{sum(len(e.examples(language)) for e in entries)} {language}" for language in LANGUAGES)
    print(f"{len(entries)} topics in order ({counts}); examples: {examples}.")
    return 0
