"""What staff announce, and when people answer: told beside the conversation, and never in its way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .driver import ChatPage
from .service import ChatService

pytestmark = pytest.mark.browser

MINUTE = 60_000
OUTAGE: dict[str, dict[str, Any]] = {
    "fi": {
        "id": "break",
        "kind": "outage",
        "title": "Verkkopalvelussa on huoltokatko",
        "text": "Palvelu ei toimi yöllä 1.–2.12.",
        "until": "2026-12-02T06:00:00+02:00",
        "link": {"title": "Häiriötiedotteet", "url": "https://tulli.fi/", "language": "fi"},
    },
    "en": {
        "id": "break",
        "kind": "outage",
        "title": "Maintenance break in the e-service",
        "text": "It does not work in the night of 1–2 December.",
        "until": None,
        "link": None,
    },
}
INFORMATION: dict[str, Any] = {
    "id": "holiday",
    "kind": "information",
    "title": "Itsenäisyyspäivä",
    "text": "Palvelemme taas 7.12.",
    "until": None,
}
HOURS: list[dict[str, Any]] = [
    {
        "agency": agency,
        "name": name,
        "text": "Arkisin klo 9–15.",
        "open": is_open,
        "links": [{"title": "Palveluajat", "url": f"https://{agency}.example/", "language": "fi"}],
    }
    for agency, name, is_open in (("immigration", "Maahanmuuttovirasto", True), ("customs", "Tulli", False))
]


@pytest.fixture
def announcing(service: ChatService) -> ChatService:
    """A service with an outage and information."""
    service.announcements = {"fi": [OUTAGE["fi"], INFORMATION], "en": [OUTAGE["en"]]}
    return service


def test_announcements_are_shown_before_the_start(chat: ChatPage, announcing: ChatService) -> None:
    chat.open()

    expect(chat.announcements).to_have_count(2)
    expect(chat.page.locator(".notice .news li").first).to_contain_text("Häiriö: Verkkopalvelussa on huoltokatko")
    expect(chat.announcements.first).to_contain_text("yöllä 1.–2.12.")
    expect(chat.announcements.first).to_contain_text("2. joulukuuta 2026")
    expect(chat.announcements.first.get_by_role("link")).to_have_attribute("href", "https://tulli.fi/")
    expect(chat.announcements.last).to_contain_text("Tiedote: Itsenäisyyspäivä")


def test_announcements_are_shown_above_the_conversation(chat: ChatPage, announcing: ChatService) -> None:
    chat.open().start()

    expect(chat.page.locator(".conversation .news li")).to_have_count(2)
    expect(chat.announcements).to_have_count(2)


def test_they_are_asked_for_without_the_token_and_in_the_language_of_the_page(
    chat: ChatPage, announcing: ChatService
) -> None:
    chat.open().start().switch_language("en")

    expect(chat.announcements).to_have_count(1)
    expect(chat.announcements).to_contain_text("Disruption: Maintenance break")
    expect(chat.page.locator(".news")).to_have_attribute("lang", "en")
    assert {request.token for request in announcing.news_received} == {None}


def test_an_announcement_can_be_hidden_for_this_visit(chat: ChatPage, announcing: ChatService) -> None:
    chat.open()
    before = chat.stored()
    chat.announcements.first.get_by_role("button").click()
    expect(chat.announcements).to_have_count(1)
    chat.start()
    expect(chat.announcements).to_have_count(1)
    chat.switch_language("en")
    expect(chat.announcements).to_have_count(0)

    chat.end()
    assert chat.stored() == before
    chat.page.reload()
    expect(chat.announcements).to_have_count(1)


def test_hiding_by_keyboard_leads_on(chat: ChatPage, announcing: ChatService) -> None:
    chat.open()
    expect(chat.announcements).to_have_count(2)
    first, second = (item.get_by_role("button") for item in chat.announcements.all())
    expect(first).to_have_accessible_name("Piilota: Verkkopalvelussa on huoltokatko")
    first.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.announcements.get_by_role("button")).to_be_focused()
    chat.page.keyboard.press("Enter")

    expect(second).to_have_count(0)
    assert chat.focused() == "notice-heading"


def test_an_announcement_is_said_once(chat: ChatPage, announcing: ChatService) -> None:
    chat.open()
    words = "Häiriö: Verkkopalvelussa on huoltokatko. Tiedote: Itsenäisyyspäivä."
    chat.wait_until_spoken(words)
    chat.start()
    chat.wait_until_spoken("Luotsi:")

    assert sum(said.count("huoltokatko") for said in chat.spoken()) == 1


def test_without_announcements_nothing_is_shown_or_said(chat: ChatPage, service: ChatService) -> None:
    chat.open()
    chat.page.wait_for_timeout(400)

    expect(chat.page.locator(".news")).to_be_hidden()
    expect(chat.hours).to_be_hidden()
    assert chat.spoken() == []


def test_a_failing_request_is_left_out(chat: ChatPage, announcing: ChatService) -> None:
    announcing.fails_with_news = True
    chat.open().start().ask_and_wait("Hei")

    expect(chat.page.locator(".news")).to_be_hidden()
    assert "Palvelussa on nyt ruuhkaa" not in " ".join(chat.spoken())


def test_a_kind_that_the_page_does_not_know_is_left_out(chat: ChatPage, service: ChatService) -> None:
    service.announcements["fi"] = [{**INFORMATION, "kind": "advertisement"}]
    chat.open().start()

    expect(chat.announcements).to_have_count(0)


def test_news_come_within_ten_minutes(page: Page, chat: ChatPage, service: ChatService) -> None:
    page.clock.install()
    chat.open().start()
    expect(chat.input).to_be_focused()
    service.announcements["fi"] = [INFORMATION]
    page.clock.run_for(10 * MINUTE + 5_000)

    expect(chat.announcements).to_contain_text("Itsenäisyyspäivä")
    page.clock.run_for(500)
    assert "Tiedote: Itsenäisyyspäivä." in chat.spoken()[-1]
    expect(chat.input).to_be_focused()
    service.fails_with_news = True
    page.clock.run_for(10 * MINUTE + 5_000)
    page.wait_for_timeout(200)
    expect(chat.announcements).to_have_count(1)
    service.fails_with_news = False
    service.announcements["fi"] = []
    page.clock.run_for(10 * MINUTE + 5_000)
    expect(chat.announcements).to_have_count(0)


def test_a_hidden_page_asks_only_when_it_is_seen_again(page: Page, chat: ChatPage, service: ChatService) -> None:
    hide = """(hidden) => {
      Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.clock.install()
    chat.open()
    page.wait_for_load_state("networkidle")
    asked = len(service.news_received)
    page.evaluate(hide, True)
    page.clock.run_for(31 * MINUTE)
    page.wait_for_timeout(200)
    assert len(service.news_received) == asked
    service.announcements["fi"] = [INFORMATION]
    page.evaluate(hide, False)

    expect(chat.announcements).to_have_count(1)


def test_the_hours_of_people_can_be_opened(chat: ChatPage, service: ChatService) -> None:
    service.hours["fi"] = HOURS
    chat.open()
    expect(chat.page.locator(".notice details.hours")).to_be_visible()
    expect(chat.page.get_by_text("Arkisin klo 9–15.").first).to_be_hidden()
    chat.hours.locator("summary").press("Enter")

    first, second = chat.hours.locator(".service").all()
    expect(first).to_contain_text("Maahanmuuttovirasto")
    expect(first).to_contain_text(chat.text("hours_open"))
    expect(second).to_contain_text(chat.text("hours_closed"))
    expect(second.get_by_role("link")).to_have_attribute("href", "https://customs.example/")
    chat.start()
    expect(chat.page.locator(".log details.hours")).to_have_count(1)


def test_the_hours_of_the_page_s_agency_come_first(chat: ChatPage, service: ChatService) -> None:
    service.hours["fi"] = HOURS
    chat.open("?lang=fi&agency=customs")

    expect(chat.hours.locator(".service").first).to_contain_text("Tulli")


def test_a_long_announcement_leaves_room_for_the_conversation(chat: ChatPage, service: ChatService) -> None:
    service.announcements["fi"] = [{**INFORMATION, "text": "Pitkä teksti. " * 70}]
    chat.page.set_viewport_size({"width": 320, "height": 640})
    chat.open().start()
    expect(chat.announcements).to_have_count(1)

    box = chat.page.locator(".news").bounding_box()
    assert box is not None and box["height"] <= 0.4 * 640 + 1
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(chat.send_button).to_be_in_viewport(ratio=1)
