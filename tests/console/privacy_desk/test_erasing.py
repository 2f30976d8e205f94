"""Erasing by reference: nothing of the content is shown, everything goes, and it is noted."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import rights
from components.storage.models import AuditEntry
from components.storage.references import reference_of
from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.storage.rows import DAY, NOW, add, add_conversation, count, senders

SENDER, OTHER = "a" * 32, "b" * 32
REFERENCE = reference_of(SENDER)
LATER = NOW + 400 * DAY
SECRET = "kanarialintu"


@pytest.fixture(autouse=True)
def conversations(engine: Engine) -> None:
    with engine.begin() as connection:
        for sender in (SENDER, OTHER):
            add_conversation(connection, sender, LATER, events=0)
            data = json.dumps({"event": "user", "text": SECRET})
            add(connection, "events", LATER, sender_id=sender, data=data)
            add(connection, "review_marks", LATER, sender_id=sender, note=SECRET)
            add(connection, "indexed_messages", LATER, sender_id=sender, text=SECRET, words=SECRET)


def entries(engine: Engine) -> list[tuple[str, str | None, dict[str, object]]]:
    query = sa.select(AuditEntry.action, AuditEntry.target, AuditEntry.details).order_by(AuditEntry.number)
    with engine.connect() as connection:
        return [(action, target, json.loads(details)) for action, target, details in connection.execute(query)]


@pytest.mark.parametrize("typed", [REFERENCE, REFERENCE.lower(), REFERENCE.replace("-", " ")])
def test_the_page_shows_how_much_is_kept_and_no_text(sign_in: SignIn, engine: Engine, typed: str) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER).get("/privacy/erasure", query_string={"reference": typed})

    assert answer.status_code == 200
    assert REFERENCE in answer.text
    assert "<dt>messages</dt><dd>1</dd>" in answer.text
    assert SECRET not in answer.text
    assert SENDER not in answer.text
    assert count(engine, "events") == 2
    assert entries(engine)[-1] == ("erasure.looked_up", REFERENCE, {"found": True})


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Write the code"), ("hello", "not the code of"), ("BCDF-GHJK-LMNP", "Nothing is kept under this code")],
)
def test_a_code_that_leads_nowhere_says_why(sign_in: SignIn, typed: str, words: str) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER).get("/privacy/erasure", query_string={"reference": typed})

    assert words in answer.text
    assert f'value="{typed}"' in answer.text


def test_everything_of_the_conversation_goes_and_a_receipt_comes(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    form = {"reference": REFERENCE, "reason": "a wish by phone", "sure": "y"}

    answer = client.post("/privacy/erasure", data=form)

    assert answer.status_code == 302
    code = answer.location.rsplit("/", 1)[-1]
    for table in ("conversations", "events", "review_marks", "indexed_messages"):
        assert senders(engine, table) == {OTHER}
    receipt = rights.confirm(engine, code)
    assert receipt is not None
    action, target, details = entries(engine)[-1]
    assert (action, target) == ("conversation.erased", REFERENCE)
    assert details == {"messages": 1, "reason": "a wish by phone", "receipt": code}
    page = client.get(answer.location).text
    assert code in page
    assert SECRET not in page


def test_nothing_of_it_stays_in_the_file(sign_in: SignIn, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE events SET data = :new WHERE sender_id = :who"), {"new": "{}", "who": OTHER})
    form = {"reference": REFERENCE, "reason": "a wish", "sure": "y"}

    sign_in(Role.PRIVACY_OFFICER).post("/privacy/erasure", data=form)

    with open(f"{engine.url.database}-wal", "rb") as log:
        assert SECRET.encode() not in log.read()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": ""}, "Write the reason"),
        ({"reason": "x" * 81}, "81 characters"),
        ({"sure": ""}, "Confirm that"),
        ({"reference": "BCDF-GHJK-LMNP"}, "Nothing is kept under this code"),
        ({"reference": "nonsense"}, "Nothing is kept under this code"),
    ],
)
def test_what_is_not_confirmed_is_not_erased(
    sign_in: SignIn, engine: Engine, change: dict[str, str], words: str
) -> None:
    form = {"reference": REFERENCE, "reason": "a wish", "sure": "y", **change}

    answer = sign_in(Role.PRIVACY_OFFICER).post("/privacy/erasure", data=form)

    assert answer.status_code == 422
    assert words in answer.text
    assert count(engine, "events") == 2
    assert entries(engine) == []


def test_the_reason_is_kept_without_personal_data(sign_in: SignIn, engine: Engine) -> None:
    form = {"reference": REFERENCE, "reason": "a wish of anna.virtanen@posti.fi", "sure": "y"}

    sign_in(Role.PRIVACY_OFFICER).post("/privacy/erasure", data=form)

    assert "virtanen" not in str(entries(engine)).lower()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY_OFFICER}))
def test_nobody_else_erases(sign_in: SignIn, engine: Engine, role: Role) -> None:
    form = {"reference": REFERENCE, "reason": "a wish", "sure": "y"}

    assert sign_in(role).post("/privacy/erasure", data=form).status_code == 403
    assert count(engine, "events") == 2


def test_a_receipt_that_does_not_exist_is_not_found(sign_in: SignIn) -> None:
    assert sign_in(Role.PRIVACY_OFFICER).get("/privacy/erasure/receipts/NO-SUCH").status_code == 404
