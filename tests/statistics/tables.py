"""Small tables of processing times for tests."""

from __future__ import annotations

from pathlib import Path

HEADING = "application,applied_how,applied_from,applied_to,decided,p25_days,p50_days,p75_days,p90_days"
ROW = "citizenship,online,2024-01,2024-06,500,200,300,400,500"
DESCRIPTION = """\
kind: {kind}
publisher: {{fi: Malliviranomainen, en: Model Authority}}
source: {{fi: "https://viranomainen.example/ajat", en: "https://authority.example/times"}}
published: 2026-11-10
period: {{from: 2024-01, to: 2026-10}}
licence: CC BY 4.0
"""


def write(folder: Path, *rows: str, kind: str = "published", heading: str = HEADING, description: str = "") -> Path:
    """Write a table and its description; return the table's path."""
    path = folder / "times.csv"
    path.write_text("\n".join([heading, *(rows or (ROW,))]) + "\n", encoding="utf-8")
    path.with_suffix(".yml").write_text(description or DESCRIPTION.format(kind=kind), encoding="utf-8")
    return path
