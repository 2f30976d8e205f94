"""A delivery is handled once: by one server, and again only when that one did not finish it."""

from __future__ import annotations

import concurrent.futures
import datetime
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine

from components.storage.database import migrate, open_database
from components.storage.deliveries import CLAIM, Claim, Deliveries
from components.storage.retention import purge

from .conversations import rows_of

KEY = b"k" * 32
NOW = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.timezone.utc)
SECOND = datetime.timedelta(seconds=1)
DAY = datetime.timedelta(hours=24)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_database(url)
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def deliveries(engine: Engine) -> Deliveries:
    return Deliveries(engine, KEY)


@pytest.fixture
def digest(deliveries: Deliveries) -> str:
    return deliveries.digest("telegram", "9100001")


def test_a_new_delivery_is_ours(deliveries: Deliveries, digest: str) -> None:
    assert deliveries.claim(digest, now=NOW) is Claim.OURS


def test_what_another_server_has_is_not_taken(engine: Engine, deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    assert Deliveries(engine, KEY).claim(digest, now=NOW + CLAIM - SECOND) is Claim.ELSEWHERE


def test_what_nobody_finished_is_taken_over(deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    assert deliveries.claim(digest, now=NOW + CLAIM) is Claim.OURS
    assert deliveries.claim(digest, now=NOW + CLAIM + SECOND) is Claim.ELSEWHERE


def test_what_was_finished_is_not_handled_again(deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    deliveries.finish(digest)
    for later in (datetime.timedelta(0), CLAIM, DAY - SECOND):
        assert deliveries.claim(digest, now=NOW + later) is Claim.HANDLED


def test_a_delivery_is_remembered_for_a_day(engine: Engine, deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    deliveries.finish(digest)
    assert purge(engine, now=NOW + DAY - SECOND) == {}
    assert purge(engine, now=NOW + DAY) == {"channel_deliveries": 1}


def test_an_expired_delivery_is_as_good_as_none(deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    deliveries.finish(digest)
    assert deliveries.claim(digest, now=NOW + DAY) is Claim.OURS


def test_what_was_released_can_be_taken(deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    deliveries.release(digest)
    assert deliveries.claim(digest, now=NOW) is Claim.OURS


def test_what_was_finished_is_not_released(deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    deliveries.finish(digest)
    deliveries.release(digest)
    assert deliveries.claim(digest, now=NOW) is Claim.HANDLED


def test_the_same_number_on_another_channel_is_another_delivery(deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    assert deliveries.claim(deliveries.digest("messenger", "9100001"), now=NOW) is Claim.OURS


def test_the_number_is_not_kept(engine: Engine, deliveries: Deliveries, digest: str) -> None:
    deliveries.claim(digest, now=NOW)
    (row,) = rows_of(engine, "channel_deliveries")
    assert "9100001" not in str(row)
    assert Deliveries(engine, b"another key" * 3).digest("telegram", "9100001") != digest


def test_of_many_that_come_at_once_one_gets_it(engine: Engine, deliveries: Deliveries, digest: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: Deliveries(engine, KEY).claim(digest, now=NOW), range(16)))
    assert claims.count(Claim.OURS) == 1
    assert set(claims) == {Claim.OURS, Claim.ELSEWHERE}
