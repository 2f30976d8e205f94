"""`luotsi users` as an administrator uses it."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.database import open_database
from components.storage.models import AuditEntry, StaffMember
from components.storage.staff import Role, accounts
from console.signing_in import passwords
from console.signing_in.sessions import open_session
from luotsi.cli import build_parser


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database that nothing has been done with yet, which the settings name."""
    url = f"sqlite:///{tmp_path / 'luotsi.sqlite'}"
    monkeypatch.setenv("LUOTSI_DATABASE_URL", url)
    monkeypatch.setenv("LUOTSI_SECRET_KEY", "k" * 32)
    monkeypatch.delenv("LUOTSI_SECRET_KEY_FILE", raising=False)
    monkeypatch.delenv("LUOTSI_PREVIOUS_SECRET_KEYS_FILE", raising=False)
    monkeypatch.delenv("LUOTSI_PREVIOUS_SECRET_KEYS", raising=False)
    return open_database(url)


def users(*arguments: str) -> int:
    options = build_parser().parse_args(["users", *arguments])
    status: int = options.run(options)
    return status


def password_in(text: str) -> str:
    found = re.search(r"Temporary password: (\S+)", text)
    assert found
    return found[1]


def audited(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(AuditEntry.__table__).order_by(sa.text("number"))).all()
    return [(row.actor, row.action, row.target, json.loads(row.details)) for row in rows]


def test_the_first_administrator_on_a_fresh_database(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert users("add", "Anna.Mallinen", "--role", "administrator", "--role", "privacy-officer") == 0
    password = password_in(capsys.readouterr().out)
    with engine.connect() as connection:
        (anna,) = accounts(connection)
    assert anna.user_id == "anna.mallinen"
    assert anna.roles == {Role.ADMINISTRATOR, Role.PRIVACY_OFFICER}
    assert (anna.active, anna.must_change_password, anna.second_factor) == (True, True, False)
    assert password not in anna.password_hash
    assert anna.password_hash.startswith("$argon2id$")
    assert passwords.verify(anna.password_hash, password)
    assert audited(engine) == [
        ("command line", "staff.added", "staff:anna.mallinen", {"roles": "administrator privacy_officer"})
    ]


def test_every_temporary_password_is_another_one_and_good_enough(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    given = set()
    for name in ("anna", "berta", "cecilia"):
        users("add", name, "--role", "trainer")
        given.add(password_in(capsys.readouterr().out))
    assert len(given) == 3
    assert all(passwords.objection(password, user_id="anna") is None for password in given)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("anna", "--role", "trainer"), "There is a user ID anna already"),
        (("ANNA", "--role", "trainer"), "There is a user ID anna already"),
        (("berta", "--role", "boss"), "There is no role 'boss'"),
        (("b", "--role", "trainer"), "A user ID has 2 to 40 letters"),
        (("berta mallinen", "--role", "trainer"), "for example anna.mallinen"),
        (("berta@example.fi", "--role", "trainer"), "A user ID has 2 to 40 letters"),
        (("1berta", "--role", "trainer"), "begins with a letter"),
        (("berta-", "--role", "trainer"), "A user ID has 2 to 40 letters"),
        (("b" * 41, "--role", "trainer"), "A user ID has 2 to 40 letters"),
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(
    engine: Engine, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], error: str
) -> None:
    users("add", "anna", "--role", "trainer")
    before = audited(engine)
    capsys.readouterr()
    assert users("add", *arguments) == 1
    shown = capsys.readouterr()
    assert error in shown.err
    assert shown.out == ""
    assert audited(engine) == before
    with engine.connect() as connection:
        assert [account.user_id for account in accounts(connection)] == ["anna"]


def test_a_role_is_required(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        users("add", "anna")
    assert "--role" in capsys.readouterr().err


def test_accounts_are_listed(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert users("list") == 0
    assert "There are no accounts" in capsys.readouterr().out
    users("add", "anna", "--role", "trainer", "--role", "agent")
    users("add", "berta", "--role", "editor")
    users("disable", "berta")
    capsys.readouterr()
    assert users("list") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"anna +temporary password +never signed in +agent trainer", first)
    assert re.fullmatch(r"berta +disabled +never signed in +editor", second)


def test_a_disabled_account_has_no_sessions_and_can_be_enabled(engine: Engine) -> None:
    users("add", "anna", "--role", "trainer")
    _session(engine)
    assert users("disable", "anna") == 0
    assert _sessions(engine) == 0
    with engine.connect() as connection:
        assert not accounts(connection)[0].active
    assert users("enable", "anna") == 0
    with engine.connect() as connection:
        assert accounts(connection)[0].active
    assert [entry[1:3] for entry in audited(engine)[1:]] == [
        ("staff.disabled", "staff:anna"),
        ("staff.enabled", "staff:anna"),
    ]


def test_a_reset_takes_second_factor_and_sessions_away(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    users("add", "anna", "--role", "trainer")
    first = password_in(capsys.readouterr().out)
    with engine.begin() as connection:
        connection.execute(
            sa.update(StaffMember.__table__).values(
                totp_secret="set up", recovery_codes='["x"]', must_change_password=False
            )
        )
    _session(engine)
    assert users("reset", "anna") == 0
    second = password_in(capsys.readouterr().out)
    with engine.connect() as connection:
        (anna,) = accounts(connection)
    assert (anna.second_factor, anna.recovery_codes, anna.must_change_password) == (False, (), True)
    assert passwords.verify(anna.password_hash, second)
    assert not passwords.verify(anna.password_hash, first)
    assert _sessions(engine) == 0
    assert audited(engine)[-1] == ("command line", "staff.reset", "staff:anna", {})


@pytest.mark.parametrize("task", ["disable", "enable", "reset"])
def test_an_unknown_user_id_is_refused(engine: Engine, capsys: pytest.CaptureFixture[str], task: str) -> None:
    assert users(task, "nobody") == 1
    assert "There is no such user ID" in capsys.readouterr().err
    assert audited(engine) == []


def test_the_last_administrator_stays(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    users("add", "anna", "--role", "administrator")
    assert users("disable", "anna") == 1
    assert "the last active administrator" in capsys.readouterr().err
    with engine.connect() as connection:
        assert accounts(connection)[0].active
    users("add", "berta", "--role", "administrator")
    assert users("disable", "anna") == 0


def test_without_a_secret_key_nothing_is_done(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTSI_SECRET_KEY", "short")
    assert users("add", "anna", "--role", "administrator") == 2
    assert "secret key is missing or shorter" in capsys.readouterr().err


def _session(engine: Engine) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    with engine.begin() as connection:
        number = connection.execute(sa.select(StaffMember.id).where(StaffMember.user_id == "anna")).scalar()
        open_session(connection, number, now=now, longest=datetime.timedelta(hours=1), verified=True)
    assert _sessions(engine) == 1


def _sessions(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM staff_sessions")).scalar())
