from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from luotsi.content_report.plots import reliability_plot, size_groups, size_plot
from luotsi.evaluation import Bin

SIZES = {"fi": [14, 15, 16, 16], "en": [14, 14, 14, 20]}
BINS = [Bin(2, 0.15, 0.5), Bin(6, 0.85, 0.8)]


def _sizes(alt: str = "Bars") -> str:
    names = {"fi": "Finnish", "en": "English"}
    return size_plot(size_groups(SIZES), names=names, labels=("examples", "topics"), alt=alt)


def _reliability() -> str:
    return reliability_plot(BINS, labels=("confidence", "right"), names=("perfect", "ours"), alt="A line")


def test_topics_are_grouped_by_their_number_of_examples() -> None:
    groups = size_groups(SIZES)

    assert [group.name for group in groups] == ["14", "15", "16", "17", "18", "19", "20"]
    assert [dict(group.topics) for group in groups][:3] == [{"fi": 1, "en": 3}, {"fi": 1, "en": 0}, {"fi": 2, "en": 0}]


def test_many_numbers_are_put_together() -> None:
    groups = size_groups({"fi": list(range(14, 61)), "en": [14]})

    assert len(groups) <= 12
    assert groups[0].name == "14–17"
    assert sum(group.topics["fi"] for group in groups) == 47
    assert sum(group.topics["en"] for group in groups) == 1


def test_no_topics_are_in_no_group() -> None:
    assert size_groups({"fi": [], "en": []}) == []


@pytest.mark.parametrize("plot", [_sizes(), _reliability()], ids=["sizes", "reliability"])
def test_a_plot_is_an_image_with_an_alternative_text(plot: str) -> None:
    root = ElementTree.fromstring(plot)

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") in ("Bars", "A line")


def test_an_alternative_text_is_escaped() -> None:
    assert ElementTree.fromstring(_sizes('"<&')).get("aria-label") == '"<&'


@pytest.mark.parametrize(
    ("plot", "texts"),
    [
        (_sizes(), {"examples", "topics", "Finnish", "English", "14", "20"}),
        (_reliability(), {"perfect", "ours", "100"}),
    ],
    ids=["sizes", "reliability"],
)
def test_the_text_of_a_plot_stays_text(plot: str, texts: set[str]) -> None:
    assert texts <= {element.text for element in ElementTree.fromstring(plot).iter() if element.text}


@pytest.mark.parametrize("plot", [_sizes(), _reliability()], ids=["sizes", "reliability"])
def test_the_colours_are_those_of_the_page(plot: str) -> None:
    assert "currentColor" in plot
    assert "var(--first)" in plot
    assert "var(--second)" in plot
    assert re.findall(r"#[0-9a-f]{6}", plot) == []


def test_two_plots_of_a_page_share_no_identifiers() -> None:
    first, second = (set(re.findall(r'\bid="([^"]+)"', plot)) for plot in (_sizes(), _reliability()))

    assert first
    assert second
    assert first & second == set()


@pytest.mark.parametrize("plot", [_sizes(), _reliability()], ids=["sizes", "reliability"])
def test_every_reference_within_a_plot_leads_somewhere(plot: str) -> None:
    identifiers = set(re.findall(r'\bid="([^"]+)"', plot))

    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', plot)) <= identifiers


def test_the_same_figures_give_the_same_plot() -> None:
    assert _sizes() == _sizes()


def test_more_examples_give_another_plot() -> None:
    other = size_plot(
        size_groups({**SIZES, "fi": [14, 15, 16, 17]}),
        names={"fi": "Finnish", "en": "English"},
        labels=("examples", "topics"),
        alt="Bars",
    )

    assert other != _sizes()
