"""Drives the chat page as a person would: the same steps serve any server that speaks the protocol."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Locator, Page, expect

STATIC = Path(__file__).parents[2] / "widget" / "static"
TEXTS: dict[str, dict[str, str]] = {
    language: json.loads((STATIC / f"messages.{language}.json").read_text("utf-8")) for language in ("fi", "en")
}

# Notes every wording that the live region ever held, so that a test sees what was said and how often.
LISTEN = """
window.spoken = [];
new MutationObserver(() => {
  const root = document.querySelector('luotsi-chat')?.shadowRoot;
  const status = root?.querySelector('[role=status]');
  if (!status || status.dataset.heard) return;
  status.dataset.heard = 'yes';
  new MutationObserver(() => {
    const said = Array.from(status.children, (child) => child.textContent).join(' ');
    if (said) window.spoken.push(said);
  }).observe(status, {childList: true, subtree: true, characterData: true});
}).observe(document, {childList: true, subtree: true, attributes: true});
"""


class ChatPage:
    """The chat page in one tab; `language` is the language its texts are expected in."""

    def __init__(self, page: Page, url: str, *, language: str = "fi") -> None:
        self.page = page
        self.url = url.rstrip("/")
        self.language = language
        page.add_init_script(LISTEN)

    def text(self, key: str, **values: str | int) -> str:
        """A text of the page's catalogue in the expected language."""
        return TEXTS[self.language][key].format(**values)

    # --- Parts -----------------------------------------------------------------------------------------------------

    @property
    def input(self) -> Locator:
        return self.page.locator("#question")

    @property
    def send_button(self) -> Locator:
        return self.page.locator("button.send")

    @property
    def start_button(self) -> Locator:
        return self.page.locator("button.start")

    @property
    def messages(self) -> Locator:
        """All messages, customer's and bot's, oldest first."""
        return self.page.locator("li.message")

    @property
    def answers(self) -> Locator:
        return self.page.locator("li.message.bot")

    @property
    def questions(self) -> Locator:
        return self.page.locator("li.message.customer")

    @property
    def choices(self) -> Locator:
        """The quick replies that can be pressed now."""
        return self.page.locator(".choices button")

    @property
    def feedback(self) -> Locator:
        """The part that asks whether the newest answer helped."""
        return self.page.locator(".feedback")

    @property
    def idle(self) -> Locator:
        """The note that the conversation waits."""
        return self.page.locator(".composer .idle-note")

    @property
    def idle_warning(self) -> Locator:
        """The warning that the conversation goes from the screen."""
        return self.page.locator(".idle-warning")

    @property
    def cover(self) -> Locator:
        """What stands in the place of a conversation that went from the screen."""
        return self.page.locator(".cover")

    @property
    def rating(self) -> Locator:
        """The question whether an ended conversation helped."""
        return self.page.locator(".rating")

    @property
    def announcements(self) -> Locator:
        """What staff announce, one item each."""
        return self.page.locator(".news li")

    @property
    def hours(self) -> Locator:
        """The part that tells when people answer."""
        return self.page.locator("details.hours")

    @property
    def typing(self) -> Locator:
        return self.page.locator(".typing")

    @property
    def banner(self) -> Locator:
        return self.page.locator(".banner")

    @property
    def connection(self) -> Locator:
        """The line that says that the connection is away."""
        return self.page.locator(".offline")

    @property
    def input_problem(self) -> Locator:
        return self.page.locator("#question-problem")

    @property
    def retry_button(self) -> Locator:
        return self.page.locator("button.retry")

    @property
    def dialog(self) -> Locator:
        """The dialog "Your data"."""
        return self.page.locator("dialog.data")

    @property
    def dialog_heading(self) -> Locator:
        return self.dialog.locator("#data-heading")

    @property
    def dialog_problem(self) -> Locator:
        return self.dialog.locator(".problem")

    @property
    def mark(self) -> Locator:
        """The lasting sign that the conversation is not stored."""
        return self.page.locator("header .mark")

    @property
    def consent(self) -> Locator:
        return self.page.locator("#consent")

    # --- Steps -----------------------------------------------------------------------------------------------------

    def open(self, query: str | None = None) -> ChatPage:
        """Load the page; by default with the expected language in the address."""
        query = f"?lang={self.language}" if query is None else query
        self.page.goto(f"{self.url}/chat/{query}")
        expect(self.page.locator(".frame")).to_be_visible()
        return self

    def start(self) -> ChatPage:
        """Press the start button and wait for the opening message."""
        self.start_button.click()
        expect(self.input).to_be_visible()
        expect(self.answers.first).to_be_visible()
        return self

    def ask(self, text: str) -> ChatPage:
        """Type a question and send it with the button, without waiting for the answer."""
        self.input.fill(text)
        self.send_button.click()
        return self

    def ask_and_wait(self, text: str, *, timeout_ms: int = 30_000) -> Locator:
        """Ask, wait until the service has answered and return the last answer."""
        before = self.answers.count()
        self.ask(text)
        return self.wait_for_answer(after=before, timeout_ms=timeout_ms)

    def choose(self, title: str, *, timeout_ms: int = 30_000) -> Locator:
        """Press the quick reply with this title, wait for the answer and return it."""
        before = self.answers.count()
        self.choices.filter(has_text=re.compile(rf"^{re.escape(title)}$")).click()
        return self.wait_for_answer(after=before, timeout_ms=timeout_ms)

    def switch_language(self, language: str) -> ChatPage:
        """Press the language button; during a conversation the answer is not waited for."""
        self.page.locator(f'.languages button[data-language="{language}"]').click()
        self.language = language
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        return self

    def end(self) -> ChatPage:
        """End the conversation and return to the notice."""
        self.page.locator("button.end").click()
        self.page.locator("dialog.ending button.primary").click()
        expect(self.start_button).to_be_visible()
        return self

    def open_data(self) -> ChatPage:
        """Open the dialog "Your data" from the header."""
        self.page.locator("button.open-data").click()
        expect(self.dialog_heading).to_have_text(self.text("data_heading"))
        return self

    def press(self, key: str) -> ChatPage:
        """Press the button of the dialog "Your data" with this text of the catalogue."""
        self.dialog.get_by_role("button", name=self.text(key), exact=True).click()
        return self

    def rate(self, key: str) -> ChatPage:
        """Press the button of the feedback with this text of the catalogue."""
        self.feedback.get_by_role("button", name=self.text(key), exact=True).click()
        return self

    def wait_for_answer(self, *, after: int, timeout_ms: int = 30_000) -> Locator:
        """Wait for more bot messages than `after` and for the page to be ready again; return the last one."""
        expect(self.answers.nth(after)).to_be_visible(timeout=timeout_ms)
        expect(self.typing).to_be_hidden(timeout=timeout_ms)
        return self.answers.last

    # --- Observations ----------------------------------------------------------------------------------------------

    def last_answer(self) -> str:
        """The words of the newest bot message, without sources and dates."""
        return self.answers.last.locator(".text").inner_text()

    def spoken(self) -> list[str]:
        """Everything the live region has held since the page was loaded, in order."""
        return cast("list[str]", self.page.evaluate("window.spoken"))

    def wait_until_spoken(self, words: str, *, timeout_ms: int = 10_000) -> None:
        """Wait until the live region has held these words."""
        self.page.wait_for_function(
            "words => window.spoken.some((said) => said.includes(words))", arg=words, timeout=timeout_ms
        )

    def focused(self) -> str:
        """The id, else the class names, else the tag of the element that has the focus, inside the component too."""
        return cast(
            "str",
            self.page.evaluate(
                """() => {
                  let node = document.activeElement;
                  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                  return node?.id || node?.className || node?.localName || '';
                }"""
            ),
        )

    def stored(self) -> dict[str, Any]:
        """Everything this origin keeps on the device."""
        return cast(
            "dict[str, Any]",
            self.page.evaluate(
                """async () => ({
                  session: {...sessionStorage}, local: {...localStorage}, cookies: document.cookie,
                  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
                })"""
            ),
        )
