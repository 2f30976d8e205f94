"""Topics with few examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.content.catalogue import CatalogueEntry
from components.content.schema import LANGUAGES
from luotsi.content_checks.remarks import Remark, remark

CHECK = "examples"
ENOUGH = 16


def check_examples(entries: Iterable[CatalogueEntry]) -> Iterator[Remark]:
    """Yield the topics that have fewer examples than `ENOUGH` in a language."""
    for entry in entries:
        for language in LANGUAGES:
            count = len(entry.examples(language))
            if count < ENOUGH:
                values = {"count": str(count), "enough": str(ENOUGH)}
                yield remark(CHECK, f"few_{language}", entry, "examples", language, **values)
