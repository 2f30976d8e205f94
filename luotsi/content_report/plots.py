"""Plots as SVG that stands in a page: its colours follow the page's, its text stays text."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Mapping, Sequence

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from luotsi.evaluation import Bin

# Narrow, so that the letters can still be read when the page is 320 pixels wide.
_INCHES = (3.6, 3.0)
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "luotsi",
    "font.size": 11,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 1.5,
}
# Stand-ins that the page's own colours take the place of.
_INK, _FIRST, _SECOND = "#010203", "#040506", "#070809"
_COLOURS = {_INK: "currentColor", _FIRST: "var(--first)", _SECOND: "var(--second)"}
_HATCHES = ("", "//")
_MOST_GROUPS = 12


@dataclasses.dataclass(frozen=True)
class SizeGroup:
    """How many topics, by language, have from `low` to `high` examples."""

    low: int
    high: int
    topics: Mapping[str, int]

    @property
    def name(self) -> str:
        """Return `16` or `16–19`."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


def size_groups(sizes: Mapping[str, Sequence[int]]) -> list[SizeGroup]:
    """Group the topics of each language by their number of examples, in at most twelve groups of equal width."""
    every = [size for counts in sizes.values() for size in counts]
    if not every:
        return []
    low, high = min(every), max(every)
    width = -(-(high - low + 1) // _MOST_GROUPS)
    return [
        SizeGroup(
            start,
            start + width - 1,
            {language: sum(start <= size < start + width for size in counts) for language, counts in sizes.items()},
        )
        for start in range(low, high + 1, width)
    ]


def size_plot(groups: Sequence[SizeGroup], *, names: Mapping[str, str], labels: tuple[str, str], alt: str) -> Markup:
    """Return bars of the topics per number of examples; `names` are those of the languages, in order."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(*labels)
        width = 0.8 / len(names)
        for place, ((language, name), colour, hatch) in enumerate(
            zip(names.items(), (_FIRST, _SECOND), _HATCHES, strict=True)
        ):
            axes.bar(
                [number + (place - (len(names) - 1) / 2) * width for number in range(len(groups))],
                [group.topics[language] for group in groups],
                width,
                label=name,
                facecolor=colour if not hatch else "none",
                edgecolor=colour,
                hatch=hatch,
            )
        axes.set_xticks(range(len(groups)))
        axes.set_xticklabels([group.name for group in groups], rotation=45, ha="right", rotation_mode="anchor")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, labelcolor=_INK)
        return _svg(figure, "sizes", alt)


def reliability_plot(bins: Sequence[Bin], *, labels: tuple[str, str], names: tuple[str, str], alt: str) -> Markup:
    """Return the share right against the confidence, beside the line of a perfectly calibrated model."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(*labels)
        axes.plot([0, 1], [0, 1], color=_SECOND, linestyle="--", label=names[0])
        axes.plot(
            [item.confidence for item in bins],
            [item.right for item in bins],
            color=_FIRST,
            marker="o",
            linewidth=2,
            label=names[1],
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda share, _: f"{share * 100:.0f}"))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.legend(frameon=False, labelcolor=_INK)
        return _svg(figure, "reliability", alt)


def _axes(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasSVG(figure)
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    axes.set_xlabel(x_label, color=_INK)
    axes.set_ylabel(y_label, color=_INK)
    axes.tick_params(colors=_INK)
    for spine in axes.spines.values():
        spine.set_edgecolor(_INK)
    return figure, axes


def _svg(figure: Figure, identifier: str, alt: str) -> Markup:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    drawn = buffer.getvalue().partition("<svg")[2].partition(">")
    box = re.search(r'viewBox="[^"]+"', drawn[0])
    if box is None:
        raise ValueError("matplotlib wrote an SVG without a view box")
    body = re.sub(r"<metadata>.*?</metadata>", "", drawn[2], flags=re.DOTALL)
    body = body.replace("'sans-serif'", "system-ui, sans-serif")
    # Two plots in one page must not share identifiers.
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{identifier}-", body).replace("xlink:href", "href")
    for stand_in, colour in _COLOURS.items():
        body = body.replace(stand_in, colour)
    # Everything in it comes from matplotlib, which escapes the labels.
    opening = f'<svg class="plot" role="img" aria-label="{escape(alt)}" {box[0]} xmlns="http://www.w3.org/2000/svg">'
    return Markup(opening + body)  # noqa: S704
