"""Faults of real servers: the whole product goes on over HTTP while its database, its process or its disk fails.

How the store behaves by itself when the database is away stands in test_outages.py.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import resource
import sqlite3
import threading
import time
import urllib.error
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from components.channels.gate import message_id
from components.channels.sessions import SessionIssuer
from components.settings import Settings
from tests.service.product import Answer, Customer, Product, request

from .postgresql import PostgresqlServer

pytestmark = pytest.mark.service

OUTAGE_SECONDS = float(os.environ.get("LUOTSI_FAULT_SECONDS", "4"))
QUESTIONS = ("what is ioss", "do i pay customs on a gift", "my code is 131052-951T, how do i declare a parcel")
CODE = "131052-951T"
PAUSE_SECONDS = 0.1


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product on an SQLite file; each test leaves it running."""
    running = Product(tmp_path_factory.mktemp("faults"), actions=False)
    yield from _running(running)


@pytest.fixture(scope="module")
def postgresql_url(postgresql_server: PostgresqlServer) -> str:
    """The address of the database that the products of this module share."""
    return postgresql_server.new_database()


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql_url: str) -> Iterator[Product]:
    """A product on PostgreSQL."""
    yield from _running(_product_on_postgresql(tmp_path_factory, postgresql_url))


def _product_on_postgresql(factory: pytest.TempPathFactory, url: str, **environment: str) -> Product:
    environment["LUOTSI_DATABASE_URL"] = url
    return Product(factory.mktemp("faults"), actions=False, environment=environment)


def _running(product: Product) -> Iterator[Product]:
    try:
        yield product.start()
    finally:
        product.stop()


@dataclasses.dataclass
class Sent:
    """A message that a customer sent; `answer` is None when the connection broke."""

    id: str
    text: str
    answer: Answer | None
    seconds: float

    @property
    def replies(self) -> list[str]:
        """What was answered."""
        assert self.answer is not None
        return [str(message["text"]) for message in self.answer.json["messages"]]


class Talker:
    """A customer in a thread of their own, who asks one question after another until told to stop."""

    def __init__(self, product: Product, customer: Customer) -> None:
        self.product = product
        self.customer = customer
        self.sent: list[Sent] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the last answer."""
        self._stop.set()
        self._thread.join(120)
        assert not self._thread.is_alive()

    def _talk(self) -> None:
        while not self._stop.is_set():
            text = QUESTIONS[len(self.sent) % len(QUESTIONS)]
            self.sent.append(send(self.product, self.customer, text, uuid.uuid4().hex))
            if self.sent[-1].answer is None:
                return
            time.sleep(PAUSE_SECONDS)


def send(product: Product, customer: Customer, text: str, client_id: str) -> Sent:
    """Send one message to one of the servers that know the customer."""
    started = time.monotonic()
    answer = None
    with contextlib.suppress(urllib.error.URLError, OSError):
        body = {"id": client_id, "text": text}
        answer = request("POST", f"{product.address}/chat/api/messages", body, token=customer.token)
    return Sent(client_id, text, answer, time.monotonic() - started)


def stored_message_ids(product: Product) -> list[str]:
    """The identifiers of the customers' messages in the database, repetitions included."""
    engine = sa.create_engine(product.environment["LUOTSI_DATABASE_URL"], poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        column = "data::json ->> 'message_id'" if engine.dialect.name == "postgresql" else "data ->> 'message_id'"
        return [
            str(row[0]) for row in connection.execute(sa.text(f"SELECT {column} FROM events WHERE type_name = 'user'"))
        ]


def stored_texts(product: Product) -> str:
    """All events in the database."""
    engine = sa.create_engine(product.environment["LUOTSI_DATABASE_URL"], poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return "\n".join(str(row[0]) for row in connection.execute(sa.text("SELECT data FROM events")))


def kept_as(customer: Customer, sent: Sent) -> str:
    """The identifier under which a message is kept."""
    settings = Settings.from_environment(customer.product.environment)
    sender_id = SessionIssuer(settings.secret_keys, settings.session_lifetime).read(customer.token).sender_id
    return message_id(sender_id, sent.id)


def eventually(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not become true in time"
        time.sleep(0.1)


def assert_answered(talkers: list[Talker]) -> None:
    """No customer saw an error, an apology or nothing at all."""
    for talker in talkers:
        assert talker.sent
        for sent in talker.sent:
            assert sent.answer is not None, "the connection broke"
            assert sent.answer.status == 200, sent.answer.body
            assert all(message["sources"] for message in sent.answer.json["messages"]), sent.replies
            assert sent.seconds < 15


def assert_told_alike(talker: Talker) -> None:
    """The transcript holds every message and its answers, once and in order."""
    told = [(message["from"], message["text"]) for message in talker.customer.transcript()]
    expected: list[tuple[str, str]] = []
    for sent in talker.sent:
        assert sent.answer is not None
        expected += [("customer", sent.answer.json["text"]), *(("bot", reply) for reply in sent.replies)]
    assert told[-len(expected) :] == expected


def test_a_database_that_is_gone_under_load_costs_no_event_and_no_answer(
    on_postgresql: Product, postgresql_server: PostgresqlServer
) -> None:
    talkers = [Talker(on_postgresql, on_postgresql.customer("en")) for _ in range(4)]
    time.sleep(1)
    before = [len(talker.sent) for talker in talkers]
    postgresql_server.stop()
    try:
        gone = time.monotonic()
        newcomer = Talker(on_postgresql, on_postgresql.customer("en"))
        while time.monotonic() - gone < OUTAGE_SECONDS:
            assert request("GET", f"{on_postgresql.address}/chat/").status == 200
            assert request("GET", f"{on_postgresql.address}/chat/api/health").status == 200
            time.sleep(0.5)
        during = [len(talker.sent) for talker in talkers]
    finally:
        postgresql_server.start()
    time.sleep(1)
    talkers.append(newcomer)
    for talker in talkers:
        talker.stop()
    assert all(later > earlier for earlier, later in zip(before, during, strict=True)), "nobody wrote meanwhile"
    assert_answered(talkers)
    expected = sorted(kept_as(talker.customer, sent) for talker in talkers for sent in talker.sent)
    eventually(lambda: set(expected) <= set(stored_message_ids(on_postgresql)))
    assert sorted(found for found in stored_message_ids(on_postgresql) if found in set(expected)) == expected
    assert CODE not in stored_texts(on_postgresql)
    for talker in talkers:
        assert_told_alike(talker)
    log = on_postgresql.log.read_text(errors="replace")
    assert "The conversation store cannot be written" in log
    assert "The conversation store can be written again" in log
    assert CODE not in log


def test_two_servers_that_write_one_conversation_lose_and_repeat_nothing(
    on_postgresql: Product, tmp_path_factory: pytest.TempPathFactory, postgresql_url: str
) -> None:
    """Their locks are their own, as if the lock store were away, so the database alone keeps the events apart."""
    key = on_postgresql.environment["LUOTSI_SECRET_KEY"]
    second = _product_on_postgresql(tmp_path_factory, postgresql_url, LUOTSI_SECRET_KEY=key)
    for other in _running(second):
        customer = on_postgresql.customer("en")
        talkers = [Talker(server, customer) for server in (on_postgresql, other)]
        time.sleep(4)
        for talker in talkers:
            talker.stop()
        assert_answered(talkers)
        expected = sorted(kept_as(customer, sent) for talker in talkers for sent in talker.sent)
        assert len(expected) > 4
        assert sorted(found for found in stored_message_ids(on_postgresql) if found in set(expected)) == expected
        transcripts = [
            request("GET", f"{s.address}/chat/api/messages", token=customer.token) for s in (on_postgresql, other)
        ]
        assert transcripts[0].json["messages"] == transcripts[1].json["messages"]
        written = [message for message in transcripts[0].json["messages"] if message["from"] == "customer"]
        assert len(written) == len(expected)


def test_a_conversation_goes_on_after_the_server_was_killed_in_the_middle_of_it(on_sqlite: Product) -> None:
    talkers = [Talker(on_sqlite, on_sqlite.customer("en")) for _ in range(4)]
    time.sleep(1.5)
    on_sqlite.stop(kill=True)
    for talker in talkers:
        talker.stop()
    broken = [talker for talker in talkers if talker.sent[-1].answer is None]
    assert broken, "nobody was waiting for an answer"
    on_sqlite.start()
    for talker in talkers:
        if talker in broken:  # the page sends the message again, under the same id
            lost = talker.sent.pop()
            talker.sent.append(send(on_sqlite, talker.customer, lost.text, lost.id))
        talker.sent.append(send(on_sqlite, talker.customer, QUESTIONS[0], uuid.uuid4().hex))
    assert_answered(talkers)
    expected = sorted(kept_as(talker.customer, sent) for talker in talkers for sent in talker.sent)
    assert sorted(found for found in stored_message_ids(on_sqlite) if found in set(expected)) == expected
    for talker in talkers:
        assert_told_alike(talker)


def test_a_full_disk_stops_no_answer_and_loses_nothing(on_sqlite: Product) -> None:
    customer = on_sqlite.customer("en")
    log_file = Path(f"{on_sqlite.database}-wal")
    limit = log_file.stat().st_size
    # The operating system refuses to make any file of the server larger than SQLite's log is now.
    unlimited = resource.prlimit(on_sqlite.server_pid, resource.RLIMIT_FSIZE)
    resource.prlimit(on_sqlite.server_pid, resource.RLIMIT_FSIZE, (limit, unlimited[1]))
    try:
        talker = Talker(on_sqlite, customer)
        time.sleep(3)
        talker.stop()
        written = set(stored_message_ids(on_sqlite))
    finally:
        resource.prlimit(on_sqlite.server_pid, resource.RLIMIT_FSIZE, unlimited)
    expected = [kept_as(customer, sent) for sent in talker.sent]
    assert len(expected) > 2
    assert written.isdisjoint(expected), "the disk was not full"
    assert_answered([talker])
    assert_told_alike(talker)
    eventually(lambda: set(expected) <= set(stored_message_ids(on_sqlite)))
    assert sorted(found for found in stored_message_ids(on_sqlite) if found in set(expected)) == sorted(expected)
    with sqlite3.connect(on_sqlite.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert_told_alike(talker)
    assert "The conversation store cannot be written" in on_sqlite.log.read_text(errors="replace")
