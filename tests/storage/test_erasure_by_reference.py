"""Erasing a conversation by the code that the customer reads out, in a transaction of somebody else's."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import rights
from components.storage.models import Base, Erasure, Event
from components.storage.references import reference_of

from .rows import DAY, NOW, SECOND, add, add_conversation, new_database

LATER = NOW + 100 * DAY


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = new_database(url)
    with opened.begin() as connection:
        for sender in ("anna", "bertta"):
            add_conversation(connection, sender, LATER, events=0, period=100 * DAY)
            for number in range(4):
                spoken = {"event": "bot" if number % 2 else "user", "text": f"{sender} {number}"}
                at = NOW + number * SECOND
                data = json.dumps(spoken)
                add(connection, "events", LATER, sender_id=sender, occurred_at=at, data=data)
            add(connection, "review_marks", LATER, sender_id=sender)
    yield opened
    opened.dispose()


def rows_of(engine: Engine, sender_id: str) -> int:
    with engine.connect() as connection:
        return sum(
            connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.sender_id == sender_id)
            ).scalar_one()
            for table in rights.tables_of_a_conversation()
        )


@pytest.mark.parametrize("indexed", [True, False])
def test_a_conversation_is_found_by_its_code_also_before_it_is_indexed(engine: Engine, indexed: bool) -> None:
    if indexed:
        with engine.begin() as connection:
            reference = reference_of("anna")
            add(connection, "indexed_conversations", LATER, sender_id="anna", reference=reference)
    with engine.connect() as connection:
        assert rights.find_sender(connection, reference_of("anna")) == "anna"
        assert rights.find_sender(connection, reference_of("bertta")) == "bertta"
        assert rights.find_sender(connection, reference_of("carita")) is None


def test_what_only_another_table_holds_is_found_too(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "feedback", LATER, sender_id="daniela")

    with engine.connect() as connection:
        assert rights.find_sender(connection, reference_of("daniela")) == "daniela"


def test_the_amount_says_how_much_and_when_and_nothing_else(engine: Engine) -> None:
    with engine.connect() as connection:
        amount = rights.amount_of(connection, "anna")

    assert amount.counts["messages"] == 4
    assert amount.counts["events"] == 4
    assert amount.counts["review_marks"] == 1
    assert (amount.first_at, amount.last_at, amount.expires_at) == (NOW, NOW + 3 * SECOND, LATER)
    assert "anna" not in str(amount)


def test_the_caller_decides_whether_the_erasure_is_kept(engine: Engine) -> None:
    before = rows_of(engine, "anna")
    with engine.connect() as connection, connection.begin() as transaction:
        rights.erase_within(connection, "anna")
        transaction.rollback()
    assert rows_of(engine, "anna") == before

    with engine.begin() as connection:
        receipt, _ = rights.erase_within(connection, "anna")
    rights.leave_nothing(engine, was_indexed=True)

    assert rows_of(engine, "anna") == 0
    assert rows_of(engine, "bertta") == before
    assert rights.confirm(engine, receipt.code) == receipt


def test_the_log_of_the_file_holds_nothing_afterwards(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such file")
    with engine.begin() as connection:
        receipt, _ = rights.erase_within(connection, "anna")
    rights.leave_nothing(engine, was_indexed=True)

    files = [engine.url.database, f"{engine.url.database}-wal"]
    content = b"".join(open(name, "rb").read() for name in files)  # noqa: SIM115 (read at once)
    assert b"anna 0" not in content
    assert b"bertta 0" in content
    assert receipt.code.encode() in content


def test_erasures_are_counted_by_month(engine: Engine) -> None:
    with engine.begin() as connection:
        for number, (month, day) in enumerate([(4, 30), (5, 1), (5, 31), (6, 1)]):
            at = datetime.datetime(2026, month, day, 23, 59, tzinfo=datetime.timezone.utc)
            connection.execute(sa.insert(Erasure.__table__).values(erased_at=at, receipt=f"CODE-{number}", what="{}"))
    with engine.connect() as connection:
        assert rights.erasures_by_month(connection, months=2) == [(2026, 6, 1), (2026, 5, 2)]
        assert len(rights.erasures_by_month(connection, months=12)) == 3


def test_every_table_of_a_conversation_is_known() -> None:
    assert Event.__table__ in rights.tables_of_a_conversation()
    assert {"review_marks", "collection_cases", "holds"} <= {table.name for table in rights.tables_of_a_conversation()}
    assert all("sender_id" in Base.metadata.tables[table.name].c for table in rights.tables_of_a_conversation())
