from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from components.nlu.fallback import (
    PERSONAL_CASE,
    Thresholds,
    TwoStageFallback,
    decide,
    in_context,
    question_not_case,
    several_topics,
)
from components.nlu.readings import Reading

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


SURE = Thresholds(answer=0.4, offer=0.15, part=0.7)


def test_parts_that_are_surely_different_topics_are_several_questions() -> None:
    rankings = [_ranking((OTHER_TOPIC, 0.9)), _ranking((TOPIC, 0.7))]

    assert several_topics(rankings, SURE) == [OTHER_TOPIC, TOPIC]


@pytest.mark.parametrize(
    "rankings",
    [
        pytest.param([[(TOPIC, 0.9)], [(TOPIC, 0.9)]], id="the same topic"),
        pytest.param([[(TOPIC, 0.9)], [(OTHER_TOPIC, 0.69)]], id="one is unsure"),
        pytest.param([[(TOPIC, 0.9)], [("greet", 0.9)]], id="one is small talk"),
        pytest.param([[(TOPIC, 0.9)], [(NOT_OURS, 0.9)]], id="one is for others"),
        pytest.param([[], [(TOPIC, 0.9)]], id="one is empty"),
        pytest.param([], id="no parts"),
    ],
)
def test_other_messages_are_one_question(rankings: list[list[tuple[str, float]]]) -> None:
    assert several_topics([_ranking(*ranking) for ranking in rankings], SURE) == []


def test_a_follow_up_is_decided_by_its_context() -> None:
    ranking = in_context(_ranking((TOPIC, 0.3), ("deny", 0.2)), _ranking((OTHER_TOPIC, 0.9), (TOPIC, 0.1)), None)

    assert [item["name"] for item in ranking] == [OTHER_TOPIC, TOPIC]
    assert sum(item["confidence"] for item in ranking) == pytest.approx(1.0)


def test_the_topic_that_was_answered_is_not_meant_again() -> None:
    ranking = in_context(_ranking((TOPIC, 0.9), (OTHER_TOPIC, 0.1)), _ranking((TOPIC, 1.0)), TOPIC)

    assert [item["name"] for item in ranking] == [OTHER_TOPIC]


@pytest.mark.parametrize("name", ["thanks", "ask_for_person", NOT_OURS])
def test_what_is_surely_no_topic_needs_no_context(name: str) -> None:
    own = _ranking((name, 0.8), (TOPIC, 0.1))

    assert in_context(own, _ranking((OTHER_TOPIC, 1.0)), TOPIC) == own


def _processed(component: TwoStageFallback, **data: Any) -> dict[str, Any]:
    (message,) = component.process([Message({"text": "x", **data})])
    result: dict[str, Any] = message.as_dict(only_output_properties=True)
    return result


@pytest.fixture()
def fallback(tmp_path: Path) -> TwoStageFallback:
    return TwoStageFallback.create(
        TwoStageFallback.get_default_config(),
        LocalModelStorage(tmp_path),
        Resource("fallback"),
        ExecutionContext(GraphSchema({})),
    )


def test_both_questions_reach_the_answers(fallback: TwoStageFallback) -> None:
    result = _processed(
        fallback,
        intent_ranking=_ranking((TOPIC, 0.3), (OTHER_TOPIC, 0.3)),
        readings=[Reading("part", "a"), Reading("part", "b")],
        reading_rankings=[_ranking((OTHER_TOPIC, 0.9)), _ranking((TOPIC, 0.9))],
    )

    assert result["questions"] == [OTHER_TOPIC, TOPIC]
    assert result["intent"]["name"] == OTHER_TOPIC


def test_a_follow_up_changes_ranking_and_intent(fallback: TwoStageFallback) -> None:
    result = _processed(
        fallback,
        intent_ranking=_ranking(("deny", 0.3), (TOPIC, 0.1)),
        readings=[Reading("follow_up", "a")],
        reading_rankings=[_ranking((OTHER_TOPIC, 0.9))],
        last_topic=TOPIC,
    )

    assert result["intent"]["name"] == OTHER_TOPIC
    assert result["intent_ranking"][0]["name"] == OTHER_TOPIC
    assert "questions" not in result


def test_a_sure_question_beside_personal_data_is_answered() -> None:
    whole = _ranking((PERSONAL_CASE, 0.9), (TOPIC, 0.1))

    assert question_not_case(whole, _ranking((TOPIC, 0.8)), SURE) == (TOPIC, 0.8)


@pytest.mark.parametrize(
    ("whole", "question"),
    [
        ([(TOPIC, 0.9)], [(OTHER_TOPIC, 0.9)]),
        ([(PERSONAL_CASE, 0.9)], [(TOPIC, 0.4)]),
        ([(PERSONAL_CASE, 0.9)], [("greet", 0.9)]),
        ([(PERSONAL_CASE, 0.9)], []),
        ([], [(TOPIC, 0.9)]),
    ],
)
def test_what_is_no_sure_question_beside_personal_data_stays(
    whole: list[tuple[str, float]], question: list[tuple[str, float]]
) -> None:
    assert question_not_case(_ranking(*whole), _ranking(*question), SURE) is None
