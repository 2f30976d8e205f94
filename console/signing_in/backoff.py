"""Waiting after failed attempts to sign in: guessing gets slow, and nobody can keep somebody else out for long.

Failures are counted in three scopes, under keyed digests that tell neither account nor address:

* an account from a network: after 5 failures 5 seconds, then twice as long each time, 15 minutes at most;
* a network, whatever the accounts: after 20 failures, 5 minutes at most (colleagues share a network);
* an account, whatever the networks: after 10 failures, a minute at most, so that a stranger cannot lock it.

Who has signed in from a network before is only held up by the first: neither strangers elsewhere nor a colleague who
forgot a password matter then. An attempt is counted before it is looked at, so that many at once gain nothing, and
taken off again when it succeeds. Unknown user IDs are counted like known ones.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import ipaddress
import math

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from components.storage.models import SignInFailure

_FAILURES = SignInFailure.__table__
_FIRST_WAIT_SECONDS = 5


@dataclasses.dataclass(frozen=True)
class _Scope:
    """free: failures without a wait. longest: the longest wait. kept: after how long without one they are forgotten."""

    name: str
    free: int
    longest: datetime.timedelta
    kept: datetime.timedelta


_PAIR = _Scope("pair", 4, datetime.timedelta(minutes=15), datetime.timedelta(days=1))
_NETWORK = _Scope("network", 19, datetime.timedelta(minutes=5), datetime.timedelta(hours=1))
_ACCOUNT = _Scope("account", 9, datetime.timedelta(minutes=1), datetime.timedelta(hours=1))
# Where somebody has signed in: nothing is counted there.
_USUAL = _Scope("usual", 0, datetime.timedelta(0), datetime.timedelta(days=60))


@dataclasses.dataclass(frozen=True)
class Attempt:
    """An attempt that was counted. `wait`: seconds until the next one may be made; it is not looked at unless 0."""

    wait: int
    counted: tuple[str, ...]
    usual: str


def network_of(address: str) -> str:
    """Return the network that an address stands for: the address itself, of IPv6 the /64 that one customer has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Backoff:
    """Counts attempts of one kind ("password", "code"), in transactions of its own.

    `key` makes the digests. Safe to use from several threads and servers.
    """

    def __init__(self, engine: Engine, key: bytes, kind: str) -> None:
        self._engine = engine
        self._key = key
        self._kind = kind

    def begin(self, account: str, address: str, *, now: datetime.datetime) -> Attempt:
        """Count an attempt, or tell how long to wait."""
        network = network_of(address)
        usual = self._who(_USUAL.name, account, network)
        scopes = [(_PAIR, self._who(_PAIR.name, account, network))]
        with self._engine.begin() as connection:
            # In a transaction of its own: deleting others' rows while holding one's own could end in a deadlock.
            connection.execute(sa.delete(_FAILURES).where(_FAILURES.c.expires_at <= now))
        with self._engine.begin() as connection:
            known = connection.execute(sa.select(_FAILURES.c.who).where(_FAILURES.c.who == usual)).first()
            if known is None:
                scopes += [
                    (_NETWORK, self._who(_NETWORK.name, network)),
                    (_ACCOUNT, self._who(_ACCOUNT.name, account)),
                ]
            digests = tuple(who for _, who in scopes)
            for scope, who in scopes:
                _open(connection, who, scope, now)
            blocked = connection.execute(
                sa.select(sa.func.max(_FAILURES.c.blocked_until)).where(_FAILURES.c.who.in_(digests))
            ).scalar()
            if blocked is not None and blocked > now:
                return Attempt(math.ceil((blocked - now).total_seconds()), (), usual)
            for scope, who in scopes:
                _count(connection, who, scope, now)
        return Attempt(0, digests, usual)

    def succeed(self, connection: Connection, attempt: Attempt, *, now: datetime.datetime) -> None:
        """Forget an account's failures from this network, and take this attempt off the other counts.

        In the caller's transaction: it is part of signing in.
        """
        pair, *others = attempt.counted
        connection.execute(sa.delete(_FAILURES).where(_FAILURES.c.who == pair))
        for who in others:
            connection.execute(
                sa.update(_FAILURES)
                .where(_FAILURES.c.who == who, _FAILURES.c.failures > 0)
                .values(failures=_FAILURES.c.failures - 1, blocked_until=None)
            )
        _open(connection, attempt.usual, _USUAL, now)
        renewed = {"last_at": now, "expires_at": now + _USUAL.kept}
        connection.execute(sa.update(_FAILURES).where(_FAILURES.c.who == attempt.usual).values(**renewed))

    def _who(self, *parts: str) -> str:
        content = "\0".join((self._kind, *parts))
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()


def _open(connection: Connection, who: str, scope: _Scope, now: datetime.datetime) -> None:
    """Make sure that there is a row to lock, and lock it."""
    values = {"who": who, "scope": scope.name, "failures": 0, "last_at": now, "expires_at": now + scope.kept}
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert
    # An update that changes nothing, for the lock that comes with it.
    written = insert(_FAILURES).values(**values)
    connection.execute(written.on_conflict_do_update(index_elements=["who"], set_={"scope": written.excluded.scope}))


def _count(connection: Connection, who: str, scope: _Scope, now: datetime.datetime) -> None:
    failures = 1 + int(connection.execute(sa.select(_FAILURES.c.failures).where(_FAILURES.c.who == who)).scalar() or 0)
    wait = wait_after(failures, scope)
    connection.execute(
        sa.update(_FAILURES)
        .where(_FAILURES.c.who == who)
        .values(
            failures=failures,
            last_at=now,
            blocked_until=now + wait if wait else None,
            expires_at=now + max(scope.kept, wait),
        )
    )


def wait_after(failures: int, scope: _Scope) -> datetime.timedelta:
    """Return how long a scope waits after so many failures."""
    beyond = failures - scope.free
    if beyond <= 0:
        return datetime.timedelta(0)
    return min(scope.longest, datetime.timedelta(seconds=_FIRST_WAIT_SECONDS * 2 ** min(beyond - 1, 20)))
