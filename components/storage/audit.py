"""The audit log: who did or viewed what and when, in a chain that shows when it was tampered with."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.models import AuditEntry, AuditHead

_LOG = AuditEntry.__table__
_HEADS = AuditHead.__table__


def append(
    connection: Connection,
    *,
    keys: Sequence[bytes],
    kept: datetime.timedelta,
    now: datetime.datetime,
    actor: str,
    action: str,
    target: str | None,
    details: Mapping[str, str | int | bool | None],
) -> int:
    """Write an entry at the end of the chain, inside the caller's transaction, and return its number.

    `keys` are the keys of the log, newest first; the first one signs.
    """
    # Writing first makes those who write at the same time wait for one another, on both databases.
    head = sa.update(_HEADS).where(_HEADS.c.which == "last").values(number=_HEADS.c.number + 1)
    if not connection.execute(head).rowcount:
        connection.execute(sa.insert(_HEADS).values(which="last", number=1, digest=""))
    last = connection.execute(sa.select(_HEADS).where(_HEADS.c.which == "last")).one()
    written = json.dumps(dict(details), ensure_ascii=False, sort_keys=True)
    entry = {
        "number": last.number,
        "occurred_at": now,
        "expires_at": now + kept,
        "actor": actor,
        "action": action,
        "target": target,
        "details": written,
    }
    digest = digest_of(entry, last.digest, keys[0])
    connection.execute(sa.insert(_LOG).values(**entry, digest=digest))
    connection.execute(sa.update(_HEADS).where(_HEADS.c.which == "last").values(digest=digest))
    return int(last.number)


def digest_of(entry: Mapping[str, object], before: str, key: bytes) -> str:
    """Return the keyed digest of an entry after the one whose digest is `before`."""
    shown = {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value for name, value in entry.items()
    }
    content = json.dumps([before, shown], ensure_ascii=False, sort_keys=True)
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()
