"""Results of practice are masked, the trainee's own to delete, and gone after 90 days or with the case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from components.storage import collections, practices
from components.storage.collections import CUSTOMER, Case, CaseMessage
from components.storage.practices import KEPT, Answer

from .cases import FEE, SENDER, add_spoken
from .rows import DAY, NOW, SECOND, new_database


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """A transaction on an empty database."""
    engine = new_database(url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def a_collection(connection: Connection) -> int:
    return collections.create(connection, title="Maksut", goal="", theme="", language="fi", by="anna", now=NOW)


def stored(connection: Connection, period: timedelta) -> Case:
    add_spoken(connection, start=NOW, period=period)
    number = collections.add_conversation(
        connection, a_collection(connection), SENDER, title="Hinta", by="anna", now=NOW
    )
    case = collections.find_case(connection, number, now=NOW)
    assert case is not None
    return case


def rewritten(connection: Connection) -> Case:
    number = collections.add_rewritten(
        connection,
        a_collection(connection),
        title="Uusi",
        difficulty=1,
        questions="",
        model_answer="",
        messages=[CaseMessage(CUSTOMER, "Mitä lupa maksaa?", FEE)],
        by="anna",
        now=NOW,
    )
    case = collections.find_case(connection, number, now=NOW)
    assert case is not None
    return case


def begun(connection: Connection, case: Case, trainee: str = "teemu") -> practices.Practice:
    number = practices.start(connection, case, trainee=trainee, now=NOW)
    found = practices.find(connection, number, now=NOW)
    assert found is not None
    return found


def test_answers_are_masked_and_counted(connection: Connection) -> None:
    practice = begun(connection, stored(connection, 365 * DAY))
    practices.answer(connection, practice, Answer("Soita 010190-987N", None, FEE), finished=False, now=NOW)
    practice = practices.of_trainee(connection, "teemu", now=NOW)[0]
    assert practice.finished_at is None
    practices.answer(connection, practice, Answer(None, FEE, FEE), finished=True, now=NOW)

    (kept,) = practices.of_trainee(connection, "teemu", now=NOW)

    assert kept.answers[0].written is not None
    assert kept.answers[0].written.startswith("Soita ")
    assert "010190-987N" not in kept.answers[0].written
    assert (kept.picked, kept.correct, kept.finished_at) == (1, 1, NOW)
    assert (kept.case_title, kept.collection_title) == ("Hinta", "Maksut")


@pytest.mark.parametrize("period", [20 * DAY, 365 * DAY])
def test_a_result_ends_after_90_days_or_with_the_case(connection: Connection, period: timedelta) -> None:
    practice = begun(connection, stored(connection, period))
    end = NOW + min(period, KEPT)

    assert practice.expires_at == end
    assert practices.find(connection, practice.id, now=end - SECOND) is not None
    assert practices.find(connection, practice.id, now=end) is None
    assert practices.of_everyone(connection, now=end) == []


def test_a_result_of_a_rewritten_case_ends_after_90_days(connection: Connection) -> None:
    assert begun(connection, rewritten(connection)).expires_at == NOW + KEPT


def test_results_go_with_the_case(connection: Connection) -> None:
    case = rewritten(connection)
    practice = begun(connection, case)

    collections.remove(connection, case, now=NOW)

    assert practices.find(connection, practice.id, now=NOW) is None
    assert not practices.delete(connection, practice.id, trainee="teemu")


def test_only_the_trainee_deletes_a_result(connection: Connection) -> None:
    case = rewritten(connection)
    practice, other = begun(connection, case), begun(connection, case, "olli")

    assert not practices.delete(connection, practice.id, trainee="olli")
    assert practices.delete(connection, practice.id, trainee="teemu")
    assert [each.id for each in practices.of_everyone(connection, now=NOW)] == [other.id]
