"""Answers that nobody has compared with their sources for long."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from components.content.catalogue import CatalogueEntry
from luotsi.content_checks.remarks import Remark, remark

CHECK = "review"
VOLATILE_DAYS = 90
STABLE_DAYS = 365


def check_reviews(entries: Iterable[CatalogueEntry], *, today: datetime.date) -> Iterator[Remark]:
    """Yield the answers whose last review is more than 90 days ago, or 365 where the facts hardly change."""
    for entry in entries:
        allowed = VOLATILE_DAYS if entry.topic.volatile else STABLE_DAYS
        passed = (today - entry.topic.reviewed).days
        if passed > allowed:
            kind = "volatile" if entry.topic.volatile else "stable"
            values = {"days": str(passed), "allowed": str(allowed), "today": today.isoformat()}
            yield remark(CHECK, kind, entry, "reviewed", reviewed=entry.topic.reviewed.isoformat(), **values)
