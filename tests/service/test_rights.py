"""The rights of the data subject over HTTP: notice, consent, seeing, deleting, and not being stored."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from tests.service.product import Answer, Customer, Product, free_port, request

pytestmark = pytest.mark.service

CANARY = "kanarialintu"
SLOW_SECONDS = 2.0


def _call(
    customer: Customer, method: str, path: str = "conversation", body: object = None, *, token: str | None = None
) -> Answer:
    return request(method, f"{customer.product.address}/chat/api/{path}", body, token=token or customer.token)


def _delete(customer: Customer, *, token: str | None = None) -> Answer:
    return _call(customer, "DELETE", body={"confirm": True}, token=token)


def _stop_storing(customer: Customer) -> Answer:
    """Go on without storing, with the new token."""
    answer = _call(customer, "POST", "conversation/do-not-store", {})
    if answer.status == 200:
        customer.token = answer.json["session"]
    return answer


def _rows(product: Product, *tables: str) -> int:
    with sqlite3.connect(product.database) as connection:
        return sum(connection.execute(f"select count(*) from {table}").fetchone()[0] for table in tables)


def _files(product: Product) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in product.folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def own_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose files these tests look into; each leaves nothing stored."""
    running = Product(tmp_path_factory.mktemp("rights"), actions=False).start()
    yield running
    running.stop()


# ------------------------------------------------------------------------------------------------------------ notice


@pytest.mark.parametrize(
    ("language", "title"), [("fi", "Luotsin tietosuojaseloste"), ("en", "Privacy notice of Luotsi")]
)
def test_the_notice_is_the_same_in_the_chat_and_on_its_page(product: Product, language: str, title: str) -> None:
    notice = request("GET", f"{product.address}/chat/api/notice?language={language}").json
    page = request("GET", f"{product.address}/chat/privacy?lang={language}")

    assert (notice["title"], notice["mode"]) == (title, "notice")
    assert notice["short"] and notice["consent"]
    assert all(set(section) == {"id", "heading", "paragraphs"} for section in notice["sections"])
    text = page.body.decode()
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert all(f">{section['heading']}</h2>" in text for section in notice["sections"])
    assert notice["version"] in text


def test_the_notice_comes_in_the_language_of_the_browser(product: Product) -> None:
    url = f"{product.address}/chat/api/notice"

    assert request("GET", url, headers={"Accept-Language": "en"}).json["title"] == "Privacy notice of Luotsi"
    assert request("GET", url, headers={"Accept-Language": "sv"}).json["title"] == "Luotsin tietosuojaseloste"


def test_the_version_in_force_is_kept_with_the_conversation(product: Product) -> None:
    customer = product.customer()
    version = request("GET", f"{product.address}/chat/api/notice").json["version"]

    document = _call(customer, "GET").json

    assert document["notice_version"] == version
    assert document["consented_at"] is None


# ----------------------------------------------------------------------------------------------------------- consent


@pytest.fixture(scope="module")
def opt_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(
        tmp_path_factory.mktemp("opt-in"), actions=False, environment={"LUOTSI_CONSENT_MODE": "opt-in"}
    ).start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"consent": True},
        {"consent": False, "notice_version": "current"},
        {"notice_version": "current"},
        {"consent": True, "notice_version": "2020-01-01.00000000"},
    ],
)
def test_without_consent_to_the_current_notice_nothing_begins(opt_in: Product, body: dict[str, Any]) -> None:
    version = request("GET", f"{opt_in.address}/chat/api/notice").json["version"]
    sent = {"language": "en", **body}
    if sent.get("notice_version") == "current":
        sent["notice_version"] = version
    before = _rows(opt_in, "conversations")

    answer = request("POST", f"{opt_in.address}/chat/api/sessions", sent, headers={"Accept-Language": "en"})

    assert (answer.status, answer.json["error"]["code"]) == (403, "consent_required")
    assert "agreed" in answer.json["error"]["message"]
    assert _rows(opt_in, "conversations") == before


def test_consent_opens_the_conversation_and_is_kept_with_it(opt_in: Product) -> None:
    notice = request("GET", f"{opt_in.address}/chat/api/notice").json
    body = {"language": "fi", "notice_version": notice["version"], "consent": True}

    opened = request("POST", f"{opt_in.address}/chat/api/sessions", body)
    document = request("GET", f"{opt_in.address}/chat/api/conversation", token=opened.json["session"]).json

    assert (opened.status, notice["mode"], opened.json["stored"]) == (201, "opt-in", True)
    assert document["notice_version"] == notice["version"]
    consented = datetime.datetime.fromisoformat(document["consented_at"])
    assert abs(datetime.datetime.now(datetime.timezone.utc) - consented) < datetime.timedelta(minutes=1)


def _opened(product: Product) -> Customer:
    """Return a customer who consented."""
    version = request("GET", f"{product.address}/chat/api/notice").json["version"]
    body = {"language": "fi", "notice_version": version, "consent": True}
    customer = Customer.__new__(Customer)
    customer.product = product
    customer.token = request("POST", f"{product.address}/chat/api/sessions", body).json["session"]
    return customer


def test_deleting_withdraws_consent(opt_in: Product) -> None:
    customer = _opened(opt_in)
    customer.say("paljonko oleskelulupa maksaa")
    _delete(customer)

    answer = customer.send("paljonko oleskelulupa maksaa")

    assert (answer.status, answer.json["error"]["code"]) == (403, "consent_required")
    assert customer.transcript() == []


def test_what_is_not_stored_needs_no_consent(opt_in: Product) -> None:
    customer = _opened(opt_in)
    _stop_storing(customer)

    assert customer.send("paljonko oleskelulupa maksaa").status == 200


@pytest.mark.parametrize(
    "body", [{"notice_version": 5}, {"consent": "yes"}, {"consent": None}, {"notice_version": ["x"], "consent": True}]
)
def test_consent_of_another_shape_is_refused(product: Product, body: dict[str, Any]) -> None:
    answer = request("POST", f"{product.address}/chat/api/sessions", {"language": "fi", **body})

    assert (answer.status, answer.json["error"]["code"]) == (400, "invalid_request")


# ------------------------------------------------------------------------------------------------------------ told once


def test_the_customer_is_told_once_what_was_removed(product: Product) -> None:
    customer = product.customer("en")
    first_id = uuid.uuid4().hex
    assert customer.send("how much is a permit").json["notice"] is None

    first = customer.send("call me 040 123 4567 how much is a permit", message_id=first_id).json
    second = customer.send("my code is 131052-951T how much is a permit").json
    again = customer.send("call me 040 123 4567 how much is a permit", message_id=first_id).json

    assert first["notice"] == ("I removed what looked like a phone number from your message; you do not need it here.")
    assert second["masked"] == ["FI_PERSONAL_IDENTITY_CODE"]
    assert second["notice"] is None
    assert again["notice"] == first["notice"]
    told = [message["notice"] for message in customer.transcript() if message["notice"]]
    assert told == [first["notice"]]


def test_a_retry_after_a_restart_is_told_the_same(own_product: Product) -> None:
    customer = own_product.customer("fi")
    message_id = uuid.uuid4().hex
    first = customer.send("soita 040 123 4567 paljonko lupa maksaa", message_id=message_id).json
    own_product.stop()
    own_product.start()

    again = customer.send("soita 040 123 4567 paljonko lupa maksaa", message_id=message_id).json
    _delete(customer)

    assert again == first
    assert first["notice"]


# ------------------------------------------------------------------------------------------- several messages, one text


def test_a_person_has_one_number_in_a_conversation_and_it_is_kept_as_shown(own_product: Product) -> None:
    customer = own_product.customer("fi")
    texts = ["nimeni on Aino Kettula", "siis olen Aino Kettula", "vaimoni nimi on Liisa Virtanen"]

    shown = [customer.send(text).json["text"] for text in texts]
    own_product.stop()
    own_product.start()
    kept = [message["text"] for message in customer.transcript() if message["from"] == "customer"]
    later = customer.send("ystäväni nimi on Matti Meikäläinen").json["text"]
    _delete(customer)

    assert shown == ["nimeni on [NAME_1]", "siis olen [NAME_1]", "vaimoni nimi on [NAME_2]"]
    assert kept == shown
    assert later == "ystäväni nimi on [NAME_3]"


def test_names_go_on_where_a_conversation_is_no_longer_stored(product: Product) -> None:
    customer = product.customer("fi")
    customer.send("nimeni on Aino Kettula")
    _stop_storing(customer)

    assert customer.send("siis olen Aino Kettula").json["text"] == "siis olen [NAME_1]"


# ------------------------------------------------------------------------------------------------------------ seeing


def test_a_customer_sees_everything_that_is_stored(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")

    answer = _call(customer, "GET")

    document = answer.json
    assert answer.headers["cache-control"] == "no-store"
    assert document["stored"] is True
    assert document["messages"] == customer.transcript()
    assert len(document["tables"]["events"]) > len(document["messages"])
    assert {name for name, rows in document["tables"].items() if rows} == {"conversations", "events"}
    expires = datetime.datetime.fromisoformat(document["expires_at"])
    left = expires - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=729) < left <= datetime.timedelta(days=730)


@pytest.mark.parametrize(
    ("language", "heading"),
    [("fi", "Mitä keskustelustasi on tallennettu"), ("en", "What is stored of your conversation")],
)
def test_the_readable_page_stands_alone(product: Product, language: str, heading: str) -> None:
    customer = product.customer("en")
    customer.say("what is ioss <script>alert(1)</script>")

    page = _call(customer, "GET", f"conversation?format=html&lang={language}")

    text = page.body.decode()
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert "script-src" not in page.headers["content-security-policy"]
    assert f'<html lang="{language}">' in text
    assert f"<h1>{heading}</h1>" in text
    assert "<script" not in text
    assert "what is ioss &lt;script&gt;" in text


def test_nobody_sees_a_conversation_without_its_token(product: Product) -> None:
    url = f"{product.address}/chat/api/conversation"
    for answer in (
        request("GET", url),
        request("GET", f"{url}?format=html"),
        request("DELETE", url, {"confirm": True}),
        request("POST", f"{url}/do-not-store", {}),
    ):
        assert (answer.status, answer.json["error"]["code"]) == (401, "unknown_session")


# ----------------------------------------------------------------------------------------------------------- deleting


@pytest.mark.parametrize("body", [None, {}, {"confirm": False}, {"confirm": "true"}, {"confirm": 1}])
def test_nothing_is_deleted_without_confirmation(product: Product, body: object) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")

    answer = _call(customer, "DELETE", body=body)

    assert (answer.status, answer.json["error"]["code"]) == (400, "confirmation_needed")
    assert len(customer.transcript()) == 3


def test_a_deleted_conversation_is_gone_from_every_place(own_product: Product) -> None:
    customer = own_product.customer("fi")
    customer.say(f"{CANARY} paljonko oleskelulupa maksaa")
    assert any(CANARY.encode() in content for content in _files(own_product).values())

    receipt = _delete(customer).json["receipt"]

    assert receipt["counts"]["messages"] == 3
    assert _rows(own_product, "conversations", "events") == 0
    assert [name for name, content in _files(own_product).items() if CANARY.encode() in content] == []
    assert customer.transcript() == []
    assert _call(customer, "GET").json["messages"] == []
    with sqlite3.connect(own_product.database) as connection:
        assert (receipt["code"],) in connection.execute("select receipt from erasures").fetchall()


def test_deleting_again_gives_the_same_receipt(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")

    assert _delete(customer).json == _delete(customer).json


def test_afterwards_the_same_token_starts_empty(product: Product) -> None:
    customer = product.customer("en")
    message_id = uuid.uuid4().hex
    customer.send("what is ioss", message_id=message_id)
    _delete(customer)

    assert customer.send("what is ioss", message_id=message_id).status == 200

    assert [message["text"] for message in customer.transcript() if message["from"] == "customer"] == ["what is ioss"]
    assert len(customer.transcript()) == 2


def test_others_keep_their_conversations(product: Product) -> None:
    customer, other = product.customer("en"), product.customer("en")
    other.say("what is ioss")

    _delete(customer)

    assert len(other.transcript()) == 3


class SlowActions:
    """An action server that takes its time."""

    def __init__(self) -> None:
        self.port = free_port()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._serve, daemon=True).start()
        assert self._started.wait(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/webhook", self._webhook)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self._started.set()

    async def _webhook(self, sent: web.Request) -> web.Response:
        await asyncio.sleep(SLOW_SECONDS)
        return web.json_response({"events": [], "responses": [{"text": "myöhässä"}]})


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    address = f"http://127.0.0.1:{SlowActions().port}/webhook"
    running = Product(
        tmp_path_factory.mktemp("slow"), environment={"LUOTSI_ACTIONS_URL": address}, actions=False
    ).start()
    yield running
    running.stop()


@pytest.mark.parametrize("wish", [_delete, _stop_storing])
def test_a_message_on_its_way_does_not_bring_the_conversation_back(slow: Product, wish: Any) -> None:
    customer = slow.customer("fi")
    before = Customer.__new__(Customer)
    before.product, before.token = slow, customer.token
    stored_before = _rows(slow, "events") - _events_of(slow, customer)

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        running = pool.submit(before.send, f"{CANARY} toista", payload="/repeat")
        time.sleep(SLOW_SECONDS / 4)
        deletion = pool.submit(wish, customer)
        time.sleep(SLOW_SECONDS / 4)
        waiting = pool.submit(before.send, f"{CANARY} paljonko lupa maksaa")

    assert deletion.result().status == 200
    assert (waiting.result().status, waiting.result().json["error"]["code"]) == (409, "conversation_deleted")
    assert running.result().status in (200, 409)
    assert _rows(slow, "events") == stored_before
    assert [name for name, content in _files(slow).items() if CANARY.encode() in content] == []


def _events_of(product: Product, customer: Customer) -> int:
    return len(_call(customer, "GET").json["tables"]["events"])


# -------------------------------------------------------------------------------------------------------- do not store


def test_an_unstored_conversation_goes_on_and_nothing_of_it_is_kept(own_product: Product) -> None:
    customer = own_product.customer("fi")
    old_token = customer.token
    customer.say(f"{CANARY} paljonko oleskelulupa maksaa")
    before = customer.transcript()

    answer = _stop_storing(customer).json
    customer.say(f"{CANARY} onko lahja tullivapaa")

    assert answer["stored"] is False
    assert answer["receipt"]["counts"]["messages"] == 3
    assert customer.transcript()[:3] == before
    assert len(customer.transcript()) == 5
    assert _rows(own_product, "conversations", "events") == 0
    assert [name for name, content in _files(own_product).items() if CANARY.encode() in content] == []
    document = _call(customer, "GET").json
    assert (document["stored"], document["expires_at"], len(document["messages"])) == (False, None, 5)
    assert _call(customer, "GET", "messages", token=old_token).json["messages"] == []


def test_a_restart_does_not_make_it_a_stored_one(own_product: Product) -> None:
    customer = own_product.customer("fi")
    _stop_storing(customer)
    customer.say(f"{CANARY} paljonko oleskelulupa maksaa")
    own_product.stop()
    own_product.start()

    assert customer.transcript() == []
    customer.say(f"{CANARY} onko lahja tullivapaa")

    assert len(customer.transcript()) == 2
    assert _rows(own_product, "conversations", "events") == 0
    assert [name for name, content in _files(own_product).items() if CANARY.encode() in content] == []


def test_asking_twice_changes_nothing(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")
    first = _stop_storing(customer).json

    second = _stop_storing(customer).json

    assert second == {**first, "receipt": None}
    assert len(customer.transcript()) == 3


def test_a_lost_answer_can_be_asked_for_again(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")
    lost = _call(customer, "POST", "conversation/do-not-store", {}).json

    again = _stop_storing(customer).json

    assert again["receipt"] == lost["receipt"]
    assert len(customer.transcript()) == 3


def test_an_unstored_conversation_can_be_deleted(product: Product) -> None:
    customer = product.customer("en")
    _stop_storing(customer)
    customer.say("what is ioss")

    receipt = _delete(customer).json["receipt"]

    assert receipt["counts"]["messages"] == 3
    assert customer.transcript() == []


# --------------------------------------------------------------------------------------------------- wishes in the chat


@pytest.mark.parametrize(
    ("language", "wish", "action"),
    [
        ("fi", "poista tämä keskustelu", "delete"),
        ("en", "please delete this conversation", "delete"),
        ("fi", "näytä mitä olet tallentanut minusta", "show_stored"),
        ("en", "show me what you have stored about me", "show_stored"),
        ("fi", "en halua että tätä tallennetaan", "do_not_store"),
        ("en", "do not save this conversation", "do_not_store"),
        ("fi", "missä teidän tietosuojaseloste on", "show_notice"),
        ("en", "where is your privacy notice", "show_notice"),
        ("fi", "miten saan yhteyden rekisterinpitäjään", "show_notice"),
        ("en", "how can i contact the data protection officer", "show_notice"),
    ],
)
def test_a_wish_in_the_chat_opens_the_right_dialog(product: Product, language: str, wish: str, action: str) -> None:
    customer = product.customer(language)

    (message,) = customer.say(wish)

    assert message["action"] == action
    assert message["language"] == language
    assert customer.transcript()[-1]["action"] == action


def test_an_ordinary_answer_offers_no_dialog(product: Product) -> None:
    assert product.customer("en").say("what is ioss")[0]["action"] is None
