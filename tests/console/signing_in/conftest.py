"""A clock that tests move, and quick hashing: how strong it is, is tested in test_passwords.py alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.engine import Engine

import console.database
from console.app import Documents, create_app
from console.settings import ConsoleSettings
from console.signing_in import passwords
from tests.console.signing_in.people import Clock

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little work."""
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    passwords._nobodys.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of all requests."""
    made = Clock()
    monkeypatch.setattr(console.database, "clock", made)
    return made


@pytest.fixture
def new_app(settings: ConsoleSettings, engine: Engine) -> Callable[[dict[str, str]], Flask]:
    """Makes a console with other settings on the same database."""

    def make(values: dict[str, str]) -> Flask:
        other = ConsoleSettings.from_environment({"LUOTSI_DATABASE_URL": settings.database_url, **values})
        made = create_app(other, engine, Documents(record=lambda language: "", notice=lambda language: ""))
        made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        return made

    return make
