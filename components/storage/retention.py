"""Deleting what has expired, on time and for good, and telling when that does not work."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components import settings
from components.storage import audit, holds, practices, staff
from components.storage.full_text import forget_words
from components.storage.models import (
    AuditEntry,
    Base,
    Calibration,
    ChannelDelivery,
    CollectionCase,
    ContentTask,
    Conversation,
    Event,
    Feedback,
    Hold,
    IndexedConversation,
    IndexedMessage,
    Practice,
    QueueCounter,
    QueuedReview,
    QueueSwitch,
    QueueValue,
    ReplyAddress,
    RetentionRun,
    ReviewMark,
    SignInFailure,
    StaffSession,
    TechnicalLogEntry,
)
from components.storage.partitions import PARTITIONED, Partition, create_partitions, drop_partition, existing_partitions
from components.storage.turns import turn

logger = logging.getLogger(__name__)

BATCH_SIZE = 1_000
ALARM_WITHOUT_SUCCESS = datetime.timedelta(hours=24)
ALARM_OVERDUE = datetime.timedelta(hours=1)
RUNS_KEPT = datetime.timedelta(days=730)
QUEUE_COUNTERS_KEPT = datetime.timedelta(hours=24)
QUEUE_SWITCHES_KEPT = datetime.timedelta(days=730)
DELIVERIES_KEPT = datetime.timedelta(hours=24)
LONGEST_STAFF_SESSION = datetime.timedelta(hours=24)
SIGN_INS_KEPT = datetime.timedelta(days=60)
VACUUM_BYTES = 128 * 2**20
"""An SQLite file up to this size is rewritten after a purge: that takes less time than a writer waits for its turn."""

BeforeDelete = Callable[[Connection, list[str]], None]

_LONGEST_PAUSE_SECONDS = 0.5
_CLOCK_SLACK = datetime.timedelta(minutes=10)

_CONVERSATIONS = Conversation.__table__
_EVENTS = Event.__table__
_RUNS = RetentionRun.__table__
_AUDIT = AuditEntry.__table__
_CASES = CollectionCase.__table__
_PRACTICES = Practice.__table__

FOLLOWERS: tuple[sa.Table, ...] = tuple(
    model.__table__
    for model in (
        IndexedConversation,
        IndexedMessage,
        ReviewMark,
        QueuedReview,
        ContentTask,
        CollectionCase,
        Practice,
        Hold,
    )
)
"""Tables of rows that staff or the index add to a conversation: none of them outlives it."""

_OF_A_MESSAGE = frozenset({"review_marks", "content_tasks"})
"""Those of them whose rows may be about one message, and go with it."""

_NEVER_SHORTENED = frozenset({"audit_log", "staff_sessions", "sign_in_failures", "holds"})
"""Tables whose rows keep the expiry that they were written with: no setting of conversations is about them."""


@dataclasses.dataclass(frozen=True)
class Periods:
    """How long rows are kept: conversations with what belongs to them, the technical log, reply addresses, audit log.

    An entry of the audit log keeps the expiry that it was written with, as nobody may change one.
    """

    conversations: datetime.timedelta
    technical_log: datetime.timedelta
    reply_addresses: datetime.timedelta
    audit_log: datetime.timedelta = datetime.timedelta(days=730)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Periods:
        """Read the periods; raises SettingsError for one that is not a positive number or too long."""
        return cls(
            conversations=settings.retention(environment),
            technical_log=settings.technical_log_retention(environment),
            reply_addresses=settings.reply_address_lifetime(environment),
            audit_log=settings.audit_retention(environment),
        )

    def of(self, table: sa.Table) -> datetime.timedelta:
        """Return the period of a table with `expires_at`: how long a row is kept at most, but for a hold."""
        own = {
            "technical_log": self.technical_log,
            "reply_addresses": self.reply_addresses,
            "channel_deliveries": DELIVERIES_KEPT,
            "queue_counters": QUEUE_COUNTERS_KEPT,
            "queue_values": QUEUE_COUNTERS_KEPT,
            "queue_switches": QUEUE_SWITCHES_KEPT,
            "audit_log": self.audit_log,
            "staff_sessions": LONGEST_STAFF_SESSION,
            "sign_in_failures": SIGN_INS_KEPT,
            "practices": practices.KEPT,
        }
        return own.get(table.name, self.conversations)

    def __str__(self) -> str:
        return "/".join(str(int(period.total_seconds())) for period in dataclasses.astuple(self))


_COUNTED_FROM = {
    "conversations": _CONVERSATIONS.c.session_started_at,
    "events": _EVENTS.c.occurred_at,
    "feedback": Feedback.__table__.c.occurred_at,
    "technical_log": TechnicalLogEntry.__table__.c.occurred_at,
    "reply_addresses": ReplyAddress.__table__.c.last_message_at,
    "channel_deliveries": ChannelDelivery.__table__.c.received_at,
    "queue_counters": QueueCounter.__table__.c.hour,
    "queue_values": QueueValue.__table__.c.hour,
    "queue_switches": QueueSwitch.__table__.c.changed_at,
    "audit_log": _AUDIT.c.occurred_at,
    "staff_sessions": StaffSession.__table__.c.created_at,
    "sign_in_failures": SignInFailure.__table__.c.last_at,
    "indexed_conversations": IndexedConversation.__table__.c.started_at,
    "indexed_messages": IndexedMessage.__table__.c.occurred_at,
    "review_marks": ReviewMark.__table__.c.made_at,
    "calibrations": Calibration.__table__.c.created_at,
    "queued_reviews": QueuedReview.__table__.c.added_at,
    "content_tasks": ContentTask.__table__.c.created_at,
    "collection_cases": _CASES.c.added_at,
    "practices": _PRACTICES.c.started_at,
    "holds": Hold.__table__.c.made_at,
}


@dataclasses.dataclass(frozen=True)
class Due:
    """Rows of a table (on PostgreSQL: of one partition) that the next purge deletes.

    whole: everything in the partition has expired, so that it is dropped.
    """

    table: str
    partition: str | None
    rows: int
    whole: bool


@dataclasses.dataclass(frozen=True)
class Preview:
    """What the next purge does; `shortened` counts rows by table that a shorter period gives an earlier expiry."""

    due: list[Due]
    shortened: dict[str, int]


@dataclasses.dataclass(frozen=True)
class TableStatus:
    """A table's rows, the oldest one's time, when the next one expires, how many have expired but are still there."""

    table: str
    rows: int
    oldest: datetime.datetime | None
    next_due: datetime.datetime | None
    overdue: int


@dataclasses.dataclass(frozen=True)
class Status:
    """The state of retention; `deleted` counts rows by table that were deleted during the last 24 hours."""

    tables: list[TableStatus]
    last_success: datetime.datetime | None
    deleted: dict[str, int]
    alarms: list[str]


def expiring_tables() -> list[sa.Table]:
    """Return every table with `expires_at`, events first: a conversation goes after its events."""
    tables = [table for table in Base.metadata.tables.values() if "expires_at" in table.c]
    return sorted(tables, key=lambda table: table is not _EVENTS)


def purge(
    engine: Engine,
    *,
    now: datetime.datetime | None = None,
    periods: Periods | None = None,
    batch_size: int = BATCH_SIZE,
    before_delete: BeforeDelete | None = None,
) -> dict[str, int]:
    """Delete every row that has expired by `now` and return how many, by table.

    - Each batch is a transaction: at most `batch_size` rows, or what has expired of one conversation if that is more.
      Between batches writers get as much time as the batch took. A purge that is killed leaves whole batches done, and
      the next one goes on.
    - On PostgreSQL a partition in which everything has expired is dropped; one that is too busy is emptied in batches.
    - On SQLite nothing of what is deleted stays in the file, in its log or in its full-text index.
    - With `periods`, rows that were written under a longer period are first held to the new one, but for conversations
      on hold; no row ever gets a later expiry.
    - What staff and the index add to a conversation goes with it. The audit log is shortened from its beginning only.
    - A disabled account of staff goes when the audit log does not name it any more.
    - `before_delete` is called in a batch's transaction with the conversations whose expired events are about to go,
      all of them at once for a conversation, so that each is met once. Their newer events may still run: look at
      `expires_at <= now` only.

    Purges may run at the same time. Every run is recorded in retention_runs. Raises what the database raises.
    """
    moment = _now() if now is None else now
    run = _Run(engine, moment, batch_size, before_delete)
    run.start()
    try:
        create_partitions(engine, now=moment)
        with run.turn() as connection:
            holds.extend_held(connection, now=moment)
        if periods is not None:
            run.shorten(periods)
        for table in expiring_tables():
            run.empty(table)
        for table in FOLLOWERS:
            run.sweep(table)
        run.batch(staff.forget_disabled)
        run.forget_old_runs()
        if engine.dialect.name == "sqlite":
            overwrite_deleted(engine, rewrite=bool(run.deleted))
    except Exception as error:
        with contextlib.suppress(Exception):  # the first error is the one to tell
            run.finish(ok=False, error_kind=type(getattr(error, "orig", None) or error).__name__)
        raise
    run.finish(ok=True, periods=periods)
    return dict(run.deleted)


def preview(engine: Engine, *, now: datetime.datetime | None = None, periods: Periods | None = None) -> Preview:
    """Return what a purge would do; changes nothing."""
    moment = _now() if now is None else now
    with engine.connect() as connection:
        due = [item for table in expiring_tables() for item in _due(connection, table, moment)]
    shortened: Counter[str] = Counter()
    if periods is not None:
        with contextlib.closing(_late_rows(engine.connect, periods, BATCH_SIZE, moment)) as late_rows:
            for connection, late in late_rows:
                shortened[late.table.name] += _count(connection, late.table, late.which)
    return Preview(due, dict(shortened))


def status(engine: Engine, *, now: datetime.datetime | None = None) -> Status:
    """Return what there is, what is due and what is wrong."""
    moment = _now() if now is None else now
    with engine.connect() as connection:
        return Status(
            tables=[_table_status(connection, table, moment) for table in expiring_tables()],
            last_success=_last_success(connection),
            deleted=_deleted_since(connection, moment - datetime.timedelta(hours=24)),
            alarms=_alarms(connection, moment),
        )


def alarms(engine: Engine, *, now: datetime.datetime | None = None) -> list[str]:
    """Return what is wrong, one sentence each: no success for 24 hours, or rows more than an hour past their time."""
    with engine.connect() as connection:
        return _alarms(connection, _now() if now is None else now)


class _Run:
    """A purge that is under way and its record."""

    def __init__(
        self, engine: Engine, now: datetime.datetime, batch_size: int, before_delete: BeforeDelete | None
    ) -> None:
        self.engine = engine
        self.now = now
        self.batch_size = batch_size
        self.before_delete = before_delete
        self.deleted: Counter[str] = Counter()
        self._id: int | None = None

    def start(self) -> None:
        with turn(self.engine) as connection:
            row = connection.execute(sa.insert(_RUNS).values(started_at=self.now, deleted="{}"))
            self._id = row.inserted_primary_key[0]

    def finish(self, *, ok: bool, error_kind: str | None = None, periods: Periods | None = None) -> None:
        values = {
            "finished_at": _now(),
            "ok": ok,
            "error_kind": error_kind,
            "periods": str(periods) if periods is not None else None,
        }
        with turn(self.engine) as connection:
            connection.execute(sa.update(_RUNS).where(_RUNS.c.id == self._id).values(**values))

    @contextlib.contextmanager
    def turn(self) -> Iterator[Connection]:
        """Open a transaction in turn with other purges; writers get their time after it."""
        begun = time.monotonic()
        with turn(self.engine) as connection:
            yield connection
        time.sleep(min(time.monotonic() - begun, _LONGEST_PAUSE_SECONDS))

    def batch(self, work: Callable[[Connection], Mapping[str, int]]) -> bool:
        """Do a piece of work in a transaction, with the record of what it deleted; tell whether it deleted anything."""
        with self.turn() as connection:
            deleted = self.deleted + Counter(work(connection))
            done = deleted != self.deleted
            if done:
                connection.execute(sa.update(_RUNS).where(_RUNS.c.id == self._id).values(deleted=json.dumps(deleted)))
        self.deleted = deleted
        return done

    def shorten(self, periods: Periods) -> None:
        """Give rows that were written under a longer period the expiry that this one gives them."""
        with self.engine.connect() as connection:
            if not _must_shorten(connection, periods, self.now):
                return
        rows = 0
        with contextlib.closing(_late_rows(self.turn, periods, self.batch_size, self.now)) as late_rows:
            for connection, late in late_rows:
                change = sa.update(late.table).where(late.which).values(expires_at=late.expires_at)
                rows += connection.execute(change).rowcount
        if rows:
            logger.info("%d rows were kept for longer than the retention period says; they expire earlier now.", rows)

    def empty(self, table: sa.Table) -> None:
        """Delete what has expired of a table."""
        # Whoever wants to look at the conversations first gets them in batches.
        if table is not _EVENTS or self.before_delete is None:
            self._drop_partitions(table)
        expired = {_EVENTS.name: self._expired_sessions, _AUDIT.name: self._expired_entries}.get(
            table.name, functools.partial(self._expired, table)
        )
        while self.batch(expired):
            pass
        self._drop_partitions(table)

    def sweep(self, table: sa.Table) -> None:
        """Delete the rows of a table whose conversation, message or case is gone."""
        key = next(iter(table.primary_key))
        lost = _lost(table)

        def delete(found: Sequence[Any], connection: Connection) -> dict[str, int]:
            # Asked once more: it may have come back in the meantime.
            return {table.name: connection.execute(sa.delete(table).where(key.in_(found), lost)).rowcount}

        while True:
            # Looking may take long, so nobody waits for it.
            with self.engine.connect() as connection:
                found = connection.execute(sa.select(key).where(lost).limit(self.batch_size)).scalars().all()
            if not found or not self.batch(functools.partial(delete, found)):
                return

    def forget_old_runs(self) -> None:
        """Delete records of runs that nobody asks for any more."""
        with turn(self.engine) as connection:
            connection.execute(sa.delete(_RUNS).where(_RUNS.c.started_at <= self.now - RUNS_KEPT))

    def _expired(self, table: sa.Table, connection: Connection) -> dict[str, int]:
        key = next(iter(table.primary_key))
        due = table.c.expires_at <= self.now
        first = sa.select(key).where(due).order_by(table.c.expires_at).limit(self.batch_size)
        # Asked twice: a row may get a later expiry between the choice and the deletion.
        return {table.name: connection.execute(sa.delete(table).where(key.in_(first), due)).rowcount}

    def _expired_entries(self, connection: Connection) -> dict[str, int]:
        return {_AUDIT.name: audit.purge_expired(connection, now=self.now, limit=self.batch_size)}

    def _expired_sessions(self, connection: Connection) -> dict[str, int]:
        sender_id, due = _EVENTS.c.sender_id, _EVENTS.c.expires_at <= self.now
        first = sa.select(sender_id).where(due).order_by(_EVENTS.c.expires_at).limit(self.batch_size)
        found = list(dict.fromkeys(connection.execute(first).scalars()))
        if not found:
            return {}
        counted = sa.select(sender_id, sa.func.count()).where(sender_id.in_(found), due).group_by(sender_id)
        rows_of: dict[str, int] = dict(connection.execute(counted).all())
        senders, rows = found[:1], rows_of[found[0]]
        for sender in found[1:]:
            if rows + rows_of[sender] > self.batch_size:
                break
            senders.append(sender)
            rows += rows_of[sender]
        if self.before_delete is not None:
            self.before_delete(connection, senders)
        deleted = connection.execute(sa.delete(_EVENTS).where(sender_id.in_(senders), due)).rowcount
        return {"events": deleted, **_delete_empty(senders, connection)}

    def _drop_partitions(self, table: sa.Table) -> None:
        with self.engine.connect() as connection:
            partitions = existing_partitions(connection)
        for partition in partitions:
            if partition.table == table.name and partition.end <= self.now:
                self._drop_partition(table, partition)

    def _drop_partition(self, table: sa.Table, partition: Partition) -> None:
        senders: list[str] = []

        def drop(connection: Connection) -> dict[str, int]:
            if partition not in existing_partitions(connection):
                return {}  # another purge was quicker
            rows = sa.table(partition.name, sa.column("sender_id"))
            count = connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()
            if table is _EVENTS:
                senders.extend(connection.execute(sa.select(rows.c.sender_id).distinct()).scalars())
            drop_partition(connection, partition)
            return {table.name: count}

        try:
            self.batch(drop)
        except sa.exc.OperationalError:
            return  # too busy: its rows go in batches now, and it goes the next time
        for first in range(0, len(senders), self.batch_size):
            chunk = senders[first : first + self.batch_size]
            self.batch(functools.partial(_delete_empty, chunk))


def _delete_empty(senders: Sequence[str], connection: Connection) -> dict[str, int]:
    """Delete those of the conversations that have no events left."""
    key = _CONVERSATIONS.c.sender_id
    # A server that is adding events holds its conversation's row: once we have the row, its events are to be seen.
    held = connection.execute(sa.select(key).where(key.in_(senders)).with_for_update()).scalars().all()
    has_events = sa.exists().where(_EVENTS.c.sender_id == key)
    return {"conversations": connection.execute(sa.delete(_CONVERSATIONS).where(key.in_(held), ~has_events)).rowcount}


def overwrite_deleted(engine: Engine, *, rewrite: bool) -> None:
    """Leave nothing of deleted rows in an SQLite file, its full-text index and its log.

    `secure_delete` overwrites a row where it stood, but a copy may remain where SQLite once moved it on its page; only
    rewriting the file gets rid of those.
    """
    forget_words(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            if rewrite and Path(engine.url.database).stat().st_size <= VACUUM_BYTES:
                connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sa.exc.OperationalError:
            busy = True
    if busy:
        logger.warning("The SQLite log cannot be emptied while the database is in use; the next purge tries again.")


def _lost(table: sa.Table) -> sa.sql.ColumnElement:
    """Return which rows of a table are about a conversation, a message or a case that is there no more."""
    gone = ~sa.exists().where(_CONVERSATIONS.c.sender_id == table.c.sender_id)
    lost: sa.sql.ColumnElement = sa.and_(table.c.sender_id.is_not(None), gone)
    if table is _PRACTICES:
        return sa.or_(lost, ~sa.exists().where(_CASES.c.id == table.c.case_id))
    if table.name not in _OF_A_MESSAGE:
        return lost
    message = sa.and_(_EVENTS.c.sender_id == table.c.sender_id, _EVENTS.c.id == table.c.event_id)
    return sa.or_(lost, sa.and_(table.c.event_id.is_not(None), ~sa.exists().where(message)))


def _expired_rows(table: sa.Table, now: datetime.datetime) -> sa.sql.ColumnElement:
    """Return which rows a purge deletes for their age."""
    expired: sa.sql.ColumnElement = table.c.expires_at <= now
    if table is not _AUDIT:
        return expired
    # The log is shortened from its beginning only, so an entry stays as long as one before it does.
    kept = sa.select(sa.func.min(_AUDIT.c.number)).where(_AUDIT.c.expires_at > now).scalar_subquery()
    return sa.and_(expired, sa.or_(kept.is_(None), _AUDIT.c.number < kept))


def _not_held(table: sa.Table, now: datetime.datetime) -> sa.sql.ColumnElement:
    """Return which rows belong to no conversation that is kept beyond its term."""
    return ~holds.hold_condition(table.c.sender_id, now) if "sender_id" in table.c else sa.true()


def _must_shorten(connection: Connection, periods: Periods, now: datetime.datetime) -> bool:
    """Tell whether rows may have been written under longer periods than these."""
    last = sa.select(_RUNS.c.periods).where(_RUNS.c.ok).order_by(_RUNS.c.id.desc()).limit(1)
    if connection.execute(last).scalar() != str(periods):
        return True
    # A server may still run with a longer period.
    latest = {table: now + periods.of(table) + _CLOCK_SLACK for table in _shortened_tables()}
    return any(
        _count(connection, table, sa.and_(table.c.expires_at > moment, _not_held(table, now)))
        for table, moment in latest.items()
    )


def _shortened_tables() -> list[sa.Table]:
    return [table for table in expiring_tables() if table.name not in _NEVER_SHORTENED]


@dataclasses.dataclass(frozen=True)
class _Late:
    """Rows that expire later than their period allows, and when they should."""

    table: sa.Table
    which: sa.sql.ColumnElement
    expires_at: datetime.datetime


def _late_rows(
    transaction: Callable[[], AbstractContextManager[Connection]], periods: Periods, size: int, now: datetime.datetime
) -> Generator[tuple[Connection, _Late], None, None]:
    """Walk through all tables in pieces, a transaction each, and give what expires too late with its transaction."""
    for table in _shortened_tables():
        # A session's events expire together, so they are looked up by conversation.
        keys = _CONVERSATIONS if table is _EVENTS else table
        key = next(iter(keys.primary_key))
        period = periods.conversations if table in FOLLOWERS else periods.of(table)
        after: Any = None
        while True:
            with transaction() as connection:
                query = sa.select(key).where(_not_held(keys, now)).order_by(key).limit(size)
                found = connection.execute(query if after is None else query.where(key > after)).scalars().all()
                for each in _late(table)(connection, table, found, period):
                    yield connection, each
            if not found:
                break
            after = found[-1]


def _late(table: sa.Table) -> Callable[[Connection, sa.Table, Sequence[Any], datetime.timedelta], list[_Late]]:
    if table is _EVENTS:
        return _late_sessions
    return _late_followers if table in FOLLOWERS else _late_single_rows


def _late_followers(
    connection: Connection, table: sa.Table, found: Sequence[Any], period: datetime.timedelta
) -> list[_Late]:
    # They expire with their conversation, whenever they were written; an indexed message with its event.
    key, expires_at = next(iter(table.primary_key)), table.c.expires_at
    query = (
        sa.select(key, expires_at, _CONVERSATIONS.c.session_started_at, _CONVERSATIONS.c.expires_at)
        .join(_CONVERSATIONS, _CONVERSATIONS.c.sender_id == table.c.sender_id)
        .where(key.in_(found), expires_at.is_not(None))
    )
    if "event_id" in table.c:
        event = sa.and_(_EVENTS.c.sender_id == table.c.sender_id, _EVENTS.c.id == table.c.event_id)
        query = query.add_columns(_EVENTS.c.expires_at).outerjoin(_EVENTS, event)
    late = []
    for row_key, expiry, session_started_at, *others in connection.execute(query).all():
        end = min(session_started_at + period, *(other for other in others if other is not None))
        if expiry > end:
            late.append(_Late(table, sa.and_(key == row_key, expires_at == expiry), end))
    return late


def _late_sessions(
    connection: Connection, table: sa.Table, senders: Sequence[str], period: datetime.timedelta
) -> list[_Late]:
    # All events of a session have the same expiry, counted from its first event.
    sender_id, expires_at = table.c.sender_id, table.c.expires_at
    sessions = (
        sa.select(sender_id, expires_at, sa.func.min(table.c.occurred_at).label("start"))
        .where(sender_id.in_(senders))
        .group_by(sender_id, expires_at)
    )
    return [
        _Late(table, sa.and_(sender_id == row.sender_id, expires_at == row.expires_at), row.start + period)
        for row in connection.execute(sessions).all()
        if row.expires_at > row.start + period
    ]


def _late_single_rows(
    connection: Connection, table: sa.Table, found: Sequence[Any], period: datetime.timedelta
) -> list[_Late]:
    key, expires_at = next(iter(table.primary_key)), table.c.expires_at
    start = _COUNTED_FROM[table.name]
    rows = connection.execute(sa.select(key, start, expires_at).where(key.in_(found))).all()
    return [
        _Late(table, sa.and_(key == row_key, expires_at == expiry), begun + period)
        for row_key, begun, expiry in rows
        if expiry > begun + period
    ]


def _due(connection: Connection, table: sa.Table, now: datetime.datetime) -> list[Due]:
    due = _expired_rows(table, now)
    if connection.dialect.name != "postgresql" or table.name not in PARTITIONED:
        rows = _count(connection, table, due)
        return [Due(table.name, None, rows, whole=False)] if rows else []
    partition = sa.literal_column("tableoid::regclass::text")
    counted = sa.select(partition, sa.func.count()).select_from(table).where(due).group_by(partition)
    rows_of = dict(connection.execute(counted).all())
    whole = {each.name for each in existing_partitions(connection) if each.table == table.name and each.end <= now}
    return [Due(table.name, name, rows_of.get(name, 0), name in whole) for name in sorted(whole | rows_of.keys())]


def _table_status(connection: Connection, table: sa.Table, now: datetime.datetime) -> TableStatus:
    expires_at = table.c.expires_at
    rows, oldest = connection.execute(sa.select(sa.func.count(), sa.func.min(_COUNTED_FROM[table.name]))).one()
    next_due = connection.execute(sa.select(sa.func.min(expires_at)).where(expires_at > now)).scalar()
    return TableStatus(table.name, rows, oldest, next_due, _count(connection, table, _expired_rows(table, now)))


def _alarms(connection: Connection, now: datetime.datetime) -> list[str]:
    found = []
    last = _last_success(connection)
    if last is None:
        found.append("no purge has ever succeeded")
    elif now - last > ALARM_WITHOUT_SUCCESS:
        found.append(f"no purge has succeeded since {last:%Y-%m-%d %H:%M} UTC")
    for table in expiring_tables():
        if rows := _count(connection, table, _expired_rows(table, now - ALARM_OVERDUE)):
            found.append(f"{rows} rows of {table.name} are more than an hour past their time")
    return found


def _last_success(connection: Connection) -> datetime.datetime | None:
    found: datetime.datetime | None = connection.execute(
        sa.select(sa.func.max(_RUNS.c.finished_at)).where(_RUNS.c.ok)
    ).scalar()
    return found


def _deleted_since(connection: Connection, moment: datetime.datetime) -> dict[str, int]:
    deleted: Counter[str] = Counter()
    for counts in connection.execute(sa.select(_RUNS.c.deleted).where(_RUNS.c.started_at > moment)).scalars():
        deleted.update(json.loads(counts))
    return dict(deleted)


def _count(connection: Connection, table: sa.Table, which: sa.sql.ColumnElement) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(which)).scalar_one())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
