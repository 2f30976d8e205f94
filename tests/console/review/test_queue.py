"""The queue of a reviewer, and calibrations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.console.review.conftest import FEE, GIFT, Made, rows


@pytest.fixture
def anna(sign_in: SignIn) -> FlaskClient:
    """A browser of the trainer anna."""
    return sign_in(Role.TRAINER, user_id="anna")


@pytest.fixture
def bo(sign_in: SignIn) -> FlaskClient:
    """A browser of the trainer bo."""
    return sign_in(Role.TRAINER, user_id="bo")


def _add(client: FlaskClient, *made: Made, **values: str) -> None:
    lines = "\n".join(each.reference for each in made)
    assert client.post("/review/queue/add", data={"references": lines, **values}).status_code == 302


def _mark(client: FlaskClient, made: Made, kind: str, event: int | None = None, **values: str) -> int:
    data: dict[str, str | int] = {"kind": kind, **values}
    if event is not None:
        data["event_id"] = made.events[event]
    return client.post(f"/conversations/{made.reference}/marks", data=data).status_code


def test_marking_as_reviewed_leads_to_the_next_one(anna: FlaskClient, more: Callable[[int], list[Made]]) -> None:
    first, second = more(2)
    _add(anna, first, second)

    answer = anna.post(f"/conversations/{first.reference}/marks", data={"kind": "reviewed"})

    assert answer.headers["Location"].endswith(f"/conversations/{second.reference}")
    page = anna.get("/review/queue").text
    assert "One conversation waits" in page and "Reviewed lately" in page


def test_the_last_one_leaves_the_queue_empty(anna: FlaskClient, made: Made) -> None:
    _add(anna, made)

    assert _mark(anna, made, "reviewed") == 302
    assert "0 conversations wait" in anna.get("/review/queue").text


def test_saving_for_later_puts_it_into_ones_queue(anna: FlaskClient, made: Made) -> None:
    _mark(anna, made, "later")

    assert made.reference in anna.get("/review/queue").text


@pytest.mark.parametrize(
    ("typed", "says"), [("BCDF-BCDF-BCDF", "BCDF-BCDF-BCDF"), ("", "at least one"), ("hölynpöly", "hölynpöly")]
)
def test_references_that_name_nothing_come_back(anna: FlaskClient, engine: Engine, typed: str, says: str) -> None:
    answer = anna.post("/review/queue/add", data={"references": typed})

    assert answer.status_code == 422 and says in answer.text
    assert rows(engine, "queued_reviews") == []


def test_a_conversation_is_handed_over_to_a_trainer_only(
    anna: FlaskClient, bo: FlaskClient, sign_in: SignIn, engine: Engine, made: Made
) -> None:
    sign_in(Role.EDITOR, user_id="ed")
    _add(anna, made)
    entry = rows(engine, "queued_reviews")[0]["id"]

    anna.post(f"/review/queue/{entry}/assign", data={"reviewer": "ed"})
    assert rows(engine, "queued_reviews")[0]["reviewer"] == "anna"
    anna.post(f"/review/queue/{entry}/assign", data={"reviewer": "bo"})

    assert made.reference in bo.get("/review/queue").text
    assert made.reference not in anna.get("/review/queue").text


def test_somebody_elses_entry_is_not_found(anna: FlaskClient, bo: FlaskClient, engine: Engine, made: Made) -> None:
    _add(anna, made)
    entry = rows(engine, "queued_reviews")[0]["id"]

    assert bo.post(f"/review/queue/{entry}/drop").status_code == 404
    assert bo.post(f"/review/queue/{entry}/assign", data={"reviewer": "bo"}).status_code == 404
    assert anna.post(f"/review/queue/{entry}/drop").status_code == 302
    assert rows(engine, "queued_reviews") == []


@pytest.mark.parametrize("address", ["/review/queue/add", "/review/calibrations/new"])
def test_more_conversations_than_are_looked_for_at_once_come_back(
    anna: FlaskClient, engine: Engine, made: Made, address: str
) -> None:
    many = "\n".join(
        [made.reference, *(f"BCDF{a}{b}{c}BCDFG" for a in "BCDFGHJK" for b in "BCDFGHJK" for c in "BCDFGHJK")]
    )

    answer = anna.post(address, data={"references": many, "name": "x", "judges": ["anna", "bo"]})

    assert answer.status_code == 422 and "There are 513 conversations" in answer.text
    assert rows(engine, "queued_reviews") == []


def _calibrate(anna: FlaskClient, made: Made) -> str:
    data = {"name": "Syksy", "references": made.reference, "judges": ["anna", "bo"]}
    return str(anna.post("/review/calibrations/new", data=data).headers["Location"])


def test_two_judge_without_seeing_each_other_and_then_compare(anna: FlaskClient, bo: FlaskClient, made: Made) -> None:
    address = _calibrate(anna, made)
    page = f"/conversations/{made.reference}"
    _mark(anna, made, "right", 0)
    _mark(anna, made, "wrong", 4, topic=GIFT)
    _mark(bo, made, "right", 0)
    _mark(bo, made, "right", 4)
    assert "right topic" not in bo.get(page).text

    _mark(anna, made, "reviewed")
    assert "right topic" not in bo.get(page).text
    assert "not finished" in anna.get(address).text
    _mark(bo, made, "reviewed")

    result = anna.get(address).text
    assert "50%" in result and "understood wrong" in result and made.reference in result
    assert "right topic" in bo.get(page).text


def test_everything_is_to_be_judged_before_a_calibration_is_done(
    anna: FlaskClient, bo: FlaskClient, engine: Engine, made: Made
) -> None:
    _calibrate(anna, made)
    _mark(anna, made, "right", 0)

    answer = anna.post(f"/conversations/{made.reference}/marks", data={"kind": "reviewed"})

    assert answer.status_code == 422 and "messages 3" in answer.text
    assert all(row["done_at"] is None for row in rows(engine, "queued_reviews"))


def test_verdicts_stand_after_a_calibration(anna: FlaskClient, bo: FlaskClient, engine: Engine, made: Made) -> None:
    _calibrate(anna, made)
    for event in (0, 4):
        _mark(anna, made, "right", event)
    _mark(anna, made, "reviewed")

    assert _mark(anna, made, "wrong", 0, topic=FEE) == 422
    verdict = rows(engine, "review_marks")[0]
    assert anna.post(f"/marks/{verdict['id']}/undo").status_code == 409


def test_a_calibration_without_its_parts_comes_back(anna: FlaskClient, engine: Engine, made: Made) -> None:
    data = {"name": "Kevät", "references": "BCDF-BCDF-BCDF", "judges": ["anna", "nobody"]}

    answer = anna.post("/review/calibrations/new", data=data)

    assert answer.status_code == 422
    assert "at least 2 reviewers" in answer.text and "not found" in answer.text and "Kevät" in answer.text
    assert rows(engine, "calibrations") == []


def test_a_calibration_from_ones_own_queue(anna: FlaskClient, bo: FlaskClient, engine: Engine, made: Made) -> None:
    _add(anna, made)

    anna.post("/review/calibrations/new", data={"name": "Oma", "from_queue": "on", "judges": ["anna", "bo"]})

    assert made.reference in bo.get("/review/queue").text
    assert len(rows(engine, "queued_reviews")) == 3


@pytest.mark.parametrize("address", ["/review/queue", "/review/calibrations", "/review/calibrations/1"])
@pytest.mark.parametrize("role", [Role.EDITOR, Role.AGENT, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER])
def test_only_trainers_review(sign_in: SignIn, address: str, role: Role) -> None:
    assert sign_in(role).get(address).status_code == 403


def test_whoever_judges_blindly_finds_no_task_of_the_others_by_its_address(
    anna: FlaskClient, bo: FlaskClient, made: Made
) -> None:
    _calibrate(anna, made)
    _mark(anna, made, "missing_topic", 4, text="puhelinaika puuttuu")
    anna.post(f"/conversations/{made.reference}/messages/{made.events[0]}/example", data={"topic": GIFT})
    anna.post(f"/conversations/{made.reference}/story")
    hidden = ["/review/tasks/1", "/review/tasks/3", "/review/tasks/3.yml", f"/review/examples/{GIFT}.yml"]

    assert {address: bo.get(address).status_code for address in hidden} == dict.fromkeys(hidden, 404)
    assert bo.post("/review/tasks/1/state", data={"state": "done"}).status_code == 404
    assert {address: anna.get(address).status_code for address in hidden} == dict.fromkeys(hidden, 200)

    for judge in (anna, bo):
        _mark(judge, made, "right", 0)
        _mark(judge, made, "right", 4)
        _mark(judge, made, "reviewed")
    assert bo.get("/review/tasks/3").status_code == 200


def test_a_comparison_says_in_the_log_whose_messages_it_showed(
    anna: FlaskClient, bo: FlaskClient, engine: Engine, made: Made
) -> None:
    address = _calibrate(anna, made)
    for judge, verdict in ((anna, "wrong"), (bo, "right")):
        _mark(judge, made, "right", 0)
        _mark(judge, made, verdict, 4, topic=GIFT)
        _mark(judge, made, "reviewed")

    anna.get(address)

    noted = [(row["action"], row["target"]) for row in rows(engine, "audit_log")[-2:]]
    assert noted == [("calibration.viewed", "calibration:1"), ("conversation.viewed", made.reference)]
