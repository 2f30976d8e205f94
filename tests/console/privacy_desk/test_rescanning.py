"""Masking once more from the console: one scan at a time, its progress shown, its end noted."""

from __future__ import annotations

import json
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine

from components.storage import audit
from components.storage.models import Event
from components.storage.staff import Role
from console.privacy_desk.rescanning import rescans
from tests.console.conftest import SignIn
from tests.storage.rows import DAY, NOW, add, add_conversation

LATER = NOW + 400 * DAY


@pytest.fixture(autouse=True)
def old_event(engine: Engine, app: Flask) -> None:
    rescans(app).published = frozenset
    with engine.begin() as connection:
        add_conversation(connection, "a" * 32, LATER, events=0)
        data = json.dumps({"event": "user", "text": "soita 040 765 4321"})
        add(connection, "events", LATER, sender_id="a" * 32, data=data, anonymiser_version=0)


def texts(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(Event.data)).scalars())


def test_what_is_left_is_masked_and_told(sign_in: SignIn, app: Flask, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    assert "older version</dt><dd>1</dd>" in client.get("/privacy/rescan").text

    assert client.post("/privacy/rescan").status_code == 302
    rescans(app).wait(60)

    page = client.get("/privacy/rescan").text
    assert "older version</dt><dd>0</dd>" in page
    assert "phone number 1" in page
    assert "040 765" not in str(texts(engine))
    with engine.connect() as connection:
        noted = {entry.action: entry for entry in audit.search(connection, action="rescan")}
    assert {"rescan.started", "rescan.finished"} <= set(noted)
    assert noted["rescan.finished"].actor == "vilma"
    assert noted["rescan.finished"].details["changed"] >= 1


def test_only_one_runs_at_a_time(sign_in: SignIn, app: Flask, engine: Engine) -> None:
    go_on, calls = threading.Event(), []

    def published() -> frozenset[str]:
        calls.append(1)
        go_on.wait(30)
        return frozenset()

    rescans(app).published = published
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    try:
        client.post("/privacy/rescan")
        client.post("/privacy/rescan")
        page = client.get("/privacy/rescan").text
        assert "The work is running already" in page
        assert "Running, started by vilma" in page
    finally:
        go_on.set()
        rescans(app).wait(60)

    assert calls == [1]


def test_one_that_fails_says_so_and_can_be_started_again(sign_in: SignIn, app: Flask) -> None:
    def fails() -> frozenset[str]:
        raise RuntimeError("nothing is installed")

    rescans(app).published = fails
    client = sign_in(Role.PRIVACY_OFFICER)
    client.post("/privacy/rescan")
    rescans(app).wait(60)
    assert "A fault cut it off" in client.get("/privacy/rescan").text

    rescans(app).published = frozenset
    client.post("/privacy/rescan")
    rescans(app).wait(60)
    assert "older version</dt><dd>0</dd>" in client.get("/privacy/rescan").text


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY_OFFICER}))
def test_nobody_else_starts_one(sign_in: SignIn, app: Flask, role: Role) -> None:
    assert sign_in(role).post("/privacy/rescan").status_code == 403
    assert rescans(app).latest is None
