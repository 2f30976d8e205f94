"""A synthetic case holds none of the customer's own words, and stays when the conversation goes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from components.storage import collections
from components.storage.collections import Case
from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.storage.cases import FEE

from .conftest import QUESTION, Made, audited, moment


def form(*lines: tuple[str, str, str], **values: str) -> dict[str, Any]:
    speakers, texts, topics = (list(column) for column in zip(*lines, strict=True))
    described = {"title": "Anew", "difficulty": "2", "questions": "", "model_answer": ""}
    return {**described, "speaker": speakers, "text": texts, "topic": topics, "replace": "1", **values}


ANEW = (("customer", "Mikä on hinta?", FEE), ("assistant", "Hinta riippuu hakemuksesta.", ""))


def kept(engine: Engine, collection: int) -> list[Case]:
    with engine.connect() as connection:
        return collections.cases_of(connection, collection, now=moment())


def test_the_form_is_prefilled_with_the_conversation(sign_in: SignIn, made: Made, engine: Engine) -> None:
    page = sign_in(Role.TRAINER).get(f"/collections/cases/{made.case}/rewrite").text

    assert QUESTION in page
    assert "Hinta riippuu hakemuksesta." in page
    assert f'value="{FEE}"' in page
    assert audited(engine)[-1][0] == "conversation.viewed"


def test_what_was_rewritten_takes_the_conversation_s_place(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)

    page = client.post(f"/collections/cases/{made.case}/rewrite", data=form(*ANEW), follow_redirects=True)

    assert "Mikä on hinta?" in page.text
    assert [case.title for case in kept(engine, made.collection)] == ["Anew", "Written"]
    assert kept(engine, made.collection)[0].expires_at is None
    assert audited(engine)[-2][0] == "collection.case_written"


def test_it_may_stand_beside_the_conversation(sign_in: SignIn, made: Made, engine: Engine) -> None:
    sign_in(Role.TRAINER).post(f"/collections/cases/{made.case}/rewrite", data=form(*ANEW, replace=""))
    assert [case.title for case in kept(engine, made.collection)] == ["A fee", "Written", "Anew"]


@pytest.mark.parametrize(
    "line", [QUESTION, QUESTION.upper() + "?", "Hei, oleskelulupa mahtaa nykyään maksaa opiskelijalle", "KIITOS!"]
)
def test_the_customer_s_own_words_are_refused_and_the_line_is_named(
    sign_in: SignIn, made: Made, engine: Engine, line: str
) -> None:
    data = form(*ANEW, ("customer", line, ""))

    refused = sign_in(Role.TRAINER).post(f"/collections/cases/{made.case}/rewrite", data=data)

    assert refused.status_code == 422
    assert "Message 3 needs to be mended" in refused.text
    assert "Mikä on hinta?" in refused.text
    assert len(kept(engine, made.collection)) == 2
    assert "collection.case_written" not in {action for action, _, _ in audited(engine)}


@pytest.mark.parametrize("field", ["title", "questions", "model_answer"])
def test_they_are_refused_in_every_other_text_too(sign_in: SignIn, made: Made, field: str, engine: Engine) -> None:
    data = form(*ANEW, **{field: QUESTION})

    refused = sign_in(Role.TRAINER).post(f"/collections/cases/{made.case}/rewrite", data=data)

    assert refused.status_code == 422
    assert len(kept(engine, made.collection)) == 2


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([("assistant", "Hei!", "")], "at least one message of the customer"),
        ([("customer", "Mikä on hinta?", "no_such_topic")], "There is no such topic"),
        ([("customer", "a" * 4_001, "")], "4001 characters"),
    ],
)
def test_a_case_that_cannot_be_used_is_refused(
    sign_in: SignIn, made: Made, lines: list[tuple[str, str, str]], error: str
) -> None:
    refused = sign_in(Role.TRAINER).post(f"/collections/{made.collection}/write", data=form(*lines))
    assert refused.status_code == 422
    assert error in refused.text


def test_more_lines_are_given_and_nothing_is_lost(sign_in: SignIn, made: Made, engine: Engine) -> None:
    data = form(*ANEW, more="1")

    page = sign_in(Role.TRAINER).post(f"/collections/{made.collection}/write", data=data)

    assert page.text.count('name="text"') == 5
    assert "Mikä on hinta?" in page.text
    assert "needs to be mended" not in page.text
    assert len(kept(engine, made.collection)) == 2


def test_a_case_is_written_from_nothing_and_changed_later(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)
    client.post(f"/collections/{made.collection}/write", data=form(*ANEW, ("customer", " ", "")))
    number = kept(engine, made.collection)[-1].id

    client.post(f"/collections/cases/{number}/rewrite", data=form(("customer", "Soita 010190-987N", "")))

    (message,) = kept(engine, made.collection)[-1].written or ()
    assert message.text.startswith("Soita [")


@pytest.mark.parametrize(
    "changed", [{"speaker": ["agent", "agent"]}, {"topic": ["", "", ""]}, {"text": []}], ids=lambda each: str(each)
)
def test_a_form_that_no_page_sends_is_refused(sign_in: SignIn, made: Made, changed: dict[str, Any]) -> None:
    data = {**form(*ANEW), **changed}
    assert sign_in(Role.TRAINER).post(f"/collections/{made.collection}/write", data=data).status_code == 400
