"""`luotsi train`."""

from __future__ import annotations

import argparse
import sys

from luotsi.assistant import newest_model
from luotsi.paths import FAQ, ROOT


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--force", action="store_true", help="train also when nothing changed")
    parser.add_argument(
        "--keep-vectors",
        action="store_true",
        help="also write the examples' sentence vectors into the project, so that the next fresh training is quick",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the content and train when something changed."""
    from components.content.catalogue import ContentError, load_catalogue
    from luotsi import training

    if not options.force and not options.keep_vectors and training.is_current():
        print("The model is up to date with content and configuration.")
        return 0
    try:
        topics = len(load_catalogue(FAQ))
    except ContentError as error:
        sys.stderr.write(f"The content has problems; nothing was trained.\n{error}\n")
        return 1
    print(f"Training a model of {topics} topics …", flush=True)
    seconds = training.train()
    print(f"Trained in {seconds:.0f} s: {newest_model().relative_to(ROOT)}")
    if options.keep_vectors:
        path, count = training.keep_vectors()
        print(f"Kept the vectors of {count} examples: {path.relative_to(ROOT)}")
    return 0
