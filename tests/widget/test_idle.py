"""The note that a conversation waits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .driver import ChatPage
from .service import Answer, ChatService

START = "2026-11-21T10:00:00Z"
MINUTE = 60_000


@pytest.fixture
def quiet(page: Page, chat: ChatPage, service: ChatService) -> ChatPage:
    """A conversation in which nothing has happened yet; the clock stands until a test moves it."""
    service.expires_at = "2026-11-21T22:00:00Z"
    page.clock.install(time=START)
    chat.open().start()
    expect(chat.idle).to_be_attached()
    return chat


def test_after_ten_quiet_minutes_the_page_says_how_long_the_conversation_stays(quiet: ChatPage, page: Page) -> None:
    page.clock.run_for(9 * MINUTE)
    expect(quiet.idle).to_be_hidden()
    page.clock.run_for(2 * MINUTE)

    expect(quiet.idle).to_be_visible()
    expect(quiet.idle).to_contain_text("21. marraskuuta 2026")
    quiet.wait_until_spoken("Keskustelusi pysyy tällä sivulla")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_note_takes_no_focus(quiet: ChatPage, page: Page) -> None:
    expect(quiet.input).to_be_focused()
    page.clock.run_for(11 * MINUTE)
    expect(quiet.idle).to_be_visible()

    expect(quiet.input).to_be_focused()


@pytest.mark.parametrize("sign", ["key", "press"])
def test_whatever_the_customer_does_takes_the_note_away(quiet: ChatPage, page: Page, sign: str) -> None:
    page.clock.run_for(11 * MINUTE)
    expect(quiet.idle).to_be_visible()
    if sign == "key":
        quiet.input.press("a")
    else:
        quiet.page.locator(".log").click(position={"x": 5, "y": 5})

    expect(quiet.idle).to_be_hidden()
    page.clock.run_for(9 * MINUTE)
    expect(quiet.idle).to_be_hidden()
    page.clock.run_for(2 * MINUTE)
    expect(quiet.idle).to_be_visible()


def test_an_answer_begins_the_time_anew(quiet: ChatPage, page: Page) -> None:
    page.clock.run_for(8 * MINUTE)
    quiet.ask_and_wait("Hei")
    page.clock.run_for(8 * MINUTE)

    expect(quiet.idle).to_be_hidden()


def test_the_note_goes_when_the_conversation_has_ended(page: Page, chat: ChatPage, service: ChatService) -> None:
    service.expires_at = "2026-11-21T10:20:00Z"
    page.clock.install(time=START)
    chat.open().start()
    expect(chat.idle).to_be_attached()
    page.clock.run_for(11 * MINUTE)
    expect(chat.idle).to_be_visible()
    page.clock.run_for(10 * MINUTE)

    expect(chat.idle).to_be_hidden()


def test_a_conversation_that_is_over_gets_no_note(quiet: ChatPage, page: Page, service: ChatService) -> None:
    service.will_answer(Answer(error="session_expired"))
    quiet.ask("Hei")
    expect(quiet.banner).to_be_visible()
    page.clock.run_for(11 * MINUTE)

    expect(quiet.idle).to_be_hidden()
