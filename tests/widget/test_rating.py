"""The question at the end of a conversation: whether it helped."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .driver import ChatPage
from .service import ChatService

pytestmark = pytest.mark.browser


@pytest.fixture
def ended(chat: ChatPage) -> ChatPage:
    """A conversation that has just been ended."""
    chat.open().start().ask_and_wait("Miten haen?")
    chat.end()
    expect(chat.rating).to_be_visible()
    return chat


def rate(chat: ChatPage, key: str) -> None:
    """Press the button of the question with this text of the catalogue."""
    chat.rating.get_by_role("button", name=chat.text(key), exact=True).click()


@pytest.mark.parametrize(("key", "rating"), [("feedback_yes", "helpful"), ("feedback_no", "not_helpful")])
def test_the_whole_conversation_is_rated(ended: ChatPage, service: ChatService, key: str, rating: str) -> None:
    rate(ended, key)

    expect(ended.rating).to_contain_text(ended.text("rating_words"))
    assert service.ratings() == [{"message_id": None, "rating": rating}]
    assert service.received[-1].token == service.sessions[0]


def test_a_comment_may_follow(ended: ChatPage, service: ChatService) -> None:
    rate(ended, "feedback_no")
    words = ended.rating.get_by_role("textbox")
    expect(words).to_have_accessible_name(ended.text("rating_words"))
    expect(words).to_have_accessible_description(ended.text("input_short_hint"))
    rate(ended, "feedback_send")
    expect(words).to_be_focused()
    words.fill(" Liian vaikea. ")
    rate(ended, "feedback_send")

    expect(ended.rating).to_contain_text(ended.text("feedback_thanks"))
    assert service.ratings()[-1] == {"message_id": None, "rating": "not_helpful", "comment": "Liian vaikea."}
    rate(ended, "data_close")
    expect(ended.rating).to_be_hidden()
    assert ended.focused() == "notice-heading"


def test_it_can_be_skipped_at_once(ended: ChatPage, service: ChatService) -> None:
    rate(ended, "rating_skip")

    expect(ended.rating).to_be_hidden()
    assert ended.focused() == "notice-heading"
    assert service.ratings() == []


def test_by_keyboard_the_question_comes_first(ended: ChatPage, service: ChatService) -> None:
    assert ended.focused() == "rating-heading"
    ended.page.keyboard.press("Tab")
    ended.page.keyboard.press("Enter")
    expect(ended.rating).to_contain_text(ended.text("rating_words"))

    assert ended.focused() == "rating-heading"
    ended.wait_until_spoken(ended.text("ended"))


def test_it_never_hinders_the_next_conversation(ended: ChatPage, service: ChatService) -> None:
    ended.start().end()

    expect(ended.rating).to_be_hidden()
    assert len(service.sessions) == 2
    assert service.ratings() == []


def test_the_device_keeps_nothing_of_the_ended_conversation(ended: ChatPage) -> None:
    assert ended.stored()["session"] == {}
    expect(ended.messages).to_have_count(0)


def test_the_question_goes_by_itself(page: Page, chat: ChatPage) -> None:
    page.clock.install()
    chat.open().start().ask_and_wait("Hei")
    chat.end()
    expect(chat.rating).to_be_visible()
    page.clock.run_for(11 * 60_000)

    expect(chat.rating).to_be_hidden()


def test_a_rating_that_does_not_get_through_can_be_sent_again(ended: ChatPage, service: ChatService) -> None:
    service.rating_errors.append("service_unavailable")
    rate(ended, "feedback_yes")
    expect(ended.rating.locator(".problem")).to_have_text(ended.text("feedback_failed"))
    ended.wait_until_spoken(ended.text("feedback_failed"))
    rate(ended, "feedback_yes")

    expect(ended.rating).to_contain_text(ended.text("rating_words"))


def test_what_could_not_be_kept_is_said(ended: ChatPage, service: ChatService) -> None:
    service.keeps_feedback = False
    rate(ended, "feedback_yes")

    expect(ended.rating).to_contain_text(ended.text("feedback_not_kept"))


def test_without_a_question_nothing_is_asked(chat: ChatPage) -> None:
    chat.open().start()
    chat.end()

    expect(chat.rating).to_be_hidden()
    assert chat.focused() == "notice-heading"


def test_a_conversation_that_is_not_stored_is_not_rated(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait("Hei")
    chat.open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
    chat.end()

    expect(chat.rating).to_be_hidden()


def test_a_deleted_conversation_is_not_rated(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait("Hei")
    chat.open_data().press("data_delete").press("data_delete_confirm").press("data_close")

    expect(chat.start_button).to_be_visible()
    expect(chat.rating).to_be_hidden()


def test_the_question_follows_the_language_of_the_page(ended: ChatPage) -> None:
    ended.switch_language("en")

    expect(ended.rating).to_contain_text(ended.text("rating_question"))
    expect(ended.rating).to_have_attribute("lang", "en")
