"""`luotsi evaluate`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from luotsi.evaluation import Outcome


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
    split = tasks.add_parser(
        "split",
        help="the test part of Rasa's own split of the training examples",
        description="Train on 80 % of the examples, split as `rasa data split nlu` would, and measure on the rest.",
    )
    split.add_argument("--mistakes", action="store_true", help="list the examples that went wrong")
    split.set_defaults(run=run_split)
    curve = tasks.add_parser(
        "learning-curve",
        help="what more examples would bring",
        description="Train on growing shares of the examples and measure on the same fifth of them.",
    )
    curve.set_defaults(run=run_learning_curve)


def run_questions(options: argparse.Namespace) -> int:
    """Print the figures of the newest model on the file's questions."""
    from luotsi.assistant import NoModelError, OfflineAssistant
    from luotsi.cross_validation import built_intents
    from luotsi.decisions import decision
    from luotsi.evaluation import Outcome, read_questions

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
            ranking = result["ranking"]
            outcomes.append(
                Outcome(
                    question,
                    result["intent"],
                    tuple(item["intent"] for item in ranking),
                    ranking[0]["confidence"] if ranking else 0.0,
                )
            )
    print(f"{len(questions)} questions, {len(outcomes)} of them on built topics or out of scope.")
    return _report(outcomes, mistakes=options.mistakes)


def run_cross_validation(options: argparse.Namespace) -> int:
    """Print the cross-validated figures."""
    from luotsi.cross_validation import cross_validate

    if options.folds < 2:
        sys.stderr.write("--folds must be at least 2.\n")
        return 2
    return _report(cross_validate(folds=options.folds, progress=_progress), mistakes=options.mistakes)


def run_split(options: argparse.Namespace) -> int:
    """Print the figures of the split's test part."""
    from luotsi.cross_validation import split

    return _report(split(progress=_progress), mistakes=options.mistakes)


def run_learning_curve(options: argparse.Namespace) -> int:
    """Print the figures per number of training examples."""
    from luotsi.cross_validation import learning_curve
    from luotsi.evaluation import table

    for count, outcomes in learning_curve(progress=_progress):
        print(f"{count} training examples")
        print(table(outcomes))
    return 0


def _progress(step: str) -> None:
    print(f"… {step}", flush=True)


def _report(outcomes: list[Outcome], *, mistakes: bool) -> int:
    from luotsi.evaluation import choices_offered, table

    print(table(outcomes))
    print(f"choices offered: {choices_offered(outcomes)}")
    for item in outcomes if mistakes else []:
        if item.intent != item.question.intent:
            print(f"{item.question.language} {item.question.intent}: {item.question.text}")
            print(f"   -> {item.intent}; {', '.join(item.ranking[:3])}")
    return 0
