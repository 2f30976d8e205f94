"""The overview: figures without any text of a customer's, none of them of fewer than k conversations."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping

from sqlalchemy.engine import Connection

from components.storage import planning
from components.storage.planning import Amount, Selection
from console.planning.period import FINLAND
from console.planning.threshold import hidden
from console.topics import topics

MOST_TOPICS = 20


@dataclasses.dataclass(frozen=True)
class Cell:
    """A row of a table. None: of too few conversations to be shown.

    name: what it is about, as the texts name it; empty when that is not known. understood: share of the questions
    (0..1). messages: in how many messages, where that is counted.
    """

    name: str
    conversations: int | None
    understood: float | None = None
    messages: int | None = None


@dataclasses.dataclass(frozen=True)
class Overview:
    """The figures of a period, each list in the order in which it is shown. `total` is None when there are too few."""

    k: int
    total: int | None
    questions: int | None
    understood: float | None
    topics: tuple[Cell, ...]
    languages: tuple[Cell, ...]
    channels: tuple[Cell, ...]
    ratings: tuple[Cell, ...]
    weekdays: tuple[Cell, ...]
    hours: tuple[Cell, ...]
    weeks: tuple[Cell, ...]
    labels: tuple[Cell, ...]


def make_overview(connection: Connection, selection: Selection, *, k: int, now: datetime.datetime) -> Overview:
    """Read the figures of a period."""
    began = {
        hour.astimezone(FINLAND): amount
        for hour, amount in planning.conversations_by_hour(connection, selection, now=now).items()
    }
    total = sum(began.values(), Amount())
    if 0 < _left_out(connection, selection, total, now) < k:
        # The difference from the figures without the filters would tell of the few that these leave out.
        return Overview(k, None, None, None, (), (), (), (), (), (), (), ())
    enough = total.conversations >= k

    def by(grouping: str) -> tuple[Cell, ...]:
        found = planning.conversations_by(connection, selection, grouping, now=now)
        named = {name or "": amount for name, amount in found.items()}
        return _cells(dict(sorted(named.items(), key=lambda item: (-item[1].conversations, item[0]))), k)

    return Overview(
        k=k,
        total=total.conversations if enough or not total.conversations else None,
        questions=total.questions if enough else None,
        understood=_understood(total) if enough else None,
        topics=_topics(connection, selection, k, now),
        languages=by("language"),
        channels=by("channel"),
        ratings=by("rating"),
        weekdays=_cells(
            _summed(((str(hour.isoweekday()), amount) for hour, amount in began.items()), map(str, range(1, 8))), k
        ),
        hours=_cells(
            _summed(
                ((f"{hour.hour:02}", amount) for hour, amount in began.items()), (f"{hour:02}" for hour in range(24))
            ),
            k,
        ),
        weeks=_cells(_summed(((_monday(hour), amount) for hour, amount in began.items()), _mondays(selection)), k),
        labels=_labels(connection, selection, k, now),
    )


def _left_out(connection: Connection, selection: Selection, total: Amount, now: datetime.datetime) -> int:
    """Return how many conversations of the period the filters by language and agency leave out."""
    if selection.language is None and selection.agency is None:
        return 0
    everything = dataclasses.replace(selection, language=None, agency=None)
    counted = planning.conversations_by(connection, everything, planning.GROUPINGS[0], now=now)
    return sum(amount.conversations for amount in counted.values()) - total.conversations


def _summed(amounts: Iterable[tuple[str, Amount]], names: Iterable[str]) -> dict[str, Amount]:
    found: dict[str, Amount] = {name: Amount() for name in names}
    for name, amount in amounts:
        found[name] = found.get(name, Amount()) + amount
    return found


def _cells(amounts: Mapping[str, Amount], k: int) -> tuple[Cell, ...]:
    few = hidden({name: amount.conversations for name, amount in amounts.items()}, k)
    return tuple(
        Cell(name, None) if name in few else Cell(name, amount.conversations, _understood(amount))
        for name, amount in amounts.items()
    )


def _topics(connection: Connection, selection: Selection, k: int, now: datetime.datetime) -> tuple[Cell, ...]:
    found = planning.conversations_by_topic(connection, selection, now=now)
    known = [(name, *counts) for name, counts in found.items() if name in topics()]
    # A conversation may ask about several topics, so no total of them is shown that would tell of a hidden one.
    shown = sorted((item for item in known if item[1] >= k), key=lambda item: (-item[1], item[0]))
    return tuple(Cell(name, conversations, messages=messages) for name, conversations, messages in shown[:MOST_TOPICS])


def _labels(connection: Connection, selection: Selection, k: int, now: datetime.datetime) -> tuple[Cell, ...]:
    conversations = planning.conversations_by_label(connection, selection, now=now)
    last = selection.until - datetime.timedelta(microseconds=1)
    counted: Mapping[str, int] = {}
    if selection.agency is None:
        counted = planning.messages_by_label(
            connection, selection.since.date(), last.date(), language=selection.language
        )
    return tuple(
        Cell(label, count if count >= k else None, messages=counted.get(label) if count >= k else None)
        for label, count in sorted(conversations.items(), key=lambda item: (-item[1], item[0]))
    )


def _understood(amount: Amount) -> float | None:
    return 1 - amount.fallbacks / amount.questions if amount.questions else None


def _monday(moment: datetime.datetime) -> str:
    return (moment.date() - datetime.timedelta(days=moment.weekday())).isoformat()


def _mondays(selection: Selection) -> list[str]:
    first = datetime.date.fromisoformat(_monday(selection.since.astimezone(FINLAND)))
    last = (selection.until - datetime.timedelta(microseconds=1)).astimezone(FINLAND).date()
    return [(first + datetime.timedelta(weeks=number)).isoformat() for number in range((last - first).days // 7 + 1)]
