"""Figures over a selection of conversations: counted by the database in one go, without any text."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.conversation_index import topic_names
from components.storage.conversation_search import FINLAND, Selection, conditions
from components.storage.models import IndexedConversation

CONFIDENCE_STEPS = 10
"""Into so many equal parts from 0 to 1 the confidences are divided."""

_INDEX = IndexedConversation.__table__


@dataclasses.dataclass(frozen=True)
class Figures:
    """What a selection comes to.

    questions: messages of the customers; fallbacks: those that were not understood; with_fallback: conversations with
    one. days: conversations by the day in Finland on which they began, days without any between the first and the last
    included; hours: by the hour, 0 to 23. languages, topics and ratings: conversations by name, the most first; None
    stands for none. A conversation with two topics counts for both. confidences: of each step (the first is 0 to 0.1)
    the conversations whose least sure message was in it.
    """

    conversations: int
    questions: int
    fallbacks: int
    with_fallback: int
    days: dict[datetime.date, int]
    hours: dict[int, int]
    languages: dict[str | None, int]
    topics: dict[str, int]
    ratings: dict[str | None, int]
    confidences: list[int]


def figures(connection: Connection, selection: Selection, *, now: datetime.datetime | None = None) -> Figures:
    """Return the figures of a selection."""
    counted: dict[str, Counter[str | None]] = {}
    sums = {"questions": 0, "fallbacks": 0}
    for kind, value, number in connection.execute(_query(connection, conditions(connection, selection, now=now))):
        if kind in sums:
            sums[kind] = int(number or 0)
        else:
            counted.setdefault(kind, Counter())[value] += int(number)
    days, hours = _by_time(counted.get("time", Counter()))
    topics: Counter[str] = Counter()
    for names, number in counted.get("topics", Counter()).items():
        for name in topic_names(names or ""):
            topics[name] += number
    confidences = [0] * CONFIDENCE_STEPS
    for step, number in counted.get("confidence", Counter()).items():
        if step is not None:
            confidences[min(int(step), CONFIDENCE_STEPS - 1)] += number
    return Figures(
        conversations=sum(counted.get("time", Counter()).values()),
        **sums,
        with_fallback=counted.get("with_fallback", Counter()).total(),
        days=days,
        hours=hours,
        languages=dict(counted.get("language", Counter()).most_common()),
        topics=dict(sorted(topics.items(), key=lambda item: (-item[1], item[0]))),
        ratings=dict(counted.get("rating", Counter()).most_common()),
        confidences=confidences,
    )


def _query(connection: Connection, chosen: list[sa.sql.ColumnElement]) -> sa.sql.CompoundSelect:
    """Return one query for all the figures, which looks the conversations up once."""
    columns = ("started_at", "language", "topics", "rating", "lowest_confidence", "questions", "fallbacks")
    found = sa.select(*(_INDEX.c[name] for name in columns)).where(*chosen).cte("found")
    if connection.dialect.name == "sqlite":
        hour = sa.func.strftime(sa.literal_column("'%Y-%m-%d %H'"), found.c.started_at)
    else:
        hour = sa.func.to_char(found.c.started_at, sa.literal_column("'YYYY-MM-DD HH24'"))
    step = found.c.lowest_confidence * CONFIDENCE_STEPS
    # A cast cuts on SQLite and rounds on PostgreSQL.
    step = sa.cast(step if connection.dialect.name == "sqlite" else sa.func.floor(step), sa.Integer)
    groups = {
        "time": hour,
        "language": found.c.language,
        "topics": found.c.topics,
        "rating": found.c.rating,
        "confidence": step,
    }
    parts = [
        sa.select(sa.literal(kind).label("kind"), sa.cast(value, sa.Text).label("value"), sa.func.count())
        .select_from(found)
        .group_by(value)
        for kind, value in groups.items()
    ]
    nothing = sa.cast(sa.null(), sa.Text)
    parts += [
        sa.select(sa.literal(kind), nothing, number).select_from(found)
        for kind, number in (
            ("questions", sa.func.coalesce(sa.func.sum(found.c.questions), 0)),
            ("fallbacks", sa.func.coalesce(sa.func.sum(found.c.fallbacks), 0)),
        )
    ]
    parts.append(
        sa.select(sa.literal("with_fallback"), nothing, sa.func.count()).select_from(found).where(found.c.fallbacks > 0)
    )
    return sa.union_all(*parts)


def _by_time(hours_found: Counter[str | None]) -> tuple[dict[datetime.date, int], dict[int, int]]:
    """Return the counts by day and by hour in Finland, from those by hour in UTC."""
    days: Counter[datetime.date] = Counter()
    hours: Counter[int] = Counter()
    for hour, number in hours_found.items():
        moment = datetime.datetime.strptime(f"{hour} +0000", "%Y-%m-%d %H %z").astimezone(FINLAND)
        days[moment.date()] += number
        hours[moment.hour] += number
    if not days:
        return {}, {}
    first, last = min(days), max(days)
    every_day = [first + datetime.timedelta(days=number) for number in range((last - first).days + 1)]
    return {day: days[day] for day in every_day}, {hour: hours[hour] for hour in range(24)}
