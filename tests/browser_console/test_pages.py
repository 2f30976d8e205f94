"""Every page that a role's menu leads to, and the pages from there on, in both languages."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page
from werkzeug.exceptions import HTTPException

from components.storage.staff import Role
from tests.browser_console.checks import problems_of
from tests.browser_console.conftest import Console

pytestmark = pytest.mark.browser

MOST_PAGES = 60
OF_A_KIND = {"fi": 2, "en": 1}
CLICKS = 3
_LINKS = """() => [...document.querySelectorAll("a[href]:not([download])")]
  .map((link) => link.href.split("#")[0]).filter((href) => href.startsWith(location.origin))"""


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_pages_of_a_role(console: Console, context: BrowserContext, page: Page, role: Role, language: str) -> None:
    console.sign_in(context, role, language=language)
    page.emulate_media(color_scheme="light" if language == "fi" else "dark")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("console", lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None)
    found: dict[str, list[str]] = {}
    endpoints: Counter[str] = Counter()
    to_visit = deque([(f"{console.url}/", 0)])
    seen = {f"{console.url}/"}
    while to_visit and len(found) < MOST_PAGES:
        address, clicks = to_visit.popleft()
        endpoint = endpoint_of(console, address)
        if endpoints[endpoint] >= OF_A_KIND[language]:
            continue
        endpoints[endpoint] += 1
        response = context.request.get(address)
        if "text/html" not in response.headers.get("content-type", ""):
            continue
        complaints.clear()
        page.goto(address)
        problems = [] if response.ok else [f"it answers {response.status}"]
        problems += problems_of(page, language=language, keyboard=language == "fi" and endpoints[endpoint] == 1)
        found[urlsplit(address).path] = [*found.get(urlsplit(address).path, []), *problems, *complaints]
        _picture(page, f"{role.value}-{language}-{endpoint}-{endpoints[endpoint]}")
        if clicks < CLICKS:
            new = [link for link in dict.fromkeys(page.evaluate(_LINKS)) if link not in seen]
            seen.update(new)
            to_visit.extend((link, clicks + 1) for link in new)
    faults = [f"{path}: {problem}" for path, problems in found.items() for problem in dict.fromkeys(problems)]
    assert not faults, "\n".join(faults)
    assert len(found) > 1, "the menu leads nowhere"


def endpoint_of(console: Console, address: str) -> str:
    """Return which page an address leads to, whatever it shows."""
    try:
        endpoint, _ = console.app.url_map.bind("localhost").match(urlsplit(address).path)
    except HTTPException:
        return f"missing {urlsplit(address).path}"
    return str(endpoint)


def _picture(page: Page, name: str) -> None:
    """Keep a picture of the page when somebody wants to look at them."""
    folder = os.environ.get("LUOTSI_SCREENSHOTS")
    if folder:
        shown = re.sub(r"[^\w.-]", "_", name)
        page.screenshot(path=Path(folder) / f"{shown}.png", full_page=True)
