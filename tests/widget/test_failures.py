"""Slow, broken, offline and expired: nothing typed is lost and nothing is sent twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from .driver import ChatPage
from .service import ERRORS, Answer, ChatService

pytestmark = pytest.mark.browser


def test_a_failed_question_is_sent_again_with_the_same_id(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="service_unavailable"), Answer(text="Nyt toimii."))
    chat.open().start().ask("Tärkeä kysymys")
    expect(chat.retry_button).to_be_visible()
    expect(chat.questions.last.locator(".text")).to_have_text("Tärkeä kysymys")

    chat.retry_button.click()
    chat.wait_for_answer(after=1)

    asked = service.asked()
    assert len({question["id"] for question in asked}) == 1
    assert asked[-1]["text"] == "Tärkeä kysymys"
    assert chat.last_answer() == "Nyt toimii."
    expect(chat.retry_button).to_have_count(0)
    expect(chat.questions).to_have_count(1)


def test_an_answer_lost_on_the_way_is_fetched_by_the_retry(chat: ChatPage, service: ChatService) -> None:
    service.holds_streams_back = True
    chat.open().start()
    chat.page.route("**/chat/api/messages", lambda route: (route.fetch(), route.abort()), times=1)
    chat.ask("Kysymys")
    expect(chat.questions.last.locator(".state")).to_contain_text(chat.text("failed_network"))
    chat.retry_button.click()
    chat.wait_for_answer(after=1)

    first, second = service.asked()
    assert first == second
    expect(chat.answers).to_have_count(2)


def test_the_server_s_words_explain_the_failure(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="service_unavailable"))
    chat.open().start().ask("Hei")

    words = ERRORS["service_unavailable"][1]
    expect(chat.questions.last.locator(".state")).to_contain_text(words)
    chat.wait_until_spoken(words)


def test_retry_keeps_the_focus_until_it_succeeds(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="service_unavailable"), Answer(error="service_unavailable"), Answer(text="Selvä."))
    chat.open().start().ask("Hei")
    chat.retry_button.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.retry_button).to_have_attribute("aria-disabled", "false")
    assert len(service.asked()) == 2
    assert chat.focused() == "retry"

    chat.page.keyboard.press("Enter")
    chat.wait_for_answer(after=1)
    assert chat.focused() == "question"


def test_a_failed_question_can_be_edited(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="service_unavailable"))
    chat.open().start().ask("Kysymys")
    chat.page.locator("button.edit").click()

    expect(chat.input).to_have_value("Kysymys")
    expect(chat.questions).to_have_count(0)
    assert chat.focused() == "question"
    chat.ask_and_wait("Parempi kysymys")
    assert len({question["id"] for question in service.asked()}) == 2


def test_another_question_may_come_before_the_retry(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="service_unavailable"))
    chat.open().start().ask("Eka")
    expect(chat.retry_button).to_be_visible()
    chat.ask_and_wait("Toka")
    chat.retry_button.click()
    chat.wait_for_answer(after=2)

    assert chat.messages.locator(".text").all_inner_texts()[1:] == ["Toka", "Kaiku: Toka", "Eka", "Kaiku: Eka"]


def test_a_failed_choice_can_be_repeated(chat: ChatPage, service: ChatService) -> None:
    service.opening_buttons = [{"title": "Kyllä", "payload": "/affirm"}]
    service.will_answer(Answer(error="service_unavailable"))
    chat.open().start()
    chat.choices.first.click()
    chat.retry_button.click()
    chat.wait_for_answer(after=1)

    assert [question["payload"] for question in service.asked()] == ["/affirm", "/affirm"]


def test_a_slow_answer_is_announced_and_still_arrives(chat: ChatPage, service: ChatService) -> None:
    chat.page.clock.install()
    release = service.held(Answer(text="Vihdoin."))
    chat.open().start().ask("Hidas")
    expect(chat.typing).to_have_text(chat.text("typing"))
    chat.page.clock.run_for(4_500)
    expect(chat.typing).to_have_text(chat.text("typing"))
    chat.page.clock.run_for(600)

    expect(chat.typing).to_have_text(chat.text("slow"))
    chat.page.clock.run_for(200)
    assert any(chat.text("slow") in said for said in chat.spoken())
    release()
    chat.wait_for_answer(after=1)
    assert chat.last_answer() == "Vihdoin."


def test_an_answer_that_never_comes_ends_in_a_retry(chat: ChatPage, service: ChatService) -> None:
    chat.page.clock.install()
    release = service.held(Answer(text="Liian myöhään."))
    chat.open().start().ask("Hei")
    expect(chat.typing).to_be_visible()
    chat.page.clock.run_for(61_000)

    expect(chat.retry_button).to_be_visible()
    expect(chat.typing).to_be_hidden()
    release()


def test_offline_is_shown_and_the_text_is_kept(chat: ChatPage, service: ChatService, context: BrowserContext) -> None:
    chat.open().start()
    context.set_offline(True)
    expect(chat.page.locator(".offline")).to_be_visible()
    chat.wait_until_spoken(chat.text("offline"))
    chat.ask("Kysymys ilman verkkoa")
    expect(chat.questions.last.locator(".state")).to_contain_text(chat.text("failed_offline"))
    assert service.asked() == []

    context.set_offline(False)
    expect(chat.page.locator(".offline")).to_be_hidden()
    chat.wait_until_spoken(chat.text("online"))
    chat.retry_button.click()
    chat.wait_for_answer(after=1)
    assert chat.last_answer() == "Kaiku: Kysymys ilman verkkoa"


@pytest.mark.parametrize("code", ["session_expired", "unknown_session"])
def test_an_expired_conversation_keeps_the_text_and_offers_a_new_one(
    chat: ChatPage, service: ChatService, code: str
) -> None:
    service.will_answer(Answer(error=code))
    chat.open().start().ask("Pitkä kysymykseni")
    expect(chat.banner).to_contain_text(chat.text("expired"))
    expect(chat.input).to_have_value("Pitkä kysymykseni")
    assert chat.stored()["session"] == {}

    chat.banner.get_by_role("button", name=chat.text("new_conversation")).click()
    expect(chat.banner).to_be_hidden()
    expect(chat.input).to_have_value("Pitkä kysymykseni")
    assert chat.focused() == "question"
    assert len(service.sessions) == 2
    assert len(service.asked()) == 1

    chat.send_button.click()
    chat.wait_for_answer(after=1)
    assert service.received[-1].token == service.sessions[1]


def test_sending_in_an_expired_conversation_points_to_the_new_one(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="session_expired"))
    chat.open().start().ask("Hei")
    expect(chat.banner).to_be_visible()
    chat.send_button.click()

    expect(chat.banner.get_by_role("button")).to_be_focused()
    assert len(service.asked()) == 1


def test_expiry_keeps_failed_questions_too(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(error="service_unavailable"), Answer(error="session_expired"))
    chat.open().start().ask("Eka")
    expect(chat.retry_button).to_be_visible()
    chat.ask("Toka")

    expect(chat.input).to_have_value("Eka\nToka")


@pytest.mark.parametrize("code", ["too_long", "empty_message", "too_large"])
def test_a_refused_question_returns_to_the_field(chat: ChatPage, service: ChatService, code: str) -> None:
    service.will_answer(Answer(error=code))
    chat.open().start().ask("Kysymys")

    expect(chat.input_problem).to_have_text(ERRORS[code][1])
    expect(chat.input).to_have_value("Kysymys")
    expect(chat.input).to_have_attribute("aria-invalid", "true")
    expect(chat.questions).to_have_count(0)
    assert chat.focused() == "question"


def test_what_was_typed_meanwhile_follows_the_refused_question(chat: ChatPage, service: ChatService) -> None:
    release = service.held(Answer(error="too_long"))
    chat.open().start().ask("Kysymys")
    chat.input.fill("Jatko")
    release()

    expect(chat.input).to_have_value("Kysymys\nJatko")


def test_an_answer_that_is_no_json_counts_as_a_failure(chat: ChatPage) -> None:
    chat.open().start()
    chat.page.route("**/chat/api/messages", lambda route: route.fulfill(status=200, body="<html>proxy</html>"))
    chat.ask("Hei")

    expect(chat.questions.last.locator(".state")).to_contain_text(chat.text("failed_server"))
