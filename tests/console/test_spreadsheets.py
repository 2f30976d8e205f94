"""CSV files."""

from __future__ import annotations

import pytest

from console.spreadsheets import download, harmless


@pytest.mark.parametrize("cell", ["=1+1", "+358", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"])
def test_a_formula_becomes_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "written"), [("lupa", "lupa"), (12, "12"), (None, ""), ("a=b", "a=b")])
def test_everything_else_stays(cell: object, written: str) -> None:
    assert harmless(cell) == written


def test_a_file_has_a_name_and_quoted_cells() -> None:
    response = download("figures", ["name"], [['a;"b"', 3], ["=cmd|' /C calc'!A0", None]])
    assert response.headers["Content-Disposition"] == 'attachment; filename="figures.csv"'
    assert response.get_data(as_text=True) == '\ufeffname\r\n"a;""b""";3\r\n\'=cmd|\' /C calc\'!A0;\r\n'
