"""`luotsi parse`."""

from __future__ import annotations

import argparse
import sys

from luotsi.jsonlines import answer_lines


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "`intent` is the final decision: out_of_scope where the service would refuse, nlu_fallback where it would "
        "offer choices (the offered topics then stand first in `ranking`). Exit status 1 when a line was bad, 2 "
        "without a trained model."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Parse standard input with the newest model."""
    from luotsi.assistant import NoModelError, OfflineAssistant
    from luotsi.decisions import decision

    try:
        assistant = OfflineAssistant()
    except NoModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return answer_lines(sys.stdin.buffer, sys.stdout, sys.stderr, lambda text: decision(assistant.parse(text)))
