"""WhatsApp from Twilio's request to Twilio's interface, with a running server."""

from __future__ import annotations

import concurrent.futures
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.channels.messaging.texts import say
from tests.service.messaging.conftest import PUBLIC_URL, messaging_product
from tests.service.messaging.fake_twilio import WEBHOOK, FakeTwilio, WhatsAppCustomer, signature
from tests.service.messaging.platforms import Trouble
from tests.service.messaging.recording import RecordedActions, holding, rows, sinks
from tests.service.product import Product, request

pytestmark = pytest.mark.service

CHANNEL = "whatsapp.WhatsAppInput"
QUESTION = "miten haen jatkolupaa?"
TABLES = ("events", "conversations", "reply_addresses", "channel_deliveries")


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeTwilio]:
    fake = FakeTwilio()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def actions() -> Iterator[RecordedActions]:
    recorder = RecordedActions()
    yield recorder
    recorder.close()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, twilio: FakeTwilio, actions: RecordedActions
) -> Iterator[Product]:
    environment = {
        **twilio.environment(),
        "LUOTSI_ACTIONS_URL": actions.address,
        "LUOTSI_LOG_LEVEL": "DEBUG",
        "LUOTSI_RATE_CONVERSATION_MINUTE": "1000",
    }
    with messaging_product(tmp_path_factory.mktemp("whatsapp"), CHANNEL, environment=environment) as running:
        actions.target = f"http://127.0.0.1:{running.actions_port}/webhook"
        yield running


@pytest.fixture
def customer(service: Product, twilio: FakeTwilio) -> Iterator[WhatsAppCustomer]:
    yield WhatsAppCustomer(service.address, twilio)
    assert twilio.refused == []


def test_the_answer_comes_after_the_notice(customer: WhatsAppCustomer) -> None:
    notice, *answer = customer.say(QUESTION)
    assert f"{PUBLIC_URL}/chat/privacy?lang=fi" in notice
    assert f"{PUBLIC_URL}/chat/privacy?lang=en" in notice
    assert "Hae jatkolupaa" in answer[0]
    assert "migri.fi" in answer[-1]


def test_an_english_question_gets_an_english_answer(customer: WhatsAppCustomer) -> None:
    *_, answer = customer.say("how do i declare a parcel from china")
    assert "Source:" in answer
    assert "Answer with a number:" in answer


def test_the_webhook_is_answered_with_empty_twiml(customer: WhatsAppCustomer) -> None:
    answer = customer.deliver(customer.fields(Body=QUESTION))
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.body == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


@pytest.mark.parametrize("shown", ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "not base64"])
def test_what_twilio_did_not_sign_is_refused(service: Product, customer: WhatsAppCustomer, shown: str) -> None:
    before = [rows(service, table) for table in TABLES]
    assert customer.deliver(customer.fields(Body=QUESTION), shown=shown).status == 403
    assert [rows(service, table) for table in TABLES] == before
    assert customer.received() == []


def test_what_was_signed_for_another_address_is_refused(
    service: Product, twilio: FakeTwilio, customer: WhatsAppCustomer
) -> None:
    fields = customer.fields(Body=QUESTION)
    signed = signature(f"{service.address}{WEBHOOK}", list(fields.items()), twilio.token)
    headers = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": service.address.partition("//")[2]}
    assert customer.deliver(fields, shown=signed, headers=headers).status == 403


def test_a_changed_message_is_refused(service: Product, twilio: FakeTwilio, customer: WhatsAppCustomer) -> None:
    fields = customer.fields(Body=QUESTION)
    signed = signature(f"{PUBLIC_URL}{WEBHOOK}", list(fields.items()), twilio.token)
    assert customer.deliver({**fields, "From": "whatsapp:+358457390000"}, shown=signed).status == 403


def test_the_webhook_is_asked_with_post_only(service: Product) -> None:
    assert request("GET", f"{service.address}{WEBHOOK}").status == 405


def test_a_body_that_is_too_large_is_refused(customer: WhatsAppCustomer) -> None:
    assert customer.deliver(customer.fields(Body="a" * 300_000)).status == 413


def test_a_repeated_delivery_is_answered_once(customer: WhatsAppCustomer) -> None:
    fields = customer.fields(Body=QUESTION)
    assert len(customer.send(fields)) >= 2
    assert customer.send(fields) == []


def test_deliveries_at_the_same_time_are_answered_once(customer: WhatsAppCustomer) -> None:
    fields = customer.fields(Body=QUESTION)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: customer.deliver(fields), range(3))]
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert len([text for text in customer.received() if "Hae jatkolupaa" in text]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"To": "whatsapp:+358409999999"},
        {"SmsStatus": "delivered", "MessageStatus": "delivered"},
        {"MessageType": "reaction", "Body": "👍"},
        {"From": None},
    ],
    ids=["another number", "receipt", "reaction", "no sender"],
)
def test_what_needs_no_answer_gets_none(
    service: Product, customer: WhatsAppCustomer, changes: dict[str, str | None]
) -> None:
    before = [rows(service, table) for table in TABLES]
    assert customer.send(customer.fields(**changes)) == []
    assert [rows(service, table) for table in TABLES] == before


MEDIA = {
    "photo": ("image/jpeg", "image"),
    "file": ("application/pdf", "document"),
    "voice": ("audio/ogg", "audio"),
    "video": ("video/mp4", "video"),
    "sticker": ("image/webp", "sticker"),
    "contact": ("text/vcard", "contacts"),
}
LOCATION = {"MessageType": "location", "Latitude": "60.169916", "Longitude": "24.938446", "Address": "Kanariankuja 7"}


def test_files_and_places_are_refused_in_the_language_of_the_customer(
    service: Product, twilio: FakeTwilio, customer: WhatsAppCustomer
) -> None:
    customer.say("how do i declare a parcel from china")
    before = rows(service, "events")
    for kind, (content_type, message_type) in MEDIA.items():
        sent = customer.send(customer.media(content_type, message_type=message_type, caption="hetuni on 131052-951T"))
        assert sent == [say(f"refused_{kind}", "en")]
    assert customer.send(customer.fields(**LOCATION)) == [say("refused_location", "en")]
    assert twilio.refused == [], "something but messages was asked for"
    assert rows(service, "events") == before


def test_a_file_as_the_first_message_is_refused_and_nothing_is_kept(
    service: Product, customer: WhatsAppCustomer
) -> None:
    before = [rows(service, table) for table in TABLES if table != "channel_deliveries"]
    assert customer.send(customer.media("image/jpeg", message_type="image")) == [say("refused_photo", "fi")]
    assert [rows(service, table) for table in TABLES if table != "channel_deliveries"] == before


def test_long_answers_come_in_several_messages(customer: WhatsAppCustomer) -> None:
    for question in (QUESTION, "paljonko tullia maksan?", "voinko matkustaa hakemuksen käsittelyn aikana?"):
        customer.say(question)
    shown = customer.say("omat tietoni")
    assert len(shown) >= 2
    assert "miten haen jatkolupaa?" in "\n".join(shown)
    assert "käsittelyn aikana?" in "\n".join(shown)


def test_a_choice_is_made_with_its_number(customer: WhatsAppCustomer) -> None:
    *_, answer = customer.say("oleskelulupa")
    choices = dict(re.findall(r"^(\d+)\. (.+)$", answer.partition("Vastaa numerolla:")[2], re.MULTILINE))
    number = next(number for number, title in choices.items() if title == "Jatkoluvan hakeminen")
    assert customer.say(number)[0].startswith("Hae jatkolupaa")


def test_a_busy_platform_is_asked_again(twilio: FakeTwilio, customer: WhatsAppCustomer) -> None:
    twilio.next_answers(
        Trouble(429, {"code": 20429, "message": "Too Many Requests", "status": 429}, {"Retry-After": "1"}),
        Trouble(503, {}),
    )
    notice, *answer = customer.say(QUESTION)
    assert "/chat/privacy" in notice
    assert len([text for text in answer if text.startswith("Hae jatkolupaa")]) == 1


def test_twilio_does_not_wait_while_its_own_interface_is_away(twilio: FakeTwilio, customer: WhatsAppCustomer) -> None:
    twilio.always_answer(Trouble(503, {}))
    try:
        begun = time.monotonic()
        assert customer.deliver(customer.fields(Body=QUESTION)).status == 200
        # Twilio gives up after 15 seconds.
        assert time.monotonic() - begun < 12
        assert customer.received() == []
    finally:
        twilio.always_answer(None)
    twilio.wait_for(lambda _: len(twilio.sent_to(customer.number)) >= 2, seconds=60)
    assert len([text for text in customer.received() if "Hae jatkolupaa" in text]) == 1


@pytest.mark.parametrize("code", [63016, 21211, 63003, 21610])
def test_a_customer_who_is_gone_is_forgotten(
    service: Product, twilio: FakeTwilio, customer: WhatsAppCustomer, code: int
) -> None:
    before = rows(service, "reply_addresses")
    twilio.next_answers(Trouble(400, {"code": code, "message": customer.number, "status": 400}))
    assert customer.send(customer.fields(Body=QUESTION)) == []
    assert rows(service, "reply_addresses") == before
    before_it = len(twilio.sent_to(customer.number))
    customer.say(QUESTION)
    # Also when the server is slow and answers the webhook first.
    twilio.wait_for(lambda _: len(twilio.sent_to(customer.number)) > before_it, seconds=60)


def test_refused_credentials_end_the_attempt(twilio: FakeTwilio, customer: WhatsAppCustomer) -> None:
    twilio.next_answers(Trouble(401, {"code": 20003, "message": "Authenticate", "status": 401}))
    assert customer.send(customer.fields(Body=QUESTION)) == []
    assert customer.say(QUESTION) != []


def test_the_conversation_is_deleted_when_the_customer_wants_it(service: Product, customer: WhatsAppCustomer) -> None:
    customer.say(QUESTION)
    before = rows(service, "reply_addresses")
    (question,) = customer.say("poista tietoni")
    assert "Poista kaikki" in question
    (receipt,) = customer.say("poista kaikki")
    assert re.search(r"[B-Z]{4}-[B-Z]{4}-[B-Z]{4}", receipt)
    assert rows(service, "reply_addresses") == before - 1


RAW = {
    "identity code": "131052-951T",
    "e-mail": "kanarialintu.testi@elisanet.fi",
    "IBAN": "FI21 1234 5600 0007 85",
    "name after a cue": "Kanariala",
    "caption": "kuvatekstikanaria",
    "place": "60.169916",
    "address": "Kanariankuja 7",
}


@pytest.fixture(scope="module")
def canaries(service: Product, twilio: FakeTwilio) -> WhatsAppCustomer:
    """Somebody who sent canaries in every way that there is, and came to the end of every dialogue."""
    customer = WhatsAppCustomer(service.address, twilio, profile="Aleksi Kanarialainen")
    customer.say(f"hei hetuni on {RAW['identity code']} paljonko oleskelulupa maksaa")
    customer.say(f"my e-mail is {RAW['e-mail']} how do i declare a parcel")
    customer.say(f"tilini on {RAW['IBAN']}")
    customer.say(f"nimeni on Aleksi {RAW['name after a cue']}")
    customer.send(customer.media("image/jpeg", message_type="image", caption=RAW["caption"]))
    customer.send(customer.fields(**{**LOCATION, "Address": RAW["address"], "Latitude": RAW["place"]}))
    customer.deliver(customer.fields(Body=RAW["caption"]), shown="forged")
    customer.deliver(customer.fields(From=None, Body=RAW["caption"]))
    twilio.next_answers(Trouble(500, {"message": customer.number}), Trouble(400, {"code": 63016}))
    customer.say("oleskelulupa")
    customer.say("laske arvio maksuista")
    customer.say("1")
    customer.say("kaksi paitaa 60 euroa, numeroni on " + customer.number)
    customer.say("omat tietoni")
    return customer


@pytest.mark.parametrize("name", RAW)
def test_nothing_that_a_customer_wrote_is_kept_as_it_was(
    service: Product, actions: RecordedActions, canaries: WhatsAppCustomer, name: str
) -> None:
    assert holding(sinks(service, actions), {RAW[name], RAW[name].replace(" ", "")}) == []


def test_the_number_the_name_and_the_ids_of_messages_are_kept_nowhere(
    service: Product, actions: RecordedActions, canaries: WhatsAppCustomer
) -> None:
    digits = canaries.number.lstrip("+")
    national = f"0{digits.removeprefix('358')}"
    found = sinks(service, actions)
    assert holding(found, {digits, national, digits.removeprefix("358")}) == []
    assert holding(found, {"Kanarialainen"}) == []
    assert holding(found, set(canaries.sids)) == []


def test_the_secrets_are_kept_nowhere(
    service: Product, actions: RecordedActions, canaries: WhatsAppCustomer, twilio: FakeTwilio
) -> None:
    assert holding(sinks(service, actions), {twilio.token, twilio.account}) == []


def test_the_sinks_were_really_written(service: Product, actions: RecordedActions, canaries: WhatsAppCustomer) -> None:
    found = sinks(service, actions)
    assert {"luotsi.sqlite", "server.log", "actions.log", "action payloads", "rows"} <= found.keys()
    assert holding(found, {"FI_PERSONAL_IDENTITY_CODE"}) != []
    assert len(actions.payloads) >= 2
    assert b"whatsapp" in Path(service.log).read_bytes()
    assert rows(service, "reply_addresses") >= 1
    assert rows(service, "channel_deliveries") >= len(canaries.sids) - 2


def test_the_channel_needs_its_secrets(tmp_path: Path, twilio: FakeTwilio) -> None:
    environment = {**twilio.environment(), "LUOTSI_TWILIO_TOKEN": ""}
    with (
        pytest.raises(RuntimeError, match="LUOTSI_TWILIO_TOKEN is not set: set LUOTSI_TWILIO_TOKEN or"),
        messaging_product(tmp_path, CHANNEL, environment=environment, actions=False),
    ):
        pass
