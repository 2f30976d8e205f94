"""Browser and server for the tests of the chat page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from .driver import ChatPage
from .service import ChatService

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own; per module, as a running Playwright blocks asyncio tests."""
    with sync_playwright() as playwright:
        executable = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else Path(playwright.chromium.executable_path)
        if not executable.exists():
            pytest.skip("no browser: neither /usr/bin/chromium nor Playwright's Chromium is installed")
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        except Error as error:
            pytest.fail(f"{executable} is installed but does not start: {error}")
        yield browser
        browser.close()


@pytest.fixture
def service() -> Iterator[ChatService]:
    """A fresh chat server."""
    with ChatService() as service:
        yield service


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh Finnish browser profile at a phone's width."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="fi-FI", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; an error or a breach of the content security policy on the page fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield page
    assert complaints == []


@pytest.fixture
def chat(page: Page, service: ChatService) -> ChatPage:
    """The page, not yet loaded."""
    return ChatPage(page, service.url)
