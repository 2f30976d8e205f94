"""A conversation in which everything works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .driver import ChatPage
from .service import Answer, ChatService

pytestmark = pytest.mark.browser

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
BUTTONS = [{"title": "Kyllä", "payload": "/affirm"}, {"title": "Ei", "payload": "/deny"}]


def test_a_question_and_its_answer(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Miten haen lupaa?")

    assert chat.last_answer() == "Kaiku: Miten haen lupaa?"
    assert [question["text"] for question in service.asked()] == ["Miten haen lupaa?"]
    assert UUID.fullmatch(service.asked()[0]["id"])
    expect(chat.input).to_have_value("")


def test_every_message_carries_the_token(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Hei")

    assert service.received[-1].token == service.sessions[0]


def test_messages_carry_sender_and_language(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Hello.", answer_language="en"))
    chat.open().start().ask_and_wait("Hei")

    expect(chat.questions.last.locator(".sender")).to_have_text("Sinä")
    expect(chat.answers.last.locator(".sender")).to_have_text("Luotsi")
    expect(chat.answers.last.locator(".text")).to_have_attribute("lang", "en")
    expect(chat.answers.first.locator(".text")).to_have_attribute("lang", "fi")


def test_enter_sends_and_shift_enter_breaks_the_line(chat: ChatPage, service: ChatService) -> None:
    chat.open().start()
    chat.input.press_sequentially("eka")
    chat.input.press("Shift+Enter")
    chat.input.press_sequentially("toka")
    chat.input.press("Enter")
    chat.wait_for_answer(after=1)

    assert service.asked()[0]["text"] == "eka\ntoka"


def test_one_question_waits_at_a_time(chat: ChatPage, service: ChatService) -> None:
    release = service.held(Answer(text="Ensimmäinen vastaus."))
    chat.open().start().ask("Ensimmäinen")
    expect(chat.typing).to_be_visible()
    chat.input.fill("Toinen")
    chat.input.press("Enter")

    expect(chat.input_problem).to_have_text(chat.text("wait_for_answer"))
    expect(chat.input).to_have_value("Toinen")
    assert len(service.asked()) == 1

    release()
    chat.wait_for_answer(after=1)
    expect(chat.input_problem).to_be_hidden()
    expect(chat.input).to_have_value("Toinen")


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_an_empty_question_is_not_sent(chat: ChatPage, service: ChatService, text: str) -> None:
    chat.open().start().ask(text)

    expect(chat.input_problem).to_have_text(chat.text("empty_message"))
    assert chat.focused() == "question"
    assert service.asked() == []


def test_the_limit_comes_from_the_server(chat: ChatPage, service: ChatService) -> None:
    service.message_length = 20
    chat.open().start().ask("x" * 21)

    expect(chat.page.locator(".counter")).to_have_text("21 / 20")
    expect(chat.input_problem).to_have_text(chat.text("too_long", count=1))
    expect(chat.input).to_have_attribute("aria-invalid", "true")
    assert service.asked() == []

    chat.ask_and_wait("x" * 20)
    assert len(service.asked()) == 1


def test_ten_thousand_characters_are_kept_but_not_sent(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask("a" * 10_000)

    expect(chat.input_problem).to_have_text(chat.text("too_long", count=9_000))
    assert len(chat.input.input_value()) == 10_000
    assert service.asked() == []


def test_a_sign_outside_the_basic_plane_counts_as_one(chat: ChatPage, service: ChatService) -> None:
    service.message_length = 5
    chat.open().start().ask_and_wait("😀" * 5)

    assert service.asked()[0]["text"] == "😀" * 5


def test_a_choice_sends_its_payload_and_title(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Jatketaanko?", buttons=BUTTONS))
    chat.open().start().ask_and_wait("Hei")
    chat.choose("Kyllä")

    assert {key: service.asked()[-1][key] for key in ("payload", "text")} == {"payload": "/affirm", "text": "Kyllä"}
    expect(chat.questions.last.locator(".text")).to_have_text("Kyllä")


def test_the_opening_can_offer_choices(chat: ChatPage, service: ChatService) -> None:
    service.opening_buttons = BUTTONS
    chat.open().start().choose("Ei")

    assert service.asked()[-1]["payload"] == "/deny"


def test_choices_passed_by_disappear(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Jatketaanko?", buttons=BUTTONS))
    chat.open().start().ask_and_wait("Hei")
    expect(chat.choices).to_have_count(2)
    chat.ask_and_wait("Jotain muuta")

    expect(chat.choices).to_have_count(0)


def test_links_and_sources_open_safely_beside_the_conversation(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(
        Answer(
            text="Katso [ohje](https://migri.fi/ohje).",
            links=[{"title": "Enter Finland", "url": "https://enterfinland.fi/"}],
            sources=[{"title": "Migri", "url": "https://migri.fi/lahde"}],
        )
    )
    answer = chat.open().start().ask_and_wait("Hei")

    links = answer.get_by_role("link")
    expect(links).to_have_count(3)
    for index, address in enumerate(["https://migri.fi/ohje", "https://enterfinland.fi/", "https://migri.fi/lahde"]):
        expect(links.nth(index)).to_have_attribute("href", address)
        expect(links.nth(index)).to_have_attribute("rel", "noopener noreferrer")
        expect(links.nth(index)).to_have_attribute("target", "_blank")
        expect(links.nth(index)).to_have_accessible_name(re.compile(re.escape(chat.text("new_tab"))))


@pytest.mark.parametrize(("language", "date"), [("fi", "21. marraskuuta 2026"), ("en", "21 November 2026")])
def test_the_date_of_checking_is_shown(chat: ChatPage, service: ChatService, language: str, date: str) -> None:
    service.will_answer(Answer(text="Vastaus.", language=language, reviewed="2026-11-21"))
    chat.language = language
    answer = chat.open().start().ask_and_wait("Hei")

    expect(answer.get_by_text(chat.text("reviewed", date=date))).to_be_visible()


@pytest.mark.parametrize("volatile", [True, False])
def test_only_what_changes_quickly_carries_a_warning(chat: ChatPage, service: ChatService, volatile: bool) -> None:
    service.will_answer(Answer(text="Maksu on 470 euroa.", volatile=volatile))
    answer = chat.open().start().ask_and_wait("Hei")

    expect(answer.get_by_text(chat.text("volatile"))).to_have_count(int(volatile))


@pytest.mark.parametrize("language", ["fi", "en"])
def test_removed_personal_data_is_explained_once_before_the_answer(
    chat: ChatPage, service: ChatService, language: str
) -> None:
    words = "Poistin viestistäsi puhelinnumeron."
    masked = ["PHONE_NUMBER"]
    service.will_answer(
        Answer(language=language, masked=masked, kept="Soita [PHONE_NUMBER]!", notice=words, text="Vastaus yksi."),
        Answer(language=language, masked=masked, kept="Siis [PHONE_NUMBER].", text="Vastaus kaksi."),
    )
    chat.language = language
    chat.open().start()
    chat.ask_and_wait("Soita 040 123 4567!")
    chat.wait_until_spoken(f"Luotsi: {words} Vastaus yksi.")
    chat.ask_and_wait("Siis 040 123 4567.")

    chip = f"[{chat.text('label_PHONE_NUMBER')}]"
    assert chat.messages.locator(".text").all_inner_texts()[1:] == [
        f"Soita {chip}!",
        words,
        "Vastaus yksi.",
        f"Siis {chip}.",
        "Vastaus kaksi.",
    ]
    expect(chat.answers.nth(1).locator(".text")).to_have_attribute("lang", language)
    assert "4567" not in chat.page.locator(".log").inner_text()
    chat.wait_until_spoken(f"{chat.text('removed', labels=chat.text('label_PHONE_NUMBER'))} Luotsi: Vastaus kaksi.")
    assert sum(words in said for said in chat.spoken()) == 1
    assert f"Luotsi: {words} Vastaus yksi." in chat.spoken()


def test_the_explanation_comes_back_in_its_place_after_a_reload(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(masked=["PERSON"], kept="Olen [NAME].", notice="Poistin nimen.", text="Hei."))
    chat.open().start().ask_and_wait("Olen Matti.")
    before = chat.messages.locator(".text").all_inner_texts()
    chat.page.reload()

    expect(chat.messages).to_have_count(4)
    assert before[1:] == ["Olen [nimi].", "Poistin nimen.", "Hei."]
    assert chat.messages.locator(".text").all_inner_texts() == before


@pytest.mark.parametrize(
    ("language", "shown"), [("fi", "[nimi 1] ja [nimi 12], [nimi]"), ("en", "[name 1] ja [name 12], [name]")]
)
def test_people_are_told_apart_by_number(chat: ChatPage, service: ChatService, language: str, shown: str) -> None:
    service.will_answer(Answer(language=language, masked=["PERSON"], kept="[NAME_1] ja [NAME_12], [NAME]"))
    chat.language = language
    chat.open().start().ask_and_wait("Matti ja Maija")

    expect(chat.questions.last.locator(".text")).to_have_text(shown)
    expect(chat.questions.last.locator(".removed")).to_have_count(3)


@pytest.mark.parametrize("typed", ["[1]", "[NAME_]", "[NAME_1234]", "[name_1]", "[NAME 1]", "[UNKNOWN_1]"])
def test_other_brackets_stay_as_typed(chat: ChatPage, service: ChatService, typed: str) -> None:
    chat.open().start().ask_and_wait(typed)

    expect(chat.questions.last.locator(".text")).to_have_text(typed)
    expect(chat.questions.last.locator(".removed")).to_have_count(0)


@pytest.mark.parametrize(
    ("masked", "kept", "note"),
    [
        (["PERSON"], "Olen [NAME_1].", []),
        (["PERSON", "IBAN"], "Olen [NAME_1].", ["tilinumero"]),
        (["IBAN"], "Tilini on FI21 ****.", ["tilinumero"]),
        (["SOMETHING_NEW"], "x", ["muu henkilötieto"]),
    ],
)
def test_what_left_no_placeholder_is_named_below_the_message(
    chat: ChatPage, service: ChatService, masked: list[str], kept: str, note: list[str]
) -> None:
    service.will_answer(Answer(masked=masked, kept=kept))
    chat.open().start().ask_and_wait("x")

    expected = [chat.text("removed", labels=labels) for labels in note]
    expect(chat.questions.last.locator(".removed-note")).to_have_text(expected)


@pytest.mark.parametrize(("before", "after", "payload"), [("fi", "en", "english"), ("en", "fi", "finnish")])
def test_the_switch_tells_the_service(
    chat: ChatPage, service: ChatService, before: str, after: str, payload: str
) -> None:
    chat.language = before
    chat.open().start().switch_language(after)
    chat.wait_for_answer(after=1)

    assert service.asked()[-1]["payload"] == f"/switch_to_{payload}"
    expect(chat.page.locator("label[for=question]")).to_have_text(chat.text("input_label"))
    expect(chat.questions.first.locator(".sender")).to_have_text(chat.text("you"))


def test_the_page_follows_the_language_of_the_conversation(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Sure, in English.", language="en"))
    chat.open().start().ask_and_wait("Can we speak English?")
    chat.language = "en"

    expect(chat.page.locator("html")).to_have_attribute("lang", "en")
    expect(chat.send_button).to_have_accessible_name(chat.text("send"))


def test_a_long_answer_is_shown_from_its_question_on(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="\n\n".join(f"Kappale {number}." for number in range(60))))
    chat.open().start().ask_and_wait("Kerro kaikki")

    expect(chat.questions.last).to_be_in_viewport()
    expect(chat.answers.last.get_by_text("Kappale 0.")).to_be_in_viewport()
    expect(chat.answers.last.get_by_text("Kappale 59.")).not_to_be_in_viewport()


def test_ending_removes_the_conversation(chat: ChatPage, service: ChatService) -> None:
    chat.open().start().ask_and_wait("Hei")
    chat.input.fill("luonnos")
    chat.end()

    expect(chat.messages).to_have_count(0)
    assert chat.stored()["session"] == {}
    chat.start()
    expect(chat.messages).to_have_count(1)
    expect(chat.input).to_have_value("")
    assert len(service.sessions) == 2


def test_ending_can_be_cancelled_with_escape(chat: ChatPage) -> None:
    chat.open().start()
    chat.page.locator("button.end").click()
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    chat.page.keyboard.press("Escape")

    expect(chat.page.get_by_role("dialog")).to_be_hidden()
    assert "end" in chat.focused()
    expect(chat.input).to_be_visible()


def test_an_answer_to_an_ended_conversation_is_not_shown(chat: ChatPage, service: ChatService) -> None:
    release = service.held(Answer(text="Myöhässä."))
    chat.open().start().ask("Hei")
    chat.end().start()
    release()
    chat.page.wait_for_timeout(300)

    expect(chat.messages).to_have_count(1)
    expect(chat.page.get_by_text("Myöhässä.")).to_have_count(0)
