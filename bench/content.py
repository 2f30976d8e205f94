"""What both assistants are trained on, and what they are asked."""

from __future__ import annotations

from typing import Any

from components.content.importer import FaqImporter
from components.content.names import is_topic
from luotsi.cross_validation import training_questions
from luotsi.paths import ROOT


def responses() -> dict[str, list[dict[str, Any]]]:
    """Return the domain's responses, those of topics and services included, with all their variations."""
    domain = FaqImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml")).get_domain()
    return dict(domain.as_dict()["responses"])


def topic_examples() -> dict[str, list[str]]:
    """Return the examples of topics by language: a wish to start over would shorten a long conversation."""
    examples: dict[str, list[str]] = {}
    for question in training_questions():
        if is_topic(question.intent):
            examples.setdefault(question.language, []).append(question.text)
    return examples
