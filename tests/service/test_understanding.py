"""What the trained model makes of kinds of questions that customers ask; shares, as no model is always right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from components.content.catalogue import load_catalogue
from luotsi.assistant import OfflineAssistant
from luotsi.decisions import FALLBACK, decision
from luotsi.paths import FAQ

CASES = Path(__file__).with_name("understanding")
MATTERS = yaml.safe_load((CASES / "general_matters.yml").read_text(encoding="utf-8"))
FOLLOW_UPS = yaml.safe_load((CASES / "follow_ups.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def agent() -> Agent:
    """The trained model."""
    return OfflineAssistant()._agent


def _parse(agent: Agent, text: str, *events: Event) -> dict[str, Any]:
    tracker = DialogueStateTracker.from_events("a", list(events))
    parsed: dict[str, Any] = asyncio.run(agent.processor.parse_message(UserMessage(text), tracker))
    return parsed


def _helps(parsed: dict[str, Any], wanted: set[str]) -> bool:
    """Tell whether one of the topics is answered, or offered as a choice."""
    decided = decision(parsed)
    offered = {item["intent"] for item in decided["ranking"][:3]} if decided["intent"] == FALLBACK else set()
    return decided["intent"] in wanted or bool(offered & wanted)


def _questions(language: str) -> Iterator[tuple[str, str]]:
    for topic, sentences in MATTERS[language]["matters"].items():
        for sentence in sentences:
            yield from ((topic, sentence.format(subject)) for subject in MATTERS[language]["subjects"])


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_general_matter_is_known_whatever_it_is_about(agent: Agent, language: str) -> None:
    questions = list(_questions(language))
    missed = [f"{topic}: {text}" for topic, text in questions if not _helps(_parse(agent, text), {topic})]
    assert len(missed) / len(questions) < 0.15, missed


def test_a_follow_up_leans_on_the_answer_before_it(agent: Agent) -> None:
    titles = load_catalogue(FAQ)
    missed = []
    for case in FOLLOW_UPS:
        language = "fi" if set("äö") & set(case["says"]) else "en"
        answer = {"topic": case["after"], "title": titles[case["after"]].title(language)}
        before = (UserUttered("?"), BotUttered("!", metadata={"metadata": {"answer": answer}}))
        if not _helps(_parse(agent, case["says"], *before), set(case["wants"])):
            missed.append(case["says"])
    assert len(missed) / len(FOLLOW_UPS) < 0.15, missed
