"""The administrators' pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage import staff
from components.storage.models import AuditEntry
from components.storage.staff import Account, Role
from console.signing_in import passwords
from tests.console.conftest import SignIn


@pytest.fixture
def administrator(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.ADMINISTRATOR, user_id="paula")


def account(engine: Engine, user_id: str) -> Account:
    with engine.connect() as connection:
        found = staff.find_account(connection, user_id)
    assert found is not None
    return found


def last_entry(engine: Engine) -> tuple[Any, ...]:
    with engine.connect() as connection:
        query = sa.select(AuditEntry.__table__).order_by(AuditEntry.number.desc()).limit(1)
        row = connection.execute(query).one()
    return (row.actor, row.action, row.target, json.loads(row.details))


def entries(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM audit_log")).scalar())


def temporary_password(text: str) -> str:
    found = re.search(r"<code>([a-z0-9-]{19})</code>", text)
    assert found
    return found[1]


def test_an_account_is_added_and_its_person_can_sign_in(administrator: FlaskClient, app: Flask, engine: Engine) -> None:
    answer = administrator.post(
        "/new-account", data={"user_id": "Anna.Mallinen", "roles": ["trainer", "agent"], "language": "fi"}
    )
    assert answer.status_code == 200
    password = temporary_password(answer.text)
    anna = account(engine, "anna.mallinen")
    assert anna.roles == {Role.TRAINER, Role.AGENT}
    assert anna.must_change_password
    assert last_entry(engine) == ("paula", "staff.added", "staff:anna.mallinen", {"roles": "agent trainer"})
    client = app.test_client()
    assert client.post("/sign-in", data={"user_id": "anna.mallinen", "password": password}).status_code == 302
    assert client.get("/sign-in/next").location == "/sign-in/password"
    assert '<html lang="fi"' in client.get("/sign-in/password").text


def test_the_temporary_password_is_not_shown_again(administrator: FlaskClient) -> None:
    answer = administrator.post("/new-account", data={"user_id": "anna", "roles": ["agent"], "language": "fi"})
    password = temporary_password(answer.text)
    assert password not in administrator.get("/accounts/anna").text
    assert password not in administrator.get("/accounts").text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"user_id": "paula", "roles": ["agent"], "language": "fi"}, "There is a user ID paula already"),
        ({"user_id": "a b", "roles": ["agent"], "language": "fi"}, "A user ID has 2 to 40 letters"),
        ({"user_id": "", "roles": ["agent"], "language": "fi"}, "A user ID has 2 to 40 letters"),
        ({"user_id": "anna", "roles": [], "language": "fi"}, "Choose at least one role"),
        ({"user_id": "anna", "roles": ["boss"], "language": "fi"}, ""),
        ({"user_id": "anna", "roles": ["agent"], "language": "sv"}, ""),
    ],
)
def test_what_cannot_be_added_comes_back_filled_in(
    administrator: FlaskClient, engine: Engine, data: dict[str, Any], error: str
) -> None:
    answer = administrator.post("/new-account", data=data)
    assert answer.status_code == 422
    assert error in answer.text
    assert 'class="error"' in answer.text
    assert f'value="{data["user_id"]}"' in answer.text
    assert entries(engine) == 0
    with engine.connect() as connection:
        assert len(staff.accounts(connection)) == 1


def test_the_list_says_who_may_what(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    sign_in(Role.TRAINER, Role.EDITOR, user_id="anna")
    page = administrator.get("/accounts").text
    assert "anna" in page
    assert "editor, trainer" in page
    assert last_entry(engine) == ("paula", "staff.listed", None, {"accounts": 2})


def test_an_account_that_does_not_exist(administrator: FlaskClient) -> None:
    assert administrator.get("/accounts/nobody").status_code == 404
    assert administrator.post("/accounts/nobody/reset").status_code == 404


def test_roles_are_changed(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    anna = sign_in(Role.TRAINER, user_id="anna")
    answer = administrator.post("/accounts/anna/roles", data={"roles": ["administrator"]}, follow_redirects=True)
    assert "The roles of anna are changed" in answer.text
    assert account(engine, "anna").roles == {Role.ADMINISTRATOR}
    assert anna.get("/accounts").status_code == 200


def test_a_change_of_roles_is_audited_with_what_was_before(
    administrator: FlaskClient, sign_in: SignIn, engine: Engine
) -> None:
    sign_in(Role.TRAINER, user_id="anna")
    administrator.post("/accounts/anna/roles", data={"roles": ["agent", "trainer"]})
    assert last_entry(engine) == (
        "paula",
        "staff.roles_changed",
        "staff:anna",
        {"before": "trainer", "roles": "agent trainer"},
    )


def test_the_last_administrator_keeps_the_role(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    answer = administrator.post("/accounts/paula/roles", data={"roles": ["agent"]})
    assert answer.status_code == 409
    assert "last active administrator" in answer.text
    assert account(engine, "paula").roles == {Role.ADMINISTRATOR}
    assert entries(engine) == 0
    sign_in(Role.ADMINISTRATOR, user_id="berta")
    assert administrator.post("/accounts/paula/roles", data={"roles": ["agent"]}).location == "/"
    assert account(engine, "paula").roles == {Role.AGENT}


def test_a_disabled_administrator_does_not_count(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    sign_in(Role.ADMINISTRATOR, user_id="berta")
    administrator.post("/accounts/berta/disable")
    assert administrator.post("/accounts/paula/roles", data={"roles": ["agent"]}).status_code == 409


def test_an_account_is_disabled_and_enabled(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    anna = sign_in(Role.TRAINER, user_id="anna")
    assert administrator.post("/accounts/anna/disable").status_code == 302
    assert last_entry(engine) == ("paula", "staff.disabled", "staff:anna", {})
    assert anna.get("/").location == "/sign-in"
    assert administrator.post("/accounts/anna/enable").status_code == 302
    assert last_entry(engine) == ("paula", "staff.enabled", "staff:anna", {})
    assert anna.get("/").location == "/sign-in", "the session is gone for good"


def test_nobody_disables_or_resets_oneself(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    sign_in(Role.ADMINISTRATOR, user_id="berta")
    for act in ("disable", "reset"):
        assert administrator.post(f"/accounts/paula/{act}").status_code == 409
    assert account(engine, "paula").active
    assert account(engine, "paula").second_factor
    assert administrator.get("/").status_code == 200
    assert entries(engine) == 0


def test_a_reset_ends_everything_that_let_in(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    anna = sign_in(Role.TRAINER, user_id="anna")
    answer = administrator.post("/accounts/anna/reset")
    found = account(engine, "anna")
    assert passwords.verify(found.password_hash, temporary_password(answer.text))
    assert (found.must_change_password, found.second_factor) == (True, False)
    assert anna.get("/").location == "/sign-in"
    assert last_entry(engine) == ("paula", "staff.reset", "staff:anna", {})


def test_sessions_are_ended(administrator: FlaskClient, sign_in: SignIn, engine: Engine) -> None:
    anna = sign_in(Role.TRAINER, user_id="anna")
    sign_in(Role.TRAINER, user_id="anna")
    assert "2 sessions are open" in administrator.get("/accounts/anna").text
    administrator.post("/accounts/anna/sessions/end")
    assert last_entry(engine) == ("paula", "staff.sessions_ended", "staff:anna", {"sessions_ended": 2})
    assert anna.get("/").location == "/sign-in"
    assert "There are no open sessions" in administrator.get("/accounts/anna").text
