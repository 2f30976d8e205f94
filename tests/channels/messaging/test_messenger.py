"""Messenger: the confirmation of the address, signatures, what is taken of an update, and how messages are sent."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import urllib.parse
from typing import Any

import pytest
from sanic.request import Request

from components.channels.messaging.incoming import Incoming
from components.channels.messaging.messenger import API_VERSION, Messenger, MessengerInput
from components.channels.messaging.platform import (
    DeliveryError,
    GoneError,
    RefusedError,
    TryAgainError,
    UnreadableUpdateError,
)
from components.channels.messaging.rendering import Button, Part
from components.settings import MessengerAccess, SettingsError
from tests.channels.messaging.calling import FakeApi, request

WEBHOOK = "/webhooks/messenger/webhook"
CUSTOMER = "6543219876543210"
PAGE = "682498302938465"
MID = "m_1457764197618:41d102a3e1ae206a38"
ACCESS = MessengerAccess(
    app_secret="fedcba9876543210fedcba9876543210",
    verify_token="meatyhamhock",
    page_token="EAAGm0PX4ZCpsBAKanarialintu",
    api="https://graph.facebook.com",
)
MESSENGER = Messenger(ACCESS)

Event = dict[str, Any]


def signed(body: bytes, *, secret: str = ACCESS.app_secret) -> Request:
    """A request with this body, signed as Meta signs."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return request(WEBHOOK, body, headers={"X-Hub-Signature-256": f"sha256={digest}"})


def event(**content: Any) -> Event:
    """An event as Meta sends it."""
    return {"sender": {"id": CUSTOMER}, "recipient": {"id": PAGE}, "timestamp": 1458692752478, **content}


def message(**content: Any) -> Event:
    """A message of the customer."""
    return event(message={"mid": MID, **content})


def attached(*attachments: Event | str, **content: Any) -> Event:
    """A message with attachments; for one without more to tell its type is enough."""
    whole = [
        {"type": item, "payload": {"url": "https://scontent.xx.fbcdn.net/v/1"}} if isinstance(item, str) else item
        for item in attachments
    ]
    return message(attachments=whole, **content)


def parsed(*events: Any, **entry: Any) -> list[Incoming]:
    """What is taken of an update with these events in one entry."""
    update = {"object": "page", "entry": [{"id": PAGE, "time": 1458692752478, "messaging": list(events), **entry}]}
    return MESSENGER.parse(signed(json.dumps(update).encode()))


def asking(**changes: str | None) -> Request:
    """The request with which Meta asks whether the address is ours."""
    query = {"hub.mode": "subscribe", "hub.verify_token": ACCESS.verify_token, "hub.challenge": "1158201444", **changes}
    kept = {name: value for name, value in query.items() if value is not None}
    return request(f"{WEBHOOK}?{urllib.parse.urlencode(kept)}", method="GET")


def test_the_address_is_confirmed() -> None:
    answer = MESSENGER.confirm(asking())
    assert answer is not None
    assert (answer.status, answer.content_type, answer.body) == (200, "text/plain; charset=utf-8", b"1158201444")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.verify_token": "meatyhamhoc"},
        {"hub.verify_token": "é"},
        {"hub.verify_token": None},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": None},
        {"hub.challenge": "<b>1</b>"},
        {"hub.challenge": "1158201444\n"},
        {"hub.challenge": "١٢"},
        {"hub.challenge": ""},
        {"hub.challenge": None},
    ],
    ids=lambda changes: "{}={!r}".format(*next(iter(changes.items()))),
)
def test_the_address_is_not_confirmed_to_others(changes: dict[str, str | None]) -> None:
    assert MESSENGER.confirm(asking(**changes)) is None


def test_a_signed_update_is_metas() -> None:
    # Meta signs the bytes that it sends, in which other letters than ASCII are escaped.
    assert MESSENGER.verify(signed(b'{"object":"page","text":"\\u00e4\\ud83d\\ude00"}'))


def test_a_known_signature() -> None:
    # From `openssl dgst -sha256 -hmac`.
    shown = "sha256=acf462aa377271690671d7003c641b306bd0e316a06d4bb1566fce82abe5f835"
    made = request(WEBHOOK, b'{"object":"page","entry":[]}', headers={"x-hub-signature-256": shown})
    assert MESSENGER.verify(made)


BODY = b'{"object":"page","entry":[]}'
DIGEST = hmac.new(ACCESS.app_secret.encode(), BODY, hashlib.sha256).hexdigest()
SHA1 = hmac.new(ACCESS.app_secret.encode(), BODY, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": DIGEST},
        {"X-Hub-Signature-256": f"sha1={DIGEST}"},
        {"X-Hub-Signature-256": f"sha256={DIGEST[:-1]}"},
        {"X-Hub-Signature-256": "sha256=é"},
        {"X-Hub-Signature": f"sha1={SHA1}"},
        {"X-Hub-Signature": f"sha256={DIGEST}"},
    ],
    ids=["none", "empty", "no prefix", "wrong prefix", "short", "not ASCII", "SHA-1", "other header"],
)
def test_an_update_with_another_signature_is_not(headers: dict[str, str]) -> None:
    assert not MESSENGER.verify(request(WEBHOOK, BODY, headers=headers))


def test_an_update_of_another_app_is_not() -> None:
    assert not MESSENGER.verify(signed(BODY, secret="another secret"))


def test_a_changed_update_is_not() -> None:
    made = signed(BODY)
    made.body += b" "
    assert not MESSENGER.verify(made)


def test_a_text() -> None:
    assert parsed(message(text="hello, world!")) == [Incoming(CUSTOMER, MID, text="hello, world!")]


def test_an_answer_to_an_older_message_is_a_text() -> None:
    assert parsed(message(text="hei", reply_to={"mid": "m_1"})) == parsed(message(text="hei"))


def test_a_link_with_its_preview_is_a_text() -> None:
    preview = {"type": "fallback", "payload": {"url": "https://migri.fi", "title": "Migri"}}
    assert parsed(attached(preview, text="https://migri.fi"))[0].text == "https://migri.fi"


def test_a_pressed_quick_reply() -> None:
    expected = Incoming(CUSTOMER, MID, text="Lahjat", choice="/customs_gift")
    assert parsed(message(text="Lahjat", quick_reply={"payload": "/customs_gift"})) == [expected]


def test_a_button_of_another_tool_is_what_it_shows() -> None:
    assert parsed(message(text="Osta", quick_reply={"payload": "BUY_7"})) == [Incoming(CUSTOMER, MID, text="Osta")]


def test_a_pressed_button() -> None:
    pressed = event(postback={"mid": "m_7", "title": "Lahjat", "payload": "/customs_gift"})
    assert parsed(pressed) == [Incoming(CUSTOMER, "m_7", text="Lahjat", choice="/customs_gift")]


def test_the_button_that_begins_a_conversation() -> None:
    pressed = event(postback={"mid": "m_7", "title": "Get Started", "payload": "GET_STARTED"})
    assert parsed(pressed) == [Incoming(CUSTOMER, "m_7", choice="!start")]


def test_a_button_without_title_and_meaning_needs_no_answer() -> None:
    assert parsed(event(postback={"mid": "m_7", "payload": "BUY_7"})) == []


def test_a_changed_message_is_a_new_one() -> None:
    changed = event(message_edit={"mid": MID, "text": "hei vaan", "num_edit": 1})
    again = event(message_edit={"mid": MID, "text": "hei taas", "num_edit": "2"})
    assert parsed(changed, again) == [
        Incoming(CUSTOMER, f"{MID}:1", text="hei vaan"),
        Incoming(CUSTOMER, f"{MID}:2", text="hei taas"),
    ]


def test_all_messages_of_all_entries_are_taken() -> None:
    update = {
        "object": "page",
        "entry": [
            {"messaging": [message(text="1"), message(text="2")]},
            {"messaging": [{**message(text="3"), "sender": {"id": "77"}}]},
        ],
    }
    incoming = MESSENGER.parse(signed(json.dumps(update).encode()))
    assert [(one.address, one.text) for one in incoming] == [(CUSTOMER, "1"), (CUSTOMER, "2"), ("77", "3")]


@pytest.mark.parametrize(
    "ignored",
    [
        event(message={"mid": MID, "text": "hei", "is_echo": True, "app_id": 1}),
        event(message={"mid": MID, "is_deleted": True}),
        event(delivery={"mids": [MID], "watermark": 1458668856253}),
        event(read={"watermark": 1458668856253}),
        event(reaction={"mid": MID, "action": "react", "emoji": "👍", "reaction": "like"}),
        event(referral={"ref": "abc", "source": "SHORTLINK", "type": "OPEN_THREAD"}),
        event(optin={"type": "notification_messages"}),
        event(pass_thread_control={"new_owner_app_id": "1"}),
        event(message_edit={"mid": MID, "text": "hei", "num_edit": 0}),
        event(message_edit={"mid": MID, "text": " ", "num_edit": 1}),
        {**message(text="hei"), "sender": {"user_ref": "u"}},
        {**message(text="hei"), "sender": None},
        {**message(text="hei"), "sender": {"id": 5}},
        {**message(text="hei"), "sender": {"id": "a/b"}},
        event(message=None),
        event(message=[]),
        event(),
        None,
        "text",
    ],
    ids=str,
)
def test_what_needs_no_answer(ignored: Any) -> None:
    assert parsed(ignored, message(text="hei")) == [Incoming(CUSTOMER, MID, text="hei")]


@pytest.mark.parametrize("other", ["standby", "changes"])
def test_what_other_apps_of_the_page_answer_is_left_to_them(other: str) -> None:
    assert parsed(**{other: [message(text="hei")]}) == []


def test_updates_of_other_products_need_no_answer() -> None:
    update = {"object": "instagram", "entry": [{"messaging": [message(text="hei")]}]}
    assert MESSENGER.parse(signed(json.dumps(update).encode())) == []


@pytest.mark.parametrize("entry", [None, {}, [None], [[]], [{"messaging": {}}], [{}]], ids=str)
def test_entries_of_another_shape_need_no_answer(entry: Any) -> None:
    assert MESSENGER.parse(signed(json.dumps({"object": "page", "entry": entry}).encode())) == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b'"page"', b"[" * 100_000])
def test_an_update_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(UnreadableUpdateError):
        MESSENGER.parse(signed(body))


LIKE = {"type": "image", "payload": {"url": "https://scontent.xx.fbcdn.net/t39/1", "sticker_id": 369239263222822}}


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (attached("image"), "photo"),
        (attached("image", text="kuvateksti"), "photo"),
        (attached("image", "image"), "photo"),
        (attached("video"), "video"),
        (attached("reel"), "video"),
        (attached("audio"), "voice"),
        (attached("file"), "file"),
        (attached({"type": "location", "payload": {"coordinates": {"lat": 60.1, "long": 24.9}}}), "location"),
        (attached("sticker"), "sticker"),
        (attached(LIKE), "sticker"),
        (attached("image", sticker_id=369239263222822), "sticker"),
        (attached("template"), "other"),
        (attached({"type": "fallback", "payload": None}), "other"),
        (attached({"type": "fallback"}, "image", text="hei"), "photo"),
        (message(attachments=["?"], text="hei"), "other"),
        (message(is_unsupported=True), "other"),
        (message(text="  "), "other"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_taken_comes_without_its_content(sent: Event, kind: str) -> None:
    assert parsed(sent) == [Incoming(CUSTOMER, MID, refused=kind)]


def test_an_update_without_an_id_is_known_by_sender_and_time() -> None:
    def delivery_id(**changes: Any) -> str:
        (incoming,) = parsed({**event(message={"text": "hei"}), **changes})
        return incoming.delivery_id

    first = delivery_id()
    assert delivery_id() == first
    assert CUSTOMER not in first
    assert delivery_id(timestamp=1458692752479) != first
    assert delivery_id(sender={"id": "77"}) != first


def test_the_webhook_is_answered() -> None:
    answer = MESSENGER.acknowledge()
    assert (answer.status, answer.body) == (200, b"EVENT_RECEIVED")


def test_the_channel_is_opened_with_what_the_environment_says() -> None:
    environment = {
        "LUOTSI_MESSENGER_APP_SECRET": ACCESS.app_secret,
        "LUOTSI_MESSENGER_VERIFY_TOKEN": ACCESS.verify_token,
        "LUOTSI_MESSENGER_PAGE_TOKEN": ACCESS.page_token,
    }
    platform = MessengerInput.open_platform(environment)
    assert platform.verify(signed(BODY))
    assert platform.confirm(asking()) is not None
    with pytest.raises(SettingsError, match="LUOTSI_MESSENGER_PAGE_TOKEN"):
        MessengerInput.open_platform({**environment, "LUOTSI_MESSENGER_PAGE_TOKEN": ""})


def test_messages_fit_metas_limits() -> None:
    limits = Messenger.limits
    assert (limits.max_characters, limits.max_buttons, limits.button_characters) == (1_900, 13, 20)


def at(api: FakeApi) -> Messenger:
    """The platform with its API on this machine."""
    return Messenger(dataclasses.replace(ACCESS, api=api.url))


async def test_parts_are_sent_in_order() -> None:
    async with FakeApi() as api:
        choices = (Button("Kyllä", "=Kyllä"), Button("Lahjat", "/customs_gift"))
        await at(api).send(api.session, CUSTOMER, [Part("Hei!"), Part("Valitse", choices)])
    assert [call.path for call in api.calls] == [f"/{API_VERSION}/me/messages"] * 2
    assert [json.loads(call.body) for call in api.calls] == [
        {"recipient": {"id": CUSTOMER}, "messaging_type": "RESPONSE", "message": {"text": "Hei!"}},
        {
            "recipient": {"id": CUSTOMER},
            "messaging_type": "RESPONSE",
            "message": {
                "text": "Valitse",
                "quick_replies": [
                    {"content_type": "text", "title": "Kyllä", "payload": "=Kyllä"},
                    {"content_type": "text", "title": "Lahjat", "payload": "/customs_gift"},
                ],
            },
        },
    ]


async def test_the_token_is_in_a_header_only() -> None:
    async with FakeApi() as api:
        await at(api).send(api.session, CUSTOMER, [Part("Hei!")])
    (call,) = api.calls
    assert call.headers["Authorization"] == f"Bearer {ACCESS.page_token}"
    assert ACCESS.page_token not in call.path + call.query + call.body.decode()


async def test_the_customer_sees_that_an_answer_is_being_written() -> None:
    async with FakeApi() as api:
        await at(api).typing(api.session, CUSTOMER)
    assert [json.loads(call.body) for call in api.calls] == [
        {"recipient": {"id": CUSTOMER}, "sender_action": action} for action in ("mark_seen", "typing_on")
    ]


def error(code: int, subcode: int | None = None, **more: Any) -> Event:
    """Meta's answer to a message that it does not send."""
    return {"error": {"message": f"(#{code}) {CUSTOMER}", "code": code, "error_subcode": subcode, **more}}


@pytest.mark.parametrize(
    ("status", "document", "expected"),
    [
        (429, "", TryAgainError),
        (502, "<html>", TryAgainError),
        (400, error(2), TryAgainError),
        (403, error(4), TryAgainError),
        (400, error(17), TryAgainError),
        (400, error(32), TryAgainError),
        (400, error(613), TryAgainError),
        (400, error(1200), TryAgainError),
        (400, error(80006), TryAgainError),
        (400, error(1, is_transient=True), TryAgainError),
        (400, error(551), GoneError),
        (500, error(551), GoneError),
        (403, error(10, 2018278), GoneError),
        (403, error(10, 2018065), GoneError),
        (403, error(10, 2018108), GoneError),
        (400, error(200, 1545041), GoneError),
        (400, error(100, 2018001), GoneError),
        (400, error(100), RefusedError),
        (403, error(10), RefusedError),
        (401, error(190), RefusedError),
        (400, error(190, 463), RefusedError),
        (302, "", RefusedError),
        (400, {"error": "text"}, RefusedError),
    ],
)
async def test_what_an_error_means(status: int, document: object, expected: type[DeliveryError]) -> None:
    async with FakeApi((status, document, {})) as api:
        with pytest.raises(expected) as raised:
            await at(api).send(api.session, CUSTOMER, [Part("Hei!")])
    assert CUSTOMER not in str(raised.value)


async def test_the_time_that_meta_asks_to_wait_is_told() -> None:
    async with FakeApi((429, error(613), {"Retry-After": "3"})) as api:
        with pytest.raises(TryAgainError) as raised:
            await at(api).send(api.session, CUSTOMER, [Part("Hei!")])
    assert raised.value.after == 3.0


async def test_nothing_is_sent_after_a_part_that_failed() -> None:
    async with FakeApi((500, "", {})) as api:
        with pytest.raises(TryAgainError):
            await at(api).send(api.session, CUSTOMER, [Part("a"), Part("b")])
    assert len(api.calls) == 1
