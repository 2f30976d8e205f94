"""The pages of planning."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage.models import AuditEntry
from components.storage.staff import Role
from console.planning.making import Reports
from console.planning.period import wanted
from console.topics import topics
from tests.console.conftest import SignIn
from tests.console.planning.rows import DAY, add_conversations, now
from tests.console.planning.test_report import BUSES, FISHING

MANY = [text for text in FISHING for _ in range(2)]  # 12 conversations; k is 10


def entries(engine: Engine) -> list[tuple[str, dict[str, object]]]:
    with engine.connect() as connection:
        query = sa.select(AuditEntry.action, AuditEntry.details).order_by(AuditEntry.number)
        return [(row.action, json.loads(row.details)) for row in connection.execute(query)]


def finished(app: Flask, client: FlaskClient, address: str = "/planning/report") -> str:
    """Ask for the report, wait until it has been made, and return its page."""
    client.get(address)
    app.extensions["luotsi_reports"].wait(wanted({}, now=now()).selection())
    return client.get(address).get_data(as_text=True)


def rows_of(response_text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response_text.lstrip("\ufeff")), delimiter=";"))


@pytest.mark.parametrize(
    "address",
    ["/planning", "/planning/overview.csv", "/planning/report", "/planning/report.csv", "/planning/report/state"],
)
def test_only_trainers_and_editors_may_plan(sign_in: SignIn, address: str) -> None:
    for role in Role:
        expected = 200 if role in (Role.TRAINER, Role.EDITOR) else 403
        assert sign_in(role).get(address).status_code == expected, role


def test_the_overview_shows_what_enough_conversations_have(engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, MANY, fallback=False, rating="good")
    add_conversations(engine, BUSES[:3], language="en", channel="telegram")
    page = sign_in(Role.TRAINER).get("/planning").get_data(as_text=True)
    assert "15" in page
    assert "fewer than 10" in page
    assert "Finnish" in page
    assert not any(text in page for text in (*FISHING, *BUSES))


def test_the_overview_names_topics_in_the_readers_language(engine: Engine, sign_in: SignIn) -> None:
    name = next(iter(topics()))
    add_conversations(engine, MANY, fallback=False, topic=name)
    for language in ("fi", "en"):
        page = sign_in(Role.EDITOR, user_id=language, language=language).get("/planning").get_data(as_text=True)
        assert topics()[name].title(language) in page


def test_small_cells_stay_hidden_in_the_file_too(engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, MANY, rating="good")
    add_conversations(engine, BUSES[:3], language="en")
    response = sign_in(Role.TRAINER).get("/planning/overview.csv")
    assert response.mimetype == "text/csv"
    header, *rows = rows_of(response.get_data(as_text=True))
    figures = {(row[0], row[1]): row[2] for row in rows}
    assert figures["Languages", "English"] == "fewer than 10"
    # 15 conversations less those in Finnish would be those in English
    assert figures["Languages", "Finnish"] == "fewer than 10"
    assert header[2] == "Conversations"
    assert not any(re.fullmatch(r"[1-9]", row[2]) for row in rows)


def test_an_empty_period_says_so(sign_in: SignIn) -> None:
    page = sign_in(Role.TRAINER).get("/planning").get_data(as_text=True)
    assert "There are no conversations in this period." in page


def test_a_wrong_day_comes_back_with_what_to_do(sign_in: SignIn) -> None:
    page = sign_in(Role.TRAINER, language="fi").get("/planning?since=huomenna").get_data(as_text=True)
    assert 'value="huomenna"' in page
    assert "Tämä ei ole päivä." in page
    assert 'aria-invalid="true"' in page


def test_the_report_is_made_beside_the_request(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, MANY)
    client = sign_in(Role.TRAINER)
    first = client.get("/planning/report").get_data(as_text=True)
    assert "The report is being made" in first
    page = finished(app, client)
    assert client.get("/planning/report/state").json == {"ready": True}
    assert "kalastuslu" in page
    assert "12" in page
    actions = [action for action, _ in entries(engine)]
    assert actions[0] == "planning.report_requested"
    assert actions[-1] == "planning.report_viewed"


def test_the_report_as_a_file(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, [*MANY, *BUSES[:3]])
    client = sign_in(Role.EDITOR)
    assert "text/html" in client.get("/planning/report.csv").content_type  # not ready yet
    finished(app, client)
    response = client.get("/planning/report.csv")
    rows = rows_of(response.get_data(as_text=True))
    assert len(rows) == 3
    assert rows[1][1:3] == ["12", "12"]
    assert rows[2] == ["Messages in small groups", "", "3"]
    action, details = entries(engine)[-1]
    assert action == "planning.report_exported"
    assert details["groups"] == 1
    assert set(details) == {"since", "until", "language", "agency", "groups"}


def test_nothing_of_fewer_than_k_is_on_the_page(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, FISHING)  # six, and k is ten
    page = finished(app, sign_in(Role.TRAINER))
    assert "kalast" not in page
    assert "Nothing was asked in 10 conversations or more." in page


def test_a_table_without_enough_conversations_does_not_say_that_there_were_none(
    engine: Engine, sign_in: SignIn
) -> None:
    add_conversations(engine, MANY, fallback=True)  # nobody was understood, so no topic can be counted
    page = sign_in(Role.TRAINER).get("/planning").get_data(as_text=True)
    assert "There is nothing here that at least 10 conversations have." in page
    assert "There are no conversations in this period." not in page


def test_trainers_get_to_the_conversations_and_editors_do_not(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, MANY)
    add_conversations(engine, ["understood"], fallback=False)
    trainer, editor = sign_in(Role.TRAINER), sign_in(Role.EDITOR)
    found = re.search(r'href="(/conversations\?[^"]+)"', finished(app, trainer))
    assert found is not None
    listed = trainer.get(found[1].replace("&amp;", "&"))
    assert listed.status_code == 200
    assert 'class="error"' not in listed.get_data(as_text=True)
    assert len(re.findall(r'href="/conversations/[A-Z-]+"', listed.get_data(as_text=True))) == 12
    assert "/conversations" not in finished(app, editor)


def test_a_report_is_thrown_away_after_some_minutes(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    reports = app.extensions["luotsi_reports"] = Reports(kept_seconds=0.2)
    client = sign_in(Role.TRAINER)
    client.get("/planning/report")
    selection = wanted({}, now=now()).selection()
    reports.wait(selection)
    time.sleep(0.5)
    assert "The report is being made" in client.get("/planning/report").get_data(as_text=True)


def test_a_report_that_fails_says_so_and_logs_no_text(
    app: Flask, engine: Engine, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(texts: object) -> object:
        raise RuntimeError(f"cannot encode {texts}")

    app.extensions["luotsi_reports"] = Reports(broken)  # type: ignore[arg-type]
    add_conversations(engine, MANY)
    page = finished(app, sign_in(Role.TRAINER))
    assert "The report could not be made." in page
    assert "RuntimeError" in caplog.text
    assert "kalast" not in caplog.text


def test_too_many_reports_at_once_have_to_wait(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    go_on = threading.Event()

    def slow(texts: list[str]) -> object:
        go_on.wait(20)
        return np.ones((len(texts), 384), dtype=np.float32)

    app.extensions["luotsi_reports"] = Reports(slow)  # type: ignore[arg-type]
    add_conversations(engine, MANY)
    client = sign_in(Role.TRAINER)
    until = now().date()
    pages = [
        client.get(f"/planning/report?since={(until - number * DAY).isoformat()}").get_data(as_text=True)
        for number in range(1, 6)
    ]
    go_on.set()
    assert ["Several reports" in page for page in pages] == [False, False, False, False, True]


def test_addresses_and_audit_entries_name_the_period_only(engine: Engine, sign_in: SignIn) -> None:
    add_conversations(engine, MANY)
    sign_in(Role.TRAINER).get("/planning?since=2026-01-01&until=2026-01-31&language=fi&agency=customs&q=salaisuus")
    assert entries(engine) == [
        (
            "planning.overview_viewed",
            {"since": "2026-01-01", "until": "2026-01-31", "language": "fi", "agency": "customs"},
        )
    ]
