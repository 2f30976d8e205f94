"""Telegram end to end: the updates that Telegram documents go in, and what the customer would see comes out."""

from __future__ import annotations

import concurrent.futures
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest

from components.privacy.pseudonyms import pseudonym
from tests.service.messaging.conftest import PUBLIC_URL, messaging_product
from tests.service.messaging.platforms import FakeTelegram, TelegramCustomer, Trouble, titles
from tests.service.product import Product, request

pytestmark = pytest.mark.service

QUESTION = "what is ioss"
PHOTO = [{"file_id": "AgACAgQAAx0", "file_unique_id": "AQADcanary", "width": 90, "height": 51, "file_size": 1101}]
FILE = {"file_id": "BQACAgQAAx0", "file_unique_id": "AgADcanary", "file_size": 9000, "mime_type": "application/pdf"}


@pytest.fixture(scope="module")
def telegram() -> Iterator[FakeTelegram]:
    fake = FakeTelegram()
    yield fake
    assert fake.refused == []
    fake.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, telegram: FakeTelegram) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("telegram")
    with messaging_product(folder, "telegram.TelegramInput", environment=telegram.environment()) as running:
        yield running


@pytest.fixture
def customer(product: Product, telegram: FakeTelegram) -> TelegramCustomer:
    """A customer who reads English and has said something already."""
    someone = TelegramCustomer(product.address, telegram, language="en")
    assert someone.say("hello")
    return someone


@pytest.fixture
def new_customer(product: Product, telegram: FakeTelegram) -> TelegramCustomer:
    return TelegramCustomer(product.address, telegram, language="en")


def rows(product: Product, table: str, customer: TelegramCustomer) -> list[Any]:
    """Rows of a table that belong to a customer."""
    key = product.environment["LUOTSI_SECRET_KEY"].encode()
    with sqlite3.connect(product.database) as connection:
        query = f"select * from {table} where sender_id = ?"  # noqa: S608 (a table of ours)
        return connection.execute(query, (pseudonym(key, "telegram", str(customer.chat)),)).fetchall()


def wait_for_rows(product: Product, table: str, customer: TelegramCustomer, *, some: bool) -> None:
    """Wait until there are rows, or none."""
    deadline = time.monotonic() + 15
    while bool(rows(product, table, customer)) is not some:
        assert time.monotonic() < deadline, f"{table} {'has no' if some else 'still has'} rows"
        time.sleep(0.1)


# -------------------------------------------------------------------------------------------------- messages


def test_a_question_is_answered_with_its_source_and_buttons(customer: TelegramCustomer) -> None:
    (answer,) = customer.say(QUESTION)
    assert "IOSS" in answer["shown"]
    assert "Source:" in answer["shown"]
    assert re.search(r'<a href="https://[^"]+">', answer["text"])
    assert titles(answer)


def test_typing_is_shown_before_the_answer(customer: TelegramCustomer, telegram: FakeTelegram) -> None:
    customer.say(QUESTION)
    assert telegram.methods_of(customer.chat)[-2:] == ["sendChatAction", "sendMessage"]


def test_a_pressed_button_is_answered_and_its_waiting_sign_ends(
    customer: TelegramCustomer, telegram: FakeTelegram
) -> None:
    (answer,) = customer.say("hello")
    before = len(telegram.calls)
    assert customer.press(titles(answer)[0])
    telegram.wait_for(lambda calls: any(call.path.endswith("/answerCallbackQuery") for call in calls[before:]))
    assert titles(answer)[0] in "\n".join(message["shown"] for message in customer.say("/mydata"))


def test_an_edited_message_counts_as_a_new_one(customer: TelegramCustomer) -> None:
    customer.say("waht is isso")
    edited = customer.message(text=QUESTION, edit_date=int(time.time()))
    (answer,) = customer.send(customer.update(edited_message=edited))
    assert "IOSS" in answer["shown"]


def test_personal_data_is_removed_and_told(customer: TelegramCustomer, product: Product) -> None:
    answer = customer.say("my code is 131052-951T what is ioss")[0]
    assert "I removed what looked like a personal identity code" in answer["shown"]
    wait_for_rows(product, "events", customer, some=True)
    assert "131052" not in str(rows(product, "events", customer))


def test_signs_of_markup_are_shown_as_they_are(customer: TelegramCustomer) -> None:
    customer.say("what is <b>ioss</b> & co")
    assert any("what is <b>ioss</b> & co" in message["shown"] for message in customer.say("my data"))


def test_a_repeated_delivery_is_answered_once(customer: TelegramCustomer) -> None:
    update = customer.update(message=customer.message(text=QUESTION))
    assert len(customer.send(update)) == 1
    assert customer.send(update) == []


def test_deliveries_that_are_repeated_at_once_are_answered_once(customer: TelegramCustomer) -> None:
    update = customer.update(message=customer.message(text=QUESTION))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = [answer.status for answer in pool.map(customer.deliver, [update] * 4)]
    assert statuses == [200] * 4
    assert len(customer.received()) == 1


def test_messages_of_a_customer_are_answered_in_their_order(customer: TelegramCustomer) -> None:
    questions = ["my data", "delete", "privacy", "what is stored about me", "/help"]
    updates = [customer.update(message=customer.message(text=text)) for text in questions]
    with concurrent.futures.ThreadPoolExecutor(len(updates)) as pool:
        futures = []
        for update in updates:
            futures.append(pool.submit(customer.deliver, update))
            time.sleep(0.05)
        assert {future.result().status for future in futures} == {200}
    assert [message["shown"][:10] for message in customer.received()] == [
        "What is st",
        "Delete the",
        "Privacy no",
        "What is st",
        "I am Luots",
    ]


def test_a_message_that_is_too_long_is_not_taken(customer: TelegramCustomer) -> None:
    (answer,) = customer.say("what is ioss " * 100)
    assert "1000 characters" in answer["shown"]


def test_a_message_without_anything_to_read_is_asked_again(customer: TelegramCustomer) -> None:
    (answer,) = customer.say("\u200b\u2060")
    assert "no readable text" in answer["shown"]


def test_a_flood_is_told_to_wait_once(product: Product, telegram: FakeTelegram) -> None:
    someone = TelegramCustomer(product.address, telegram, language="en")
    updates = [someone.update(message=someone.message(text="/help")) for _ in range(30)]
    with concurrent.futures.ThreadPoolExecutor(len(updates)) as pool:
        assert {answer.status for answer in pool.map(someone.deliver, updates)} == {200}
    answers = someone.received()
    told = [message for message in answers if "more messages than I can answer" in message["shown"]]
    assert len(told) == 1
    assert 1 < len(answers) < 30


# ------------------------------------------------------------------------------------------- what is not taken


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"photo": PHOTO, "caption": "my passport"}, "cannot take pictures"),
        ({"document": {**FILE, "file_name": "passi.pdf"}}, "cannot take files"),
        ({"voice": {**FILE, "duration": 4}}, "cannot listen"),
        ({"audio": {**FILE, "duration": 4, "title": "t"}}, "cannot listen"),
        ({"video": {**FILE, "duration": 4, "width": 2, "height": 2}}, "cannot watch"),
        ({"animation": FILE, "document": FILE}, "cannot watch"),
        ({"location": {"latitude": 60.1699, "longitude": 24.9384}}, "do not need your location"),
        ({"contact": {"phone_number": "+358457396128", "first_name": "Aleksi"}}, "do not need contact details"),
        ({"sticker": {**FILE, "width": 512, "height": 512, "emoji": "👍", "type": "regular"}}, "written messages"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "written messages"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_other_than_text_is_refused_unopened(
    customer: TelegramCustomer, telegram: FakeTelegram, content: dict[str, Any], said: str
) -> None:
    (answer,) = customer.send(customer.update(message=customer.message(**content)))
    assert said in answer["shown"]
    assert not any("getFile" in call.path or "/file/" in call.path for call in telegram.calls)


def test_an_album_is_refused_once(customer: TelegramCustomer) -> None:
    album = [customer.update(message=customer.message(photo=PHOTO, media_group_id="132847290")) for _ in range(3)]
    assert [len(customer.send(update)) for update in album] == [1, 0, 0]


def test_a_group_is_left_after_one_refusal(customer: TelegramCustomer, telegram: FakeTelegram) -> None:
    group: dict[str, Any] = {"id": -1001234567890, "title": "Kanariaryhmä", "type": "supergroup"}
    for _ in range(2):
        update = customer.update(message={**customer.message(text="hello @luotsi_bot"), "chat": group})
        assert customer.deliver(update).status == 200
    assert telegram.methods_of(group["id"]) == ["sendMessage", "leaveChat", "leaveChat"]
    assert "private conversations only" in telegram.sent_to(group["id"])[0]["text"]


@pytest.mark.parametrize(
    "content",
    [
        {"channel_post": {"message_id": 1, "chat": {"id": -100777, "type": "channel"}, "date": 1, "text": "hello"}},
        {"my_chat_member": {"chat": {"id": 1, "type": "private"}, "date": 1, "old_chat_member": {"status": "left"}}},
        {"inline_query": {"id": "1", "query": "ioss", "offset": ""}},
        {"poll_answer": {"poll_id": "1", "option_ids": [0]}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_what_needs_no_answer_gets_none(
    customer: TelegramCustomer, telegram: FakeTelegram, content: dict[str, Any]
) -> None:
    before = len(telegram.calls)
    assert customer.deliver(customer.update(**content)).status == 200
    assert len(telegram.calls) == before


def test_a_bots_message_gets_no_answer(customer: TelegramCustomer) -> None:
    message = customer.message(text=QUESTION)
    message["from"] = {**message["from"], "is_bot": True}
    assert customer.send(customer.update(message=message)) == []


# ----------------------------------------------------------------------------------------- requests that are not fit


@pytest.mark.parametrize("secret", ["", "wrong", "a-secret_of-the-webhoo", "ä"])
def test_an_update_without_the_secret_is_refused(
    customer: TelegramCustomer, telegram: FakeTelegram, secret: str
) -> None:
    before = len(telegram.calls)
    answer = customer.deliver(customer.update(message=customer.message(text=QUESTION)), secret=secret)
    assert (answer.status, answer.body) == (403, b"")
    assert len(telegram.calls) == before


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"update_id": "x"}', b"\xff\xfe", b"[" * 100_000])
def test_junk_is_passed_over(customer: TelegramCustomer, body: bytes) -> None:
    answer = customer.deliver(body)
    assert (answer.status, answer.body) == (200, b"")


def test_a_body_that_is_too_large_is_refused(customer: TelegramCustomer) -> None:
    update = customer.update(message=customer.message(text="x" * 300_000))
    assert customer.deliver(update).status == 413


def test_the_address_of_the_webhook_tells_nothing_to_who_opens_it(product: Product) -> None:
    assert request("GET", f"{product.address}/webhooks/telegram/webhook").status in (404, 405)


# ------------------------------------------------------------------------------------------- notice and language


def test_the_first_answer_is_preceded_by_the_notice(new_customer: TelegramCustomer) -> None:
    notice, answer = new_customer.say(QUESTION)
    assert f'href="{PUBLIC_URL}/chat/privacy?lang=en"' in notice["text"]
    assert "IOSS" in answer["shown"]
    assert len(new_customer.say(QUESTION)) == 1


def test_without_a_hint_the_notice_is_finnish_with_a_line_in_english(product: Product, telegram: FakeTelegram) -> None:
    someone = TelegramCustomer(product.address, telegram, language="ru")
    notice, answer = someone.say(QUESTION)
    assert "Keskustelu tallennetaan" in notice["shown"]
    assert "In English:" in notice["shown"]
    assert f'href="{PUBLIC_URL}/chat/privacy?lang=en"' in notice["text"]
    assert "IOSS" in answer["shown"]


def test_the_channel_speaks_the_conversations_language(product: Product, telegram: FakeTelegram) -> None:
    someone = TelegramCustomer(product.address, telegram, language="fi")
    someone.say("what is ioss and how does it work for me")
    (answer,) = someone.say("/help")
    assert "automated service" in answer["shown"]


def test_start_opens_the_conversation(new_customer: TelegramCustomer) -> None:
    notice, opening = new_customer.say("/start from-the-website")
    assert "privacy" in notice["text"]
    assert opening["shown"].startswith("Hello! I am Luotsi")
    assert f'href="{PUBLIC_URL}/chat/privacy?lang=en"' in opening["text"]
    assert "Declaring a parcel" in titles(opening)


# ------------------------------------------------------------------------------------------------------ the rights


@pytest.mark.parametrize("words", ["my data", "My data.", "/mydata", "/mydata@luotsi_bot"])
def test_what_is_stored_can_be_seen(customer: TelegramCustomer, words: str) -> None:
    customer.say("what is ioss for a parcel")
    shown = "\n".join(message["shown"] for message in customer.say(words))
    assert "What is stored of your conversation" in shown
    assert "what is ioss for a parcel" in shown
    assert "deleted on" in shown


def test_deleting_asks_first(customer: TelegramCustomer, product: Product) -> None:
    wait_for_rows(product, "events", customer, some=True)
    (question,) = customer.say("delete my data")
    assert titles(question) == ["Delete everything", "Do not delete"]
    (answer,) = customer.press("Do not delete")
    assert "nothing was deleted" in answer["shown"]
    assert rows(product, "events", customer)


@pytest.mark.parametrize("typed", [False, True], ids=["button", "words"])
def test_deleting_takes_everything_and_gives_a_receipt(
    customer: TelegramCustomer, product: Product, typed: bool
) -> None:
    wait_for_rows(product, "events", customer, some=True)
    wait_for_rows(product, "reply_addresses", customer, some=True)
    customer.say("delete my data")
    (answer,) = customer.say("delete everything") if typed else customer.press("Delete everything")
    assert (code := re.search(r"\b[A-Z]{4}-[A-Z]{4}-[A-Z]{4}\b", answer["shown"]))
    for table in ("events", "conversations", "reply_addresses"):
        assert rows(product, table, customer) == []
    with sqlite3.connect(product.database) as connection:
        assert connection.execute("select count(*) from erasures where receipt = ?", (code.group(),)).fetchone() == (1,)


def test_after_deleting_the_notice_comes_again(customer: TelegramCustomer) -> None:
    customer.say("delete everything")
    notice, _ = customer.say(QUESTION)
    assert "privacy?lang=en" in notice["text"]


def test_asking_in_ones_own_words_leads_to_the_same_question(customer: TelegramCustomer) -> None:
    (question,) = customer.say("please delete everything that is stored about this conversation")
    assert titles(question) == ["Delete everything", "Do not delete"]


def test_a_conversation_can_go_on_without_being_stored(customer: TelegramCustomer, product: Product) -> None:
    wait_for_rows(product, "events", customer, some=True)
    (question,) = customer.say("do not store")
    assert titles(question) == ["Stop storing", "Keep storing"]
    (answer,) = customer.press("Stop storing")
    assert "not stored any more" in answer["shown"]
    (answer,) = customer.say(QUESTION)  # the same conversation, without another notice
    assert "IOSS" in answer["shown"]
    time.sleep(0.5)
    assert rows(product, "events", customer) == rows(product, "conversations", customer) == []
    assert any("in the server’s memory only" in message["shown"] for message in customer.say("my data"))


def test_the_notice_is_shown_with_contacts_and_rights(customer: TelegramCustomer) -> None:
    (answer,) = customer.say("privacy")
    assert "tietosuoja@luotsi.example" in answer["shown"]
    assert f"{PUBLIC_URL}/chat/privacy?lang=en" in answer["text"]
    assert titles(answer) == ["My data", "Delete my data", "Do not store"]


# ------------------------------------------------------------------------------------------ a platform in trouble


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}),
        Trouble(429, {"ok": False, "error_code": 429, "parameters": {"retry_after": 1}}),
        Trouble(502, {}),
    ],
    ids=lambda trouble: str(trouble.status),
)
def test_a_platform_that_recovers_gets_the_answer(
    customer: TelegramCustomer, telegram: FakeTelegram, trouble: Trouble
) -> None:
    telegram.next_answers(trouble)
    before = len(telegram.sent_to(customer.chat))
    assert customer.deliver(customer.update(message=customer.message(text=QUESTION))).status == 200
    telegram.wait_for(lambda calls: len(telegram.sent_to(customer.chat)) == before + 1)


def test_the_webhook_is_answered_in_time_when_the_platform_hangs(
    customer: TelegramCustomer, telegram: FakeTelegram
) -> None:
    telegram.next_answers(Trouble(500, seconds=12))
    before = len(telegram.sent_to(customer.chat))
    begun = time.monotonic()
    assert customer.deliver(customer.update(message=customer.message(text=QUESTION))).status == 200
    assert time.monotonic() - begun < 11
    telegram.wait_for(lambda calls: len(telegram.sent_to(customer.chat)) == before + 1)


def test_who_blocked_the_bot_is_forgotten(customer: TelegramCustomer, telegram: FakeTelegram, product: Product) -> None:
    wait_for_rows(product, "reply_addresses", customer, some=True)
    telegram.next_answers(
        Trouble(403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"})
    )
    assert customer.say(QUESTION) == []
    assert rows(product, "reply_addresses", customer) == []


def test_what_the_platform_refuses_is_not_sent_again(customer: TelegramCustomer, telegram: FakeTelegram) -> None:
    telegram.next_answers(Trouble(400, {"ok": False, "description": "Bad Request: message text is empty"}))
    assert customer.say(QUESTION) == []
    assert len(customer.say(QUESTION)) == 1


# ------------------------------------------------------------------------------------------------------- a restart


def test_a_conversation_goes_on_after_a_restart(customer: TelegramCustomer, product: Product) -> None:
    unstored = TelegramCustomer(product.address, customer.telegram, language="en")
    unstored.say("hello")
    unstored.say("stop storing")
    update = customer.update(message=customer.message(text=QUESTION))
    (answer,) = customer.send(update)
    wait_for_rows(product, "events", customer, some=True)
    product.stop()
    product.start()
    assert customer.send(update) == []  # a repeated delivery is known
    assert customer.press(titles(answer)[0])  # without another notice
    assert all("privacy?lang" not in message["text"] for message in customer.say(QUESTION))
    unstored.say(QUESTION)  # the wish is remembered, the conversation is not
    time.sleep(0.5)
    assert rows(product, "events", unstored) == []


# ------------------------------------------------------------------------------------------------------- the start


@pytest.mark.parametrize("missing", ["LUOTSI_TELEGRAM_TOKEN", "LUOTSI_TELEGRAM_SECRET", "LUOTSI_PUBLIC_URL"])
def test_a_missing_secret_stops_the_start(
    tmp_path_factory: pytest.TempPathFactory, telegram: FakeTelegram, missing: str
) -> None:
    folder = tmp_path_factory.mktemp("missing")
    environment = {**telegram.environment(), missing: ""}
    with (
        pytest.raises(RuntimeError, match=f"Luotsi does not start. .*{missing}"),
        messaging_product(folder, "telegram.TelegramInput", environment=environment, actions=False),
    ):
        pass
    assert telegram.token not in (folder / "server.log").read_text()
