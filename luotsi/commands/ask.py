"""`luotsi ask`."""

from __future__ import annotations

import argparse
import sys


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("question", help="what a customer would write")
    parser.add_argument("--language", choices=["fi", "en"], help="language of the conversation before the question")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the answer in its plain-text form."""
    from components.channels.messages import plain_text
    from luotsi.assistant import NoModelError, OfflineAssistant

    if not options.question.strip():
        sys.stderr.write('The question is empty: write it in quotes, luotsi ask "paljonko oleskelulupa maksaa".\n')
        return 2
    try:
        assistant = OfflineAssistant()
    except NoModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    print("\n\n".join(plain_text(message) for message in assistant.ask(options.question, language=options.language)))
    return 0
