"""The console on a database of its own, and people who are signed in to it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage.models import StaffMember
from components.storage.staff import Role
from console.app import Documents, create_app
from console.settings import ConsoleSettings
from console.signing_in.sessions import COOKIE, open_session
from tests.storage.rows import new_database

SignIn = Callable[..., FlaskClient]
UNUSABLE_PASSWORD = "!"


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    """The settings of a console on this machine."""
    return ConsoleSettings.from_environment(
        {"LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'luotsi.sqlite'}", "LUOTSI_SECRET_KEY": "k" * 32}
    )


@pytest.fixture
def engine(settings: ConsoleSettings) -> Iterator[Engine]:
    """The console's database."""
    opened = new_database(settings.database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def app(settings: ConsoleSettings, engine: Engine) -> Flask:
    """The console; its forms need no CSRF token here (test_guard.py tests that they do)."""
    made = create_app(
        settings, engine, Documents(record=lambda language: "# Record", notice=lambda language: "# Notice")
    )
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return made


@pytest.fixture
def sign_in(app: Flask, engine: Engine) -> SignIn:
    """Gives a client in which a new person with some roles is signed in: sign_in(Role.TRAINER, user_id="anna")."""

    def make(*roles: Role, user_id: str = "", language: str = "en") -> FlaskClient:
        name = user_id or "-".join(role.value for role in roles) or "nobody"
        now = datetime.datetime.now(datetime.timezone.utc)
        with engine.begin() as connection:
            found = connection.execute(sa.select(StaffMember.id).where(StaffMember.user_id == name)).scalar()
            staff_id = (
                found
                or connection.execute(
                    sa.insert(StaffMember.__table__).values(
                        user_id=name,
                        roles=" ".join(role.value for role in roles),
                        language=language,
                        password_hash=UNUSABLE_PASSWORD,
                        password_changed_at=now,
                        must_change_password=False,
                        totp_secret="set up",
                        active=True,
                        created_at=now,
                    )
                ).inserted_primary_key[0]
            )
            token = open_session(connection, staff_id, now=now, longest=datetime.timedelta(hours=10), verified=True)
        client = app.test_client()
        client.set_cookie(COOKIE, token)
        return client

    return make
