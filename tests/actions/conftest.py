from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from rasa.core.actions.action import create_bot_utterance
from rasa.shared.core.domain import Domain
from rasa.shared.importers.importer import TrainingDataImporter
from rasa_sdk import Tracker

from actions.conversation import DomainDict, Event

ROOT = Path(__file__).parents[2]


class Conversation:
    """Builds the conversations that the action server is sent, turn by turn."""

    def __init__(self, domain: DomainDict, language: str | None) -> None:
        self.domain = domain
        self.language = language
        self.sender_id = "test"
        self.slots: dict[str, Any] = {}
        self.active_loop: dict[str, Any] = {}
        self.events: list[Event] = [{"event": "action", "name": "action_listen"}]

    def says(self, intent: str, *, text: str = "", ranking: tuple[str, ...] = ()) -> Conversation:
        """Add a customer's message; `ranking` are the intents it may have meant."""
        parse_data = {
            "text": text or f"/{intent}",
            "intent": {"name": intent, "confidence": 0.5},
            "intent_ranking": [{"name": name, "confidence": 0.1} for name in ranking or (intent,)],
        }
        self.events.append({"event": "user", "text": parse_data["text"], "parse_data": parse_data})
        return self

    def comes_back(self) -> Conversation:
        """Let the session expire and begin another one."""
        self.events += [{"event": "session_started"}, {"event": "action", "name": "action_listen"}]
        return self

    def hears(
        self, response: str, *, buttons: list[dict[str, str]] | None = None, values: dict[str, Any] | None = None
    ) -> Conversation:
        """Add a response of the domain in the conversation's language, as Rasa would keep it.

        `values` fill its placeholders; a message's own buttons or metadata come with the action that says it.
        """
        variations = self.domain["responses"][response]
        chosen = next(
            (item for item in variations if item.get("condition") and item["condition"][0]["value"] == self.language),
            variations[-1],
        )
        message = {**copy.deepcopy(chosen), "utter_action": response, **(values or {})}
        message.pop("condition", None)
        if buttons:
            message["buttons"] = buttons
        return self.hears_message(message)

    def hears_message(self, message: dict[str, Any]) -> Conversation:
        """Add any message of the assistant, as Rasa would keep it."""
        self.events.append(create_bot_utterance(message).as_dict())
        return self

    def tracker(self) -> Tracker:
        """Return what an action sees now."""
        latest: dict[str, Any] = next(
            (event["parse_data"] for event in reversed(self.events) if event["event"] == "user"), {}
        )
        return Tracker(
            self.sender_id,
            {"language": self.language, **self.slots},
            latest,
            self.events,
            False,
            None,
            self.active_loop,
            "action_listen",
        )


@pytest.fixture(scope="session")
def rasa_domain() -> Domain:
    """The project's own domain as Rasa loads it."""
    return TrainingDataImporter.load_from_config(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), []).get_domain()


@pytest.fixture(scope="session")
def domain(rasa_domain: Domain) -> DomainDict:
    """The project's own domain as the action server receives it."""
    received: DomainDict = json.loads(json.dumps(rasa_domain.as_dict()))
    return received


@pytest.fixture(params=["fi", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture()
def conversation(domain: DomainDict, language: str) -> Conversation:
    return Conversation(domain, language)
