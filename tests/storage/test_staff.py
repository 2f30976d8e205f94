"""Accounts in the storage, on both databases."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import staff
from components.storage.models import StaffSession
from components.storage.staff import Role, StaffError
from tests.storage.rows import NOW, add, new_database


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = new_database(url)
    yield opened
    opened.dispose()


def new(engine: Engine, user_id: str, *roles: Role) -> int:
    with engine.begin() as connection:
        return staff.add_account(connection, user_id, roles=roles, password_hash="hash", language="fi", now=NOW)


def test_a_new_account(engine: Engine) -> None:
    number = new(engine, "anna", Role.TRAINER, Role.AGENT)
    with engine.connect() as connection:
        found = staff.account(connection, number)
        assert staff.find_account(connection, "anna") == found
        assert staff.find_account(connection, "Anna") is None
    assert found.roles == {Role.TRAINER, Role.AGENT}
    assert (found.created_at, found.password_changed_at, found.last_signed_in_at) == (NOW, NOW, None)
    assert (found.active, found.must_change_password, found.second_factor, found.recovery_codes) == (
        True,
        True,
        False,
        (),
    )
    assert "hash" not in repr(found)


@pytest.mark.parametrize(
    ("user_id", "roles", "reason"),
    [
        ("anna", [Role.AGENT], "taken"),
        ("berta", [], "no_role"),
        ("", [Role.AGENT], "bad_user_id"),
        ("Berta", [Role.AGENT], "bad_user_id"),
        ("be..rta", [Role.AGENT], "bad_user_id"),
        ("bärta", [Role.AGENT], "bad_user_id"),
        ("berta\n", [Role.AGENT], "bad_user_id"),
    ],
)
def test_what_cannot_be_added(engine: Engine, user_id: str, roles: list[Role], reason: str) -> None:
    new(engine, "anna", Role.TRAINER)
    with pytest.raises(StaffError) as error:
        new(engine, user_id, *roles)
    assert error.value.reason == reason


def test_accounts_come_by_their_user_ids(engine: Engine) -> None:
    for name in ("cecilia", "anna", "berta"):
        new(engine, name, Role.AGENT)
    with engine.connect() as connection:
        assert [found.user_id for found in staff.accounts(connection)] == ["anna", "berta", "cecilia"]


def test_a_step_is_used_once_and_never_backwards(engine: Engine) -> None:
    number = new(engine, "anna", Role.AGENT)
    with engine.begin() as connection:
        assert [staff.use_step(connection, number, step) for step in (10, 10, 9, 11)] == [True, False, False, True]


def test_a_recovery_code_is_used_once(engine: Engine) -> None:
    number = new(engine, "anna", Role.AGENT)
    with engine.begin() as connection:
        staff.set_second_factor(connection, number, secret="x", step=1, recovery_codes=["a", "b"])
        before = staff.account(connection, number)
        assert staff.use_recovery_code(connection, before, "b")
        assert not staff.use_recovery_code(connection, before, "b"), "the list that was read is an old one"
        after = staff.account(connection, number)
        assert after.recovery_codes == ("a",)
        assert not staff.use_recovery_code(connection, after, "b")


def test_an_installation_without_administrators_can_be_changed(engine: Engine) -> None:
    number = new(engine, "anna", Role.AGENT)
    with engine.begin() as connection:
        staff.set_roles(connection, number, [Role.TRAINER])
        staff.set_active(connection, number, False)


@pytest.mark.parametrize("change", ["roles", "active"])
def test_two_administrators_cannot_remove_each_other_at_the_same_moment(engine: Engine, change: str) -> None:
    numbers = [new(engine, name, Role.ADMINISTRATOR) for name in ("anna", "berta")]
    ready, outcomes = threading.Barrier(2), []

    def remove(number: int) -> None:
        try:
            with engine.begin() as connection:
                ready.wait(5)
                if change == "roles":
                    staff.set_roles(connection, number, [Role.AGENT])
                else:
                    staff.set_active(connection, number, False)
        except StaffError as error:
            outcomes.append(error.reason)
        except sa.exc.OperationalError:
            outcomes.append("busy")

    threads = [threading.Thread(target=remove, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    with engine.connect() as connection:
        left = [found for found in staff.accounts(connection) if found.active and Role.ADMINISTRATOR in found.roles]
    assert len(left) == 1


def test_only_ones_own_session_is_ended(engine: Engine) -> None:
    anna, berta = new(engine, "anna", Role.AGENT), new(engine, "berta", Role.AGENT)
    later = NOW + datetime.timedelta(hours=1)
    with engine.begin() as connection:
        for digest, owner in (("a", anna), ("b", berta), ("c", berta)):
            add(connection, "staff_sessions", later, digest=digest, staff_id=owner)
        assert not staff.end_session(connection, anna, "b")
        assert staff.end_session(connection, berta, "b")
        assert staff.end_sessions(connection, berta) == 1
        left = connection.execute(sa.select(StaffSession.__table__.c.digest)).scalars().all()
    assert left == ["a"]
