"""Canaries on Telegram: who a customer is and what is written goes in, and must not be found where things are kept."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator

import pytest

from tests.service.messaging.conftest import messaging_product
from tests.service.messaging.platforms import FakeTelegram, TelegramCustomer, Trouble
from tests.service.product import Product
from tests.service.test_seeded_personal_data import CANARIES, SENTENCES, RecordingActions

pytestmark = pytest.mark.service

# What a platform tells of a customer, and what comes with messages that are not taken.
FIRST_NAME, LAST_NAME, USERNAME = "Kanarialisa", "Linnunpoikanen", "kanarialisa_1987"
FILE_ID, CAPTION, LATITUDE, PHONE, ALBUM = (
    "BQACcanaryfile",
    "passini kuva kanarialta",
    60.7654321,
    "+358457396128",
    "88123",
)
PROFILE = {
    "first name": FIRST_NAME,
    "last name": LAST_NAME,
    "user name": USERNAME,
    "file": FILE_ID,
    "caption": CAPTION,
    "position": str(LATITUDE),
    "shared phone number": PHONE,
}
FILE = {"file_id": FILE_ID, "file_unique_id": "AQADcanary"}


@pytest.fixture(scope="module")
def seeded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Product, RecordingActions, FakeTelegram, list[TelegramCustomer]]]:
    telegram, actions = FakeTelegram(), RecordingActions()
    environment = {
        **telegram.environment(),
        "LUOTSI_ACTIONS_URL": f"http://127.0.0.1:{actions.port}/webhook",
        "LUOTSI_LOG_LEVEL": "DEBUG",
        "LUOTSI_RATE_CONVERSATION_MINUTE": "1000",
        "LUOTSI_RATE_CONVERSATION_DAY": "1000",
    }
    folder = tmp_path_factory.mktemp("seeded")
    with messaging_product(folder, "telegram.TelegramInput", environment=environment, actions=False) as running:
        customers = []
        for canary in CANARIES.values():
            customer = TelegramCustomer(
                running.address, telegram, first_name=FIRST_NAME, last_name=LAST_NAME, username=USERNAME
            )
            customers.append(customer)
            for sentence in SENTENCES:
                customer.say(sentence.format(canary))
            edited = customer.message(text=f"korjaan: {canary}")
            customer.send(customer.update(edited_message=edited))
        customer = customers[0]
        for content in (
            {"photo": [FILE], "caption": CAPTION, "media_group_id": ALBUM},
            {"document": FILE, "caption": CAPTION},
            {"location": {"latitude": LATITUDE, "longitude": LATITUDE}},
            {"contact": {"phone_number": PHONE, "first_name": FIRST_NAME, "last_name": LAST_NAME}},
        ):
            customer.send(customer.update(message=customer.message(**content)))
        # Every way in which something can go wrong writes its own lines to the log.
        for status in (400, 403, 500):
            telegram.next_answers(Trouble(status, {"ok": False, "description": f"no {customer.chat} {FIRST_NAME}"}))
            customer.say("hei " + CANARIES["phone"])
        customer.deliver(json.dumps({"update_id": FIRST_NAME}).encode())
        customer.deliver(customer.update(message={**customer.message(text=CAPTION), "chat": {"id": FIRST_NAME}}))
        customer.deliver(customer.update(message=customer.message(text=CAPTION)), secret=USERNAME)
        customer.say("tietoni")
        unstored = TelegramCustomer(running.address, telegram, first_name=FIRST_NAME, username=USERNAME)
        customers.append(unstored)
        unstored.say("lopeta tallennus")
        unstored.say("hei " + CANARIES["identity code"])
        with sqlite3.connect(running.database, isolation_level=None) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            customer.deliver(customer.update(message=customer.message(text="hei " + CANARIES["IBAN"])))
            connection.execute("ROLLBACK")
        time.sleep(1)
        yield running, actions, telegram, customers
    telegram.close()


def _sinks(running: Product, actions: RecordingActions) -> dict[str, bytes]:
    sinks = {path.name: path.read_bytes() for path in running.folder.iterdir() if path.is_file()}
    assert {"luotsi.sqlite", "server.log"} <= sinks.keys()
    return {**sinks, "action payloads": b"\n".join(actions.payloads)}


def _forms(canary: str) -> list[bytes]:
    if canary.startswith("nimeni on "):
        return [canary.rpartition(" ")[2].encode()]
    return [canary.encode(), canary.replace(" ", "").encode(), canary.lower().encode()]


@pytest.mark.parametrize("canary", [*CANARIES.values(), *PROFILE.values()], ids=[*CANARIES, *PROFILE])
def test_no_sink_holds_the_canary(
    seeded: tuple[Product, RecordingActions, FakeTelegram, list[TelegramCustomer]], canary: str
) -> None:
    running, actions, _, _ = seeded
    sinks = _sinks(running, actions)
    assert [name for name, content in sinks.items() if any(form in content for form in _forms(canary))] == []


def test_no_sink_holds_a_chat(
    seeded: tuple[Product, RecordingActions, FakeTelegram, list[TelegramCustomer]],
) -> None:
    running, actions, _, customers = seeded
    sinks = _sinks(running, actions)
    chats = [str(customer.chat).encode() for customer in customers]
    assert [name for name, content in sinks.items() if any(chat in content for chat in chats)] == []


@pytest.mark.parametrize("secret", [FakeTelegram.token, FakeTelegram.token.partition(":")[2], FakeTelegram.secret])
def test_no_sink_holds_a_secret_of_the_channel(
    seeded: tuple[Product, RecordingActions, FakeTelegram, list[TelegramCustomer]], secret: str
) -> None:
    running, actions, _, _ = seeded
    sinks = _sinks(running, actions)
    assert [name for name, content in sinks.items() if secret.encode() in content] == []


def test_answers_quote_no_canary(
    seeded: tuple[Product, RecordingActions, FakeTelegram, list[TelegramCustomer]],
) -> None:
    _, _, telegram, customers = seeded
    answers = json.dumps([telegram.sent_to(customer.chat) for customer in customers], ensure_ascii=False).encode()
    assert [name for name, canary in CANARIES.items() if any(form in answers for form in _forms(canary))] == []


def test_the_sinks_were_really_written(
    seeded: tuple[Product, RecordingActions, FakeTelegram, list[TelegramCustomer]],
) -> None:
    running, actions, _, _ = seeded
    assert actions.payloads
    log = running.log.read_text(errors="replace")
    assert "could not be read; it was passed over" in log
    assert "refused an answer" in log
    with sqlite3.connect(running.database) as connection:
        for table in ("events", "reply_addresses", "channel_deliveries"):
            (rows,) = connection.execute(f"select count(*) from {table}").fetchone()
            assert rows > 10, table
