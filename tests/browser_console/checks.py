"""What has to be true of every page of the console, whoever looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (360, 768)
# What a template shows when it forgot something: a value that is missing, a placeholder that nobody filled.
_FORGOTTEN = re.compile(r"\bNone\b(?! of )|\bUndefined\b|\{\w*\}|\{\{|\}\}|<bound method|<function")
_MOST_TABS, _FEWEST_TABS = 80, 30

_FOCUSED = """() => {
  const found = document.activeElement;
  if (!found || found === document.body) return null;
  const style = getComputedStyle(found);
  const box = found.getBoundingClientRect();
  return {
    name: `${found.tagName.toLowerCase()} "${(found.innerText || found.name || found.id || "").trim().slice(0, 40)}"`,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight,
    skip: found.matches(".skip"),
    action: found.matches("main button, main a.button"),
  };
}"""
# Whatever has the focus when a page opens, the keyboard starts from the top.
_BEGINNING = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  window.scrollTo(0, 0);
}"""
_ACTIONS = """() => [...document.querySelectorAll("main button, main a.button")]
  .filter((found) => found.checkVisibility() && !found.disabled).length"""
_SMALL_TARGETS = """() => [...document.querySelectorAll("main button, main a.button, main select, main summary")]
  .filter((found) => found.checkVisibility())
  .filter((found) => { const box = found.getBoundingClientRect(); return box.height < 24 || box.width < 24; })
  .map((found) => found.innerText.trim().slice(0, 40))"""

_SQUEEZED = """() => [...document.querySelectorAll("main dd, main td, main th, main p, main li")]
  .filter((found) => found.checkVisibility() && found.innerText.trim().length > 8)
  .filter((found) => { const box = found.getBoundingClientRect(); return box.width < 40 && box.height > 90; })
  .map((found) => found.innerText.replace(/\\s+/g, " ").slice(0, 40))"""


def problems_of(page: Page, *, language: str, keyboard: bool) -> Iterator[str]:
    """Yield what is wrong with the page that is open."""
    if page.locator("html").get_attribute("lang") != language:
        yield f"its language is not {language}"
    if page.locator("h1").count() != 1:
        yield f"it has {page.locator('h1').count()} first headings"
    if not page.title().split(" – ")[0].strip():
        yield "it has no title"
    text = page.locator("body").inner_text()
    yield from (f"it shows {found!r}" for found in sorted(set(_FORGOTTEN.findall(text))))
    yield from (
        f"axe: {found['id']}: {[node['html'][:160] for node in found['nodes'][:3]]}"
        for found in Axe().run(page).response["violations"]
    )
    yield from (f"the target {name!r} is smaller than 24 pixels" for name in page.evaluate(_SMALL_TARGETS))
    yield from _room(page)
    if keyboard:
        yield from _keyboard(page)


def _room(page: Page) -> Iterator[str]:
    before = page.viewport_size
    assert before is not None
    for width in (before["width"], *WIDTHS):
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        if wide > width:
            yield f"at {width} pixels it is {wide} wide"
        yield from (f"at {width} pixels {text!r} has no room" for text in page.evaluate(_SQUEEZED)[:3])
    page.set_viewport_size(before)


def _keyboard(page: Page) -> Iterator[str]:
    """Go through the page with the tabulator key, from its beginning."""
    page.evaluate(_BEGINNING)
    focused: list[dict[str, Any]] = []
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        place = page.evaluate(_FOCUSED)
        if place is None or (focused and place["skip"]):
            break  # through the whole page
        focused.append(place)
        if place["action"] and len(focused) > _FEWEST_TABS:
            break
    if not focused or not focused[0]["skip"]:
        yield "the first thing that the keyboard reaches is not the link that skips the menu"
    yield from (f"the focus on {place['name']} does not show" for place in focused if not place["outlined"])
    yield from (f"{place['name']} has the focus but is out of sight" for place in focused if not place["seen"])
    actions = page.evaluate(_ACTIONS)
    if actions and not any(place["action"] for place in focused):
        yield f"the keyboard reaches none of its {actions} buttons"
