"""What can be seen of the page without a browser."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser

import pytest

from components.privacy.recognisers import ALL

from .driver import STATIC, TEXTS

SCRIPTS = sorted(STATIC.glob("*.js"))
LATER = {
    name for script in SCRIPTS for name in re.findall(r'await import\("\./([\w-]+\.js)"\)', script.read_text("utf-8"))
}
PAGES = sorted(STATIC.glob("*.html"))
STYLES = sorted(STATIC.glob("*.css"))
LABELS = sorted({label for recogniser in ALL for label in recogniser.labels()})
FIRST_LOAD_LIMIT = 40_000
LATER_LIMIT = 22_000
OPENED_LIMIT = 150_000
EMBED = "embed.js"
EMBED_LIMIT = 15_000
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Tags(HTMLParser):
    """Collects the start tags of a page, and the text inside <noscript>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.without_script = ""
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in {"script", "style"} and data.strip():
            self.inline.append(data)
        if "noscript" in self._open:
            self.without_script += data


def test_both_catalogues_have_the_same_texts() -> None:
    assert list(TEXTS["fi"]) == list(TEXTS["en"])


@pytest.mark.parametrize("key", list(TEXTS["fi"]))
def test_a_text_is_written_in_both_languages_with_the_same_values(key: str) -> None:
    finnish, english = TEXTS["fi"][key], TEXTS["en"][key]

    assert finnish.strip() and english.strip()
    assert sorted(PLACEHOLDER.findall(finnish)) == sorted(PLACEHOLDER.findall(english))


def test_every_text_is_used() -> None:
    source = "".join(script.read_text("utf-8") for script in SCRIPTS)
    points = set(re.findall(r'\["(\w+)", "\w+"\],', source))
    made = {f"notice_{point}{suffix}" for point in points for suffix in ("", "_title")}
    made = made - {"notice_storage"} | {"language_fi", "language_en"}

    unused = {key for key in TEXTS["fi"] if f'"{key}"' not in source and key not in made and key[:6] != "label_"}

    assert unused == set()


@pytest.mark.parametrize("label", LABELS)
def test_everything_that_is_masked_has_a_name_for_the_customer(label: str) -> None:
    assert f"label_{label}" in TEXTS["fi"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_has_nothing_inline(page: object) -> None:
    tags = Tags(page.read_text("utf-8"))  # type: ignore[attr-defined]

    assert tags.inline == []
    assert [tag for tag, attributes in tags.found if tag == "style" or "style" in attributes] == []
    assert [tag for tag, attributes in tags.found if any(name.startswith("on") for name in attributes)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_loads_its_own_existing_files_only(page: object) -> None:
    tags = Tags(page.read_text("utf-8"))  # type: ignore[attr-defined]
    loaded = [
        attributes.get("src") or attributes.get("href") or ""
        for tag, attributes in tags.found
        if tag in {"link", "script", "img", "iframe"}
    ]

    assert loaded
    for address in loaded:
        assert address.startswith("/chat/static/")
        assert (STATIC / address.removeprefix("/chat/static/")).is_file()


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_a_file_names_no_foreign_address(path: object) -> None:
    source = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")  # type: ignore[attr-defined]

    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", source) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "danger", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
)
def test_a_script_never_parses_markup_or_code(path: object, danger: str) -> None:
    assert danger not in path.read_text("utf-8")  # type: ignore[attr-defined]


def test_every_module_is_loaded_ahead() -> None:
    tags = Tags((STATIC / "index.html").read_text("utf-8")).found
    ahead = {str(attributes["href"]) for _, attributes in tags if attributes.get("rel") == "modulepreload"}

    now = {script.name for script in SCRIPTS} - LATER - {"main.js", EMBED}
    assert ahead == {f"/chat/static/{name}" for name in now}


def test_what_not_every_visit_needs_is_loaded_later() -> None:
    assert LATER == {"your-data.js", "events.js", "feedback.js", "idle.js", "frame.js", "news.js", "rating.js"}


@pytest.mark.parametrize("words", ["migri.fi", "tulli.fi", "0295 5206", "+358 295 5206", "JavaScript"])
def test_without_scripts_the_page_names_the_authorities_channels(words: str) -> None:
    assert words in " ".join(Tags((STATIC / "index.html").read_text("utf-8")).without_script.split())


def test_what_the_page_loads_stays_small() -> None:
    scripts = {path.name for path in SCRIPTS} - {EMBED}
    first = ["index.html", "page.css", "chat.css", "icon.svg", "messages.fi.json", *scripts - LATER]

    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in first) < FIRST_LOAD_LIMIT
    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in LATER) < LATER_LIMIT


def test_all_that_an_opened_chat_can_load_stays_small() -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in STATIC.iterdir()) < OPENED_LIMIT


def test_what_a_host_page_loads_stays_small() -> None:
    assert len(gzip.compress((STATIC / EMBED).read_bytes())) <= EMBED_LIMIT


def test_the_launcher_loads_nothing_itself() -> None:
    source = (STATIC / EMBED).read_text("utf-8")

    assert re.findall(r"\b(?:fetch|XMLHttpRequest|sendBeacon|localStorage|indexedDB|cookie)\b|url\(", source) == []
    assert re.findall(r"^\s*(?:import|export)\b|\bimport\(|@import", source, re.MULTILINE) == []


def test_the_dark_colours_are_the_same_by_choice_and_by_preference() -> None:
    style = (STATIC / "chat.css").read_text("utf-8")
    preferred = re.search(r':host\(:not\(\[data-theme="light"\]\)\) \{([^}]*)\}', style)
    chosen = re.search(r':host\(\[data-theme="dark"\]\) \{([^}]*)\}', style)

    assert preferred is not None and chosen is not None
    assert preferred[1].split() == chosen[1].split() != []


def test_the_grounds_that_an_accent_is_checked_against_are_those_of_the_styles() -> None:
    style = (STATIC / "chat.css").read_text("utf-8")
    script = (STATIC / "frame.js").read_text("utf-8")
    light, dark = style[: style.index("@media")], style[style.index(':host([data-theme="dark"])') :]

    for name, part in (("LIGHT", light), ("DARK", dark)):
        grounds = [re.search(rf"--{ground}: #(\w+)", part)[1] for ground in ("surface", "raised")]  # type: ignore[index]
        listed = re.search(rf"{name}_GROUNDS = \[(.*)\]", script)
        assert listed is not None
        whole = [digits if len(digits) == 6 else "".join(digit * 2 for digit in digits) for digits in grounds]
        assert re.findall(r"\w{6}", listed[1]) == whole
