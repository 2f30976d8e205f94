"""Topics that are not in the list of topics; those that are missing from the files are errors of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from components.content.catalogue import CatalogueEntry
from components.content.topic_list import TOPIC_LIST, TopicListError, load_topic_list
from luotsi.content_checks.remarks import Remark, remark

CHECK = "coverage"


def check_coverage(entries: Iterable[CatalogueEntry], *, folder: Path) -> Iterator[Remark]:
    """Yield the topics that the folder's list does not name, or that there is no list."""
    path = folder / TOPIC_LIST
    if not path.exists():
        yield Remark(CHECK, "no_list", path, 1, None)
        return
    try:
        listed = load_topic_list(path)
    except TopicListError:  # the catalogue's errors tell of it
        return
    for entry in entries:
        if entry.name not in listed:
            yield remark(CHECK, "extra", entry, "id", list=str(path))
