"""The groups of what was badly answered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.nlu.encoder import encode
from components.storage.models import IndexedMessage
from components.storage.planning import Selection
from console.planning import report as module
from console.planning.report import Report, VectorCache, make_report
from tests.console.planning.rows import DAY, add_conversations, now

FISHING = [
    "mistä saan kalastusluvan",
    "miten ostan kalastusluvan",
    "paljonko kalastuslupa maksaa",
    "tarvitsenko kalastuslupaa",
    "mistä kalastusluvan voi ostaa netistä",
    "haluan ostaa kalastusluvan",
]
BUSES = [
    "when does the next bus leave",
    "what time is the bus to the city",
    "bus timetable please",
    "how do I find the bus timetable",
    "is there a bus to the airport",
    "which bus goes to the centre",
]
K = 5


def made(engine: Engine, *, k: int = K, language: str | None = None) -> Report:
    today = now()
    return make_report(engine, Selection(today - 30 * DAY, today, language), k=k, vectors=VectorCache(), now=today)


def test_messages_that_ask_for_the_same_thing_stand_together(engine: Engine) -> None:
    add_conversations(engine, FISHING)
    add_conversations(engine, BUSES, language="en")
    report = made(engine)
    assert [(group.conversations, group.messages) for group in report.groups] == [(6, 6), (6, 6)]
    labels = {next(iter(group.languages)): group.words for group in report.groups}
    assert "bus" in labels["en"]
    assert any(word.startswith("kalastuslu") for word in labels["fi"])
    assert report.small == 0
    assert all(group.topic is not None and -1 <= group.likeness <= 1 for group in report.groups)


def test_a_group_of_fewer_than_k_conversations_is_a_number_only(engine: Engine) -> None:
    add_conversations(engine, FISHING[:4])
    add_conversations(engine, BUSES, language="en")
    report = made(engine)
    assert [set(group.languages) for group in report.groups] == [{"en"}]
    assert report.small == 4
    assert "kalast" not in repr(report)


def test_many_messages_of_one_conversation_make_no_group(engine: Engine) -> None:
    add_conversations(engine, ["mistä saan kalastusluvan"])
    columns = [column for column in IndexedMessage.__table__.c if column.name != "id"]
    with engine.begin() as connection:
        once_more = sa.select(*columns)
        connection.execute(
            sa.insert(IndexedMessage.__table__).from_select([column.name for column in columns], once_more)
        )
    report = made(engine, k=2)
    assert (report.read, report.groups, report.small) == (2, (), 2)


def test_no_word_of_label_or_example_is_rarer_than_k(engine: Engine) -> None:
    add_conversations(engine, [f"{text} Kuhmalahdella" for text in FISHING[:1]])
    add_conversations(engine, ["mistä saan kalastusluvan"] * 4)
    (group,) = made(engine).groups
    assert group.conversations == 5
    assert group.example is not None
    assert group.example.text == "mistä saan kalastusluvan"
    assert "kuhmala" not in repr(group).lower()


def test_without_a_common_sentence_there_is_no_example(engine: Engine) -> None:
    rare = ["äidilleni", "naapurille", "serkulleni", "opettajalle", "ystävälle"]
    add_conversations(engine, [f"mistä saan kalastusluvan {word}" for word in rare])
    (group,) = made(engine).groups
    assert group.example is None
    assert not any(word[:5] in repr(group) for word in rare)


def test_what_was_masked_or_tells_of_health_is_no_example(engine: Engine) -> None:
    add_conversations(engine, ["mistä saan kalastusluvan [NAME_1]"] * 5)
    add_conversations(engine, ["bus timetable for today please"] * 5, language="en", special_category=True)
    report = made(engine)
    assert len(report.groups) == 2
    assert [group.example for group in report.groups] == [None, None]
    assert "NAME" not in repr(report)


def test_the_period_before_shows_what_grows(engine: Engine) -> None:
    add_conversations(engine, FISHING)
    add_conversations(engine, FISHING[:5], at=now() - 40 * DAY)
    add_conversations(engine, BUSES, language="en")
    add_conversations(engine, BUSES[:4], language="en", at=now() - 40 * DAY)
    report = made(engine)
    assert report.whole
    assert {next(iter(group.languages)): group.before for group in report.groups} == {"fi": 5, "en": None}


def test_so_many_messages_that_the_newest_are_read_only(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MESSAGES", 6)
    add_conversations(engine, FISHING, at=now() - 2 * DAY)
    add_conversations(engine, BUSES, language="en")
    report = made(engine)
    assert (report.read, report.total, report.whole) == (6, 12, False)
    assert [set(group.languages) for group in report.groups] == [{"en"}]


def test_one_language_of_few_is_not_counted_alone(engine: Engine) -> None:
    add_conversations(engine, ["bus timetable please"] * 9, language="en")
    add_conversations(engine, ["bus timetable please"] * 2, language="fi")
    groups = made(engine).groups
    assert all(count is None or count >= K for group in groups for count in group.languages.values())
    assert all(group.conversations >= K for group in groups)


def test_nothing_asked_makes_an_empty_report(engine: Engine) -> None:
    report = made(engine)
    assert (report.groups, report.small, report.total) == ((), 0, 0)


def test_equal_texts_are_encoded_once_and_forgotten_when_cleared() -> None:
    asked: list[str] = []

    def counting(texts: Sequence[str]) -> module.Vectors:
        asked.extend(texts)
        return encode(texts)

    cache = VectorCache(counting)
    first = cache.vectors(["lupa", "bus", "lupa"])
    assert (first[0] == first[2]).all()
    assert not (first[0] == first[1]).all()
    cache.vectors(["bus"])
    assert sorted(asked) == ["bus", "lupa"]
    cache.clear()
    cache.vectors(["bus"])
    assert asked.count("bus") == 2
