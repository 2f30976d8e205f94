"""The chat page in a real browser against the whole product, as a customer uses it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from components.channels.sessions import SessionIssuer
from tests.service.product import Product, request
from tests.widget import conftest as widget
from tests.widget.driver import ChatPage

pytestmark = [pytest.mark.service, pytest.mark.browser]

browser = widget.browser

PHONE, DESKTOP = (360, 740), (1280, 800)
QUESTIONS = {"fi": "paljonko oleskelulupa maksaa", "en": "how do i declare a parcel from china"}
NOT_THAT = {"fi": "en kysynyt sitä", "en": "that is not what i asked"}
NOTHING: dict[str, Any] = {"session": {}, "local": {}, "cookies": "", "databases": 0, "caches": 0}
KEY = "luotsi-session"

# The markup of page and component, what is typed, the address, and all that is kept on the device.
EVERYTHING = """
() => {
  const root = document.querySelector('luotsi-chat').shadowRoot;
  const typed = Array.from(root.querySelectorAll('textarea'), (field) => field.value);
  return JSON.stringify([
    document.documentElement.outerHTML, root.innerHTML, typed, document.title, location.href,
    {...sessionStorage}, {...localStorage}, document.cookie, history.state, window.name,
  ]);
}
"""


@dataclasses.dataclass
class Seen:
    """What the browser asked for and complained about, in all tabs of a test."""

    requests: list[str] = dataclasses.field(default_factory=list)
    complaints: list[str] = dataclasses.field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda sent: self.requests.append(sent.url))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def forgive_failed_requests(self) -> None:
        """Drop what Chromium itself notes about requests that a test lets fail."""
        self.complaints[:] = [text for text in self.complaints if not text.startswith("Failed to load resource")]


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Wait longer than the page's own tests do: a whole product answers here."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Fail the test when a page had an error or wrote one to the console."""
    seen = Seen()
    yield seen
    assert seen.complaints == []


@pytest.fixture
def context(browser: Browser, seen: Seen) -> Iterator[BrowserContext]:
    """A fresh Finnish browser profile at a phone's width."""
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="fi-FI", reduced_motion="reduce"
    )
    context.set_default_timeout(30_000)
    seen.watch(context)
    yield context
    context.close()


@pytest.fixture
def chat(context: BrowserContext, product: Product) -> ChatPage:
    """The product's page, not yet loaded."""
    return ChatPage(context.new_page(), product.address)


def session_of(chat: ChatPage) -> dict[str, Any]:
    """Return what the tab remembers of its conversation."""
    return cast("dict[str, Any]", json.loads(chat.stored()["session"][KEY]))


def age_session(chat: ChatPage, product: Product, age: datetime.timedelta) -> None:
    """Make the tab's session one that was issued so long ago; it stays the same conversation."""
    session = session_of(chat)
    issuer = SessionIssuer([product.environment["LUOTSI_SECRET_KEY"].encode()], datetime.timedelta(days=7))
    signer = issuer._current.make_signer(issuer._current.salt)
    signer.get_timestamp = lambda: int(time.time() - age.total_seconds())  # type: ignore[attr-defined]
    payload, _, _ = session["token"].rsplit(".", 2)
    session["token"] = signer.sign(payload).decode()
    chat.page.evaluate("([key, value]) => sessionStorage.setItem(key, value)", [KEY, json.dumps(session)])


def transcript(product: Product, token: str) -> list[dict[str, Any]]:
    """Return the conversation as the service keeps it."""
    answer = request("GET", f"{product.address}/chat/api/messages", token=token)
    assert answer.status == 200, answer.body
    return cast("list[dict[str, Any]]", answer.json["messages"])


def texts(messages: Locator) -> list[str]:
    """Return the words of messages, without sources and dates."""
    return messages.locator(".text").all_inner_texts()


def settle(chat: ChatPage) -> None:
    """Wait until the page was laid out and painted."""
    chat.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# --- Asking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "word", "source", "checked"),
    [
        ("fi", "verkossa", "migri.fi", r"Tarkistettu \d{1,2}\. \w+kuuta 20\d\d"),
        ("en", "declar", "tulli.fi", r"Checked on \d{1,2} [A-Z][a-z]+ 20\d\d"),
    ],
)
def test_an_answer_shows_its_source_and_date_in_the_language_of_the_question(
    chat: ChatPage, language: str, word: str, source: str, checked: str
) -> None:
    chat.language = language
    answer = chat.open().start().ask_and_wait(QUESTIONS[language])

    assert word in chat.last_answer().lower()
    expect(answer.locator(".text")).to_have_attribute("lang", language)
    sources = answer.locator(".references").filter(has_text=chat.text("sources"))
    expect(sources.get_by_role("link").first).to_have_attribute("href", re.compile(rf"^https://(www\.)?{source}/"))
    expect(answer.locator(".review")).to_contain_text(re.compile(checked))


def test_the_opening_is_read_from_its_beginning(chat: ChatPage) -> None:
    chat.open().start()
    settle(chat)

    expect(chat.answers.first.locator(".sender")).to_be_in_viewport(ratio=1)
    assert chat.page.locator(".log").evaluate("log => log.scrollTop") == 0


def test_a_follow_up_button_is_answered(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    first = chat.last_answer()
    title = chat.choices.first.inner_text()
    answer = chat.choose(title)

    assert texts(chat.questions) == [QUESTIONS["fi"], title]
    assert chat.last_answer() != first
    expect(answer.locator(".references a").first).to_be_visible()


@pytest.mark.parametrize(("language", "words"), [("fi", "Tarkoititko"), ("en", "Did you mean")])
def test_an_offered_topic_is_answered(chat: ChatPage, language: str, words: str) -> None:
    chat.language = language
    chat.open().start().ask_and_wait(QUESTIONS[language])
    offer = chat.ask_and_wait(NOT_THAT[language])
    expect(offer).to_contain_text(words)
    title = chat.choices.first.inner_text()
    answer = chat.choose(title)

    assert texts(chat.questions)[-1] == title
    expect(answer.locator(".references a").first).to_be_visible()
    expect(answer.locator(".text")).to_have_attribute("lang", language)


# --- Language ------------------------------------------------------------------------------------------------------


def test_the_language_can_be_switched_in_the_middle(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    chat.switch_language("en").wait_for_answer(after=2)
    expect(chat.answers.last.locator(".text")).to_have_attribute("lang", "en")
    answer = chat.ask_and_wait(QUESTIONS["en"])

    expect(answer.locator(".text")).to_have_attribute("lang", "en")
    expect(answer.locator(".review")).to_contain_text("Checked on")
    expect(chat.send_button).to_have_accessible_name(chat.text("send"))
    expect(chat.answers.nth(1).locator(".text")).to_have_attribute("lang", "fi")


def test_writing_in_the_other_language_switches_the_page(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["en"])
    chat.language = "en"

    expect(chat.page.locator("html")).to_have_attribute("lang", "en")
    expect(chat.page.locator("label[for=question]")).to_have_text(chat.text("input_label"))


@pytest.mark.parametrize("kind", ["sources", "links"])
def test_titles_of_pages_carry_their_own_language(chat: ChatPage, product: Product, kind: str) -> None:
    question = "how much is the residence permit fee"
    (message,) = product.customer("en").say(question)
    chat.language = "en"
    chat.open().start().ask_and_wait(question)
    chat.switch_language("fi").wait_for_answer(after=2)

    items = chat.answers.nth(1).locator(".references").filter(has_text=chat.text(kind)).locator("li").all()
    shown = [(item.get_attribute("lang"), item.locator("a").get_attribute("href")) for item in items]
    assert shown == [(page["language"], page["url"]) for page in message[kind]]
    assert shown
    expect(items[0].locator(".visually-hidden")).to_have_attribute("lang", "fi")


# --- Personal data -------------------------------------------------------------------------------------------------


def test_a_removed_identity_code_is_explained_once_and_is_nowhere_in_the_page(chat: ChatPage, product: Product) -> None:
    chat.open().start()
    chat.ask_and_wait("hetuni on 131052-951T ja kysyn paljonko oleskelulupa maksaa")
    chat.ask_and_wait("siis 131052-951T, kauanko käsittely kestää")

    label = chat.text("label_FI_PERSONAL_IDENTITY_CODE")
    notices = [message["notice"] for message in transcript(product, session_of(chat)["token"]) if message["notice"]]
    assert len(notices) == 1
    assert texts(chat.answers)[1] == notices[0]
    expect(chat.answers).to_have_count(4)
    expect(chat.questions.locator(".removed")).to_have_text([f"[{label}]"] * 2)
    chat.wait_until_spoken(chat.text("removed", labels=label))
    assert sum(notices[0] in said for said in chat.spoken()) == 1
    everything = chat.page.evaluate(EVERYTHING) + "".join(chat.spoken())
    assert "131052" not in everything
    assert "951T" not in everything


def test_a_reload_brings_no_identity_code_back(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait("hetuni on 131052-951T, paljonko oleskelulupa maksaa")
    chat.page.reload()

    expect(chat.questions.locator(".removed")).to_have_text([f"[{chat.text('label_FI_PERSONAL_IDENTITY_CODE')}]"])
    assert "951T" not in chat.page.evaluate(EVERYTHING)


def test_nothing_is_kept_on_the_device_but_the_session_of_the_tab(chat: ChatPage, context: BrowserContext) -> None:
    chat.open()
    before = chat.stored()
    chat.start().ask_and_wait(QUESTIONS["fi"])
    during = chat.stored()
    chat.end()

    assert before == NOTHING
    assert {**during, "session": list(during["session"])} == {**NOTHING, "session": [KEY]}
    assert chat.stored() == NOTHING
    assert context.cookies() == []


def test_what_the_tab_remembers_holds_no_words_of_the_customer(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])

    assert set(session_of(chat)) == {"token", "limit", "language", "tab", "stored"}
    assert "oleskelulupa" not in json.dumps(chat.stored())


def test_no_other_site_is_asked_for_anything(chat: ChatPage, product: Product, seen: Seen) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    chat.choose(chat.choices.first.inner_text())
    chat.page.reload()
    expect(chat.messages).to_have_count(5)

    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, seen.requests)}
    assert origins == {product.address}


# --- The customer's rights -----------------------------------------------------------------------------------------


@pytest.fixture
def asked(chat: ChatPage, language: str) -> ChatPage:
    """The product's page after one answered question in the language of the test."""
    chat.language = language
    chat.open().start().ask_and_wait(QUESTIONS[language])
    return chat


def stored_file(chat: ChatPage, key: str) -> str:
    """Download what is stored with a button of the open dialog, and return the file's content."""
    with chat.page.expect_download() as download:
        chat.press(key)
    return Path(download.value.path()).read_text("utf-8")


@pytest.mark.parametrize("language", ["fi", "en"])
def test_what_is_stored_can_be_seen_and_taken_along(asked: ChatPage, product: Product) -> None:
    question = QUESTIONS[asked.language]
    asked.open_data()
    expect(asked.dialog).to_contain_text("@")
    document = json.loads(stored_file(asked, "data_download_json"))
    page = stored_file(asked, "data_download_page")
    asked.press("data_show")

    items = asked.dialog.locator(".kept-messages > li")
    expect(items).to_have_count(3)
    expect(items.nth(1)).to_contain_text(question)
    until = asked.text("data_stored_until", date=r".{5,20} 20\d\d")
    expect(asked.dialog.get_by_text(re.compile(f"^{until}$"))).to_be_visible()
    assert [message["text"] for message in document["messages"] if message["from"] == "customer"] == [question]
    assert question in page
    assert f'lang="{asked.language}"' in page


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_deleted_conversation_is_gone_and_a_new_one_begins(asked: ChatPage, product: Product) -> None:
    token = session_of(asked)["token"]
    asked.open_data().press("data_delete").press("data_delete_confirm")
    expect(asked.dialog_heading).to_have_text(asked.text("data_erased_heading"))

    expect(asked.dialog.locator("#receipt")).to_have_value(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
    assert asked.stored() == NOTHING
    assert transcript(product, token) == []
    asked.press("new_conversation")
    expect(asked.messages).to_have_count(1)
    assert session_of(asked)["token"] != token


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_conversation_goes_on_without_being_stored(asked: ChatPage, product: Product) -> None:
    token = session_of(asked)["token"]
    asked.open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
    expect(asked.mark).to_have_text(asked.text("not_stored"))
    assert transcript(product, token) == []
    asked.ask_and_wait(NOT_THAT[asked.language])
    shown = texts(asked.messages)
    asked.page.reload()

    expect(asked.mark).to_be_visible()
    expect(asked.messages.last).to_contain_text(shown[-1])
    token = session_of(asked)["token"]
    asked.end()
    expect(asked.mark).to_be_hidden()
    for _ in range(50):
        if transcript(product, token) == []:
            return
        time.sleep(0.1)
    pytest.fail("the ended conversation is still in the server's memory")


@pytest.mark.parametrize(
    ("view", "confirm", "done", "messages"),
    [
        ("data_delete", "data_delete_confirm", "data_erased_heading", 0),
        ("data_unstore", "data_unstore_confirm", "data_unstored_heading", 1),
    ],
)
def test_a_confirmation_lost_on_the_way_is_fetched_by_trying_again(
    chat: ChatPage, seen: Seen, view: str, confirm: str, done: str, messages: int
) -> None:
    chat.open().start().open_data().press(view)
    chat.page.route("**/chat/api/conversation**", lambda route: (route.fetch(), route.abort()), times=1)
    chat.press(confirm)
    expect(chat.dialog_problem).to_be_visible()
    chat.press(confirm)

    expect(chat.dialog_heading).to_have_text(chat.text(done))
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    expect(chat.messages).to_have_count(messages)
    seen.forgive_failed_requests()


@pytest.mark.parametrize(
    ("language", "wish", "title"),
    [
        ("fi", "poista keskusteluni", "data_delete"),
        ("en", "please delete my conversation", "data_delete"),
        ("fi", "älä tallenna tätä keskustelua", "data_unstore"),
        ("en", "do not store this conversation", "data_unstore"),
        ("fi", "mitä minusta on tallennettu", "data_show"),
        ("en", "show me what is stored about me", "data_show"),
    ],
)
def test_a_typed_wish_offers_its_dialog(chat: ChatPage, language: str, wish: str, title: str) -> None:
    chat.language = language
    answer = chat.open().start().ask_and_wait(wish)

    expect(chat.dialog).to_be_hidden()
    answer.get_by_role("button", name=chat.text(title)).click()
    expect(chat.dialog).to_be_visible()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_where_consent_is_asked_it_is_kept_with_the_conversation(
    context: BrowserContext, asking: Product, language: str
) -> None:
    chat = ChatPage(context.new_page(), asking.address, language=language).open()
    chat.start_button.click()
    expect(chat.consent).to_be_focused()
    assert chat.stored() == NOTHING
    chat.consent.check()
    chat.start().open_data()

    assert json.loads(stored_file(chat, "data_download_json"))["consented_at"]


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that asks for consent, without its action server."""
    environment = {"LUOTSI_CONSENT_MODE": "opt-in"}
    running = Product(tmp_path_factory.mktemp("asking"), actions=False, environment=environment).start()
    yield running
    running.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_privacy_notice_is_accessible(
    browser: Browser, product: Product, language: str, scheme: Literal["light", "dark"]
) -> None:
    # The policy is off because the checker itself uses inline styles.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{product.address}/chat/privacy?lang={language}")

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()
    expect(page.locator("html")).to_have_attribute("lang", language)
    context.close()


# --- Tabs and reloads ----------------------------------------------------------------------------------------------


def test_a_reload_keeps_the_conversation(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    before = chat.messages.all_inner_texts()
    choices = chat.choices.all_inner_texts()
    chat.page.reload()
    expect(chat.messages).to_have_count(3)

    assert chat.messages.all_inner_texts() == before
    expect(chat.choices).to_have_text(choices)
    chat.ask_and_wait("kiitos")
    expect(chat.messages).to_have_count(5)


def test_two_tabs_are_two_conversations(chat: ChatPage, context: BrowserContext, product: Product) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    other = ChatPage(context.new_page(), product.address, language="en").open()
    expect(other.start_button).to_be_visible()
    other.start().ask_and_wait(QUESTIONS["en"])

    assert session_of(chat)["token"] != session_of(other)["token"]
    for tab, question in ((chat, QUESTIONS["fi"]), (other, QUESTIONS["en"])):
        kept = transcript(product, session_of(tab)["token"])
        assert [message["text"] for message in kept if message["from"] == "customer"] == [question]
        assert texts(tab.questions) == [question]


# --- The event stream ----------------------------------------------------------------------------------------------

GIFT = "do i have to pay for a gift from my aunt in brazil"
# As in browsers that do not let tabs talk to each other.
WITHOUT_CHANNELS = "delete window.BroadcastChannel"


def elsewhere(product: Product, token: str, text: str) -> list[str]:
    """Send a message of the same conversation past the page; return the words of the answer."""
    body = {"id": secrets.token_hex(8), "text": text}
    answer = request("POST", f"{product.address}/chat/api/messages", body, token=token)
    assert answer.status == 200, answer.body
    return [message["text"] for message in answer.json["messages"]]


def shown_ids(chat: ChatPage) -> list[str | None]:
    """Return the ids of the messages on the page."""
    return [message.get_attribute("data-id") for message in chat.messages.all()]


def kept_ids(product: Product, chat: ChatPage) -> list[str]:
    """Return the ids of the messages that the service keeps."""
    return [message["id"] for message in transcript(product, session_of(chat)["token"])]


def test_an_answer_comes_once_while_the_stream_is_open(chat: ChatPage, product: Product) -> None:
    with chat.page.expect_request("**/chat/api/events"):
        chat.open().start()
    chat.ask_and_wait(QUESTIONS["fi"])
    words = chat.last_answer().splitlines()[0]
    chat.wait_until_spoken(words[:40])
    chat.page.wait_for_timeout(4_000)  # longer than the service waits before it looks for messages of other servers

    assert shown_ids(chat) == kept_ids(product, chat)
    assert len(shown_ids(chat)) == 3
    assert sum(words[:40] in said for said in chat.spoken()) == 1


def test_what_is_asked_elsewhere_appears_with_its_answer(chat: ChatPage, product: Product) -> None:
    with chat.page.expect_request("**/chat/api/events"):
        chat.open().start()
    elsewhere(product, session_of(chat)["token"], QUESTIONS["fi"])

    expect(chat.messages).to_have_count(3)
    assert texts(chat.questions) == [QUESTIONS["fi"]]
    assert shown_ids(chat) == kept_ids(product, chat)


def test_two_tabs_of_one_conversation_show_the_same(context: BrowserContext, product: Product) -> None:
    context.add_init_script(WITHOUT_CHANNELS)
    chat = ChatPage(context.new_page(), product.address)
    chat.open().start()
    with chat.page.expect_popup() as popup:
        chat.page.evaluate("window.open(location.href)")
    other = ChatPage(popup.value, product.address)
    expect(other.answers).to_have_count(1)
    chat.ask_and_wait(QUESTIONS["fi"])
    expect(other.messages).to_have_count(3)
    other.ask_and_wait("kiitos")

    expect(chat.messages).to_have_count(5)
    assert shown_ids(chat) == shown_ids(other) == kept_ids(product, chat)


def test_after_being_offline_the_page_catches_up(
    chat: ChatPage, context: BrowserContext, product: Product, seen: Seen
) -> None:
    with chat.page.expect_request("**/chat/api/events"):
        chat.open().start()
    context.set_offline(True)
    expect(chat.connection).to_have_text(chat.text("offline"))
    elsewhere(product, session_of(chat)["token"], QUESTIONS["fi"])
    context.set_offline(False)

    expect(chat.messages).to_have_count(3)
    expect(chat.connection).to_be_hidden()
    chat.ask_and_wait("kiitos")
    assert shown_ids(chat) == kept_ids(product, chat)
    seen.forgive_failed_requests()


def test_a_restart_of_the_server_in_mid_chat_is_shown_and_loses_nothing(
    context: BrowserContext, without_actions: Product, seen: Seen
) -> None:
    chat = ChatPage(context.new_page(), without_actions.address, language="en")
    chat.open().start().ask_and_wait(QUESTIONS["en"])
    without_actions.stop()
    expect(chat.connection).to_have_text(chat.text("lost"), timeout=60_000)
    chat.input.fill("kesken")
    without_actions.start()
    elsewhere(without_actions, session_of(chat)["token"], GIFT)

    expect(chat.messages).to_have_count(5, timeout=90_000)
    expect(chat.connection).to_be_hidden()
    expect(chat.input).to_have_value("kesken")
    chat.ask_and_wait("thank you")
    assert shown_ids(chat) == kept_ids(without_actions, chat)
    assert sum(said.count(chat.text("online")) for said in chat.spoken()) == 1
    seen.forgive_failed_requests()


def test_a_conversation_deleted_elsewhere_goes_from_the_page(chat: ChatPage, product: Product) -> None:
    with chat.page.expect_request("**/chat/api/events"):
        chat.open().start().ask_and_wait(QUESTIONS["fi"])
    token = session_of(chat)["token"]
    assert request("DELETE", f"{product.address}/chat/api/conversation", {"confirm": True}, token=token).status == 200

    expect(chat.start_button).to_be_visible()
    expect(chat.page.locator(".notice .problem:visible")).to_have_text(chat.text("erased_notice"))
    expect(chat.messages).to_have_count(0)
    assert chat.stored() == NOTHING


def test_a_conversation_is_rated_as_a_whole_at_its_end(chat: ChatPage, product: Product) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    token = session_of(chat)["token"]
    chat.end()
    chat.rating.get_by_role("button", name=chat.text("feedback_yes"), exact=True).click()
    expect(chat.rating).to_contain_text(chat.text("rating_words"))

    kept = request("GET", f"{product.address}/chat/api/conversation", token=token).json
    assert [feedback["rating"] for feedback in kept["feedback"]] == ["helpful"]


# --- Failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reached", [False, True], ids=["before it was handled", "after it was handled"])
def test_a_message_lost_in_a_crash_is_answered_once(
    context: BrowserContext, without_actions: Product, seen: Seen, reached: bool
) -> None:
    chat = ChatPage(context.new_page(), without_actions.address, language="en")
    chat.open().start().ask_and_wait(QUESTIONS["en"])
    question = "do i have to pay for a gift from my aunt in brazil"
    if reached:
        chat.page.route("**/chat/api/messages", lambda route: (route.fetch(), route.abort()), times=1)
        with chat.page.expect_event("requestfailed", lambda failed: failed.url.endswith("/messages")):
            chat.ask(question)
        without_actions.stop(kill=True)
        without_actions.start()
    else:
        without_actions.stop(kill=True)
        chat.ask(question)
        expect(chat.questions.last.locator(".state")).to_contain_text(chat.text("failed_network"))
        without_actions.start()
        chat.retry_button.click()
    # What had arrived comes by the stream; nobody has to try again.
    answer = chat.wait_for_answer(after=2, timeout_ms=90_000)

    expect(answer.locator(".references a").first).to_be_visible()
    expect(chat.retry_button).to_have_count(0)
    assert texts(chat.questions) == [QUESTIONS["en"], question]
    kept = transcript(without_actions, session_of(chat)["token"])
    assert [message["text"] for message in kept if message["from"] == "customer"] == [QUESTIONS["en"], question]
    assert len(kept) == 5
    seen.forgive_failed_requests()


def _limit_sessions(product: Product, *, minutes: int) -> None:
    """Let sessions last so long from now on; a run of the test that failed may have left another limit."""
    if product.environment["LUOTSI_SESSION_MINUTES"] != str(minutes):
        product.stop()
        product.environment["LUOTSI_SESSION_MINUTES"] = str(minutes)
        product.start()


def test_a_session_that_ends_in_mid_chat_keeps_the_typed_text(
    context: BrowserContext, without_actions: Product, seen: Seen
) -> None:
    _limit_sessions(without_actions, minutes=7 * 24 * 60)
    chat = ChatPage(context.new_page(), without_actions.address)
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    age_session(chat, without_actions, datetime.timedelta(days=2))
    chat.page.reload()
    expect(chat.messages).to_have_count(3)
    _limit_sessions(without_actions, minutes=60)

    chat.input.fill("kauanko käsittely kestää")
    expect(chat.banner).to_contain_text(chat.text("expired"), timeout=120_000)
    chat.send_button.click()
    expect(chat.banner.get_by_role("button")).to_be_focused()
    expect(chat.input).to_have_value("kauanko käsittely kestää")
    chat.banner.get_by_role("button", name=chat.text("new_conversation")).click()
    expect(chat.messages).to_have_count(1)
    chat.send_button.click()
    chat.wait_for_answer(after=1)
    assert texts(chat.questions) == ["kauanko käsittely kestää"]
    seen.forgive_failed_requests()


def test_a_reload_of_an_expired_session_leads_back_to_the_notice(chat: ChatPage, product: Product, seen: Seen) -> None:
    chat.open().start()
    age_session(chat, product, datetime.timedelta(days=8))
    chat.page.reload()

    expect(chat.start_button).to_be_visible()
    expect(chat.page.locator(".notice .problem:visible")).to_have_text(chat.text("expired_notice"))
    assert chat.stored() == NOTHING
    seen.forgive_failed_requests()


def test_a_message_that_failed_offline_does_not_say_so_when_online_again(
    chat: ChatPage, context: BrowserContext, seen: Seen
) -> None:
    chat.open().start()
    context.set_offline(True)
    chat.ask(QUESTIONS["fi"])
    state = chat.questions.last.locator(".state")
    expect(state).to_contain_text(chat.text("failed_offline"))
    context.set_offline(False)

    expect(state).to_contain_text(chat.text("failed_network"))
    chat.retry_button.click()
    chat.wait_for_answer(after=1)
    seen.forgive_failed_requests()


# --- Accessibility -------------------------------------------------------------------------------------------------


def press_until(chat: ChatPage, key: str, wanted: str) -> None:
    """Press a key until the wanted element has the focus."""
    for _ in range(25):
        chat.page.keyboard.press(key)
        if wanted == chat.focused():
            return
    pytest.fail(f"{wanted} cannot be reached with {key}")


def test_a_whole_conversation_by_keyboard(chat: ChatPage) -> None:
    keyboard = chat.page.keyboard
    chat.open()
    press_until(chat, "Tab", "primary start")
    keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    keyboard.type(QUESTIONS["fi"])
    keyboard.press("Enter")
    chat.wait_for_answer(after=1)

    keyboard.press("Shift+Tab")
    expect(chat.choices.last).to_be_focused()
    press_until(chat, "Shift+Tab", "a")
    expect(chat.answers.last.locator(".references a").last).to_be_focused()
    press_until(chat, "Tab", "question")
    keyboard.press("Shift+Tab")
    keyboard.press("Space")
    chat.wait_for_answer(after=2)
    expect(chat.input).to_be_focused()

    press_until(chat, "Shift+Tab", "quiet end")
    press_until(chat, "Shift+Tab", "quiet open-data")
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    chat.wait_for_answer(after=3)
    expect(chat.page.locator("html")).to_have_attribute("lang", "en")
    press_until(chat, "Tab", "quiet end")
    keyboard.press("Enter")
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    keyboard.press("Enter")
    expect(chat.start_button).to_be_visible()
    assert chat.focused() == "rating-heading"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_automatic_check_complains_about_a_real_conversation(
    browser: Browser, product: Product, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    # The policy is off because the checker itself uses inline styles.
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    chat = ChatPage(context.new_page(), product.address).open().start()
    chat.ask_and_wait("hetuni on 131052-951T ja kysyn paljonko oleskelulupa maksaa")
    chat.ask_and_wait(NOT_THAT["fi"])
    chat.choose(chat.choices.first.inner_text())
    chat.switch_language("en").wait_for_answer(after=5)

    results = Axe().run(chat.page, options={"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}})

    assert results.violations_count == 0, results.generate_report()
    context.close()


def test_nothing_is_wider_than_a_phone(chat: ChatPage) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 640})
    chat.open().start().ask_and_wait(QUESTIONS["fi"])
    chat.ask_and_wait(NOT_THAT["fi"])

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert chat.page.locator(".log").evaluate("log => log.scrollWidth - log.clientWidth") <= 0


def test_the_tree_of_a_real_conversation(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait(QUESTIONS["fi"])

    expect(chat.page.get_by_role("main")).to_match_aria_snapshot(
        """
        - main:
          - heading "Luotsi" [level=1]
          - group "Kieli":
            - button "Suomi" [pressed]
            - button "English"
          - button "Omat tietosi"
          - button "Lopeta"
          - heading "Keskustelu" [level=2]
          - region "Keskustelu":
            - list:
              - listitem:
                - paragraph:
                  - text: Luotsi
                  - time
                - paragraph: /Luotsi/
              - listitem:
                - paragraph:
                  - text: Sinä
                  - time
                - paragraph: paljonko oleskelulupa maksaa
              - listitem:
                - paragraph:
                  - text: Luotsi
                  - time
                - paragraph: Lähteet
                - list:
                  - listitem:
                    - link /\\(avautuu uuteen välilehteen\\)$/
                - paragraph: /^Tarkistettu/
            - group "Vastausvaihtoehdot":
              - button
          - textbox "Kirjoita kysymyksesi"
          - button "Lähetä"
        """
    )
    expect(chat.page.locator("html")).to_have_attribute("lang", "fi")


def test_an_answer_is_announced_once_in_its_language(chat: ChatPage) -> None:
    chat.open().start()
    chat.ask_and_wait(QUESTIONS["fi"])
    first = chat.answers.last.locator(".text p").first.inner_text()
    chat.wait_until_spoken(first)
    expect(chat.page.locator("[role=status] p", has_text=first)).to_have_attribute("lang", "fi")
    chat.ask_and_wait("kiitos")
    chat.wait_until_spoken(chat.answers.last.locator(".text p").first.inner_text())

    assert sum(first in said for said in chat.spoken()) == 1
