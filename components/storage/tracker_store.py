"""The tracker store: only sanitised events, each with an expiry, written once and read in bounded pieces."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import contextvars
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
from components.privacy.special_categories import mentions_special_category
from components.settings import Settings
from components.storage.database import migrate, open_database
from components.storage.label_counts import LabelKey, add_label_counts, label_counts_of
from components.storage.markings import markings
from components.storage.models import CHANNEL_LENGTH, SENDER_ID_LENGTH, Conversation, Event
from components.storage.rights import Receipt, Row, as_json, erase, is_stored, stored_data
from components.storage.sanitise import is_identifier, public_strings, sanitise
from components.storage.unstored import UnstoredConversations, is_unstored

logger = logging.getLogger(__name__)

RECENT_EVENTS = 60
MAX_PENDING_EVENTS = 20_000
MAX_PARKED_WRITES = 100
RETRY_SECONDS = 2.0
REMEMBERED_RECEIPTS = 10_000
_RACE_ATTEMPTS = 3
_PLACE_MARK = "_luotsi_place"
_PLAIN_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{SENDER_ID_LENGTH}}}")
_POSTGRESQL_PROGRAM_LIMIT = "54"  # class of SQLSTATE: this row is too large or too complex

_EVENTS = Event.__table__
_CONVERSATIONS = Conversation.__table__
_Answer = TypeVar("_Answer")
_Rows = tuple[dict[str, Any] | None, list[tuple[str, str]]]


@dataclasses.dataclass(eq=False)
class _Place:
    """Where events of a tracker are, as a mark on each of them: in the database, or in a write that waits for it."""

    in_database: bool = False


@dataclasses.dataclass
class _Write:
    """What one save adds: event rows and the conversation's new state, all sanitised.

    superseded_expiry: set when an event turned out to be older than the start of its session; the rows that were
    written with this expiry must then expire with it.
    label_counts: how often something of a kind was masked; of a conversation that is not stored this is all there is.
    place: the mark on the events of this write. earlier: the marks on the events before them. When one of those was in
    the database and the conversation is there no longer, it was erased by somebody else (the privacy officer, another
    server), and the write is dropped.
    """

    write_id: str
    sender_id: str
    conversation: dict[str, Any]
    events: list[dict[str, Any]]
    superseded_expiry: datetime.datetime | None
    label_counts: dict[LabelKey, int]
    place: _Place = dataclasses.field(default_factory=_Place)
    earlier: frozenset[_Place] = frozenset()
    tried: bool = False


@dataclasses.dataclass(frozen=True)
class _Kept:
    """What was read of a conversation: its row (None when unknown) and its events as JSON, oldest first.

    in_database: whether the database has it; otherwise all of it waits, or it is not stored.
    """

    conversation: dict[str, Any] | None
    events: list[str]
    cut: bool = False
    in_database: bool = False


@dataclasses.dataclass(frozen=True)
class Arrival:
    """A message that is being handled, and the receipt that its conversation had when the message came."""

    store: SanitisedTrackerStore
    key: str
    receipt: Receipt | None

    @property
    def is_erased(self) -> bool:
        """Tell whether the conversation was erased after the message came."""
        return self.store.latest_receipt(self.key) is not self.receipt


# A context variable, because Rasa hands nothing of a message through to the save of its conversation.
_ARRIVAL: contextvars.ContextVar[Arrival | None] = contextvars.ContextVar("luotsi_arrival", default=None)


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
    - Conversations whose id says that they are not stored live in memory only (components.storage.unstored).
    - What was erased does not come back: see `erase` and `arrival`, and `_Write` for what others erase.
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
        self._unstored = UnstoredConversations(self._settings.session_lifetime)
        self._receipts: collections.OrderedDict[str, Receipt] = collections.OrderedDict()
        self._pending_lock = threading.Lock()
        self._queue_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._publish_lock = threading.Lock()
        self._failed_attempts = 0
        self._unwritable = False
        self._unreadable = False
        self._retry: asyncio.Task[None] | None = None
        self._public = published_strings(self._domain)
        mentions_special_category("")  # reads the word lists now rather than with the first message

    @property
    def domain(self) -> Domain:
        """Return the domain of the loaded model."""
        return self._domain

    @domain.setter
    def domain(self, domain: Domain | None) -> None:
        self._domain = domain or Domain.empty()
        self._public = published_strings(self._domain)

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
        with self._pending_lock:
            return sum(max(1, len(write.events)) for write in self._pending) >= MAX_PENDING_EVENTS

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker's new events; the broker gets them afterwards."""
        try:
            # Claiming and queueing are one step, so that two saves of one tracker keep the order of its events.
            with self._queue_lock:
                if self._came_before_erasure(tracker) or not self._queue(tracker):
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
        return self._tracker(sender_id, events, _Place(kept.in_database))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Return all events of the conversation that have not expired."""
        kept = await asyncio.to_thread(self._read, conversation_id, None)
        events = self._rebuilt(kept.events)
        return self._tracker(conversation_id, events, _Place(kept.in_database)) if events else None

    async def kept_events(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return the conversation's events that have not expired as JSON data, without a tracker around them."""
        kept = await asyncio.to_thread(self._read, conversation_id, None)
        return [json.loads(row) for row in kept.events]

    async def newest_rows(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        """Return the number of the newest stored event of each conversation that has one: a cheap sign of news.

        While the database cannot be read there is no news.
        """
        keys = {self._key(conversation_id): conversation_id for conversation_id in conversation_ids}
        query = (
            sa.select(_EVENTS.c.sender_id, sa.func.max(_EVENTS.c.id))
            .where(_EVENTS.c.sender_id.in_(list(keys)))
            .group_by(_EVENTS.c.sender_id)
        )
        nothing: list[tuple[str, int]] = []
        rows = await asyncio.to_thread(
            self._ask, lambda connection: [(str(key), int(row)) for key, row in connection.execute(query)], nothing
        )
        return {keys[key]: row for key, row in rows}

    async def exists(self, conversation_id: str) -> bool:
        """Tell whether anything of the conversation is kept."""
        kept = await asyncio.to_thread(self._read, conversation_id, 1)
        return bool(kept.events)

    async def keys(self) -> Iterable[str]:
        """Return the pseudonyms of all conversations that have not expired."""
        return await asyncio.to_thread(self._read_keys)

    @contextlib.contextmanager
    def arrival(self, sender_id: str) -> Iterator[Arrival]:
        """Say that what is done inside, tasks begun there included, handles a message that has come.

        When the conversation is erased before that is done, nothing of it is saved: neither a message that waited for
        its turn nor an answer that took long brings the conversation back.
        """
        key = self._key(sender_id)
        arrival = Arrival(self, key, self.latest_receipt(key))
        token = _ARRIVAL.set(arrival)
        try:
            yield arrival
        finally:
            _ARRIVAL.reset(token)

    def latest_receipt(self, key: str) -> Receipt | None:
        """Return the receipt of the latest erasure of a conversation that this server remembers."""
        return self._receipts.get(key)

    async def stored_data(self, sender_id: str) -> dict[str, list[Row]]:
        """Return everything that is kept of a conversation as JSON data, rows by table.

        What waits for the database is included. Of a conversation that is not stored it is what memory holds.
        """
        return await asyncio.to_thread(self._stored_data, self._key(sender_id))

    async def has_consented(self, sender_id: str) -> bool:
        """Tell whether consent is kept with a conversation; erasing it withdraws consent.

        While the database cannot be read the answer is yes: whoever has the conversation's token consented once.
        """
        kept = await asyncio.to_thread(self._read, sender_id, 1)
        return self._unreadable or (kept.conversation or {}).get("consented_at") is not None

    async def notice_version(self, sender_id: str) -> str | None:
        """Return the version of the privacy notice that a conversation was told of last, or None."""
        kept = await asyncio.to_thread(self._read, sender_id, 1)
        version = (kept.conversation or {}).get("notice_version")
        return str(version) if version is not None else None

    async def erase(self, sender_id: str) -> Receipt:
        """Delete everything of a conversation: rows of every table, what waits or is parked, what is in memory.

        Hold the conversation's lock. Raises what the database raises; then nothing was deleted. Doing it again gives
        the same receipt unless something was stored in between.
        """
        return await asyncio.to_thread(self._erase, self._key(sender_id))

    async def stop_storing(self, sender_id: str, unstored_id: str) -> Receipt:
        """Erase a conversation as `erase` does, and let it go on in memory as `unstored_id`."""
        key = self._key(sender_id)
        kept = await asyncio.to_thread(self._read, sender_id, None)
        receipt = await asyncio.to_thread(self._erase, key)
        if kept.conversation is not None:
            self._keep_in_memory(unstored_id, kept.conversation, kept.events)
        return receipt

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
                    write.place.in_database = self._write(write)
                except Exception as error:
                    write.tried = True
                    if not _is_own_fault(error):
                        self._note_failure(error)
                        return False
                    self._park(write, error)
                else:
                    with self._pending_lock:
                        self._pending.popleft()
                        if self.event_broker is not None and write.place.in_database:
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

    def _write(self, write: _Write) -> bool:
        """Make a write; return whether its events are in the database now (see `_insert_events`)."""
        attempts = 0
        while True:
            attempts += 1
            try:
                with self._engine.begin() as connection:
                    return _insert(connection, write)
            except IntegrityError:
                # Another server began the same conversation at the same moment; now its row is there to update.
                if attempts == _RACE_ATTEMPTS:
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

    def _came_before_erasure(self, tracker: DialogueStateTracker) -> bool:
        arrival = _ARRIVAL.get()
        return arrival is not None and arrival.key == self._key(str(tracker.sender_id)) and arrival.is_erased

    def _stored_data(self, key: str) -> dict[str, list[Row]]:
        if is_unstored(key):
            row, events = self._unstored.read(key)
            return {
                _CONVERSATIONS.name: [as_json(row, _CONVERSATIONS.name)] if row is not None else [],
                _EVENTS.name: [{"data": json.loads(data)} for data in events],
            }
        return stored_data(self._engine, key, waiting=self._waiting(key))

    def _erase(self, key: str) -> Receipt:
        # Nothing can be written meanwhile, so what waits is either counted as waiting or found in the database.
        with self._write_lock:
            waiting = [*self._waiting(key), *({"write_id": None, "data": data} for data in self._unstored.read(key)[1])]
            receipt = self.latest_receipt(key)
            if receipt is None or waiting or is_stored(self._engine, key):
                receipt = erase(self._engine, key, waiting=waiting)
            with self._queue_lock:
                self._forget(key)
                # A copy, by which messages that came before this erasure are told from those that come after it.
                self._receipts[key] = receipt = dataclasses.replace(receipt)
            return receipt

    def _waiting(self, key: str) -> list[Row]:
        """Return the event rows of a conversation that are not written: they wait, or the database refused them."""
        with self._pending_lock:
            writes = [write for write in (*self._pending, *self._parked) if write.sender_id == key]
        return [row for write in writes for row in write.events]

    def _forget(self, key: str) -> None:
        with self._publish_lock, self._pending_lock:
            for queue in (self._pending, self._parked, self._unpublished):
                others = [write for write in queue if write.sender_id != key]
                queue.clear()
                queue.extend(others)
        self._unstored.drop(key)
        self._receipts.pop(key, None)
        while len(self._receipts) >= REMEMBERED_RECEIPTS:
            self._receipts.popitem(last=False)

    def _keep_in_memory(self, key: str, conversation: dict[str, Any], events: Sequence[str]) -> None:
        if self._unstored.add(key, {**conversation, "sender_id": key}, events):
            lifetime = self._settings.session_lifetime.total_seconds()
            asyncio.get_running_loop().call_later(lifetime, self._unstored.drop_expired)

    def _key(self, sender_id: str) -> str:
        """Return the name under which a conversation is kept."""
        if is_unstored(sender_id):
            return sender_id
        plain = _PLAIN_ID.fullmatch(sender_id) is not None
        if plain and (is_identifier(sender_id) or sanitise(sender_id) == sender_id):
            return sender_id
        return pseudonym(self._settings.secret_key, "store", sender_id.encode("utf-8", "backslashreplace").decode())

    def _queue(self, tracker: DialogueStateTracker) -> bool:
        events = list(tracker.events)
        places: dict[int, _Place | None] = {id(event): getattr(event, _PLACE_MARK, None) for event in events}
        new_events = [event for event in events if places[id(event)] is None]
        if not new_events:
            return False
        write = self._write_of(tracker, events, {id(event) for event in new_events})
        write.earlier = frozenset(place for place in places.values() if place is not None)
        for event in new_events:
            setattr(event, _PLACE_MARK, write.place)
        if is_unstored(write.sender_id):
            self._keep_in_memory(write.sender_id, write.conversation, [row["data"] for row in write.events])
            if not write.label_counts:
                return False
            write = dataclasses.replace(write, conversation={}, events=[])
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
                    **self._content(event),
                }
                for event in session
                if id(event) in new_ids
            ]
        state = {
            "slots": {name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value},
            "active_loop": tracker.active_loop_name,
            "paused": tracker.is_paused(),
        }
        channel = self._channel(tracker)
        return _Write(
            write_id=write_id,
            sender_id=sender_id,
            conversation={
                "channel": channel,
                "session_started_at": _time(started),
                "last_event_at": rows[-1]["occurred_at"],
                "expires_at": expires_at,
                "state": _json(sanitise(state, self._public)),
                **_notice(event for event in events if id(event) in new_ids),
            },
            events=rows,
            superseded_expiry=superseded + self._settings.retention if superseded is not None else None,
            label_counts=label_counts_of(
                (
                    (_time(_seconds(event)), (event.metadata or {}).get("masked"))
                    for event in events
                    if id(event) in new_ids and isinstance(event, UserUttered)
                ),
                channel=channel,
                language=tracker.slots["language"].value if "language" in tracker.slots else None,
            ),
        )

    def _content(self, event: RasaEvent) -> dict[str, Any]:
        """Return an event as sanitised JSON, with its markings.

        Rasa's own names for it and its time are not personal data.
        """
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
        return {"data": _json(data), **markings(data)}

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
        if is_unstored(key):
            conversation, events = self._unstored.read(key)
            return _cut(conversation, events, limit)
        # What waits is looked at first: a write that is made in between is then met twice rather than not at all,
        # and recognised by its id.
        with self._pending_lock:
            waiting = [write for write in self._pending if write.sender_id == key]
        nothing: _Rows = (None, [])
        conversation, rows = self._ask(lambda connection: _select(connection, key, limit, now), nothing)
        in_database = conversation is not None
        written = {write_id for write_id, _ in rows}
        events = [data for _, data in reversed(rows)]
        for write in waiting:
            if write.write_id not in written:
                conversation = {**(conversation or {}), "sender_id": key, **write.conversation}
                events += [row["data"] for row in write.events if row["expires_at"] > now]
        return dataclasses.replace(_cut(conversation, events, limit), in_database=in_database)

    def _read_keys(self) -> list[str]:
        now = _now()
        with self._pending_lock:
            waiting = [
                write.sender_id for write in self._pending if write.events and write.conversation["expires_at"] > now
            ]
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

    def _tracker(self, sender_id: str, events: list[RasaEvent], place: _Place) -> DialogueStateTracker:
        for event in events:
            setattr(event, _PLACE_MARK, place)
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


# The names of fields in the events of Rasa, the channels and the pipeline: every event has most of them, so looking for
# personal data in them would be the larger part of gate 3. A name that is missing here is only masked once more.
_FIELDS = frozenset(
    """
    action_text answer assistant_id attachment buttons condition confidence custom data elements end entities entity
    event extractor hide_rule_turn image input_channel intent intent_ranking language links masked masked_labels
    message_id metadata model_id name parse_data payload policy quick_replies reviewed sources start text timestamp
    title topic type url use_text_for_featurization utter_action value volatile
    """.split()
)


def published_strings(domain: Domain) -> frozenset[str]:
    """Return what is no one's data although it may look like it: published answers, and Rasa's own names."""
    names = [
        *domain.action_names_or_texts,
        *domain.intents,
        *domain.entities,
        *(slot.name for slot in domain.slots),
        *_FIELDS,
    ]
    return public_strings(domain.responses, names)


@functools.lru_cache(maxsize=128)
def _event_class(type_name: str) -> type[RasaEvent]:
    # Rasa walks through all its classes for every event, which takes longer than everything else in a read.
    found: type[RasaEvent] | None = RasaEvent.resolve_by_type(type_name)
    if found is None:
        raise ValueError("an event of an unknown kind")
    return found


def _event(parameters: dict[str, Any]) -> RasaEvent | None:
    return _event_class(parameters["event"])._from_parameters(parameters)


def _cut(conversation: dict[str, Any] | None, events: list[str], limit: int | None) -> _Kept:
    if limit is None or len(events) < limit:
        return _Kept(conversation, events)
    return _Kept(conversation, events[-limit:], cut=True)


def _notice(events: Iterable[RasaEvent]) -> dict[str, Any]:
    """Return what the opening says of the privacy notice in force and of consent, for the conversation's row."""
    for event in events:
        metadata = (event.metadata or {}) if isinstance(event, UserUttered) else {}
        if "notice_version" in metadata:
            consented_at = _time(_seconds(event)) if metadata.get("consented") else None
            return {"notice_version": metadata["notice_version"], "consented_at": consented_at}
    return {}


def _insert(connection: Connection, write: _Write) -> bool:
    if write.tried and _was_made(connection, write):
        return True
    add_label_counts(connection, write.label_counts)
    return _insert_events(connection, write)


def _insert_events(connection: Connection, write: _Write) -> bool:
    """Insert the rows; return False when all have expired or the conversation was erased meanwhile."""
    now = _now()
    rows = [row for row in write.events if row["expires_at"] > now]
    if not rows:
        return False
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
        if any(place.in_database for place in write.earlier):
            return False
        connection.execute(sa.insert(_CONVERSATIONS).values(sender_id=write.sender_id, **write.conversation))
    connection.execute(sa.insert(_EVENTS), rows)
    return True


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
