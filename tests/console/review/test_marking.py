"""Noting things on messages, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.console.review.conftest import FEE, GIFT, Made, rows

GIFT_TITLE = "Ulkomailta lähetetty lahja"


@pytest.fixture
def client(sign_in: SignIn) -> FlaskClient:
    """A browser of the trainer anna."""
    return sign_in(Role.TRAINER, user_id="anna")


def _post(client: FlaskClient, made: Made, kind: str, event: int | None = 0, **values: Any) -> TestResponse:
    data = {"kind": kind, **values}
    if event is not None:
        data["event_id"] = made.events[event]
    return client.post(f"/conversations/{made.reference}/marks", data=data)


def _kinds(engine: Engine) -> list[tuple[str, str | None]]:
    return [(row["kind"], row["value"]) for row in rows(engine, "review_marks")]


def test_right_and_wrong_take_each_others_place(client: FlaskClient, engine: Engine, made: Made) -> None:
    first = _post(client, made, "right")
    _post(client, made, "wrong", topic=GIFT_TITLE)

    assert first.headers["Location"].endswith(f"/conversations/{made.reference}#m-{made.events[0]}")
    assert _kinds(engine) == [("wrong", GIFT)]


@pytest.mark.parametrize(
    ("typed", "topic"),
    [
        (GIFT_TITLE, GIFT),
        ("  a gift sent to ME from abroad ", GIFT),
        (GIFT, GIFT),
        ("None of the service's topics", "out_of_scope"),
    ],
)
def test_the_right_topic_is_chosen_by_its_title(
    client: FlaskClient, engine: Engine, made: Made, typed: str, topic: str
) -> None:
    _post(client, made, "wrong", topic=typed)

    assert _kinds(engine) == [("wrong", topic)]


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("wrong", {"topic": "lahjat ja muut"}, "Choose the right topic"),
        ("wrong", {}, "Choose the right topic"),
        ("missing_topic", {"text": "  "}, "Write first"),
        ("note", {"text": ""}, "Write first"),
        ("note", {"text": "x" * 2001}, "Shorten it"),
        ("note", {"text": "huomio", "words": "ei ole täällä"}, "not in the message"),
        ("tag", {"tag": "x" * 41}, "at most 40"),
    ],
)
def test_a_form_with_a_fault_comes_back_filled_in(
    client: FlaskClient, engine: Engine, made: Made, kind: str, values: dict[str, str], says: str
) -> None:
    answer = _post(client, made, kind, 0, **values)

    assert answer.status_code == 422
    assert says in answer.text
    assert all(value in answer.text for value in values.values())
    assert _kinds(engine) == []
    assert [row["action"] for row in rows(engine, "audit_log")] == ["conversation.viewed"]


@pytest.mark.parametrize(
    ("kind", "event"), [("nonsense", 0), ("right", 2), ("right", None), ("answer_wrong", 0), ("reviewed", 0)]
)
def test_a_mark_that_does_not_fit_is_refused(
    client: FlaskClient, engine: Engine, made: Made, kind: str, event: int | None
) -> None:
    assert _post(client, made, kind, event).status_code == 400
    assert _kinds(engine) == []


def test_a_message_of_another_conversation_is_not_found(
    client: FlaskClient, engine: Engine, more: Callable[[int], list[Made]]
) -> None:
    first, second = more(2)
    data = {"kind": "right", "event_id": second.events[0]}

    assert client.post(f"/conversations/{first.reference}/marks", data=data).status_code == 404
    assert client.post(f"/conversations/{first.reference}/messages/{second.events[0]}/example").status_code == 404


def test_a_mark_is_audited_without_its_text(client: FlaskClient, engine: Engine, made: Made) -> None:
    _post(client, made, "note", text="ihmeellinen viesti")

    [entry] = rows(engine, "audit_log")
    assert (entry["action"], entry["target"]) == ("review.marked", made.reference)
    assert "ihmeellinen" not in str(entry)


def test_a_note_is_masked_and_holds_to_its_words(client: FlaskClient, engine: Engine, made: Made) -> None:
    _post(client, made, "note", text="soita 040 123 4567", words="hakemus  maksaa")

    [mark] = rows(engine, "review_marks")
    assert (mark["note"], mark["span_start"], mark["span_end"]) == ("soita [PHONE_NUMBER]", 9, 23)
    assert '<q><span data-at="0">hakemus maksaa</span></q>' in client.get(f"/conversations/{made.reference}").text


def test_what_a_trainer_writes_is_never_markup(client: FlaskClient, made: Made) -> None:
    _post(client, made, "note", text="<b>lihava</b>")

    page = client.get(f"/conversations/{made.reference}").text
    assert "<b>lihava" not in page and "&lt;b&gt;lihava" in page


def test_a_tag_is_offered_from_then_on(client: FlaskClient, made: Made) -> None:
    _post(client, made, "tag", None, tag="Hinnasto")

    assert '<option value="hinnasto">' in client.get(f"/conversations/{made.reference}").text


def test_only_ones_own_mark_is_undone(client: FlaskClient, sign_in: SignIn, engine: Engine, made: Made) -> None:
    _post(client, made, "flag")
    [mark] = rows(engine, "review_marks")

    assert sign_in(Role.TRAINER, user_id="bo").post(f"/marks/{mark['id']}/undo").status_code == 404
    assert client.post(f"/marks/{mark['id']}/undo").status_code == 302
    assert _kinds(engine) == []


@pytest.mark.parametrize("kind", ["answer_wrong", "answer_outdated"])
def test_a_bad_answer_becomes_a_task_for_editors(client: FlaskClient, engine: Engine, made: Made, kind: str) -> None:
    _post(client, made, kind, 2, text="hinta on vanha, soita 040 123 4567")

    [task] = rows(engine, "content_tasks")
    assert (task["kind"], task["topic"], task["state"]) == (kind, FEE, "open")
    assert task["text"] == "hinta on vanha, soita [PHONE_NUMBER]"


def test_a_missing_topic_becomes_a_task_until_it_is_taken_back(client: FlaskClient, engine: Engine, made: Made) -> None:
    _post(client, made, "missing_topic", 4, text="kysyy veneen siirrosta")
    assert [task["kind"] for task in rows(engine, "content_tasks")] == ["missing_topic"]

    _post(client, made, "right", 4)
    assert rows(engine, "content_tasks") == []


def test_a_message_becomes_an_example(client: FlaskClient, engine: Engine, made: Made) -> None:
    answer = client.post(
        f"/conversations/{made.reference}/messages/{made.events[0]}/example", data={"topic": GIFT_TITLE}
    )

    assert answer.status_code == 302
    [task] = rows(engine, "content_tasks")
    assert (task["kind"], task["topic"], task["text"]) == ("example", GIFT, "paljonko hakemus maksaa")


def test_a_message_with_a_label_is_no_example(client: FlaskClient, engine: Engine, made: Made) -> None:
    answer = client.post(
        f"/conversations/{made.reference}/messages/{made.events[4]}/example", data={"topic": GIFT_TITLE}
    )

    assert answer.status_code == 422 and "masked data" in answer.text
    assert rows(engine, "content_tasks") == []


@pytest.mark.parametrize("topic", ["", "jotain muuta", "None of the service's topics"])
def test_an_example_needs_a_topic(client: FlaskClient, engine: Engine, made: Made, topic: str) -> None:
    answer = client.post(f"/conversations/{made.reference}/messages/{made.events[0]}/example", data={"topic": topic})

    assert answer.status_code == 422
    assert rows(engine, "content_tasks") == []


def test_a_story_has_the_topics_that_the_reviewer_found_right(
    client: FlaskClient, sign_in: SignIn, engine: Engine, made: Made
) -> None:
    sign_in(Role.TRAINER, user_id="bo").post(
        f"/conversations/{made.reference}/marks", data={"kind": "wrong", "topic": FEE, "event_id": made.events[4]}
    )
    _post(client, made, "wrong", 4, topic=GIFT)

    client.post(f"/conversations/{made.reference}/story")

    [story] = yaml.safe_load(rows(engine, "content_tasks")[0]["text"])["stories"]
    assert story["steps"] == [
        {"user": "paljonko hakemus maksaa", "intent": FEE},
        {"action": f"utter_{FEE}"},
        {"user": "nimeni on [NAME_1], soita minulle", "intent": GIFT},
        {"action": f"utter_{GIFT}"},
    ]


def test_marks_need_a_token(app: Flask, client: FlaskClient, engine: Engine, made: Made) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    assert _post(client, made, "right").status_code == 400
    assert _kinds(engine) == []


@pytest.mark.parametrize("address", ["marks", "messages/1/example", "story", "messages/1/mask"])
def test_nothing_changes_by_following_a_link(client: FlaskClient, made: Made, address: str) -> None:
    assert client.get(f"/conversations/{made.reference}/{address}").status_code == 405


def test_a_form_that_comes_back_counts_as_seen(sign_in: SignIn, engine: Engine, made: Made) -> None:
    answer = sign_in(Role.TRAINER).post(f"/conversations/{made.reference}/marks", data={"kind": "note", "text": " "})

    assert answer.status_code == 422 and "paljonko hakemus maksaa" in answer.text
    [entry] = rows(engine, "audit_log")
    assert (entry["action"], entry["target"]) == ("conversation.viewed", made.reference)
    assert rows(engine, "review_marks") == []
