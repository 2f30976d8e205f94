"""The customer's rights: seeing, taking along, not storing and deleting."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from .driver import ChatPage
from .service import NOTICE, Answer, ChatService, Received

pytestmark = pytest.mark.browser

CODE = "K7QF-2M9X-4TDA"
NOTHING = {"session": {}, "local": {}, "cookies": "", "databases": 0, "caches": 0}
ABOUT = "/chat/api/conversation"


@pytest.fixture(params=["fi", "en"])
def started(request: pytest.FixtureRequest, chat: ChatPage) -> Iterator[ChatPage]:
    """The page with an open conversation, in both languages."""
    chat.language = request.param
    yield chat.open().start()


def about_conversation(service: ChatService) -> list[Received]:
    """The requests about the stored conversation."""
    return [asked for asked in service.received if asked.path.startswith(ABOUT)]


def tab_to(chat: ChatPage, key: str) -> None:
    """Press Tab until the dialog's button with this text has the focus."""
    button = chat.dialog.get_by_role("button", name=chat.text(key), exact=True)
    for _ in range(15):
        chat.page.keyboard.press("Tab")
        if button.evaluate("button => button.getRootNode().activeElement === button"):
            return
    pytest.fail(f"{key} cannot be reached with Tab")


# --- The dialog ----------------------------------------------------------------------------------------------------


def test_the_dialog_tells_what_is_kept_and_whom_to_ask(started: ChatPage) -> None:
    started.open_data()

    dialog = started.page.get_by_role("dialog", name=started.text("data_heading"))
    expect(dialog).to_contain_text(NOTICE[started.language]["short"])
    expect(dialog).to_contain_text(NOTICE[started.language]["controller"])
    expect(dialog.get_by_role("link")).to_have_attribute(
        "href", re.compile(rf"/chat/privacy\?lang={started.language}$")
    )


def test_without_the_notice_the_dialog_says_where_the_contact_is(chat: ChatPage) -> None:
    chat.open().start()
    chat.page.route("**/chat/api/notice*", lambda route: route.abort())
    chat.page.reload()
    expect(chat.messages).to_have_count(1)
    chat.open_data()

    expect(chat.dialog).to_contain_text(chat.text("data_kept"))
    expect(chat.dialog).to_contain_text(chat.text("data_contact_in_notice"))


def test_there_is_no_dialog_before_a_conversation(chat: ChatPage, service: ChatService) -> None:
    chat.open()

    expect(chat.page.locator("button.open-data")).to_be_hidden()
    assert "/chat/static/your-data.js" not in service.paths


@pytest.mark.parametrize("key", ["data_show", "data_unstore", "data_delete"])
def test_every_view_starts_at_its_heading_and_leads_back(chat: ChatPage, service: ChatService, key: str) -> None:
    chat.open().start().open_data()
    assert chat.focused() == "data-heading"
    chat.press(key)
    expect(chat.dialog_heading).not_to_have_text(chat.text("data_heading"))
    assert chat.focused() == "data-heading"
    chat.press("data_back")

    expect(chat.dialog_heading).to_have_text(chat.text("data_heading"))
    assert chat.focused() == "data-heading"
    assert [asked.method for asked in about_conversation(service) if asked.method != "GET"] == []


def test_escape_gives_the_focus_back(chat: ChatPage) -> None:
    chat.open().start().open_data()
    chat.page.keyboard.press("Escape")

    expect(chat.dialog).to_be_hidden()
    assert chat.focused() == "quiet open-data"


def test_the_live_region_stays_within_reach_of_screen_readers(chat: ChatPage) -> None:
    status = chat.page.locator("[role=status]")
    chat.open().start().open_data()
    expect(chat.dialog.locator("[role=status]")).to_have_count(1)
    chat.press("data_close")

    expect(chat.dialog.locator("[role=status]")).to_have_count(0)
    expect(status).to_have_count(1)


def test_a_dialog_that_cannot_be_loaded_says_so(chat: ChatPage) -> None:
    chat.page.route("**/your-data.js", lambda route: route.abort())
    chat.open().start()
    chat.page.locator("button.open-data").click()

    expect(chat.input_problem).to_have_text(chat.text("data_failed_load"))
    chat.wait_until_spoken(chat.text("data_failed_load"))


def test_an_expired_conversation_is_explained(started: ChatPage, service: ChatService) -> None:
    service.conversation_errors.append("session_expired")
    started.open_data().press("data_delete").press("data_delete_confirm")

    expect(started.dialog_problem).to_have_text(started.text("data_expired"))


def test_a_closed_dialog_keeps_no_words_of_the_conversation(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait("Salaisuus")
    chat.open_data().press("data_show")
    expect(chat.dialog).to_contain_text("Salaisuus")
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    chat.end()

    assert "Salaisuus" not in chat.page.evaluate("document.querySelector('luotsi-chat').shadowRoot.innerHTML")


def test_the_dialog_says_its_language(started: ChatPage) -> None:
    started.open_data()

    expect(started.dialog).to_have_attribute("lang", started.language)


# --- Seeing and taking along ---------------------------------------------------------------------------------------


def test_what_is_stored_can_be_read(started: ChatPage, service: ChatService) -> None:
    service.feedback = [{"rating": "up", "comment": "Hyvä", "time": "2026-11-21T10:01:00Z"}]
    kept = "Olen [NAME_1]"
    service.will_answer(Answer(language=started.language, text="**Hei!**", masked=["PERSON"], kept=kept))
    started.ask_and_wait("Olen Matti")
    started.open_data().press("data_show")

    items = started.dialog.locator(".kept-messages > li")
    expect(items).to_have_count(3)
    expect(items.nth(1)).to_contain_text(started.text("you"))
    expect(items.nth(1)).to_contain_text(f"Olen [{started.text('label_NAME')} 1]")
    expect(items.nth(2).locator("strong")).to_have_text("Hei!")
    date = {"fi": "20. marraskuuta 2028", "en": "20 November 2028"}[started.language]
    expect(started.dialog).to_contain_text(started.text("data_stored_until", date=date))
    expect(started.dialog).to_contain_text("up – Hyvä")


def test_fetching_does_not_hold_the_dialog_and_opens_none(chat: ChatPage, service: ChatService) -> None:
    release = service.hold_conversation_requests()
    chat.open().start().open_data().press("data_show")
    expect(chat.dialog).to_contain_text(chat.text("data_loading"))
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    with chat.page.expect_response("**/chat/api/conversation"):
        release()
    chat.page.wait_for_timeout(200)

    expect(chat.dialog).to_be_hidden()
    chat.open_data()
    expect(chat.dialog.locator(".kept-messages")).to_have_count(0)


def test_the_time_of_consent_is_shown(chat: ChatPage, service: ChatService) -> None:
    service.mode = "opt-in"
    chat.open()
    chat.consent.check()
    chat.start().open_data().press("data_show")

    expect(chat.dialog.get_by_text(re.compile(r"^Annoit suostumuksesi 21\. marraskuuta 2026"))).to_be_visible()
    expect(chat.dialog).to_contain_text(chat.text("data_notice_version", version=service.notice_version))


def test_the_code_of_the_conversation_is_shown(started: ChatPage) -> None:
    started.open_data().press("data_show")

    expect(started.dialog).to_contain_text(started.text("data_reference", reference="BCDF-GHJK-LMNP"))


def test_reading_can_be_tried_again(started: ChatPage, service: ChatService) -> None:
    service.conversation_errors.append("service_unavailable")
    started.open_data().press("data_show")
    expect(started.dialog_problem).to_have_text(started.text("data_failed_load"))
    started.press("retry")

    expect(started.dialog.locator(".kept-messages > li")).to_have_count(1)
    expect(started.dialog_problem).to_be_hidden()


def test_the_data_can_be_downloaded_as_json(started: ChatPage) -> None:
    started.open_data()
    with started.page.expect_download() as download:
        started.press("data_download_json")

    assert re.fullmatch(r"luotsi-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename)
    content = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert content["events"] == [{"event": "session_started"}]
    expect(started.dialog).to_contain_text(started.text("data_downloaded", name=download.value.suggested_filename))
    started.wait_until_spoken(started.text("data_downloaded", name=download.value.suggested_filename))


def test_the_data_can_be_downloaded_as_a_page_in_the_chosen_language(started: ChatPage) -> None:
    started.open_data()
    with started.page.expect_download() as download:
        started.press("data_download_page")

    assert download.value.suggested_filename.endswith(".html")
    assert f'<html lang="{started.language}">' in Path(download.value.path()).read_text("utf-8")


def test_a_failed_download_says_so(started: ChatPage, service: ChatService) -> None:
    service.conversation_errors.append("service_unavailable")
    started.open_data().press("data_download_json")

    expect(started.dialog_problem).to_have_text(started.text("data_failed_load"))
    started.wait_until_spoken(started.text("data_failed_load"))


# --- Not storing ---------------------------------------------------------------------------------------------------


def test_the_conversation_goes_on_without_being_stored(started: ChatPage, service: ChatService) -> None:
    before = started.page.evaluate("JSON.parse(sessionStorage.getItem('luotsi-session'))")
    started.open_data().press("data_unstore").press("data_unstore_confirm")
    expect(started.dialog_heading).to_have_text(started.text("data_unstored_heading"))
    expect(started.dialog.locator("#receipt")).to_have_value(CODE)
    assert started.focused() == "data-heading"
    started.press("data_go_on")

    expect(started.mark).to_have_text(started.text("not_stored"))
    after = started.page.evaluate("JSON.parse(sessionStorage.getItem('luotsi-session'))")
    assert after == {**before, "token": next(iter(service.unstored)), "stored": False}
    expect(started.messages).to_have_count(1)
    service.will_answer(Answer(language=started.language))
    started.ask_and_wait("Jatketaan")
    assert service.received[-1].token in service.unstored


def test_the_mark_outlasts_a_reload(chat: ChatPage) -> None:
    chat.open().start()
    expect(chat.mark).to_be_hidden()
    chat.open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
    chat.page.reload()

    expect(chat.mark).to_be_visible()
    expect(chat.messages).to_have_count(1)
    chat.open_data()
    expect(chat.dialog).to_contain_text(chat.text("data_unstored_now"))
    expect(chat.dialog.get_by_role("button", name=chat.text("data_unstore"))).to_have_count(0)


def test_ending_a_conversation_that_is_not_stored_removes_it(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
    chat.page.locator("button.end").click()
    expect(chat.page.get_by_role("dialog")).to_contain_text(chat.text("end_text_unstored"))
    with chat.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        chat.page.locator("dialog.ending button.primary").click()

    assert [asked.method for asked in about_conversation(service)] == ["POST", "DELETE"]
    expect(chat.mark).to_be_hidden()
    chat.start()
    expect(chat.mark).to_be_hidden()


def test_ending_a_stored_conversation_deletes_nothing(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().end()

    assert about_conversation(service) == []


def test_a_failure_leaves_the_conversation_stored(started: ChatPage, service: ChatService) -> None:
    service.conversation_errors.append("service_unavailable")
    token = service.sessions[0]
    started.open_data().press("data_unstore").press("data_unstore_confirm")

    expect(started.dialog_problem).to_have_text(started.text("data_failed_unstore"))
    expect(started.mark).to_be_hidden()
    assert started.page.evaluate("JSON.parse(sessionStorage.getItem('luotsi-session')).token") == token
    started.press("data_unstore_confirm")
    expect(started.mark).to_be_visible()


def test_the_token_is_not_changed_while_a_question_waits(chat: ChatPage, service: ChatService) -> None:
    release = service.held(Answer(text="Vihdoin."))
    chat.open().start().ask("Hidas")
    chat.open_data().press("data_unstore").press("data_unstore_confirm")
    expect(chat.dialog_problem).to_have_text(chat.text("wait_for_answer"))
    assert about_conversation(service) == []

    release()
    expect(chat.answers).to_have_count(2)
    chat.press("data_unstore_confirm")
    expect(chat.dialog_heading).to_have_text(chat.text("data_unstored_heading"))


# --- Deleting ------------------------------------------------------------------------------------------------------


def test_nothing_is_deleted_before_the_confirmation(started: ChatPage, service: ChatService) -> None:
    started.open_data().press("data_delete")
    expect(started.dialog).to_contain_text(started.text("data_delete_what"))

    assert about_conversation(service) == []


def test_a_deletion_shows_its_receipt_and_leaves_nothing_behind(started: ChatPage, service: ChatService) -> None:
    started.input.fill("luonnos")
    started.open_data().press("data_delete").press("data_delete_confirm")
    expect(started.dialog_heading).to_have_text(started.text("data_erased_heading"))

    expect(started.dialog.get_by_label(started.text("data_receipt"))).to_have_value(CODE)
    assert started.focused() == "data-heading"
    assert [(asked.method, asked.body) for asked in about_conversation(service)] == [("DELETE", {"confirm": True})]
    assert started.stored() == NOTHING
    expect(started.messages).to_have_count(0)
    started.press("data_close")
    expect(started.page.locator("#notice-heading")).to_be_focused()
    expect(started.input).to_have_value("")


def test_a_fresh_start_follows_a_deletion(started: ChatPage, service: ChatService) -> None:
    first = service.sessions[0]
    started.open_data().press("data_delete").press("data_delete_confirm").press("new_conversation")

    expect(started.input).to_be_focused()
    expect(started.messages).to_have_count(1)
    assert service.sessions[-1] != first


def test_the_receipt_can_be_copied(chat: ChatPage, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.open().start().open_data().press("data_delete").press("data_delete_confirm").press("data_copy")
    chat.wait_until_spoken(chat.text("data_copied"))

    assert chat.page.evaluate("navigator.clipboard.readText()") == CODE


def test_where_copying_is_not_allowed_the_code_is_selected(chat: ChatPage) -> None:
    chat.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    chat.open().start().open_data().press("data_delete").press("data_delete_confirm").press("data_copy")

    expect(chat.dialog).to_contain_text(chat.text("data_copy_by_hand"))
    selected = "code => code.value.slice(code.selectionStart, code.selectionEnd)"
    assert chat.dialog.locator("#receipt").evaluate(selected) == CODE


def test_a_failed_deletion_says_so_and_can_be_tried_again(started: ChatPage, service: ChatService) -> None:
    service.conversation_errors.append("service_unavailable")
    started.open_data().press("data_delete").press("data_delete_confirm")

    expect(started.dialog_problem).to_have_text(started.text("data_failed_delete"))
    started.wait_until_spoken(started.text("data_failed_delete"))
    assert started.focused() == "danger"
    expect(started.messages).to_have_count(1)
    assert started.stored()["session"] != {}
    started.press("data_delete_confirm")
    expect(started.dialog_heading).to_have_text(started.text("data_erased_heading"))


def test_a_confirmation_lost_on_the_way_is_fetched_by_trying_again(chat: ChatPage) -> None:
    chat.open().start().open_data().press("data_delete")
    chat.page.route("**/chat/api/conversation", lambda route: (route.fetch(), route.abort()), times=1)
    chat.press("data_delete_confirm")
    expect(chat.dialog_problem).to_have_text(chat.text("data_failed_delete"))
    chat.press("data_delete_confirm")

    expect(chat.dialog.locator("#receipt")).to_have_value(CODE)


def test_offline_is_told_apart(started: ChatPage, context: BrowserContext) -> None:
    started.open_data().press("data_delete")
    context.set_offline(True)
    started.press("data_delete_confirm")
    words = f"{started.text('data_offline')} {started.text('data_failed_delete')}"
    expect(started.dialog_problem).to_have_text(words)

    context.set_offline(False)
    started.press("data_delete_confirm")
    expect(started.dialog_heading).to_have_text(started.text("data_erased_heading"))


def test_a_slow_deletion_is_sent_once_and_keeps_the_dialog(chat: ChatPage, service: ChatService) -> None:
    release = service.hold_conversation_requests()
    chat.open().start().open_data().press("data_delete").press("data_delete_confirm")
    expect(chat.dialog).to_contain_text(chat.text("data_working"))
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.press("Escape")
    chat.page.wait_for_timeout(200)
    expect(chat.dialog).to_be_visible()
    release()

    expect(chat.dialog_heading).to_have_text(chat.text("data_erased_heading"))
    assert len(about_conversation(service)) == 1


def test_an_answer_that_comes_after_the_deletion_is_not_shown(chat: ChatPage, service: ChatService) -> None:
    release = service.held(Answer(text="Myöhässä."))
    chat.open().start().ask("Hidas")
    chat.open_data().press("data_delete").press("data_delete_confirm").press("new_conversation")
    expect(chat.messages).to_have_count(1)
    release()
    chat.page.wait_for_timeout(300)

    expect(chat.page.get_by_text("Myöhässä.")).to_have_count(0)


def test_ending_offers_the_deletion(started: ChatPage) -> None:
    started.page.locator("button.end").click()
    started.page.locator("dialog.ending").get_by_role("button", name=started.text("data_delete")).click()

    expect(started.page.locator("dialog.ending")).to_be_hidden()
    expect(started.dialog_heading).to_have_text(started.text("data_delete_heading"))


# --- What an answer offers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "title", "heading"),
    [
        ("show_stored", "data_show", "data_stored_heading"),
        ("do_not_store", "data_unstore", "data_unstore_heading"),
        ("delete", "data_delete", "data_delete_heading"),
    ],
)
def test_an_answer_offers_its_dialog_and_opens_none(
    started: ChatPage, service: ChatService, action: str, title: str, heading: str
) -> None:
    service.will_answer(Answer(language=started.language, text="Näin se käy.", action=action))
    answer = started.ask_and_wait("Toive")
    expect(started.dialog).to_be_hidden()
    assert started.focused() == "question"
    started.wait_until_spoken(f"Näin se käy. {started.text('button', title=started.text(title))}")

    button = answer.get_by_role("button", name=started.text(title))
    button.click()
    expect(started.dialog_heading).to_have_text(started.text(heading))
    started.page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_an_answer_leads_to_the_notice(started: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(language=started.language, action="show_notice"))
    answer = started.ask_and_wait("Seloste")

    link = answer.locator(".offer").get_by_role("link", name=started.text("privacy_link"))
    expect(link).to_have_attribute("href", re.compile(rf"/chat/privacy\?lang={started.language}$"))


@pytest.mark.parametrize("action", [None, "", "unknown", "toString"])
def test_other_actions_offer_nothing(chat: ChatPage, service: ChatService, action: str | None) -> None:
    service.will_answer(Answer(action=action))
    answer = chat.open().start().ask_and_wait("Hei")

    expect(answer.locator(".offer")).to_have_count(0)


def test_an_offer_outlasts_a_reload(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(action="delete"))
    chat.open().start().ask_and_wait("Poista")
    chat.page.reload()
    chat.answers.last.get_by_role("button", name=chat.text("data_delete")).click()

    expect(chat.dialog_heading).to_have_text(chat.text("data_delete_heading"))


def test_not_storing_twice_is_not_offered(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
    service.will_answer(Answer(action="do_not_store"))
    chat.ask_and_wait("Älä tallenna").get_by_role("button").click()

    expect(chat.dialog).to_contain_text(chat.text("data_unstored_now"))
    expect(chat.dialog.get_by_role("button", name=chat.text("data_unstore_confirm"))).to_have_count(0)


# --- By keyboard ---------------------------------------------------------------------------------------------------


def test_all_rights_by_keyboard(started: ChatPage, service: ChatService) -> None:
    keyboard = started.page.keyboard
    while started.focused() != "quiet open-data":
        assert started.focused() != "body"
        keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(started.dialog_heading).to_be_focused()
    tab_to(started, "data_show")
    keyboard.press("Enter")
    expect(started.dialog.locator(".kept-messages")).to_be_visible()
    tab_to(started, "data_back")
    keyboard.press("Enter")

    tab_to(started, "data_download_json")
    with started.page.expect_download():
        keyboard.press("Space")
    tab_to(started, "data_unstore")
    keyboard.press("Enter")
    tab_to(started, "data_unstore_confirm")
    keyboard.press("Enter")
    expect(started.dialog_heading).to_have_text(started.text("data_unstored_heading"))
    tab_to(started, "data_go_on")
    keyboard.press("Enter")
    expect(started.mark).to_be_visible()

    assert started.focused() == "quiet open-data"
    keyboard.press("Enter")
    tab_to(started, "data_delete")
    keyboard.press("Enter")
    tab_to(started, "data_delete_confirm")
    keyboard.press("Enter")
    expect(started.dialog_heading).to_have_text(started.text("data_erased_heading"))
    tab_to(started, "new_conversation")
    keyboard.press("Enter")
    expect(started.input).to_be_focused()
    assert len(service.sessions) >= 2


# --- Printing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def printed(chat: ChatPage, service: ChatService) -> ChatPage:
    """A conversation whose printing was asked for; the page looks as it does on paper."""
    service.will_answer(
        Answer(text="Hae verkossa.", sources=[{"title": "Migri: lupa", "url": "https://migri.fi/lupa"}])
    )
    chat.page.add_init_script("window.printed = []; window.print = () => window.printed.push(document.readyState);")
    chat.open().start().ask_and_wait("Miten haen?")
    chat.open_data().press("data_print")
    chat.page.emulate_media(media="print")
    return chat


def test_the_conversation_is_printed_once_without_its_dialog(printed: ChatPage) -> None:
    assert printed.page.evaluate("window.printed.length") == 1
    expect(printed.dialog).to_be_hidden()


def test_on_paper_stand_the_messages_with_their_sources_and_the_day(printed: ChatPage) -> None:
    expect(printed.messages).to_have_count(3)
    for message in printed.messages.all():
        expect(message).to_be_visible()
    expect(printed.page.locator(".printed")).to_be_visible()
    expect(printed.page.locator(".printed")).to_contain_text(re.compile(r"20\d\d"))
    shown = printed.answers.last.get_by_role("link").evaluate("link => getComputedStyle(link, '::after').content")
    assert shown == '" (https://migri.fi/lupa)"'


def test_on_paper_is_nothing_to_press_and_nothing_is_cut_off(printed: ChatPage) -> None:
    for button in printed.page.get_by_role("button").all():
        expect(button).to_be_hidden()
    expect(printed.input).to_be_hidden()
    assert printed.page.locator(".log").evaluate("log => log.scrollHeight - log.clientHeight") <= 0
    assert printed.page.locator(".frame").evaluate("frame => getComputedStyle(frame).overflow") == "visible"


def test_on_paper_a_dark_page_is_light(printed: ChatPage) -> None:
    printed.page.locator("luotsi-chat").evaluate("chat => { chat.dataset.theme = 'dark'; }")

    assert printed.page.locator(".bubble").last.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"
