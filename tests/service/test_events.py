"""The event stream over HTTP: what comes, in what order, after which breaks, and who never gets it."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.channels.web.stream import MAX_STREAMS_OF_ONE
from tests.service.product import Customer, Product, request

pytestmark = pytest.mark.service

SECONDS = 15.0
Event = tuple[str, str | None, dict[str, Any]]  # name, id, data


class Stream:
    """An open event stream, read as a browser would."""

    def __init__(self, customer: Customer, *, last: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", customer.product.port, timeout=SECONDS)
        headers = {"Authorization": f"Bearer {customer.token}", **({"Last-Event-ID": last} if last else {})}
        self._connection.request("GET", "/chat/api/events", headers=headers)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.content_type = self._answer.headers["Content-Type"]

    def events(self) -> Iterator[Event]:
        """Yield the events until the stream ends; what never comes raises TimeoutError."""
        name, identifier, data = "message", None, ""
        for raw in self._answer:
            field, _, value = raw.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "id":
                identifier = value
            elif field == "data":
                data = value
            elif not field and data:
                yield name, identifier, json.loads(data)
                name, identifier, data = "message", None, ""

    def take(self, count: int, *, name: str = "message") -> list[Event]:
        """Return the next events of a kind."""
        found: list[Event] = []
        for event in self.events():
            if event[0] == name:
                found.append(event)
                if len(found) == count:
                    return found
        raise AssertionError(f"the stream ended after {len(found)} events")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextlib.contextmanager
def listening(customer: Customer, *, last: str | None = None) -> Iterator[Stream]:
    stream = Stream(customer, last=last)
    try:
        yield stream
    finally:
        stream.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("events"), actions=False)
    try:
        yield running.start()
    finally:
        running.stop()


def test_a_message_and_its_answer_come_in_the_form_of_the_transcript(product: Product) -> None:
    customer = product.customer("en")
    with listening(customer) as stream:
        answer = customer.send("what is ioss").json
        events = stream.take(2)

    assert (stream.status, stream.content_type) == (200, "text/event-stream")
    assert [data for _, _, data in events] == customer.transcript()[-2:]
    assert [identifier for _, identifier, _ in events] == [answer["id"], answer["messages"][0]["id"]]


def test_a_stream_tells_that_an_answer_is_being_made(product: Product) -> None:
    customer = product.customer("en")
    with listening(customer) as stream:
        customer.say("what is ioss")
        told = [data["typing"] for _, _, data in stream.take(2, name="typing")]

    assert told == [True, False]


def test_what_was_missed_comes_after_the_break_once(product: Product) -> None:
    customer = product.customer("en")
    first = customer.send("what is ioss").json["messages"][-1]["id"]
    missed = customer.send("do i pay customs on a gift").json
    with listening(customer, last=first) as stream:
        customer.say("what is vat")
        events = stream.take(4)

    kept = [message["id"] for message in customer.transcript()]
    assert [identifier for _, identifier, _ in events] == kept[kept.index(first) + 1 :]
    assert events[0][1] == missed["id"]


def test_without_a_last_message_only_new_ones_come(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")
    with listening(customer) as stream:
        sent = customer.send("what is vat").json
        assert stream.take(1)[0][1] == sent["id"]


def test_after_a_message_that_is_not_kept_everything_comes(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")
    with listening(customer, last="b1-000000") as stream:
        events = stream.take(len(customer.transcript()))

    assert [data for _, _, data in events] == customer.transcript()


def test_nobody_hears_another_customer(product: Product) -> None:
    listener, talker = product.customer("en"), product.customer("en")
    with listening(listener) as stream:
        talker.say("what is ioss")
        own = listener.send("what is vat").json
        assert stream.take(1)[0][1] == own["id"]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer abc", "Basic abc"])
def test_without_a_session_there_is_no_stream(product: Product, token: str) -> None:
    answer = request("GET", f"{product.address}/chat/api/events", headers={"Authorization": token})

    assert (answer.status, answer.json["error"]["code"]) == (401, "unknown_session")


def test_a_stream_ends_with_its_conversation(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")
    with listening(customer) as stream:
        request("DELETE", f"{product.address}/chat/api/conversation", {"confirm": True}, token=customer.token)
        assert [(name, data) for name, _, data in stream.events()] == [("ended", {"reason": "erased"})]


def test_one_conversation_has_a_few_streams_at_most(product: Product) -> None:
    customer = product.customer("en")
    with contextlib.ExitStack() as stack:
        for _ in range(MAX_STREAMS_OF_ONE):
            assert stack.enter_context(listening(customer)).status == 200
        refused = request("GET", f"{product.address}/chat/api/events", token=customer.token)

    assert (refused.status, refused.json["error"]["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0


def test_a_stream_that_was_left_makes_room(product: Product) -> None:
    customer = product.customer("en")
    for _ in range(MAX_STREAMS_OF_ONE):
        with listening(customer) as stream:
            assert stream.status == 200
    deadline = time.monotonic() + SECONDS
    while (status := Stream(customer).status) != 200 and time.monotonic() < deadline:
        customer.say("what is vat")  # writing to a stream that is gone ends it

    assert status == 200


def test_messages_of_another_server_come_too(product: Product, tmp_path: Path) -> None:
    """Its database is the same, its memory is not."""
    shared = {name: product.environment[name] for name in ("LUOTSI_DATABASE_URL", "LUOTSI_SECRET_KEY")}
    other = Product(tmp_path, environment=shared, actions=False)
    customer = product.customer("en")
    try:
        other.start()
        with listening(customer) as stream:
            here = f"{other.address}/chat/api/messages"
            sent = request("POST", here, {"id": "a-message-0001", "text": "what is ioss"}, token=customer.token).json
            events = stream.take(2)
    finally:
        other.stop()

    assert [identifier for _, identifier, _ in events] == [sent["id"], sent["messages"][0]["id"]]


def test_a_restart_ends_streams_at_once_and_loses_nothing(tmp_path: Path) -> None:
    product = Product(tmp_path, actions=False).start()
    try:
        customer = product.customer("en")
        last = customer.send("what is ioss").json["messages"][-1]["id"]
        with listening(customer) as stream:
            started = time.monotonic()
            product.stop()
            assert list(stream.events()) == []
        assert time.monotonic() - started < SECONDS
        product.start()
        sent = customer.send("what is vat").json
        with listening(customer, last=last) as stream:
            assert [identifier for _, identifier, _ in stream.take(2)] == [sent["id"], sent["messages"][0]["id"]]
    finally:
        product.stop()
