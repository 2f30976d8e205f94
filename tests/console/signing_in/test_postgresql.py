"""Signing in where the database is PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.engine import Engine

from components.storage.staff import Role
from console.app import Documents, create_app
from console.settings import ConsoleSettings
from tests.console.signing_in.people import PASSWORD, Clock, give_password, new_person, signed_in
from tests.storage.conftest import postgresql_server, postgresql_url  # noqa: F401
from tests.storage.rows import new_database


@pytest.fixture
def settings(postgresql_url: str) -> ConsoleSettings:  # noqa: F811
    return ConsoleSettings.from_environment({"LUOTSI_DATABASE_URL": postgresql_url, "LUOTSI_SECRET_KEY": "k" * 32})


@pytest.fixture
def engine(settings: ConsoleSettings) -> Iterator[Engine]:
    opened = new_database(settings.database_url)
    yield opened
    opened.dispose()


def test_from_the_first_failure_to_a_new_password(settings: ConsoleSettings, engine: Engine, clock: Clock) -> None:
    app: Flask = create_app(settings, engine, Documents(record=lambda language: "", notice=lambda language: ""))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    anna = new_person(engine, settings, clock, "anna", (Role.ADMINISTRATOR,))
    stranger = app.test_client()
    statuses = [give_password(stranger, "anna", "wrong", address="198.51.100.7").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    client = signed_in(app, anna)
    clock.forward(seconds=30)
    other = signed_in(app, anna)
    new = {"current_password": PASSWORD, "new_password": "toinen hyvä salasana", "repeated": "toinen hyvä salasana"}
    assert client.post("/account/password", data=new).status_code == 302
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    data = {"user_id": "berta", "roles": ["trainer"], "language": "fi"}
    assert client.post("/new-account", data=data).status_code == 200
    assert client.post("/accounts/berta/disable").status_code == 302
    assert client.post("/accounts/anna/roles", data={"roles": ["agent"]}).status_code == 409
    assert client.post("/sign-out").status_code == 302
