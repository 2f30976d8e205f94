"""Before a conversation where the installation asks for consent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .driver import ChatPage
from .service import NOTICE, Answer, ChatService

pytestmark = pytest.mark.browser

NOTHING = {"session": {}, "local": {}, "cookies": "", "databases": 0, "caches": 0}


@pytest.fixture(autouse=True)
def asks_for_consent(service: ChatService) -> None:
    service.mode = "opt-in"


def opened(service: ChatService) -> list[dict[str, object]]:
    """The bodies with which conversations were opened, or asked to be."""
    return [asked.body for asked in service.received if asked.path == "/chat/api/sessions"]


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_choice_is_in_the_words_of_the_notice_and_not_made_yet(chat: ChatPage, language: str) -> None:
    chat.language = language
    chat.open()

    expect(chat.page.get_by_role("checkbox", name=NOTICE[language]["consent"])).not_to_be_checked()
    expect(chat.page.locator(".points")).to_contain_text(NOTICE[language]["short"])
    expect(chat.page.get_by_role("link", name=chat.text("privacy_link"))).to_be_visible()


def test_without_opt_in_there_is_no_choice(chat: ChatPage, service: ChatService) -> None:
    service.mode = "notice"
    chat.open()

    expect(chat.page.locator(".points")).to_contain_text(NOTICE["fi"]["short"])
    expect(chat.consent).to_be_hidden()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_without_consent_nothing_starts(chat: ChatPage, service: ChatService, language: str) -> None:
    chat.language = language
    chat.open()
    chat.start_button.click()

    expect(chat.consent).to_be_focused()
    expect(chat.consent).to_have_accessible_description(chat.text("consent_needed"))
    expect(chat.consent).to_have_attribute("aria-invalid", "true")
    assert opened(service) == []
    assert chat.stored() == NOTHING


def test_the_choice_takes_the_complaint_away(chat: ChatPage) -> None:
    chat.open()
    chat.start_button.click()
    expect(chat.page.locator("#consent-problem")).to_be_visible()
    chat.consent.check()

    expect(chat.page.locator("#consent-problem")).to_be_hidden()
    expect(chat.consent).to_have_attribute("aria-invalid", "false")


def test_consent_and_its_version_go_to_the_service(chat: ChatPage, service: ChatService) -> None:
    chat.open()
    chat.consent.check()
    assert chat.stored() == NOTHING
    chat.start()

    assert opened(service) == [{"language": "fi", "notice_version": service.notice_version, "consent": True}]


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_changed_notice_asks_again(chat: ChatPage, service: ChatService, language: str) -> None:
    chat.language = language
    chat.open()
    chat.consent.check()
    service.notice_version = "2027-01-01"
    chat.start_button.click()

    expect(chat.consent).to_be_focused()
    expect(chat.consent).not_to_be_checked()
    expect(chat.consent).to_have_accessible_description(chat.text("consent_changed"))
    chat.consent.check()
    chat.start()
    assert [body["notice_version"] for body in opened(service)] == ["2026-11-22", "2027-01-01"]


def test_an_installation_that_comes_to_ask_is_noticed(chat: ChatPage, service: ChatService) -> None:
    service.mode = "notice"
    chat.open()
    expect(chat.page.locator(".points")).to_contain_text(NOTICE["fi"]["short"])
    service.mode = "opt-in"
    chat.start_button.click()

    expect(chat.consent).to_be_focused()
    chat.consent.check()
    chat.start()


def test_consent_is_for_one_conversation(chat: ChatPage) -> None:
    chat.open()
    chat.consent.check()
    chat.start().end()

    expect(chat.consent).not_to_be_checked()


def test_a_reload_does_not_ask_again(chat: ChatPage) -> None:
    chat.open()
    chat.consent.check()
    chat.start()
    chat.page.reload()

    expect(chat.messages).to_have_count(1)
    expect(chat.input).to_be_visible()


def test_after_an_expired_conversation_consent_is_asked_and_the_text_kept(chat: ChatPage, service: ChatService) -> None:
    chat.open()
    chat.consent.check()
    chat.start()
    service.will_answer(Answer(error="session_expired"))
    chat.ask("Tallella")
    chat.banner.get_by_role("button").click()

    expect(chat.page.locator("#notice-heading")).to_be_focused()
    expect(chat.page.locator("#consent-problem")).to_be_hidden()
    chat.consent.check()
    chat.start()
    expect(chat.input).to_have_value("Tallella")


def test_after_a_deletion_consent_is_asked_without_a_complaint(chat: ChatPage) -> None:
    chat.open()
    chat.consent.check()
    chat.start().open_data().press("data_delete").press("data_delete_confirm").press("new_conversation")

    expect(chat.page.locator("#notice-heading")).to_be_focused()
    expect(chat.consent).not_to_be_checked()
    expect(chat.page.locator("#consent-problem")).to_be_hidden()


def test_the_switch_changes_the_language_of_the_choice(chat: ChatPage) -> None:
    chat.open().switch_language("en")

    expect(chat.page.get_by_role("checkbox", name=NOTICE["en"]["consent"])).to_be_visible()


def test_consent_by_keyboard(chat: ChatPage) -> None:
    keyboard = chat.page.keyboard
    chat.open()
    expect(chat.consent).to_be_visible()
    seen: list[str] = []
    while "consent" not in seen and len(seen) < 10:
        keyboard.press("Tab")
        seen.append(chat.focused())
    keyboard.press("Space")
    keyboard.press("Tab")
    assert chat.focused() == "primary start"
    keyboard.press("Enter")

    expect(chat.input).to_be_focused()


@pytest.mark.parametrize("size", [(320, 568), (360, 740), (320, 256)], ids=["narrow", "phone", "zoom-400"])
def test_the_choice_is_not_hidden_by_what_sticks_to_the_bottom(chat: ChatPage, size: tuple[int, int]) -> None:
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    chat.open()
    expect(chat.page.locator(".consent")).to_be_visible()
    # The choice lies just below the fold, where the bar with the button would cover it.
    chat.page.locator(".notice").evaluate(
        """notice => {
          const box = notice.querySelector('#consent').getBoundingClientRect();
          notice.scrollTop += box.bottom - notice.getBoundingClientRect().bottom + 8;
        }"""
    )
    chat.start_button.focus()
    chat.page.keyboard.press("Shift+Tab")
    expect(chat.consent).to_be_focused()

    box, bar = chat.consent.bounding_box(), chat.start_button.bounding_box()
    assert box is not None and bar is not None
    assert box["y"] + box["height"] <= bar["y"]
    expect(chat.consent).to_be_in_viewport(ratio=1)
