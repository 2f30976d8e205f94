"""Times are aware and in UTC, on the way in and on the way out."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from components.storage.database import migrate, open_database
from components.storage.models import Base, Conversation

TABLE = Conversation.__table__
HELSINKI = datetime.timezone(datetime.timedelta(hours=3))
MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=datetime.timezone.utc)


def row(moment: datetime.datetime) -> dict[str, object]:
    return {
        "sender_id": "a",
        "session_started_at": moment,
        "last_event_at": moment,
        "expires_at": moment,
        "state": "{}",
    }


def test_naive_times_are_refused(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    with pytest.raises(sa.exc.StatementError, match="aware datetime"), engine.begin() as connection:
        connection.execute(sa.insert(TABLE), row(MOMENT.replace(tzinfo=None)))
    engine.dispose()


@pytest.mark.parametrize("given", [MOMENT, MOMENT.astimezone(HELSINKI)], ids=["utc", "helsinki"])
def test_a_time_comes_back_in_utc_to_the_microsecond(url: str, given: datetime.datetime) -> None:
    engine = open_database(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(TABLE), row(given))
        read = connection.execute(sa.select(TABLE.c.expires_at)).scalar_one()
    engine.dispose()
    assert read == MOMENT
    assert read.utcoffset() == datetime.timedelta(0)


def test_an_empty_time_stays_empty() -> None:
    kind = TABLE.c.expires_at.type
    dialect = sa.create_engine("sqlite://").dialect
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


# They hold numbers, receipts without an owner and sentences that many conversations had in common.
WITHOUT_EXPIRY = {"label_counts", "training_utterances", "retention_runs", "erasures", "queue_state"}
# What staff are, chose and wrote in their work, without a conversation.
WITHOUT_EXPIRY |= {"staff", "audit_heads", "switches", "document_versions", "saved_filters", "collections"}
WITHOUT_EXPIRY |= {"masking_cases"}
PERSONAL = {"sender_id", "message_id", "event_id", "ip_address", "address"}


@pytest.mark.parametrize("name", sorted(Base.metadata.tables.keys() - WITHOUT_EXPIRY))
def test_a_table_has_an_indexed_expiry(name: str) -> None:
    table = Base.metadata.tables[name]
    # A case that staff rewrote has no conversation whose expiry it could have.
    assert not table.c.expires_at.nullable or name == "collection_cases"
    assert any(list(index.columns) == [table.c.expires_at] for index in table.indexes)


@pytest.mark.parametrize("name", sorted(WITHOUT_EXPIRY))
def test_a_table_without_expiry_has_no_column_that_leads_to_a_person(name: str) -> None:
    assert PERSONAL.isdisjoint(Base.metadata.tables[name].columns.keys())


def test_no_table_links_an_address_to_a_conversation() -> None:
    for table in Base.metadata.tables.values():
        assert not {"ip_address", "sender_id"}.issubset(table.columns.keys()), table.name
