"""A bounded tracker leads the policies to the same action as the whole conversation does."""

from __future__ import annotations

import time

import pytest
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.training import load_data
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from components.dialogue.answer_policy import AnswerPolicy

from .conftest import MakeStore
from .conversations import DOMAIN, SENDER, append, new_tracker, turn

RULES = """
version: "3.1"
rules:
  - rule: Start over
    steps:
      - intent: start_over
      - action: action_start_over
  - rule: Begin the form
    steps:
      - intent: affirm
      - action: queue_form
      - active_loop: queue_form
"""
RECENT = 20


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> list[Policy]:
    """The policies of config.yml that decide here, the first with the highest priority."""
    folder = tmp_path_factory.mktemp("policies")
    rules = folder / "rules.yml"
    rules.write_text(RULES)
    (folder / "model").mkdir()
    storage = LocalModelStorage.create(folder / "model")
    context = ExecutionContext(GraphSchema({}))
    trackers = load_data(str(rules), DOMAIN)
    made = [
        RulePolicy.create({**RulePolicy.get_default_config()}, storage, Resource("rules"), context),
        AnswerPolicy.create({**AnswerPolicy.get_default_config()}, storage, Resource("answers"), context),
    ]
    for policy in made:
        policy.train(trackers, DOMAIN)
    return made


def next_action(policies: list[Policy], tracker: DialogueStateTracker) -> str | None:
    """What the first policy that is sure chooses; RulePolicy's fallback is no choice."""
    for policy in policies:
        probabilities = policy.predict_action_probabilities(tracker, DOMAIN, rule_only_data={}).probabilities
        best = max(range(len(probabilities)), key=lambda index: probabilities[index])
        if probabilities[best] > 0.5:
            return str(DOMAIN.action_names_or_texts[best])
    return None


def ask(tracker: DialogueStateTracker, intent: str) -> None:
    """Let the customer say something with an intent."""
    append(tracker, UserUttered("x", intent={"name": intent, "confidence": 1.0}, entities=[]))


def long_conversation(*, form: bool, messages: int = 40) -> DialogueStateTracker:
    """A conversation many times as long as a read, inside a form or not."""
    tracker = new_tracker(at=time.time() - 600)
    append(tracker, SlotSet("language", "en"))
    if form:
        ask(tracker, "affirm")
        append(
            tracker,
            ActionExecuted("queue_form"),
            ActiveLoop("queue_form"),
            SlotSet("requested_slot", "year"),
            BotUttered("Which year?"),
            ActionExecuted("action_listen"),
        )
    for number in range(messages):
        turn(tracker, f"question {number}")
        if form:
            append(tracker, ActionExecuted("queue_form"), BotUttered("Which year?"), ActionExecuted("action_listen"))
    return tracker


@pytest.mark.parametrize(
    ("form", "intent", "action"),
    [
        (False, "start_over", "action_start_over"),
        (False, "greet", "utter_greet"),
        (False, "customs_opening_hours", "utter_customs_opening_hours"),
        (False, "affirm", "queue_form"),
        (True, "inform", "queue_form"),
    ],
)
async def test_the_next_action_is_the_one_of_the_whole_conversation(
    url: str, make_store: MakeStore, policies: list[Policy], form: bool, intent: str, action: str
) -> None:
    store = make_store(url, recent_events=RECENT)
    whole = long_conversation(form=form)
    await store.save(whole)
    read = await store.retrieve(SENDER)
    assert read is not None
    assert len(read.events) < len(whole.events) / 2
    for tracker in (whole, read):
        ask(tracker, intent)
        assert next_action(policies, tracker) == action
    assert read.active_loop_name == ("queue_form" if form else None)
    assert read.get_slot("requested_slot") == ("year" if form else None)


@pytest.mark.parametrize("form", [False, True])
async def test_after_an_answer_the_form_or_listening_follows(
    url: str, make_store: MakeStore, policies: list[Policy], form: bool
) -> None:
    store = make_store(url, recent_events=RECENT)
    whole = long_conversation(form=form)
    await store.save(whole)
    read = await store.retrieve(SENDER)
    assert read is not None
    answer = policies[1:]
    for tracker in (whole, read):
        ask(tracker, "greet")
        append(tracker, ActionExecuted("utter_greet"))
        assert next_action(answer, tracker) == ("queue_form" if form else "action_listen")


@pytest.mark.parametrize("form", [False, True])
async def test_nothing_is_done_unasked_after_a_read(
    url: str, make_store: MakeStore, policies: list[Policy], form: bool
) -> None:
    store = make_store(url, recent_events=RECENT)
    await store.save(long_conversation(form=form))
    read = await store.retrieve(SENDER)
    assert read is not None
    assert read.latest_action_name == "action_listen"
    assert read.followup_action is None
