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


# --- Warning and cover ---------------------------------------------------------------------------------------------


def test_before_the_conversation_goes_from_the_screen_the_customer_is_warned(quiet: ChatPage, page: Page) -> None:
    page.clock.run_for(29 * MINUTE)
    expect(quiet.idle_warning).to_be_hidden()
    page.clock.run_for(2 * MINUTE)

    expect(quiet.idle_warning).to_be_visible()
    expect(quiet.idle).to_be_hidden()
    quiet.wait_until_spoken("Keskustelua ei ole käytetty hetkeen.")
    expect(quiet.input).to_be_focused()
    page.clock.run_for(3 * MINUTE)
    expect(quiet.answers.first).to_be_visible()


@pytest.mark.parametrize("sign", ["button", "key"])
def test_one_action_keeps_the_conversation(quiet: ChatPage, page: Page, sign: str) -> None:
    page.clock.run_for(31 * MINUTE)
    expect(quiet.idle_warning).to_be_visible()
    if sign == "button":
        quiet.idle_warning.get_by_role("button", name=quiet.text("idle_stay")).click()
        expect(quiet.input).to_be_focused()
    else:
        page.keyboard.press("Shift")
    expect(quiet.idle_warning).to_be_hidden()
    page.clock.run_for(29 * MINUTE)

    expect(quiet.cover).to_be_hidden()
    expect(quiet.idle_warning).to_be_hidden()


@pytest.fixture
def covered(quiet: ChatPage, page: Page) -> ChatPage:
    """A conversation that went from the screen, with words in its field."""
    quiet.ask_and_wait("Salainen kysymys")
    quiet.input.fill("Kesken")
    page.clock.run_for(31 * MINUTE)
    page.clock.run_for(5 * MINUTE)
    expect(quiet.cover).to_be_visible()
    return quiet


def test_a_conversation_that_nobody_uses_goes_from_the_screen(covered: ChatPage, service: ChatService) -> None:
    expect(covered.questions).to_be_hidden()
    expect(covered.input).to_be_hidden()
    expect(covered.cover).to_contain_text("21. marraskuuta 2026")
    covered.wait_until_spoken(covered.text("idle_closed"))
    assert covered.focused() == "cover-heading"
    assert covered.stored()["session"] != {}


def test_one_press_brings_it_back(covered: ChatPage, page: Page, service: ChatService) -> None:
    service.add(Answer(text="Sillä välin."))
    covered.cover.get_by_role("button", name=covered.text("idle_open")).click()

    expect(covered.questions).to_be_visible()
    expect(covered.input).to_have_value("Kesken")
    expect(covered.input).to_be_focused()
    page.clock.run_for(1_000)
    expect(covered.answers.last).to_contain_text("Sillä välin.")
    page.clock.run_for(9 * MINUTE)
    expect(covered.idle).to_be_hidden()
    covered.input.fill("")
    covered.ask_and_wait("Jatketaan")
    assert len(service.sessions) == 1


def test_a_key_alone_does_not_show_the_conversation_to_a_passer_by(covered: ChatPage, page: Page) -> None:
    page.keyboard.press("Shift")

    expect(covered.cover).to_be_visible()


def test_a_covered_conversation_can_be_ended(covered: ChatPage) -> None:
    covered.cover.get_by_role("button", name=covered.text("end_confirm")).click()
    covered.page.locator("dialog.ending button.primary").click()

    expect(covered.start_button).to_be_visible()
    assert covered.stored()["session"] == {}
    covered.start()
    expect(covered.input).to_be_visible()
    expect(covered.cover).to_be_hidden()


def test_a_covered_conversation_that_expired_says_so_when_it_is_opened(
    covered: ChatPage, page: Page, service: ChatService
) -> None:
    service.stream_errors.extend(["session_expired"] * 3)
    covered.cover.get_by_role("button", name=covered.text("idle_open")).click()

    expect(covered.banner).to_contain_text(covered.text("expired"))
    expect(covered.input).to_have_value("Kesken")


def test_what_is_stored_goes_from_the_screen_too(quiet: ChatPage, page: Page) -> None:
    quiet.ask_and_wait("Salainen kysymys")
    quiet.open_data().press("data_show")
    expect(quiet.dialog.locator(".kept-messages")).to_be_visible()
    page.clock.run_for(31 * MINUTE)
    page.clock.run_for(5 * MINUTE)

    expect(quiet.dialog).to_be_hidden()
    expect(quiet.cover).to_be_visible()


def test_after_a_sleep_of_the_device_there_is_a_warning_first(quiet: ChatPage, page: Page) -> None:
    page.clock.fast_forward("05:00:00")
    page.clock.run_for(1_000)
    expect(quiet.cover).to_be_hidden()
    page.clock.run_for(10_000)
    expect(quiet.idle_warning).to_be_visible()
    page.clock.run_for(2 * MINUTE)

    expect(quiet.cover).to_be_hidden()
