"""Pictures of processing times as SVG: text stays text, and colours follow the reader's light or dark mode."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import itertools
import re
import textwrap
import threading
from typing import TYPE_CHECKING, Any

from components.statistics.processing_times import ProcessingTimes, Row
from components.statistics.texts import (
    DAYS_PER_UNIT,
    count,
    known_language,
    months,
    short,
    text,
    unit_of,
    within,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FOLDER = "/chat/statistics"

# Each colour is drawn with a number of its own and then takes its value from the style sheet.
_COLOURS = {
    "ground": ("#eff5f6", "#1e2c34"),
    "text": ("#14252e", "#e6eef1"),
    "note": ("#5c4300", "#f2dc9f"),
    "line": ("#cbd8dd", "#34454f"),
    "first": ("#0b5364", "#7fcfdd"),
    "second": ("#3b8291", "#539fae"),
    "third": ("#76b0bb", "#2f7785"),
    "fourth": ("#b4d5db", "#1b4f5d"),
}
_DRAWN = {name: f"#0000{number:02x}" for number, name in enumerate(_COLOURS, start=1)}
_SHADES = ("first", "second", "third", "fourth")


def _variables(scheme: int) -> str:
    return "".join(f"--{name}:{values[scheme]};" for name, values in _COLOURS.items())


STYLE = (
    f"svg{{{_variables(0)}font-family:system-ui,sans-serif}}"
    f"@media (prefers-color-scheme:dark){{svg{{{_variables(1)}}}}}"
    "*{stroke-linejoin:round;stroke-linecap:butt}"
)
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"

# Points. The picture is as narrow as a telephone, so that its text needs no enlarging there.
_WIDTH = 300
_MARGIN = 10
_LINE = 15
_ROW = 60
_AXIS = 42
_TEXT_SIZE = 11
_CHARACTERS_PER_LINE = 44
_CHARACTERS_PER_BOLD_LINE = 40
_BAR = 0.28
_ENLARGED = 4 / 3
_ROOM_FOR_LABEL = 1.32
_MOST_TICKS = 7

_OPENING_TAG = re.compile(r"<svg\b[^>]*>")
_STYLE_ATTRIBUTE = re.compile(r'style="([^"]*)"')
_FONT = re.compile(r"(?:(\w+) )?([\d.]+)px .*")
_SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt" viewBox="([^"]+)"')

# Matplotlib keeps its settings in one place for the whole process.
_DRAWING = threading.Lock()


def address(application: str, language: str) -> str:
    """Return where the chat's own site has the picture of an application's processing times."""
    return f"{FOLDER}/{application}.svg?language={known_language(language)}"


def alt(times: ProcessingTimes, application: str, language: str) -> str:
    """Return in words what the picture shows."""
    title = _title(times, application, language)
    return text("alt", language, title=title, description=_description(times, application, language))


def svg(times: ProcessingTimes, application: str, language: str) -> bytes:
    """Draw the processing times of an application that the figures know; the same figures give the same bytes."""
    language = known_language(language)
    drawn = _drawn(times, application, language)
    title = html.escape(_title(times, application, language), quote=False)
    description = html.escape(_description(times, application, language), quote=False)
    return _own_document(drawn, title, description, language).encode()


def _title(times: ProcessingTimes, application: str, language: str) -> str:
    name = text(f"application_{application}", language)
    return text("title_example" if times.description.is_example else "title", language, application=name)


def _notice(times: ProcessingTimes, language: str) -> str:
    description = times.description
    if description.is_example:
        return text("notice_example", language)
    publisher = getattr(description.publisher, language)
    month = months(description.published, description.published)
    return text("notice_published", language, publisher=publisher, month=month)


def _description(times: ProcessingTimes, application: str, language: str) -> str:
    groups = [
        text(
            "alt_group",
            language,
            group=_group(times, row, language),
            p25=within(row.p25_days, language),
            p50=within(row.p50_days, language),
            p75=within(row.p75_days, language),
            p90=within(row.p90_days, language),
        )
        for row in times.of(application)
    ]
    return " ".join([_notice(times, language), *groups])


def _group(times: ProcessingTimes, row: Row, language: str) -> str:
    values = {"months": months(row.applied_from, row.applied_to), "decided": count(row.decided, language)}
    if len(times.ways(row.application)) == 1:
        return text("group_one_way", language, **values)
    return text("group", language, way=text(f"way_{row.applied_how}", language), **values)


def _drawn(times: ProcessingTimes, application: str, language: str) -> str:
    # Here, because importing it takes longer than starting the rest of the action server.
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = times.of(application)
    title = textwrap.wrap(_title(times, application, language), _CHARACTERS_PER_BOLD_LINE)
    notice = textwrap.wrap(_notice(times, language), _CHARACTERS_PER_BOLD_LINE)
    above = _MARGIN + _LINE * (len(title) + len(notice)) + 4
    key = textwrap.wrap(text("key", language), _CHARACTERS_PER_LINE)
    below = _AXIS + _LINE * len(key) + _MARGIN
    height = above + _ROW * len(rows) + below
    settings = {"svg.fonttype": "none", "svg.hashsalt": "luotsi", "font.family": "sans-serif", "font.size": _TEXT_SIZE}
    with _DRAWING, matplotlib.rc_context(settings):
        figure = Figure(figsize=(_WIDTH / 72, height / 72), dpi=72, facecolor=_DRAWN["ground"])
        FigureCanvasSVG(figure)
        lines = [*((line, "text") for line in title), *((line, "note") for line in notice)]
        for number, (line, colour) in enumerate(lines, start=1):
            _write(figure, line, _MARGIN + _LINE * number - 3, height, colour=colour, weight="bold")
        axes = figure.add_axes((_MARGIN / _WIDTH, below / height, 1 - 2 * _MARGIN / _WIDTH, _ROW * len(rows) / height))
        _draw_rows(axes, times, rows, language)
        for number, line in enumerate(key):
            _write(figure, line, height - _MARGIN - _LINE * (len(key) - 1 - number), height, colour="text")
        written = io.BytesIO()
        figure.savefig(written, format="svg", facecolor=_DRAWN["ground"])
    return written.getvalue().decode()


def _write(figure: Figure, line: str, top: float, height: float, *, colour: str, weight: str = "normal") -> None:
    # Dollar signs would make a formula.
    plain = line.replace("$", r"\$")
    figure.text(
        _MARGIN / _WIDTH, 1 - top / height, plain, color=_DRAWN[colour], weight=weight, size=_TEXT_SIZE, va="baseline"
    )


def _draw_rows(axes: Axes, times: ProcessingTimes, rows: tuple[Row, ...], language: str) -> None:
    longest = max(1, *(row.p90_days for row in rows))
    axes.set_facecolor(_DRAWN["ground"])
    axes.set_xlim(0, longest * _ROOM_FOR_LABEL)
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    unit, days, step = _scale(longest)
    axes.set_xticks([tick * days for tick in range(0, int(longest / days) + step, step) if tick * days <= longest])
    axes.set_xticklabels([str(round(tick / days)) for tick in axes.get_xticks()], color=_DRAWN["text"])
    axes.tick_params(length=0, labelsize=_TEXT_SIZE)
    axes.set_xlabel(text(f"axis_{unit}", language), color=_DRAWN["text"], loc="left", size=_TEXT_SIZE)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=_DRAWN["line"], linewidth=1)
    for number, row in enumerate(rows):
        _draw_row(axes, number, row, _group(times, row, language), language)


def _draw_row(axes: Axes, number: int, row: Row, group: str, language: str) -> None:
    bar = number + 0.48
    ends = (0, row.p25_days, row.p50_days, row.p75_days, row.p90_days)
    for shade, (start, end) in zip(_SHADES, itertools.pairwise(ends), strict=True):
        axes.barh(
            bar, end - start, left=start, height=_BAR, color=_DRAWN[shade], edgecolor=_DRAWN["text"], linewidth=0.6
        )
    common: dict[str, Any] = {"color": _DRAWN["text"], "size": _TEXT_SIZE}
    axes.text(0, number + 0.24, group, ha="left", va="baseline", **common)
    half = text("half", language, time=short(row.p50_days, language))
    most = text("most", language, time=short(row.p90_days, language))
    axes.annotate(half, (row.p50_days, number + 0.84), ha="left", va="baseline", **common)
    axes.annotate(
        most, (row.p90_days, bar), xytext=(4, 0), textcoords="offset points", ha="left", va="center_baseline", **common
    )


def _scale(longest: int) -> tuple[str, float, int]:
    """Return the unit of the axis, its length in days, and how many of it lie between two ticks."""
    unit = unit_of(longest)
    days = DAYS_PER_UNIT[unit]
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60) if longest / days / step <= _MOST_TICKS)
    return unit, days, step


def _own_document(drawn: str, title: str, description: str, language: str) -> str:
    """Turn what matplotlib wrote into a document with our style sheet, a title and a description."""
    body = drawn[drawn.index("<svg") :]
    # It holds the time of drawing.
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<style\b.*?</style>", "", body, flags=re.DOTALL)
    body = _STYLE_ATTRIBUTE.sub(_as_attributes, body)
    for name, number in _DRAWN.items():
        body = body.replace(f'"{number}"', f'"var(--{name}, {_COLOURS[name][0]})"')
    body = _SIZE.sub(_enlarged, body, count=1)
    opening = _OPENING_TAG.match(body)
    assert opening is not None  # noqa: S101 (matplotlib's document begins with it)
    head = (
        f'{opening.group()[:-1]} role="img" lang="{language}" aria-labelledby="title" aria-describedby="description">\n'
        f' <title id="title">{title}</title>\n <desc id="description">{description}</desc>\n <style>{STYLE}</style>'
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{body[opening.end() :]}'


def _enlarged(size: re.Match[str]) -> str:
    width, height = (round(float(length) * _ENLARGED) for length in size.group(1, 2))
    return f'width="{width}" height="{height}" viewBox="{size.group(3)}"'


def _as_attributes(style: re.Match[str]) -> str:
    """Return a style as attributes of their own, which a strict Content-Security-Policy allows."""
    written: dict[str, str] = {}
    for declaration in style.group(1).split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        font = _FONT.fullmatch(value) if name == "font" else None
        if font is not None:
            written |= {"font-size": font.group(2), **({"font-weight": font.group(1)} if font.group(1) else {})}
        elif name:
            written[name] = value
    return " ".join(f'{name}="{value}"' for name, value in written.items())
