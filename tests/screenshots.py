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
from playwright.sync_api import Browser, expect, sync_playwright

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


def masked_and_unclear(chat: ChatPage, question: str) -> None:
    """Show a question from which personal data was removed, and the topics that it may be about."""
    chat.start().ask_and_wait(question)
    expect(chat.questions.last.locator(".removed").first).to_be_visible()
    expect(chat.answers.last).to_contain_text({"fi": "Tarkoititko", "en": "Did you mean"}[chat.language])


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
    Picture("masked-fi-desktop", masked_and_unclear, "fi", "hetu 131052-951T, entä lupa ja maksu"),
    Picture("not-sent-en-phone", failed, "en", "how long does an application take", phone=True),
)


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


def main() -> int:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=20_000)
    with running_product() as product, sync_playwright() as playwright:
        executable = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for picture in PICTURES:
            png = take(browser, product.address, picture)
            (IMAGES / f"{picture.name}.png").write_bytes(png)
            sys.stdout.write(f"{picture.name}.png: {len(png) // 1000} kB\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
