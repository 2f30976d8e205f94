"""The audit log's pages: who sees what of it, as a page, as a file, and proven whole."""

from __future__ import annotations

import csv
import datetime
import io

import pytest
from flask import Flask
from sqlalchemy.engine import Engine

from components.storage import audit
from components.storage.staff import Role
from console.settings import ConsoleSettings
from tests.console.conftest import SignIn

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def entries(engine: Engine, settings: ConsoleSettings) -> None:
    rows = [
        ("anna", "conversation.viewed", "BCDF-GHJK-LMNP", NOW - 5 * DAY),
        ("bertta", "review.marked", "BCDF-GHJK-LMNP", NOW - 3 * DAY),
        ("anna", "sign_in.password", None, NOW - 2 * DAY),
        ("mallory", "staff.added", "=1+1", NOW - DAY),
    ]
    with engine.begin() as connection:
        for actor, action, target, at in rows:
            audit.append(
                connection,
                keys=settings.derived_keys("audit"),
                kept=100 * DAY,
                now=at,
                actor=actor,
                action=action,
                target=target,
                details={"number": 1},
            )


def shown(page: str) -> set[str]:
    names = ("conversation.viewed", "review.marked", "sign_in.password", "staff.added")
    return {name for name in names if f"<code>{name}</code></td>" in page}


def test_the_officer_sees_everything(sign_in: SignIn) -> None:
    page = sign_in(Role.PRIVACY_OFFICER).get("/audit").text

    assert shown(page) == {"conversation.viewed", "review.marked", "sign_in.password", "staff.added"}


def test_an_administrator_sees_accounts_only(sign_in: SignIn) -> None:
    client = sign_in(Role.ADMINISTRATOR)

    assert shown(client.get("/audit").text) == {"sign_in.password", "staff.added"}
    assert shown(client.get("/audit?action=conversation&target=BCDF-GHJK-LMNP").text) == set()
    assert "conversation.viewed" not in client.get("/audit/export.csv").text


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}))
@pytest.mark.parametrize("page", ["/audit", "/audit/export.csv"])
def test_nobody_else_sees_any_of_it(sign_in: SignIn, role: Role, page: str) -> None:
    assert sign_in(role).get(page).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"actor": "anna"}, {"conversation.viewed", "sign_in.password"}),
        ({"action": "review"}, {"review.marked"}),
        ({"action": "staff.added"}, {"staff.added"}),
        ({"target": "bcdf ghjk lmnp"}, {"conversation.viewed", "review.marked"}),
        (
            {"since": f"{NOW - 4 * DAY:%Y-%m-%d}", "until": f"{NOW - 2 * DAY:%Y-%m-%d}"},
            {"review.marked", "sign_in.password"},
        ),
    ],
)
def test_filters_narrow_it_down(sign_in: SignIn, query: dict[str, str], found: set[str]) -> None:
    assert shown(sign_in(Role.PRIVACY_OFFICER).get("/audit", query_string=query).text) == found


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_what_is_no_date_gets_an_error_and_stays(sign_in: SignIn, typed: str) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER).get("/audit", query_string={"since": typed, "actor": "anna"})

    assert answer.status_code == 422
    assert "This is not a date" in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'value="anna"' in answer.text


def test_looking_is_noted(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    client.get("/audit?target=BCDF-GHJK-LMNP")
    client.get("/audit/export.csv")

    with engine.connect() as connection:
        newest = audit.search(connection, actor="vilma")

    assert [(entry.action, entry.target, entry.details) for entry in newest] == [
        ("audit.exported", None, {"entries": 5}),
        ("audit.searched", "BCDF-GHJK-LMNP", {"entries": 2}),
    ]


def test_the_file_holds_the_entries_and_no_formula(sign_in: SignIn) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER).get("/audit/export.csv?action=staff")

    assert answer.mimetype == "text/csv"
    header, row = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
    assert header == ["No.", "Time", "Who", "Action", "Target", "Details"]
    assert row[2:] == ["mallory", "staff.added", "'=1+1", '{"number": 1}']


def test_older_entries_are_on_the_next_page(sign_in: SignIn, engine: Engine, settings: ConsoleSettings) -> None:
    with engine.begin() as connection:
        for _ in range(120):
            audit.append(
                connection,
                keys=settings.derived_keys("audit"),
                kept=100 * DAY,
                now=NOW,
                actor="many",
                action="conversation.viewed",
                target=None,
                details={},
            )
    client = sign_in(Role.PRIVACY_OFFICER)

    first = client.get("/audit?actor=many").text
    assert first.count("<code>conversation.viewed</code></td>") == 100
    assert "before=25" in first
    second = client.get("/audit?actor=many&before=25").text
    assert second.count("<code>conversation.viewed</code></td>") == 20
    assert "Older" not in second


def test_the_log_is_proven_whole_or_shown_to_be_broken(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    assert "The log is whole: 4 entries" in client.post("/audit/check", follow_redirects=True).text
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_changed")
        connection.exec_driver_sql("UPDATE audit_log SET actor = 'nobody' WHERE number = 2")

    page = client.post("/audit/check", follow_redirects=True).text

    assert "Entry 2 was changed" in page
    with engine.connect() as connection:
        newest = audit.search(connection, action="audit.verified", actor="vilma")
    assert [entry.details["broken"] for entry in newest] == [2, None]


def test_a_check_that_fails_says_so(sign_in: SignIn, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(audit, "verify", fails)

    page = sign_in(Role.PRIVACY_OFFICER).post("/audit/check", follow_redirects=True).text

    assert "could not be finished" in page


def test_an_administrator_does_not_run_the_check(sign_in: SignIn) -> None:
    client = sign_in(Role.ADMINISTRATOR)

    assert client.post("/audit/check").status_code == client.get("/audit/check").status_code == 403
