"""People who have accounts, and what they do to sign in."""

from __future__ import annotations

import dataclasses
import datetime
import re

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from components.storage import staff
from components.storage.staff import Role
from console.settings import ConsoleSettings
from console.signing_in import passwords
from console.signing_in.second_factor import SecretBox

PASSWORD = "heinäkuun sateet ja kalat"
TEMPORARY = "abcd-efgh-jkmn-2345"
START = datetime.datetime(2026, 6, 15, 12, 0, tzinfo=datetime.timezone.utc)


class Clock:
    """The time of the console's requests, which a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime.datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Let time go by."""
        self.now += datetime.timedelta(**by)


@dataclasses.dataclass
class Someone:
    """A person with an account."""

    id: int
    user_id: str
    secret: str
    clock: Clock

    def code(self) -> str:
        """Return what the person's authenticator app shows now."""
        return str(pyotp.TOTP(self.secret).at(self.clock.now))


def new_person(
    engine: Engine,
    settings: ConsoleSettings,
    clock: Clock,
    user_id: str = "anna",
    roles: tuple[Role, ...] = (Role.TRAINER,),
    *,
    recovery_codes: tuple[str, ...] = (),
) -> Someone:
    """Add somebody who has chosen PASSWORD and set up the second factor."""
    found = new_beginner(engine, clock, user_id, roles, password=PASSWORD)
    found.secret = "JBSWY3DPEHPK3PXP" * 2
    with engine.begin() as connection:
        staff.set_password(
            connection,
            found.id,
            password_hash=passwords.hash_password(PASSWORD),
            now=clock.now,
            chosen=True,
        )
        closed = SecretBox(settings.derived_keys("second factor")).close(found.secret)
        staff.set_second_factor(connection, found.id, secret=closed, step=0, recovery_codes=recovery_codes)
    return found


def new_beginner(
    engine: Engine,
    clock: Clock,
    user_id: str = "anna",
    roles: tuple[Role, ...] = (Role.TRAINER,),
    *,
    password: str = TEMPORARY,
) -> Someone:
    """Add somebody who has a temporary password only."""
    with engine.begin() as connection:
        number = staff.add_account(
            connection,
            user_id,
            roles=roles,
            password_hash=passwords.hash_password(password),
            language="en",
            now=clock.now,
        )
    return Someone(number, user_id, "", clock)


def give_password(
    client: FlaskClient, user_id: str, password: str = PASSWORD, *, address: str = "192.0.2.1", **fields: str
) -> TestResponse:
    """Send the first form of signing in, from an address."""
    return client.post(
        "/sign-in",
        data={"user_id": user_id, "password": password, **fields},
        environ_overrides={"REMOTE_ADDR": address},
    )


def signed_in(app: Flask, someone: Someone) -> FlaskClient:
    """Return a client in which somebody has gone through both steps."""
    client = app.test_client()
    assert give_password(client, someone.user_id).status_code == 302
    assert client.post("/sign-in/code", data={"code": someone.code()}).status_code == 302
    assert client.get("/").status_code == 200
    return client


def hidden(response: TestResponse, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]* value="([^"]+)"', response.text)
    assert found, f"no field {name}"
    return found[1]


def shown_secret(response: TestResponse) -> str:
    """Return the secret that a page of setting up a second factor shows as text."""
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', response.text)
    assert found
    return found[1].replace(" ", "")
