"""How often something was masked: counters by day, channel, kind and language, without any text or conversation."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from components.privacy.engine import labels
from components.storage.models import LabelCount

LANGUAGES = ("fi", "en")

LabelKey = tuple[datetime.date, str, str, str]
"""Day (UTC), channel, label, language; a channel or language that is not known is empty."""

_TABLE = LabelCount.__table__
_KEY = ("day", "channel", "label", "language")


def label_counts_of(
    messages: Iterable[tuple[datetime.datetime, object]], *, channel: str | None, language: object
) -> dict[LabelKey, int]:
    """Count the messages in which something of a kind was masked.

    messages: of each its time (UTC) and the list of labels that its metadata names. Whatever is no label of the
        anonymiser is passed over: a channel of somebody else's could name anything.
    """
    known = frozenset(labels())
    spoken = str(language) if language in LANGUAGES else ""
    counts: Counter[LabelKey] = Counter()
    for moment, masked in messages:
        if isinstance(masked, list | tuple):
            found = {label for label in masked if isinstance(label, str) and label in known}
            counts.update((moment.date(), channel or "", label, spoken) for label in found)
    return dict(counts)


def add_label_counts(connection: Connection, counts: Mapping[LabelKey, int]) -> None:
    """Raise the counters within the caller's transaction."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # Always in the same order, or two servers would wait for each other's rows.
    for key, count in sorted(counts.items()):
        statement = insert(_TABLE).values(**dict(zip(_KEY, key, strict=True)), count=count)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(_KEY), set_={"count": _TABLE.c["count"] + statement.excluded["count"]}
            )
        )


def counts(engine: Engine, since: datetime.date, until: datetime.date) -> dict[LabelKey, int]:
    """Return the counters of the days from `since` up to and including `until`, in order."""
    query = sa.select(_TABLE).where(_TABLE.c.day.between(since, until)).order_by(*_TABLE.primary_key.columns)
    with engine.connect() as connection:
        return {
            (row["day"], row["channel"], row["label"], row["language"]): row["count"]
            for row in connection.execute(query).mappings()
        }
