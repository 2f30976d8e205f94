"""The accessibility statement: everything that the model demands, honest, in both languages, and accessible itself."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.data import is_nlu_file

from components.channels.accessibility import REQUIRED_SECTIONS, STATEMENT_FILE, AccessibilityStatement
from components.channels.notice import NOTICE_FILE, load_notice
from components.channels.pages import notice_page, stored_page
from components.located_yaml import FileError
from components.settings import Settings
from tests.widget.conftest import browser  # noqa: F401

LANGUAGES = ("fi", "en")
STATIC = Path(__file__).parents[2] / "widget" / "static"
ADDRESS = "http://chat.example/chat/page"


@pytest.fixture(scope="module")
def statement() -> AccessibilityStatement:
    return AccessibilityStatement.load()


@pytest.fixture
def content() -> dict[str, Any]:
    """The committed statement as data that a test may change."""
    read: dict[str, Any] = yaml.safe_load(STATEMENT_FILE.read_text(encoding="utf-8"))
    return read


def _write(folder: Path, content: dict[str, Any], name: str = "accessibility.yml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _section(content: dict[str, Any], identifier: str) -> dict[str, Any]:
    section: dict[str, Any] = next(section for section in content["sections"] if section["id"] == identifier)
    return section


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data

    def all(self, wanted: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == wanted]


def _part(page: str, identifier: str) -> str:
    """What a section of the page says."""
    return _Reader(page.partition(f'<h2 id="{identifier}">')[2].partition("<h2")[0]).said


@pytest.mark.parametrize(("language", "expected"), [("fi", "fi"), ("en", "en"), ("sv", "fi"), (None, "fi")])
def test_the_page_is_in_its_language_and_leads_to_the_other(
    statement: AccessibilityStatement, language: str | None, expected: str
) -> None:
    page = _Reader(statement.page(language))

    other = "en" if expected == "fi" else "fi"
    assert page.all("html") == [{"lang": expected}]
    assert {"href": f"/chat/accessibility?lang={other}", "lang": other, "hreflang": other} in page.all("a")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_section_and_one_title(statement: AccessibilityStatement, language: str) -> None:
    page = _Reader(statement.page(language))

    assert [heading["id"] for heading in page.all("h2")] == list(REQUIRED_SECTIONS)
    assert len(page.all("h1")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_looks_like_the_privacy_notice_and_has_no_scripts(
    statement: AccessibilityStatement, language: str
) -> None:
    page = _Reader(statement.page(language))

    assert "/chat/static/privacy.css" in [link["href"] for link in page.all("link")]
    assert not page.all("script") + page.all("style") + page.all("img")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_to_fill_in(statement: AccessibilityStatement, language: str) -> None:
    assert not re.search(r"[{}]|\*\*|\]\(", statement.page(language))


@pytest.mark.parametrize(
    ("section", "language", "expected"),
    [
        (
            "scope",
            "fi",
            ["haluaa, että kaikki voivat käyttää", "306/2019", "2016/2102", "chat-sivua", "esittelyasennus"],
        ),
        ("scope", "en", ["is committed to", "306/2019", "2016/2102", "the chat page", "demonstration installation"]),
        ("scope", "fi", ["Maahanmuuttovirasto ja Tulli ovat muita viranomaisia"]),
        ("scope", "en", ["The Finnish Immigration Service and Finnish Customs are other authorities"]),
        ("status", "fi", ["täyttää saavutettavuusvaatimukset osittain", "WCAG 2.2", "EN 301 549", "A ja AA"]),
        ("status", "en", ["partially compliant", "2.2", "EN 301 549", "A and AA"]),
        (
            "content",
            "fi",
            ["kukaan ei ole vielä kokeillut Luotsia ruudunlukijalla", "Chromium", "Kohtuuttomaan rasitteese"],
        ),
        ("content", "en", ["nobody has tried Luotsi with a screen reader yet", "Chromium", "disproportionate burden"]),
        ("preparation", "fi", ["laadittu 22.11.2026", "tarkistettu viimeksi 22.11.2026", "omaan arvioon", "axe"]),
        ("preparation", "en", ["prepared on 22 November 2026", "last reviewed on 22 November 2026", "self-assessment"]),
        ("preparation", "fi", ["näppäimistöllä", "320", "200", "pakotetuilla väreillä", "vähemmän liikettä"]),
        ("preparation", "en", ["keyboard", "320", "200", "forced colours", "motion"]),
        ("feedback", "fi", ["Vastaamme kahden viikon kuluessa", "rekisterinpitaja@luotsi.example", "Esimerkkikatu 1"]),
        ("feedback", "en", ["We reply within two weeks", "rekisterinpitaja@luotsi.example", "Esimerkkikatu 1"]),
        ("enforcement", "fi", ["Anna palaute ensin meille", "kahden viikon kuluessa", "valvontaviranomaiselle"]),
        ("enforcement", "en", ["your feedback to us first", "within two weeks", "notify the supervisory authority"]),
        ("enforcement", "fi", ["Digitaalisen esteettömyyden ja saavutettavuuden valvontayksikkö", "00059 TRAFICOM"]),
        (
            "enforcement",
            "en",
            ["Transport and Communications Agency Traficom", "Digital Accessibility Supervision Unit"],
        ),
        ("enforcement", "fi", ["saavutettavuus@traficom.fi", "029 534 5000"]),
        ("enforcement", "en", ["saavutettavuus@traficom.fi", "+358 29 534 5000"]),
    ],
)
def test_the_statement_tells_what_the_model_demands(
    statement: AccessibilityStatement, section: str, language: str, expected: list[str]
) -> None:
    said = _part(statement.page(language), section)

    assert [text for text in expected if text not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_authority_that_has_not_the_task_any_more_is_not_named(
    statement: AccessibilityStatement, language: str
) -> None:
    assert not re.search(r"aluehallinto|Regional State", statement.page(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_addresses_can_be_followed(statement: AccessibilityStatement, language: str) -> None:
    followed = [link["href"] for link in _Reader(statement.page(language)).all("a")]

    assert "mailto:rekisterinpitaja@luotsi.example" in followed
    assert "mailto:saavutettavuus@traficom.fi" in followed
    assert f"/chat/privacy?lang={language}" in followed
    assert any(str(address).startswith("https://www.saavutettavuusvaatimukset.fi/") for address in followed)


@pytest.mark.parametrize(
    ("status", "fi", "en"),
    [
        ("full", "kokonaan.", "is fully compliant"),
        ("partial", "osittain.", "partially"),
        ("none", "ei täytä", "is not"),
    ],
)
def test_the_status_is_the_one_of_the_file(
    content: dict[str, Any], tmp_path: Path, status: str, fi: str, en: str
) -> None:
    changed = AccessibilityStatement.load(path=_write(tmp_path, {**content, "status": status}))

    for language, expected in (("fi", fi), ("en", en)):
        page = changed.page(language)
        (said,) = re.findall(r"<p><strong>([^<]*)</strong>", page.partition('<h2 id="status">')[2].partition("<h2")[0])
        assert expected in said


def test_feedback_goes_to_the_controller_of_the_installation(tmp_path: Path) -> None:
    notice = yaml.safe_load(NOTICE_FILE.read_text(encoding="utf-8"))
    name = {"fi": "Virasto <b>", "en": "Agency <b>"}
    notice["controller"] = {
        "name": name,
        "address": {"fi": "Katu 2", "en": "Street 2"},
        "email": "palaute@virasto.example",
    }

    page = AccessibilityStatement.load(notice_path=_write(tmp_path, notice, "notice.yml")).page("fi")

    assert "Virasto &lt;b&gt;, " in page
    assert 'href="mailto:palaute@virasto.example"' in page
    assert "Katu 2" in _part(page, "feedback")
    assert "luotsi.example" not in page


def test_what_staff_write_is_text_and_nothing_else(content: dict[str, Any], tmp_path: Path) -> None:
    attack = '<script>alert(1)</script> [x](javascript:alert) <a href="x@y.fi">'
    _section(content, "content").update(fi=[attack, [attack]], en=["x", ["x"]])

    page = _Reader(AccessibilityStatement.load(path=_write(tmp_path, content)).page("fi"))

    assert not page.all("script")
    assert page.said.count("<script>") == 2
    assert "javascript" not in str(page.all("a"))


def _without_status(content: dict[str, Any]) -> None:
    del content["status"]


def _with_unknown_status(content: dict[str, Any]) -> None:
    content["status"] = "perfect"


def _without_section(content: dict[str, Any]) -> None:
    content["sections"].remove(_section(content, "content"))


def _with_sections_out_of_order(content: dict[str, Any]) -> None:
    content["sections"].reverse()


def _with_empty_section(content: dict[str, Any]) -> None:
    _section(content, "content")["en"] = []


def _without_contact(content: dict[str, Any]) -> None:
    _section(content, "feedback")["en"] = ["Write to us."]


def _without_authority(content: dict[str, Any]) -> None:
    _section(content, "enforcement")["fi"] = ["Kirjoita: {authority}, {authority_unit}, {authority_email}."]


def _without_date(content: dict[str, Any]) -> None:
    _section(content, "preparation")["fi"] = ["Laadittu {prepared}."]


def _with_unknown_placeholder(content: dict[str, Any]) -> None:
    _section(content, "content")["fi"] = ["Katso {puutteet}."]


def _with_other_lists(content: dict[str, Any]) -> None:
    _section(content, "content").update(fi=["a", ["b", "c"]], en=["a", ["b"]])


def _with_review_before_preparation(content: dict[str, Any]) -> None:
    content["reviewed"] = content["prepared"] - datetime.timedelta(days=1)


def _with_bad_mail(content: dict[str, Any]) -> None:
    content["authority"]["email"] = "nobody"


def _with_bad_address(content: dict[str, Any]) -> None:
    content["authority"]["url"]["en"] = "www.webaccessibility.fi"


def _with_unknown_key(content: dict[str, Any]) -> None:
    content["ttle"] = content["title"]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_without_status, "'status' is missing; add it"),
        (_with_unknown_status, "'status' unexpected value; permitted: 'full', 'partial', 'none'"),
        (_without_section, "'sections' must be, in this order and each once: scope, status"),
        (_with_sections_out_of_order, "'sections' must be, in this order and each once: scope, status"),
        (_with_empty_section, "'sections.3.en' has too few entries; write at least 1"),
        (_without_contact, "'sections.5.en' does not tell {controller}; write it into a sentence"),
        (_without_authority, "'sections.6.fi' does not tell {authority_address}; write it into a sentence"),
        (_without_date, "'sections.4.fi' does not tell {reviewed}; write it into a sentence"),
        (_with_unknown_placeholder, "'sections.3.fi' has the unknown placeholder {puutteet}; use one of status"),
        (_with_other_lists, "'sections.3.en' has other paragraphs and lists than 'fi'"),
        (_with_review_before_preparation, "'reviewed' is before 'prepared'"),
        (_with_bad_mail, "'authority.email'"),
        (_with_bad_address, "'authority.url' has an address that does not begin with https://"),
        (_with_unknown_key, "'ttle' is not a known key"),
    ],
)
def test_a_statement_out_of_order_is_refused_with_file_line_and_mend(
    content: dict[str, Any], tmp_path: Path, spoil: Callable[[dict[str, Any]], None], expected: str
) -> None:
    spoil(content)

    with pytest.raises(FileError) as error:
        AccessibilityStatement.load(path=_write(tmp_path, content))

    assert re.search(rf"accessibility\.yml:\d+: {re.escape(expected)}", str(error.value))


def test_training_leaves_the_statement_alone() -> None:
    assert not is_nlu_file(STATEMENT_FILE)
    assert not YAMLStoryReader.is_stories_file(STATEMENT_FILE)


def _statement_page(language: str) -> str:
    return AccessibilityStatement.load().page(language)


def _notice_page(language: str) -> str:
    settings = Settings(
        secret_key=b"0123456789abcdef0123456789abcdef",
        database_url="sqlite:////nowhere",
        retention=datetime.timedelta(days=730),
        session_lifetime=datetime.timedelta(hours=12),
    )
    return notice_page(load_notice(settings), language)


def _stored_page(language: str) -> str:
    message = {"from": "customer", "language": None, "text": "hei", "time": "2026-11-22T10:30:00+00:00", "image": None}
    return stored_page(
        {
            "made_at": "2026-11-22T10:31:00+00:00",
            "stored": True,
            "reference": "BCDF-GHJK-LMNP",
            "expires_at": "2028-11-21T10:30:00+00:00",
            "notice_version": "2026-11-22.0a1b2c3d",
            "consented_at": None,
            "messages": [message, {**message, "from": "bot", "language": language, "text": "**Hei.**"}],
            "feedback": [{"time": "2026-11-22T10:30:00+00:00", "rating": "helpful", "comment": "ok"}],
            "tables": {"events": [{"data": {"text": "hei" * 100}}]},
        },
        language,
    )


@pytest.mark.browser
@pytest.mark.parametrize("make", [_statement_page, _notice_page, _stored_page])
@pytest.mark.parametrize(
    ("width", "scheme", "language", "size"),
    [(320, "dark", "fi", "100%"), (1280, "light", "en", "100%"), (360, "light", "fi", "200%")],
    ids=["narrow-dark-fi", "wide-light-en", "doubled-light-fi"],
)
def test_no_automatic_check_complains_about_a_page_of_the_server(
    browser: Browser,  # noqa: F811
    make: Callable[[str], str],
    width: int,
    scheme: Literal["dark", "light"],
    language: str,
    size: str,
) -> None:
    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if route.request.url == ADDRESS:
            route.fulfill(body=make(language), content_type="text/html; charset=utf-8")
        else:
            route.fulfill(path=STATIC / name)

    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.route("**/*", answer)
    page.goto(ADDRESS)
    page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)

    results = Axe().run(page, options={"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}})

    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
