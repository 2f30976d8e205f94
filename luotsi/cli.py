"""`luotsi`: one command with a subcommand for each task."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

from luotsi.paths import local_environment

_COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("luotsi.commands.run", "train if needed, start everything on this machine and print the address"),
    "serve": ("luotsi.commands.serve", "start the assistant's server with the chat page"),
    "actions": ("luotsi.commands.actions", "start the action server"),
    "console": ("luotsi.commands.console", "start the staff console"),
    "users": ("luotsi.commands.users", "accounts of staff: add, list, disable, enable, reset"),
    "demo-data": ("luotsi.commands.demo_data", "write made-up conversations, to try the staff console out"),
    "train": ("luotsi.commands.train", "train the model when content or configuration changed"),
    "ask": ("luotsi.commands.ask", "answer a question as the service would, offline"),
    "parse": ("luotsi.commands.parse", "JSON lines {id, text} to {id, lang, intent, confidence, ranking}"),
    "anonymise": ("luotsi.commands.anonymise", "JSON lines {id, text} to {id, text, spans}"),
    "content": ("luotsi.commands.content", "check the content, and report on how it is understood"),
    "statistics": ("luotsi.commands.statistics", "check published figures and let the assistant use them"),
    "retention": ("luotsi.commands.retention", "delete what has expired, and tell whether that works"),
    "privacy": ("luotsi.commands.privacy", "make the record of processing (GDPR Article 30), check what is claimed"),
    "receipt": ("luotsi.commands.receipt", "confirm that a conversation was deleted, by its receipt's code"),
    "rescan": ("luotsi.commands.rescan", "mask what is stored once more, after the anonymiser got better"),
    "audit": ("luotsi.commands.audit", "tell whether the audit log is whole, and write it to a file"),
    "queue": ("luotsi.commands.queue", "pause and resume the queue position, and tell how it is used"),
    "export": ("luotsi.commands.export", "write sentences for training that many conversations had in common"),
    "evaluate": ("luotsi.commands.evaluate", "measure the understanding, per language"),
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every subcommand; each module adds its own arguments and sets `run`."""
    parser = argparse.ArgumentParser(
        prog="luotsi", description="Luotsi: a customer-service assistant that never keeps personal data."
    )
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in _COMMANDS.items():
        subparser = subcommands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        import_module(module).configure(subparser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status."""
    # The libraries below warn about their own future; customers of the command line cannot act on it.
    warnings.simplefilter("ignore")
    os.environ.update(local_environment())
    options = build_parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`luotsi parse | head`): that is its right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
