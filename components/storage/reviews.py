"""What reviewers note on conversations, whose turn it is to look at them, and what editors get to do because of it."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from components.storage.models import (
    Calibration,
    ContentTask,
    IndexedConversation,
    QueuedReview,
    ReviewMark,
    StaffMember,
)
from components.storage.sanitise import sanitise
from components.storage.staff import Role
from components.storage.transcripts import CUSTOMER, PLACEHOLDER, Message

RIGHT, WRONG, MISSING_TOPIC = "right", "wrong", "missing_topic"
VERDICTS = (RIGHT, WRONG, MISSING_TOPIC)
"""Whether a customer's message was understood; a reviewer has one of them for a message."""
ANSWER_WRONG, ANSWER_OUTDATED = "answer_wrong", "answer_outdated"
ANSWER_VERDICTS = (ANSWER_WRONG, ANSWER_OUTDATED)
FLAG, TAG, NOTE, LATER, REVIEWED = "flag", "tag", "note", "later", "reviewed"
KINDS = (*VERDICTS, *ANSWER_VERDICTS, FLAG, TAG, NOTE, LATER, REVIEWED)

EXAMPLE, STORY = "example", "story"
TASK_KINDS = (ANSWER_WRONG, ANSWER_OUTDATED, MISSING_TOPIC, EXAMPLE, STORY)
OPEN, DONE, DECLINED = "open", "done", "declined"
TASK_STATES = (OPEN, DONE, DECLINED)

MAX_NOTE_CHARACTERS = 2_000
MAX_TAG_CHARACTERS = 40
MAX_NAME_CHARACTERS = 80
FEWEST_REVIEWERS = 2
TASKS_ON_A_PAGE = 25

_MARKS = ReviewMark.__table__
_QUEUE = QueuedReview.__table__
_CALIBRATIONS = Calibration.__table__
_TASKS = ContentTask.__table__
_INDEX = IndexedConversation.__table__
_STAFF = StaffMember.__table__
_ONCE = (VERDICTS, ANSWER_VERDICTS, (FLAG,), (LATER,), (REVIEWED,))


@dataclasses.dataclass(frozen=True)
class Mark:
    """What a reviewer noted; `event_id` is None for the whole conversation, the span counts characters."""

    id: int
    sender_id: str
    event_id: int | None
    reviewer: str
    kind: str
    value: str | None
    note: str | None
    span_start: int | None
    span_end: int | None
    made_at: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Queued:
    """A conversation in somebody's queue, with what the index knows of it."""

    id: int
    sender_id: str
    reference: str
    added_by: str
    added_at: datetime.datetime
    done_at: datetime.datetime | None
    calibration_id: int | None
    calibration: str | None
    language: str | None
    started_at: datetime.datetime
    expires_at: datetime.datetime
    questions: int
    fallbacks: int


@dataclasses.dataclass(frozen=True)
class Session:
    """A calibration: who judges how many conversations, and how many each of them has done."""

    id: int
    name: str
    created_by: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    conversations: int
    done: dict[str, int]

    @property
    def reviewers(self) -> list[str]:
        """Who takes part, in alphabetical order."""
        return sorted(self.done)

    @property
    def is_finished(self) -> bool:
        """Whether everybody has judged everything."""
        return all(done == self.conversations for done in self.done.values())


@dataclasses.dataclass(frozen=True)
class Pair:
    """How well two reviewers agree over the messages that both judged: shares (0..1), None where undefined."""

    first: str
    second: str
    messages: int
    agreement: float | None
    kappa: float | None


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """A message on which reviewers differ: verdict by reviewer, of those who gave one."""

    sender_id: str
    event_id: int
    verdicts: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Task:
    """Something for editors to do; `text` is a note, an example or a story, as its kind says."""

    id: int
    kind: str
    topic: str | None
    language: str | None
    text: str
    sender_id: str | None
    event_id: int | None
    created_by: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    state: str
    closed_by: str | None
    closed_at: datetime.datetime | None


class HoldsLabel(ValueError):
    """A text with masked data in it cannot become a training example."""


def clean(text: str | None) -> str | None:
    """Return what somebody typed as it may be kept: masked, without NUL and lone surrogates; None when empty."""
    stripped = (text or "").replace("\0", "").strip()
    return str(sanitise(stripped)).encode("utf-8", "replace").decode() if stripped else None


def mark(
    connection: Connection,
    *,
    sender_id: str,
    event_id: int | None,
    reviewer: str,
    kind: str,
    value: str | None = None,
    note: str | None = None,
    span: tuple[int, int] | None = None,
    expires_at: datetime.datetime,
    now: datetime.datetime,
) -> int:
    """Keep a mark, its texts masked, and return its id; it expires with its conversation (`expires_at`).

    It takes the place of the reviewer's earlier verdict, flag and the like on the same message, and of the same tag;
    an open task that came of the earlier one goes with it.
    value: the right topic or the tag. span: where in the message the note belongs, in characters.
    Raises ValueError for a kind that there is not and for a tag that is empty or too long.
    """
    if kind not in KINDS:
        raise ValueError("there is no such kind of mark")
    value, note = clean(value) if kind == TAG else value, clean(note)
    if kind == TAG:
        value = " ".join((value or "").split()).casefold()
        if not 0 < len(value) <= MAX_TAG_CHARACTERS:
            raise ValueError(f"a tag has 1 to {MAX_TAG_CHARACTERS} characters")
    same = sa.and_(
        _MARKS.c.sender_id == sender_id,
        _MARKS.c.event_id.is_not_distinct_from(event_id),
        _MARKS.c.reviewer == reviewer,
    )
    for kinds in _ONCE:
        if kind in kinds:
            connection.execute(sa.delete(_MARKS).where(same, _MARKS.c.kind.in_(kinds)))
            others = [other for other in kinds if other != kind]
            _withdraw_tasks(connection, sender_id, event_id, reviewer, others)
    if kind == TAG:
        connection.execute(sa.delete(_MARKS).where(same, _MARKS.c.kind == TAG, _MARKS.c.value == value))
    row = connection.execute(
        sa.insert(_MARKS).values(
            sender_id=sender_id,
            event_id=event_id,
            reviewer=reviewer,
            kind=kind,
            value=value,
            note=note,
            span_start=span[0] if span else None,
            span_end=span[1] if span else None,
            made_at=now,
            expires_at=expires_at,
        )
    )
    return int(row.inserted_primary_key[0])


def marks_of(connection: Connection, sender_id: str, *, viewer: str, now: datetime.datetime) -> list[Mark]:
    """Return the marks on a conversation that a person may see, oldest first.

    Whoever judges it in a calibration sees nobody else's until all who take part have finished with it.
    """
    query = sa.select(_MARKS).where(_MARKS.c.sender_id == sender_id, _MARKS.c.expires_at > now)
    query = query.where(sa.or_(_MARKS.c.reviewer == viewer, ~_judged_blindly(_MARKS.c.sender_id, viewer)))
    return [_mark(row) for row in connection.execute(query.order_by(_MARKS.c.id))]


def is_being_calibrated(sender_id: sa.sql.ColumnElement) -> sa.sql.ColumnElement:
    """Return the condition that somebody still judges a conversation in a calibration, so that verdicts are secret."""
    judged: sa.sql.ColumnElement = sa.exists().where(
        _QUEUE.c.sender_id == sender_id, _QUEUE.c.calibration_id.is_not(None), _QUEUE.c.done_at.is_(None)
    )
    return judged


def undo(connection: Connection, mark_id: int, *, reviewer: str) -> Mark | None:
    """Take one's own mark back, with the open task that came of it, and return it; None when it is not one's own."""
    which = sa.and_(_MARKS.c.id == mark_id, _MARKS.c.reviewer == reviewer)
    row = connection.execute(sa.select(_MARKS).where(which)).first()
    if row is None:
        return None
    connection.execute(sa.delete(_MARKS).where(which))
    _withdraw_tasks(connection, row.sender_id, row.event_id, reviewer, [row.kind])
    return _mark(row)


def tags(connection: Connection, *, now: datetime.datetime) -> list[str]:
    """Return the tags in use, in alphabetical order."""
    query = sa.select(_MARKS.c.value).where(_MARKS.c.kind == TAG, _MARKS.c.expires_at > now).distinct()
    return sorted(str(value) for value in connection.execute(query).scalars())


def reviewers(connection: Connection) -> list[str]:
    """Return the user IDs of those who may review: active trainers, in alphabetical order."""
    query = sa.select(_STAFF.c.user_id, _STAFF.c.roles).where(_STAFF.c.active)
    return sorted(row.user_id for row in connection.execute(query) if Role.TRAINER.value in row.roles.split())


def enqueue(
    connection: Connection,
    sender_ids: Iterable[str],
    *,
    reviewer: str,
    added_by: str,
    now: datetime.datetime,
    calibration_id: int | None = None,
) -> int:
    """Put conversations into a reviewer's queue and return how many were added; those that wait in it are not."""
    wanted = list(dict.fromkeys(sender_ids))
    added = 0
    for first in range(0, len(wanted), 500):
        chunk = wanted[first : first + 500]
        expiry = sa.select(_INDEX.c.sender_id, _INDEX.c.expires_at).where(
            _INDEX.c.sender_id.in_(chunk), _INDEX.c.expires_at > now
        )
        known: dict[str, datetime.datetime] = {row.sender_id: row.expires_at for row in connection.execute(expiry)}
        waiting = set(
            connection.execute(
                sa.select(_QUEUE.c.sender_id).where(
                    _QUEUE.c.sender_id.in_(chunk),
                    _QUEUE.c.reviewer == reviewer,
                    _QUEUE.c.calibration_id.is_not_distinct_from(calibration_id),
                    _QUEUE.c.done_at.is_(None),
                )
            ).scalars()
        )
        rows = [
            {
                "sender_id": sender_id,
                "reviewer": reviewer,
                "calibration_id": calibration_id,
                "added_by": added_by,
                "added_at": now,
                "expires_at": known[sender_id],
            }
            for sender_id in chunk
            if sender_id in known and sender_id not in waiting
        ]
        if rows:
            connection.execute(sa.insert(_QUEUE), rows)
        added += len(rows)
    return added


def queue_of(connection: Connection, reviewer: str, *, now: datetime.datetime, done: bool = False) -> list[Queued]:
    """Return what waits in a reviewer's queue, in the order it was put there; with `done` what is finished."""
    query = (
        sa.select(
            _QUEUE.c.id,
            _QUEUE.c.sender_id,
            _QUEUE.c.added_by,
            _QUEUE.c.added_at,
            _QUEUE.c.done_at,
            _QUEUE.c.calibration_id,
            _CALIBRATIONS.c.name.label("calibration"),
            *(_INDEX.c[name] for name in ("reference", "language", "started_at", "expires_at")),
            *(_INDEX.c[name] for name in ("questions", "fallbacks")),
        )
        .select_from(
            _QUEUE.join(_INDEX, _INDEX.c.sender_id == _QUEUE.c.sender_id).outerjoin(
                _CALIBRATIONS, _CALIBRATIONS.c.id == _QUEUE.c.calibration_id
            )
        )
        .where(
            _QUEUE.c.reviewer == reviewer,
            _QUEUE.c.done_at.is_not(None) if done else _QUEUE.c.done_at.is_(None),
            _QUEUE.c.expires_at > now,
            _INDEX.c.expires_at > now,
        )
        .order_by(_QUEUE.c.done_at.desc() if done else _QUEUE.c.id)
    )
    return [Queued(**row._mapping) for row in connection.execute(query)]


def finish(connection: Connection, sender_id: str, *, reviewer: str, now: datetime.datetime) -> int:
    """Note that a reviewer is done with a conversation, in the queue and in calibrations; return how many entries."""
    which = sa.and_(_QUEUE.c.sender_id == sender_id, _QUEUE.c.reviewer == reviewer, _QUEUE.c.done_at.is_(None))
    return int(connection.execute(sa.update(_QUEUE).where(which).values(done_at=now)).rowcount)


def assign(
    connection: Connection, queued_id: int, *, reviewer: str, to: str, added_by: str, now: datetime.datetime
) -> str | None:
    """Hand an entry of one's queue over to another reviewer and return its conversation's sender id.

    None when it is not one's own, is done, or belongs to a calibration, whose reviewers are fixed.
    """
    sender_id = _own_entry(connection, queued_id, reviewer)
    if sender_id is not None:
        enqueue(connection, [sender_id], reviewer=to, added_by=added_by, now=now)
        connection.execute(sa.delete(_QUEUE).where(_QUEUE.c.id == queued_id))
    return sender_id


def drop(connection: Connection, queued_id: int, *, reviewer: str) -> str | None:
    """Take an entry out of one's queue unread; None as for `assign`."""
    sender_id = _own_entry(connection, queued_id, reviewer)
    if sender_id is not None:
        connection.execute(sa.delete(_QUEUE).where(_QUEUE.c.id == queued_id))
    return sender_id


def start_calibration(
    connection: Connection,
    *,
    name: str,
    sender_ids: Sequence[str],
    judges: Sequence[str],
    created_by: str,
    now: datetime.datetime,
) -> int:
    """Begin a calibration and return its id; its conversations go into the queue of each judge.

    It expires with the last of its conversations. Raises ValueError for fewer than FEWEST_REVIEWERS judges, for no
    conversations, and for an empty name.
    """
    judges = list(dict.fromkeys(judges))
    # Masking a text takes the longer the longer it is; what would be cut off anyway need not be looked at.
    title = (clean(name[: 10 * MAX_NAME_CHARACTERS]) or "")[:MAX_NAME_CHARACTERS]
    if len(judges) < FEWEST_REVIEWERS:
        raise ValueError("a calibration needs at least two reviewers")
    query = sa.select(sa.func.count(), sa.func.max(_INDEX.c.expires_at)).where(
        _INDEX.c.sender_id.in_(sender_ids), _INDEX.c.expires_at > now
    )
    count, expires_at = connection.execute(query).one()
    if not count or not title:
        raise ValueError("a calibration needs a name and at least one conversation")
    values = {"name": title, "created_by": created_by, "created_at": now, "expires_at": expires_at}
    calibration_id = int(connection.execute(sa.insert(_CALIBRATIONS).values(**values)).inserted_primary_key[0])
    for judge in judges:
        enqueue(connection, sender_ids, reviewer=judge, added_by=created_by, now=now, calibration_id=calibration_id)
    return calibration_id


def calibrations(connection: Connection, *, now: datetime.datetime) -> list[Session]:
    """Return all calibrations that have not expired, newest first."""
    rows = connection.execute(
        sa.select(_CALIBRATIONS).where(_CALIBRATIONS.c.expires_at > now).order_by(_CALIBRATIONS.c.id.desc())
    ).all()
    return [_session(connection, row, now) for row in rows]


def calibration(connection: Connection, calibration_id: int, *, now: datetime.datetime) -> Session | None:
    """Return one calibration, or None when there is none of that id any more."""
    query = sa.select(_CALIBRATIONS).where(_CALIBRATIONS.c.id == calibration_id, _CALIBRATIONS.c.expires_at > now)
    row = connection.execute(query).first()
    return _session(connection, row, now) if row is not None else None


def judged_conversations(connection: Connection, calibration_id: int, *, now: datetime.datetime) -> list[str]:
    """Return the sender ids of a calibration's conversations that have not expired."""
    query = sa.select(_QUEUE.c.sender_id).where(_QUEUE.c.calibration_id == calibration_id, _QUEUE.c.expires_at > now)
    return list(dict.fromkeys(connection.execute(query.order_by(_QUEUE.c.id)).scalars()))


def is_settled(connection: Connection, sender_id: str, reviewer: str) -> bool:
    """Tell whether a reviewer has finished with a conversation in a calibration: then their verdicts stand."""
    query = sa.select(sa.literal(1)).where(
        _QUEUE.c.sender_id == sender_id,
        _QUEUE.c.reviewer == reviewer,
        _QUEUE.c.calibration_id.is_not(None),
        _QUEUE.c.done_at.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def results(
    connection: Connection, calibration_id: int, *, now: datetime.datetime
) -> tuple[list[Pair], list[Disagreement]]:
    """Return how well each two reviewers of a calibration agree, and where not.

    Only conversations that all have finished count. Messages that one of two has not judged are left out of their
    figures. "Missing topic" counts as "wrong": the message was not understood.
    """
    session = calibration(connection, calibration_id, now=now)
    if session is None:
        return [], []
    open_ones = sa.select(_QUEUE.c.sender_id).where(
        _QUEUE.c.calibration_id == calibration_id, _QUEUE.c.done_at.is_(None)
    )
    unfinished = set(connection.execute(open_ones).scalars())
    finished = [s for s in judged_conversations(connection, calibration_id, now=now) if s not in unfinished]
    query = sa.select(_MARKS).where(
        _MARKS.c.sender_id.in_(finished),
        _MARKS.c.reviewer.in_(session.reviewers),
        _MARKS.c.kind.in_(VERDICTS),
        _MARKS.c.event_id.is_not(None),
        _MARKS.c.expires_at > now,
    )
    verdicts: dict[tuple[str, int], dict[str, str]] = {}
    for row in connection.execute(query.order_by(_MARKS.c.sender_id, _MARKS.c.event_id)):
        verdict = RIGHT if row.kind == RIGHT else WRONG
        verdicts.setdefault((row.sender_id, row.event_id), {})[row.reviewer] = verdict
    pairs = []
    for place, first in enumerate(session.reviewers):
        for second in session.reviewers[place + 1 :]:
            both = [(each[first], each[second]) for each in verdicts.values() if first in each and second in each]
            pairs.append(Pair(first, second, len(both), agreement(both), kappa(both)))
    differing = [
        Disagreement(sender_id, event_id, each)
        for (sender_id, event_id), each in verdicts.items()
        if len(set(each.values())) > 1
    ]
    return pairs, differing


def agreement(verdicts: Sequence[tuple[str, str]]) -> float | None:
    """Return the share (0..1) of messages on which two reviewers gave the same verdict; None without any."""
    return sum(first == second for first, second in verdicts) / len(verdicts) if verdicts else None


def kappa(verdicts: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of two reviewers (-1..1): (p_o - p_e) / (1 - p_e).

    p_o is the share on which they agree, p_e the one expected by chance from how often each gives each verdict. Source:
    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
    None where it is undefined: without messages, and when both gave one and the same verdict throughout (p_e = 1).
    """
    observed = agreement(verdicts)
    if observed is None:
        return None
    first, second = (Counter(verdict[place] for verdict in verdicts) for place in (0, 1))
    # In whole numbers, so that "p_e is 1" is not a matter of rounding.
    chance = sum(first[verdict] * second[verdict] for verdict in first)
    square = len(verdicts) ** 2
    if chance == square:
        return None
    expected = chance / square
    return (observed - expected) / (1 - expected)


def add_task(
    connection: Connection,
    *,
    kind: str,
    text: str,
    topic: str | None,
    language: str | None,
    sender_id: str | None,
    event_id: int | None,
    created_by: str,
    expires_at: datetime.datetime,
    now: datetime.datetime,
) -> int:
    """Give editors something to do, its text masked, and return its id.

    The same kind of task about the same message and topic is not made twice while it is open: then its text is made
    anew. Raises HoldsLabel for an example in which something was masked, ValueError for a kind that there is not.
    """
    if kind not in TASK_KINDS:
        raise ValueError("there is no such kind of task")
    masked = clean(text) or ""
    if kind == EXAMPLE and PLACEHOLDER.search(masked):
        raise HoldsLabel("the text holds masked data")
    values = {"text": masked, "language": language, "created_by": created_by, "created_at": now}
    same = sa.and_(
        _TASKS.c.kind == kind,
        _TASKS.c.state == OPEN,
        _TASKS.c.sender_id == sender_id,
        _TASKS.c.event_id.is_not_distinct_from(event_id),
        _TASKS.c.topic.is_not_distinct_from(topic),
    )
    if sender_id is not None and (known := connection.execute(sa.select(_TASKS.c.id).where(same)).scalar()) is not None:
        connection.execute(sa.update(_TASKS).where(_TASKS.c.id == known).values(**values))
        return int(known)
    row = connection.execute(
        sa.insert(_TASKS).values(
            kind=kind,
            topic=topic,
            sender_id=sender_id,
            event_id=event_id,
            expires_at=expires_at,
            state=OPEN,
            **values,
        )
    )
    return int(row.inserted_primary_key[0])


def tasks(
    connection: Connection,
    *,
    now: datetime.datetime,
    state: str | None = OPEN,
    kind: str | None = None,
    topic: str | None = None,
    viewer: str | None = None,
    page: int = 1,
    size: int = TASKS_ON_A_PAGE,
) -> tuple[list[Task], int]:
    """Return a page of the tasks that fit, newest first, and how many there are altogether.

    A viewer does not see what others made of a conversation that the viewer judges in a calibration.
    """
    which = _seen_tasks(viewer, now)
    which += [
        column == value
        for column, value in ((_TASKS.c.state, state), (_TASKS.c.kind, kind), (_TASKS.c.topic, topic))
        if value is not None
    ]
    total = connection.execute(sa.select(sa.func.count()).select_from(_TASKS).where(*which)).scalar_one()
    query = sa.select(_TASKS).where(*which).order_by(_TASKS.c.id.desc()).limit(size).offset((page - 1) * size)
    return [Task(**row._mapping) for row in connection.execute(query)], int(total)


def task(connection: Connection, task_id: int, *, now: datetime.datetime, viewer: str | None = None) -> Task | None:
    """Return one task, or None when there is none of that id that the viewer may see (as for `tasks`)."""
    which = _seen_tasks(viewer, now)
    row = connection.execute(sa.select(_TASKS).where(_TASKS.c.id == task_id, *which)).first()
    return Task(**row._mapping) if row is not None else None


def set_task_state(connection: Connection, task_id: int, state: str, *, by: str, now: datetime.datetime) -> bool:
    """Close, decline or reopen a task; return whether there is one. Raises ValueError for an unknown state."""
    if state not in TASK_STATES:
        raise ValueError("there is no such state of a task")
    closed = {"closed_by": None, "closed_at": None} if state == OPEN else {"closed_by": by, "closed_at": now}
    which = sa.and_(_TASKS.c.id == task_id, _TASKS.c.expires_at > now)
    return bool(connection.execute(sa.update(_TASKS).where(which).values(state=state, **closed)).rowcount)


def examples(
    connection: Connection, topic: str, *, now: datetime.datetime, viewer: str | None = None
) -> dict[str, list[str]]:
    """Return the open suggested examples of a topic by language, each once, in the order they were suggested.

    A viewer gets those that `tasks` shows.
    """
    query = sa.select(_TASKS.c.language, _TASKS.c.text).where(
        _TASKS.c.kind == EXAMPLE, _TASKS.c.state == OPEN, _TASKS.c.topic == topic, *_seen_tasks(viewer, now)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(_TASKS.c.id)):
        lines = found.setdefault(row.language or "fi", [])
        line = " ".join(row.text.split())
        if line not in lines:
            lines.append(line)
    return found


def story(name: str, messages: Sequence[Message], topics: Mapping[int, str | None]) -> str:
    """Return a conversation as a test story in Rasa's format (`rasa test core --stories`), as YAML.

    topics: the expected intent by event id where a reviewer found another one right; None leaves a message out, as
    there is no topic for it yet. What the customer pressed is a step with the intent alone.
    """
    steps: list[dict[str, str]] = []
    for message in messages:
        if message.speaker != CUSTOMER:
            continue
        expected = topics.get(message.event_id, message.intent)
        if expected is None:
            continue
        steps.append(
            {"intent": expected} if message.pressed else {"user": " ".join(message.text.split()), "intent": expected}
        )
        corrected = expected != message.intent
        steps += [{"action": action} for action in ([f"utter_{expected}"] if corrected else message.actions)]
    document = {"stories": [{"story": name, "steps": steps}]}
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1_000))


def _withdraw_tasks(
    connection: Connection, sender_id: str, event_id: int | None, reviewer: str, kinds: Sequence[str]
) -> None:
    connection.execute(
        sa.delete(_TASKS).where(
            _TASKS.c.sender_id == sender_id,
            _TASKS.c.event_id.is_not_distinct_from(event_id),
            _TASKS.c.created_by == reviewer,
            _TASKS.c.kind.in_(kinds),
            _TASKS.c.state == OPEN,
        )
    )


def _seen_tasks(viewer: str | None, now: datetime.datetime) -> list[sa.sql.ColumnElement]:
    """Return which tasks a person may see; without a viewer all that have not expired."""
    which: list[sa.sql.ColumnElement] = [_TASKS.c.expires_at > now]
    if viewer is not None:
        blind = sa.and_(_TASKS.c.sender_id.is_not(None), _judged_blindly(_TASKS.c.sender_id, viewer))
        which.append(sa.or_(_TASKS.c.created_by == viewer, ~blind))
    return which


def _judged_blindly(sender_id: sa.sql.ColumnElement, viewer: str) -> sa.sql.ColumnElement:
    """Return whether a person takes part in a calibration with a conversation that not all have finished with."""
    own, others = _QUEUE.alias("own"), _QUEUE.alias("others")
    return sa.exists().where(
        own.c.sender_id == sender_id,
        own.c.reviewer == viewer,
        others.c.calibration_id == own.c.calibration_id,
        others.c.sender_id == own.c.sender_id,
        others.c.done_at.is_(None),
    )


def _own_entry(connection: Connection, queued_id: int, reviewer: str) -> str | None:
    query = sa.select(_QUEUE.c.sender_id).where(
        _QUEUE.c.id == queued_id,
        _QUEUE.c.reviewer == reviewer,
        _QUEUE.c.calibration_id.is_(None),
        _QUEUE.c.done_at.is_(None),
    )
    found: str | None = connection.execute(query).scalar()
    return found


def _session(connection: Connection, row: sa.engine.Row, now: datetime.datetime) -> Session:
    counted = (
        sa.select(_QUEUE.c.reviewer, sa.func.count(), sa.func.count(_QUEUE.c.done_at))
        .where(_QUEUE.c.calibration_id == row.id, _QUEUE.c.expires_at > now)
        .group_by(_QUEUE.c.reviewer)
    )
    found = connection.execute(counted).all()
    return Session(
        id=row.id,
        name=row.name,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        conversations=max((total for _, total, _ in found), default=0),
        done={reviewer: done for reviewer, _, done in found},
    )


def _mark(row: sa.engine.Row) -> Mark:
    return Mark(**{field.name: row._mapping[field.name] for field in dataclasses.fields(Mark)})
