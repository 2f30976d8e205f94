"""The document as Markdown and as a page of HTML that needs nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2

from components.channels.notice import inline
from luotsi.privacy_record.document import Block, Document, Grid, Items, Subheading

_FOLDER = Path(__file__).with_name("templates")
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def kind(block: Block) -> str:
    """Return the name of a block's class, which the template asks for."""
    return type(block).__name__


def html(document: Document) -> str:
    """Return the page."""
    return _ENVIRONMENT.get_template("record.html").render(document=document, inline=inline, kind=kind)


def markdown(document: Document) -> str:
    """Return CommonMark with tables, each paragraph on a line of its own."""
    return "\n\n".join(_parts(document)) + "\n"


def _parts(document: Document) -> Iterator[str]:
    yield f"# {document.title}"
    yield _plain(document.basis)
    for number, section in enumerate(document.sections, start=1):
        yield f"## {number}. {section.heading}"
        for block in section.blocks:
            yield _block(block)


def _block(block: Block) -> str:
    if isinstance(block, Subheading):
        return f"### {block.text}"
    if isinstance(block, Items):
        return "\n".join(f"- {_plain(text)}" for text in block.texts)
    if isinstance(block, Grid):
        lines = [block.header, tuple("---" for _ in block.header), *block.rows]
        return "\n".join(
            f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines
        )
    return f"> {_plain(block.text)}" if block.quoted else _plain(block.text)


def _plain(text: str) -> str:
    """Return a text in which nothing but our own marks is markup: values of the configuration may hold anything."""
    return re.sub(r"[<`\\]", lambda match: f"&#{ord(match.group())};", " ".join(text.split()))
