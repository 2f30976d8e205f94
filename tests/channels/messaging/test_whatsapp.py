"""WhatsApp over Twilio: signatures, what is taken of an update, and how messages are sent."""

from __future__ import annotations

import base64
import dataclasses
import urllib.parse

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
from components.channels.messaging.rendering import Part
from components.channels.messaging.whatsapp import WhatsApp, WhatsAppInput, signature
from components.settings import SettingsError, WhatsAppAccess
from tests.channels.messaging.calling import FakeApi, request

TOKEN = "0123456789abcdef0123456789abcdef"
CUSTOMER = "whatsapp:+358457396128"
SERVICE = "whatsapp:+358401234567"
SID = "SM8824d91645395b17594d92659b878468"
WEBHOOK = "https://chat.example.fi/webhooks/whatsapp/webhook"
ACCESS = WhatsAppAccess(
    account="AC" + "0" * 32,
    token=TOKEN,
    number="+358401234567",
    public_url="https://chat.example.fi",
    api="https://api.twilio.com",
)
# As Twilio sends a text that was written on WhatsApp.
TEXT = {
    "SmsMessageSid": SID,
    "NumMedia": "0",
    "ProfileName": "Aleksi Kanarialainen",
    "MessageType": "text",
    "SmsSid": SID,
    "WaId": "358457396128",
    "SmsStatus": "received",
    "Body": "hei, paljonko oleskelulupa maksaa?",
    "To": SERVICE,
    "NumSegments": "1",
    "ReferralNumMedia": "0",
    "MessageSid": SID,
    "AccountSid": "AC" + "0" * 32,
    "ChannelMetadata": '{"type":"whatsapp","data":{"context":{"ProfileName":"Aleksi Kanarialainen"}}}',
    "From": CUSTOMER,
    "ApiVersion": "2010-04-01",
}

Fields = dict[str, str] | list[tuple[str, str]]


def update(fields: Fields, *, url: str = WEBHOOK, token: str = TOKEN, shown: str | None = None) -> Request:
    """A request with these fields, signed for an address unless another signature is shown."""
    pairs = list(fields.items()) if isinstance(fields, dict) else fields
    signed = signature(token, url, pairs).decode() if shown is None else shown
    parts = urllib.parse.urlsplit(WEBHOOK)
    return request(
        parts.path,
        urllib.parse.urlencode(pairs).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed},
    )


def parsed(**changes: str | None) -> list[Incoming]:
    """What is taken of the text message with changes (None removes a field)."""
    fields = {name: value for name, value in {**TEXT, **changes}.items() if value is not None}
    return WhatsApp(ACCESS).parse(update(fields))


def test_the_signature_of_the_documentation() -> None:
    fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, fields) == b"0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert signature("12345", url, reversed(fields)) == b"0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_a_signed_update_is_twilios() -> None:
    assert WhatsApp(ACCESS).verify(update(TEXT))


@pytest.mark.parametrize(
    "shown",
    ["", "x", "é", signature("another token", WEBHOOK, TEXT.items()).decode(), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="],
    ids=["none", "short", "not ASCII", "of another account", "of another request"],
)
def test_an_update_with_another_signature_is_not(shown: str) -> None:
    assert not WhatsApp(ACCESS).verify(update(TEXT, shown=shown))


def test_an_update_without_a_signature_is_not() -> None:
    assert not WhatsApp(ACCESS).verify(request("/webhooks/whatsapp/webhook", urllib.parse.urlencode(TEXT).encode()))


def test_a_changed_update_is_not() -> None:
    signed = update(TEXT)
    signed.body = signed.body.replace(b"358457396128", b"358457396129")
    assert not WhatsApp(ACCESS).verify(signed)


def test_the_address_of_the_request_is_signed_too() -> None:
    assert not WhatsApp(ACCESS).verify(update(TEXT, url="https://chat.example.fi/webhooks/other/webhook"))


def test_a_host_header_does_not_count() -> None:
    signed = update(TEXT, url="https://evil.example/webhooks/whatsapp/webhook")
    signed.headers["Host"] = "evil.example"
    signed.headers["X-Forwarded-Host"] = "evil.example"
    assert not WhatsApp(ACCESS).verify(signed)


def test_the_query_is_signed() -> None:
    signed = update(TEXT, url=f"{WEBHOOK}?server=a&empty=")
    made = request("/webhooks/whatsapp/webhook?server=a&empty=", signed.body, headers=dict(signed.headers))
    assert WhatsApp(ACCESS).verify(made)
    assert not WhatsApp(ACCESS).verify(signed)


@pytest.mark.parametrize("public_url", ["https://chat.example.fi", "https://chat.example.fi:443"])
@pytest.mark.parametrize("host", ["chat.example.fi", "chat.example.fi:443"])
def test_the_usual_port_may_be_signed_or_not(public_url: str, host: str) -> None:
    platform = WhatsApp(dataclasses.replace(ACCESS, public_url=public_url))
    assert platform.verify(update(TEXT, url=WEBHOOK.replace("chat.example.fi", host)))


def test_another_port_is_not_the_usual_one() -> None:
    platform = WhatsApp(dataclasses.replace(ACCESS, public_url="https://chat.example.fi:8443"))
    assert platform.verify(update(TEXT, url=WEBHOOK.replace("chat.example.fi", "chat.example.fi:8443")))
    assert not platform.verify(update(TEXT, url=WEBHOOK.replace("chat.example.fi", "chat.example.fi:443")))


def test_repeated_and_empty_parameters_are_signed() -> None:
    fields = [*TEXT.items(), ("Body", "another"), ("Body", "another"), ("Label", "")]
    # Worked out by hand: names in order, of a repeated one each different value once, in order.
    unique = sorted({*fields})
    text = WEBHOOK + "".join(name + value for name, value in unique)
    assert ("Label", "") in unique and len([name for name, _ in unique if name == "Body"]) == 2
    assert signature(TOKEN, WEBHOOK, fields) == signature(TOKEN, text, [])
    assert WhatsApp(ACCESS).verify(update(fields))


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", "Body=ä".encode(), b"Body=%ff", b"&".join(b"a%d=1" % n for n in range(400)), b'{"Body": "hei"}'],
    ids=["bytes", "not encoded", "not UTF-8", "too many", "JSON"],
)
def test_what_is_no_form_is_not_twilios(body: bytes) -> None:
    made = request("/webhooks/whatsapp/webhook", body, headers={"X-Twilio-Signature": base64.b64encode(b"1").decode()})
    assert not WhatsApp(ACCESS).verify(made)


@pytest.mark.parametrize("addition", [b"&\xff", "&a=ä".encode(), b"&a=%ff", b"&a=1" * 400])
def test_what_is_no_form_cannot_be_read(addition: bytes) -> None:
    made = update(TEXT)
    made.body += addition
    with pytest.raises(UnreadableUpdateError):
        WhatsApp(ACCESS).parse(made)


def test_a_text() -> None:
    assert parsed() == [Incoming(CUSTOMER, SID, text="hei, paljonko oleskelulupa maksaa?")]


def test_a_text_keeps_its_lines_and_signs() -> None:
    assert parsed(Body=" yksi & kaksi\nkolme + neljä 😀 ")[0].text == " yksi & kaksi\nkolme + neljä 😀 "


def test_the_name_of_the_profile_is_not_taken() -> None:
    assert "Kanarialainen" not in str([dataclasses.asdict(incoming) for incoming in parsed()])


def test_the_answer_to_an_older_message_is_a_text() -> None:
    assert parsed(OriginalRepliedMessageSid="SM1", OriginalRepliedMessageSender=SERVICE) == parsed()


def test_a_customer_without_a_visible_number() -> None:
    assert parsed(From="whatsapp:FI.13491208655302741918")[0].address == "whatsapp:FI.13491208655302741918"


@pytest.mark.parametrize(
    "changes",
    [
        {"To": "whatsapp:+358409999999"},
        {"To": "+358401234567"},
        {"To": None},
        {"SmsStatus": "delivered", "MessageStatus": "delivered"},
        {"SmsStatus": "read", "MessageStatus": "read", "From": SERVICE, "To": CUSTOMER},
        {"SmsStatus": None, "MessageStatus": "failed"},
        {"SmsStatus": "sent"},
        {"MessageType": "reaction", "Body": "👍"},
    ],
    ids=["another number", "not WhatsApp", "no number", "delivered", "read", "failed", "sent", "reaction"],
)
def test_what_needs_no_answer(changes: dict[str, str | None]) -> None:
    assert parsed(**changes) == []


@pytest.mark.parametrize(
    "changes",
    [{"From": None}, {"From": "+358457396128"}, {"From": "whatsapp:"}, {"From": "whatsapp:a b"}, {"MessageSid": None}],
    ids=["no sender", "not WhatsApp", "no number", "no address", "no id"],
)
def test_an_update_that_cannot_be_read(changes: dict[str, str | None]) -> None:
    with pytest.raises(UnreadableUpdateError) as error:
        parsed(**changes)
    assert "358" not in str(error.value)


MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM0/Media/ME0"
CAPTION: dict[str, str | None] = {"Body": "kuvateksti"}
REFUSED: dict[str, dict[str, str | None]] = {
    "photo": {"MessageType": "image", "NumMedia": "1", "MediaContentType0": "image/jpeg", "MediaUrl0": MEDIA},
    "photo without a type": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "image/png"},
    "video": {"MessageType": "video", "NumMedia": "1", "MediaContentType0": "video/mp4", "MediaUrl0": MEDIA},
    "video without a type": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "video/mp4"},
    "voice": {"MessageType": "audio", "NumMedia": "1", "MediaContentType0": "audio/ogg", "MediaUrl0": MEDIA},
    "voice without a type": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "audio/ogg; codecs=opus"},
    "file": {"MessageType": "document", "NumMedia": "1", "MediaContentType0": "application/pdf", "MediaUrl0": MEDIA},
    "file without a type": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "application/pdf"},
    "file of no kind": {"MessageType": None, "NumMedia": None, "MediaUrl0": MEDIA},
    "sticker": {"MessageType": "sticker", "NumMedia": "1", "MediaContentType0": "image/webp", "MediaUrl0": MEDIA},
    "sticker without a type": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "image/webp"},
    "contact": {"MessageType": "contacts", "NumMedia": "1", "MediaContentType0": "text/vcard", "MediaUrl0": MEDIA},
    "contact without a type": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "text/x-vcard"},
    "contact with letters": {"MessageType": None, "NumMedia": "1", "MediaContentType0": "text/vcard; charset=utf-8"},
    "location": {"MessageType": "location", "Latitude": "60.1699", "Longitude": "24.9384", "Label": "Koti"},
    "location without a type": {"MessageType": None, "Latitude": "60.1699", "Longitude": "24.9384"},
    "other without words": {"MessageType": "unsupported", "Body": ""},
    "other of spaces": {"Body": " \n"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_comes_without_its_content(name: str) -> None:
    expected = Incoming(CUSTOMER, SID, refused=name.partition(" ")[0])
    assert parsed(**{**CAPTION, **REFUSED[name]}) == [expected]


def test_a_pressed_button_of_ours() -> None:
    expected = Incoming(CUSTOMER, SID, text="Lahjat", choice="/customs_gift")
    assert parsed(MessageType="button", ButtonText="Lahjat", ButtonPayload="/customs_gift", Body="x") == [expected]


def test_a_button_of_another_service_is_what_it_shows() -> None:
    expected = Incoming(CUSTOMER, SID, text="Vahvista")
    assert parsed(MessageType="button", ButtonText="Vahvista", ButtonPayload='{"id": 7}', Body="x") == [expected]


def test_a_chosen_row_of_a_list() -> None:
    expected = Incoming(CUSTOMER, SID, text="Kyllä", choice="=Kyllä")
    assert parsed(MessageType="interactive", ListTitle="Kyllä", ListId="=Kyllä", Body="x") == [expected]


def test_the_first_of_repeated_parameters_counts() -> None:
    fields = [*TEXT.items(), ("Body", "toinen"), ("From", "whatsapp:+358000000000")]
    assert WhatsApp(ACCESS).parse(update(fields)) == parsed()


def test_the_webhook_is_answered_with_empty_twiml() -> None:
    answer = WhatsApp(ACCESS).acknowledge()
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert answer.body == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def test_the_channel_is_opened_with_what_the_environment_says() -> None:
    environment = {
        "LUOTSI_TWILIO_ACCOUNT": ACCESS.account,
        "LUOTSI_TWILIO_TOKEN": TOKEN,
        "LUOTSI_WHATSAPP_NUMBER": ACCESS.number,
        "LUOTSI_PUBLIC_URL": ACCESS.public_url,
    }
    assert WhatsAppInput.open_platform(environment).verify(update(TEXT))
    with pytest.raises(SettingsError, match="LUOTSI_WHATSAPP_NUMBER"):
        WhatsAppInput.open_platform({**environment, "LUOTSI_WHATSAPP_NUMBER": ""})


def test_messages_fit_twilios_limit() -> None:
    assert (WhatsApp.limits.max_characters, WhatsApp.limits.max_buttons) == (1_500, 0)


async def sent(*answers: tuple[int, object, dict[str, str]], parts: list[Part]) -> FakeApi:
    """The API after these parts were sent to it."""
    async with FakeApi(*answers) as api:
        platform = WhatsApp(dataclasses.replace(ACCESS, api=api.url))
        await platform.send(api.session, CUSTOMER, parts)
    return api


async def test_parts_are_sent_in_order() -> None:
    api = await sent((201, {}, {}), (201, {}, {}), parts=[Part("*Hei!* å & +"), Part("toinen")])
    assert [call.path for call in api.calls] == [f"/2010-04-01/Accounts/{ACCESS.account}/Messages.json"] * 2
    assert [urllib.parse.parse_qs(call.body.decode()) for call in api.calls] == [
        {"From": [SERVICE], "To": [CUSTOMER], "Body": ["*Hei!* å & +"]},
        {"From": [SERVICE], "To": [CUSTOMER], "Body": ["toinen"]},
    ]


async def test_the_account_is_shown_in_a_header() -> None:
    (call,) = (await sent((201, {}, {}), parts=[Part("Hei!")])).calls
    scheme, _, credentials = call.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(credentials).decode()) == ("Basic", f"{ACCESS.account}:{TOKEN}")
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert TOKEN not in call.path + call.query + call.body.decode()


def error(code: int) -> dict[str, object]:
    """Twilio's answer to a message that it does not send."""
    return {"code": code, "message": f"{CUSTOMER} cannot be reached", "status": 400}


@pytest.mark.parametrize(
    ("status", "document", "expected"),
    [
        (429, error(20429), TryAgainError),
        (429, "", TryAgainError),
        (400, error(20429), TryAgainError),
        (500, error(20500), TryAgainError),
        (503, "<html>", TryAgainError),
        (400, error(63016), GoneError),
        (400, error(21211), GoneError),
        (400, error(63003), GoneError),
        (400, error(63024), GoneError),
        (400, error(21610), GoneError),
        (401, error(20003), RefusedError),
        (403, error(20403), RefusedError),
        (400, error(21617), RefusedError),
        (302, "", RefusedError),
    ],
)
async def test_what_an_error_means(status: int, document: object, expected: type[DeliveryError]) -> None:
    with pytest.raises(expected) as raised:
        await sent((status, document, {}), parts=[Part("Hei!")])
    assert "358" not in str(raised.value)


async def test_the_time_that_twilio_asks_to_wait_is_told() -> None:
    with pytest.raises(TryAgainError) as raised:
        await sent((429, error(20429), {"Retry-After": "3"}), parts=[Part("Hei!")])
    assert raised.value.after == 3.0


async def test_nothing_is_sent_after_a_part_that_failed() -> None:
    async with FakeApi((500, "", {})) as api:
        with pytest.raises(TryAgainError):
            await WhatsApp(dataclasses.replace(ACCESS, api=api.url)).send(api.session, CUSTOMER, [Part("a"), Part("b")])
    assert len(api.calls) == 1
