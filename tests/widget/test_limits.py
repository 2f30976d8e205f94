"""Too many requests, and requests from where the service takes none: told kindly, and nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .driver import ChatPage
from .service import ERRORS, Answer, ChatService

pytestmark = pytest.mark.browser

WORDS = ERRORS["too_many_requests"][1]


@pytest.fixture
def limited(page: Page, chat: ChatPage, service: ChatService) -> ChatPage:
    """A question that the service takes after half a minute; the clock stands until a test moves it."""
    page.clock.install(time="2026-11-21T10:00:00Z")
    chat.open().start()
    service.will_answer(Answer(error="too_many_requests", retry_after=30))
    page.clock.pause_at("2026-11-21T10:01:00Z")
    chat.ask("Vielä yksi")
    expect(chat.retry_button).to_be_visible()
    return chat


def test_the_words_of_the_service_are_shown_and_the_message_stays(limited: ChatPage, page: Page) -> None:
    state = limited.questions.last.locator(".state")

    expect(state).to_contain_text(WORDS)
    expect(limited.questions.last.locator(".text")).to_have_text("Vielä yksi")
    page.clock.run_for(200)
    limited.wait_until_spoken(WORDS)


def test_the_retry_button_counts_down(limited: ChatPage, page: Page) -> None:
    expect(limited.retry_button).to_have_text(limited.text("retry_in", wait="30 s"))
    page.clock.run_for(10_000)

    expect(limited.retry_button).to_have_text(limited.text("retry_in", wait="20 s"))
    expect(limited.retry_button).to_have_attribute("aria-disabled", "true")


def test_a_long_wait_is_counted_in_minutes(page: Page, chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="too_many_requests", retry_after=3_000))
    chat.open().start().ask("Hei")

    expect(chat.retry_button).to_have_text(chat.text("retry_in", wait="50 min"))


def test_pressing_too_early_sends_nothing_and_says_how_long(
    limited: ChatPage, page: Page, service: ChatService
) -> None:
    limited.retry_button.focus()
    page.keyboard.press("Enter")
    page.clock.run_for(200)

    limited.wait_until_spoken(limited.text("retry_later", wait="30 s"))
    assert len(service.asked()) == 1


def test_after_the_wait_the_retry_works(limited: ChatPage, page: Page, service: ChatService) -> None:
    page.clock.run_for(30_200)
    expect(limited.retry_button).to_have_text(limited.text("retry"))
    limited.wait_until_spoken(limited.text("retry_now"))
    limited.retry_button.click()
    limited.wait_for_answer(after=1)

    first, second = service.asked()
    assert first == second
    assert limited.last_answer() == "Kaiku: Vielä yksi"


def test_the_countdown_ends_when_the_message_is_edited(limited: ChatPage, page: Page) -> None:
    limited.page.locator("button.edit").click()
    page.clock.run_for(31_000)

    expect(limited.input).to_have_value("Vielä yksi")
    assert limited.text("retry_now") not in " ".join(limited.spoken())


def test_without_a_time_the_retry_works_at_once(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="too_many_requests"))
    chat.open().start().ask("Hei")

    expect(chat.retry_button).to_have_text(chat.text("retry"))
    chat.retry_button.click()
    chat.wait_for_answer(after=1)


def test_a_page_that_the_service_takes_nothing_from_returns_the_text(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="foreign_origin"))
    chat.open().start().ask("Kysymys")

    expect(chat.input_problem).to_have_text(ERRORS["foreign_origin"][1])
    expect(chat.input).to_have_value("Kysymys")
    expect(chat.retry_button).to_have_count(0)


@pytest.mark.parametrize("code", ["too_many_requests", "foreign_origin"])
def test_a_refused_start_is_explained_by_the_service(chat: ChatPage, service: ChatService, code: str) -> None:
    service.open_errors.append(code)
    chat.open()
    chat.start_button.click()

    expect(chat.page.locator(".notice .problem:visible")).to_have_text(ERRORS[code][1])
    chat.wait_until_spoken(ERRORS[code][1])
    chat.start()
