"""Telegram in the mode `opt-in`: nothing is stored before the customer has agreed, and the question is not lost."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import pytest

from components.privacy.pseudonyms import pseudonym
from tests.service.messaging.conftest import messaging_product
from tests.service.messaging.platforms import FakeTelegram, TelegramCustomer, titles
from tests.service.product import Product

pytestmark = pytest.mark.service

QUESTION = "what is ioss"


@pytest.fixture(scope="module")
def telegram() -> Iterator[FakeTelegram]:
    fake = FakeTelegram()
    yield fake
    assert fake.refused == []
    fake.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, telegram: FakeTelegram) -> Iterator[Product]:
    environment = {**telegram.environment(), "LUOTSI_CONSENT_MODE": "opt-in"}
    with messaging_product(
        tmp_path_factory.mktemp("consent"), "telegram.TelegramInput", environment=environment
    ) as running:
        yield running


@pytest.fixture
def customer(product: Product, telegram: FakeTelegram) -> TelegramCustomer:
    return TelegramCustomer(product.address, telegram, language="en")


def kept(product: Product, customer: TelegramCustomer) -> dict[str, int]:
    """How many rows of the customer there are, by table."""
    key = product.environment["LUOTSI_SECRET_KEY"].encode()
    sender = pseudonym(key, "telegram", str(customer.chat))
    with sqlite3.connect(product.database) as connection:
        return {
            table: connection.execute(f"select count(*) from {table} where sender_id = ?", (sender,)).fetchone()[0]
            for table in ("conversations", "events", "reply_addresses")
        }


def wait_until_stored(product: Product, customer: TelegramCustomer) -> None:
    deadline = time.monotonic() + 15
    while not kept(product, customer)["events"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_consent_is_asked_before_anything_is_kept(customer: TelegramCustomer, product: Product) -> None:
    (question,) = customer.say(QUESTION)
    assert "Do you agree" in question["shown"]
    assert "privacy?lang=en" in question["text"]
    assert titles(question) == ["I agree", "Do not store"]
    time.sleep(0.5)
    assert kept(product, customer) == {"conversations": 0, "events": 0, "reply_addresses": 0}


@pytest.mark.parametrize("typed", [False, True], ids=["button", "words"])
def test_the_question_is_answered_after_consent(customer: TelegramCustomer, product: Product, typed: bool) -> None:
    customer.say(QUESTION)
    (answer,) = customer.say("I agree.") if typed else customer.press("I agree")
    assert "IOSS" in answer["shown"]
    wait_until_stored(product, customer)
    shown = "\n".join(message["shown"] for message in customer.say("my data"))
    assert "Consent was given on" in shown
    assert QUESTION in shown
    assert len(customer.say(QUESTION)) == 1


def test_a_command_does_not_take_the_place_of_the_question(customer: TelegramCustomer) -> None:
    customer.say(QUESTION)
    customer.say("privacy")
    customer.say("/start")
    (answer,) = customer.press("I agree")
    assert "IOSS" in answer["shown"]


def test_who_does_not_want_to_be_stored_is_answered(customer: TelegramCustomer, product: Product) -> None:
    customer.say(QUESTION)
    lead, answer = customer.press("Do not store")
    assert "not stored" in lead["shown"]
    assert "IOSS" in answer["shown"]
    assert len(customer.say(QUESTION)) == 1
    time.sleep(0.5)
    assert kept(product, customer) == {"conversations": 0, "events": 0, "reply_addresses": 1}


def test_start_asks_for_consent_and_goes_on(customer: TelegramCustomer) -> None:
    (question,) = customer.say("/start")
    assert titles(question) == ["I agree", "Do not store"]
    (answer,) = customer.press("I agree")
    assert "What would you like to ask?" in answer["shown"]


def test_deleting_withdraws_consent(customer: TelegramCustomer, product: Product) -> None:
    customer.say(QUESTION)
    customer.press("I agree")
    wait_until_stored(product, customer)
    customer.say("delete everything")
    (question,) = customer.say(QUESTION)
    assert titles(question) == ["I agree", "Do not store"]
    assert sum(kept(product, customer).values()) == 0


def test_agreeing_without_being_asked_is_an_ordinary_message(customer: TelegramCustomer) -> None:
    (question,) = customer.say("I agree")
    assert titles(question) == ["I agree", "Do not store"]


def test_consent_to_another_version_of_the_notice_does_not_count(customer: TelegramCustomer) -> None:
    (question,) = customer.say(QUESTION)
    (row, _) = question["reply_markup"]["inline_keyboard"]
    old = {**row[0], "callback_data": "!agree:2020-01-01.00000000"}
    (again,) = customer.send(customer.pressed(old, question))
    assert titles(again) == ["I agree", "Do not store"]
    (answer,) = customer.press("I agree")
    assert "IOSS" in answer["shown"]


def test_without_a_hint_consent_is_asked_in_both_languages(product: Product, telegram: FakeTelegram) -> None:
    someone = TelegramCustomer(product.address, telegram, language=None)
    finnish, english = someone.say(QUESTION)
    assert titles(finnish) == ["Suostun", "Älä tallenna"]
    assert titles(english) == ["I agree", "Do not store"]
    (answer,) = someone.press("I agree")
    assert "IOSS" in answer["shown"]


def test_rights_need_no_consent(customer: TelegramCustomer, product: Product) -> None:
    assert "Nothing is stored" in customer.say("my data")[0]["shown"]
    assert "Privacy notice" in customer.say("privacy")[0]["shown"]
    assert sum(kept(product, customer).values()) == 0
