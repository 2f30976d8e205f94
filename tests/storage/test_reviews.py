"""Review marks, queues, calibrations and content tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sklearn.metrics import cohen_kappa_score
from sqlalchemy.engine import Connection, Engine

from components.storage import reviews
from components.storage.models import Base
from components.storage.references import reference_of
from components.storage.reviews import HoldsLabel
from components.storage.transcripts import ASSISTANT, CUSTOMER, Message

from .rows import DAY, HOUR, NOW, add, new_database

LATER = NOW + 30 * DAY
A, B, C = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database with three indexed conversations."""
    opened = new_database(url)
    with opened.begin() as connection:
        for sender_id in (A, B, C):
            add(
                connection,
                "indexed_conversations",
                LATER,
                sender_id=sender_id,
                reference=reference_of(sender_id),
                topics="",
                labels="",
            )
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction in it."""
    with engine.begin() as opened:
        yield opened


def _mark(connection: Connection, kind: str, reviewer: str = "anna", **values: Any) -> int:
    defaults = {"sender_id": A, "event_id": 1, "expires_at": LATER, "now": NOW}
    return reviews.mark(connection, reviewer=reviewer, kind=kind, **{**defaults, **values})


def _seen(connection: Connection, viewer: str, sender_id: str = A) -> list[tuple[str, str]]:
    return [(m.reviewer, m.kind) for m in reviews.marks_of(connection, sender_id, viewer=viewer, now=NOW)]


def _task(connection: Connection, kind: str, text: str = "teksti", **values: Any) -> int:
    defaults = {
        "topic": "customs_gift",
        "language": "fi",
        "sender_id": A,
        "event_id": 1,
        "created_by": "anna",
        "expires_at": LATER,
        "now": NOW,
    }
    return reviews.add_task(connection, kind=kind, text=text, **{**defaults, **values})


def test_a_reviewer_has_one_verdict_on_a_message(connection: Connection) -> None:
    _mark(connection, "wrong", value="customs_gift")
    _mark(connection, "right")
    _mark(connection, "right", event_id=2)
    _mark(connection, "wrong", reviewer="bo")

    assert sorted(_seen(connection, "anna")) == [("anna", "right"), ("anna", "right"), ("bo", "wrong")]


def test_other_marks_stand_beside_a_verdict(connection: Connection) -> None:
    for kind in ("right", "flag", "note", "note"):
        _mark(connection, kind, note="x")
    _mark(connection, "tag", value="Kiitos")
    _mark(connection, "tag", value=" kiitos ")
    _mark(connection, "tag", value="muu")

    kinds = [kind for _, kind in _seen(connection, "anna")]
    assert sorted(kinds) == ["flag", "note", "note", "right", "tag", "tag"]
    assert reviews.tags(connection, now=NOW) == ["kiitos", "muu"]


def test_what_reviewers_write_is_masked(connection: Connection) -> None:
    _mark(connection, "note", note="soita 040 123 4567")
    _mark(connection, "tag", value="teppo.testinen@posti.fi")
    _task(connection, "missing_topic", "hetu 131052-952X")

    stored = str(
        [
            list(row)
            for table in ("review_marks", "content_tasks")
            for row in connection.execute(sa.select(Base.metadata.tables[table]))
        ]
    )
    assert "4567" not in stored and "posti.fi" not in stored and "131052" not in stored


@pytest.mark.parametrize(("kind", "value"), [("nonsense", None), ("tag", ""), ("tag", "x" * 41)])
def test_a_mark_of_no_kind_or_without_its_tag_is_refused(connection: Connection, kind: str, value: str) -> None:
    with pytest.raises(ValueError):
        _mark(connection, kind, value=value)
    assert _seen(connection, "anna") == []


def test_only_ones_own_mark_is_undone(connection: Connection) -> None:
    mark_id = _mark(connection, "flag")

    assert reviews.undo(connection, mark_id, reviewer="bo") is None
    assert _seen(connection, "bo") == [("anna", "flag")]
    assert reviews.undo(connection, mark_id, reviewer="anna") is not None
    assert _seen(connection, "bo") == []


def test_a_task_goes_with_the_mark_it_came_of_while_it_is_open(connection: Connection) -> None:
    mark_id = _mark(connection, "missing_topic")
    task_id = _task(connection, "missing_topic")
    reviews.undo(connection, mark_id, reviewer="anna")
    assert reviews.task(connection, task_id, now=NOW) is None

    _mark(connection, "missing_topic")
    task_id = _task(connection, "missing_topic")
    reviews.set_task_state(connection, task_id, "done", by="ed", now=NOW)
    _mark(connection, "right")
    assert reviews.task(connection, task_id, now=NOW) is not None


def test_an_expired_mark_is_not_seen(connection: Connection) -> None:
    _mark(connection, "flag", expires_at=NOW)

    assert _seen(connection, "anna") == []


def test_the_queue_keeps_its_order_and_nothing_twice(connection: Connection) -> None:
    added = [
        reviews.enqueue(connection, ids, reviewer="anna", added_by="bo", now=NOW)
        for ids in ([B, A, B], [A, C], ["f" * 32])
    ]

    assert added == [2, 1, 0]
    assert [each.sender_id for each in reviews.queue_of(connection, "anna", now=NOW)] == [B, A, C]
    assert reviews.queue_of(connection, "bo", now=NOW) == []
    assert reviews.queue_of(connection, "anna", now=LATER + HOUR) == []


def test_what_is_finished_leaves_the_queue(connection: Connection) -> None:
    reviews.enqueue(connection, [A, B], reviewer="anna", added_by="anna", now=NOW)

    assert reviews.finish(connection, A, reviewer="anna", now=NOW) == 1
    assert [each.sender_id for each in reviews.queue_of(connection, "anna", now=NOW)] == [B]
    assert [each.sender_id for each in reviews.queue_of(connection, "anna", now=NOW, done=True)] == [A]


def test_ones_own_entry_can_be_handed_over_and_dropped(connection: Connection) -> None:
    reviews.enqueue(connection, [A, B], reviewer="anna", added_by="anna", now=NOW)
    first, second = (each.id for each in reviews.queue_of(connection, "anna", now=NOW))

    assert reviews.assign(connection, first, reviewer="bo", to="bo", added_by="bo", now=NOW) is None
    assert reviews.drop(connection, second, reviewer="bo") is None
    assert reviews.assign(connection, first, reviewer="anna", to="bo", added_by="anna", now=NOW) == A
    assert reviews.drop(connection, second, reviewer="anna") == B
    assert [each.sender_id for each in reviews.queue_of(connection, "bo", now=NOW)] == [A]
    assert reviews.queue_of(connection, "anna", now=NOW) == []


def _calibrate(connection: Connection, *judges: str, sender_ids: tuple[str, ...] = (A, B)) -> int:
    return reviews.start_calibration(
        connection, name="Syksy", sender_ids=sender_ids, judges=judges, created_by="anna", now=NOW
    )


def test_nobody_sees_the_others_until_all_have_finished(connection: Connection) -> None:
    _calibrate(connection, "anna", "bo")
    _mark(connection, "right", reviewer="anna")
    _mark(connection, "wrong", reviewer="bo")
    _mark(connection, "flag", reviewer="cia")

    assert _seen(connection, "bo") == [("bo", "wrong")]
    reviews.finish(connection, A, reviewer="anna", now=NOW)
    assert _seen(connection, "anna") == [("anna", "right")]
    assert _seen(connection, "bo") == [("bo", "wrong")]
    reviews.finish(connection, A, reviewer="bo", now=NOW)
    assert len(_seen(connection, "anna")) == len(_seen(connection, "bo")) == 3
    assert reviews.is_settled(connection, A, "anna") and not reviews.is_settled(connection, B, "anna")


def test_nobody_learns_of_the_others_verdicts_from_tasks(connection: Connection) -> None:
    _calibrate(connection, "anna", "bo")
    _task(connection, "missing_topic")
    _task(connection, "answer_wrong", sender_id=C)

    def seen(viewer: str) -> list[str]:
        return [each.kind for each in reviews.tasks(connection, now=NOW, viewer=viewer)[0]]

    assert seen("bo") == ["answer_wrong"]
    assert seen("anna") == seen("ed") == ["answer_wrong", "missing_topic"]
    for reviewer in ("anna", "bo"):
        reviews.finish(connection, A, reviewer=reviewer, now=NOW)
    assert seen("bo") == ["answer_wrong", "missing_topic"]


def test_results_count_what_all_have_finished_only(connection: Connection) -> None:
    calibration_id = _calibrate(connection, "anna", "bo")
    for sender_id in (A, B):
        _mark(connection, "right", reviewer="anna", sender_id=sender_id)
        _mark(connection, "missing_topic", reviewer="bo", sender_id=sender_id)
    for reviewer in ("anna", "bo"):
        _mark(connection, "right", reviewer=reviewer, event_id=2)
        reviews.finish(connection, A, reviewer=reviewer, now=NOW)
    reviews.finish(connection, B, reviewer="anna", now=NOW)

    [pair], [difference] = reviews.results(connection, calibration_id, now=NOW)

    assert (pair.first, pair.second, pair.messages, pair.agreement, pair.kappa) == ("anna", "bo", 2, 0.5, 0.0)
    assert (difference.sender_id, difference.event_id) == (A, 1)
    assert difference.verdicts == {"anna": "right", "bo": "wrong"}
    session = reviews.calibration(connection, calibration_id, now=NOW)
    assert session is not None
    assert (session.conversations, session.done, session.is_finished) == (2, {"anna": 2, "bo": 1}, False)


def test_an_entry_of_a_calibration_is_neither_handed_over_nor_dropped(connection: Connection) -> None:
    _calibrate(connection, "anna", "bo")
    entry = reviews.queue_of(connection, "anna", now=NOW)[0]

    assert reviews.assign(connection, entry.id, reviewer="anna", to="cia", added_by="anna", now=NOW) is None
    assert reviews.drop(connection, entry.id, reviewer="anna") is None
    assert entry.calibration == "Syksy"


@pytest.mark.parametrize(
    ("judges", "sender_ids"), [(("anna",), (A,)), (("anna", "anna"), (A,)), (("anna", "bo"), ()), (("a", "b"), ("x",))]
)
def test_a_calibration_needs_two_reviewers_and_a_conversation(
    connection: Connection, judges: tuple[str, ...], sender_ids: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError):
        _calibrate(connection, *judges, sender_ids=sender_ids)


def test_three_reviewers_are_compared_two_by_two(connection: Connection) -> None:
    calibration_id = _calibrate(connection, "anna", "bo", "cia")

    pairs, _ = reviews.results(connection, calibration_id, now=NOW)

    assert [(pair.first, pair.second, pair.kappa) for pair in pairs] == [
        ("anna", "bo", None),
        ("anna", "cia", None),
        ("bo", "cia", None),
    ]


@pytest.mark.parametrize(
    "verdicts",
    [
        ["rr", "ww", "rw", "rr", "ww", "wr", "rr"],
        ["rw", "wr", "rw"],
        ["rr", "ww"],
        ["rr", "rw", "rr", "rr"],
        ["rr"] * 20 + ["rw"] * 5 + ["wr"] * 10 + ["ww"] * 15,
    ],
)
def test_kappa_is_the_one_of_scikit_learn(verdicts: list[str]) -> None:
    pairs = [(each[0], each[1]) for each in verdicts]

    assert reviews.kappa(pairs) == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))


def test_kappa_of_a_textbook_example() -> None:
    # 20 both yes, 5 yes/no, 10 no/yes, 15 both no: p_o 0.7, p_e 0.5.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

    assert reviews.agreement(pairs) == pytest.approx(0.7)
    assert reviews.kappa(pairs) == pytest.approx(0.4)


@pytest.mark.parametrize("pairs", [[], [("r", "r")], [("w", "w")] * 7])
def test_kappa_is_undefined_without_messages_and_with_one_verdict_only(pairs: list[tuple[str, str]]) -> None:
    assert reviews.kappa(pairs) is None


def test_a_text_with_a_label_is_no_example(connection: Connection) -> None:
    for text in ("nimeni on [NAME_1]", "soita 040 123 4567"):
        with pytest.raises(HoldsLabel):
            _task(connection, "example", text)
    assert reviews.tasks(connection, now=NOW) == ([], 0)


def test_the_same_task_is_not_made_twice(connection: Connection) -> None:
    first = _task(connection, "example", "eka")
    assert _task(connection, "example", "toka") == first
    assert _task(connection, "example", topic="customs_vat_rates") != first
    reviews.set_task_state(connection, first, "declined", by="ed", now=NOW)
    assert _task(connection, "example", "kolmas") != first


def test_tasks_are_filtered_and_paged(connection: Connection) -> None:
    ids = [_task(connection, "example", f"esimerkki {letter}", event_id=n) for n, letter in enumerate("abc")]
    _task(connection, "story", topic=None, event_id=None)
    reviews.set_task_state(connection, ids[0], "done", by="ed", now=NOW)

    def found(**which: Any) -> list[int]:
        return [each.id for each in reviews.tasks(connection, now=NOW, **which)[0]]

    assert found(kind="example") == [ids[2], ids[1]]
    assert found(state="done") == [ids[0]]
    assert len(found(state=None)) == 4
    assert found(topic="customs_gift", size=1, page=2) == [ids[1]]
    assert reviews.tasks(connection, now=LATER + HOUR, state=None) == ([], 0)


def test_a_closed_task_says_by_whom_until_it_is_opened_again(connection: Connection) -> None:
    task_id = _task(connection, "answer_wrong")
    assert reviews.set_task_state(connection, task_id, "done", by="ed", now=NOW)
    closed = reviews.task(connection, task_id, now=NOW)
    assert closed is not None and (closed.state, closed.closed_by, closed.closed_at) == ("done", "ed", NOW)

    assert reviews.set_task_state(connection, task_id, "open", by="ed", now=NOW)
    opened = reviews.task(connection, task_id, now=NOW)
    assert opened is not None and (opened.state, opened.closed_by, opened.closed_at) == ("open", None, None)
    assert not reviews.set_task_state(connection, 999, "open", by="ed", now=NOW)
    with pytest.raises(ValueError):
        reviews.set_task_state(connection, task_id, "nonsense", by="ed", now=NOW)


def test_examples_of_a_topic_by_language(connection: Connection) -> None:
    _task(connection, "example", "onko lahja\nverovapaa", event_id=1)
    _task(connection, "example", "onko lahja verovapaa", event_id=2)
    _task(connection, "example", "is a gift free", event_id=3, language="en")
    _task(connection, "example", "muu aihe", event_id=4, topic="customs_vat_rates")
    done = _task(connection, "example", "valmis jo", event_id=5)
    reviews.set_task_state(connection, done, "done", by="ed", now=NOW)

    assert reviews.examples(connection, "customs_gift", now=NOW) == {
        "fi": ["onko lahja verovapaa"],
        "en": ["is a gift free"],
    }


def _message(event_id: int, text: str, intent: str | None, speaker: str = CUSTOMER, **more: Any) -> Message:
    return Message(event_id, speaker, text, NOW, intent=intent, **more)


def test_a_story_has_what_was_said_and_the_right_topics() -> None:
    messages = [
        _message(1, "hei: # kysymys", "greet", actions=("utter_greet",)),
        _message(2, "Hei!", None, ASSISTANT),
        _message(3, "lahjan vero", "customs_vat_rates", actions=("utter_customs_vat_rates",)),
        _message(4, "Lahja", "customs_gift", actions=("utter_customs_gift",), pressed=True),
        _message(5, "uusi asia", "nlu_fallback", actions=("action_offer_topics",)),
    ]

    [story] = yaml.safe_load(reviews.story("x", messages, {3: "customs_gift", 5: None}))["stories"]

    assert story["steps"] == [
        {"user": "hei: # kysymys", "intent": "greet"},
        {"action": "utter_greet"},
        {"user": "lahjan vero", "intent": "customs_gift"},
        {"action": "utter_customs_gift"},
        {"intent": "customs_gift"},
        {"action": "utter_customs_gift"},
    ]


def test_a_story_stays_yaml_when_it_is_stored(connection: Connection) -> None:
    text = reviews.story("a, b", [_message(1, "lahjan vero", "customs_gift", actions=("utter_customs_gift",))], {})

    stored = reviews.task(connection, _task(connection, "story", text), now=NOW)

    assert stored is not None and yaml.safe_load(stored.text) == yaml.safe_load(text)


def test_only_active_trainers_review(connection: Connection) -> None:
    base = {"password_hash": "x", "password_changed_at": NOW, "must_change_password": False, "created_at": NOW}
    for user_id, roles, active in [("cia", "agent trainer", True), ("bo", "trainer", False), ("ed", "editor", True)]:
        connection.execute(
            sa.insert(Base.metadata.tables["staff"]).values(user_id=user_id, roles=roles, active=active, **base)
        )

    assert reviews.reviewers(connection) == ["cia"]


def test_all_of_it_goes_with_the_conversation(connection: Connection) -> None:
    _mark(connection, "flag")
    _task(connection, "answer_wrong")
    reviews.enqueue(connection, [A], reviewer="anna", added_by="anna", now=NOW)

    for table in ("review_marks", "content_tasks", "queued_reviews"):
        [row] = connection.execute(sa.select(Base.metadata.tables[table])).all()
        assert (row.sender_id, row.expires_at) == (A, LATER)
