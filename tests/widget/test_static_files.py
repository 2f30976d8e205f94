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
FIRST_LOAD_LIMIT = 32_000
LATER_LIMIT = 9_000
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

    now = {script.name for script in SCRIPTS} - LATER - {"main.js"}
    assert ahead == {f"/chat/static/{name}" for name in now}


def test_what_only_a_conversation_needs_is_loaded_later() -> None:
    assert LATER == {"your-data.js", "feedback.js", "idle.js"}


@pytest.mark.parametrize("words", ["migri.fi", "tulli.fi", "0295 5206", "+358 295 5206", "JavaScript"])
def test_without_scripts_the_page_names_the_authorities_channels(words: str) -> None:
    assert words in " ".join(Tags((STATIC / "index.html").read_text("utf-8")).without_script.split())


def test_what_the_page_loads_stays_small() -> None:
    scripts = {path.name for path in SCRIPTS}
    first = ["index.html", "page.css", "chat.css", "icon.svg", "messages.fi.json", *scripts - LATER]

    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in first) < FIRST_LOAD_LIMIT
    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in LATER) < LATER_LIMIT
