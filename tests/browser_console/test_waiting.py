"""A report that takes a while opens by itself, and by its button where scripts do not run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from components.storage.staff import Role
from tests.browser_console.checks import problems_of
from tests.browser_console.conftest import Console

pytestmark = pytest.mark.browser

PATIENCE = 60_000


def test_the_report_opens_by_itself(console: Console, context: BrowserContext, page: Page) -> None:
    console.sign_in(context, Role.EDITOR, language="en")
    page.goto(f"{console.url}/planning/report?language=fi")
    expect(page.locator(".groups > li").first).to_be_visible(timeout=PATIENCE)
    assert list(problems_of(page, language="en", keyboard=True)) == []


def test_the_report_opens_by_its_button_without_scripts(console: Console, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    console.sign_in(context, Role.EDITOR, language="fi")
    page = context.new_page()
    page.goto(f"{console.url}/planning/report?language=en")
    for _ in range(PATIENCE // 500):
        if page.locator(".groups > li").count():
            break
        page.wait_for_timeout(500)
        page.locator("main a.button.primary").click()
    expect(page.locator(".groups > li").first).to_be_visible()
    context.close()
