"""A stored conversation in a collection goes when it expires; what is kept for longer has none of its words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage import collections, practices, retention, rights
from components.storage.collections import ASSISTANT, CUSTOMER, Case, CaseMessage, copied_lines
from components.storage.models import Base, CollectionCase

from .cases import FEE, OTHER, SENDER, add_spoken
from .rows import DAY, NOW, add, count, new_database

IDENTITY_CODE = "010190-987N"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database with a conversation that is kept for a year."""
    opened = new_database(url)
    with opened.begin() as connection:
        add_spoken(connection, start=NOW)
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction."""
    with engine.begin() as opened:
        yield opened


def make(connection: Connection, title: str = "Maksut", **values: str) -> int:
    described = {"goal": "Hinnat oikein", "theme": "maksut", "language": "fi", **values}
    return collections.create(connection, title=title, by="anna", now=NOW, **described)


def add_case(connection: Connection, collection_id: int, title: str = "Tapaus", sender_id: str = SENDER) -> Case:
    number = collections.add_conversation(connection, collection_id, sender_id, title=title, by="anna", now=NOW)
    return found(connection, number)


def found(connection: Connection, number: int) -> Case:
    case = collections.find_case(connection, number, now=NOW)
    assert case is not None
    return case


def rewrite(connection: Connection, collection_id: int, *messages: CaseMessage, **values: Any) -> int:
    described: dict[str, Any] = {
        "title": "Uusi",
        "difficulty": 2,
        "questions": "Miksi?",
        "model_answer": "Näin.",
        **values,
    }
    return collections.add_rewritten(connection, collection_id, messages=messages, by="anna", now=NOW, **described)


def titles(connection: Connection, collection_id: int) -> list[str]:
    return [case.title for case in collections.cases_of(connection, collection_id, now=NOW)]


def test_collections_are_found_by_theme_and_language_without_those_put_away(connection: Connection) -> None:
    fees = make(connection)
    english = make(connection, "Fees", language="en")
    parcels = make(connection, "Paketit", theme="tulli")

    def names(**filters: Any) -> set[int]:
        return {each.id for each in collections.find_all(connection, now=NOW, **filters)}

    assert names() == {fees, english, parcels}
    assert names(theme="maksut") == {fees, english}
    assert names(theme="maksut", language="en") == {english}
    collections.archive(connection, fees, archived=True, now=NOW)
    assert names() == {english, parcels}
    assert names(archived=True) == {fees}
    assert collections.themes(connection) == ["maksut", "tulli"]


def test_what_staff_write_is_masked(connection: Connection) -> None:
    number = make(connection, f"Asia {IDENTITY_CODE}", goal=f"Opi {IDENTITY_CODE}", theme=f"t {IDENTITY_CODE}")
    case = add_case(connection, number, f"Tapaus {IDENTITY_CODE}")
    collections.change_case(
        connection,
        case,
        title=IDENTITY_CODE,
        difficulty=3,
        questions=IDENTITY_CODE,
        model_answer=IDENTITY_CODE,
        now=NOW,
    )
    rewrite(connection, number, CaseMessage(CUSTOMER, f"tunnus {IDENTITY_CODE}"), title=IDENTITY_CODE)

    kept = str(collections.find(connection, number, now=NOW))
    kept += str(connection.execute(sa.select(CollectionCase.__table__)).all())
    assert IDENTITY_CODE not in kept
    assert found(connection, case.id).difficulty == 3


def test_a_long_title_is_shortened_to_what_the_column_holds(connection: Connection) -> None:
    number = make(connection, "a " * 200)
    kept = collections.find(connection, number, now=NOW)
    assert kept is not None
    assert len(kept.title) <= collections.MAX_TITLE


def test_a_case_shows_the_conversation_with_the_topic_of_each_answer(connection: Connection) -> None:
    case = add_case(connection, make(connection))

    messages = collections.messages_of(connection, case, now=NOW)

    assert [message.speaker for message in messages] == [CUSTOMER, ASSISTANT, CUSTOMER, ASSISTANT]
    assert [message.topic for message in messages] == [FEE, None, None, None]


def test_the_topic_that_a_reviewer_named_counts(connection: Connection) -> None:
    case = add_case(connection, make(connection))
    events = Base.metadata.tables["events"].c
    question = connection.execute(sa.select(sa.func.min(events.id))).scalar_one()
    right = "immigration_student_permit"
    for kind, value in (("wrong", right), ("right", None)):
        add(
            connection,
            "review_marks",
            NOW + DAY,
            sender_id=SENDER,
            event_id=question,
            kind=kind,
            value=value,
            made_at=NOW,
        )

    assert collections.messages_of(connection, case, now=NOW)[0].topic == right


def test_a_verdict_is_not_told_while_others_still_judge(connection: Connection) -> None:
    case = add_case(connection, make(connection))
    events = Base.metadata.tables["events"].c
    question = connection.execute(sa.select(sa.func.min(events.id))).scalar_one()
    right = "immigration_student_permit"
    of_it = {"sender_id": SENDER, "event_id": question, "made_at": NOW}
    add(connection, "review_marks", NOW + DAY, kind="wrong", value=right, **of_it)
    for judge, done_at in (("anna", NOW), ("bo", None)):
        queued = {"sender_id": SENDER, "reviewer": judge, "added_by": "anna", "added_at": NOW, "done_at": done_at}
        add(connection, "queued_reviews", NOW + DAY, calibration_id=1, **queued)

    assert collections.messages_of(connection, case, now=NOW)[0].topic == FEE

    connection.execute(sa.update(Base.metadata.tables["queued_reviews"]).values(done_at=NOW))
    assert collections.messages_of(connection, case, now=NOW)[0].topic == right


def test_cases_keep_the_order_that_somebody_gave_them(connection: Connection) -> None:
    number = make(connection)
    first, second, third = (add_case(connection, number, name) for name in "abc")

    assert collections.shift(connection, third, by=-1, now=NOW)
    assert titles(connection, number) == ["a", "c", "b"]
    assert collections.shift(connection, first, by=1, now=NOW)
    assert titles(connection, number) == ["c", "a", "b"]
    assert not collections.shift(connection, second, by=1, now=NOW)
    collections.remove(connection, third, now=NOW)
    assert titles(connection, number) == ["a", "b"]


def test_a_case_is_copied_or_moved_to_another_collection_with_its_expiry(connection: Connection) -> None:
    number, other = make(connection), make(connection, "Toinen")
    case = add_case(connection, number)

    copied = found(connection, collections.copy(connection, case, other, by="olli", now=NOW))
    collections.move(connection, case, other, now=NOW)

    assert titles(connection, number) == []
    assert titles(connection, other) == ["Tapaus", "Tapaus"]
    assert copied.expires_at == case.expires_at == NOW + 365 * DAY
    assert copied.added_by == "olli"


def test_a_conversation_that_is_not_stored_is_not_added(connection: Connection) -> None:
    with pytest.raises(collections.NotStoredError):
        add_case(connection, make(connection), sender_id=OTHER)
    with pytest.raises(collections.NotStoredError):
        collections.add_conversation(connection, make(connection), SENDER, title="", by="anna", now=NOW + 365 * DAY)


def test_a_case_falls_out_when_the_conversation_expires(connection: Connection) -> None:
    number = make(connection)
    case = add_case(connection, number)

    later = collections.find_case(connection, case.id, now=NOW + 365 * DAY)

    assert later is not None
    assert later.fallen_out
    assert collections.messages_of(connection, later, now=NOW + 365 * DAY) == ()


def test_a_case_falls_out_as_early_as_the_conversation_does_now(connection: Connection) -> None:
    case = add_case(connection, make(connection))
    connection.execute(sa.text("UPDATE conversations SET expires_at = :end"), {"end": NOW + 3 * DAY})

    now = found(connection, case.id)

    assert now.expires_at == NOW + 3 * DAY
    later = collections.find_case(connection, case.id, now=NOW + 3 * DAY)
    assert later is not None
    assert later.fallen_out


def test_what_falls_out_first_is_named_first(connection: Connection) -> None:
    add_spoken(connection, OTHER, start=NOW, period=12 * DAY)
    number = make(connection)
    add_case(connection, number, "year")
    add_case(connection, number, "days", OTHER)
    rewrite(connection, number, CaseMessage(CUSTOMER, "ihan muuta"))

    cases = collections.cases_of(connection, number, now=NOW)

    assert [case.title for case in collections.falling_out(cases)] == ["days", "year"]
    listed = collections.find(connection, number, now=NOW)
    assert listed is not None
    assert (listed.cases, listed.next_expiry) == (3, NOW + 12 * DAY)


def test_a_purge_leaves_the_rewritten_case_and_nothing_of_the_conversation(engine: Engine) -> None:
    with engine.begin() as connection:
        number = make(connection)
        case = add_case(connection, number)
        written = rewrite(connection, number, CaseMessage(CUSTOMER, "Mitä lupa maksaa?", FEE))
        practices.start(connection, case, trainee="teemu", now=NOW)

    retention.purge(engine, now=NOW + 365 * DAY)

    with engine.connect() as connection:
        left = collections.cases_of(connection, number, now=NOW + 365 * DAY)
        assert [each.id for each in left] == [written]
        assert collections.messages_of(connection, left[0], now=NOW + 365 * DAY) == (
            CaseMessage(CUSTOMER, "Mitä lupa maksaa?", FEE),
        )
    assert count(engine, "practices") == 0


def test_an_erased_conversation_leaves_its_collections_and_results(engine: Engine) -> None:
    with engine.begin() as connection:
        case = add_case(connection, make(connection))
        practices.start(connection, case, trainee="teemu", now=NOW)

    rights.erase(engine, SENDER)

    assert count(engine, "collection_cases") == count(engine, "practices") == 0


def test_a_rewritten_case_takes_the_place_of_the_conversation_and_leads_nowhere(connection: Connection) -> None:
    number = make(connection)
    first, second, _ = (add_case(connection, number, name) for name in "abc")
    written = rewrite(connection, number, CaseMessage(CUSTOMER, "Mitä lupa maksaa?"), instead_of=second)

    assert titles(connection, number) == ["a", "Uusi", "c"]
    case = found(connection, written)
    assert (case.sender_id, case.reference, case.expires_at) == (None, None, None)
    assert found(connection, first.id).sender_id == SENDER
    assert collections.find_case(connection, second.id, now=NOW) is None


def test_a_stored_conversation_is_not_rewritten_in_place(connection: Connection) -> None:
    case = add_case(connection, make(connection))
    with pytest.raises(ValueError, match="not rewritten"):
        collections.change_case(
            connection, case, title="", difficulty=1, questions="", model_answer="", messages=[], now=NOW
        )


SAID = [
    CaseMessage(CUSTOMER, "Hei"),
    CaseMessage(CUSTOMER, "missä pakettini on"),
    CaseMessage(CUSTOMER, "olen odottanut pakettia jo kolme viikkoa enkä tiedä mitään"),
    CaseMessage(CUSTOMER, "Käsittelyajat nyt heti", own=False),
    CaseMessage(ASSISTANT, "Seuraa lähetystä kuljetusyrityksen sivulla."),
]


@pytest.mark.parametrize(
    "line",
    [
        "hei!",
        "Missä  pakettini ON?",
        "Moi, missä pakettini on nyt?",
        "Kirjoitan, koska olen odottanut pakettia jo kolme kuukautta",
    ],
)
def test_the_customer_s_own_words_are_found_in_a_line(line: str) -> None:
    assert copied_lines(SAID, ["Jotain muuta", line]) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "Hei, minulla on kysymys",
        "Missä lähetykseni viipyy?",
        "Olen odottanut pakettia kauan",
        "Käsittelyajat nyt heti",
        "Seuraa lähetystä kuljetusyrityksen sivulla.",
        "",
    ],
)
def test_words_of_one_s_own_and_of_the_service_may_stand(line: str) -> None:
    assert copied_lines(SAID, [line]) == []
