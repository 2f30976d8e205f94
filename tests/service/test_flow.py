"""How a conversation goes on: coming back after a while, small talk, plain words, sources, and not being understood."""

from __future__ import annotations

import json
import sqlite3
import uuid

import pytest

from tests.service.product import Customer, Product

pytestmark = pytest.mark.service

TWO_HOURS = 7_200


def _let_time_pass(product: Product, customer: Customer) -> None:
    """Make everything that is kept of the conversation two hours older."""
    last = customer.transcript()[-1]
    with sqlite3.connect(product.database) as connection:
        rows = connection.execute("select id, sender_id, data from events").fetchall()
        (sender,) = {row[1] for row in rows if json.loads(row[2]).get("text") == last["text"] and _is_at(row[2], last)}
        for row_id, sender_id, data in rows:
            if sender_id == sender:
                event = json.loads(data)
                event["timestamp"] -= TWO_HOURS
                connection.execute("update events set data = ? where id = ?", (json.dumps(event), row_id))


def _is_at(data: str, message: dict[str, str]) -> bool:
    return f"b{json.loads(data)['timestamp']:.6f}".replace(".", "-") == message["id"]


@pytest.mark.parametrize(("language", "title"), [("fi", "Ulkomailta lähetetty lahja"), ("en", "A gift sent to me")])
def test_who_comes_back_is_welcomed_once_in_the_same_language(product: Product, language: str, title: str) -> None:
    customer = product.customer(language)
    customer.say("Lahja", payload="/customs_gift")
    _let_time_pass(product, customer)
    message_id = uuid.uuid4().hex

    welcome, answer = customer.send("IOSS", payload="/customs_ioss", message_id=message_id).json["messages"]

    assert title in welcome["text"]
    assert (welcome["language"], answer["language"]) == (language, language)
    assert answer["sources"]
    assert len(customer.say("Lahja", payload="/customs_gift")) == 1
    shown = [message["text"] for message in customer.transcript()]
    assert shown.count(welcome["text"]) == 1
    assert [message["from"] for message in customer.transcript()].count("customer") == 3


def test_a_retry_after_a_restart_is_answered_with_the_welcome_too(without_actions: Product) -> None:
    customer = without_actions.customer("en")
    customer.say("Gift", payload="/customs_gift")
    _let_time_pass(without_actions, customer)
    message_id = uuid.uuid4().hex
    first = customer.send("IOSS", payload="/customs_ioss", message_id=message_id).json["messages"]
    without_actions.stop()
    without_actions.start()

    assert customer.send("IOSS", payload="/customs_ioss", message_id=message_id).json["messages"] == first


def test_an_old_answer_is_not_repeated(product: Product) -> None:
    customer = product.customer("en")
    (answer,) = customer.say("Gift", payload="/customs_gift")
    _let_time_pass(product, customer)

    replies = customer.say("Repeat", payload="/repeat")

    assert len(replies) == 2
    assert answer["text"] not in [reply["text"] for reply in replies]


def test_small_talk_leads_back_to_the_topic(product: Product) -> None:
    customer = product.customer("en")
    customer.say("Gift", payload="/customs_gift")

    talk, back = customer.say("Are you a robot?", payload="/are_you_a_robot")

    assert "automated" in talk["text"]
    assert "A gift sent to me from abroad" in back["text"]
    assert back["buttons"]
    assert customer.say("Yes", payload="/affirm")[0]["buttons"]


def test_without_a_topic_small_talk_is_only_answered(product: Product) -> None:
    assert len(product.customer("en").say("Hello", payload="/greet")) == 1


def test_an_answer_in_plain_words_names_its_sources(product: Product) -> None:
    customer = product.customer("en")
    (answer,) = customer.say("Gift", payload="/customs_gift")
    (plain,) = customer.say("Simpler", payload="/simpler")
    (sources,) = customer.say("Source?", payload="/ask_source")

    assert 0 < len(plain["text"]) < len(answer["text"])
    assert plain["buttons"] == [{"title": "Show the whole answer", "payload": "/customs_gift"}]
    assert sources["sources"] == plain["sources"] == answer["sources"]
    assert sources["reviewed"] == answer["reviewed"]
    assert "A gift sent to me from abroad" in sources["text"]


def test_sources_are_kept_as_they_were_shown(product: Product) -> None:
    customer = product.customer("fi")
    customer.say("Lahja", payload="/customs_gift")
    (sources,) = customer.say("Lähde?", payload="/ask_source")

    assert customer.transcript()[-1] == sources


def test_not_being_understood_ends_with_a_person(product: Product) -> None:
    customer = product.customer("en")
    customer.say("Gift", payload="/customs_gift")
    said = [customer.say("No", payload="/not_what_i_asked")[-1] for _ in range(3)]

    assert len({message["text"] for message in said}) == 3
    assert "tulli.fi" in said[-1]["text"]


def test_nobody_is_told_the_same_twice_in_a_row(product: Product) -> None:
    customer = product.customer("fi")
    said = [customer.say("…", payload="/insult")[0]["text"] for _ in range(5)]

    assert all(first != second for first, second in zip(said, said[1:], strict=False))
