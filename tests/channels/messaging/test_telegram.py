"""Telegram: the secret, what is taken of an update, and how messages are sent."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from sanic.request import Request

from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import (
    DeliveryError,
    GoneError,
    RefusedError,
    TryAgainError,
    UnreadableUpdateError,
)
from components.channels.messaging.rendering import Button, Part
from components.channels.messaging.telegram import Telegram, TelegramInput
from components.settings import SettingsError
from tests.channels.messaging.calling import FakeApi, request

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 (the documentation's example)
SECRET = "a-secret_of-the-webhook"  # noqa: S105
CHAT = 700300101
WORDS = "hush"
SENDER = {"id": CHAT, "is_bot": False, "first_name": "Testi", "username": "testikanaria", "language_code": "fi"}
PRIVATE = {"id": CHAT, "type": "private", "first_name": "Testi", "username": "testikanaria"}
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "Kanariaryhmä"}
FILE = {"file_id": "BQACAgQAAx0", "file_unique_id": "AgADcanary"}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 7, "from": SENDER, "chat": PRIVATE, "date": 1763800000, **content}


def sent(update: object, secret: str | None = SECRET) -> Request:
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    return request("/webhooks/telegram/webhook", body, headers=headers)


def parsed(**content: Any) -> list[Incoming]:
    return Telegram(TOKEN, SECRET).parse(sent({"update_id": 10_000, **content}))


# ------------------------------------------------------------------------------------------------------- the secret


@pytest.mark.parametrize(
    ("secret", "ours"), [(SECRET, True), (None, False), ("", False), (SECRET[:-1], False), (f"{SECRET}x", False)]
)
def test_an_update_needs_the_secret(secret: str | None, ours: bool) -> None:
    assert Telegram(TOKEN, SECRET).verify(sent({}, secret)) is ours


# -------------------------------------------------------------------------------------------------- what is taken


def test_a_text_is_taken_with_chat_and_language() -> None:
    assert parsed(message=message(text="Hei & <b>")) == [
        Incoming("700300101", "10000", text="Hei & <b>", language="fi")
    ]


@pytest.mark.parametrize(
    ("code", "language"), [("fi", "fi"), ("en", "en"), ("en-GB", "en"), ("FI", "fi"), ("sv", None), ("", None)]
)
def test_the_language_of_the_screen(code: str, language: str | None) -> None:
    (incoming,) = parsed(message={**message(text="x"), "from": {**SENDER, "language_code": code}})
    assert incoming.language == language


def test_an_edited_text_is_a_message() -> None:
    (incoming,) = parsed(edited_message=message(text="corrected", edit_date=1763800100))
    assert incoming.text == "corrected"


REFUSED = [
    ({"photo": [FILE], "caption": "secret caption"}, "photo"),
    ({"document": {**FILE, "file_name": "secret.pdf"}}, "file"),
    ({"animation": FILE, "document": FILE}, "video"),
    ({"video": FILE}, "video"),
    ({"video_note": FILE}, "video"),
    ({"voice": FILE}, "voice"),
    ({"audio": FILE}, "voice"),
    ({"sticker": FILE}, "sticker"),
    ({"location": {"latitude": 60.1, "longitude": 24.9}}, "location"),
    ({"venue": {"title": "secret place"}, "location": {"latitude": 60.1, "longitude": 24.9}}, "location"),
    ({"contact": {"phone_number": "+358457396128"}}, "contact"),
    ({"poll": {"question": "secret question"}}, "other"),
]


@pytest.mark.parametrize(("content", "kind"), REFUSED, ids=[kind for _, kind in REFUSED])
def test_other_contents_are_refused_and_left_behind(content: dict[str, Any], kind: str) -> None:
    assert parsed(message=message(**content)) == [Incoming("700300101", "10000", refused=kind, language="fi")]


def test_an_album_belongs_together() -> None:
    first, second = (parsed(message=message(photo=[FILE], media_group_id=album))[0].burst for album in ("1", "2"))
    assert first is not None
    assert first != second
    assert parsed(message=message(photo=[FILE], media_group_id="1"))[0].burst == first


def test_a_message_in_a_group_is_refused_without_its_text() -> None:
    (incoming,) = parsed(message={**message(text="hello"), "chat": GROUP})
    assert (incoming.address, incoming.refused, incoming.text) == ("-1001234567890", "group", None)


@pytest.mark.parametrize(
    "content",
    [
        {"message": message(pinned_message=message(text="x"))},
        {"message": {**message(text="x"), "from": {**SENDER, "is_bot": True}}},
        {"message": {**message(left_chat_member=SENDER), "chat": GROUP}},
        {"message": {"message_id": 1, "chat": {"id": -5, "type": "channel"}, "date": 1, "text": "x"}},
        {"edited_message": message(location={"latitude": 1.0, "longitude": 1.0, "live_period": 60})},
        {"edited_message": message(photo=[FILE], caption="x")},
        {"edited_message": {**message(text="x"), "chat": GROUP}},
        {"channel_post": message(text="x")},
        {"my_chat_member": {"chat": PRIVATE}},
        {"callback_query": {"id": "1", "from": SENDER, "inline_message_id": "2", "data": "/x"}},
        {"callback_query": {"id": "1", "from": SENDER, "message": message(text="x"), "game_short_name": "g"}},
        {},
    ],
)
def test_what_needs_no_answer_is_nothing(content: dict[str, Any]) -> None:
    assert parsed(**content) == []


def test_a_pressed_button_is_its_payload_and_title() -> None:
    below = message(text="?", reply_markup={"inline_keyboard": [[{"text": "Gifts", "callback_data": "/customs_gift"}]]})
    (incoming,) = parsed(callback_query={"id": "1", "from": SENDER, "message": below, "data": "/customs_gift"})
    assert (incoming.address, incoming.choice, incoming.text) == ("700300101", "/customs_gift", "Gifts")


def test_a_button_of_an_old_message_has_no_title() -> None:
    below = {"message_id": 1, "chat": PRIVATE, "date": 0}
    (incoming,) = parsed(callback_query={"id": "1", "from": SENDER, "message": below, "data": "/customs_gift"})
    assert (incoming.choice, incoming.text) == ("/customs_gift", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"secret-words",
        b"[]",
        b"{}",
        b'{"update_id": "secret-words"}',
        b'{"update_id": 1, "message": "secret-words"}',
        b'{"update_id": 1, "message": {"chat": {"id": "secret-words", "type": "private"}}}',
        b'{"update_id": 1, "message": {"text": "secret-words"}}',
        b'{"update_id": 1, "callback_query": {"message": {"chat": "secret-words"}, "data": "x"}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(UnreadableUpdateError) as caught:
        Telegram(TOKEN, SECRET).parse(sent(body))
    assert "secret-words" not in "".join(traceback.format_exception(caught.value))


def test_nothing_of_a_customer_shows_in_a_log_line() -> None:
    assert all(part not in repr(parsed(message=message(text="hush"))) for part in ("hush", str(CHAT), "Testi", "10000"))


# --------------------------------------------------------------------------------------------------------- sending


async def test_a_message_is_sent_with_its_buttons() -> None:
    async with FakeApi((200, {"ok": True, "result": {}}, {})) as api:
        telegram = Telegram(TOKEN, SECRET, api=api.url)
        await telegram.send(api.session, str(CHAT), [Part("<b>Hei</b>", (Button("Gifts", "/customs_gift"),))])
        (call,) = api.calls
    assert (call.method, call.path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert json.loads(call.body) == {
        "chat_id": CHAT,
        "text": "<b>Hei</b>",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": [[{"text": "Gifts", "callback_data": "/customs_gift"}]]},
    }


async def test_the_signs_beside_an_answer() -> None:
    pressed = sent({"update_id": 1, "callback_query": {"id": "4382bfdwdsb323b2d9", "from": SENDER, "data": "x"}})
    async with FakeApi(*[(200, {"ok": True, "result": True}, {})] * 3) as api:
        telegram = Telegram(TOKEN, SECRET, api=api.url)
        await telegram.typing(api.session, str(CHAT))
        await telegram.leave(api.session, str(GROUP["id"]))
        await telegram.react(api.session, pressed)
        await telegram.react(api.session, sent({"update_id": 1, "message": message(text="x")}))
        calls = [(call.path.rpartition("/")[2], json.loads(call.body)) for call in api.calls]
    assert calls == [
        ("sendChatAction", {"chat_id": CHAT, "action": "typing"}),
        ("leaveChat", {"chat_id": GROUP["id"]}),
        ("answerCallbackQuery", {"callback_query_id": "4382bfdwdsb323b2d9"}),
    ]


FAILURES: list[tuple[tuple[int, Any, dict[str, str]], type[DeliveryError], float | None]] = [
    ((500, {"ok": False}, {}), TryAgainError, None),
    ((502, "<html>", {}), TryAgainError, None),
    ((200, {"ok": False}, {}), TryAgainError, None),
    ((429, {"ok": False, "parameters": {"retry_after": 35}}, {}), TryAgainError, 35.0),
    ((429, {"ok": False}, {"Retry-After": "7"}), TryAgainError, 7.0),
    ((403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, {}), GoneError, None),
    ((400, {"ok": False, "description": "Bad Request: chat not found"}, {}), GoneError, None),
    ((400, {"ok": False, "description": "Bad Request: can't parse entities"}, {}), RefusedError, None),
    ((401, {"ok": False, "description": "Unauthorized"}, {}), RefusedError, None),
]


@pytest.mark.parametrize(("answer", "error", "after"), FAILURES)
async def test_what_went_wrong(
    answer: tuple[int, Any, dict[str, str]], error: type[DeliveryError], after: float | None
) -> None:
    async with FakeApi(answer) as api:
        with pytest.raises(error) as caught:
            await Telegram(TOKEN, SECRET, api=api.url).send(api.session, str(CHAT), [Part(WORDS)])
    assert getattr(caught.value, "after", None) == after
    told = "".join(traceback.format_exception(caught.value))
    assert not any(secret in told for secret in (TOKEN, str(CHAT), WORDS))


async def test_a_platform_that_cannot_be_reached_is_tried_again_without_telling_its_address() -> None:
    async with FakeApi() as api:
        with pytest.raises(TryAgainError) as caught:
            await Telegram(TOKEN, SECRET, api="http://127.0.0.1:9").send(api.session, str(CHAT), [Part(WORDS)])
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


# --------------------------------------------------------------------------------------------------------- the start

ENVIRONMENT = {"LUOTSI_TELEGRAM_TOKEN": TOKEN, "LUOTSI_TELEGRAM_SECRET": SECRET}


def test_the_secrets_come_from_the_environment() -> None:
    assert TelegramInput.open_platform(ENVIRONMENT).verify(sent({}))


@pytest.mark.parametrize("missing", sorted(ENVIRONMENT))
def test_without_a_secret_there_is_no_start(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        TelegramInput.open_platform({**ENVIRONMENT, missing: ""})
