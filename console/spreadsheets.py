"""Tables as CSV files that a spreadsheet opens without running anything that stands in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, CSV injection); empty for None.

    A spreadsheet may pass over spaces before it looks for one.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a file's text with semicolons between its cells, as spreadsheets in Finland expect them."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    return "\ufeff" + written.getvalue()


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a file to be saved."""
    response = Response(table(header, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
