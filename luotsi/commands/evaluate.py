"""`luotsi evaluate`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    questions = tasks.add_parser(
        "questions",
        help="the trained model on a file of questions",
        description="Measure the trained model on a tab-separated file with the columns lang, intent and text.",
    )
    questions.add_argument("file", type=Path)
    questions.add_argument("--mistakes", action="store_true", help="list the questions that went wrong")
    questions.set_defaults(run=run_questions)
    validation = tasks.add_parser(
        "cross-validate",
        help="the training examples, each judged by a model that has not seen it",
        description="Stratified cross-validation over all training examples.",
    )
    validation.add_argument("--folds", type=int, default=5)
    validation.add_argument("--mistakes", action="store_true", help="list the examples that went wrong")
    validation.set_defaults(run=run_cross_validation)


def run_questions(options: argparse.Namespace) -> int:
    """Print the figures of the newest model on the file's questions."""
    from luotsi.assistant import NoModelError, OfflineAssistant
    from luotsi.cross_validation import built_intents
    from luotsi.decisions import decision
    from luotsi.evaluation import Outcome, choices_offered, read_questions, table

    try:
        questions = read_questions(options.file)
        assistant = OfflineAssistant()
    except (NoModelError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    known = set(built_intents())
    outcomes = []
    for question in questions:
        if question.intent in known:
            result = decision(assistant.parse(question.text))
            outcomes.append(Outcome(question, result["intent"], tuple(item["intent"] for item in result["ranking"])))
    print(f"{len(questions)} questions, {len(outcomes)} of them on built topics or out of scope.")
    print(table(outcomes))
    print(f"choices offered: {choices_offered(outcomes)}")
    if options.mistakes:
        _print_mistakes(outcomes)
    return 0


def run_cross_validation(options: argparse.Namespace) -> int:
    """Print the cross-validated figures."""
    from luotsi.cross_validation import cross_validate
    from luotsi.evaluation import choices_offered, table

    outcomes = cross_validate(folds=options.folds, progress=lambda step: print(f"… {step}", flush=True))
    print(table(outcomes))
    print(f"choices offered: {choices_offered(outcomes)}")
    if options.mistakes:
        _print_mistakes(outcomes)
    return 0


def _print_mistakes(outcomes: list) -> None:  # type: ignore[type-arg]
    for item in outcomes:
        if item.intent != item.question.intent:
            print(f"{item.question.language} {item.question.intent}: {item.question.text}")
            print(f"   -> {item.intent}; {', '.join(item.ranking[:3])}")
