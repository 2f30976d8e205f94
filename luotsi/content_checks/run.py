"""All checks, one after the other."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

from components.content.catalogue import CatalogueEntry
from luotsi.content_checks import coverage, examples, links, numbers, readability, review, similar
from luotsi.content_checks.remarks import Remark

# In the order in which the report shows them.
CHECKS = tuple(module.CHECK for module in (coverage, numbers, review, links, examples, similar, readability))


def check_content(
    entries: Iterable[CatalogueEntry],
    *,
    folder: Path,
    today: datetime.date,
    encode: similar.Encode | None = None,
) -> list[Remark]:
    """Return the remarks about the topics of a content folder, by file and line.

    Without `encode` (sentence vectors, see `similar`) nobody looks for examples that are nearly the same.
    """
    every = list(entries)
    found = [
        *coverage.check_coverage(every, folder=folder),
        *numbers.check_numbers(every),
        *review.check_reviews(every, today=today),
        *links.check_links(every),
        *examples.check_examples(every),
        *readability.check_readability(every),
    ]
    if encode is not None:
        found += similar.check_similar_examples(every, encode=encode)
    return sorted(found, key=lambda remark: (str(remark.path), remark.line, CHECKS.index(remark.check)))
