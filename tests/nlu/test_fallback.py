from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from components.nlu.fallback import Thresholds, TwoStageFallback, decide

THRESHOLDS = Thresholds(answer=0.4, offer=0.15)
TOPIC, OTHER_TOPIC, NOT_OURS = "customs_gift", "immigration_card", "out_of_scope_tax"


def _ranking(*items: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"name": name, "confidence": confidence} for name, confidence in items]


@pytest.mark.parametrize("name", [TOPIC, NOT_OURS, "greet"])
@pytest.mark.parametrize("confidence", [0.4, 0.41, 1.0])
def test_a_sure_intent_is_acted_on(name: str, confidence: float) -> None:
    assert decide(_ranking((name, confidence), (OTHER_TOPIC, 0.0)), "fi", THRESHOLDS) == (name, confidence)


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        pytest.param([(TOPIC, 0.3999)], ("nlu_fallback", 0.3999), id="just unsure"),
        pytest.param([(TOPIC, 0.15)], ("nlu_fallback", 0.15), id="just worth offering"),
        pytest.param([(TOPIC, 0.1499)], ("out_of_scope", 1 - 0.1499), id="just not worth offering"),
        pytest.param([("greet", 0.3), (TOPIC, 0.2)], ("nlu_fallback", 0.2), id="small talk first"),
        pytest.param([("greet", 0.3), ("thanks", 0.2)], ("out_of_scope", 1.0), id="small talk only"),
        pytest.param([(NOT_OURS, 0.3)], ("out_of_scope", 1.0), id="a matter of others only"),
    ],
)
def test_an_unsure_intent_is_offered_or_refused(ranking: list[tuple[str, float]], expected: tuple[str, float]) -> None:
    name, confidence = decide(_ranking(*ranking), "fi", THRESHOLDS)

    assert name == expected[0]
    assert confidence == pytest.approx(expected[1])


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([0.3], "nlu_fallback", id="as much"),
        pytest.param([0.31], "out_of_scope", id="more"),
        pytest.param([0.16, 0.16], "out_of_scope", id="more together"),
        pytest.param([0.1, 0.1], "nlu_fallback", id="less together"),
    ],
)
def test_what_leans_to_other_authorities_is_refused(others: list[float], expected: str) -> None:
    ranking = _ranking((TOPIC, 0.2), *((f"out_of_scope_{number}", share) for number, share in enumerate(others)))

    assert decide([*ranking, *_ranking((OTHER_TOPIC, 0.1))], "fi", THRESHOLDS)[0] == expected


@pytest.mark.parametrize("language", ["fi", "en", None])
def test_without_any_ranking_the_message_is_out_of_scope(language: str | None) -> None:
    assert decide([], language, THRESHOLDS) == ("out_of_scope", 1.0)


@pytest.mark.parametrize("ranking", [[], _ranking((TOPIC, 0.99))])
def test_another_language_comes_before_everything(ranking: list[dict[str, Any]]) -> None:
    assert decide(ranking, "other", THRESHOLDS) == ("other_language", 1.0)


@pytest.fixture()
def engine(tmp_path: Path) -> tuple[LocalModelStorage, Resource, ExecutionContext]:
    return LocalModelStorage.create(tmp_path), Resource("fallback"), ExecutionContext(GraphSchema({}))


def _message(text: str) -> Message:
    first = {"name": TOPIC, "confidence": 0.3}
    return Message({"text": text, "language": "fi", "intent": first, "intent_ranking": [first]})


def test_the_component_replaces_the_intent_and_keeps_the_ranking(
    engine: tuple[LocalModelStorage, Resource, ExecutionContext],
) -> None:
    message = _message("lahja?")

    TwoStageFallback.create(TwoStageFallback.get_default_config(), *engine).process([message])

    assert message.get("intent") == {"name": "nlu_fallback", "confidence": 0.3}
    assert message.get("intent_ranking")[0]["name"] == TOPIC


def test_a_pressed_button_is_left_alone(engine: tuple[LocalModelStorage, Resource, ExecutionContext]) -> None:
    message = _message(f"/{TOPIC}")

    TwoStageFallback.create(TwoStageFallback.get_default_config(), *engine).process([message])

    assert message.get("intent")["name"] == TOPIC


@pytest.mark.parametrize(("answer", "offer"), [(0.1, 0.2), (1.1, 0.2), (0.5, -0.1)])
def test_impossible_thresholds_are_refused(
    engine: tuple[LocalModelStorage, Resource, ExecutionContext], answer: float, offer: float
) -> None:
    with pytest.raises(ValueError, match="needs 0 <= offer <= answer <= 1"):
        TwoStageFallback.create({"answer": answer, "offer": offer}, *engine)
