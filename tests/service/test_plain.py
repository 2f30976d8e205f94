"""The chat without JavaScript: in a browser that has it switched off, and by its forms."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from html import unescape
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.service.product import Answer, Product, request
from tests.widget import conftest as widget

pytestmark = [pytest.mark.service, pytest.mark.browser]

browser = widget.browser

CODE = "131052-951T"


@pytest.fixture()
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """The plain page in English, at the width of a small phone and without JavaScript."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    opened = context.new_page()
    opened.goto(f"{product.address}/chat/plain?lang=en")
    yield opened
    context.close()


def _begin(page: Page) -> None:
    page.get_by_role("button", name="Start the conversation").click()


def _ask(page: Page, question: str) -> None:
    page.get_by_label("Type your question").fill(question)
    page.get_by_role("button", name="Send").click()


def _submit(product: Product, **fields: str) -> Answer:
    body = urllib.parse.urlencode(fields).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return request("POST", f"{product.address}/chat/plain", body, headers=kind)


def _hidden(answer: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.body.decode())
    assert found is not None
    return unescape(found[1])


def test_a_question_is_answered_with_its_source(page: Page) -> None:
    _begin(page)
    _ask(page, "what is ioss")
    newest = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Luotsi")).last

    assert "IOSS" in newest.inner_text()
    assert newest.get_by_role("link").first.get_attribute("href").startswith("https://")  # type: ignore[union-attr]
    assert page.get_by_label("Type your question").input_value() == ""


def test_the_whole_conversation_stays_on_the_page(page: Page) -> None:
    _begin(page)
    _ask(page, "what is ioss")
    _ask(page, "do i pay customs on a gift")

    assert page.get_by_text("what is ioss", exact=True).is_visible()
    assert page.get_by_text("do i pay customs on a gift", exact=True).is_visible()


def test_personal_data_is_masked_before_it_comes_back(page: Page) -> None:
    _begin(page)
    _ask(page, f"my code is {CODE}")

    assert CODE not in page.content()
    assert page.get_by_text("I removed what looked like").is_visible()


def test_a_suggestion_is_a_button(page: Page) -> None:
    _begin(page)
    button = page.get_by_role("listitem").get_by_role("button").first
    title = button.inner_text()
    button.click()

    assert page.locator("li.customer").last.inner_text().endswith(title)


def test_sending_the_same_form_again_asks_nothing_twice(product: Product) -> None:
    begun = _submit(product, do="start", language="en")
    form = {"do": "send", "token": _hidden(begun, "token"), "id": _hidden(begun, "id"), "text": "what is ioss"}
    first, second = _submit(product, **form), _submit(product, **form)

    assert (first.status, second.status) == (200, 200)
    assert second.body.decode().count(">what is ioss<") == 1


def test_too_long_a_question_is_refused_and_kept(product: Product) -> None:
    begun = _submit(product, do="start", language="en")
    text = "a " * 600
    form = {"token": _hidden(begun, "token"), "id": _hidden(begun, "id"), "language": "en", "text": text}
    answer = _submit(product, do="send", **form)

    assert answer.status == 413
    assert "The message is too long" in answer.body.decode()
    assert text in unescape(answer.body.decode())


def test_markup_in_a_question_stays_text(product: Product) -> None:
    begun = _submit(product, do="start", language="en")
    text = "<b onclick=x()>what is ioss</b>"
    answer = _submit(product, do="send", token=_hidden(begun, "token"), id=_hidden(begun, "id"), text=text)

    assert "<b onclick" not in answer.body.decode()
    assert text in unescape(answer.body.decode())


def test_an_unknown_session_leads_to_the_beginning_with_the_question_kept(product: Product) -> None:
    answer = _submit(product, do="send", token="x", id="12345678", language="en", text="what is ioss")
    body = answer.body.decode()

    assert answer.status == 401
    assert "Start the conversation" in body
    assert "what is ioss" in body


@pytest.mark.parametrize("wish", ["", "drop", "press /nothing_like_this x", "press /opening x"])
def test_a_form_that_nobody_made_is_refused(product: Product, wish: str) -> None:
    begun = _submit(product, do="start", language="en")

    assert _submit(product, do=wish, token=_hidden(begun, "token"), id=_hidden(begun, "id")).status == 400


def test_the_conversation_can_be_seen_deleted_and_is_then_gone(page: Page) -> None:
    _begin(page)
    _ask(page, "what is ioss")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Show what is stored").click()
    assert opened.value.get_by_role("heading", name="What is stored of your conversation").is_visible()
    assert opened.value.get_by_text("what is ioss", exact=True).first.is_visible()
    page.get_by_role("button", name="Delete the conversation").click()
    page.get_by_role("button", name="Delete", exact=True).click()

    assert page.get_by_role("heading", name="The conversation has been deleted").is_visible()
    assert re.search(r"[B-Z]{4}-[B-Z]{4}-[B-Z]{4}", page.inner_text("main"))


def test_a_conversation_can_go_on_without_being_stored(page: Page) -> None:
    _begin(page)
    _ask(page, "what is ioss")
    page.get_by_role("button", name="Do not store the conversation").click()
    page.get_by_role("button", name="Go on without storing").click()
    _ask(page, "what is vat")

    assert page.get_by_text("This conversation is not stored.").is_visible()
    assert page.get_by_text("what is ioss", exact=True).is_visible()


def test_a_rating_is_thanked_for(page: Page) -> None:
    _begin(page)
    _ask(page, "what is ioss")
    page.get_by_role("button", name="Yes", exact=True).click()

    assert page.get_by_text("Thank you for your feedback.").is_visible()


def test_the_language_can_be_changed_in_the_conversation(page: Page) -> None:
    _begin(page)
    page.get_by_role("button", name="Suomeksi").click()

    assert page.locator("html").get_attribute("lang") == "fi"
    assert page.get_by_label("Kirjoita kysymyksesi").is_visible()


def test_no_state_has_a_violation(product: Product, browser: Browser) -> None:
    """Axe itself is a script, so the same pages are looked at in a browser that runs scripts."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        for language, start, ask, send, erase, question in (
            ("fi", "Aloita keskustelu", "Kirjoita kysymyksesi", "Lähetä", "Poista keskustelu", "mikä on ioss"),
            ("en", "Start the conversation", "Type your question", "Send", "Delete the conversation", "what is ioss"),
        ):
            page.goto(f"{product.address}/chat/plain?lang={language}")
            _assert_accessible(page)
            page.get_by_role("button", name=start).click()
            _assert_accessible(page)
            page.get_by_label(ask).fill(f"{question}? 040 1234567")
            page.get_by_role("button", name=send).click()
            _assert_accessible(page)
            page.get_by_role("button", name=erase).click()
            _assert_accessible(page)
        context.close()


def test_nothing_is_wider_than_a_small_phone(page: Page) -> None:
    _begin(page)
    _ask(page, "how long does citizenship take")

    assert page.locator("main").bounding_box()["width"] <= 320  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def _assert_accessible(page: Page) -> None:
    page.wait_for_load_state("load")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
