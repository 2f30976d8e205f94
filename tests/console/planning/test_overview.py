"""The figures of the overview."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.models import LabelCount
from components.storage.planning import Selection
from console.planning.overview import Cell, Overview, make_overview
from tests.console.planning.rows import DAY, add_conversations

UTC = datetime.timezone.utc
# A Sunday evening in UTC is Monday already in Finland.
SUNDAY_EVENING = datetime.datetime(2026, 6, 7, 22, 30, tzinfo=UTC)
NOW = datetime.datetime(2026, 6, 16, tzinfo=UTC)
JUNE = Selection(datetime.datetime(2026, 5, 31, 21, tzinfo=UTC), datetime.datetime(2026, 6, 14, 21, tzinfo=UTC))
K = 5


def made(engine: Engine, selection: Selection = JUNE) -> Overview:
    with engine.connect() as connection:
        return make_overview(connection, selection, k=K, now=NOW)


def shown(cells: tuple[Cell, ...]) -> dict[str, int | None]:
    return {cell.name: cell.conversations for cell in cells if cell.conversations != 0}


def test_days_and_hours_are_those_of_finland(engine: Engine) -> None:
    add_conversations(engine, ["x"] * 6, at=SUNDAY_EVENING)
    overview = made(engine)
    assert overview.total == 6
    assert shown(overview.weekdays) == {"1": 6}
    assert shown(overview.hours) == {"01": 6}
    assert shown(overview.weeks) == {"2026-06-08": 6}
    assert [cell.name for cell in overview.weeks] == ["2026-06-01", "2026-06-08"]
    assert (len(overview.weekdays), len(overview.hours)) == (7, 24)


def test_the_share_understood_is_of_the_questions(engine: Engine) -> None:
    add_conversations(engine, ["x"] * 6, at=SUNDAY_EVENING, fallback=False, questions=3)
    add_conversations(engine, ["x"] * 6, at=SUNDAY_EVENING - 2 * DAY, fallback=True, questions=1)
    overview = made(engine)
    assert overview.understood == 0.75
    assert [cell.understood for cell in overview.weeks] == [0.0, 1.0]


def test_few_conversations_show_nothing_at_all(engine: Engine) -> None:
    add_conversations(engine, ["x"] * 4, at=SUNDAY_EVENING, topic="customs_gift", fallback=False, labels=",PERSON,")
    overview = made(engine)
    assert (overview.total, overview.questions, overview.understood) == (None, None, None)
    assert overview.topics == ()
    every = [overview.languages, overview.channels, overview.ratings, overview.weekdays, overview.labels]
    assert all(cell.conversations in (None, 0) and cell.understood is None for cells in every for cell in cells)


def test_a_filter_does_not_tell_of_the_few_that_it_leaves_out(engine: Engine) -> None:
    add_conversations(engine, ["x"] * 20, at=SUNDAY_EVENING, language="fi")
    add_conversations(engine, ["x"] * 2, at=SUNDAY_EVENING, language="en")
    finnish = dataclasses.replace(JUNE, language="fi")
    assert made(engine).total == 22
    assert (made(engine, finnish).total, made(engine, finnish).weeks) == (None, ())

    add_conversations(engine, ["x"] * 3, at=SUNDAY_EVENING, language="en")
    assert made(engine, finnish).total == 20


def test_topics_come_by_size_and_unknown_intents_not_at_all(engine: Engine) -> None:
    for topic, count in (
        ("customs_gift", 5),
        ("customs_snus", 7),
        ("customs_vat_rates", 4),
        ("customs_not_a_topic", 9),
    ):
        add_conversations(engine, ["x"] * count, at=SUNDAY_EVENING, topic=topic, fallback=False)
    assert shown(made(engine).topics) == {"customs_snus": 7, "customs_gift": 5}


def test_masked_data_is_counted_by_conversation_and_by_the_daily_counter(engine: Engine) -> None:
    add_conversations(engine, ["x"] * 5, at=SUNDAY_EVENING, labels=",PERSON,")
    add_conversations(engine, ["x"] * 2, at=SUNDAY_EVENING, labels=",IBAN,")
    with engine.begin() as connection:
        for label, count in (("PERSON", 8), ("IBAN", 40)):
            connection.execute(
                sa.insert(LabelCount.__table__).values(
                    day=SUNDAY_EVENING.date(), channel="web", label=label, language="fi", count=count
                )
            )
    # Forty messages of two conversations tell of two people.
    assert made(engine).labels == (Cell("PERSON", 5, messages=8), Cell("IBAN", None))
    one_agency = Selection(JUNE.since, JUNE.until, agency="customs")
    assert made(engine, one_agency).labels == (Cell("PERSON", 5), Cell("IBAN", None))
