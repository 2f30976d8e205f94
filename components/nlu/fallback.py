"""What to do when the classifier is unsure: answer, offer choices, or say that the question is not for this service."""

from __future__ import annotations

import dataclasses
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME, INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from components.content.names import OUT_OF_SCOPE, is_out_of_scope, is_topic
from components.nlu.classifier import READING_RANKINGS, TopicClassifier
from components.nlu.context import LAST_TOPIC, READINGS
from components.nlu.language import LANGUAGE, OTHER

OTHER_LANGUAGE = "other_language"
QUESTIONS = "questions"
PERSONAL_CASE = "personal_case"

_CONTEXT_WEIGHT = 0.65
_SURE = 0.8


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """How sure the classifier must be, 0 to 1.

    answer: at least this sure of the first intent to act on it.
    offer: at least this sure of the first topic to offer the nearest topics as choices; below it the message is
    refused as out of scope.
    part: at least this sure of a part of a message to answer it beside another part.
    """

    answer: float = 0.50
    offer: float = 0.15
    part: float = 0.70


def decide(ranking: list[dict[str, Any]], language: str | None, thresholds: Thresholds) -> tuple[str, float]:
    """Return the intent to act on and its confidence.

    `ranking` is Rasa's list of {"name", "confidence"}, most likely first.
    """
    if language == OTHER:
        return OTHER_LANGUAGE, 1.0
    if not ranking:
        return OUT_OF_SCOPE, 1.0
    first = ranking[0]
    if first[PREDICTED_CONFIDENCE_KEY] >= thresholds.answer:
        return str(first[INTENT_NAME_KEY]), float(first[PREDICTED_CONFIDENCE_KEY])
    topics = [item for item in ranking if is_topic(item[INTENT_NAME_KEY])]
    out_of_scope = sum(item[PREDICTED_CONFIDENCE_KEY] for item in ranking if is_out_of_scope(item[INTENT_NAME_KEY]))
    in_scope = sum(item[PREDICTED_CONFIDENCE_KEY] for item in topics)
    if topics and topics[0][PREDICTED_CONFIDENCE_KEY] >= thresholds.offer and in_scope >= out_of_scope:
        return DEFAULT_NLU_FALLBACK_INTENT_NAME, float(topics[0][PREDICTED_CONFIDENCE_KEY])
    return OUT_OF_SCOPE, 1.0 - float(in_scope)


def several_topics(rankings: list[list[dict[str, Any]]], thresholds: Thresholds) -> list[str]:
    """Return the topics of a message's parts when at least two different ones are sure, in the order of the parts."""
    first = [ranking[0] for ranking in rankings if ranking]
    sure = [item[INTENT_NAME_KEY] for item in first if item[PREDICTED_CONFIDENCE_KEY] >= thresholds.part]
    topics = list(dict.fromkeys(name for name in sure if is_topic(name)))
    return topics if len(topics) > 1 else []


def question_not_case(
    ranking: list[dict[str, Any]], question: list[dict[str, Any]], thresholds: Thresholds
) -> tuple[str, float] | None:
    """Return the topic of the question beside personal data when it is sure and the whole looks like a personal case.

    Customers who introduce themselves with a code ask general questions all the same.
    """
    if not ranking or ranking[0][INTENT_NAME_KEY] != PERSONAL_CASE or not question:
        return None
    name, confidence = str(question[0][INTENT_NAME_KEY]), float(question[0][PREDICTED_CONFIDENCE_KEY])
    return (name, confidence) if is_topic(name) and confidence >= thresholds.part else None


def in_context(
    ranking: list[dict[str, Any]], follow_up: list[dict[str, Any]], last_topic: str | None
) -> list[dict[str, Any]]:
    """Return the ranking of a message that leans on the topic before it.

    The message read with the last topic's title counts more than the message alone. Only topics can be meant so, and
    the last topic was answered already. A message that is surely something else stays what it is.
    """
    if ranking and not is_topic(ranking[0][INTENT_NAME_KEY]) and ranking[0][PREDICTED_CONFIDENCE_KEY] >= _SURE:
        return ranking
    confidences: dict[str, float] = {}
    for items, weight in ((ranking, 1 - _CONTEXT_WEIGHT), (follow_up, _CONTEXT_WEIGHT)):
        shares = {
            item[INTENT_NAME_KEY]: float(item[PREDICTED_CONFIDENCE_KEY])
            for item in items
            if is_topic(item[INTENT_NAME_KEY]) and item[INTENT_NAME_KEY] != last_topic
        }
        total = sum(shares.values())
        for name, share in shares.items():
            confidences[name] = confidences.get(name, 0.0) + weight * share / total
    ordered = sorted(confidences.items(), key=lambda item: -item[1])
    return [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence} for name, confidence in ordered]


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class TwoStageFallback(IntentClassifier, GraphComponent):
    """Replaces an unsure intent by `nlu_fallback` (offer choices) or `out_of_scope` (refuse, name the channels)."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Need a ranking."""
        return [TopicClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the thresholds: see Thresholds."""
        return dataclasses.asdict(Thresholds())

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TwoStageFallback:
        """Create the component from its thresholds."""
        settings = {**cls.get_default_config(), **config}
        thresholds = Thresholds(**{field.name: float(settings[field.name]) for field in dataclasses.fields(Thresholds)})
        if not 0.0 <= thresholds.offer <= thresholds.answer <= 1.0:
            raise ValueError(
                f"config.yml: TwoStageFallback needs 0 <= offer <= answer <= 1, but offer is {thresholds.offer} and "
                f"answer is {thresholds.answer}"
            )
        return cls(thresholds)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the decision into `intent`; the ranking stays as the classifier made it."""
        for message in messages:
            if (message.get(TEXT) or "").startswith(INTENT_MESSAGE_PREFIX):
                continue
            ranking = message.get(INTENT_RANKING_KEY) or []
            readings = message.get(READINGS) or []
            rankings = message.get(READING_RANKINGS) or []
            if rankings and readings[0].kind == "follow_up":
                ranking = in_context(ranking, rankings[0], message.get(LAST_TOPIC))
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            name, confidence = decide(ranking, message.get(LANGUAGE), self._thresholds)
            topics = several_topics(rankings, self._thresholds) if name != OTHER_LANGUAGE else []
            if rankings and readings[0].kind == "question_beside_data":
                name, confidence = question_not_case(ranking, rankings[0], self._thresholds) or (name, confidence)
            if topics and readings[0].kind == "part":
                message.set(QUESTIONS, topics, add_to_output=True)
                name = name if name in topics else topics[0]
            message.set(INTENT, {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}, add_to_output=True)
        return messages
