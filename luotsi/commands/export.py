"""`luotsi export`."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.storage.training_export import ExportedUtterance

FAILED, CANNOT_START = 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    training = tasks.add_parser(
        "training",
        help="sentences that many conversations had in common",
        description="Write the sentences that at least LUOTSI_TRAINING_K expired conversations had in common.",
    )
    training.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")
    training.add_argument(
        "--format", choices=("nlu", "jsonl"), default="nlu", help="Rasa's YAML or JSON lines (default: nlu)"
    )
    training.set_defaults(run=run_training)


def run_training(options: argparse.Namespace) -> int:
    """Write the sentences; tell on standard error how many there are."""
    from sqlalchemy.exc import SQLAlchemyError

    from components import settings
    from components.storage.database import open_database
    from components.storage.training_export import exported

    try:
        engine = open_database(settings.database_url(os.environ))
        k, collecting = settings.training_k(os.environ), settings.training_export(os.environ)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_START
    try:
        found = exported(engine, k=k)
    except SQLAlchemyError as error:  # its text may quote what is stored
        sys.stderr.write(f"The database cannot be asked ({type(getattr(error, 'orig', None) or error).__name__}).\n")
        return FAILED
    finally:
        engine.dispose()
    text = nlu_yaml(found) if options.format == "nlu" else json_lines(found)
    if options.output is None:
        sys.stdout.write(text)
    else:
        try:
            options.output.write_text(text, encoding="utf-8")
        except OSError as error:
            sys.stderr.write(f"{options.output} cannot be written ({error.strerror}).\n")
            return FAILED
    sys.stderr.write(f"{len(found)} sentences that at least {k} conversations had in common.\n")
    if not collecting:
        sys.stderr.write("LUOTSI_TRAINING_EXPORT is false: no new ones are collected.\n")
    return 0


def nlu_yaml(utterances: Sequence[ExportedUtterance]) -> str:
    """Return Rasa's training data; a sentence that was taken for no topic has none there and is left out."""
    import yaml

    known = [each for each in utterances if each.intent is not None]
    entries = [
        {
            "intent": intent,
            "metadata": {"language": language},
            "examples": "".join(f"- {each.text}\n" for each in group),
        }
        for (language, intent), group in itertools.groupby(known, key=lambda each: (each.language, each.intent))
    ]
    return yaml.safe_dump({"version": "3.1", "nlu": entries}, allow_unicode=True, sort_keys=False, width=1_000)


def json_lines(utterances: Sequence[ExportedUtterance]) -> str:
    """Return one object a line: language, intent, text, conversations."""
    return "".join(
        json.dumps(
            {
                "language": each.language,
                "intent": each.intent,
                "text": each.text,
                "conversations": each.conversations,
            },
            ensure_ascii=False,
        )
        + "\n"
        for each in utterances
    )
