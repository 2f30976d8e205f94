"""Reply addresses: where an answer on a messaging channel goes; encrypted, forgotten soon after the last message."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from components.settings import MAX_REPLY_ADDRESS_HOURS, Settings
from components.storage.models import ReplyAddress

# A key that encrypts must not be one that signs or makes pseudonyms.
_PURPOSE = b"luotsi reply addresses 1"
_TABLE = ReplyAddress.__table__


class ReplyAddresses:
    """Keeps the address of each running conversation on a messaging channel.

    A row expires `Settings.reply_address_lifetime` (at most 24 hours) after the last message. Addresses are encrypted
    with keys derived from the secret keys; what an earlier key encrypted can be read for as long as that key is listed.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        """Take the database; a lifetime over 24 hours raises ValueError."""
        self._lifetime = settings.reply_address_lifetime
        if not datetime.timedelta(0) < self._lifetime <= datetime.timedelta(hours=MAX_REPLY_ADDRESS_HOURS):
            raise ValueError(f"a reply address is kept for at most {MAX_REPLY_ADDRESS_HOURS} hours")
        self._engine = engine
        self._cipher = _cipher(settings.secret_keys)

    def remember(
        self, sender_id: str, channel: str, address: str, *, now: datetime.datetime, stored: bool | None = None
    ) -> None:
        """Keep the address that a conversation's latest message came from, in place of any earlier one.

        stored: False keeps the customer's wish that the conversation is not stored, for as long as the address; True
            ends it; None leaves it as it is.
        """
        values: dict[str, Any] = {
            "channel": channel,
            # With its owner inside: an address that was moved to another conversation must not be answered to.
            "address": self._cipher.encrypt(json.dumps([sender_id, address]).encode()).decode(),
            "last_message_at": now,
            "expires_at": now + self._lifetime,
        }
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_TABLE).values(sender_id=sender_id, stored=stored is not False, **values)
        # A wish ends with its address, also when no purge has come since.
        kept = sa.or_(_TABLE.c.stored, _TABLE.c.expires_at <= now) if stored is None else sa.literal(stored)
        changed = {**values, "stored": kept}
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["sender_id"], set_=changed))

    def is_stored(self, sender_id: str, *, now: datetime.datetime) -> bool:
        """Tell whether a conversation may be stored: no customer's wish holds that it must not be."""
        query = sa.select(_TABLE.c.stored).where(_TABLE.c.sender_id == sender_id, _TABLE.c.expires_at > now)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() is not False

    def find(self, sender_id: str, *, now: datetime.datetime) -> str | None:
        """Return a conversation's address, or None when there is none, it has expired, or its key is gone."""
        query = sa.select(_TABLE.c.address).where(_TABLE.c.sender_id == sender_id, _TABLE.c.expires_at > now)
        with self._engine.connect() as connection:
            token = connection.execute(query).scalar()
        if token is None:
            return None
        try:
            owner, address = json.loads(self._cipher.decrypt(token.encode()))
        except InvalidToken:
            return None
        return str(address) if owner == sender_id else None

    def forget(self, sender_id: str) -> None:
        """Delete a conversation's address; does nothing when there is none."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.sender_id == sender_id))


def _cipher(keys: Sequence[bytes]) -> MultiFernet:
    """Return what encrypts with the first of the keys and decrypts with each."""
    derived = (HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
