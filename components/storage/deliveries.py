"""Which deliveries of messaging platforms were handled: each is answered once, on however many servers."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from components.privacy.pseudonyms import pseudonym
from components.storage.models import ChannelDelivery
from components.storage.retention import DELIVERIES_KEPT

CLAIM = datetime.timedelta(seconds=60)
"""How long a delivery belongs to the server that took it; if that one dies, another may have it afterwards."""

_TABLE = ChannelDelivery.__table__


class Claim(enum.Enum):
    """What became of the attempt to take a delivery: it is ours, it was handled before, or another server has it."""

    OURS = "ours"
    HANDLED = "handled"
    ELSEWHERE = "elsewhere"


class Deliveries:
    """Remembers deliveries for DELIVERIES_KEPT as keyed digests, from which nothing of them can be read."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        """Take the database and the secret key, from which the digests are made."""
        self._engine = engine
        self._key = key

    def digest(self, channel: str, delivery_id: str) -> str:
        """Return what a delivery is remembered as."""
        return pseudonym(self._key, f"delivery {channel}", delivery_id)

    def claim(self, digest: str, *, now: datetime.datetime) -> Claim:
        """Take a delivery; it is ours for CLAIM unless it is finished or released before."""
        values = {"received_at": now, "expires_at": now + DELIVERIES_KEPT, "finished": False}
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        # One statement, so that of two servers one gets it: what nobody finished in time may be taken over.
        free = sa.or_(_TABLE.c.expires_at <= now, sa.and_(~_TABLE.c.finished, _TABLE.c.received_at <= now - CLAIM))
        statement = insert(_TABLE).values(digest=digest, **values)
        statement = statement.on_conflict_do_update(index_elements=["digest"], set_=values, where=free)
        with self._engine.begin() as connection:
            if connection.execute(statement).rowcount:
                return Claim.OURS
            finished = connection.execute(sa.select(_TABLE.c.finished).where(_TABLE.c.digest == digest)).scalar()
        return Claim.HANDLED if finished else Claim.ELSEWHERE

    def finish(self, digest: str) -> None:
        """Note that a delivery was handled to its end."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(_TABLE).where(_TABLE.c.digest == digest).values(finished=True))

    def release(self, digest: str) -> None:
        """Give a delivery back, so that it is handled when the platform repeats it."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.digest == digest, ~_TABLE.c.finished))
