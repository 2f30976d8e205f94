"""Signing in: password, second factor, first time, sessions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage import staff
from components.storage.models import AuditEntry, StaffMember, StaffSession
from components.storage.staff import Role
from console.settings import ConsoleSettings
from console.signing_in import passwords
from console.signing_in.second_factor import recovery_digests
from console.signing_in.sessions import COOKIE, browser_family, digest_of
from console.wording import LANGUAGE_COOKIE
from tests.console.signing_in.people import (
    PASSWORD,
    TEMPORARY,
    Clock,
    Someone,
    give_password,
    hidden,
    new_beginner,
    new_person,
    shown_secret,
    signed_in,
)

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    made = app.test_client()
    made.set_cookie(LANGUAGE_COOKIE, "en")
    return made


@pytest.fixture
def anna(engine: Engine, settings: ConsoleSettings, clock: Clock) -> Someone:
    return new_person(engine, settings, clock)


def rows(engine: Engine, model: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(model.__table__)).all())


def actions(engine: Engine) -> list[tuple[str, str, str | None]]:
    return [(entry.actor, entry.action, entry.target) for entry in rows(engine, AuditEntry)]


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found is not None
    return found.value


def test_password_and_code_let_in(client: FlaskClient, anna: Someone, engine: Engine) -> None:
    assert give_password(client, "anna").location == "/sign-in/next"
    assert client.get("/sign-in/next").location == "/sign-in/code"
    assert client.get("/").location == "/sign-in/next"
    assert client.post("/sign-in/code", data={"code": anna.code()}).status_code == 302
    assert client.get("/").status_code == 200
    assert actions(engine) == [
        ("anna", "sign_in.password", "staff:anna"),
        ("anna", "sign_in.code", "staff:anna"),
    ]
    assert rows(engine, StaffMember)[0].last_signed_in_at == anna.clock.now


def test_case_and_spaces_of_a_user_id_do_not_matter(client: FlaskClient, anna: Someone) -> None:
    assert give_password(client, " Anna ").status_code == 302


def test_a_password_typed_with_other_signs_for_the_same_letters_lets_in(client: FlaskClient, anna: Someone) -> None:
    assert give_password(client, "anna", PASSWORD.replace("ä", "a\u0308")).status_code == 302


def test_the_code_may_be_a_step_late_but_not_two(client: FlaskClient, anna: Someone) -> None:
    give_password(client, "anna")
    old = anna.code()
    anna.clock.forward(seconds=60)
    assert client.post("/sign-in/code", data={"code": old}).status_code == 422
    late = anna.code()
    anna.clock.forward(seconds=30)
    assert client.post("/sign-in/code", data={"code": late}).status_code == 302


def test_a_code_is_good_once(app: Flask, anna: Someone) -> None:
    signed_in(app, anna)
    again = app.test_client()
    give_password(again, "anna")
    answer = again.post("/sign-in/code", data={"code": anna.code()})
    assert answer.status_code == 422
    assert "used already" in answer.text
    anna.clock.forward(seconds=30)
    assert again.post("/sign-in/code", data={"code": anna.code()}).status_code == 302


def test_wrong_password_and_unknown_user_id_are_told_apart_by_nothing(app: Flask, anna: Someone) -> None:
    answers = []
    for user_id in ("anna", "olga"):
        client = app.test_client()
        client.set_cookie(LANGUAGE_COOKIE, "en")
        answer = give_password(client, user_id, "something else altogether")
        page = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text).replace(f'value="{user_id}"', "")
        answers.append((answer.status_code, sorted(answer.headers.keys()), page))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert "The user ID or the password is wrong" in answers[0][2]


def test_an_unknown_user_id_costs_as_much_work(
    client: FlaskClient, anna: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, hash: str, password: str) -> bool:
        hashed.append(hash.rpartition("$")[0].rpartition("$")[0])
        return real(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    give_password(client, "anna", "something else altogether")
    give_password(client, "berta", "something else altogether")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1], "the same parameters"


def test_what_failed_is_audited_without_what_was_typed(client: FlaskClient, anna: Someone, engine: Engine) -> None:
    give_password(client, "anna", "something else altogether")
    give_password(client, "my-password-by-mistake", "x")
    assert actions(engine) == [("-", "sign_in.failed", "staff:anna"), ("-", "sign_in.failed", None)]
    assert "mistake" not in str(rows(engine, AuditEntry))


def test_a_disabled_account_is_like_a_wrong_password(client: FlaskClient, anna: Someone, engine: Engine) -> None:
    with engine.begin() as connection:
        staff.set_active(connection, anna.id, False)
    assert "The user ID or the password is wrong" in give_password(client, "anna").text


@pytest.mark.parametrize("fields", [{"user_id": "", "password": ""}, {"user_id": "anna", "password": ""}, {}])
def test_an_empty_form_comes_back(client: FlaskClient, anna: Someone, engine: Engine, fields: dict[str, str]) -> None:
    answer = client.post("/sign-in", data=fields)
    assert answer.status_code == 422
    assert "Write the password" in answer.text
    assert rows(engine, AuditEntry) == []


def test_a_hash_with_old_parameters_is_made_anew(
    client: FlaskClient, anna: Someone, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(engine, StaffMember)[0].password_hash
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    give_password(client, "anna")
    after = rows(engine, StaffMember)[0].password_hash
    assert before != after
    assert "t=2" in after
    assert give_password(client, "anna").status_code == 302


def test_the_first_time_leads_through_all_steps(client: FlaskClient, engine: Engine, clock: Clock) -> None:
    beginner = new_beginner(engine, clock)
    give_password(client, "anna", TEMPORARY)
    assert client.get("/").location == "/sign-in/next"
    assert client.get("/sign-in/next").location == "/sign-in/password"
    own = {"new_password": PASSWORD, "repeated": PASSWORD}
    assert client.post("/sign-in/password", data=own).location == "/sign-in/next"
    assert client.get("/sign-in/next").location == "/sign-in/second-factor"
    page = client.get("/sign-in/second-factor")
    assert "<svg" in page.text
    beginner.secret = shown_secret(page)
    done = client.post("/sign-in/second-factor", data={"offer": hidden(page, "offer"), "code": beginner.code()})
    assert done.status_code == 200
    codes = re.findall(r"<code>([A-Z]{4}(?:-[A-Z]{4}){2})</code>", done.text)
    assert len(set(codes)) == 10
    assert client.get("/sign-in/next").location == "/"
    assert client.get("/").status_code == 200
    found = rows(engine, StaffMember)[0]
    assert not found.must_change_password
    assert beginner.secret not in found.totp_secret
    assert not any(code in found.recovery_codes for code in codes)
    assert [action for _, action, _ in actions(engine)] == [
        "sign_in.password",
        "account.password_changed",
        "account.second_factor_set_up",
    ]


def test_a_recovery_code_of_the_set_up_lets_in_once(app: Flask, engine: Engine, clock: Clock) -> None:
    client = app.test_client()
    beginner = new_beginner(engine, clock)
    give_password(client, "anna", TEMPORARY)
    client.post("/sign-in/password", data={"new_password": PASSWORD, "repeated": PASSWORD})
    page = client.get("/sign-in/second-factor")
    beginner.secret = shown_secret(page)
    done = client.post("/sign-in/second-factor", data={"offer": hidden(page, "offer"), "code": beginner.code()})
    code = re.findall(r"<code>([A-Z-]{14})</code>", done.text)[3]
    typed = f" {code.lower().replace('-', ' ')} "
    for status in (302, 422):
        other = app.test_client()
        give_password(other, "anna")
        answer = other.post("/sign-in/code", data={"code": "", "recovery_code": typed})
        assert answer.status_code == status
    assert "used already" in answer.text
    assert ("anna", "sign_in.recovery_code", "staff:anna") in actions(engine)


def test_a_recovery_code_is_somebodys_own(engine: Engine, settings: ConsoleSettings, clock: Clock, app: Flask) -> None:
    keys = settings.derived_keys("recovery codes")
    anna = new_person(engine, settings, clock)
    with engine.begin() as connection:
        staff.set_recovery_codes(
            connection, anna.id, recovery_digests("BCDF-GHJK-LMNP", staff_id=anna.id + 1, keys=keys)
        )
    client = app.test_client()
    give_password(client, "anna")
    assert client.post("/sign-in/code", data={"recovery_code": "BCDF-GHJK-LMNP"}).status_code == 422


def test_a_temporary_password_does_not_last(client: FlaskClient, engine: Engine, clock: Clock) -> None:
    new_beginner(engine, clock)
    clock.forward(days=7, seconds=1)
    assert give_password(client, "anna", TEMPORARY).status_code == 422


def test_the_temporary_password_is_not_kept(client: FlaskClient, engine: Engine, clock: Clock) -> None:
    new_beginner(engine, clock)
    give_password(client, "anna", TEMPORARY)
    answer = client.post("/sign-in/password", data={"new_password": TEMPORARY, "repeated": TEMPORARY})
    assert answer.status_code == 422
    assert "Choose another one" in answer.text


def test_a_wrong_first_code_sets_nothing_up(client: FlaskClient, engine: Engine, clock: Clock) -> None:
    new_beginner(engine, clock)
    give_password(client, "anna", TEMPORARY)
    client.post("/sign-in/password", data={"new_password": PASSWORD, "repeated": PASSWORD})
    page = client.get("/sign-in/second-factor")
    answer = client.post("/sign-in/second-factor", data={"offer": hidden(page, "offer"), "code": "000000"})
    assert answer.status_code == 422
    assert shown_secret(answer) == shown_secret(page), "the app has it already"
    assert rows(engine, StaffMember)[0].totp_secret is None
    assert client.get("/").location == "/sign-in/next"


def test_a_secret_that_was_offered_to_somebody_else_sets_nothing_up(app: Flask, engine: Engine, clock: Clock) -> None:
    pages = {}
    people = {name: new_beginner(engine, clock, name) for name in ("anna", "berta")}
    clients = {name: app.test_client() for name in people}
    for name, client in clients.items():
        give_password(client, name, TEMPORARY)
        client.post("/sign-in/password", data={"new_password": PASSWORD, "repeated": PASSWORD})
        pages[name] = client.get("/sign-in/second-factor")
    berta = people["berta"]
    berta.secret = shown_secret(pages["berta"])
    stolen = {"offer": hidden(pages["berta"], "offer"), "code": berta.code()}
    assert clients["anna"].post("/sign-in/second-factor", data=stolen).status_code == 422
    clock.forward(minutes=31)
    assert clients["berta"].post("/sign-in/second-factor", data=stolen).status_code == 302, "the session is over"


@pytest.mark.parametrize("path", ["/sign-in/password", "/sign-in/second-factor"])
def test_the_password_alone_changes_neither_password_nor_second_factor(
    client: FlaskClient, anna: Someone, engine: Engine, path: str
) -> None:
    give_password(client, "anna")
    before = rows(engine, StaffMember)
    assert client.get(path).location == "/sign-in/next"
    data = {"new_password": "uusi ja aivan toinen", "repeated": "uusi ja aivan toinen", "code": anna.code()}
    assert client.post(path, data=data).location == "/sign-in/next"
    assert rows(engine, StaffMember) == before
    assert [action for _, action, _ in actions(engine)] == ["sign_in.password"]


def test_every_step_has_a_new_token_and_ends_the_old_one(app: Flask, anna: Someone, engine: Engine) -> None:
    client = app.test_client()
    client.set_cookie(COOKIE, "planted by somebody")
    give_password(client, "anna")
    first = cookie(client)
    client.post("/sign-in/code", data={"code": anna.code()})
    second = cookie(client)
    assert len({"planted by somebody", first, second}) == 3
    assert [row.digest for row in rows(engine, StaffSession)] == [digest_of(second)]
    thief = app.test_client()
    for token in ("planted by somebody", first):
        thief.set_cookie(COOKIE, token)
        assert thief.get("/").location == "/sign-in"


def test_a_session_ends_when_it_is_idle(app: Flask, anna: Someone) -> None:
    client = signed_in(app, anna)
    for _ in range(3):
        anna.clock.forward(minutes=29)
        assert client.get("/").status_code == 200
    anna.clock.forward(minutes=30, seconds=1)
    assert client.get("/").location == "/sign-in"


def test_who_is_writing_can_stay(app: Flask, anna: Someone) -> None:
    client = signed_in(app, anna)
    page = client.get("/account").text
    assert 'data-seconds="1800"' in page
    assert 'data-stay="/stay"' in page
    anna.clock.forward(minutes=29)
    assert client.get("/stay").status_code == 200
    anna.clock.forward(minutes=29)
    assert client.get("/").status_code == 200
    anna.clock.forward(minutes=31)
    assert client.get("/stay").location == "/sign-in?next=/stay"


def test_a_session_ends_at_the_latest_after_its_longest_time(app: Flask, anna: Someone) -> None:
    client = signed_in(app, anna)
    for _ in range(29):
        anna.clock.forward(minutes=20)
        assert client.get("/").status_code == 200
    anna.clock.forward(minutes=20)
    assert client.get("/").location == "/sign-in"


def test_who_gave_the_password_only_has_half_an_hour(client: FlaskClient, anna: Someone) -> None:
    give_password(client, "anna")
    anna.clock.forward(minutes=20)
    assert client.get("/sign-in/code").status_code == 200
    anna.clock.forward(minutes=11)
    assert client.get("/sign-in/code").status_code == 302


def test_signing_out_ends_the_session(app: Flask, anna: Someone, engine: Engine) -> None:
    client = signed_in(app, anna)
    token = cookie(client)
    assert client.post("/sign-out").location == "/sign-in"
    assert rows(engine, StaffSession) == []
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, token)
    assert client.get("/").location == "/sign-in"
    assert actions(engine)[-1] == ("anna", "sign_out", None)


def test_a_disabled_person_is_out_at_once(app: Flask, anna: Someone, engine: Engine) -> None:
    client = signed_in(app, anna)
    with engine.begin() as connection:
        connection.execute(sa.update(StaffMember.__table__).values(active=False))
    assert client.get("/").location == "/sign-in"


def test_who_is_signed_in_is_led_on_from_the_sign_in_page(app: Flask, anna: Someone) -> None:
    client = signed_in(app, anna)
    assert client.get("/sign-in?next=/account").location == "/sign-in/next?next=/account"
    assert client.get("/sign-in/next?next=/account").location == "/account"


def test_the_page_that_was_asked_for_comes_after_signing_in(client: FlaskClient, anna: Someone) -> None:
    location = client.get("/account?x=1").location
    assert location == "/sign-in?next=/account?x%3D1"
    page = client.get(location)
    answer = give_password(client, "anna", next=hidden(page, "next"))
    answer = client.get(answer.location)
    page = client.get(answer.location)
    answer = client.post("/sign-in/code", data={"code": anna.code(), "next": hidden(page, "next")})
    assert client.get(answer.location).location == "/account?x=1"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%2F%2Fevil.example",
        "/%5Cevil.example",
        "%2F%2Fevil.example",
        "/account/../..//evil.example",
        "//evil.example/account",
        "/no-such-page",
        "/sign-in",
        "/sign-out",
        "/static/console.css",
        "/account\r\nSet-Cookie: x=1",
        " /account",
    ],
)
def test_nothing_else_is_gone_to_after_signing_in(app: Flask, anna: Someone, target: str) -> None:
    client = signed_in(app, anna)
    assert client.get("/sign-in/next", query_string={"next": target}).location == "/"
    fresh = app.test_client()
    assert give_password(fresh, "anna", next=target).location == "/sign-in/next"


def test_both_languages_before_signing_in(app: Flask) -> None:
    client = app.test_client()
    assert '<html lang="fi"' in client.get("/sign-in").text
    english = client.get("/sign-in?lang=en")
    assert '<html lang="en"' in english.text
    assert '<html lang="en"' in client.get("/sign-in").text, "it is remembered"
    assert '<html lang="fi"' in client.get("/sign-in?lang=sv", headers={"Cookie": ""}).text


def test_an_own_language_afterwards(app: Flask, anna: Someone) -> None:
    client = signed_in(app, anna)
    assert client.post("/account/language", data={"language": "fi"}).status_code == 302
    page = client.get("/account").text
    assert '<html lang="fi"' in page
    assert "kieli on nyt suomi" in page
    assert client.post("/account/language", data={"language": "sv"}).status_code == 400


def test_a_second_factor_is_read_with_an_earlier_key(
    engine: Engine, clock: Clock, settings: ConsoleSettings, tmp_path: Any, new_app: Callable[[dict[str, str]], Flask]
) -> None:
    anna = new_person(engine, settings, clock)
    app = new_app({"LUOTSI_SECRET_KEY": "n" * 32, "LUOTSI_PREVIOUS_SECRET_KEYS": "k" * 32})
    assert signed_in(app, anna).get("/").status_code == 200
    clock.forward(seconds=30)
    later = new_app({"LUOTSI_SECRET_KEY": "n" * 32})
    assert signed_in(later, anna).get("/").status_code == 200, "it was encrypted anew, so the old key may go"


def test_without_the_key_a_second_factor_lets_nobody_in(
    engine: Engine, clock: Clock, settings: ConsoleSettings, new_app: Callable[[dict[str, str]], Flask]
) -> None:
    anna = new_person(engine, settings, clock)
    client = new_app({"LUOTSI_SECRET_KEY": "n" * 32}).test_client()
    give_password(client, "anna")
    assert client.post("/sign-in/code", data={"code": anna.code()}).status_code == 422


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_only_the_family_of_a_browser_is_kept(agent: str, family: str) -> None:
    assert browser_family(agent) == family


def test_roles_hold_from_the_next_page_on(app: Flask, anna: Someone, engine: Engine) -> None:
    client = signed_in(app, anna)
    assert client.get("/accounts").status_code == 403
    with engine.begin() as connection:
        staff.set_roles(connection, anna.id, [Role.ADMINISTRATOR])
    assert client.get("/accounts").status_code == 200
