"""How texts from outside become DOM nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, Page, expect

from .driver import ChatPage
from .service import Answer, ChatService

pytestmark = pytest.mark.browser

ATTACKS = [
    "<img src=x onerror=window.hacked=1>",
    "<script>window.hacked=1</script>",
    "<svg onload=window.hacked=1>",
    "<iframe src='javascript:window.hacked=1'></iframe>",
    "[press](javascript:window.hacked=1)",
    "[press](JaVaScRiPt:window.hacked=1)",
    "[press](data:text/html,<script>window.hacked=1</script>)",
    "**<b onclick=window.hacked=1>bold</b>**",
    "[**x**](https://a.example/'onmouseover='window.hacked=1)",
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
]


@pytest.fixture(scope="module")
def module_page(browser: Browser) -> Iterator[Page]:
    with ChatService() as service:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{service.url}/chat/")
        yield page
        context.close()


def html(page: Page, text: str) -> str:
    """The rendered text as HTML, with links shortened to what a test looks at."""
    return cast(
        "str",
        page.evaluate(
            """async (text) => {
              const {renderMarkdown} = await import('/chat/static/markdown.js');
              const box = document.createElement('div');
              box.append(renderMarkdown(text, {words: 'new tab', language: 'en'}));
              for (const link of box.querySelectorAll('a')) {
                link.querySelectorAll('svg, .visually-hidden').forEach((node) => node.remove());
                link.removeAttribute('target');
                link.removeAttribute('rel');
              }
              box.querySelectorAll('[dir=auto]').forEach((node) => node.removeAttribute('dir'));
              return box.innerHTML;
            }""",
            text,
        ),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hei", "<p>Hei</p>"),
        ("", ""),
        ("a\nb", "<p>a<br>b</p>"),
        ("a\r\n\r\nb", "<p>a</p><p>b</p>"),
        ("**a** b **c**", "<p><strong>a</strong> b <strong>c</strong></p>"),
        ("- a\n- **b**", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        ("a:\n- b\nc", "<p>a:</p><ul><li>b</li></ul><p>c</p>"),
        ("- a\n\n- b", "<ul><li>a</li></ul><ul><li>b</li></ul>"),
        ("2 - 1 ** 2", "<p>2 - 1 ** 2</p>"),
        ("[Migri](https://migri.fi/en)", '<p><a href="https://migri.fi/en">Migri</a></p>'),
        ("**[Migri](https://migri.fi/)**", '<p><strong><a href="https://migri.fi/">Migri</a></strong></p>'),
        ("[x] (https://migri.fi)", "<p>[x] (https://migri.fi)</p>"),
        ("[PHONE_NUMBER]", "<p>[PHONE_NUMBER]</p>"),
        ("# not a heading", "<p># not a heading</p>"),
    ],
)
def test_the_markdown_subset(module_page: Page, text: str, expected: str) -> None:
    assert html(module_page, text) == expected


@pytest.mark.parametrize("address", ["https://migri.fi/en", "HTTPS://tulli.fi", "/chat/privacy?lang=fi", "/chat/a"])
def test_safe_addresses_become_links(module_page: Page, address: str) -> None:
    assert module_page.evaluate(
        "async (address) => (await import('/chat/static/markdown.js')).safeAddress(address) !== null", address
    )


@pytest.mark.parametrize(
    "address",
    [
        "http://migri.fi",
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/\\evil.example",
        "/console/",
        "/chat/../console/",
        "/chat/%2e%2e/console/",
        "/chat",
        "https://",
        "https:evil.example",
        "https://migri.fi@evil.example/",
        "https://user:password@migri.fi/",
        "mailto:a@example.com",
        "chat/privacy",
        "",
    ],
)
def test_other_addresses_stay_text(module_page: Page, address: str) -> None:
    assert (
        module_page.evaluate(
            "async (address) => (await import('/chat/static/markdown.js')).safeAddress(address)", address
        )
        is None
    )


def test_a_hostile_text_is_rendered_in_no_time(module_page: Page) -> None:
    hostile = "[" * 20_000 + "**" * 20_000 + "[a](" * 10_000 + "- " * 10_000

    elapsed = module_page.evaluate(
        """async (text) => {
          const {renderMarkdown} = await import('/chat/static/markdown.js');
          const start = performance.now();
          renderMarkdown(text, {words: 'new tab', language: 'en'});
          return performance.now() - start;
        }""",
        hostile,
    )

    assert elapsed < 3_000


@pytest.mark.parametrize("attack", ATTACKS)
def test_markup_in_any_field_stays_text(chat: ChatPage, service: ChatService, attack: str) -> None:
    reference = {"title": attack, "url": attack}
    service.will_answer(
        Answer(
            text=attack,
            buttons=[{"title": attack, "payload": "/x"}],
            links=[reference],
            sources=[reference],
            reviewed=attack,
            masked=[attack],
            kept=attack,
        )
    )
    chat.open().start().ask_and_wait(attack)

    expect(chat.questions.last.locator(".text")).to_have_text(attack)
    expect(chat.choices).to_have_text([attack])
    assert chat.page.locator("luotsi-chat").locator("img, script, iframe, [onerror], [onload], [onclick]").count() == 0
    assert chat.page.locator('luotsi-chat a[href^="javascript"], luotsi-chat a[href^="data"]').count() == 0
    assert chat.page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "text",
    ["😀👩‍👩‍👧‍👦 perhe", "مرحبا، كيف أمدد؟", "שלום 123", "Ā̷̛z̸a̴l̶g̷o", "x" * 300, "a\u202eb", "rivi 1\nrivi 2"],
)
def test_any_writing_is_shown_as_typed(chat: ChatPage, service: ChatService, text: str) -> None:
    chat.open().start().ask_and_wait(text)

    assert chat.questions.last.locator(".text").evaluate("node => node.textContent") == text
    assert service.asked()[-1]["text"] == text


def test_right_to_left_writing_keeps_its_direction(chat: ChatPage) -> None:
    chat.open().start().ask_and_wait("مرحبا، كيف أمدد تصريح الإقامة؟")

    paragraph = chat.questions.last.locator(".text p")
    assert paragraph.evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_nothing_is_wider_than_a_narrow_screen(chat: ChatPage, service: ChatService) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 568})
    service.will_answer(Answer(text="y" * 400, sources=[{"title": "z" * 200, "url": "https://migri.fi/" + "q" * 300}]))
    chat.open().start().ask_and_wait("x" * 400)

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert chat.page.locator(".log").evaluate("log => log.scrollWidth <= log.clientWidth")
