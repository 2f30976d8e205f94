"""What a reload, a second tab and a copied tab see."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from .driver import ChatPage
from .service import Answer, ChatService

pytestmark = pytest.mark.browser


def test_a_reload_shows_the_whole_conversation_again(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Muistatko?")
    before = chat.messages.locator(".text").all_inner_texts()
    chat.page.reload()

    expect(chat.messages).to_have_count(3)
    assert chat.messages.locator(".text").all_inner_texts() == before
    assert len(service.sessions) == 1
    chat.ask_and_wait("Jatketaan")
    assert service.received[-1].token == service.sessions[0]


def test_a_reload_keeps_the_language_of_the_conversation(chat: ChatPage) -> None:
    chat.open().start().switch_language("en").wait_for_answer(after=1)
    chat.open("")

    expect(chat.page.locator("html")).to_have_attribute("lang", "en")
    expect(chat.page.locator("label[for=question]")).to_have_text(chat.text("input_label"))


def test_a_reload_shows_masked_texts_only(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(masked=["EMAIL_ADDRESS"], kept="Olen [EMAIL_ADDRESS]"))
    chat.open().start().ask_and_wait("Olen matti@example.com")
    chat.page.reload()

    expect(chat.questions.last.locator(".text")).to_have_text("Olen [sähköpostiosoite]")


def test_a_reload_offers_the_open_choices_again(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Jatketaanko?", buttons=[{"title": "Kyllä", "payload": "/affirm"}]))
    chat.open().start().ask_and_wait("Hei")
    chat.page.reload()

    expect(chat.choices).to_have_text(["Kyllä"])


def test_two_tabs_are_two_conversations(chat: ChatPage, context: BrowserContext, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Ensimmäinen välilehti")
    other = ChatPage(context.new_page(), service.url).open()

    expect(other.start_button).to_be_visible()
    other.start().ask_and_wait("Toinen välilehti")
    assert len(service.sessions) == 2
    expect(other.page.get_by_text("Ensimmäinen välilehti")).to_have_count(0)
    expect(chat.page.get_by_text("Toinen välilehti")).to_have_count(0)


def test_a_copied_tab_does_not_share_the_conversation(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Vain tässä")

    # A window opened by the page starts with a copy of its sessionStorage, as a duplicated tab does.
    with chat.page.expect_popup() as popup:
        chat.page.evaluate("window.open(location.href)")

    copy = popup.value
    expect(copy.locator("button.start")).to_be_visible()
    assert copy.evaluate("sessionStorage.length") == 0
    assert [request.path for request in service.received if request.token] == ["/chat/api/messages"]
    assert chat.stored()["session"] != {}


def test_an_expired_conversation_leads_back_to_the_notice(chat: ChatPage, service: ChatService) -> None:
    chat.open().start()
    service.transcript_errors.append("session_expired")
    chat.page.reload()

    expect(chat.start_button).to_be_visible()
    expect(chat.page.get_by_text(chat.text("expired_notice"))).to_be_visible()
    assert chat.stored()["session"] == {}


def test_a_reload_during_a_disturbance_can_be_repeated(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Hei")
    service.transcript_errors.append("service_unavailable")
    chat.page.reload()

    expect(chat.banner).to_contain_text(chat.text("load_failed"))
    chat.banner.get_by_role("button").click()
    expect(chat.messages).to_have_count(3)
    expect(chat.banner).to_be_hidden()


def test_what_was_asked_during_the_disturbance_is_shown_once(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Ennen")
    service.transcript_errors.append("service_unavailable")
    chat.page.reload()
    expect(chat.banner).to_be_visible()
    chat.ask_and_wait("Aikana")
    service.will_answer(Answer(error="service_unavailable"))
    chat.ask("Lähtemättä")
    expect(chat.retry_button).to_be_visible()
    chat.banner.get_by_role("button").click()

    expect(chat.messages).to_have_count(6)
    assert chat.questions.locator(".text").all_inner_texts() == ["Ennen", "Aikana", "Lähtemättä"]
    expect(chat.retry_button).to_be_visible()


@pytest.mark.parametrize("damaged", ["", "{", "null", "[]", '{"token": 5}', '{"token": "x"}'])
def test_a_damaged_record_is_ignored(chat: ChatPage, service: ChatService, damaged: str) -> None:
    chat.open()
    chat.page.evaluate("value => sessionStorage.setItem('luotsi-session', value)", damaged)
    chat.page.reload()

    expect(chat.start_button).to_be_visible()
    assert [request for request in service.received if request.method == "POST" or request.token] == []


def test_blocked_storage_does_not_hinder_the_conversation(chat: ChatPage) -> None:
    chat.page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    chat.open().start().ask_and_wait("Hei")

    assert chat.last_answer() == "Kaiku: Hei"
