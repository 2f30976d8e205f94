"""Keyboard, screen reader, contrast, zoom and the automatic checks."""

from __future__ import annotations

import dataclasses
import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .driver import ChatPage
from .service import Answer, ChatService
from .test_events import wait_for_stream

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
PHONE, DESKTOP = (360, 740), (1280, 800)
BUTTONS = [{"title": "Kyllä", "payload": "/affirm"}, {"title": "Ei", "payload": "/deny"}]
RICH = Answer(
    text="**Hae** verkossa:\n\n- maksa\n- tunnistaudu [pisteessä](https://migri.fi/pisteet)",
    sources=[{"title": "Migri: lupa", "url": "https://migri.fi/lupa"}],
    links=[{"title": "Enter Finland", "url": "https://enterfinland.fi/"}],
    reviewed="2026-11-21",
    volatile=True,
    buttons=BUTTONS,
)
DATA = {
    "data": [],
    "data-stored": ["data_show"],
    "data-unstore": ["data_unstore"],
    "data-unstored": ["data_unstore", "data_unstore_confirm"],
    "data-delete": ["data_delete"],
    "data-failed": ["data_delete", "data_delete_confirm"],
    "data-erased": ["data_delete", "data_delete_confirm"],
}
ANNOUNCED = {
    "id": "break",
    "kind": "outage",
    "title": "Verkkopalvelussa on huoltokatko",
    "text": "Palvelu ei toimi yöllä 1.–2.12.",
    "until": "2026-12-02T06:00:00+02:00",
    "link": {"title": "Häiriötiedotteet", "url": "https://tulli.fi/", "language": "fi"},
}
HOURS = {
    "agency": "customs",
    "name": "Tulli",
    "text": "Arkisin klo 9–15.",
    "open": True,
    "links": [{"title": "Palveluajat", "url": "https://tulli.fi/", "language": "fi"}],
}
BEFORE = ["notice", "consent", "consent-needed", "announced", "rating", "rating-words", "erased-elsewhere"]
STATES = [
    *BEFORE,
    *["opening", "answer", "masked", "waiting", "failed", "expired", "offline", "too-long", "dialog", "not-stored"],
    *["feedback-reason", "feedback-words", "feedback-thanks", "feedback-failed"],
    *["announced-conversation", "limited", "lost", "idle-warning", "covered"],
    *DATA,
]


def reach(state: str, chat: ChatPage, service: ChatService) -> None:
    """Bring the page into a state."""
    if state.startswith("consent"):
        service.mode = "opt-in"
    if state.startswith("announced"):
        information = {**ANNOUNCED, "id": "holiday", "kind": "information", "link": None}
        service.announcements = {"fi": [ANNOUNCED, information], "en": [ANNOUNCED, information]}
        service.hours = {"fi": [HOURS], "en": [{**HOURS, "open": False}]}
    if state in {"idle-warning", "covered"}:
        service.expires_at = "2026-11-21T22:00:00Z"
        chat.page.clock.install(time="2026-11-21T10:00:00Z")
    chat.open()
    if state not in BEFORE or state.startswith(("rating", "erased")):
        chat.start()
    if state.startswith("announced"):
        expect(chat.announcements).to_have_count(2)
        chat.hours.locator("summary").click()
    elif state.startswith("rating"):
        service.will_answer(Answer(language=chat.language))
        chat.ask_and_wait("Miten haen?")
        chat.end()
        if state == "rating-words":
            chat.rating.get_by_role("button", name=chat.text("feedback_no"), exact=True).click()
            expect(chat.rating.get_by_role("textbox")).to_be_visible()
    elif state == "erased-elsewhere":
        wait_for_stream(chat, service)
        service.tell("ended", {"reason": "erased"})
        expect(chat.start_button).to_be_visible()
    elif state == "limited":
        service.will_answer(Answer(error="too_many_requests", retry_after=3_000))
        chat.ask("Vielä yksi")
        expect(chat.retry_button).to_be_visible()
    elif state == "lost":
        wait_for_stream(chat, service)
        chat.page.route("**/chat/api/*", lambda route: route.abort())
        service.end_streams(cut=True)
        expect(chat.connection).to_be_visible(timeout=30_000)
    elif state in {"idle-warning", "covered"}:
        expect(chat.idle).to_be_attached()
        chat.page.clock.run_for(31 * 60_000)
        expect(chat.idle_warning).to_be_visible()
        if state == "covered":
            chat.page.clock.run_for(5 * 60_000)
            expect(chat.cover).to_be_visible()
    if state.startswith("consent"):
        expect(chat.consent).to_be_visible()
    if state == "consent-needed":
        chat.start_button.click()
        expect(chat.consent).to_be_focused()
    elif state == "answer":
        service.will_answer(dataclasses.replace(RICH, language=chat.language))
        chat.ask_and_wait("Miten haen?")
    elif state.startswith("feedback"):
        service.will_answer(dataclasses.replace(RICH, language=chat.language))
        chat.ask_and_wait("Miten haen?")
        if state == "feedback-failed":
            service.rating_errors.append("service_unavailable")
        chat.rate("feedback_yes" if state == "feedback-thanks" else "feedback_no")
        if state == "feedback-failed":
            expect(chat.feedback.locator(".problem")).to_be_visible()
        elif state == "feedback-thanks":
            expect(chat.feedback).to_contain_text(chat.text("feedback_thanks"))
        else:
            expect(chat.feedback).to_contain_text(chat.text("feedback_why"))
        if state == "feedback-words":
            chat.rate("feedback_own_words")
            expect(chat.feedback.locator("textarea")).to_be_focused()
    elif state == "masked":
        notice = "Poistin viestistäsi nimeltä näyttävän tiedon."
        masked = ["PERSON", "IBAN"]
        service.will_answer(Answer(language=chat.language, masked=masked, kept="Olen [NAME_1]", notice=notice))
        chat.ask_and_wait("Olen Matti")
    elif state == "not-stored":
        chat.open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
        service.will_answer(Answer(language=chat.language, action="delete"))
        chat.ask_and_wait("Poista")
        expect(chat.mark).to_be_visible()
    elif state in DATA:
        chat.open_data()
        if state == "data-failed":
            service.conversation_errors.append("service_unavailable")
        for key in DATA[state]:
            chat.press(key)
        if state == "data-failed":
            expect(chat.dialog_problem).to_be_visible()
        elif state in {"data-unstored", "data-erased"}:
            expect(chat.dialog.locator("#receipt")).to_be_visible()
        elif state == "data-stored":
            expect(chat.dialog.locator(".kept-messages")).to_be_visible()
    elif state == "waiting":
        chat.page.route("**/chat/api/messages", lambda route: None)
        chat.ask("Odotan")
        expect(chat.typing).to_be_visible()
    elif state == "failed":
        service.will_answer(Answer(error="service_unavailable"))
        chat.ask("Ei onnistu")
        expect(chat.retry_button).to_be_visible()
    elif state == "expired":
        service.will_answer(Answer(error="session_expired"))
        chat.ask("Vanhentunut")
        expect(chat.banner).to_be_visible()
    elif state == "offline":
        chat.page.context.set_offline(True)
        expect(chat.page.locator(".offline")).to_be_visible()
    elif state == "too-long":
        chat.ask("x" * 1001)
        expect(chat.input_problem).to_be_visible()
    elif state == "dialog":
        chat.page.locator("button.end").click()
        expect(chat.page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "language"), [(PHONE, "fi"), (DESKTOP, "en")], ids=["phone-fi", "desktop-en"])
def test_no_automatic_check_complains(
    browser: Browser, service: ChatService, size: tuple[int, int], language: str, scheme: Scheme, state: str
) -> None:
    # The policy is off because the checker itself uses inline styles.
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    chat = ChatPage(context.new_page(), service.url, language=language)
    reach(state, chat, service)

    results = Axe().run(chat.page, options={"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}})

    assert results.violations_count == 0, results.generate_report()
    context.close()


def press_until(chat: ChatPage, wanted: str) -> None:
    """Press Tab until the wanted element has the focus."""
    for _ in range(25):
        chat.page.keyboard.press("Tab")
        if wanted in chat.focused():
            return
    pytest.fail(f"{wanted} cannot be reached with Tab")


def test_a_whole_conversation_by_keyboard(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(RICH, Answer(error="service_unavailable"), Answer(text="Toinen vastaus."))
    chat.open()
    press_until(chat, "start")
    chat.page.keyboard.press("Enter")
    expect(chat.input).to_be_focused()

    chat.page.keyboard.type("Miten haen?")
    chat.page.keyboard.press("Enter")
    chat.wait_for_answer(after=1)
    expect(chat.input).to_be_focused()

    chat.page.keyboard.press("Shift+Tab")
    expect(chat.choices.last).to_be_focused()
    chat.page.keyboard.press("Shift+Tab")
    expect(chat.choices.first).to_be_focused()
    chat.page.keyboard.press("Space")
    expect(chat.input).to_be_focused()
    expect(chat.retry_button).to_be_visible()

    chat.page.keyboard.press("Shift+Tab")
    expect(chat.retry_button).to_be_focused()
    chat.page.keyboard.press("Enter")
    chat.wait_for_answer(after=2)
    expect(chat.input).to_be_focused()
    assert [question.get("payload") for question in service.asked()] == [None, "/affirm", "/affirm"]

    press_until(chat, "quiet end")
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    chat.page.keyboard.press("Enter")
    expect(chat.start_button).to_be_visible()
    assert chat.focused() == "rating-heading"


def test_tab_leads_out_of_the_page(chat: ChatPage) -> None:
    chat.open().start()
    seen = []
    for _ in range(12):
        chat.page.keyboard.press("Tab")
        seen.append(chat.focused())

    assert len(set(seen)) >= 6
    assert "body" in seen


def test_everything_focusable_shows_the_focus(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(RICH)
    chat.open().start().ask_and_wait("Hei")
    without = set()
    for _ in range(14):
        chat.page.keyboard.press("Tab")
        style = chat.page.evaluate(
            """() => {
              let node = document.activeElement;
              while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
              const {outlineStyle, outlineWidth} = getComputedStyle(node);
              return node === document.body ? null : [outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        if style and (style[0] == "none" or style[1] < 2):
            without.add(chat.focused())

    assert without == set()


@pytest.mark.parametrize(
    "state",
    [
        *["notice", "answer", "failed", "expired", "dialog", "not-stored", "data", "data-delete", "data-erased"],
        *["feedback-reason", "feedback-words", "announced", "rating-words", "idle-warning", "covered"],
    ],
)
def test_targets_are_large_enough(chat: ChatPage, service: ChatService, state: str) -> None:
    reach(state, chat, service)

    for button in chat.page.locator("button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["width"] >= 44 and box["height"] >= 44, button.inner_text()


def test_an_answer_is_announced_once(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(RICH)
    chat.open().start()
    chat.wait_until_spoken("Hei!")
    chat.ask_and_wait("Miten haen?")
    chat.wait_until_spoken("Hae verkossa")
    chat.page.wait_for_timeout(500)

    spoken = chat.spoken()
    assert sum("Hae verkossa" in said for said in spoken) == 1
    assert spoken[-1] == "Luotsi: Hae verkossa: maksa. tunnistaudu pisteessä. Vastausvaihtoehdot: Kyllä, Ei."


def test_only_the_status_speaks(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(RICH)
    chat.open().start().ask_and_wait("Miten haen?")

    live = chat.page.locator("[aria-live], [role=status], [role=alert], [role=log], output")
    expect(live).to_have_count(1)
    expect(live).to_have_attribute("aria-live", "polite")


def test_the_opening_is_announced(chat: ChatPage) -> None:
    chat.open().start()

    chat.wait_until_spoken("Luotsi: Hei! Olen Luotsi. Mitä haluat kysyä?")


def test_a_reload_announces_nothing(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait("Hei")
    chat.page.reload()
    expect(chat.messages).to_have_count(3)
    chat.page.wait_for_timeout(400)

    assert chat.spoken() == []


def test_announcements_carry_the_language_of_the_message(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Of course.", answer_language="en"))
    chat.open().start().ask_and_wait("Hei")

    expect(chat.page.locator("[role=status] p", has_text="Of course.")).to_have_attribute("lang", "en")


def test_the_last_characters_are_announced_after_a_pause(chat: ChatPage, service: ChatService) -> None:
    service.message_length = 60
    chat.open().start()
    chat.wait_until_spoken("Luotsi:")
    chat.input.press_sequentially("x" * 30)
    chat.wait_until_spoken(chat.text("characters_left", count=30))

    assert sum("Merkkejä" in said for said in chat.spoken()) == 1


def test_the_tree_of_a_conversation(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(RICH)
    chat.open().start().ask_and_wait("Miten haen?")

    expect(chat.page.get_by_role("main")).to_match_aria_snapshot(
        """
        - main:
          - heading "Luotsi" [level=1]
          - group "Kieli":
            - button "Suomi" [pressed]
            - button "English"
          - button "Omat tietosi"
          - button "Lopeta"
          - heading "Keskustelu" [level=2]
          - region "Keskustelu":
            - list:
              - listitem:
                - paragraph:
                  - text: Luotsi
                  - time
                - paragraph:
                  - text: Hei! Olen
                  - strong: Luotsi
                  - text: . Mitä haluat kysyä?
              - listitem:
                - paragraph:
                  - text: Sinä
                  - time
                - paragraph: Miten haen?
              - listitem:
                - paragraph:
                  - text: Luotsi
                  - time
                - paragraph:
                  - strong: Hae
                  - text: "verkossa:"
                - list:
                  - listitem: maksa
                  - listitem:
                    - text: tunnistaudu
                    - link "pisteessä (avautuu uuteen välilehteen)"
                - paragraph: Linkit
                - list:
                  - listitem:
                    - link "Enter Finland (avautuu uuteen välilehteen)"
                - paragraph: Lähteet
                - list:
                  - listitem:
                    - 'link "Migri: lupa (avautuu uuteen välilehteen)"'
                - paragraph: Tarkistettu 21. marraskuuta 2026
                - paragraph: Tieto voi muuttua nopeasti. Tarkista ajantasainen tieto lähteestä.
            - group "Oliko vastauksesta apua?":
              - paragraph: Oliko vastauksesta apua?
              - button "Kyllä"
              - button "Ei"
            - group "Vastausvaihtoehdot":
              - button "Kyllä"
              - button "Ei"
          - textbox "Kirjoita kysymyksesi"
          - button "Lähetä"
        """
    )


def test_the_field_names_its_hint_and_its_problem(chat: ChatPage) -> None:
    chat.open().start().ask("")

    expect(chat.input).to_have_accessible_description(re.compile(re.escape(chat.text("empty_message"))))
    expect(chat.input).to_have_accessible_description(re.compile(re.escape(chat.text("input_limit", limit=1000))))


@pytest.mark.parametrize(
    "state",
    [
        *["notice", "consent-needed", "answer", "failed", "expired", "not-stored", "data", "data-stored"],
        *["data-erased", "feedback-reason", "feedback-words"],
        *["announced", "announced-conversation", "rating-words", "idle-warning", "covered"],
    ],
)
@pytest.mark.parametrize("size", [(320, 568), (320, 256), (640, 400)], ids=["narrow", "zoom-400", "zoom-200"])
def test_everything_fits_and_can_be_reached_when_enlarged(
    chat: ChatPage, service: ChatService, size: tuple[int, int], state: str
) -> None:
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    reach(state, chat, service)

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    last = chat.start_button if state in BEFORE else chat.send_button
    if state == "covered":
        last = chat.cover.get_by_role("button").last
    if state in DATA:
        last = chat.dialog.get_by_role("button").last
        assert chat.dialog.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth") <= 0
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=0.98)  # half a pixel is rounded away


def test_doubled_text_does_not_overflow(chat: ChatPage, service: ChatService) -> None:
    chat.page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; })"
    )
    service.will_answer(RICH)
    chat.open().start().ask_and_wait("Miten haen oleskelulupaa?")

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 360
    chat.send_button.scroll_into_view_if_needed()
    expect(chat.send_button).to_be_in_viewport(ratio=1)


def test_reduced_motion_stops_the_dots(chat: ChatPage, service: ChatService) -> None:
    reach("waiting", chat, service)

    dot = chat.page.locator(".dots i").first
    assert dot.evaluate("node => getComputedStyle(node).animationName") == "none"
    chat.page.emulate_media(reduced_motion="no-preference")
    assert dot.evaluate("node => getComputedStyle(node).animationName") == "wave"


def test_forced_colours_keep_the_bubbles_apart(page: Page, service: ChatService) -> None:
    page.emulate_media(forced_colors="active")
    chat = ChatPage(page, service.url).open().start()
    chat.ask_and_wait("Hei")

    for bubble in chat.page.locator(".bubble").all():
        width, color, ground = bubble.evaluate(
            """node => {
              const style = getComputedStyle(node);
              return [style.borderTopWidth, style.borderTopColor, style.backgroundColor];
            }"""
        )
        assert width == "1px"
        assert color != ground


def test_on_a_touch_screen_the_keyboard_does_not_cover_the_answer(browser: Browser, service: ChatService) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    chat = ChatPage(context.new_page(), service.url).open()
    service.will_answer(RICH)
    chat.start_button.tap()
    expect(chat.answers).to_have_count(1)

    assert chat.focused() == "log"
    chat.ask_and_wait("Hei")
    chat.choices.first.tap()
    chat.wait_for_answer(after=2)
    assert chat.focused() == "log"
    context.close()
