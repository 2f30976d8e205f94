"""Messenger from Meta's request to Meta's interface, with a running server."""

from __future__ import annotations

import concurrent.futures
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.channels.messaging.texts import say
from tests.service.messaging.conftest import PUBLIC_URL, messaging_product
from tests.service.messaging.fake_messenger import WEBHOOK, FakeMessenger, MessengerCustomer, titles
from tests.service.messaging.platforms import Trouble
from tests.service.messaging.recording import RecordedActions, holding, rows, sinks
from tests.service.product import Answer, Product, request

pytestmark = pytest.mark.service

CHANNEL = "messenger.MessengerInput"
QUESTION = "miten haen jatkolupaa?"
TABLES = ("events", "conversations", "reply_addresses", "channel_deliveries")


@pytest.fixture(scope="module")
def meta() -> Iterator[FakeMessenger]:
    fake = FakeMessenger()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def actions() -> Iterator[RecordedActions]:
    recorder = RecordedActions()
    yield recorder
    recorder.close()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, meta: FakeMessenger, actions: RecordedActions
) -> Iterator[Product]:
    environment = {
        **meta.environment(),
        "LUOTSI_ACTIONS_URL": actions.address,
        "LUOTSI_LOG_LEVEL": "DEBUG",
        "LUOTSI_RATE_CONVERSATION_MINUTE": "1000",
    }
    with messaging_product(tmp_path_factory.mktemp("messenger"), CHANNEL, environment=environment) as running:
        actions.target = f"http://127.0.0.1:{running.actions_port}/webhook"
        yield running


@pytest.fixture
def customer(service: Product, meta: FakeMessenger) -> Iterator[MessengerCustomer]:
    yield MessengerCustomer(service.address, meta)
    assert meta.refused == []


def ask(service: Product, **changes: str) -> Answer:
    """Ask as Meta does when the address of the webhook is entered."""
    query = {"hub.mode": "subscribe", "hub.verify_token": FakeMessenger.verify_token, "hub.challenge": "1158201444"}
    return request("GET", f"{service.address}{WEBHOOK}?{urllib.parse.urlencode({**query, **changes})}")


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


def test_the_address_is_confirmed(service: Product) -> None:
    answer = ask(service)
    assert (answer.status, answer.body) == (200, b"1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changes",
    [{"hub.verify_token": "guessed"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": "<script>alert(1)</script>"}],
    ids=["token", "mode", "challenge"],
)
def test_the_address_is_not_confirmed_to_others(service: Product, changes: dict[str, str]) -> None:
    answer = ask(service, **changes)
    assert (answer.status, answer.body) == (403, b"")


def test_the_answer_comes_after_the_notice(customer: MessengerCustomer) -> None:
    notice, *answer = texts(customer.say(QUESTION))
    assert f"{PUBLIC_URL}/chat/privacy?lang=fi" in notice
    assert f"{PUBLIC_URL}/chat/privacy?lang=en" in notice
    assert "Hae jatkolupaa" in answer[0]
    assert "migri.fi" in answer[-1]


def test_the_button_that_begins_a_conversation(customer: MessengerCustomer) -> None:
    notice, opening = customer.send(
        customer.event(postback={"mid": "m_start", "title": "Get Started", "payload": "GET_STARTED"})
    )
    assert "/chat/privacy" in notice["text"]
    assert titles(opening) != []


def test_the_customer_sees_that_an_answer_is_being_written(meta: FakeMessenger, customer: MessengerCustomer) -> None:
    customer.say(QUESTION)
    assert meta.actions_for(customer.id) == ["mark_seen", "typing_on"]


def test_an_english_question_gets_an_english_answer(customer: MessengerCustomer) -> None:
    *_, answer = texts(customer.say("how do i declare a parcel from china"))
    assert "Source:" in answer


@pytest.mark.parametrize("shown", ["", f"sha256={'0' * 64}", "sha1=0123456789"])
def test_what_meta_did_not_sign_is_refused(service: Product, customer: MessengerCustomer, shown: str) -> None:
    before = [rows(service, table) for table in TABLES]
    assert customer.deliver(customer.message(text=QUESTION), shown=shown).status == 403
    assert [rows(service, table) for table in TABLES] == before
    assert customer.received() == []


def test_a_repeated_delivery_is_answered_once(customer: MessengerCustomer) -> None:
    event = customer.message(text=QUESTION)
    assert len(customer.send(event)) >= 2
    assert customer.send(event) == []


def test_deliveries_at_the_same_time_are_answered_once(customer: MessengerCustomer) -> None:
    event = customer.message(text=QUESTION)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: customer.deliver(event), range(3))]
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert len([text for text in texts(customer.received()) if "Hae jatkolupaa" in text]) == 1


def test_several_entries_are_all_answered(service: Product, meta: FakeMessenger, customer: MessengerCustomer) -> None:
    other = MessengerCustomer(service.address, meta)
    entries = [{"messaging": [customer.message(text=QUESTION)]}, {"messaging": [other.message(text=QUESTION)]}]
    assert customer.deliver(entries=entries).status == 200
    meta.wait_for(lambda _: bool(meta.sent_to(customer.id)[1:] and meta.sent_to(other.id)[1:]))
    assert any("Hae jatkolupaa" in text for text in texts(other.received()))
    assert any("Hae jatkolupaa" in text for text in texts(customer.received()))


def test_a_changed_message_is_answered_as_a_new_one(customer: MessengerCustomer) -> None:
    customer.say("oleskelulupa")
    edit = customer.event(message_edit={"mid": customer.mids[-1], "text": QUESTION, "num_edit": 1})
    assert any("Hae jatkolupaa" in text for text in texts(customer.send(edit)))
    assert customer.send(edit) == []


IGNORED: dict[str, dict[str, Any]] = {
    "echo": {"message": {"mid": "m_echo", "text": "hei", "is_echo": True, "app_id": 1517776481860111}},
    "read": {"read": {"watermark": 1458668856253}},
    "delivery": {"delivery": {"mids": ["m_1"], "watermark": 1458668856253}},
    "reaction": {"reaction": {"mid": "m_1", "action": "react", "emoji": "👍", "reaction": "like"}},
    "referral": {"referral": {"ref": "campaign", "source": "SHORTLINK", "type": "OPEN_THREAD"}},
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_needs_no_answer_gets_none(service: Product, customer: MessengerCustomer, name: str) -> None:
    before = [rows(service, table) for table in TABLES]
    assert customer.send(customer.event(**IGNORED[name])) == []
    assert [rows(service, table) for table in TABLES] == before


def test_what_another_app_answers_is_left_to_it(service: Product, customer: MessengerCustomer) -> None:
    before = [rows(service, table) for table in TABLES]
    assert customer.deliver(entries=[{"standby": [customer.message(text=QUESTION)]}]).status == 200
    assert customer.received() == []
    assert [rows(service, table) for table in TABLES] == before


def test_files_and_places_are_refused_in_the_language_of_the_customer(
    service: Product, meta: FakeMessenger, customer: MessengerCustomer
) -> None:
    customer.say("how do i declare a parcel from china")
    before = rows(service, "events")
    sent = {
        "photo": customer.attachment("image", caption="hetuni on 131052-951T"),
        "voice": customer.attachment("audio"),
        "video": customer.attachment("video"),
        "file": customer.attachment("file"),
        "sticker": customer.attachment("image", sticker_id=369239263222822),
        "location": customer.attachment("location", coordinates={"lat": 60.169916, "long": 24.938446}),
    }
    for kind, event in sent.items():
        assert texts(customer.send(event)) == [say(f"refused_{kind}", "en")]
    assert meta.refused == [], "something but messages was asked for"
    assert rows(service, "events") == before


def test_long_answers_come_in_several_messages(customer: MessengerCustomer) -> None:
    for question in (QUESTION, "paljonko tullia maksan?", "voinko matkustaa hakemuksen käsittelyn aikana?"):
        customer.say(question)
    shown = texts(customer.say("omat tietoni"))
    assert len(shown) >= 2
    assert "miten haen jatkolupaa?" in "\n".join(shown)
    assert "käsittelyn aikana?" in "\n".join(shown)


def choices(answer: dict[str, Any]) -> dict[str, str]:
    """The numbers of the choices that stand in an answer, by their words."""
    listed = re.findall(r"^(\d+)\. (.+)$", answer["text"].partition("Vastaa numerolla:")[2], re.MULTILINE)
    return {title: number for number, title in listed}


def test_a_choice_is_made_with_its_button(customer: MessengerCustomer) -> None:
    *_, answer = customer.say("oleskelulupa")
    number = choices(answer)["Jatkoluvan hakeminen"]
    assert number in titles(answer)
    assert customer.press(number)[0]["text"].startswith("Hae jatkolupaa")


def test_a_choice_is_made_with_its_number(customer: MessengerCustomer) -> None:
    *_, answer = customer.say("oleskelulupa")
    assert customer.say(choices(answer)["Jatkoluvan hakeminen"])[0]["text"].startswith("Hae jatkolupaa")


def error(code: int, subcode: int | None = None) -> dict[str, Any]:
    return {"error": {"message": f"(#{code})", "type": "OAuthException", "code": code, "error_subcode": subcode}}


def test_a_busy_platform_is_asked_again(meta: FakeMessenger, customer: MessengerCustomer) -> None:
    meta.next_answers(Trouble(429, error(4), {"Retry-After": "1"}), Trouble(400, error(613)))
    notice, *answer = texts(customer.say(QUESTION))
    assert "/chat/privacy" in notice
    assert len([text for text in answer if text.startswith("Hae jatkolupaa")]) == 1


@pytest.mark.parametrize(("code", "subcode"), [(551, None), (10, 2018278), (100, 2018001)])
def test_a_customer_who_is_gone_is_forgotten(
    service: Product, meta: FakeMessenger, customer: MessengerCustomer, code: int, subcode: int | None
) -> None:
    before = rows(service, "reply_addresses")
    meta.next_answers(Trouble(400, error(code, subcode)))
    assert customer.send(customer.message(text=QUESTION)) == []
    assert rows(service, "reply_addresses") == before
    assert customer.say(QUESTION) != [], "the next message is answered"


def test_a_refused_token_ends_the_attempt(meta: FakeMessenger, customer: MessengerCustomer) -> None:
    meta.next_answers(Trouble(401, error(190)))
    assert customer.send(customer.message(text=QUESTION)) == []
    assert customer.say(QUESTION) != []


def test_the_conversation_is_deleted_when_the_customer_wants_it(service: Product, customer: MessengerCustomer) -> None:
    customer.say(QUESTION)
    before = rows(service, "reply_addresses")
    (question,) = customer.say("poista tietoni")
    assert titles(question) == ["Poista kaikki", "Älä poista"]
    (receipt,) = customer.press("Poista kaikki")
    assert re.search(r"[B-Z]{4}-[B-Z]{4}-[B-Z]{4}", receipt["text"])
    assert rows(service, "reply_addresses") == before - 1


RAW = {
    "identity code": "131052-951T",
    "phone": "+358 45 7396 1285",
    "e-mail": "kanarialintu.testi@elisanet.fi",
    "name after a cue": "Kanariala",
    "caption": "kuvatekstikanaria",
    "place": "60.169916",
    "title of a button": "painikekanaria",
}


@pytest.fixture(scope="module")
def canaries(service: Product, meta: FakeMessenger) -> MessengerCustomer:
    """Somebody who sent canaries in every way that there is, and came to the end of every dialogue."""
    customer = MessengerCustomer(service.address, meta)
    customer.say(f"hei hetuni on {RAW['identity code']} paljonko oleskelulupa maksaa")
    customer.say(f"my phone is {RAW['phone']} how do i declare a parcel")
    customer.say(f"{RAW['e-mail']}")
    customer.say(f"nimeni on Aleksi {RAW['name after a cue']}")
    customer.send(customer.attachment("image", caption=RAW["caption"]))
    customer.send(customer.attachment("location", coordinates={"lat": float(RAW["place"]), "long": 24.938446}))
    customer.send(customer.event(message_edit={"mid": "m_e", "text": f"hetu {RAW['identity code']}", "num_edit": 1}))
    customer.send(customer.event(postback={"mid": "m_p", "title": RAW["phone"], "payload": "/customs_gift"}))
    customer.deliver(customer.message(text=RAW["caption"]), shown="sha256=forged")
    customer.deliver(entries=[{"standby": [customer.message(text=RAW["title of a button"])]}])
    meta.next_answers(Trouble(500, error(2)), Trouble(400, error(551)))
    customer.say("oleskelulupa")
    customer.say("laske arvio maksuista")
    customer.say("1")
    customer.say(f"kaksi paitaa 60 euroa, numeroni on {RAW['phone']}")
    customer.say("omat tietoni")
    return customer


@pytest.mark.parametrize("name", RAW)
def test_nothing_that_a_customer_wrote_is_kept_as_it_was(
    service: Product, actions: RecordedActions, canaries: MessengerCustomer, name: str
) -> None:
    assert holding(sinks(service, actions), {RAW[name], RAW[name].replace(" ", "")}) == []


def test_the_page_scoped_id_and_the_ids_of_messages_are_kept_nowhere(
    service: Product, actions: RecordedActions, canaries: MessengerCustomer
) -> None:
    found = sinks(service, actions)
    assert holding(found, {canaries.id}) == []
    assert holding(found, set(canaries.mids)) == []


def test_the_secrets_are_kept_nowhere(
    service: Product, actions: RecordedActions, canaries: MessengerCustomer, meta: FakeMessenger
) -> None:
    assert holding(sinks(service, actions), {meta.app_secret, meta.page_token, meta.verify_token}) == []


def test_the_sinks_were_really_written(service: Product, actions: RecordedActions, canaries: MessengerCustomer) -> None:
    found = sinks(service, actions)
    assert {"luotsi.sqlite", "server.log", "actions.log", "action payloads", "rows"} <= found.keys()
    assert holding(found, {"FI_PERSONAL_IDENTITY_CODE"}) != []
    assert len(actions.payloads) >= 2
    assert b"messenger" in Path(service.log).read_bytes()
    assert rows(service, "reply_addresses") >= 1
    assert rows(service, "channel_deliveries") >= len(canaries.mids) - 2


def test_the_channel_needs_its_secrets(tmp_path: Path, meta: FakeMessenger) -> None:
    environment = {**meta.environment(), "LUOTSI_MESSENGER_APP_SECRET": ""}
    with (
        pytest.raises(RuntimeError, match="LUOTSI_MESSENGER_APP_SECRET is not set"),
        messaging_product(tmp_path, CHANNEL, environment=environment, actions=False),
    ):
        pass
