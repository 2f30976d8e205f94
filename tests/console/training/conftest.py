"""A collection with a stored conversation, and who works with it."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import collections
from components.storage.collections import ASSISTANT, CUSTOMER, CaseMessage
from components.storage.models import AuditEntry
from components.storage.references import reference_of
from tests.storage.cases import FEE, SENDER, add_spoken
from tests.storage.rows import DAY

REFERENCE = reference_of(SENDER)
QUESTION = "paljonko oleskelulupa mahtaa nykyään maksaa opiskelijalle"


@dataclasses.dataclass(frozen=True)
class Made:
    """A collection with a stored conversation (`case`) and a rewritten case (`written`)."""

    collection: int
    case: int
    written: int


def moment() -> datetime.datetime:
    """The present."""
    return datetime.datetime.now(datetime.timezone.utc)


@pytest.fixture
def stored(engine: Engine) -> str:
    """The reference of a conversation that began ten days ago and is kept for 22 days (12 are left)."""
    with engine.begin() as connection:
        add_spoken(connection, start=moment() - 10 * DAY + datetime.timedelta(hours=1), period=22 * DAY)
    return REFERENCE


@pytest.fixture
def made(engine: Engine, stored: str) -> Made:
    """A collection with that conversation and a rewritten case."""
    now = moment()
    with engine.begin() as connection:
        number = collections.create(
            connection, title="Fees", goal="Know the fees", theme="money", language="en", by="anna", now=now
        )
        case = collections.add_conversation(connection, number, SENDER, title="A fee", by="anna", now=now)
        found = collections.find_case(connection, case, now=now)
        assert found is not None
        collections.change_case(
            connection,
            found,
            title="A fee",
            difficulty=2,
            questions="=What was missing?\nWhy?",
            model_answer="Name the fee first.",
            now=now,
        )
        written = collections.add_rewritten(
            connection,
            number,
            title="Written",
            difficulty=1,
            questions="",
            model_answer="",
            messages=[
                CaseMessage(CUSTOMER, "What does it cost?", FEE),
                CaseMessage(ASSISTANT, "It depends."),
                CaseMessage(CUSTOMER, "=SUM(A1) please"),
            ],
            by="anna",
            now=now,
        )
    return Made(number, case, written)


def audited(engine: Engine) -> list[tuple[str, str | None, str]]:
    """What the audit log notes: action, target and details."""
    table = AuditEntry.__table__
    with engine.connect() as connection:
        query = sa.select(table.c.action, table.c.target, table.c.details).order_by(table.c.number)
        return [tuple(row) for row in connection.execute(query)]
