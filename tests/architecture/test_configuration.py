"""The configuration that the promises rest on."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def _yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def _class(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found


def test_the_anonymiser_is_the_first_component() -> None:
    assert _yaml("config.yml")["pipeline"][0]["name"] == "components.nlu.anonymiser.Anonymiser"


def test_the_tracker_store_is_ours() -> None:
    from components.storage.tracker_store import SanitisedTrackerStore

    assert _class(_yaml("endpoints.yml")["tracker_store"]["type"]) is SanitisedTrackerStore


def test_every_configured_channel_is_guarded() -> None:
    channels = list(_yaml("credentials.yml"))
    assert channels
    for channel in channels:
        assert _class(channel).__module__.startswith("components.channels.")


def test_no_credentials_are_committed() -> None:
    assert all(not value for value in _yaml("credentials.yml").values())


def test_topics_need_no_rules_of_their_own() -> None:
    from components.content.names import is_topic

    rules = _yaml("data/rules/rules.yml")["rules"]
    intents = [step["intent"] for rule in rules for step in rule["steps"] if "intent" in step]
    assert intents
    assert not any(is_topic(intent) for intent in intents)


def test_every_action_of_the_domain_exists() -> None:
    from rasa_sdk.executor import ActionExecutor

    executor = ActionExecutor()
    executor.register_package("actions")
    files = ["domain.yml", *(f"data/services/{path.name}" for path in (ROOT / "data" / "services").glob("*.yml"))]
    named = [action for name in files for action in _yaml(name).get("actions", [])]
    assert sorted(named) == sorted(executor.actions)


def test_every_fixed_response_speaks_both_languages() -> None:
    for name, variations in _yaml("domain.yml")["responses"].items():
        languages = {
            condition["value"]
            for variation in variations
            for condition in variation.get("condition", [])
            if condition["name"] == "language"
        }
        assert languages == {"fi", "en"}, name
        assert any("condition" not in variation for variation in variations), name


def test_every_intent_has_an_answer_or_a_rule() -> None:
    domain = _yaml("domain.yml")
    ruled = {
        step["intent"] for rule in _yaml("data/rules/rules.yml")["rules"] for step in rule["steps"] if "intent" in step
    }
    for item in domain["intents"]:
        (intent,) = item if isinstance(item, dict) else (item,)
        assert intent in ruled or f"utter_{intent}" in domain["responses"], intent


def test_every_button_leads_somewhere() -> None:
    from components.content.catalogue import load_catalogue

    domain = _yaml("domain.yml")
    intents = {next(iter(item)) if isinstance(item, dict) else item for item in domain["intents"]}
    known = intents | set(load_catalogue(ROOT / "data" / "faq"))
    for name, variations in domain["responses"].items():
        for variation in variations:
            for button in variation.get("buttons", []):
                assert button["payload"].removeprefix("/") in known, name


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_hashes_and_no_addresses(name: str) -> None:
    content = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in content
    assert "--index-url" not in content
    requirements = re.findall(r"^[a-z0-9][^\s=]*==[^\s]+", content, re.MULTILINE | re.IGNORECASE)
    assert requirements
    assert content.count("--hash=sha256:") >= len(requirements)
