"""The stock project: Rasa reads it, and it holds our content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.core.channels.rest import RestInput
from rasa.core.run import create_http_input_channels
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.importers.importer import TrainingDataImporter

from bench.stock import write_project

EXAMPLES = [
    ("immigration_fees", "paljonko lupa maksaa"),
    ("immigration_fees", "onko maksu: 100 €? #kallis"),
    ("customs_gift", "do i pay for a gift"),
    ("customs_gift", "lahja [CASE_NUMBER] tuli"),
    ("repeat", "sano uudestaan"),
]


def _variation(text: str, language: str | None = None, **more: Any) -> dict[str, Any]:
    condition = {"condition": [{"type": "slot", "name": "language", "value": language}]} if language else {}
    return {**condition, "text": text, "metadata": {"language": language}, **more}


RESPONSES = {
    "utter_immigration_fees": [
        _variation("It costs.", "en"),
        _variation("Se **maksaa**.", "fi", buttons=[{"title": "Lahja", "payload": "/customs_gift"}]),
        _variation("Yleinen"),
    ],
    "utter_customs_gift": [_variation("Lahja.\n\nToinen kappale."), _variation("Gift.", "en")],
    "utter_help": [_variation("Kysy vain.", "fi")],
    "utter_unused": [_variation("Kukaan ei kysy.", "fi")],
}


@pytest.fixture
def importer(tmp_path: Path) -> TrainingDataImporter:
    write_project(tmp_path, EXAMPLES, RESPONSES)
    return TrainingDataImporter.load_from_config(
        str(tmp_path / "config.yml"), str(tmp_path / "domain.yml"), [str(tmp_path / "data")]
    )


def test_every_example_arrives_with_its_intent(importer: TrainingDataImporter) -> None:
    found = [(item.get("intent"), item.get("text")) for item in importer.get_nlu_data().intent_examples]
    assert sorted(found) == sorted(EXAMPLES)


def test_every_intent_is_known_with_the_fallback(importer: TrainingDataImporter) -> None:
    expected = {"immigration_fees", "customs_gift", "repeat", "nlu_fallback"}
    assert expected <= set(importer.get_domain().intents)


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ("utter_immigration_fees", "Se **maksaa**."),
        ("utter_customs_gift", "Lahja.\n\nToinen kappale."),
        ("utter_repeat", "Kysy vain."),
        ("utter_default", "Kysy vain."),
    ],
)
def test_every_intent_has_one_response(importer: TrainingDataImporter, response: str, text: str) -> None:
    assert [item["text"] for item in importer.get_domain().responses[response]] == [text]


def test_buttons_stay(importer: TrainingDataImporter) -> None:
    (response,) = importer.get_domain().responses["utter_immigration_fees"]
    assert response["buttons"] == [{"title": "Lahja", "payload": "/customs_gift"}]


def test_responses_hold_nothing_of_luotsi(importer: TrainingDataImporter) -> None:
    domain = importer.get_domain()
    assert "utter_unused" not in domain.responses
    keys = {key for variations in domain.responses.values() for item in variations for key in item}
    assert keys == {"text", "buttons"}


def test_every_intent_has_one_rule(importer: TrainingDataImporter) -> None:
    rules = {}
    for step in importer.get_stories().story_steps:
        intents = [event.intent_name for event in step.events if isinstance(event, UserUttered)]
        actions = [event.action_name for event in step.events if isinstance(event, ActionExecuted)]
        (intent,) = intents
        assert intent not in rules
        rules[intent] = [name for name in actions if name and name.startswith("utter_")]
    assert rules == {
        "immigration_fees": ["utter_immigration_fees"],
        "customs_gift": ["utter_customs_gift"],
        "repeat": ["utter_repeat"],
        "nlu_fallback": ["utter_default"],
    }


def test_pipeline_is_the_stock_one(importer: TrainingDataImporter) -> None:
    config = importer.get_config()
    assert [item["name"] for item in config["pipeline"]] == [
        "WhitespaceTokenizer",
        "CountVectorsFeaturizer",
        "CountVectorsFeaturizer",
        "LogisticRegressionClassifier",
        "FallbackClassifier",
    ]
    assert config["pipeline"][2]["analyzer"] == "char_wb"
    assert (config["pipeline"][2]["min_ngram"], config["pipeline"][2]["max_ngram"]) == (1, 4)
    assert [item["name"] for item in config["policies"]] == ["RulePolicy"]


def test_conversations_are_kept_in_sqlite_in_the_folder(importer: TrainingDataImporter, tmp_path: Path) -> None:
    store = AvailableEndpoints.read_endpoints(str(tmp_path / "endpoints.yml")).tracker_store
    assert store is not None
    assert (store.type, store.kwargs["dialect"]) == ("SQL", "sqlite")
    assert Path(store.kwargs["db"]).parent == tmp_path


def test_rest_is_the_only_channel(importer: TrainingDataImporter, tmp_path: Path) -> None:
    (channel,) = create_http_input_channels(None, str(tmp_path / "credentials.yml"))
    assert type(channel) is RestInput


def test_a_missing_stand_in_response_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="utter_help"):
        write_project(tmp_path, EXAMPLES, {})
