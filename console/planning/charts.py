"""Small plots as SVG, without style as the pages' policy allows none; a table beside them has the same figures."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT = 480, 160
_LEFT, _BOTTOM, _TOP = 8, 22, 18


def bar(share: float) -> Markup:
    """Return a bar that fills a share (0..1) of its width; it says nothing that the figure beside it does not."""
    width = max(0.0, min(1.0, share)) * 100
    return Markup(
        '<svg aria-hidden="true" focusable="false" viewBox="0 0 100 8" width="100" height="8" '
        'preserveAspectRatio="none"><rect width="100" height="8" fill="currentColor" fill-opacity="0.12"/>'
        '<rect width="{}" height="8" fill="currentColor"/></svg>'
    ).format(f"{width:.1f}")


def columns(values: Sequence[int | None], names: Sequence[str], *, alt: str) -> Markup:
    """Return columns, the names below them where there is room; None is drawn as a hatched stub."""
    most = max([value for value in values if value is not None], default=0) or 1
    step = (_WIDTH - 2 * _LEFT) / max(len(values), 1)
    parts = []
    for place, value in enumerate(values):
        x, width = _LEFT + place * step + step * 0.15, step * 0.7
        if value is None:
            parts.append(
                _rect(x, _HEIGHT - _BOTTOM - 6, width, 6, 'fill="none" stroke="currentColor" stroke-dasharray="2 2"')
            )
            continue
        height = value / most * (_HEIGHT - _BOTTOM - _TOP)
        parts.append(_rect(x, _HEIGHT - _BOTTOM - height, width, height, 'fill="currentColor"'))
    return _plot(parts, names, step, alt, top=str(most))


def line(values: Sequence[float | None], names: Sequence[str], *, alt: str) -> Markup:
    """Return the line of shares (0..1) through the places where one is known."""
    step = (_WIDTH - 2 * _LEFT) / max(len(values), 1)
    points = [
        (_LEFT + (place + 0.5) * step, _HEIGHT - _BOTTOM - value * (_HEIGHT - _BOTTOM - _TOP))
        for place, value in enumerate(values)
        if value is not None
    ]
    path = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(points))
    parts = [Markup('<path d="{}" fill="none" stroke="currentColor" stroke-width="2"/>').format(path)] if path else []
    parts += [
        Markup('<circle cx="{}" cy="{}" r="3.5" fill="currentColor"/>').format(f"{x:.1f}", f"{y:.1f}")
        for x, y in points
    ]
    return _plot(parts, names, step, alt, top="100 %")


def _rect(x: float, y: float, width: float, height: float, look: str) -> Markup:
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" {}/>').format(
        f"{x:.1f}",
        f"{y:.1f}",
        f"{width:.1f}",
        f"{height:.1f}",
        Markup(look),  # noqa: S704 - written above, not read
    )


def _plot(parts: Sequence[Markup], names: Sequence[str], step: float, alt: str, *, top: str) -> Markup:
    every = max(1, -(-len(names) * 44 // (_WIDTH - 2 * _LEFT)))
    ground = _HEIGHT - _BOTTOM
    drawn = [
        Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="currentColor" stroke-opacity="0.4"/>').format(
            _LEFT, _WIDTH - _LEFT, y, y
        )
        for y in (_TOP, ground)
    ]
    drawn.append(Markup('<text x="{}" y="{}">{}</text>').format(_LEFT, _TOP - 5, top))
    drawn += [
        Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
            f"{_LEFT + (place + 0.5) * step:.1f}", _HEIGHT - 6, name
        )
        for place, name in enumerate(names)
        if place % every == 0
    ]
    return Markup('<svg class="plot" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        alt, _WIDTH, _HEIGHT, Markup("").join([*drawn, *parts])
    )


def share_of_largest(value: int | None, values: Sequence[int | None]) -> float:
    """Return how large a value is beside the largest one (0..1); 0 for None."""
    most = max([other for other in values if other is not None], default=0)
    return value / most if value and most else 0.0
