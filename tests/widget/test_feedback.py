"""Feedback on an answer, given on the page."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.sync_api import expect

from .driver import ChatPage
from .service import Answer, ChatService

SOURCED = Answer(text="Hinta on 750 euroa.", sources=[{"title": "Migri", "url": "https://migri.fi/maksut"}])
REASONS = ["feedback_wrong_topic", "feedback_too_hard", "feedback_out_of_date", "feedback_missing"]


@pytest.fixture
def asked(chat: ChatPage, service: ChatService) -> ChatPage:
    """A conversation whose newest answer names its sources."""
    service.will_answer(SOURCED)
    chat.open().start().ask_and_wait("Paljonko lupa maksaa?")
    expect(chat.feedback).to_be_visible()
    return chat


def _answer_id(chat: ChatPage) -> str:
    return str(chat.answers.last.get_attribute("data-id"))


def test_praise_is_sent_for_the_answer_and_thanked(asked: ChatPage, service: ChatService) -> None:
    asked.rate("feedback_yes")

    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))
    expect(asked.feedback.get_by_role("button")).to_have_count(0)
    assert service.ratings() == [{"message_id": _answer_id(asked), "rating": "helpful"}]
    asked.wait_until_spoken(asked.text("feedback_thanks"))


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_follows_a_no(asked: ChatPage, service: ChatService, reason: str) -> None:
    asked.rate("feedback_no")
    expect(asked.feedback).to_contain_text(asked.text("feedback_why"))
    asked.wait_until_spoken(asked.text("feedback_why"))
    asked.rate(reason)

    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))
    about = {"message_id": _answer_id(asked), "rating": "not_helpful"}
    assert service.ratings() == [about, {**about, "comment": asked.text(reason)}]


def test_a_reason_can_be_told_in_own_words(asked: ChatPage, service: ChatService) -> None:
    asked.rate("feedback_no").rate("feedback_own_words")
    words = asked.feedback.get_by_label(asked.text("feedback_label"))
    expect(words).to_be_focused()
    expect(words).to_have_accessible_description(asked.text("input_short_hint"))
    asked.rate("feedback_send")
    expect(words).to_be_focused()

    words.fill("  Luku oli väärä. ")
    asked.rate("feedback_send")

    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))
    assert service.ratings()[-1]["comment"] == "Luku oli väärä."


def test_the_field_of_the_question_keeps_what_was_typed(asked: ChatPage) -> None:
    asked.input.fill("Entä lapsi?")
    asked.rate("feedback_no").rate("feedback_own_words")

    expect(asked.input).to_have_value("Entä lapsi?")


def test_feedback_by_keyboard_ends_in_the_field(asked: ChatPage, service: ChatService) -> None:
    asked.feedback.get_by_role("button", name=asked.text("feedback_no"), exact=True).focus()
    asked.page.keyboard.press("Enter")
    expect(asked.feedback.get_by_role("button", name=asked.text("feedback_wrong_topic"))).to_be_focused()
    asked.page.keyboard.press("Enter")

    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))
    expect(asked.input).to_be_focused()
    assert len(service.ratings()) == 2


def test_only_the_newest_answer_with_sources_is_asked_about(asked: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Ole hyvä!"))
    asked.ask_and_wait("Kiitos")
    expect(asked.feedback).to_be_hidden()

    service.will_answer(SOURCED)
    asked.ask_and_wait("Entä jatkolupa?")
    expect(asked.feedback).to_be_visible()
    asked.rate("feedback_yes")
    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))
    assert service.ratings()[-1]["message_id"] == _answer_id(asked)


def test_nothing_is_asked_while_an_answer_is_awaited(asked: ChatPage, service: ChatService) -> None:
    release = service.held(SOURCED)
    asked.ask("Entä jatkolupa?")
    expect(asked.typing).to_be_visible()

    expect(asked.feedback).to_be_hidden()
    release()
    expect(asked.feedback).to_be_visible()


def test_the_opening_is_not_asked_about(chat: ChatPage) -> None:
    chat.open().start()
    expect(chat.feedback).to_be_attached()

    expect(chat.feedback).to_be_hidden()


def test_a_conversation_that_is_not_stored_is_not_asked(asked: ChatPage, service: ChatService) -> None:
    asked.open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")

    expect(asked.feedback).to_be_hidden()


def test_what_was_rated_is_not_asked_again(asked: ChatPage, service: ChatService) -> None:
    asked.rate("feedback_yes")
    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))
    service.will_answer(Answer(error="service_unavailable"))
    asked.ask("Entä jatkolupa?")
    expect(asked.retry_button).to_be_visible()
    asked.page.locator("button.edit").click()
    expect(asked.questions).to_have_count(1)

    expect(asked.feedback).to_be_hidden()


def test_the_device_keeps_nothing_of_the_feedback(asked: ChatPage) -> None:
    before = asked.stored()
    asked.rate("feedback_no").rate("feedback_too_hard")
    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))

    assert asked.stored() == before


def test_the_newest_answer_is_asked_about_after_a_reload(asked: ChatPage) -> None:
    asked.page.reload()
    expect(asked.messages).to_have_count(3)

    expect(asked.feedback).to_be_visible()


def test_feedback_that_does_not_get_through_can_be_sent_again(asked: ChatPage, service: ChatService) -> None:
    service.rating_errors.append("service_unavailable")
    asked.rate("feedback_yes")
    expect(asked.feedback.locator(".problem")).to_have_text(asked.text("feedback_failed"))
    asked.wait_until_spoken(asked.text("feedback_failed"))

    asked.rate("feedback_yes")
    expect(asked.feedback).to_have_text(asked.text("feedback_thanks"))


def test_what_could_not_be_kept_is_said(asked: ChatPage, service: ChatService) -> None:
    service.keeps_feedback = False
    asked.rate("feedback_no")

    expect(asked.feedback).to_have_text(asked.text("feedback_not_kept"))


def test_after_a_change_of_language_the_next_answer_is_asked_about_in_it(asked: ChatPage, service: ChatService) -> None:
    asked.rate("feedback_no")
    asked.switch_language("en")
    asked.wait_for_answer(after=2)
    expect(asked.feedback).to_be_hidden()

    service.will_answer(dataclasses.replace(SOURCED, language="en"))
    asked.ask_and_wait("How much is the permit?")
    expect(asked.feedback).to_contain_text(asked.text("feedback_question"))
    expect(asked.feedback).to_have_attribute("lang", "en")
