"""The document as a PDF with a title, a language, an outline and page numbers."""

from __future__ import annotations

import datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import TableCellFillMode
from fpdf.fonts import FontFace, TextStyle

from components.channels.notice import inline
from components.fonts import font_folder
from luotsi.privacy_record.document import Block, Document, Grid, Items, Subheading

_LANGUAGES = {"fi": "fi-FI", "en": "en-GB"}
_FONT = "DejaVu"
_SIZE = 10
_LINE = 5.2
_SHADE = 235
_HEADED = 40


def pdf(document: Document) -> bytes:
    """Return the file."""
    page = _Page(document)
    page.add_page()
    page.start_section(document.title)
    page.paragraph(document.basis)
    for number, section in enumerate(document.sections, start=1):
        page.heading(f"{number}. {section.heading}", level=1)
        for block in section.blocks:
            page.block(block)
    return bytes(page.output())


class _Page(FPDF):
    def __init__(self, document: Document) -> None:
        super().__init__(format="A4")
        self._document = document
        self.set_lang(_LANGUAGES[document.language])
        self.set_title(f"{document.title} – {document.controller}")
        self.set_author(document.controller)
        self.set_creator(f"Luotsi {document.facts.version}")
        self.set_creation_date(document.facts.made_at.astimezone(datetime.timezone.utc))
        self.set_margins(20, 18)
        self.set_auto_page_break(True, margin=20)
        # The standard fonts of PDF lack letters that a controller's name may have.
        for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf"), ("I", "DejaVuSans-Oblique.ttf")):
            self.add_font(_FONT, style, font_folder() / name)
        self.set_font(_FONT, size=_SIZE)
        self.set_section_title_styles(
            TextStyle(_FONT, "B", 18, b_margin=4),
            TextStyle(_FONT, "B", 13, t_margin=6, b_margin=2),
            TextStyle(_FONT, "B", 11, t_margin=3, b_margin=1),
        )

    def footer(self) -> None:
        """Print the number of the page; called by FPDF."""
        self.set_y(-14)
        self.set_font(_FONT, size=8)
        self.cell(0, 8, self._document.page.format(number=self.page_no(), total="{nb}"), align="C")

    def heading(self, text: str, *, level: int) -> None:
        """Print a heading together with the beginning of what follows it."""
        if self.will_page_break(_HEADED):
            self.add_page()
        self.start_section(text, level=level)

    def block(self, block: Block) -> None:
        """Print one block."""
        if isinstance(block, Subheading):
            self.heading(block.text, level=2)
        elif isinstance(block, Items):
            for text in block.texts:
                self.paragraph(text, bullet=True)
        elif isinstance(block, Grid):
            self._grid(block)
        else:
            self.paragraph(block.text, quoted=block.quoted)

    def paragraph(self, text: str, *, quoted: bool = False, bullet: bool = False) -> None:
        """Print a text with its bold words and links."""
        left = self.l_margin
        if bullet:
            self.cell(5, _LINE, "•")
        if quoted:
            self.cell(5, _LINE, "")
        if quoted or bullet:
            self.set_left_margin(left + 5)
        for piece, mark in inline(" ".join(text.split())):
            self.set_font(_FONT, "B" if mark == "strong" else "I" if quoted else "", _SIZE)
            self.write(_LINE, piece, link=mark if mark not in (None, "strong") else "")
        self.set_left_margin(left)
        self.ln(_LINE + (1.2 if bullet else 2.2))
        self.set_font(_FONT, size=_SIZE)

    def _grid(self, grid: Grid) -> None:
        self.set_font(_FONT, size=8)
        options: dict[str, Any] = {
            "col_widths": (3, 5, 5) if len(grid.header) == 3 else (1, 1),
            "text_align": "LEFT",
            "line_height": 4.2,
            "padding": 1,
            "headings_style": FontFace(emphasis="BOLD", fill_color=_SHADE),
            "cell_fill_mode": TableCellFillMode.NONE,
        }
        with self.table(**options) as table:
            for line in (grid.header, *grid.rows):
                row = table.row()
                for cell in line:
                    row.cell("".join(piece for piece, _ in inline(cell)))
        self.set_font(_FONT, size=_SIZE)
        self.ln(3)
