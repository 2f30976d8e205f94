"""The little Markdown of our own documents as safe HTML; whatever is no mark of theirs is shown as it stands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_INLINE = re.compile(r"\*\*(?P<strong>[^*]+)\*\*|\[(?P<title>[^\]]+)\]\((?P<address>https://[^)\s]+)\)")
_HEADING = re.compile(r"(#{1,4}) (.+)")
_CELL_END = re.compile(r"(?<!\\)\|")


def render(text: str, *, below: int = 1) -> Markup:
    """Return a document as HTML; its first heading becomes one of the level after `below`."""
    return Markup("\n").join(_blocks(text, below))


def _blocks(text: str, below: int) -> Iterator[Markup]:
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        heading = _HEADING.fullmatch(lines[0])
        if heading is not None and len(lines) == 1:
            level = min(len(heading[1]) + below, 6)
            yield Markup("<h{0}>{1}</h{0}>").format(level, _inline(heading[2]))
        elif all(line.startswith("|") for line in lines) and len(lines) > 1:
            yield _table(lines)
        elif all(line.startswith("- ") for line in lines):
            items = Markup("").join(Markup("<li>{}</li>").format(_inline(line[2:])) for line in lines)
            yield Markup("<ul>{}</ul>").format(items)
        elif all(line.startswith(">") for line in lines):
            words = " ".join(line.lstrip("> ") for line in lines)
            yield Markup("<blockquote><p>{}</p></blockquote>").format(_inline(words))
        else:
            yield Markup("<p>{}</p>").format(Markup("<br>").join(map(_inline, lines)))


def _table(lines: list[str]) -> Markup:
    header, *rows = [_cells(line) for line in lines if not re.fullmatch(r"[|\s:-]+", line)]
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(cell)) for cell in header)
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            _inline(row[0]), Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in row[1:])
        )
        for row in rows
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="data"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(" / ".join(header), head, body)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in _CELL_END.split(line.strip())[1:-1]]


def _inline(text: str) -> Markup:
    parts, position = [], 0
    for match in _INLINE.finditer(text):
        parts.append(_plain(text[position : match.start()]))
        if match["strong"]:
            parts.append(Markup("<strong>{}</strong>").format(_plain(match["strong"])))
        else:
            parts.append(
                Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(match["address"], _plain(match["title"]))
            )
        position = match.end()
    return Markup("").join([*parts, _plain(text[position:])])


def _plain(text: str) -> Markup:
    # The documents write what could be markup as entities.
    return escape(html.unescape(text))
