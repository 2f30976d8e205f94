"""Made-up conversations look like real ones, hold no personal data, and go without a trace."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from components.privacy.special_categories import mentions_special_category
from components.storage.conversation_index import labels_in, update
from components.storage.models import Base, Conversation, Event, Feedback, IndexedConversation, LabelCount
from components.storage.sanitise import sanitise
from luotsi.commands import demo_data
from luotsi.commands.demo_data import remove, write
from luotsi.demo_data.conversations import LANGUAGES, MESSAGES
from tests.storage.rows import new_database
from tests.storage.test_conversation_index import PARCEL, add

NOW = datetime.datetime(2026, 11, 20, 9, 30, tzinfo=datetime.timezone.utc)
KEPT = datetime.timedelta(days=730)
INDEX = IndexedConversation.__table__


def _write(engine: Engine, conversations: int = 150, seed: int = 1) -> int:
    return write(engine, conversations=conversations, days=30, seed=seed, retention=KEPT, now=NOW)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with made-up conversations; tests only read it."""
    engine = new_database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'luotsi.sqlite'}")
    assert _write(engine) == 150
    yield engine
    engine.dispose()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = new_database(f"sqlite:///{tmp_path / 'luotsi.sqlite'}")
    yield opened
    opened.dispose()


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }


def events(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [json.loads(data) for data in connection.execute(sa.select(Event.__table__.c.data)).scalars()]


def test_there_is_something_of_everything_that_staff_look_for(filled: Engine) -> None:
    index = INDEX.c
    wanted = {
        "fi": index.language == "fi",
        "en": index.language == "en",
        "immigration": index.agency == "immigration",
        "customs": index.agency == "customs",
        "fallback": index.fallbacks > 0,
        "sure": index.lowest_confidence > 0.8,
        "unsure": index.lowest_confidence < 0.3,
        "good": index.rating == "good",
        "bad": index.rating == "bad",
        "masked": index.labels != "",
        "special": index.special_category,
        "handoff": index.handoff,
        "long": index.questions > 5,
    }
    with filled.connect() as connection:
        found = {
            name: connection.execute(sa.select(sa.func.count()).select_from(INDEX).where(which)).scalar_one()
            for name, which in wanted.items()
        }
        total = connection.execute(sa.select(sa.func.count()).select_from(INDEX)).scalar_one()
    assert total == 150
    assert {name: number for name, number in found.items() if number < 3} == {}


def test_they_lie_in_the_past_days_and_are_kept_as_long_as_real_ones(filled: Engine) -> None:
    table = Conversation.__table__
    with filled.connect() as connection:
        rows = connection.execute(sa.select(table)).all()
    assert all(NOW - datetime.timedelta(days=32) < row.session_started_at < row.last_event_at < NOW for row in rows)
    assert all(row.expires_at == row.session_started_at + KEPT for row in rows)
    assert {row.channel for row in rows} == {"demo"}
    assert len({row.session_started_at.date() for row in rows}) > 15


def test_events_have_the_shape_of_real_ones(filled: Engine) -> None:
    found = events(filled)
    asked = [event for event in found if event["event"] == "user" and not event["text"].startswith("/")]
    told = [event for event in found if event["event"] == "bot" and "answer" in event["metadata"]["metadata"]]
    pressed = [event for event in found if "shown" in event["metadata"]]
    assert asked and told and pressed
    for event in asked:
        ranking = event["parse_data"]["intent_ranking"]
        confidences = [each["confidence"] for each in ranking]
        assert confidences == sorted(confidences, reverse=True)
        assert len({each["name"] for each in ranking}) == len(ranking) > 5
        assert event["metadata"]["masked"] == sorted(labels_in(event["text"]), key=event["metadata"]["masked"].index)
    answer = told[0]["metadata"]["metadata"]["answer"]
    assert set(answer) == {"topic", "title", "links", "sources", "reviewed", "volatile"}
    assert told[0]["metadata"]["utter_action"] == f"utter_{answer['topic']}"
    assert all(event["data"]["buttons"] for event in told)


def test_ratings_are_of_answers_that_were_given(filled: Engine) -> None:
    with filled.connect() as connection:
        rated = list(connection.execute(sa.select(Feedback.__table__.c.message_id)).scalars())
    answers = {f"b{event['timestamp']:.6f}".replace(".", "-") for event in events(filled) if event["event"] == "bot"}
    assert rated
    assert set(rated) <= answers


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_needs_masking_and_the_special_ones_are_special(language: str) -> None:
    said = yaml.safe_load(MESSAGES.read_text(encoding="utf-8"))
    texts = [each["text"] if isinstance(each, dict) else each for kind in said.values() for each in kind[language]]
    assert [text for text in texts if sanitise(text) != text] == []
    assert [each["text"] for each in said["special"][language] if not mentions_special_category(each["text"])] == []
    for each in said["personal"][language]:
        assert labels_in(each["text"]) == set(each["masked"])


def test_the_same_seed_makes_the_same_conversations_and_another_one_others(tmp_path: Path) -> None:
    written = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        engine = new_database(f"sqlite:///{tmp_path / name}.sqlite")
        _write(engine, 6, seed)
        written.append(everything(engine))
        engine.dispose()
    assert written[0] == written[1]
    assert written[0]["events"] != written[2]["events"]


def test_removing_leaves_the_others_and_nothing_of_the_made_up_ones(engine: Engine) -> None:
    add(engine, "real", PARCEL, start=NOW)
    update(engine, now=NOW)
    before = everything(engine)
    assert _write(engine, 60) == 60
    assert _write(engine, 60) == 0
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(LabelCount.__table__)).scalar_one()
    assert remove(engine) == 60
    after = everything(engine)
    assert after == before


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 1, "not made up"),
        (["--add", "--conversations", "0"], 1, "Give 1 to"),
        (["--add", "--days", "730"], 1, "Give 1 to"),
        (["--add", "--conversations", "3"], 0, "Wrote 3 made-up"),
        (["--remove"], 0, "Removed 0 demo"),
    ],
    ids=str,
)
def test_the_command_tells_what_it_did_or_why_not(
    arguments: list[str],
    status: int,
    said: str,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add(engine, "real", PARCEL, start=NOW)
    monkeypatch.setenv("LUOTSI_DATABASE_URL", str(engine.url))
    parser = argparse.ArgumentParser()
    demo_data.configure(parser)
    assert demo_data.run(parser.parse_args(arguments)) == status
    printed = capsys.readouterr()
    assert said in (printed.err if status else printed.out)
    if status:
        assert [row["sender_id"] for row in everything(engine)["conversations"]] == ["real"]
