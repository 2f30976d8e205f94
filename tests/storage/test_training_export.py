"""Sentences for training: only what many conversations had in common, and nothing readable before that."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage.models import Conversation, TrainingUtterance
from components.storage.retention import purge
from components.storage.training_export import collector, exported, strictly_anonymous

from .rows import DAY, NOW, SECOND, add, count, new_database

ROOT = Path(__file__).resolve().parents[2]
KEY = b"a key of the tests, 32 bytes long"
OTHER_KEY = b"another key of the tests, 32 bytes"
K = 3
SENTENCE = "Kuinka kauan hakemuksen käsittely kestää?"
NORMALISED = "kuinka kauan hakemuksen käsittely kestää"
TABLE = TrainingUtterance.__table__


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An empty database."""
    engine = new_database(url)
    yield engine
    engine.dispose()


def conversation(
    engine: Engine,
    sender_id: str,
    *texts: str,
    expires_at: Any = NOW - SECOND,
    language: str | None = "fi",
    intent: str = "immigration_processing_time",
    flagged: bool = False,
    said_by: str = "user",
) -> None:
    """A conversation in which a customer said something; a second call adds to it."""
    with engine.begin() as connection:
        mine = sa.update(Conversation.__table__).where(Conversation.__table__.c.sender_id == sender_id)
        if not connection.execute(mine.values(expires_at=expires_at)).rowcount:
            add(connection, "conversations", expires_at, sender_id=sender_id)
        for text in texts:
            parse_data = {"intent": {"name": intent, "confidence": 0.9}, "language": language, "text": text}
            data = {"event": said_by, "timestamp": 1.0, "text": text, "parse_data": parse_data}
            values = {"type_name": said_by, "data": json.dumps(data), "special_category": flagged}
            add(connection, "events", expires_at, sender_id=sender_id, **values)


def run(engine: Engine, *, keys: Sequence[bytes] = (KEY,), k: int = K, now: Any = NOW, batch_size: int = 1_000) -> None:
    purge(engine, now=now, batch_size=batch_size, before_delete=collector(keys, k=k, now=now))


def stored(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(TABLE).order_by(TABLE.c.id)).mappings()]


def many(engine: Engine, number: int, *texts: str, first: int = 0, **options: Any) -> None:
    for each in range(first, first + number):
        conversation(engine, f"sender{each}", *texts, **options)


def test_the_kth_conversation_brings_the_text(engine: Engine) -> None:
    many(engine, K - 1, SENTENCE)
    run(engine)
    (row,) = stored(engine)
    assert (row["text"], row["intent"], row["conversations"]) == (None, None, K - 1)
    assert exported(engine, k=K) == []
    conversation(engine, "one more", SENTENCE)
    run(engine)
    (found,) = exported(engine, k=K)
    assert (found.language, found.intent, found.text, found.conversations) == (
        "fi",
        "immigration_processing_time",
        NORMALISED,
        K,
    )


def test_nothing_of_fewer_conversations_is_readable_in_the_file(sqlite_url: str, tmp_path: Path) -> None:
    engine = new_database(sqlite_url)
    many(engine, K - 1, SENTENCE)
    run(engine)
    assert count(engine, "training_utterances") == 1
    engine.dispose()
    for path in tmp_path.iterdir():
        content = path.read_bytes().lower()
        assert b"kuinka kauan" not in content
        assert b"immigration_processing_time" not in content


def test_spellings_of_a_sentence_are_one(engine: Engine) -> None:
    for number, text in enumerate(
        ["kuinka kauan hakemuksen  käsittely kestää", "Kuinka kauan hakemuksen käsittely kestää??", SENTENCE]
    ):
        conversation(engine, str(number), text)
    run(engine)
    assert [each.text for each in exported(engine, k=K)] == [NORMALISED]


def test_a_conversation_counts_once_however_often_it_says_it(engine: Engine) -> None:
    conversation(engine, "a", *[SENTENCE] * 10)
    run(engine)
    assert [row["conversations"] for row in stored(engine)] == [1]


def test_a_conversation_that_goes_on_is_not_counted(engine: Engine) -> None:
    conversation(engine, "a", SENTENCE)
    conversation(engine, "a", SENTENCE, expires_at=NOW + DAY)
    run(engine)
    assert stored(engine) == []
    run(engine, now=NOW + 2 * DAY)
    assert [row["conversations"] for row in stored(engine)] == [1]


def test_what_has_not_expired_is_not_counted(engine: Engine) -> None:
    conversation(engine, "a", SENTENCE, expires_at=NOW + SECOND)
    run(engine)
    assert stored(engine) == []


def test_without_the_hook_nothing_is_counted(engine: Engine) -> None:
    conversation(engine, "a", SENTENCE)
    purge(engine, now=NOW)
    assert stored(engine) == []


@pytest.mark.parametrize("said_by", ["user", "agent"])
@pytest.mark.parametrize("noticed", [True, False])
def test_a_conversation_with_a_special_category_never_counts(engine: Engine, said_by: str, noticed: bool) -> None:
    many(engine, K, SENTENCE)
    many(engine, K, "minulla on syöpä nyt", flagged=noticed, said_by=said_by)
    run(engine)
    assert stored(engine) == []


def test_a_flag_counts_although_no_word_tells_why(engine: Engine) -> None:
    many(engine, K, SENTENCE)
    many(engine, K, "hei", flagged=True)
    run(engine)
    assert stored(engine) == []


@pytest.mark.parametrize(
    "options", [{"language": None}, {"language": "sv"}, {"said_by": "bot"}, {"said_by": "agent"}], ids=str
)
def test_only_sentences_of_customers_in_a_known_language_count(engine: Engine, options: dict[str, Any]) -> None:
    many(engine, K, SENTENCE, **options)
    run(engine)
    assert stored(engine) == []


def test_each_language_is_counted_by_itself(engine: Engine) -> None:
    many(engine, K - 1, "how long does it take")
    many(engine, K, "how long does it take", language="en", first=K)
    run(engine)
    assert [(each.language, each.conversations) for each in exported(engine, k=K)] == [("en", K)]


def test_a_fallback_is_no_intent(engine: Engine) -> None:
    many(engine, K, SENTENCE, intent="nlu_fallback")
    run(engine)
    assert [each.intent for each in exported(engine, k=K)] == [None]


@pytest.mark.parametrize(("conversations", "told"), [(3, 3), (5, 3), (6, 6), (8, 6)])
def test_the_number_told_is_rounded_down(engine: Engine, conversations: int, told: int) -> None:
    many(engine, conversations, SENTENCE)
    run(engine, batch_size=2)
    assert [each.conversations for each in exported(engine, k=K)] == [told]


def test_a_higher_k_holds_back_what_is_there(engine: Engine) -> None:
    many(engine, K, SENTENCE)
    run(engine)
    assert exported(engine, k=K + 1) == []


def test_counting_goes_on_after_a_change_of_the_key(engine: Engine) -> None:
    many(engine, K - 1, SENTENCE)
    run(engine)
    digest = stored(engine)[0]["digest"]
    conversation(engine, "one more", SENTENCE)
    run(engine, keys=(OTHER_KEY, KEY))
    (row,) = stored(engine)
    assert row["digest"] != digest
    assert [each.text for each in exported(engine, k=K)] == [NORMALISED]


def test_counts_under_two_keys_become_one(engine: Engine) -> None:
    for keys in ((KEY,), (OTHER_KEY,), (OTHER_KEY, KEY)):
        conversation(engine, "a", SENTENCE)
        run(engine, keys=keys)
    assert [row["conversations"] for row in stored(engine)] == [3]


def test_a_digest_is_of_no_use_without_the_key(engine: Engine) -> None:
    many(engine, 1, SENTENCE)
    run(engine)
    many(engine, 1, SENTENCE)
    run(engine, keys=(OTHER_KEY,))
    assert len({row["digest"] for row in stored(engine)}) == 2


def test_nothing_leads_back_to_a_conversation_or_a_time() -> None:
    assert {column.name for column in TABLE.columns} == {
        "id",
        "digest",
        "language",
        "intent",
        "text",
        "conversations",
    }


def test_a_text_of_one_conversation_is_never_kept() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        collector([KEY], k=1, now=NOW)


def test_a_purge_that_fails_counts_nothing_twice(engine: Engine) -> None:
    many(engine, 4, SENTENCE)
    hook = collector([KEY], k=K, now=NOW)
    batches: list[list[str]] = []

    def fail_in_the_second_batch(connection: Connection, senders: list[str]) -> None:
        hook(connection, senders)
        batches.append(senders)
        if len(batches) == 2:
            raise RuntimeError("the computer stops")

    with pytest.raises(RuntimeError):
        purge(engine, now=NOW, batch_size=1, before_delete=fail_in_the_second_batch)
    assert [row["conversations"] for row in stored(engine)] == [1]
    run(engine)
    assert [row["conversations"] for row in stored(engine)] == [4]


_SLOW_PURGE = """
import sys, time
from components.storage.database import open_database
from components.storage.retention import purge
from components.storage.training_export import collector
from tests.storage.rows import NOW
from tests.storage.test_training_export import K, KEY

hook = collector([KEY], k=K, now=NOW)
def slow(connection, senders):
    hook(connection, senders)
    time.sleep(0.2)

purge(open_database(sys.argv[1]), now=NOW, batch_size=1, before_delete=slow)
"""


def test_a_purge_that_is_killed_counts_nothing_twice(url: str, engine: Engine) -> None:
    many(engine, 30, SENTENCE)
    process = subprocess.Popen([sys.executable, "-c", _SLOW_PURGE, url], cwd=ROOT)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and count(engine, "events") > 27:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < count(engine, "events") <= 27
    run(engine)
    assert [row["conversations"] for row in stored(engine)] == [30]


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("Miten haen oleskelulupaa Suomeen?", "fi", "miten haen oleskelulupaa suomeen"),
        ("  paljonko   tulli maksaa...  ", "fi", "paljonko tulli maksaa"),
        ("Can I bring my dog to Finland?", "en", "can i bring my dog to finland"),
        ("I\u2019m a student, how long does it take", "en", "i'm a student, how long does it take"),
        ("my parcel is stuck at customs", "en", "my parcel is stuck at customs"),
    ],
)
def test_an_ordinary_sentence_is_kept_in_its_normal_form(text: str, language: str, kept: str) -> None:
    assert strictly_anonymous(text, language) == kept


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("miten haen", "fi"),  # too short
        ("voi " * 31, "fi"),  # too long
        ("hakemus jätettiin viikolla 7", "fi"),
        ("hakemus jätettiin viikolla \u0967", "fi"),
        ("numeroni on [PHONE_NUMBER] kiitos", "fi"),
        ("olen [NAME_1] ja odotan päätöstä", "fi"),
        ("katso sivu luotsi.fi ja vastaa", "fi"),
        ("look at www and answer me", "en"),
        ("write to me@home please", "en"),
        ("pekka odottaa päätöstä kotona", "fi"),
        ("Virtanen odottaa päätöstä kotona", "fi"),
        ("kysyin virtaselta asiasta eilen", "fi"),
        ("odotan kotona Kivikkoa ja puuta", "fi"),  # capitalised inside
        ("my friend Will said so", "en"),
        ("my friend zbigniew said so", "en"),
        ("odotan kotona qwxzfgh ja puuta", "fi"),  # in no list
        ("kuinka kauan hakemus kestää", "en"),  # in no list of that language
        ("I have cancer and wait at home", "en"),
        ("odotan päätöstä \U0001f600 kotona vielä", "fi"),
        ("odotan päätöstä / kotona vielä", "fi"),
        ("", "fi"),
    ],
)
def test_a_sentence_that_might_be_about_somebody_is_not_kept(text: str, language: str) -> None:
    assert strictly_anonymous(text, language) is None
