"""The audit log: nobody writes into it but at its end, and whoever changes it afterwards shows."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage import audit
from components.storage.audit import Problem

from .rows import DAY, HOUR, NOW, SECOND, new_database

KEY, OLD_KEY = b"n" * 32, b"o" * 32
KEPT = 100 * DAY
# Entries of then have expired by now, whatever the database's own clock says.
LONG_AGO = NOW - 200 * DAY


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = new_database(url)
    yield opened
    opened.dispose()


def write(
    connection: Connection,
    *,
    now: datetime.datetime = NOW,
    key: bytes = KEY,
    kept: datetime.timedelta = KEPT * 10,
    actor: str = "anna",
    action: str = "conversation.viewed",
    target: str | None = "BCDF-GHJK-LMNP",
    **details: Any,
) -> int:
    return audit.append(
        connection, keys=[key], kept=kept, now=now, actor=actor, action=action, target=target, details=details
    )


def fill(engine: Engine, count: int = 5, **values: Any) -> None:
    for _ in range(count):
        with engine.begin() as connection:
            write(connection, **values)


def tamper(engine: Engine, *statements: str) -> None:
    """Change the log as somebody does who may do everything in the database."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_log_changed")
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_log_removed")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER USER")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_untouched_log_is_whole(engine: Engine) -> None:
    fill(engine, 7, reason="a reason", size=3, yes=True, nothing=None)

    checked = audit.verify(engine, [KEY], batch_size=3)

    assert (checked.problem, checked.entries, checked.last, checked.purged) == (None, 7, 7, 0)


def test_an_empty_log_is_whole(engine: Engine) -> None:
    checked = audit.verify(engine, [KEY])

    assert (checked.problem, checked.entries) == (None, 0)


def test_entries_under_earlier_keys_are_checked_with_them(engine: Engine) -> None:
    fill(engine, 2, key=OLD_KEY)
    fill(engine, 2, key=KEY)

    assert audit.verify(engine, [KEY, OLD_KEY]).problem is None
    without = audit.verify(engine, [KEY])
    assert (without.problem, without.number) == (Problem.CHANGED, 1)


def test_a_time_of_another_zone_is_signed_as_it_is_kept(engine: Engine) -> None:
    fill(engine, 1, now=NOW.astimezone(datetime.timezone(3 * HOUR)))

    assert audit.verify(engine, [KEY]).problem is None


@pytest.mark.parametrize(
    ("statements", "problem", "number"),
    [
        (["UPDATE audit_log SET actor = 'bertta' WHERE number = 3"], Problem.CHANGED, 3),
        (["UPDATE audit_log SET target = NULL WHERE number = 5"], Problem.CHANGED, 5),
        (['UPDATE audit_log SET details = \'{"reason": "none"}\' WHERE number = 1'], Problem.CHANGED, 1),
        (["DELETE FROM audit_log WHERE number = 3"], Problem.MISSING, 3),
        (["DELETE FROM audit_log WHERE number = 1"], Problem.MISSING, 1),
        (["DELETE FROM audit_log WHERE number >= 4"], Problem.MISSING_AT_END, 4),
        (["DELETE FROM audit_log"], Problem.MISSING_AT_END, 1),
        (
            [
                "INSERT INTO audit_log SELECT 6, occurred_at, expires_at, actor, action, target, details, digest "
                "FROM audit_log WHERE number = 5"
            ],
            Problem.CHANGED,
            6,
        ),
        (
            [
                "DELETE FROM audit_log WHERE number = 3",
                "UPDATE audit_log SET number = 3 WHERE number = 4",
                "UPDATE audit_log SET number = 4 WHERE number = 5",
                "UPDATE audit_heads SET number = 4 WHERE which = 'last'",
            ],
            Problem.CHANGED,
            3,
        ),
    ],
)
def test_the_first_broken_entry_is_reported(
    engine: Engine, statements: list[str], problem: Problem, number: int
) -> None:
    fill(engine, 5)
    tamper(engine, *statements)

    checked = audit.verify(engine, [KEY], batch_size=2)

    assert (checked.problem, checked.number) == (problem, number)


def test_an_entry_that_was_signed_but_never_counted_was_put_in(engine: Engine) -> None:
    fill(engine, 2)
    with engine.connect() as connection:
        head = connection.execute(sa.text("SELECT digest FROM audit_heads WHERE which = 'last'")).scalar_one()
    fill(engine, 1)
    tamper(engine, f"UPDATE audit_heads SET number = 2, digest = '{head}' WHERE which = 'last'")

    checked = audit.verify(engine, [KEY])

    assert (checked.problem, checked.number) == (Problem.PUT_IN, 3)


def test_a_noted_end_tells_an_exchanged_log(engine: Engine) -> None:
    fill(engine, 3)
    noted = audit.verify(engine, [KEY])
    fill(engine, 2)

    assert audit.verify(engine, [KEY], known=(3, noted.digest)).problem is None
    assert audit.verify(engine, [KEY], known=(3, "0" * 64)).problem is Problem.OTHER_HISTORY
    assert audit.verify(engine, [KEY], known=(9, noted.digest)).problem is Problem.OTHER_HISTORY


def test_nothing_is_changed_or_deleted_early(engine: Engine) -> None:
    fill(engine, 2, now=datetime.datetime.now(datetime.timezone.utc))
    for statement in (
        "UPDATE audit_log SET actor = 'bertta'",
        "UPDATE audit_log SET expires_at = occurred_at",
        "DELETE FROM audit_log WHERE number = 1",
        *(["TRUNCATE audit_log"] if engine.dialect.name == "postgresql" else []),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)

    checked = audit.verify(engine, [KEY])
    assert (checked.problem, checked.entries) == (None, 2)


def test_the_purge_takes_what_expired_from_the_beginning_and_the_rest_stays_provable(engine: Engine) -> None:
    fill(engine, 4, now=LONG_AGO, kept=KEPT)
    fill(engine, 3, now=NOW)

    with engine.begin() as connection:
        assert audit.purge_expired(connection, now=NOW, limit=3) == 3
    with engine.begin() as connection:
        assert audit.purge_expired(connection, now=NOW, limit=3) == 1
    with engine.begin() as connection:
        assert audit.purge_expired(connection, now=NOW, limit=3) == 0

    checked = audit.verify(engine, [KEY])
    assert (checked.problem, checked.purged, checked.entries, checked.last) == (None, 4, 3, 7)


def test_the_purge_never_makes_a_gap(engine: Engine) -> None:
    """The period became shorter: a later entry expires before an earlier one, and waits for it."""
    fill(engine, 1, now=LONG_AGO, kept=10 * KEPT)
    fill(engine, 1, now=LONG_AGO, kept=KEPT)

    with engine.begin() as connection:
        assert audit.purge_expired(connection, now=NOW, limit=10) == 0
    assert audit.verify(engine, [KEY]).entries == 2


def test_the_log_goes_on_after_everything_was_purged(engine: Engine) -> None:
    fill(engine, 2, now=LONG_AGO, kept=KEPT)
    with engine.begin() as connection:
        audit.purge_expired(connection, now=NOW, limit=10)
    assert audit.verify(engine, [KEY]).problem is None

    fill(engine, 1)

    checked = audit.verify(engine, [KEY])
    assert (checked.problem, checked.entries, checked.last) == (None, 1, 3)


def test_a_missing_beginning_that_was_not_purged_shows(engine: Engine) -> None:
    fill(engine, 2, now=LONG_AGO, kept=KEPT)
    fill(engine, 3)
    with engine.begin() as connection:
        audit.purge_expired(connection, now=NOW, limit=10)
    tamper(engine, "DELETE FROM audit_log WHERE number = 3")

    checked = audit.verify(engine, [KEY])

    assert (checked.problem, checked.number) == (Problem.MISSING, 3)


def test_what_many_write_at_the_same_time_is_one_chain(engine: Engine) -> None:
    failed: list[BaseException] = []
    together = threading.Barrier(6)

    def work(name: str) -> None:
        try:
            together.wait(10)
            for _ in range(10):
                with engine.begin() as connection:
                    # As a request does that looked something up before.
                    connection.execute(sa.text("SELECT count(*) FROM staff")).scalar()
                    write(connection, actor=name)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"writer{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    checked = audit.verify(engine, [KEY])
    assert (checked.problem, checked.entries) == (None, 60)


def test_a_log_that_is_written_to_meanwhile_is_whole(engine: Engine) -> None:
    fill(engine, 20)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            fill(engine, 1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        problems = {audit.verify(engine, [KEY], batch_size=5).problem for _ in range(5)}
    finally:
        stop.set()
        thread.join(30)

    assert problems == {None}


def test_what_is_rolled_back_leaves_no_entry(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        write(connection)
        transaction.rollback()
    fill(engine, 1)

    checked = audit.verify(engine, [KEY])
    assert (checked.problem, checked.entries) == (None, 1)


@pytest.mark.parametrize("text", ["x" * 101, "two\nlines", "ended\n", "two\u2028lines"])
@pytest.mark.parametrize("place", ["details", "target"])
def test_texts_of_messages_are_refused(engine: Engine, place: str, text: str) -> None:
    values: dict[str, Any] = {"reason": text} if place == "details" else {"target": text}

    with pytest.raises(ValueError) as raised, engine.begin() as connection:
        write(connection, **values)

    assert text not in str(raised.value)
    assert audit.verify(engine, [KEY]).entries == 0


def test_the_search_finds_by_every_part(engine: Engine) -> None:
    with engine.begin() as connection:
        write(connection, actor="anna", action="conversation.viewed", target="BCDF-GHJK-LMNP", now=NOW)
        write(connection, actor="bertta", action="conversation.masked", target="BCDF-GHJK-LMNP", now=NOW + HOUR)
        write(connection, actor="anna", action="conversations.listed", target=None, now=NOW + 2 * HOUR, count=3)

    def found(**filters: Any) -> list[int]:
        with engine.connect() as connection:
            numbers = [entry.number for entry in audit.search(connection, **filters)]
            assert [entry.number for entry in audit.entries(connection, batch_size=1, **filters)] == numbers[::-1]
            return numbers

    assert found() == [3, 2, 1]
    assert found(actor="anna") == [3, 1]
    assert found(action="conversation") == [2, 1]
    assert found(action="conversation.masked") == [2]
    assert found(action="conv%") == []
    assert found(target="BCDF-GHJK-LMNP") == [2, 1]
    assert found(since=NOW + HOUR, until=NOW + 2 * HOUR) == [2]
    assert found(among=["conversations", "account"]) == [3]
    assert found(among=[]) == []


def test_the_search_goes_on_from_page_to_page(engine: Engine) -> None:
    for number in range(5):
        fill(engine, 1, now=NOW + number * SECOND, size=number)

    with engine.connect() as connection:
        first = audit.search(connection, limit=2)
        second = audit.search(connection, limit=2, before=first[-1].number)

    assert [entry.number for entry in (*first, *second)] == [5, 4, 3, 2]
    assert first[0].details == {"size": 4}
    assert first[0].occurred_at == NOW + 4 * SECOND
