"""Pictures in answers: of this site only, never wider than the answer, and told in words."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .driver import ChatPage
from .service import Answer, ChatService

pytestmark = pytest.mark.browser

ADDRESS = "/chat/statistics/picture.svg"
WORDS = "Puolet päätöksistä tuli noin 15 kuukaudessa."


def answered(url: str) -> Answer:
    return Answer(text="Näin kauan.", image={"url": url, "alt": WORDS})


@pytest.mark.parametrize("width", [320, 1024])
def test_a_picture_fits_into_the_answer(chat: ChatPage, service: ChatService, width: int) -> None:
    chat.page.set_viewport_size({"width": width, "height": 700})
    service.will_answer(answered(f"{ADDRESS}?language=fi"))
    chat.open().start().ask_and_wait("kauanko")

    picture = chat.answers.last.locator("img")
    expect(picture).to_have_attribute("alt", WORDS)
    expect(picture).to_have_js_property("naturalWidth", 900)
    box = picture.bounding_box()
    bubble = chat.answers.last.locator(".bubble").bounding_box()
    assert box is not None and bubble is not None
    assert bubble["x"] < box["x"] and box["x"] + box["width"] < bubble["x"] + bubble["width"]
    assert box["width"] / box["height"] == pytest.approx(3, rel=0.05)
    assert picture.evaluate("image => getComputedStyle(image).colorScheme") == "light dark"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/chat/picture.svg",
        "http://127.0.0.1/chat/picture.svg",
        "//evil.example/chat/picture.svg",
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
        "javascript:alert(1)",
        "/console/picture.svg",
        "/chat/../console/picture.svg",
        "",
    ],
)
def test_of_any_other_address_only_the_words_are_shown(chat: ChatPage, service: ChatService, url: str) -> None:
    service.will_answer(answered(url))
    chat.open().start().ask_and_wait("kauanko")

    expect(chat.answers.last.locator(".bubble")).to_contain_text(WORDS)
    assert chat.answers.last.locator("img").count() == 0
    assert not [path for path in service.paths if path.endswith("picture.svg")]


def test_a_picture_is_shown_with_what_is_stored(chat: ChatPage, service: ChatService) -> None:
    service.will_answer(answered(ADDRESS))
    chat.open().start().ask_and_wait("kauanko")
    chat.open_data().press("data_show")

    expect(chat.page.locator("dialog.data .kept-messages img")).to_have_attribute("alt", WORDS)
