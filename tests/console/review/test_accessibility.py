"""What every page of reviewing must have, for those who do not see it or use no mouse."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import pytest

from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.console.review.conftest import GIFT, Made

VOID = {"input", "meta", "link", "br", "option"}


class Page(HTMLParser):
    """Collects what the tests ask about, and checks that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrapped: set[int] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("input", "select", "textarea") and "label" in self.open:
            self.wrapped.add(len(self.tags))
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"


@pytest.fixture(params=["fi", "en"])
def pages(request: pytest.FixtureRequest, sign_in: SignIn, made: Made) -> dict[str, Page]:
    """Each page with something on it, in each language."""
    client = sign_in(Role.TRAINER, user_id="anna", language=request.param)
    sign_in(Role.TRAINER, user_id="bo")
    base = f"/conversations/{made.reference}"
    client.post(f"{base}/messages/{made.events[0]}/example", data={"topic": GIFT})
    client.post(f"{base}/story")
    client.post("/review/queue/add", data={"references": made.reference})
    new = {"name": "Syksy", "references": made.reference, "judges": ["anna", "bo"]}
    client.post("/review/calibrations/new", data=new)
    addresses = [base, "/review", "/review/queue", "/review/calibrations", "/review/calibrations/1", "/review/tasks"]
    shown = {address: client.get(address) for address in [*addresses, "/review/tasks/1", "/review/tasks/2"]}
    shown["refused"] = client.post(f"{base}/marks", data={"kind": "note", "event_id": made.events[0]})
    assert {name: answer.status_code for name, answer in shown.items() if answer.status_code != 200} == {"refused": 422}
    return {name: Page(answer.text) for name, answer in shown.items()}


def test_everything_is_closed_and_ids_are_unique(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert page.open == [], name
        ids = Counter(attrs["id"] for _, attrs in page.tags if attrs.get("id"))
        assert [each for each, count in ids.items() if count > 1] == [], name


def test_every_field_has_a_label(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        labelled = {attrs.get("for") for tag, attrs in page.tags if tag == "label"}
        for place, (tag, attrs) in enumerate(page.tags):
            if tag in ("select", "textarea") or (tag == "input" and attrs.get("type") != "hidden"):
                assert attrs.get("id") in labelled or place in page.wrapped, f"{name}: {attrs}"


def test_what_describes_a_field_is_there(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        ids = {attrs.get("id") for _, attrs in page.tags}
        for _, attrs in page.tags:
            for reference in (attrs.get("aria-describedby") or attrs.get("aria-labelledby") or "").split():
                assert reference in ids, f"{name}: {reference}"


def test_headings_go_down_one_by_one_from_a_single_first_one(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
        assert levels[0] == 1 and levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)), name


def test_nothing_stands_in_the_way_of_the_content_policy(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for tag, attrs in page.tags:
            assert "style" not in attrs and not any(each.startswith("on") for each in attrs), f"{name}: {tag}"
            assert tag != "style" and (tag != "script" or attrs.get("src")), name
