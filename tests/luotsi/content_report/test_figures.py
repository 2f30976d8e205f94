from __future__ import annotations

from luotsi.content_report.figures import Mistake, confusions, mistakes, recalls, taken_for
from luotsi.evaluation import Outcome, Question


def _outcome(topic: str, *ranking: str, language: str = "fi", text: str = "?", reply: str | None = None) -> Outcome:
    return Outcome(Question(language, topic, text), reply or (ranking[0] if ranking else "out_of_scope"), ranking, 0.5)


def test_what_is_refused_has_one_name() -> None:
    assert taken_for(_outcome("customs_gift", "out_of_scope_tax")) == "out_of_scope"
    assert taken_for(_outcome("customs_gift")) == "out_of_scope"
    assert taken_for(_outcome("customs_gift", "customs_snus")) == "customs_snus"


def test_a_mistake_tells_what_the_service_would_do() -> None:
    outcomes = [
        _outcome("customs_gift", "customs_gift"),
        _outcome("customs_gift", "customs_snus", text="a", language="en"),
        _outcome("customs_gift", "customs_snus", text="b", reply="nlu_fallback"),
        _outcome("customs_gift", "customs_snus", text="c", reply="out_of_scope"),
    ]

    assert mistakes(outcomes) == [
        Mistake("en", "a", "customs_gift", "customs_snus", "answered"),
        Mistake("fi", "b", "customs_gift", "customs_snus", "offered"),
        Mistake("fi", "c", "customs_gift", "customs_snus", "refused"),
    ]


def test_other_questions_are_mistakes_only_where_topics_are_concerned() -> None:
    outcomes = [
        _outcome("out_of_scope", "out_of_scope_tax"),
        _outcome("out_of_scope", "customs_snus", text="tax"),
        _outcome("greet", "goodbye"),
        _outcome("greet", "customs_gift", text="hi"),
    ]

    assert [mistake.text for mistake in mistakes(outcomes)] == ["tax", "hi"]


def test_confusions_have_a_direction_and_the_most_frequent_comes_first() -> None:
    found = mistakes(
        [
            _outcome("customs_snus", "customs_gift", text="a"),
            _outcome("customs_gift", "customs_snus", text="b"),
            _outcome("customs_gift", "customs_snus", text="c"),
        ]
    )

    assert [
        (confusion.topic, confusion.taken_for, [mistake.text for mistake in confusion.mistakes])
        for confusion in confusions(found)
    ] == [("customs_gift", "customs_snus", ["b", "c"]), ("customs_snus", "customs_gift", ["a"])]


def test_recall_is_by_topic_and_language_and_the_worst_comes_first() -> None:
    outcomes = [
        _outcome("customs_gift", "customs_gift"),
        _outcome("customs_gift", "customs_gift"),
        _outcome("customs_gift", "customs_snus", language="en"),
        _outcome("customs_gift", "customs_gift", language="en"),
        _outcome("customs_snus", "customs_gift"),
        _outcome("greet", "customs_gift"),
    ]

    worst, better = recalls(outcomes, languages=("fi", "en"))

    assert (worst.topic, worst.share, worst.by_language, worst.count) == (
        "customs_snus",
        0.0,
        {"fi": 0.0, "en": None},
        1,
    )
    assert (better.topic, better.share, better.by_language) == ("customs_gift", 0.75, {"fi": 1.0, "en": 0.5})


def test_the_decision_does_not_change_what_came_first() -> None:
    (recall,) = recalls([_outcome("customs_gift", "customs_gift", reply="nlu_fallback")], languages=("fi",))

    assert recall.share == 1.0
