"""A stock Rasa project with our content: the parts that Rasa's documentation starts with, nothing of Luotsi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

FALLBACK = "nlu_fallback"
MODEL_NAME = "stock"
DATABASE_NAME = "stock.sqlite"
_LANGUAGE = "fi"
_VERSION = "3.1"
_DEFAULT_RESPONSE = "utter_default"
# An intent that Luotsi answers with an action of its own has no response; stock Rasa answers it with this one.
_STAND_IN = "utter_help"

_CONFIG = {
    "recipe": "default.v1",
    "assistant_id": "stock",
    "language": _LANGUAGE,
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "LogisticRegressionClassifier"},
        {"name": "FallbackClassifier"},
    ],
    "policies": [{"name": "RulePolicy"}],
}


def write_project(
    folder: Path, examples: Iterable[tuple[str, str]], responses: Mapping[str, list[dict[str, Any]]]
) -> None:
    """Write a project that `rasa train` and `rasa run` understand.

    examples: (intent, text) in the order of training.
    responses: our domain's responses with their variations; each intent keeps one, in one language.

    Raises KeyError when the stand-in response `utter_help` is missing.
    """
    by_intent: dict[str, list[str]] = {}
    for intent, text in examples:
        by_intent.setdefault(intent, []).append(text)
    answers = {f"utter_{intent}": _response(responses.get(f"utter_{intent}"), responses) for intent in by_intent}
    answers[_DEFAULT_RESPONSE] = _response(None, responses)
    steps = {**{intent: f"utter_{intent}" for intent in by_intent}, FALLBACK: _DEFAULT_RESPONSE}
    _write(folder / "config.yml", _CONFIG)
    _write(
        folder / "domain.yml",
        {
            "version": _VERSION,
            "intents": list(by_intent),
            "responses": answers,
            "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
        },
    )
    _write(
        folder / "data" / "nlu.yml",
        {
            "version": _VERSION,
            "nlu": [
                {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
                for intent, texts in by_intent.items()
            ],
        },
    )
    _write(
        folder / "data" / "rules.yml",
        {
            "version": _VERSION,
            "rules": [
                {"rule": f"Answer {intent}", "steps": [{"intent": intent}, {"action": answer}]}
                for intent, answer in steps.items()
            ],
        },
    )
    _write(folder / "credentials.yml", {"rest": None})
    _write(
        folder / "endpoints.yml",
        {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(folder / DATABASE_NAME)}},
    )


def _response(
    variations: list[dict[str, Any]] | None, responses: Mapping[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    chosen = _in_one_language(variations or responses[_STAND_IN])
    return [{key: chosen[key] for key in ("text", "buttons") if chosen.get(key)}]


def _in_one_language(variations: list[dict[str, Any]]) -> dict[str, Any]:
    for variation in variations:
        if any(condition.get("value") == _LANGUAGE for condition in variation.get("condition", [])):
            return variation
    return variations[0]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf-8")
