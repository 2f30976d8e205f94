"""Answers as messages of a platform: nothing is lost, nothing is too long, and no link is cut."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.channels.messaging.rendering import (
    Button,
    Image,
    Part,
    Rendering,
    choice_of,
    is_numbered,
    literal,
    parts_of,
    render,
)

SITE = "https://chat.example.fi"
HTML = Rendering(max_characters=4096, max_buttons=8, button_characters=40, markdown="html", choice_bytes=64)
PLAIN = Rendering(max_characters=1600, max_buttons=0, button_characters=0, markdown="plain")


def message(text: str = "Hello.", **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": "1",
        "from": "bot",
        "language": "en",
        "text": text,
        "time": "2026-11-22T10:00:00+00:00",
        "buttons": [],
        "links": [],
        "sources": [],
        "reviewed": None,
        "volatile": False,
        "action": None,
        "image": None,
        "masked": [],
        "notice": None,
    }
    return {**usual, **changes}


def button(title: str, payload: str | None = None) -> dict[str, str | None]:
    return {"title": title, "payload": payload}


def texts(parts: list[Part]) -> list[str]:
    return [part.text for part in parts]


def shown(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


# ---------------------------------------------------------------------------------------------------------- markup


@pytest.mark.parametrize(
    ("markdown", "as_html", "as_text"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d", "a & b < c > d"),
        ("**two words** more", "<b>two words</b> more", "”two words” more"),
        (
            "see [a page](https://migri.fi/x?a=1&b=2).",
            'see <a href="https://migri.fi/x?a=1&amp;b=2">a page</a>.',
            "see a page: https://migri.fi/x?a=1&b=2.",
        ),
        (
            "**[bold](https://a.example/)**",
            '<b><a href="https://a.example/">bold</a></b>',
            "bold: https://a.example/",
        ),
        ("[migri.fi](https://migri.fi/)", '<a href="https://migri.fi/">migri.fi</a>', "https://migri.fi/"),
        (
            "[privacy](/chat/privacy?lang=en)",
            '<a href="https://chat.example.fi/chat/privacy?lang=en">privacy</a>',
            "privacy: https://chat.example.fi/chat/privacy?lang=en",
        ),
        ("- one\n- two", "• one\n• two", "• one\n• two"),
        ('[a](https://x.example/?q="><b>)', '<a href="https://x.example/?q=&quot;&gt;&lt;b&gt;">a</a>', None),
    ],
)
def test_markdown(markdown: str, as_html: str, as_text: str | None) -> None:
    assert texts(parts_of(markdown, HTML, site=SITE)) == [as_html]
    if as_text is not None:
        assert texts(parts_of(markdown, PLAIN, site=SITE)) == [as_text]


def test_what_somebody_wrote_is_no_markdown() -> None:
    words = "**not bold** [no link](https://x.example/)\n- no bullet"
    assert texts(parts_of(literal(words), PLAIN, site=SITE)) == [words]
    assert texts(parts_of(literal(words), HTML, site=SITE)) == [words]


@pytest.mark.parametrize("empty", ["", "  ", "\n\n"])
def test_nothing_is_no_message(empty: str) -> None:
    assert parts_of(empty, HTML, site=SITE) == []


# ---------------------------------------------------------------------------------------------------------- contents


def test_an_answer_has_its_links_sources_and_date() -> None:
    answer = message(
        links=[{"title": "Form", "url": "https://tulli.fi/form", "language": "en"}],
        sources=[{"title": "Customs", "url": "https://tulli.fi/", "language": "en"}],
        reviewed="2026-11-21",
        volatile=True,
    )
    assert texts(render(answer, PLAIN, site=SITE)) == [
        "Hello.\n\nLinks:\n• Form: https://tulli.fi/form\n\nSource:\n• Customs: https://tulli.fi/\n"
        "Checked on 21 November 2026.\nThis may change: check it from the source."
    ]


def test_what_was_removed_is_told_first() -> None:
    (part,) = render(message(), HTML, site=SITE, notice="I removed <something>.")
    assert part.text == "I removed &lt;something&gt;.\n\nHello."


def test_a_picture_is_words_and_an_address() -> None:
    answer = message(image={"url": "/chat/statistics/work.svg?language=en", "alt": "A picture of times."})
    (part,) = render(answer, PLAIN, site=SITE)
    assert part.text == f"Hello.\n\nA picture of times.\nSee the picture: {SITE}/chat/statistics/work.svg?language=en"
    assert part.image is None


def test_a_platform_with_pictures_gets_them() -> None:
    answer = message(image={"url": "/chat/statistics/work.svg", "alt": "A picture."})
    shows = Rendering(max_characters=100, max_buttons=0, button_characters=0, markdown="plain", images=True)
    *_, last = render(answer, shows, site=SITE)
    assert last.image == Image(f"{SITE}/chat/statistics/work.svg", "A picture.")


# ----------------------------------------------------------------------------------------------------------- buttons


def test_buttons_go_with_the_last_message() -> None:
    answer = message("word " * 2_000, buttons=[button("Gifts", "/customs_gift"), button("Yes")])
    *before, last = render(answer, HTML, site=SITE)
    assert before
    assert all(part.buttons == () for part in before)
    assert last.buttons == (Button("Gifts", "/customs_gift"), Button("Yes", "=Yes"))


def test_without_buttons_there_are_numbers() -> None:
    answer = message(buttons=[button("Gifts", "/customs_gift"), button("Yes *now*")])
    assert render(answer, PLAIN, site=SITE) == [Part("Hello.\n\nAnswer with a number:\n1. Gifts\n2. Yes *now*")]


def test_too_many_buttons_are_numbers() -> None:
    answer = message(buttons=[button(f"Choice {number}") for number in range(9)])
    (part,) = render(answer, HTML, site=SITE)
    assert part.buttons == ()
    assert "9. Choice 8" in part.text


def test_long_titles_stand_in_the_text_and_the_buttons_are_numbers() -> None:
    long = "A title that is longer than what a button shows"
    answer = message(buttons=[button(long, "/customs_gift"), button("Yes")])
    (part,) = render(answer, HTML, site=SITE)
    assert f"1. {long}\n2. Yes" in part.text
    assert part.buttons == (Button("1", "/customs_gift"), Button("2", "=Yes"))


@pytest.mark.parametrize(
    ("titles", "numbered"), [([], False), (["Yes"], False), (["Yes"] * 9, True), (["x" * 41], True)]
)
def test_numbers_mean_buttons_only_where_they_are_shown(titles: list[str], numbered: bool) -> None:
    answer = message(buttons=[button(title) for title in titles])
    assert is_numbered(answer, HTML) is numbered
    assert ("Answer with a number:" in render(answer, HTML, site=SITE)[0].text) is numbered


def test_a_payload_that_is_too_long_becomes_a_digest() -> None:
    long = button("ä" * 40)
    choice = choice_of(long, HTML)
    assert len(choice.encode()) <= 64
    assert choice == choice_of(long, HTML) != choice_of(button("ä" * 39 + "a"), HTML)
    assert choice_of(button("x" * 63), HTML) == "=" + "x" * 63


# ---------------------------------------------------------------------------------------------------------- splitting


def limited(characters: int, markdown: Any = "plain") -> Rendering:
    return Rendering(max_characters=characters, max_buttons=0, button_characters=0, markdown=markdown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("First one.\n\nSecond one.", ["First one.", "Second one."]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("One two. Three four", ["One two.", "Three four"]),
        ("alpha beta gammas delta", ["alpha beta", "gammas delta"]),
        ("abcdefghijklmnopqrstuvwxyz", ["abcdefghijklmnop", "qrstuvwxyz"]),
        ("One. Two.\n\nThree four five", ["One. Two.", "Three four five"]),
    ],
)
def test_a_cut_is_where_it_hurts_least(text: str, expected: list[str]) -> None:
    assert texts(parts_of(text, limited(16), site=SITE)) == expected


def test_a_link_is_not_cut() -> None:
    text = "Some words before [the page](https://migri.fi/en/page) and some after it."
    parts = parts_of(text, limited(40), site=SITE)
    assert any("the page: https://migri.fi/en/page" in part.text for part in parts)
    parts = parts_of(text, limited(24, "html"), site=SITE)
    assert any('<a href="https://migri.fi/en/page">the page</a>' in part.text for part in parts)


def test_bold_that_is_cut_is_bold_on_both_sides() -> None:
    assert texts(parts_of("**alpha beta gamma delta**", limited(12, "html"), site=SITE)) == [
        "<b>alpha beta</b>",
        "<b>gamma delta</b>",
    ]


def test_signs_beyond_the_basic_plane_count_twice() -> None:
    assert texts(parts_of("😀" * 10, limited(8), site=SITE)) == ["😀" * 4, "😀" * 4, "😀" * 2]


PIECES = st.lists(
    st.one_of(
        st.text(alphabet="abc .,!?\n&<>äö😀-", max_size=30),
        st.sampled_from(["**bold words**", "[a page](https://migri.fi/en)", "\n\n", "\n- item", "**", "[", "]("]),
    ),
    max_size=40,
)


def unmarked(text: str) -> str:
    """Return a text without the signs that stand for bold; a platform's limit leaves room for them."""
    return text.replace("*", "").replace("”", "")


@given(PIECES, st.integers(30, 200), st.sampled_from(["html", "plain", "whatsapp"]))
def test_whatever_is_split_stays_whole(pieces: list[str], limit: int, markdown: str) -> None:
    text = "".join(pieces)
    parts = parts_of(text, limited(limit, markdown), site=SITE)
    (whole,) = parts_of(text, limited(10**9, markdown), site=SITE) or [Part("")]
    seen = [shown(part.text) if markdown == "html" else unmarked(part.text) for part in parts]
    assert all(0 < len(one.encode("utf-16-le")) // 2 <= limit for one in seen)
    all_of_it = shown(whole.text) if markdown == "html" else unmarked(whole.text)
    assert "".join("".join(seen).split()) == "".join(all_of_it.split())
    if markdown == "html":
        for part in parts:
            assert part.text.count("<b>") == part.text.count("</b>")
            assert part.text.count("<a ") == part.text.count("</a>")


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("whatsapp", "Write *my data*, then see. *A heading of five words:* and * a star"),
        ("plain", "Write ”my data”, then see. A heading of five words: and * a star"),
    ],
)
def test_words_to_be_typed_stand_out_without_bold_too(markdown: Any, shown: str) -> None:
    words = "Write **my data**, then see. **A heading of five words:** and * a star"

    assert [part.text for part in parts_of(words, limited(1000, markdown), site=SITE)] == [shown]
