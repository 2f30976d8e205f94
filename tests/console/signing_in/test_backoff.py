"""Waiting after failures, on both databases."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.models import SignInFailure
from console.signing_in.backoff import Attempt, Backoff, network_of
from tests.storage.conftest import postgresql_server, postgresql_url, sqlite_url, url  # noqa: F401
from tests.storage.rows import new_database

NOW = datetime.datetime(2026, 6, 15, 12, 0, tzinfo=datetime.timezone.utc)
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


class Door:
    """Somebody knocking, at times that the test says."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOW
        self.backoff = Backoff(engine, b"k" * 32, "password")

    def knock(self, account: str = "anna", address: str = HOME) -> Attempt:
        return self.backoff.begin(account, address, now=self.now)

    def fail(self, times: int, account: str = "anna", address: str = HOME) -> None:
        """Fail so many times, waiting as long as is told."""
        for _ in range(times):
            wait = self.knock(account, address).wait
            if wait:
                self.forward(wait)
                assert self.knock(account, address).wait == 0, "the wait that was told is enough"

    def succeed(self, account: str = "anna", address: str = HOME) -> None:
        attempt = self.knock(account, address)
        assert attempt.wait == 0
        with self.engine.begin() as connection:
            self.backoff.succeed(connection, attempt, now=self.now)

    def forward(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)


@pytest.fixture
def door(url: str) -> Iterator[Door]:  # noqa: F811
    engine = new_database(url)
    yield Door(engine)
    engine.dispose()


def test_waits_grow_and_end_at_a_quarter_of_an_hour(door: Door) -> None:
    waits = []
    for _ in range(14):
        door.fail(1)
        waits.append(door.knock().wait)
    # Knocking counts as well, as long as nobody has to wait.
    assert waits == [0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]


def test_a_few_slips_cost_nothing(door: Door) -> None:
    assert [door.knock().wait for _ in range(5)] == [0] * 5
    assert door.knock().wait == 5


def test_a_refused_attempt_does_not_make_the_wait_longer(door: Door) -> None:
    door.fail(5)
    assert [door.knock().wait for _ in range(20)] == [5] * 20
    door.forward(5)
    assert door.knock().wait == 0


def test_success_forgets_the_slips(door: Door) -> None:
    door.fail(4)
    door.succeed()
    assert [door.knock().wait for _ in range(5)] == [0] * 5


def test_the_right_password_lets_in_after_the_wait(door: Door) -> None:
    door.fail(9)
    wait = door.knock().wait
    assert wait > 5
    door.forward(wait)
    door.succeed()


def test_a_stranger_elsewhere_holds_a_person_up_for_a_minute_at_most(door: Door) -> None:
    door.fail(40, address=ELSEWHERE)
    assert door.knock(address=ELSEWHERE).wait > 0
    assert door.knock(address=HOME).wait <= 60


def test_a_stranger_does_not_hold_up_a_person_in_the_usual_place_at_all(door: Door) -> None:
    door.succeed()
    door.forward(3600 * 24 * 30)
    door.fail(40, address=ELSEWHERE)
    door.succeed()


def test_many_strangers_together_are_slowed_down(door: Door) -> None:
    for number in range(1, 11):
        assert door.knock(address=f"198.51.100.{number}").wait == 0
    assert 0 < door.knock(address="198.51.100.99").wait <= 60
    assert door.knock("berta", address="198.51.100.99").wait == 0


def test_a_network_that_tries_many_accounts_is_slowed_down(door: Door) -> None:
    waits = [door.knock(f"person{number}", ELSEWHERE).wait for number in range(25)]
    assert waits[:20] == [0] * 20
    assert waits[20:] == [5] * 5
    assert door.knock("person30", HOME).wait == 0


def test_a_colleague_who_forgot_a_password_does_not_hold_up_the_others(door: Door) -> None:
    door.succeed("berta", HOME)
    door.fail(30, "anna", HOME)
    door.succeed("berta", HOME)


def test_a_network_waits_for_five_minutes_at_most(door: Door) -> None:
    for number in range(60):
        attempt = door.knock(f"person{number}", ELSEWHERE)
        door.forward(attempt.wait)
    assert 0 < max(door.knock(f"other{number}", ELSEWHERE).wait for number in range(3)) <= 300


def test_failures_are_forgotten_after_a_day(door: Door) -> None:
    door.fail(8)
    door.forward(3600 * 25)
    assert [door.knock().wait for _ in range(5)] == [0] * 5


def test_codes_and_passwords_are_counted_apart(door: Door) -> None:
    door.fail(8)
    assert Backoff(door.engine, b"k" * 32, "code").begin("anna", HOME, now=door.now).wait == 0


def test_neither_account_nor_address_is_kept(door: Door) -> None:
    door.fail(3)
    door.succeed()
    with door.engine.connect() as connection:
        rows = str(connection.execute(sa.select(SignInFailure.__table__)).all())
    assert "anna" not in rows
    assert "192.0.2" not in rows


def test_what_has_expired_is_deleted(door: Door) -> None:
    door.fail(3)
    door.forward(3600 * 25)
    door.knock("berta", ELSEWHERE)
    with door.engine.connect() as connection:
        rows = connection.execute(sa.select(SignInFailure.__table__)).all()
    assert len(rows) == 3
    assert all(row.expires_at > door.now for row in rows)


def test_attempts_at_the_same_moment_gain_nothing(door: Door) -> None:
    with ThreadPoolExecutor(8) as pool:
        let_through = list(pool.map(lambda _: door.knock().wait == 0, range(24)))
    assert sum(let_through) == 5


def test_two_browsers_may_sign_in_at_the_same_moment(door: Door) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            list(pool.map(lambda _: door.succeed(), range(2)))
    door.succeed()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network
