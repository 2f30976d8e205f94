"""Takes the documentation's pictures of the chat page: `python -m tests.screenshots`.

Starts the product on free ports with a temporary database and writes PNG files into docs/images.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.service.product import ROOT, Product
from tests.widget.conftest import ARGUMENTS, SYSTEM_CHROMIUM
from tests.widget.driver import ChatPage

IMAGES = ROOT / "docs" / "images"
MAX_BYTES = 150_000
COLOURS = 128


def start(chat: ChatPage, question: str) -> None:
    """Show the notice."""


def answer(chat: ChatPage, question: str) -> None:
    """Show the end of an answer: sources, date and follow-up buttons."""
    chat.start().ask_and_wait(question)
    expect(chat.answers.last.locator(".review")).to_be_visible()
    chat.page.locator(".log").evaluate("log => { log.scrollTop = log.scrollHeight; }")


def masked(chat: ChatPage, question: str) -> None:
    """Show a question from which personal data was removed, and its answer."""
    chat.start().ask_and_wait(question)
    expect(chat.questions.last.locator(".removed").first).to_be_visible()
    chat.questions.last.evaluate("question => question.scrollIntoView()")


def failed(chat: ChatPage, question: str) -> None:
    """Show a message that could not be sent."""
    chat.start()
    chat.page.route("**/chat/api/messages", lambda route: route.abort())
    chat.ask(question)
    expect(chat.retry_button).to_be_visible()


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture: its file name, its state, what is asked in it, and how it is seen."""

    name: str
    reach: Callable[[ChatPage, str], None]
    language: str
    question: str = ""
    phone: bool = False
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("start-fi-phone", start, "fi", phone=True),
    Picture("start-en-desktop", start, "en"),
    Picture("answer-fi-phone", answer, "fi", "paljonko oleskelulupa maksaa", phone=True),
    Picture("answer-en-desktop-dark", answer, "en", "how do i declare a parcel from china", scheme="dark"),
    Picture("masked-fi-desktop", masked, "fi", "hetu 131052-951T, mitä ioss tarkoittaa"),
    Picture("not-sent-en-phone", failed, "en", "how long does an application take", phone=True),
)


def embedded(page: Page, address: str) -> None:
    """Show the demonstration page of an authority, with the chat open in it and one answer."""
    page.goto(f"{address}/chat/demo/")
    page.locator("luotsi-widget").get_by_role("button").first.click()
    frame = page.frame_locator("luotsi-widget iframe")
    frame.get_by_role("button", name="Aloita keskustelu").click()
    frame.locator("#question").fill("mitä ioss tarkoittaa")
    frame.locator("#question").press("Enter")
    expect(frame.locator(".review").last).to_be_visible()


def plain(page: Page, address: str) -> None:
    """Show the chat without JavaScript, with one answer."""
    page.goto(f"{address}/chat/plain?lang=en")
    page.get_by_role("button", name="Start the conversation").click()
    page.get_by_label("Type your question").fill("what is ioss")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("li.customer")).to_be_visible()


PAGES: tuple[tuple[str, Callable[[Page, str], None], bool], ...] = (
    ("embedded-fi-desktop", embedded, False),
    ("embedded-fi-phone", embedded, True),
    ("plain-en-phone", plain, True),
)


def take_page(browser: Browser, address: str, reach: Callable[[Page, str], None], *, phone: bool) -> bytes:
    """Return the PNG of a page that is reached in its own way."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740} if phone else {"width": 1280, "height": 800},
        device_scale_factor=2 if phone else 1,
        has_touch=phone,
        is_mobile=phone,
        locale="fi-FI",
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    reach(page, address)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    png = page.screenshot()
    context.close()
    return optimised(png)


def take(browser: Browser, address: str, picture: Picture) -> bytes:
    """Return the PNG of one picture."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740} if picture.phone else {"width": 1280, "height": 800},
        device_scale_factor=2 if picture.phone else 1,
        has_touch=picture.phone,
        is_mobile=picture.phone,
        locale="fi-FI" if picture.language == "fi" else "en-GB",
        timezone_id="Europe/Helsinki",
        color_scheme=picture.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    picture.reach(ChatPage(page, address, language=picture.language).open(), picture.question)
    page.mouse.move(0, 0)
    if picture.phone:
        # A phone would show its keyboard while the field has the focus.
        page.locator("#question").blur()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    png = page.screenshot()
    context.close()
    return optimised(png)


def optimised(png: bytes) -> bytes:
    """Return a PNG with a palette, which the page's few colours fit into.

    Raises RuntimeError when it is still larger than MAX_BYTES.
    """
    with Image.open(io.BytesIO(png)) as image:
        small = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    output = io.BytesIO()
    small.save(output, "PNG", optimize=True)
    if output.tell() >= MAX_BYTES:
        raise RuntimeError(f"the picture has {output.tell()} bytes; at most {MAX_BYTES} are allowed")
    return output.getvalue()


@contextlib.contextmanager
def running_product() -> Iterator[Product]:
    """Run the product with a database that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder))
        try:
            yield product.start()
        finally:
            product.stop()


def keep(name: str, png: bytes) -> None:
    """Write one picture."""
    (IMAGES / f"{name}.png").write_bytes(png)
    sys.stdout.write(f"{name}.png: {len(png) // 1000} kB\n")


def main() -> int:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=20_000)
    with running_product() as product, sync_playwright() as playwright:
        executable = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for picture in PICTURES:
            keep(picture.name, take(browser, product.address, picture))
        for name, reach, phone in PAGES:
            keep(name, take_page(browser, product.address, reach, phone=phone))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
