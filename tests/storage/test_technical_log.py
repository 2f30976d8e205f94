"""The technical log: batches, bounds, expiry, and nothing that leads from an address to a conversation."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import database
from components.storage import technical_log as module
from components.storage.database import migrate, open_database
from components.storage.models import Base
from components.storage.technical_log import UNKNOWN_ADDRESS, AnsweredRequest, TechnicalLog, canonical_address

from .conversations import utc

NOW = datetime.datetime(2026, 5, 4, 12, 30, 42, 123456, tzinfo=datetime.timezone.utc)
MINUTE = datetime.datetime(2026, 5, 4, 12, 30, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
ADDRESS = "203.0.113.77"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_database(url)
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def log(engine: Engine) -> TechnicalLog:
    return TechnicalLog(engine, 30 * DAY)


def answered(**changes: Any) -> AnsweredRequest:
    values = {
        "occurred_at": NOW,
        "ip_address": ADDRESS,
        "route": "/chat/static/<name:str>",
        "method": "GET",
        "status": 200,
        "bytes": 1234,
    }
    return AnsweredRequest(**{**values, **changes})


def rows(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.text("SELECT * FROM technical_log ORDER BY id"))]


def take_away(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE technical_log RENAME TO elsewhere")


def bring_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO technical_log")


def test_a_request_is_written_with_what_the_log_is_for(engine: Engine, log: TechnicalLog) -> None:
    log.add(answered())
    assert rows(engine) == []
    assert log.write()
    (row,) = rows(engine)
    assert {name: row[name] for name in ("ip_address", "route", "method", "status", "bytes")} == {
        "ip_address": ADDRESS,
        "route": "/chat/static/<name:str>",
        "method": "GET",
        "status": 200,
        "bytes": 1234,
    }
    assert log.waiting == 0


@pytest.mark.parametrize("days", [1, 30])
def test_a_row_expires_after_the_days_that_are_set_and_not_a_second_later(engine: Engine, days: int) -> None:
    log = TechnicalLog(engine, days * DAY)
    log.add(answered())
    log.write()
    assert utc(rows(engine)[0]["expires_at"]) == MINUTE + days * DAY
    assert MINUTE + days * DAY <= NOW + days * DAY


@pytest.mark.parametrize("retention", [30 * DAY + datetime.timedelta(seconds=1), 0 * DAY, -DAY])
def test_more_than_thirty_days_are_refused(engine: Engine, retention: datetime.timedelta) -> None:
    with pytest.raises(ValueError, match="at most 30 days"):
        TechnicalLog(engine, retention)


def test_the_time_is_kept_to_the_minute(engine: Engine, log: TechnicalLog) -> None:
    log.add(answered())
    log.write()
    assert utc(rows(engine)[0]["occurred_at"]) == MINUTE


def test_the_order_of_rows_does_not_tell_the_order_of_requests(engine: Engine, log: TechnicalLog) -> None:
    for status in range(200, 300):
        log.add(answered(status=status))
    log.write()
    written = [row["status"] for row in rows(engine)]
    assert sorted(written) == list(range(200, 300))
    assert written != sorted(written)


@pytest.mark.parametrize(("method", "kept"), [("GET", "GET"), ("OPTIONS", "OPTIONS"), ("x" * 900, "OTHER")])
def test_a_method_is_a_known_one(engine: Engine, log: TechnicalLog, method: str, kept: str) -> None:
    log.add(answered(method=method))
    assert log.write()
    assert rows(engine)[0]["method"] == kept


def test_a_long_route_is_cut(engine: Engine, log: TechnicalLog) -> None:
    log.add(answered(route="/" + "a" * 500))
    assert log.write()
    assert len(rows(engine)[0]["route"]) == 200


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.77", "203.0.113.77"),
        (" 203.0.113.77 ", "203.0.113.77"),
        ("[2001:DB8::0:1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("fe80::1%eth0", "fe80::1"),
        ("", UNKNOWN_ADDRESS),
        ("_hidden", UNKNOWN_ADDRESS),
        ("203.0.113.77:443", UNKNOWN_ADDRESS),
        ("131052-908T", UNKNOWN_ADDRESS),
        ("x" * 9_000, UNKNOWN_ADDRESS),
    ],
)
def test_an_address_has_one_form_and_nothing_else_is_kept(text: str, address: str) -> None:
    assert canonical_address(text) == address


def test_large_numbers_of_requests_are_written_in_batches(
    engine: Engine, log: TechnicalLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_ROWS", 7)
    for _ in range(20):
        log.add(answered())
    assert log.write()
    assert len(rows(engine)) == 20


# ------------------------------------------------------------------------------------------------- the database is away


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "MAX_WAITING", 10)
    monkeypatch.setattr(module, "BATCH_ROWS", 4)
    monkeypatch.setattr(database, "SQLITE_BUSY_MILLISECONDS", 50)
    return 10


def test_requests_wait_for_the_database(engine: Engine, log: TechnicalLog, bound: int) -> None:
    take_away(engine)
    for status in range(200, 200 + bound):
        log.add(answered(status=status))
    assert not log.write()
    assert (log.waiting, log.lost) == (bound, 0)
    bring_back(engine)
    assert log.write()
    assert sorted(row["status"] for row in rows(engine)) == list(range(200, 200 + bound))


def test_the_oldest_are_lost_when_too_many_wait(
    engine: Engine, log: TechnicalLog, bound: int, caplog: pytest.LogCaptureFixture
) -> None:
    take_away(engine)
    for status in range(200, 200 + bound + 3):
        log.add(answered(status=status))
        log.write()
    assert (log.waiting, log.lost) == (bound, 3)
    bring_back(engine)
    assert log.write()
    assert len(rows(engine)) == bound
    assert "The technical log can be written again; 3 requests are missing from it." in caplog.text


def test_a_batch_that_comes_back_does_not_push_newer_requests_out(
    engine: Engine, log: TechnicalLog, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.add(answered(status=500))

    def fail_while_more_come(answer: AnsweredRequest) -> dict[str, object]:
        for status in range(200, 200 + bound):
            log.add(answered(status=status))
        raise OSError

    with monkeypatch.context() as failing:
        failing.setattr(log, "_row", fail_while_more_come)
        assert not log.write()
    assert (log.waiting, log.lost) == (bound, 1)
    assert log.write()
    assert sorted(row["status"] for row in rows(engine)) == list(range(200, 200 + bound))


def test_a_flood_is_noted_up_to_a_bound_of_its_network_and_of_all(
    engine: Engine, log: TechnicalLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "NETWORK_ROWS_A_DAY", 3)
    monkeypatch.setattr(module, "ROWS_A_DAY", 5)
    flood = [f"203.0.113.{number}" for number in range(5)]
    others = [f"198.51.{number}.1" for number in range(4)]
    for address in (*flood, *others):
        log.add(answered(ip_address=address))
    assert log.lost == 2 + 2
    log.add(answered(ip_address=ADDRESS, occurred_at=NOW + DAY))
    assert log.write()
    assert sorted(row["ip_address"] for row in rows(engine)) == sorted([*flood[:3], *others[:2], ADDRESS])
    told = [record.getMessage() for record in caplog.records if record.name == module.__name__]
    assert [line.partition(" has taken ")[2].partition(" today")[0] for line in told] == [
        "3 requests of one network",
        "5 requests in all",
    ]
    assert "203.0.113" not in caplog.text


def test_an_outage_is_told_once_and_without_addresses(
    engine: Engine, log: TechnicalLog, bound: int, caplog: pytest.LogCaptureFixture
) -> None:
    take_away(engine)
    for _ in range(3):
        log.add(answered())
        log.write()
    bring_back(engine)
    log.write()
    log.write()
    told = [record for record in caplog.records if record.name == module.__name__]
    assert [record.levelno for record in told] == [logging.WARNING] * 2
    assert "cannot be written" in told[0].getMessage()
    assert "can be written again" in told[1].getMessage()
    assert ADDRESS not in caplog.text


# --------------------------------------------------------------------------------------------- no way to a conversation


def _tables() -> list[Any]:
    return list(Base.metadata.sorted_tables)


def test_only_the_technical_log_has_addresses() -> None:
    with_address = [table.name for table in _tables() if any("ip" in c.name.split("_") for c in table.c)]
    assert with_address == ["technical_log"]


def test_the_technical_log_has_no_column_that_could_name_a_conversation() -> None:
    columns = set(Base.metadata.tables["technical_log"].c.keys())
    assert columns == {
        "id", "occurred_at", "expires_at", "ip_address", "route", "method", "status", "bytes",
    }  # fmt: skip


def test_no_table_refers_to_the_technical_log_or_from_it() -> None:
    keys = [key for table in _tables() for key in table.foreign_keys]
    assert [key for key in keys if "technical_log" in (key.column.table.name, key.parent.table.name)] == []
