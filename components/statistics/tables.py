"""Reading a table (CSV) of published figures; everything that is wrong in it is told at once, with its line."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from components.located_yaml import FileError
from components.statistics.description import parse_month

SMALLEST_GROUP = 10
"""Fewer people than this are never told about: a small group could reveal one of them."""

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


class Line:
    """One line of a table. Its readers note what is wrong and return None then."""

    def __init__(self, path: Path, number: int, cells: Mapping[str, str], problems: list[str]) -> None:
        self.number = number
        self._path = path
        self._cells = cells
        self._problems = problems

    def problem(self, column: str, message: str) -> None:
        """Note what is wrong with a value and how to mend it."""
        self._problems.append(f"{self._path}:{self.number}: '{column}' {message}")

    def word(self, column: str, allowed: Collection[str]) -> str | None:
        """Return a value that must be one of `allowed`."""
        value = self._cells[column]
        if value in allowed:
            return value
        self.problem(column, f"is {_shown(value)}; write one of: {', '.join(allowed)}")
        return None

    def whole_number(self, column: str, *, smallest: int = 0, largest: int, why: str = "") -> int | None:
        """Return a whole number within limits; `why` explains the limits."""
        value = self._cells[column]
        if _WHOLE_NUMBER.fullmatch(value) and smallest <= int(value) <= largest:
            return int(value)
        reason = f" ({why})" if why else ""
        self.problem(column, f"is {_shown(value)}; write a whole number from {smallest} to {largest}{reason}")
        return None

    def month(self, column: str) -> datetime.date | None:
        """Return the first day of a month."""
        value = self._cells[column]
        month = parse_month(value)
        if month is None:
            self.problem(column, f"is {_shown(value)}, which is not a month; write it as 2026-11")
        return month


def read_lines(path: Path, columns: Sequence[str], problems: list[str]) -> Iterator[Line]:
    """Yield the lines of a table below its heading; `problems` takes what is wrong.

    Raises FileError when the file cannot be read as a table with these columns.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        heading = [name.strip() for name in next(reader, [])]
        if sorted(heading) != sorted(columns):
            raise FileError(f"{path}:1: {_heading_problem(heading, columns)}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heading):
                problems.append(
                    f"{path}:{reader.line_num}: has {len(cells)} values, but there are {len(heading)} columns; "
                    "give every column one value"
                )
                continue
            yield Line(path, reader.line_num, dict(zip(heading, map(str.strip, cells), strict=True)), problems)
    except csv.Error as error:
        raise FileError(f"{path}:{reader.line_num}: is not a CSV line ({error}); mend the quotes") from error


def _text(path: Path) -> str:
    try:
        # Spreadsheets begin the file with a byte order mark.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}:1: is not UTF-8 text (byte {error.start}); save it as CSV UTF-8") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the name of the file") from error


def _heading_problem(heading: Sequence[str], columns: Sequence[str]) -> str:
    if len(heading) == 1 and (";" in heading[0] or "\t" in heading[0]):
        return "the columns are not separated by commas; save the table as CSV with commas"
    missing = [name for name in columns if name not in heading]
    unknown = [name for name in heading if name not in columns]
    parts = [
        f"lacks {', '.join(missing)}" if missing else "",
        f"has the unknown {', '.join(map(_shown, unknown))}" if unknown else "",
    ]
    found = " and ".join(filter(None, parts)) or "names a column twice"
    return f"the heading {found}; the first line must be: {','.join(columns)}"


def _shown(value: str) -> str:
    return f"'{value[:40]}'" if value else "empty"
