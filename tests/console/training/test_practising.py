"""A trainee answers first and then sees what the service said; results are the trainee's and the trainers' only."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage.collections import add_conversation
from components.storage.models import Practice
from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.storage.cases import FEE, OTHER, add_spoken

from .conftest import QUESTION, REFERENCE, Made, audited, moment

SERVICE = "Hinta riippuu hakemuksesta."
_OFFERED = re.compile(r'name="chosen"[^>]*value="([a-z_0-9]+)"')


def begin(client: FlaskClient, case: int) -> str:
    return client.post(f"/practice/cases/{case}").headers["Location"].removesuffix("/1")


def answers(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(sa.select(Practice.answers)).scalar_one())


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_practise(sign_in: SignIn, made: Made, role: Role) -> None:
    client = sign_in(role)

    assert "Fees" in client.get("/practice").text
    assert "A fee" in client.get(f"/practice/collections/{made.collection}").text
    assert QUESTION in client.get(f"{begin(client, made.case)}/1").text


def test_the_service_s_answer_comes_after_one_s_own(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.case)

    first = client.get(f"{practice}/1").text
    assert QUESTION in first
    assert SERVICE not in first
    assert "Name the fee first." not in first
    offered = _OFFERED.findall(first)
    assert FEE in offered
    assert len(set(offered)) == 4
    assert offered == _OFFERED.findall(client.get(f"{practice}/1").text)

    shown = client.post(f"{practice}/1", data={"chosen": FEE}, follow_redirects=True).text
    assert SERVICE in shown
    assert "right" in shown
    second = client.get(f"{practice}/2").text
    assert "Kiitos" in second
    assert not _OFFERED.findall(second)

    client.post(f"{practice}/2", data={"written": "Kirjoita 010190-987N"})
    result = client.get(practice).text
    assert "Name the fee first." in result
    assert "=What was missing?" in result
    assert "1 of 1" in result
    assert "010190-987N" not in answers(engine) + result


def test_the_wrong_topic_is_said_to_be_wrong(sign_in: SignIn, made: Made) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.case)
    wrong = next(name for name in _OFFERED.findall(client.get(f"{practice}/1").text) if name != FEE)

    shown = client.post(f"{practice}/1", data={"chosen": wrong}, follow_redirects=True).text

    assert ">wrong<" in shown


def test_no_answer_is_no_answer(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.case)

    for data in ({}, {"written": "  "}, {"chosen": "customs_cash_declaration_of_nobody"}):
        refused = client.post(f"{practice}/1", data=data)
        assert refused.status_code == 422, data
        assert SERVICE not in refused.text
        assert audited(engine)[-1][:2] == ("practice.message_viewed", REFERENCE)


def test_nobody_looks_ahead_or_answers_twice(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.case)

    assert client.get(f"{practice}/2").headers["Location"].endswith("/1")
    assert client.get(practice).headers["Location"].endswith("/1")
    client.post(f"{practice}/2", data={"written": "too early"})
    client.post(f"{practice}/1", data={"written": "first"})
    client.post(f"{practice}/1", data={"written": "second"})

    assert "first" in answers(engine)
    assert "second" not in answers(engine)
    assert "too early" not in answers(engine)


def test_a_stranger_neither_sees_nor_answers_nor_deletes(sign_in: SignIn, made: Made, engine: Engine) -> None:
    practice = begin(sign_in(Role.AGENT, user_id="owner"), made.case)
    for role in (Role.AGENT, Role.EDITOR, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR):
        stranger = sign_in(role, user_id=f"stranger-{role.value}")
        assert stranger.get(practice).status_code == 404
        assert stranger.get(f"{practice}/1").status_code == 404
        assert stranger.post(f"{practice}/1", data={"written": "x"}).status_code == 404
        assert stranger.post(f"{practice}/delete").status_code == 404
    assert answers(engine) == "[]"


def test_a_trainer_sees_results_and_changes_none(sign_in: SignIn, made: Made, engine: Engine) -> None:
    owner = sign_in(Role.AGENT, user_id="owner")
    practice = begin(owner, made.case)
    owner.post(f"{practice}/1", data={"written": "my words"})
    trainer = sign_in(Role.TRAINER, user_id="trainer")

    assert "owner" in trainer.get("/practice/results").text
    assert "my words" in trainer.get(practice).text
    assert "my words" not in trainer.get("/practice").text
    assert trainer.get(f"{practice}/1").status_code == 404
    assert trainer.post(f"{practice}/2", data={"written": "x"}).status_code == 404
    assert trainer.post(f"{practice}/delete").status_code == 404
    assert ("practice.viewed", REFERENCE, f'{{"practice": {practice.rsplit("/", 1)[1]}}}') in audited(engine)


def test_the_trainee_deletes_the_own_result(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.case)

    client.post(f"{practice}/delete")

    assert client.get(practice).status_code == 404
    assert "practice.deleted" in {action for action, _, _ in audited(engine)}


def test_a_rewritten_case_is_practised_like_any_other(sign_in: SignIn, made: Made) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.written)
    client.post(f"{practice}/1", data={"chosen": FEE})
    client.post(f"{practice}/2", data={"written": "Sure"})
    assert "It depends." in client.get(practice).text


def test_a_case_in_which_no_customer_speaks_is_not_practised(sign_in: SignIn, made: Made, engine: Engine) -> None:
    with engine.begin() as connection:
        add_spoken(connection, OTHER, start=moment(), said=[("assistant", "Hei!", None)])
        case = add_conversation(connection, made.collection, OTHER, title="Silent", by="anna", now=moment())

    page = sign_in(Role.AGENT).post(f"/practice/cases/{case}", follow_redirects=True)

    assert "no message of a customer" in page.text
    assert audited(engine)[-1][0] == "practice.refused"


def test_nobody_practises_with_what_was_put_away(sign_in: SignIn, made: Made) -> None:
    sign_in(Role.TRAINER).post(f"/collections/{made.collection}/archive", data={"archived": "1"})
    client = sign_in(Role.AGENT)
    assert client.get(f"/practice/collections/{made.collection}").status_code == 404
    assert client.post(f"/practice/cases/{made.case}").status_code == 404


def test_the_audit_log_holds_no_words(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.AGENT)
    practice = begin(client, made.case)
    client.post(f"{practice}/1", data={"written": "unmistakable words"})
    client.get(practice)
    noted = str(audited(engine))
    assert "practice.answered" in noted
    assert "unmistakable" not in noted
    assert "oleskelulupa" not in noted
