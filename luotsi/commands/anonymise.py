"""`luotsi anonymise`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from luotsi.jsonlines import answer_lines


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = 'Spans refer to the input text: {"start", "end", "label"}. Exit status 1 when a line was bad.'
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Anonymise standard input."""
    from components.privacy import anonymise

    def answer(text: str) -> dict[str, Any]:
        masked = anonymise(text)
        spans = [{"start": span.start, "end": span.end, "label": span.label} for span in masked.spans]
        return {"text": masked.text, "spans": spans}

    return answer_lines(sys.stdin.buffer, sys.stdout, sys.stderr, answer)
