"""Before a conversation: the notice, its language, and that nothing happens yet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from .driver import TEXTS, ChatPage
from .service import NOTICE, ChatService

pytestmark = pytest.mark.browser

NOTHING = {"session": {}, "local": {}, "cookies": "", "databases": 0, "caches": 0}


@pytest.mark.parametrize("key", ["notice_automated", "notice_general", "notice_personal"])
def test_the_notice_comes_first(chat: ChatPage, key: str) -> None:
    chat.open()

    expect(chat.page.get_by_text(chat.text(key))).to_be_visible()
    expect(chat.input).to_be_hidden()


def test_nothing_is_asked_or_stored_before_start(chat: ChatPage, service: ChatService, context: BrowserContext) -> None:
    chat.open()
    chat.switch_language("en")
    chat.page.wait_for_load_state("networkidle")

    assert [(asked.method, asked.path, asked.token) for asked in service.received] == [
        ("GET", "/chat/api/notice", None)
    ] * 2
    assert {(asked.method, asked.token) for asked in service.news_received} == {("GET", None)}
    assert service.followed == []
    assert chat.stored() == NOTHING
    assert context.cookies() == []


@pytest.mark.parametrize("language", ["fi", "en"])
def test_what_is_stored_is_told_as_the_notice_tells_it(chat: ChatPage, language: str) -> None:
    chat.language = language
    chat.open()

    expect(chat.page.locator(".points")).to_contain_text(NOTICE[language]["short"])


@pytest.mark.parametrize("language", ["fi", "en"])
def test_without_the_notice_the_page_still_tells_what_is_stored(chat: ChatPage, language: str) -> None:
    chat.language = language
    chat.page.route("**/chat/api/notice*", lambda route: route.abort())
    chat.open()

    expect(chat.page.locator(".points")).to_contain_text(chat.text("data_kept"))
    chat.start_button.click()
    expect(chat.page.get_by_text(chat.text("start_failed_network")).first).to_be_visible()
    chat.page.unroute("**/chat/api/notice*")
    chat.start()


def test_only_the_token_s_record_is_stored_after_start(chat: ChatPage, service: ChatService) -> None:
    chat.open().start()
    chat.input.fill("Luonnos, jota ei lähetetä")

    stored = chat.stored()

    assert list(stored.pop("session")) == ["luotsi-session"]
    assert stored == {key: value for key, value in NOTHING.items() if key != "session"}
    record = chat.page.evaluate("JSON.parse(sessionStorage.getItem('luotsi-session'))")
    assert set(record) == {"token", "limit", "language", "tab", "stored"}
    assert record["token"] == service.sessions[0]


@pytest.mark.parametrize(
    ("query", "locale", "language"),
    [
        ("", "fi-FI", "fi"),
        ("", "en-US", "en"),
        ("", "sv-FI", "en"),
        ("?lang=en", "fi-FI", "en"),
        ("?lang=fi", "en-GB", "fi"),
        ("?lang=xx", "fi-FI", "fi"),
    ],
)
def test_the_address_decides_the_language_then_the_browser(
    browser: Browser, service: ChatService, query: str, locale: str, language: str
) -> None:
    context = browser.new_context(locale=locale)
    chat = ChatPage(context.new_page(), service.url, language=language).open(query)

    expect(chat.start_button).to_have_text(chat.text("start"))
    expect(chat.page.locator("html")).to_have_attribute("lang", language)
    expect(chat.page).to_have_title(chat.text("page_title"))
    context.close()


def test_the_switch_changes_the_page(chat: ChatPage) -> None:
    chat.open().switch_language("en")

    expect(chat.page.get_by_role("heading", name=TEXTS["en"]["notice_heading"])).to_be_visible()
    expect(chat.page).to_have_url(re.compile(r"lang=en"))
    expect(chat.page.get_by_role("button", name="English", pressed=True)).to_be_visible()
    expect(chat.page.get_by_role("button", name="Suomi", pressed=False)).to_be_visible()


def test_the_language_of_the_page_goes_to_the_server(chat: ChatPage, service: ChatService) -> None:
    chat.open().switch_language("en").start()

    body = {"language": "en", "notice_version": service.notice_version}
    assert (service.received[-1].body, service.received[-1].language) == (body, "en")


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize(
    ("key", "path"), [("privacy_link", "/chat/privacy"), ("accessibility_link", "/chat/accessibility")]
)
def test_the_links_open_their_pages_in_the_same_language(chat: ChatPage, language: str, key: str, path: str) -> None:
    chat.open().switch_language("en").switch_language(language)

    with chat.page.expect_popup() as popup:
        chat.page.get_by_role("link", name=chat.text(key)).click()

    expect(popup.value).to_have_url(re.compile(rf"{path}\?lang={language}$"))
    expect(popup.value.locator("html")).to_have_attribute("lang", language)
    expect(popup.value.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("key", ["privacy_short", "accessibility_short"])
def test_the_links_stay_beside_the_conversation(chat: ChatPage, key: str) -> None:
    chat.open().start()

    expect(chat.page.locator(".composer").get_by_role("link", name=chat.text(key))).to_be_visible()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_without_scripts_the_simple_page_is_one_press_away(
    browser: Browser, service: ChatService, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.url}/chat/")
    page.locator(f'.without-script [lang="{language}"] a[href^="/chat/plain"]').click()

    expect(page).to_have_url(re.compile(rf"/chat/plain\?lang={language}$"))
    context.close()


@pytest.mark.parametrize("words", ["migri.fi", "0295 5206", "+358 295 5206"])
def test_without_scripts_the_other_channels_are_shown(browser: Browser, service: ChatService, words: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.url}/chat/")

    # By class, as Playwright's text search passes over <noscript>.
    expect(page.locator(".without-script")).to_be_visible()
    expect(page.locator(".without-script")).to_contain_text(words)
    expect(page.locator(".fallback")).to_be_hidden()
    context.close()


def test_the_page_says_so_when_its_texts_cannot_be_loaded(chat: ChatPage) -> None:
    chat.page.route("**/messages.*.json", lambda route: route.abort())
    chat.page.goto(f"{chat.url}/chat/")

    expect(chat.page.locator(".fallback")).to_be_visible()


def test_a_failing_start_can_be_tried_again(chat: ChatPage, service: ChatService) -> None:
    service.open_errors.append("service_unavailable")
    chat.open()
    chat.start_button.click()

    expect(chat.page.get_by_text(chat.text("start_failed_server")).first).to_be_visible()
    chat.wait_until_spoken(chat.text("start_failed_server"))
    assert "start" in chat.focused()
    assert chat.stored() == NOTHING

    chat.start()
    expect(chat.answers).to_have_count(1)


def test_a_start_without_network_can_be_tried_again(chat: ChatPage, context: BrowserContext) -> None:
    chat.open()
    context.set_offline(True)
    chat.start_button.click()
    expect(chat.page.get_by_text(chat.text("start_failed_network")).first).to_be_visible()

    context.set_offline(False)
    chat.start()
    expect(chat.answers).to_have_count(1)
