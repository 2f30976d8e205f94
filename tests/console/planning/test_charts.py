"""The plots."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from markupsafe import Markup

from console.planning import charts


def parts(plot: Markup, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(plot).iter(tag))


@pytest.mark.parametrize(("share", "width"), [(0.0, 0.0), (0.256, 25.6), (1.0, 100.0), (3.0, 100.0), (-1.0, 0.0)])
def test_a_bar_fills_its_share(share: float, width: float) -> None:
    _, bar = parts(charts.bar(share), "rect")
    assert float(bar.attrib["width"]) == width


def test_columns_are_as_high_as_their_values_and_hidden_ones_are_outlines() -> None:
    plot = charts.columns([2, 4, None, 0], ["a", "b", "c", "d"], alt="Conversations")
    heights = [float(rect.attrib["height"]) for rect in parts(plot, "rect")]
    assert heights[1] == 2 * heights[0] > 0
    assert heights[3] == 0
    assert [rect.attrib["fill"] for rect in parts(plot, "rect")].count("none") == 1
    assert ElementTree.fromstring(plot).attrib["aria-label"] == "Conversations"


def test_a_line_leaves_out_what_is_not_known() -> None:
    plot = charts.line([0.5, None, 1.0], ["1", "2", "3"], alt="Understood")
    assert len(parts(plot, "circle")) == 2
    low, high = (float(circle.attrib["cy"]) for circle in parts(plot, "circle"))
    assert high < low


@pytest.mark.parametrize("plot", [charts.columns, charts.line])
def test_names_are_escaped_and_nothing_makes_an_empty_plot(plot: object) -> None:
    drawn = plot([1], ["<script>"], alt='"><b>')  # type: ignore[operator]
    assert "<script>" not in drawn and "<b>" not in drawn
    assert parts(plot([], [], alt="Nothing"), "rect") == []  # type: ignore[operator]
    assert parts(plot([None], ["x"], alt="Nothing"), "circle") == []  # type: ignore[operator]
    assert "style=" not in drawn
