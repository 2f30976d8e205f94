from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.importer import TrainingDataImporter

from components.dialogue.answer_policy import AnswerPolicy

ROOT = Path(__file__).parents[2]


class Assistant:
    """The project's own domain, rules and stories with its three policies, trained."""

    def __init__(self, folder: Path) -> None:
        importer = TrainingDataImporter.load_from_config(
            str(ROOT / "config.yml"),
            str(ROOT / "domain.yml"),
            [str(ROOT / "data" / name) for name in ("rules", "stories")],
        )
        # A form for the tests: nothing else stands in the way of the answer policy inside of one.
        self.domain: Domain = importer.get_domain().merge(
            Domain.from_dict({"forms": {"fee_form": {"required_slots": ["language"]}}})
        )
        graph = importer.get_stories()
        trackers = TrainingDataGenerator(graph, self.domain, remove_duplicates=True, augmentation_factor=0).generate()
        storage, context = LocalModelStorage.create(folder), ExecutionContext(GraphSchema({}))
        rules = RulePolicy(RulePolicy.get_default_config(), storage, Resource("rules"), context)
        rules.train(trackers, self.domain)
        memory = MemoizationPolicy(
            {**MemoizationPolicy.get_default_config(), "max_history": 4}, storage, Resource("memory"), context
        )
        memory.train([tracker for tracker in trackers if not tracker.is_rule_tracker], self.domain)
        self.answers = AnswerPolicy(AnswerPolicy.get_default_config(), storage, Resource("answers"), context)
        self.rules = rules
        self._policies: list[Policy] = [rules, memory, self.answers]

    def tracker(self, *events: Event) -> DialogueStateTracker:
        """Return a conversation in which `events` happened."""
        start = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
        return DialogueStateTracker.from_events("test", [*start, *events], slots=self.domain.slots, domain=self.domain)

    def next_action(self, *events: Event) -> tuple[str, str]:
        """Return the action that the assistant takes next and the policy that chose it."""
        tracker = self.tracker(*events)
        predictions = [policy.predict_action_probabilities(tracker, self.domain) for policy in self._policies]
        best = DefaultPolicyPredictionEnsemble().combine_predictions(predictions, tracker, self.domain)
        return self._name(best), str(best.policy_name)

    def answer_policy_alone(self, *events: Event) -> str | None:
        """Return what the answer policy alone would do, or None when it has no opinion."""
        prediction = self.answers.predict_action_probabilities(self.tracker(*events), self.domain)
        return self._name(prediction) if prediction.max_confidence > 0 else None

    def _name(self, prediction: Any) -> str:
        return str(self.domain.action_names_or_texts[prediction.max_confidence_index])


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return Assistant(tmp_path_factory.mktemp("policies"))
