"""One generic path that answers every topic."""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import UTTER_PREFIX
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_NAME_KEY

from components.content.names import is_topic

QUESTIONS = "questions"  # what the pipeline sets when a message holds several (components/nlu/fallback.py)

# What follows small talk when the conversation is about a topic already.
_AFTER_SMALL_TALK = {
    "utter_greet": "action_back_to_topic",
    "utter_how_are_you": "action_back_to_topic",
    "utter_are_you_a_robot": "action_back_to_topic",
    "utter_chitchat": "action_back_to_topic",
    "utter_goodbye": "action_ask_feedback",
}
_TOPIC_SLOT = "last_topic"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT], is_trainable=False)
class AnswerPolicy(Policy):
    """Answers the intent `x` with the response `utter_x` when there is one, then listens.

    It takes the place of one rule per topic (docs/decisions/0002-one-path-for-all-topics.md). Rules and stories come
    first: their policies have a higher priority. A message with several questions gets their answers one after the
    other. Inside a form the answer is given and the form goes on. After an
    action that no rule follows up (a choice by number can run any) it listens too; Rasa would take back the message
    otherwise. In a conversation about a topic, small talk is followed by an action that leads back to the topic.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings; the priority is below RulePolicy (6) and MemoizationPolicy (3)."""
        return {"priority": 2}

    @staticmethod
    def supported_data() -> SupportedData:
        """Learn from nothing, so any data will do."""
        return SupportedData.ML_AND_RULE_DATA

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AnswerPolicy:
        """Create the policy: nothing was trained."""
        return cls(config, model_storage, resource, execution_context)

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learn nothing."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predict the answer after a message, and then the running form or listening."""
        action = self._next_action(tracker, domain)
        probabilities = self._default_predictions(domain)
        if action is not None:
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)

    @staticmethod
    def _next_action(tracker: DialogueStateTracker, domain: Domain) -> str | None:
        if tracker.latest_action_name == ACTION_LISTEN_NAME:
            return next((answer for answer in _answers(tracker) if answer in domain.responses), None)
        answers = _answers(tracker)
        if tracker.latest_action_name in answers[:-1]:
            return answers[answers.index(tracker.latest_action_name) + 1]
        if tracker.latest_action_name in domain.user_actions:
            if tracker.active_loop_name:
                return str(tracker.active_loop_name)
            following = _AFTER_SMALL_TALK.get(str(tracker.latest_action_name))
            if following in domain.user_actions and _is_about_a_topic(tracker):
                return str(following)
            return str(ACTION_LISTEN_NAME)
        return None


def _is_about_a_topic(tracker: DialogueStateTracker) -> bool:
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            break
        if isinstance(event, ActionExecuted) and is_topic(str(event.action_name).removeprefix(UTTER_PREFIX)):
            return True
    return _TOPIC_SLOT in tracker.slots and tracker.get_slot(_TOPIC_SLOT) is not None


def _answers(tracker: DialogueStateTracker) -> list[str]:
    """Return the responses to a message: that of its intent, or those of all its questions."""
    message = tracker.latest_message
    if message is None:
        return []
    intents = (message.parse_data or {}).get(QUESTIONS) or [message.intent.get(INTENT_NAME_KEY)]
    return [f"{UTTER_PREFIX}{intent}" for intent in intents]
