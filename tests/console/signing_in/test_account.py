"""One's own account: password, second factor, recovery codes, sessions."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage import staff
from components.storage.models import AuditEntry
from components.storage.staff import Account
from console.settings import ConsoleSettings
from console.signing_in import passwords
from tests.console.signing_in.people import (
    PASSWORD,
    Clock,
    Someone,
    give_password,
    hidden,
    new_person,
    shown_secret,
    signed_in,
)

OTHER = "toinen hyvä salasana"


@pytest.fixture
def anna(engine: Engine, settings: ConsoleSettings, clock: Clock) -> Someone:
    return new_person(engine, settings, clock, recovery_codes=("digest",))


@pytest.fixture
def client(app: Flask, anna: Someone) -> FlaskClient:
    made = signed_in(app, anna)
    anna.clock.forward(seconds=30)
    return made


def account(engine: Engine) -> Account:
    with engine.connect() as connection:
        return staff.accounts(connection)[0]


def last_action(engine: Engine) -> str:
    with engine.connect() as connection:
        query = sa.select(AuditEntry.action).order_by(AuditEntry.number.desc()).limit(1)
        return str(connection.execute(query).scalar())


def change(client: FlaskClient, current: str, new: str, repeated: str) -> int:
    data = {"current_password": current, "new_password": new, "repeated": repeated}
    return client.post("/account/password", data=data).status_code


def test_the_page_says_what_there_is(client: FlaskClient) -> None:
    page = client.get("/account").text
    assert "trainer" in page
    assert "One recovery code is unused" in page
    assert "this session" in page


def test_a_new_password_ends_all_other_sessions(client: FlaskClient, app: Flask, anna: Someone, engine: Engine) -> None:
    other = signed_in(app, anna)
    before = client.get_cookie("luotsi_staff")
    assert change(client, PASSWORD, OTHER, OTHER) == 302
    assert last_action(engine) == "account.password_changed"
    assert client.get("/").status_code == 200
    assert client.get_cookie("luotsi_staff") != before
    assert other.get("/").location == "/sign-in"
    fresh = app.test_client()
    assert give_password(fresh, "anna").status_code == 422
    assert give_password(fresh, "anna", OTHER).status_code == 302
    assert fresh.get("/sign-in/next").location == "/sign-in/code", "the second factor stays"


@pytest.mark.parametrize(
    ("current", "new", "repeated"),
    [
        ("not the right one", OTHER, OTHER),
        ("", OTHER, OTHER),
        (PASSWORD, OTHER, "toinen hyvä salasanq"),
        (PASSWORD, "short", "short"),
        (PASSWORD, "anna on tämän nimi", "anna on tämän nimi"),
        (PASSWORD, "", ""),
    ],
)
def test_a_password_that_is_not_changed(
    client: FlaskClient, engine: Engine, current: str, new: str, repeated: str
) -> None:
    assert change(client, current, new, repeated) == 422
    assert passwords.verify(account(engine).password_hash, PASSWORD)


def test_a_stolen_session_cannot_guess_the_password(client: FlaskClient, engine: Engine) -> None:
    statuses = [change(client, f"guess number {number}", OTHER, OTHER) for number in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert last_action(engine) == "account.password_wrong"
    answer = client.post("/account/recovery-codes", data={"current_password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert "5 seconds" in answer.text


def test_another_app_takes_the_place_of_the_first(
    client: FlaskClient, app: Flask, anna: Someone, engine: Engine
) -> None:
    other = signed_in(app, anna)
    page = client.get("/account/second-factor")
    new = shown_secret(page)
    assert new != anna.secret
    old, anna.secret = anna.secret, new
    data = {"offer": hidden(page, "offer"), "code": anna.code(), "current_password": PASSWORD}
    answer = client.post("/account/second-factor", data=data)
    assert answer.status_code == 200
    assert len(re.findall(r"<code>[A-Z-]{14}</code>", answer.text)) == 10
    assert len(account(engine).recovery_codes) == 10
    assert other.get("/").location == "/sign-in"
    assert client.get("/").status_code == 200
    anna.clock.forward(seconds=30)
    assert signed_in(app, anna)
    fresh = app.test_client()
    anna.clock.forward(seconds=30)
    give_password(fresh, "anna")
    anna.secret = old
    assert fresh.post("/sign-in/code", data={"code": anna.code()}).status_code == 422


@pytest.mark.parametrize("wrong", ["code", "current_password", "offer"])
def test_an_app_is_not_exchanged(client: FlaskClient, anna: Someone, engine: Engine, wrong: str) -> None:
    before = account(engine)
    page = client.get("/account/second-factor")
    anna.secret = shown_secret(page)
    data = {"offer": hidden(page, "offer"), "code": anna.code(), "current_password": PASSWORD, wrong: "000000"}
    assert client.post("/account/second-factor", data=data).status_code == 422
    assert account(engine) == before


def test_looking_at_a_new_secret_changes_nothing(client: FlaskClient, engine: Engine) -> None:
    before = account(engine)
    first, second = (shown_secret(client.get("/account/second-factor")) for _ in range(2))
    assert first != second
    assert account(engine) == before


def test_new_recovery_codes(client: FlaskClient, app: Flask, anna: Someone, engine: Engine) -> None:
    assert client.post("/account/recovery-codes", data={"current_password": "wrong"}).status_code == 422
    assert account(engine).recovery_codes == ("digest",)
    answer = client.post("/account/recovery-codes", data={"current_password": PASSWORD})
    codes = re.findall(r"<code>([A-Z-]{14})</code>", answer.text)
    assert len(set(codes)) == 10
    assert last_action(engine) == "account.recovery_codes_renewed"
    fresh = app.test_client()
    give_password(fresh, "anna")
    assert fresh.post("/sign-in/code", data={"recovery_code": codes[9]}).status_code == 302
    assert "9 are left" in fresh.get("/").text


def test_only_the_browsers_family_is_shown_and_kept(app: Flask, anna: Someone, engine: Engine) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = agent
    give_password(client, "anna")
    client.post("/sign-in/code", data={"code": anna.code()})
    assert "Firefox, Linux" in client.get("/account").text
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT browser FROM staff_sessions")).scalar() == "Firefox, Linux"


def test_too_many_wrong_codes_make_wait_but_not_the_usual_place(app: Flask, anna: Someone) -> None:
    signed_in(app, anna)
    anna.clock.forward(seconds=30)
    thief = app.test_client()
    give_password(thief, "anna", address="198.51.100.7")
    there = {"REMOTE_ADDR": "198.51.100.7"}
    statuses = [
        thief.post("/sign-in/code", data={"code": "000000"}, environ_overrides=there).status_code for _ in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2
    again = app.test_client()
    give_password(again, "anna", address="198.51.100.7")
    assert again.post("/sign-in/code", data={"code": "000000"}, environ_overrides=there).status_code == 429, (
        "another session gains nothing"
    )
    assert signed_in(app, anna)


@pytest.mark.parametrize("code", ["", "   ", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 10_000])
def test_what_is_no_code(app: Flask, anna: Someone, code: str) -> None:
    client = app.test_client()
    give_password(client, "anna")
    assert client.post("/sign-in/code", data={"code": code}).status_code == 422


def test_a_code_may_be_typed_with_a_space(app: Flask, anna: Someone) -> None:
    client = app.test_client()
    give_password(client, "anna")
    code = anna.code()
    assert client.post("/sign-in/code", data={"code": f" {code[:3]} {code[3:]} "}).status_code == 302


def test_waiting_is_told_in_seconds(app: Flask, anna: Someone) -> None:
    client = app.test_client()
    client.set_cookie("luotsi_language", "en")
    for _ in range(5):
        assert give_password(client, "anna", "wrong").status_code == 422
    answer = give_password(client, "anna")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert "Try again in 5 seconds" in answer.text
    assert 'value="anna"' in answer.text, "nothing that was typed is lost but the password"
    assert PASSWORD not in answer.text
    anna.clock.forward(seconds=5)
    assert give_password(client, "anna").status_code == 302
