from __future__ import annotations

import datetime
import re
import string
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

import luotsi.content_report
from components.content.catalogue import CatalogueEntry
from luotsi.content_checks.remarks import Remark
from luotsi.content_report.render import MOST_CONFUSIONS, Report, html
from luotsi.evaluation import Outcome, Question
from tests.content.samples import gift_entries
from tests.widget import conftest as widget

browser = widget.browser
LANGUAGES = ("fi", "en")
FOLDER = Path(luotsi.content_report.__file__).parent
TEXTS: dict[str, Any] = {
    language: yaml.safe_load((FOLDER / f"texts.{language}.yml").read_text(encoding="utf-8")) for language in LANGUAGES
}
MADE_AT = datetime.datetime(2026, 11, 2, 8, 30, tzinfo=datetime.timezone.utc)
REMARK = Remark("examples", "few_en", Path("gifts.yml"), 7, "customs_gift", {"count": "14", "enough": "16"})


def _outcome(text: str, first: str, *, language: str = "en", topic: str = "customs_gift", reply: str = "") -> Outcome:
    return Outcome(Question(language, topic, text), reply or first, (first,), 0.8)


OUTCOMES = (
    _outcome("a present", "customs_gift"),
    _outcome("<b>tin & box</b>", "customs_snus", reply="nlu_fallback"),
    _outcome("nuuskalahja", "customs_snus", language="fi"),
    _outcome("my tax card", "customs_gift", topic="out_of_scope"),
    _outcome("hello", "greet", topic="greet"),
)


@pytest.fixture
def entries(tmp_path: Path) -> tuple[CatalogueEntry, ...]:
    """One topic."""
    return tuple(gift_entries(tmp_path, title={"fi": "Lahja", "en": "A gift"}))


def _page(
    entries: tuple[CatalogueEntry, ...],
    language: str = "en",
    *,
    outcomes: tuple[Outcome, ...] | None = OUTCOMES,
    remarks: tuple[Remark, ...] = (REMARK,),
) -> str:
    return html(Report(MADE_AT, entries, remarks, outcomes), language)


def _shown(page: str) -> str:
    """The text of a page, without its style."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _section(page: str, name: str) -> str:
    return _shown("<body>" + page.partition(f'<h2 id="{name}">')[2].partition("<h2")[0])


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}")
    else:
        yield path, str(value)


def _gaps(language: str) -> dict[str, set[str]]:
    parser = string.Formatter()
    return {path: {name for _, name, _, _ in parser.parse(text) if name} for path, text in _texts(TEXTS[language])}


def test_both_languages_have_the_same_words_with_the_same_gaps() -> None:
    assert _gaps("fi") == _gaps("en")


def test_no_word_is_left_in_the_other_language() -> None:
    finnish, english = (dict(_texts(TEXTS[language])) for language in LANGUAGES)

    assert [path for path, text in finnish.items() if text == english[path]] == [".mistakes.of"]


@pytest.mark.parametrize(
    ("language", "made", "heading"),
    [("fi", "Tehty 2.11.2026.", "Yhdellä silmäyksellä"), ("en", "Made on 2 November 2026.", "At a glance")],
)
def test_the_page_is_in_the_asked_language(
    entries: tuple[CatalogueEntry, ...], language: str, made: str, heading: str
) -> None:
    page = _page(entries, language)

    assert f'<html lang="{language}">' in page
    assert made in _shown(page)
    assert heading in _shown(page)


def test_the_sizes_are_counted(entries: tuple[CatalogueEntry, ...]) -> None:
    shown = _section(_page(entries), "overview")

    assert "Topics: 1 " in shown
    assert "Examples in Finnish: 14 " in shown
    assert "Remarks of the check: 1" in shown


def test_the_plot_s_figures_stand_in_a_table_too(entries: tuple[CatalogueEntry, ...]) -> None:
    assert "Finnish English 14 1 1" in _section(_page(entries), "sizes")


def test_the_figures_are_told_per_language(entries: tuple[CatalogueEntry, ...]) -> None:
    shown = _section(_page(entries), "measured")

    assert "The right topic comes first 0.0 % 50.0 %" in shown
    assert "A question of others is refused – 0.0 %" in shown


def test_shares_are_written_as_the_language_does(entries: tuple[CatalogueEntry, ...]) -> None:
    assert "Oikea aihe on ensimmäisenä 0,0 % 50,0 %" in _section(_page(entries, "fi"), "measured")


def test_the_calibration_is_that_of_questions(entries: tuple[CatalogueEntry, ...]) -> None:
    shown = _section(_page(entries), "reliability")

    # One of four questions is right at a confidence of 0.8; the greeting does not count.
    assert "Expected calibration error: 55.0 %" in shown
    assert "Expected calibration error, Finnish: 80.0 %" in shown
    assert "80.0 % 25.0 % 4" in shown


def test_confusions_show_their_examples(entries: tuple[CatalogueEntry, ...]) -> None:
    shown = _section(_page(entries), "confusions")

    assert "A gift customs_gift customs_snus 2 <b>tin & box</b> nuuskalahja" in shown
    assert "a question that is not ours out_of_scope A gift customs_gift 1 my tax card" in shown


def test_only_the_most_frequent_confusions_are_in_the_table(entries: tuple[CatalogueEntry, ...]) -> None:
    outcomes = tuple(_outcome(f"text {number}", f"customs_x{number:03}") for number in range(MOST_CONFUSIONS + 5))

    shown = _section(_page(entries, outcomes=outcomes), "confusions")

    assert f"{MOST_CONFUSIONS} of {MOST_CONFUSIONS + 5}" in shown
    assert f"customs_x{MOST_CONFUSIONS - 1:03}" in shown
    assert f"customs_x{MOST_CONFUSIONS:03}" not in shown


def test_recall_is_told_by_topic(entries: tuple[CatalogueEntry, ...]) -> None:
    assert "A gift customs_gift 33.3 % 0.0 % 50.0 % 3" in _section(_page(entries), "recalls")


def test_mistakes_are_told_by_topic_with_what_the_service_would_do(entries: tuple[CatalogueEntry, ...]) -> None:
    shown = _section(_page(entries), "mistakes")

    assert "3 examples" in shown
    assert "A gift: 2 <b>tin & box</b> → taken for customs_snus; topics to choose from" in shown
    assert "nuuskalahja → taken for customs_snus; a wrong answer" in shown
    assert "a question that is not ours: 1 my tax card → taken for A gift; a wrong answer" in shown


def test_an_example_says_its_language(entries: tuple[CatalogueEntry, ...]) -> None:
    assert '<span lang="fi">nuuskalahja</span>' in _page(entries)


def test_remarks_are_told_in_the_language_of_the_page(entries: tuple[CatalogueEntry, ...]) -> None:
    shown = _section(_page(entries, "fi"), "remarks") + _shown(_page(entries, "fi").partition('id="remarks"')[2])

    assert "gifts.yml:7 customs_gift : vain 14 englanninkielistä esimerkkiä; kirjoita vähintään 16" in _shown(
        "<body>" + _page(entries, "fi").partition('id="remarks"')[2]
    )
    assert shown


def test_without_remarks_the_page_says_so(entries: tuple[CatalogueEntry, ...]) -> None:
    assert "There are none." in _section(_page(entries, remarks=()), "remarks")


def test_without_mistakes_the_page_says_so(entries: tuple[CatalogueEntry, ...]) -> None:
    page = _page(entries, outcomes=(OUTCOMES[0],))

    assert "Nothing was confused." in _section(page, "confusions")
    assert "The model gets all of them right." in _section(page, "mistakes")


def test_without_a_measurement_its_sections_are_left_out(entries: tuple[CatalogueEntry, ...]) -> None:
    page = _page(entries, outcomes=None)

    assert "Nothing was measured" in _section(page, "overview")
    assert re.findall(r'<h2 id="(\w+)"', page) == ["overview", "sizes", "remarks"]


@pytest.mark.parametrize("outcomes", [OUTCOMES, None], ids=["measured", "quick"])
def test_every_link_leads_to_a_section(
    entries: tuple[CatalogueEntry, ...], outcomes: tuple[Outcome, ...] | None
) -> None:
    page = _page(entries, outcomes=outcomes)

    assert re.findall(r'<a href="#(\w+)"', page) == re.findall(r'<h2 id="(\w+)"', page)


def test_the_page_tells_no_folder_of_this_machine(entries: tuple[CatalogueEntry, ...]) -> None:
    path = FOLDER.parents[1] / "data" / "faq" / "gifts.yml"

    page = _page(entries, remarks=(Remark("examples", "few_en", path, 7, "customs_gift", REMARK.values),))

    assert "<code>data/faq/gifts.yml:7</code>" in page
    assert str(FOLDER.parents[1]) not in page


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_accessible_on_a_narrow_screen_and_asks_for_nothing(
    browser: Browser, entries: tuple[CatalogueEntry, ...], language: str, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.set_content(_page(entries, language))
    page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")

    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("svg[role=img][aria-label]").count() == 2
    assert requests == []
    context.close()
