"""Signing in with the real page: password, second factor, recovery codes."""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from components.storage.staff import Role
from tests.browser_console.checks import problems_of
from tests.browser_console.conftest import PASSWORD, Console

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["fi", "en"])
def test_from_the_password_to_the_first_page_and_out_again(
    console: Console, context: BrowserContext, page: Page, language: str
) -> None:
    with console.engine.begin() as connection:
        console.add_person(connection, f"uusi.{language}", (Role.TRAINER,), language)
    page.goto(f"{console.url}/sign-in?lang={language}")
    check(page, language)
    page.locator("[name=user_id]").fill(f"uusi.{language}")
    page.locator("[name=password]").fill("vaara salasana ehdottomasti")
    page.locator("main button.primary").click()
    expect(page.locator(".error")).to_be_visible()
    check(page, language)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")

    secret = page.locator("code.secret").inner_text().replace(" ", "")
    check(page, language)
    page.locator("[name=code]").fill(pyotp.TOTP(secret).now())
    page.locator("main button.primary").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    check(page, language)
    page.locator("main a.button.primary").click()
    expect(page).to_have_url(f"{console.url}/")
    expect(page.locator("h1")).to_contain_text(f"uusi.{language}")

    page.locator("form[action='/sign-out'] button").click()
    expect(page.locator("[name=password]")).to_be_visible()
    page.goto(f"{console.url}/planning")
    page.locator("[name=user_id]").fill(f"uusi.{language}")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[name=code]")).to_be_visible()
    check(page, language)
    page.locator("summary").click()
    page.locator("[name=recovery_code]").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{console.url}/planning")


def check(page: Page, language: str) -> None:
    """Fail when anything is wrong with the page."""
    assert list(problems_of(page, language=language, keyboard=True)) == []
