"""Protects the queue position from being asked for in mass, without keeping what was asked for.

Counters of questions by conversation, network and in all; digests of rounded numbers under a key of the day, to count
how many different ones were asked about; a switch for staff. Nothing of it is kept for longer than a day but who used
the switch. docs/decisions/0012-queue-position.md says why it is made so.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from components.privacy.derived import SEQUENCE_STEP, CoarseCase
from components.settings import QueueLimits
from components.storage.models import QueueCounter, QueueState, QueueSwitch, QueueValue
from components.storage.retention import QUEUE_COUNTERS_KEPT, QUEUE_SWITCHES_KEPT
from components.storage.sanitise import sanitise

logger = logging.getLogger(__name__)

MAX_NAME_CHARACTERS = 100
MAX_REASON_CHARACTERS = 500
SHOWN_SWITCHES = 10
DETECTOR = "Luotsi"

_TOTAL, _NETWORK, _SESSION = "total", "network", "session"
_ALL = "all"
_STATE_ID = 1
# A share says nothing while there are few.
_FEWEST_UNREADABLE = 20
# How many of the latest values a new one is compared with: several customers of a network may ask in turns.
_LATEST_VALUES = 5
_WALKING_SHARE = 0.5

_COUNTERS = QueueCounter.__table__
_VALUES = QueueValue.__table__
_STATE = QueueState.__table__
_SWITCHES = QueueSwitch.__table__


class Verdict(enum.Enum):
    """Whether a question is answered.

    LIMITED: this conversation or network has asked too often. PAUSED: by staff or by the detector of enumeration.
    UNAVAILABLE: the counters cannot be read.
    """

    OPEN = "open"
    LIMITED = "limited"
    PAUSED = "paused"
    UNAVAILABLE = "unavailable"


@dataclasses.dataclass(frozen=True)
class Switch:
    """One use of the switch, or one alarm of the detector."""

    changed_at: datetime.datetime
    action: str
    changed_by: str
    reason: str


@dataclasses.dataclass(frozen=True)
class QueueStatus:
    """What holds now.

    by_staff, by_detector: whether the queue position is paused for everyone. paused_networks: networks that the
    detector keeps out. asked_hour, asked_day, unreadable_day: questions of the present hour and of the last 24.
    switches: the latest uses of the switch and alarms, newest first.
    """

    by_staff: bool
    by_detector: bool
    paused_networks: int
    asked_hour: int
    asked_day: int
    unreadable_day: int
    switches: tuple[Switch, ...]

    @property
    def paused(self) -> bool:
        """Whether nobody gets an answer."""
        return self.by_staff or self.by_detector


@dataclasses.dataclass(frozen=True)
class _Alarm:
    """What the detector has found: who is kept out, and why."""

    scope: str
    who: str
    reason: str


@dataclasses.dataclass(frozen=True)
class _Counted:
    """What one scope did: in this hour, and in all that is kept."""

    hour: int
    day: int
    unreadable: int


class QueueGuard:
    """Counts questions for the queue position and says which are answered.

    It fails closed: when the counters cannot be read or written, no question is answered. Several servers may share
    one database. Safe to use from several threads.
    """

    def __init__(self, engine: Engine, secret_key: bytes, limits: QueueLimits) -> None:
        self._engine = engine
        self._limits = limits
        self._who_key = hmac.new(secret_key, b"luotsi queue askers", hashlib.sha256).digest()
        self._value_key = hmac.new(secret_key, b"luotsi queue values", hashlib.sha256).digest()
        self._closed = False

    def look(self, network: str, *, now: datetime.datetime | None = None) -> Verdict:
        """Tell whether the queue position is in use for a network (its pseudonym); counts nothing."""
        return self._safely(lambda: self._look(network, _moment(now)))

    def ask(
        self, session: str, network: str, case: CoarseCase | None, *, now: datetime.datetime | None = None
    ) -> Verdict:
        """Count a question and tell whether it is answered.

        session: the conversation's pseudonym. network: the pseudonym of the network that the message came from.
        case: what was asked about, None when it could not be read. It is counted as a digest, and the verdict does not
        depend on which one it is but on how many different ones were asked about.
        """
        return self._safely(lambda: self._ask(session, network, case, _moment(now)))

    def _safely(self, question: Callable[[], tuple[Verdict, list[_Alarm]]]) -> Verdict:
        try:
            verdict, alarms = question()
        except Exception as error:  # whatever is wrong, an uncounted question is not answered
            if not self._closed:
                self._closed = True
                logger.error("The queue position is closed: its counters cannot be used (%s).", _kind(error))
            return Verdict.UNAVAILABLE
        if self._closed:
            self._closed = False
            logger.warning("The counters of the queue position can be used again.")
        for alarm in alarms:
            everyone = "everyone" if alarm.scope == _TOTAL else "one network"
            logger.error("Queue position alarm: paused for %s, because %s.", everyone, alarm.reason)
        return verdict

    def _look(self, network: str, now: datetime.datetime) -> tuple[Verdict, list[_Alarm]]:
        with self._engine.connect() as connection:
            return (Verdict.PAUSED if self._is_paused(connection, network, now) else Verdict.OPEN), []

    def _ask(
        self, session: str, network: str, case: CoarseCase | None, now: datetime.datetime
    ) -> tuple[Verdict, list[_Alarm]]:
        askers = {scope: self._who(scope, who) for scope, who in ((_NETWORK, network), (_SESSION, session))}
        with self._engine.begin() as connection:
            if self._is_paused(connection, network, now):
                return Verdict.PAUSED, []
            # Always in the same order, or two servers would wait for each other's rows.
            for scope, who in {_TOTAL: _ALL, **askers}.items():
                _count(connection, scope, who, now, readable=case is not None)
            if case is not None:
                for scope, who in askers.items():
                    self._note_value(connection, scope, who, case, now)
            alarms = list(self._alarms(connection, askers[_NETWORK], now))
            # Another server may have begun the pause after the look above.
            begun = [alarm for alarm in alarms if _pause(connection, alarm, now)]
            if alarms:
                return Verdict.PAUSED, begun
            return (Verdict.LIMITED if self._is_over_limit(connection, askers, now) else Verdict.OPEN), []

    def _is_paused(self, connection: Connection, network: str, now: datetime.datetime) -> bool:
        if connection.execute(sa.select(_STATE.c.paused).where(_STATE.c.id == _STATE_ID)).scalar():
            return True
        asker = sa.or_(
            sa.and_(_COUNTERS.c.scope == _TOTAL, _COUNTERS.c.who == _ALL),
            sa.and_(_COUNTERS.c.scope == _NETWORK, _COUNTERS.c.who == self._who(_NETWORK, network)),
        )
        query = sa.select(sa.literal(1)).where(asker, *_paused_now(self._limits.pause, now)).limit(1)
        return connection.execute(query).first() is not None

    def _alarms(self, connection: Connection, network: str, now: datetime.datetime) -> Iterable[_Alarm]:
        limits = self._limits
        reason = self._enumeration(connection, network, now)
        if reason is not None:
            yield _Alarm(_NETWORK, network, reason)
            others = sa.select(sa.func.count(sa.distinct(_COUNTERS.c.who))).where(
                _COUNTERS.c.scope == _NETWORK, _COUNTERS.c.who != network, *_paused_now(limits.pause, now)
            )
            if connection.execute(others).scalar_one() + 1 >= limits.paused_networks:
                yield _Alarm(_TOTAL, _ALL, f"{limits.paused_networks} networks were paused")
        total = _counted(connection, _TOTAL, _ALL, now)
        if total.hour > limits.total_hour:
            yield _Alarm(_TOTAL, _ALL, f"it was asked for more than {limits.total_hour} times in an hour")
        elif total.day > limits.total_day:
            yield _Alarm(_TOTAL, _ALL, f"it was asked for more than {limits.total_day} times in a day")

    def _enumeration(self, connection: Connection, network: str, now: datetime.datetime) -> str | None:
        """Return why what a network does is taken for enumeration, or None."""
        limits = self._limits
        counted = _counted(connection, _NETWORK, network, now)
        if counted.unreadable >= _FEWEST_UNREADABLE and 100 * counted.unreadable > (
            limits.unreadable_percent * counted.day
        ):
            return f"more than {limits.unreadable_percent} % of its answers held no number"
        if counted.day > limits.network_day:
            return f"it asked more than {limits.network_day} times in a day"
        distinct, beside = _values(connection, _NETWORK, network, now)
        if distinct > limits.network_distinct:
            return f"it asked about more than {limits.network_distinct} ranges of numbers in a day"
        if beside >= limits.network_walk and beside > _WALKING_SHARE * distinct:
            return f"it walked through {limits.network_walk} ranges of numbers in their order"
        return None

    def _is_over_limit(self, connection: Connection, askers: Mapping[str, str], now: datetime.datetime) -> bool:
        limits = self._limits
        network = _counted(connection, _NETWORK, askers[_NETWORK], now)
        session = _counted(connection, _SESSION, askers[_SESSION], now)
        distinct, _ = _values(connection, _SESSION, askers[_SESSION], now)
        return (
            network.hour > limits.network_hour
            or session.hour > limits.session_hour
            or session.day > limits.session_day
            or distinct > limits.session_distinct
        )

    def _note_value(
        self, connection: Connection, scope: str, who: str, case: CoarseCase, now: datetime.datetime
    ) -> None:
        """Keep that a value was asked about; one that is known of today or yesterday stays as it is.

        The same statements for every value, so that the time they take does not tell whether it is known.
        """
        days = (now.date(), now.date() - datetime.timedelta(days=1))
        digests = [self._digest(scope, who, case, 0, day) for day in days]
        neighbours = {
            self._digest(scope, who, case, step, day) for step in (-SEQUENCE_STEP, SEQUENCE_STEP) for day in days
        }
        mine = sa.and_(_VALUES.c.scope == scope, _VALUES.c.who == who, _VALUES.c.expires_at > now)
        known = connection.execute(sa.select(_VALUES.c.digest).where(mine, _VALUES.c.digest.in_(digests))).scalar()
        latest = sa.select(_VALUES.c.digest).where(mine).order_by(_VALUES.c.id.desc()).limit(_LATEST_VALUES)
        hour = _hour(now)
        fresh = {
            "hour": hour,
            "expires_at": hour + QUEUE_COUNTERS_KEPT,
            "beside": not neighbours.isdisjoint(connection.execute(latest).scalars()),
        }
        statement = _insert(connection)(_VALUES).values(scope=scope, who=who, digest=known or digests[0], **fresh)
        # A row that has expired and was not deleted yet gives its place.
        is_alive = _VALUES.c.expires_at > now
        kept = {name: sa.case((is_alive, _VALUES.c[name]), else_=statement.excluded[name]) for name in fresh}
        connection.execute(statement.on_conflict_do_update(index_elements=["scope", "who", "digest"], set_=kept))

    def _who(self, scope: str, who: str) -> str:
        return _digest(self._who_key, f"{scope}:{who}")

    def _digest(self, scope: str, who: str, case: CoarseCase, step: int, day: datetime.date) -> str:
        # With the scope inside, so that equal digests do not tell which conversation belongs to which network.
        key = hmac.new(self._value_key, day.isoformat().encode(), hashlib.sha256).digest()
        return _digest(key, f"{scope}:{who}:{case['year']}:{case['sequence'] + step}")


def status(engine: Engine, limits: QueueLimits, *, now: datetime.datetime | None = None) -> QueueStatus:
    """Return what holds now; raises what the database raises."""
    moment = _moment(now)
    with engine.connect() as connection:
        staff = connection.execute(sa.select(_STATE.c.paused).where(_STATE.c.id == _STATE_ID)).scalar()
        everyone = sa.select(sa.literal(1)).where(_COUNTERS.c.scope == _TOTAL, *_paused_now(limits.pause, moment))
        networks = sa.select(sa.func.count(sa.distinct(_COUNTERS.c.who))).where(
            _COUNTERS.c.scope == _NETWORK, *_paused_now(limits.pause, moment)
        )
        total = _counted(connection, _TOTAL, _ALL, moment)
        switches = connection.execute(sa.select(_SWITCHES).order_by(_SWITCHES.c.id.desc()).limit(SHOWN_SWITCHES))
        return QueueStatus(
            by_staff=bool(staff),
            by_detector=connection.execute(everyone.limit(1)).first() is not None,
            paused_networks=connection.execute(networks).scalar_one(),
            asked_hour=total.hour,
            asked_day=total.day,
            unreadable_day=total.unreadable,
            switches=tuple(Switch(row.changed_at, row.action, row.changed_by, row.reason) for row in switches),
        )


def pause(engine: Engine, *, by: str, reason: str, now: datetime.datetime | None = None) -> None:
    """Switch the queue position off for everyone until somebody resumes it.

    by: the name of who does it, at most MAX_NAME_CHARACTERS. reason: at most MAX_REASON_CHARACTERS; it is sanitised.
    Raises ValueError for a name or a reason that is empty or too long, and what the database raises.
    """
    with engine.begin() as connection:
        switch(connection, paused=True, by=by, reason=reason, now=_moment(now))


def resume(engine: Engine, *, by: str, reason: str, now: datetime.datetime | None = None) -> None:
    """Switch the queue position on again; pauses of the detector end as well, and counting begins anew.

    The arguments and errors are those of `pause`.
    """
    with engine.begin() as connection:
        switch(connection, paused=False, by=by, reason=reason, now=_moment(now))


def switch(connection: Connection, *, paused: bool, by: str, reason: str, now: datetime.datetime) -> None:
    """Do what `pause` or `resume` does inside the caller's transaction."""
    name = _checked(by, "the name", MAX_NAME_CHARACTERS)
    why = _checked(reason, "the reason", MAX_REASON_CHARACTERS)
    state = {"paused": paused, "changed_at": now}
    statement = _insert(connection)(_STATE).values(id=_STATE_ID, **state)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=state))
    if not paused:
        connection.execute(sa.delete(_COUNTERS))
        connection.execute(sa.delete(_VALUES))
    _record(connection, "pause" if paused else "resume", name, str(sanitise(why)), now)


def _checked(text: str, what: str, longest: int) -> str:
    cleaned = " ".join(text.replace("\0", "").encode("utf-8", "replace").decode().split())
    if not cleaned:
        raise ValueError(f"{what} is missing")
    if len(cleaned) > longest:
        raise ValueError(f"{what} is longer than {longest} characters")
    return cleaned


def _record(connection: Connection, action: str, by: str, reason: str, now: datetime.datetime) -> None:
    connection.execute(
        sa.insert(_SWITCHES).values(
            changed_at=now, expires_at=now + QUEUE_SWITCHES_KEPT, action=action, changed_by=by, reason=reason
        )
    )


def _count(connection: Connection, scope: str, who: str, now: datetime.datetime, *, readable: bool) -> None:
    hour = _hour(now)
    statement = _insert(connection)(_COUNTERS).values(
        scope=scope,
        who=who,
        hour=hour,
        expires_at=hour + QUEUE_COUNTERS_KEPT,
        asked=1,
        unreadable=int(not readable),
        paused=False,
    )
    raised = {name: _COUNTERS.c[name] + statement.excluded[name] for name in ("asked", "unreadable")}
    connection.execute(statement.on_conflict_do_update(index_elements=["scope", "who", "hour"], set_=raised))


def _counted(connection: Connection, scope: str, who: str, now: datetime.datetime) -> _Counted:
    in_this_hour = sa.case((_COUNTERS.c.hour == _hour(now), _COUNTERS.c.asked), else_=0)
    sums = [
        sa.func.coalesce(sa.func.sum(part), 0) for part in (in_this_hour, _COUNTERS.c.asked, _COUNTERS.c.unreadable)
    ]
    mine = (_COUNTERS.c.scope == scope, _COUNTERS.c.who == who, _COUNTERS.c.expires_at > now)
    return _Counted(*(int(number) for number in connection.execute(sa.select(*sums).where(*mine)).one()))


def _values(connection: Connection, scope: str, who: str, now: datetime.datetime) -> tuple[int, int]:
    """Return how many different values a scope asked about, and how many of them lay beside one asked just before."""
    beside = sa.func.coalesce(sa.func.sum(sa.case((_VALUES.c.beside, 1), else_=0)), 0)
    mine = (_VALUES.c.scope == scope, _VALUES.c.who == who, _VALUES.c.expires_at > now)
    distinct, walked = connection.execute(sa.select(sa.func.count(), beside).where(*mine)).one()
    return int(distinct), int(walked)


def _pause(connection: Connection, alarm: _Alarm, now: datetime.datetime) -> bool:
    """Keep out whom an alarm is about; tell whether this is what began it."""
    row = (_COUNTERS.c.scope == alarm.scope, _COUNTERS.c.who == alarm.who, _COUNTERS.c.hour == _hour(now))
    begun = connection.execute(sa.update(_COUNTERS).where(*row, ~_COUNTERS.c.paused).values(paused=True)).rowcount
    if begun:
        action = "alarm: all" if alarm.scope == _TOTAL else "alarm: network"
        _record(connection, action, DETECTOR, alarm.reason, now)
    return bool(begun)


def _paused_now(period: datetime.timedelta, now: datetime.datetime) -> tuple[Any, ...]:
    return (_COUNTERS.c.paused, _COUNTERS.c.hour > now - period, _COUNTERS.c.expires_at > now)


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _digest(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


def _hour(now: datetime.datetime) -> datetime.datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _moment(now: datetime.datetime | None) -> datetime.datetime:
    return now or datetime.datetime.now(datetime.timezone.utc)


def _kind(error: BaseException) -> str:
    """Name an error without its text."""
    return type(getattr(error, "orig", None) or error).__name__
