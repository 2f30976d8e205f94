"""Practising with a case: what a trainee answered, for the trainee and the trainers only, and not for long."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.collections import Case, clean
from components.storage.models import Collection, CollectionCase
from components.storage.models import Practice as PracticeRow

KEPT = datetime.timedelta(days=90)
"""How long results are kept at most; those of a conversation end with it."""

_PRACTICES = PracticeRow.__table__
_CASES = CollectionCase.__table__
_COLLECTIONS = Collection.__table__


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a trainee answered to one of the customer's messages.

    written: the trainee's own words; chosen: the topic that was picked instead; right: the topic that it should be.
    """

    written: str | None
    chosen: str | None
    right: str | None

    @property
    def correct(self) -> bool | None:
        """Tell whether the right topic was picked; None when none was picked or there is no right one."""
        return None if self.chosen is None or self.right is None else self.chosen == self.right


@dataclasses.dataclass(frozen=True)
class Practice:
    """A trainee's way through a case; `finished_at` is None while messages are unanswered."""

    id: int
    case_id: int
    trainee: str
    case_title: str
    collection_title: str
    answers: tuple[Answer, ...]
    started_at: datetime.datetime
    finished_at: datetime.datetime | None
    expires_at: datetime.datetime

    @property
    def picked(self) -> int:
        """Return how many times a topic was picked where there is a right one."""
        return sum(answer.correct is not None for answer in self.answers)

    @property
    def correct(self) -> int:
        """Return how many of them were right."""
        return sum(answer.correct is True for answer in self.answers)


def start(connection: Connection, case: Case, *, trainee: str, now: datetime.datetime) -> int:
    """Begin with a case and return the number of the result."""
    expires_at = now + KEPT if case.expires_at is None else min(now + KEPT, case.expires_at)
    row = connection.execute(
        sa.insert(_PRACTICES).values(
            case_id=case.id,
            sender_id=case.sender_id,
            trainee=trainee,
            answers="[]",
            started_at=now,
            expires_at=expires_at,
        )
    )
    return int(row.inserted_primary_key[0])


def find(connection: Connection, practice_id: int, *, now: datetime.datetime) -> Practice | None:
    """Return a result that has not expired and whose case is there, or None."""
    row = connection.execute(_select(now).where(_PRACTICES.c.id == practice_id)).first()
    return _practice(row) if row is not None else None


def of_trainee(connection: Connection, trainee: str, *, now: datetime.datetime) -> list[Practice]:
    """Return a trainee's own results, newest first."""
    query = _select(now).where(_PRACTICES.c.trainee == trainee)
    return [_practice(row) for row in connection.execute(_newest_first(query))]


def of_everyone(connection: Connection, *, now: datetime.datetime) -> list[Practice]:
    """Return everybody's results, newest first: for trainers."""
    return [_practice(row) for row in connection.execute(_newest_first(_select(now)))]


def answer(
    connection: Connection, practice: Practice, given: Answer, *, finished: bool, now: datetime.datetime
) -> None:
    """Write down the answer to the next message; `finished` when there is none after it."""
    written = clean(given.written) if given.written else None
    kept = (*practice.answers, dataclasses.replace(given, written=written))
    connection.execute(
        sa.update(_PRACTICES)
        .where(_PRACTICES.c.id == practice.id)
        .values(
            answers=json.dumps([dataclasses.asdict(each) for each in kept], ensure_ascii=False),
            finished_at=now if finished else None,
        )
    )


def delete(connection: Connection, practice_id: int, *, trainee: str) -> bool:
    """Delete a trainee's own result; tell whether there was one."""
    deleted = connection.execute(
        sa.delete(_PRACTICES).where(_PRACTICES.c.id == practice_id, _PRACTICES.c.trainee == trainee)
    )
    return bool(deleted.rowcount)


def _select(now: datetime.datetime) -> sa.sql.Select:
    joined = _PRACTICES.join(_CASES, _CASES.c.id == _PRACTICES.c.case_id).join(
        _COLLECTIONS, _COLLECTIONS.c.id == _CASES.c.collection_id
    )
    return (
        sa.select(_PRACTICES, _CASES.c.title.label("case_title"), _COLLECTIONS.c.title.label("collection_title"))
        .select_from(joined)
        .where(_PRACTICES.c.expires_at > now)
    )


def _newest_first(query: sa.sql.Select) -> sa.sql.Select:
    return query.order_by(_PRACTICES.c.started_at.desc(), _PRACTICES.c.id.desc())


def _practice(row: Any) -> Practice:
    return Practice(
        id=row.id,
        case_id=row.case_id,
        trainee=row.trainee,
        case_title=row.case_title,
        collection_title=row.collection_title,
        answers=tuple(Answer(**each) for each in json.loads(row.answers)),
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
    )
