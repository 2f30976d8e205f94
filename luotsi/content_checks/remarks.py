"""What a check has to say about the content."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from components.content.catalogue import CatalogueEntry


@dataclasses.dataclass(frozen=True)
class Remark:
    """Something that an editor should look at: where it is, and which words of the texts say it.

    `check` and `kind` name an entry of texts.<language>.yml; `values` fill its gaps.
    """

    check: str
    kind: str
    path: Path
    line: int
    topic: str | None
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)


def remark(check: str, kind: str, entry: CatalogueEntry, *field: str | int, **values: str) -> Remark:
    """Return a remark about a field of a topic, such as `"answer", "fi"`."""
    return Remark(check, kind, entry.path, entry.line_of(*field), entry.name, values)
