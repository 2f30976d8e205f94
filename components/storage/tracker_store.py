"""The tracker store: only sanitised events, each with an expiry, written once and read in bounded pieces."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import functools
import itertools
import json
import logging
import math
import re
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import psycopg2
import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    SESSION_START_METADATA_SLOT,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    ConversationResumed,
    ReminderScheduled,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.events import Event as RasaEvent
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from components.privacy.pseudonyms import pseudonym
from components.settings import Settings
from components.storage.database import migrate, open_database
from components.storage.models import CHANNEL_LENGTH, SENDER_ID_LENGTH, Conversation, Event
from components.storage.sanitise import is_identifier, public_strings, sanitise

logger = logging.getLogger(__name__)

RECENT_EVENTS = 60
MAX_PENDING_EVENTS = 20_000
MAX_PARKED_WRITES = 100
RETRY_SECONDS = 2.0
_RACE_ATTEMPTS = 3
_STORED_MARK = "_luotsi_stored"
_PLAIN_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{SENDER_ID_LENGTH}}}")
_POSTGRESQL_PROGRAM_LIMIT = "54"  # class of SQLSTATE: this row is too large or too complex

_EVENTS = Event.__table__
_CONVERSATIONS = Conversation.__table__
_Answer = TypeVar("_Answer")
_Rows = tuple[dict[str, Any] | None, list[tuple[str, str]]]


@dataclasses.dataclass
class _Write:
    """What one save adds: event rows and the conversation's new state, all sanitised.

    superseded_expiry: set when an event turned out to be older than the start of its session; the rows that were
    written with this expiry must then expire with it.
    """

    write_id: str
    sender_id: str
    conversation: dict[str, Any]
    events: list[dict[str, Any]]
    superseded_expiry: datetime.datetime | None
    tried: bool = False


@dataclasses.dataclass(frozen=True)
class _Kept:
    """What was read of a conversation: its row (None when unknown) and its events as JSON, oldest first."""

    conversation: dict[str, Any] | None
    events: list[str]
    cut: bool = False


class SanitisedTrackerStore(TrackerStore):
    """Keeps conversations for components.settings.Settings.retention and not a second longer than promised.

    - Gate 3: every string of every new event is masked before it is written or sent to the broker. A sender id that
      is not a plain identifier is replaced by its pseudonym.
    - `expires_at` is the start of the session plus the retention period, so that a whole session expires at once and
      no event outlives its own period.
    - New events are recognised by a mark on those that were read, not by counting, so two messages handled close
      together, or by two servers, never lose or repeat an event.
    - A read returns at most `recent_events` events of the running session, with the slots, form and pause that
      earlier ones led to, so that a long conversation is as quick as a short one.
    - While the database cannot be written, sanitised events wait in memory and are written as soon as it can; when
      MAX_PENDING_EVENTS wait the store is `overloaded`, and the channels take no new message in.
    - A write that the database refuses for what is in it is parked, so that later ones go on.
    - Nothing is ever raised to Rasa, whose fail-safe store would keep trackers as they are.
    """

    def __init__(
        self,
        domain: Domain | None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        *,
        settings: Settings | None = None,
        recent_events: int = RECENT_EVENTS,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._settings = settings or Settings.from_environment()
        self._recent_events = recent_events
        self._engine: Engine = open_database(self._settings.database_url)
        migrate(self._engine)
        self._pending: collections.deque[_Write] = collections.deque()
        self._parked: collections.deque[_Write] = collections.deque(maxlen=MAX_PARKED_WRITES)
        self._unpublished: collections.deque[_Write] = collections.deque()
        self._pending_lock = threading.Lock()
        self._queue_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._publish_lock = threading.Lock()
        self._failed_attempts = 0
        self._unwritable = False
        self._unreadable = False
        self._retry: asyncio.Task[None] | None = None
        self._public = self._public_strings()

    @property
    def domain(self) -> Domain:
        """Return the domain of the loaded model."""
        return self._domain

    @domain.setter
    def domain(self, domain: Domain | None) -> None:
        self._domain = domain or Domain.empty()
        self._public = self._public_strings()

    @property
    def engine(self) -> Engine:
        """Return the database engine."""
        return self._engine

    @property
    def pending_events(self) -> int:
        """Return how many sanitised events wait for the database."""
        with self._pending_lock:
            return sum(len(write.events) for write in self._pending)

    @property
    def parked_events(self) -> int:
        """Return how many sanitised events the database refused for what is in them (the latest ones are counted)."""
        with self._pending_lock:
            return sum(len(write.events) for write in self._parked)

    @property
    def overloaded(self) -> bool:
        """Tell whether so much waits for the database that no new message should be taken in."""
        return self.pending_events >= MAX_PENDING_EVENTS

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker's new events; the broker gets them afterwards."""
        try:
            # Claiming and queueing are one step, so that two saves of one tracker keep the order of its events.
            with self._queue_lock:
                if not self._queue(tracker):
                    return
            # While a retry is running nobody waits for a database that was out of reach a moment ago.
            if self._is_retrying():
                return
            if not await asyncio.to_thread(self._write_pending) and not self._is_retrying():
                self._retry = asyncio.get_running_loop().create_task(self._flush_later())
            self._publish_written()
        except Exception as error:  # Rasa would answer by keeping the raw tracker in its fail-safe store
            logger.critical("A conversation could not be saved (%s).", _kind(error))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the running session's recent events, or None for an unknown conversation."""
        kept = await asyncio.to_thread(self._read, sender_id, self._recent_events)
        events = self._rebuilt(kept.events)
        if not events:
            return None
        start = _session_start(events)
        if start is not None:
            events = events[start:]
        elif kept.cut and kept.conversation is not None:
            events = [*self._earlier_state(kept.conversation, events), *_from_first_message(events)]
        return self._tracker(sender_id, events)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Return all events of the conversation that have not expired."""
        kept = await asyncio.to_thread(self._read, conversation_id, None)
        events = self._rebuilt(kept.events)
        return self._tracker(conversation_id, events) if events else None

    async def exists(self, conversation_id: str) -> bool:
        """Tell whether anything of the conversation is kept."""
        kept = await asyncio.to_thread(self._read, conversation_id, 1)
        return bool(kept.events)

    async def keys(self) -> Iterable[str]:
        """Return the pseudonyms of all conversations that have not expired."""
        return await asyncio.to_thread(self._read_keys)

    def flush(self) -> bool:
        """Write what waits for the database, oldest first; return whether nothing is left waiting."""
        done = self._write_pending()
        self._publish_written()
        return done

    def _is_retrying(self) -> bool:
        task = self._retry
        # A task of a loop that has ended will never go on.
        return task is not None and not task.done() and task.get_loop().is_running()

    async def _flush_later(self) -> None:
        # Asked anew before the end: a save that saw this task running has left its events to it.
        while self._pending:
            await asyncio.sleep(RETRY_SECONDS)
            await asyncio.to_thread(self._write_pending)
            self._publish_written()

    def _write_pending(self) -> bool:
        attempts = self._failed_attempts
        with self._write_lock:
            if attempts != self._failed_attempts:
                # The database was found out of reach while this caller waited for its turn.
                return not self._pending
            while self._pending:
                write = self._pending[0]
                try:
                    self._write(write)
                except Exception as error:
                    write.tried = True
                    if not _is_own_fault(error):
                        self._note_failure(error)
                        return False
                    self._park(write, error)
                else:
                    with self._pending_lock:
                        self._pending.popleft()
                        if self.event_broker is not None:
                            self._unpublished.append(write)
                    self._note_success()
            return True

    def _note_failure(self, error: Exception) -> None:
        self._failed_attempts += 1
        if not self._unwritable:
            self._unwritable = True
            logger.error(
                "The conversation store cannot be written (%s); sanitised events wait in memory until it can be.",
                _kind(error),
            )

    def _note_success(self) -> None:
        if self._unwritable:
            self._unwritable = False
            logger.warning("The conversation store can be written again; the events that waited are not lost.")

    def _park(self, write: _Write, error: Exception) -> None:
        with self._pending_lock:
            self._pending.popleft()
            self._parked.append(write)
        logger.critical(
            "The database refuses %d sanitised events for what is in them (%s); they are set aside and not stored.",
            len(write.events),
            _kind(error),
        )

    def _write(self, write: _Write) -> None:
        for attempt in range(_RACE_ATTEMPTS):
            try:
                with self._engine.begin() as connection:
                    _insert(connection, write)
                return
            except IntegrityError:
                # Another server began the same conversation at the same moment; now its row is there to update.
                if attempt == _RACE_ATTEMPTS - 1:
                    raise

    def _publish_written(self) -> None:
        with self._publish_lock:
            while self._unpublished:
                write = self._unpublished.popleft()
                try:
                    for row in write.events:
                        self.event_broker.publish({"sender_id": write.sender_id, **json.loads(row["data"])})
                except Exception as error:  # what is stored must not be stored again because a broker is away
                    logger.error(
                        "The event broker did not take all of %d events (%s).", len(write.events), _kind(error)
                    )

    def _public_strings(self) -> frozenset[str]:
        domain = self._domain
        names = [
            *domain.action_names_or_texts,
            *domain.intents,
            *domain.entities,
            *(slot.name for slot in domain.slots),
        ]
        return public_strings(domain.responses, names)

    def _key(self, sender_id: str) -> str:
        """Return the name under which a conversation is kept."""
        plain = _PLAIN_ID.fullmatch(sender_id) is not None
        if plain and (is_identifier(sender_id) or sanitise(sender_id) == sender_id):
            return sender_id
        return pseudonym(self._settings.secret_key, "store", sender_id.encode("utf-8", "backslashreplace").decode())

    def _queue(self, tracker: DialogueStateTracker) -> bool:
        events = list(tracker.events)
        new_events = [event for event in events if not getattr(event, _STORED_MARK, False)]
        if not new_events:
            return False
        write = self._write_of(tracker, events, {id(event) for event in new_events})
        for event in new_events:
            setattr(event, _STORED_MARK, True)
        with self._pending_lock:
            self._pending.append(write)
        return True

    def _write_of(self, tracker: DialogueStateTracker, events: list[RasaEvent], new_ids: set[int]) -> _Write:
        write_id, sender_id = uuid.uuid4().hex, self._key(str(tracker.sender_id))
        rows: list[dict[str, Any]] = []
        # An event belongs to the session whose start it follows; a clock that was set back must not lengthen its life.
        for session in _sessions(events):
            started = min(_seconds(event) for event in session)
            known = [_seconds(event) for event in session if id(event) not in new_ids]
            superseded = _time(min(known)) if known and _time(min(known)) > _time(started) else None
            expires_at = _time(started) + self._settings.retention
            rows += [
                {
                    "sender_id": sender_id,
                    "write_id": write_id,
                    "type_name": event.type_name,
                    "occurred_at": _time(_seconds(event)),
                    "expires_at": expires_at,
                    "data": self._data(event),
                }
                for event in session
                if id(event) in new_ids
            ]
        state = {
            "slots": {name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value},
            "active_loop": tracker.active_loop_name,
            "paused": tracker.is_paused(),
        }
        return _Write(
            write_id=write_id,
            sender_id=sender_id,
            conversation={
                "channel": self._channel(tracker),
                "session_started_at": _time(started),
                "last_event_at": rows[-1]["occurred_at"],
                "expires_at": expires_at,
                "state": _json(sanitise(state, self._public)),
            },
            events=rows,
            superseded_expiry=superseded + self._settings.retention if superseded is not None else None,
        )

    def _data(self, event: RasaEvent) -> str:
        """Return the sanitised JSON of an event; Rasa's own names for it and its time are not personal data."""
        try:
            raw = event.as_dict()
        except Exception as error:
            logger.error("An event of the kind %s cannot be written out (%s).", type(event).__name__, _kind(error))
            raw = {"event": event.type_name}
        known = {"event": raw.pop("event"), "timestamp": _finite(event.timestamp)}
        raw.pop("timestamp", None)
        data = {**known, **sanitise(raw, self._public)}
        if isinstance(event, ReminderScheduled):
            data["date_time"] = event.trigger_date_time.isoformat()
        return _json(data)

    def _channel(self, tracker: DialogueStateTracker) -> str | None:
        channel = tracker.get_latest_input_channel()
        if not channel:
            return None
        # PostgreSQL takes no NUL character and UTF-8 no lone surrogate.
        masked = str(sanitise(str(channel), self._public)).encode("ascii", "replace").decode()
        return masked.replace("\0", "?")[:CHANNEL_LENGTH]

    def _read(self, sender_id: str, limit: int | None) -> _Kept:
        """Return the latest `limit` events of a conversation (all for None), those that wait included."""
        key = self._key(sender_id)
        now = _now()
        # What waits is looked at first: a write that is made in between is then met twice rather than not at all,
        # and recognised by its id.
        with self._pending_lock:
            waiting = [write for write in self._pending if write.sender_id == key]
        nothing: _Rows = (None, [])
        conversation, rows = self._ask(lambda connection: _select(connection, key, limit, now), nothing)
        written = {write_id for write_id, _ in rows}
        events = [data for _, data in reversed(rows)]
        for write in waiting:
            if write.write_id not in written:
                conversation = {"sender_id": key, **write.conversation}
                events += [row["data"] for row in write.events if row["expires_at"] > now]
        if limit is None or len(events) < limit:
            return _Kept(conversation, events)
        return _Kept(conversation, events[-limit:], cut=True)

    def _read_keys(self) -> list[str]:
        now = _now()
        with self._pending_lock:
            waiting = [write.sender_id for write in self._pending if write.conversation["expires_at"] > now]
        query = sa.select(_CONVERSATIONS.c.sender_id).where(_CONVERSATIONS.c.expires_at > now)
        nothing: list[str] = []
        stored = self._ask(lambda connection: [str(key) for (key,) in connection.execute(query)], nothing)
        return list(dict.fromkeys([*stored, *waiting]))

    def _ask(self, question: Callable[[Connection], _Answer], otherwise: _Answer) -> _Answer:
        """Return what `question` reads; a failure is logged once until reading works again, and gives `otherwise`."""
        try:
            with self._engine.connect() as connection:
                answer = question(connection)
        except Exception as error:  # Rasa would log the text of the error, which may quote what is stored
            if not self._unreadable:
                self._unreadable = True
                logger.error("The conversation store cannot be read (%s); going on without history.", _kind(error))
            return otherwise
        self._unreadable = False
        return answer

    def _rebuilt(self, rows: Sequence[str]) -> list[RasaEvent]:
        events: list[RasaEvent] = []
        unreadable = 0
        for row in rows:
            try:
                event = _event(json.loads(row))
            except Exception:  # one odd event must not cost the conversation
                event = None
            if event is None:
                unreadable += 1
            else:
                events.append(event)
        if unreadable:
            logger.error("%d stored events cannot be understood by this version and are passed over.", unreadable)
        return events

    def _tracker(self, sender_id: str, events: list[RasaEvent]) -> DialogueStateTracker:
        for event in events:
            setattr(event, _STORED_MARK, True)
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots, domain=self.domain)

    def _earlier_state(self, conversation: dict[str, Any], events: list[RasaEvent]) -> list[RasaEvent]:
        """Return events that bring a tracker to where the events that were not read had brought it.

        The slots are those after the *latest* event: the ones that the read events change again end up the same.
        """
        state = json.loads(conversation["state"])
        timestamp = conversation["session_started_at"].timestamp()
        known_slots = {slot.name for slot in self.domain.slots}
        earlier: list[RasaEvent] = [
            ActionExecuted(ACTION_SESSION_START_NAME, timestamp=timestamp),
            SessionStarted(timestamp=timestamp),
            *(
                SlotSet(name, value, timestamp=timestamp)
                for name, value in state["slots"].items()
                if name in known_slots
            ),
        ]
        if state["active_loop"] and not any(isinstance(event, ActiveLoop) for event in events):
            earlier.append(ActiveLoop(state["active_loop"], timestamp=timestamp))
        earlier.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=timestamp))
        if state["paused"] and not any(isinstance(e, ConversationPaused | ConversationResumed) for e in events):
            earlier.append(ConversationPaused(timestamp=timestamp))
        return earlier


@functools.lru_cache(maxsize=128)
def _event_class(type_name: str) -> type[RasaEvent]:
    # Rasa walks through all its classes for every event, which takes longer than everything else in a read.
    found: type[RasaEvent] | None = RasaEvent.resolve_by_type(type_name)
    if found is None:
        raise ValueError("an event of an unknown kind")
    return found


def _event(parameters: dict[str, Any]) -> RasaEvent | None:
    return _event_class(parameters["event"])._from_parameters(parameters)


def _insert(connection: Connection, write: _Write) -> None:
    if write.tried and _was_made(connection, write):
        return
    now = _now()
    rows = [row for row in write.events if row["expires_at"] > now]
    if not rows:
        return
    values = dict(write.conversation)
    if write.superseded_expiry is None:
        # A server that is late with an older session must not shorten the newer one.
        for name in ("session_started_at", "expires_at"):
            column = _CONVERSATIONS.c[name]
            values[name] = sa.case((column > values[name], column), else_=values[name])
    else:
        connection.execute(
            sa.update(_EVENTS)
            .where(_EVENTS.c.sender_id == write.sender_id, _EVENTS.c.expires_at == write.superseded_expiry)
            .values(expires_at=write.conversation["expires_at"])
        )
    updated = connection.execute(
        sa.update(_CONVERSATIONS).where(_CONVERSATIONS.c.sender_id == write.sender_id).values(**values)
    )
    if updated.rowcount == 0:
        connection.execute(sa.insert(_CONVERSATIONS).values(sender_id=write.sender_id, **write.conversation))
    connection.execute(sa.insert(_EVENTS), rows)


def _was_made(connection: Connection, write: _Write) -> bool:
    """Tell whether an earlier attempt was made after all: the connection may have broken before the answer came."""
    query = sa.select(_EVENTS.c.id).where(_EVENTS.c.sender_id == write.sender_id, _EVENTS.c.write_id == write.write_id)
    return connection.execute(query.limit(1)).first() is not None


def _is_own_fault(error: Exception) -> bool:
    """Tell whether a write failed for what is in it, so that it would fail again however well the database is.

    The statements are fixed and the rows hold only texts and times, so everything else that a database says (locked,
    full, read-only, gone, a table or a right missing) is about the database and concerns every write.
    """
    if isinstance(error, DBAPIError):
        if isinstance(error, DataError | IntegrityError) or isinstance(error.orig, sqlite3.InterfaceError):
            return True
        if isinstance(error.orig, psycopg2.ProgrammingError):
            return error.orig.pgcode is None  # refused before it was sent
        return (getattr(error.orig, "pgcode", None) or "").startswith(_POSTGRESQL_PROGRAM_LIMIT)
    return isinstance(error, ValueError | TypeError | OverflowError | sa.exc.StatementError)


def _kind(error: BaseException) -> str:
    """Name an error without its text, which may quote what was to be written."""
    return type(getattr(error, "orig", None) or error).__name__


def _select(connection: Connection, key: str, limit: int | None, now: datetime.datetime) -> _Rows:
    """Return a conversation's row and, newest first, the write and the JSON of its events."""
    conversation = connection.execute(
        sa.select(_CONVERSATIONS).where(_CONVERSATIONS.c.sender_id == key, _CONVERSATIONS.c.expires_at > now)
    ).first()
    if conversation is None:
        return None, []
    query = sa.select(_EVENTS.c.write_id, _EVENTS.c.data).where(_EVENTS.c.sender_id == key, _EVENTS.c.expires_at > now)
    rows = connection.execute(query.order_by(_EVENTS.c.id.desc()).limit(limit))
    return dict(conversation._mapping), [(str(write_id), str(data)) for write_id, data in rows]


def _sessions(events: list[RasaEvent]) -> Iterator[list[RasaEvent]]:
    """Split events into sessions, oldest first."""
    starts = {_announcement(events, i) for i, event in enumerate(events) if isinstance(event, SessionStarted)}
    cuts = [0, *sorted(starts - {0}), len(events)]
    for first, end in itertools.pairwise(cuts):
        yield events[first:end]


def _session_start(events: list[RasaEvent]) -> int | None:
    """Return where the latest session begins, or None when its beginning is not among the events."""
    latest = next((i for i in reversed(range(len(events))) if isinstance(events[i], SessionStarted)), None)
    return _announcement(events, latest) if latest is not None else None


def _announcement(events: list[RasaEvent], position: int) -> int:
    """Return the first event that belongs to the session start at `position`: Rasa says twice that one begins."""
    if position > 0:
        before = events[position - 1]
        if isinstance(before, ActionExecuted) and before.action_name == ACTION_SESSION_START_NAME:
            position -= 1
    if position > 0:
        before = events[position - 1]
        if isinstance(before, SlotSet) and before.key == SESSION_START_METADATA_SLOT:
            position -= 1
    return position


def _from_first_message(events: list[RasaEvent]) -> list[RasaEvent]:
    first = next((i for i, event in enumerate(events) if isinstance(event, UserUttered)), 0)
    return events[first:]


def _json(value: object) -> str:
    # Lone surrogates cannot be written as UTF-8.
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()


def _finite(timestamp: object) -> float:
    try:
        seconds = float(str(timestamp))
    except ValueError:
        return time.time()
    return seconds if math.isfinite(seconds) else time.time()


def _seconds(event: RasaEvent) -> float:
    """Return when an event happened; no event happens after now, whatever a clock said."""
    return min(max(_finite(event.timestamp), 0.0), time.time())


def _time(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
