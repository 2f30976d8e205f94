"""Before a conversation: the notice, its language, and that nothing happens yet."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from .driver import TEXTS, ChatPage
from .service import ChatService

pytestmark = pytest.mark.browser

NOTHING = {"session": {}, "local": {}, "cookies": "", "databases": 0, "caches": 0}


@pytest.mark.parametrize("key", ["notice_automated", "notice_general", "notice_personal", "notice_storage"])
def test_the_notice_comes_first(chat: ChatPage, key: str) -> None:
    chat.open()

    expect(chat.page.get_by_text(chat.text(key))).to_be_visible()
    expect(chat.input).to_be_hidden()


def test_nothing_is_asked_or_stored_before_start(chat: ChatPage, service: ChatService, context: BrowserContext) -> None:
    chat.open()
    chat.switch_language("en")
    chat.page.wait_for_load_state("networkidle")

    assert service.received == []
    assert chat.stored() == NOTHING
    assert context.cookies() == []


def test_only_the_token_s_record_is_stored_after_start(chat: ChatPage, service: ChatService) -> None:
    chat.open().start()
    chat.input.fill("Luonnos, jota ei lähetetä")

    stored = chat.stored()

    assert list(stored.pop("session")) == ["luotsi-session"]
    assert stored == {key: value for key, value in NOTHING.items() if key != "session"}
    record = chat.page.evaluate("JSON.parse(sessionStorage.getItem('luotsi-session'))")
    assert set(record) == {"token", "limit", "language", "tab"}
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

    assert [(request.body, request.language) for request in service.received] == [({"language": "en"}, "en")]


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_privacy_link_opens_the_notice_in_the_same_language(chat: ChatPage, language: str) -> None:
    chat.open().switch_language("en").switch_language(language)

    with chat.page.expect_popup() as popup:
        chat.page.get_by_role("link", name=chat.text("privacy_link")).click()

    expect(popup.value.locator("html")).to_have_attribute("lang", language)
    expect(popup.value.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_privacy_notice_is_accessible(
    browser: Browser, service: ChatService, language: str, scheme: Literal["light", "dark"]
) -> None:
    # The policy is off because the checker itself uses inline styles.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{service.url}/chat/privacy?lang={language}")

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()
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
