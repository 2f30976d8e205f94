"""What every table is made of."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import declarative_base
from sqlalchemy.types import TypeDecorator

SENDER_ID_LENGTH = 64
CHANNEL_LENGTH = 32
USER_ID_LENGTH = 64
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class UtcDateTime(TypeDecorator):
    """An aware datetime, kept in UTC; a naive one is refused because nobody knows what it means."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("give an aware datetime (UTC) instead of a naive one")
        return value.astimezone(datetime.timezone.utc)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:
        """Return UTC on the way out; SQLite gives naive values back."""
        if value is None:
            return None
        aware: datetime.datetime = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return aware.astimezone(datetime.timezone.utc)


Base: Any = declarative_base()
