"""The first page of the desk: what is kept, what is wrong, which rights were used."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import retention, switches
from components.storage.models import Erasure, LabelCount
from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.storage.rows import DAY, HOUR, add_conversation

NOW = datetime.datetime.now(datetime.timezone.utc)
PAGES = ("", "/erasure", "/switches", "/switches/service", "/rescan", "/try", "/documents/record", "/documents/notice")


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_both_languages(sign_in: SignIn, page: str, language: str) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER, language=language).get(f"/privacy{page}")

    assert answer.status_code == 200
    assert answer.text.count("<h1>") == 1
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY_OFFICER}))
def test_nobody_else_gets_in(sign_in: SignIn, page: str, role: Role) -> None:
    assert sign_in(role).get(f"/privacy{page}").status_code == 403


def test_the_desk_is_in_the_menu_of_the_officer_only(sign_in: SignIn) -> None:
    assert 'href="/privacy"' in sign_in(Role.PRIVACY_OFFICER).get("/").text
    assert 'href="/privacy"' not in sign_in(Role.TRAINER).get("/").text


def test_a_purge_that_never_ran_is_an_alarm(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    assert "has never been deleted" in client.get("/privacy").text

    retention.purge(engine)

    assert "Alarm:" not in client.get("/privacy").text


def test_what_is_overdue_is_an_alarm_and_due(sign_in: SignIn, engine: Engine) -> None:
    retention.purge(engine)
    with engine.begin() as connection:
        add_conversation(connection, "anna", NOW - 2 * HOUR, events=5)

    page = sign_in(Role.PRIVACY_OFFICER).get("/privacy").text

    assert "kinds of data have rows that should have been deleted" in page
    assert "6 rows" in page


def test_rights_and_masked_data_are_counted(sign_in: SignIn, engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(3):
            connection.execute(sa.insert(Erasure.__table__).values(erased_at=NOW, receipt=f"CODE-{number}", what="{}"))
        for day, count in ((NOW.date(), 20), (NOW.date() - DAY, 22), (NOW.date() - 40 * DAY, 1000)):
            connection.execute(
                sa.insert(LabelCount.__table__).values(
                    day=day, channel="web", label="PHONE_NUMBER", language="fi", count=count
                )
            )

    page = sign_in(Role.PRIVACY_OFFICER).get("/privacy").text

    assert f'{NOW:%m/%Y}</th><td class="number">3</td>' in page
    assert 'phone number</th><td class="number">42</td>' in page


def test_a_turned_switch_is_shown_at_once(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    assert "not in its usual position" not in client.get("/privacy").text
    with engine.begin() as connection:
        switches.turn(connection, "calculator", "off", by="vilma", reason="a fault", now=NOW)

    assert "“Import charge calculator” is not in its usual position" in client.get("/privacy").text
