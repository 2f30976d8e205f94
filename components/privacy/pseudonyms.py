"""Pseudonyms: what a conversation is called instead of the customer's address."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def pseudonym(key: bytes, channel: str, address: str) -> str:
    """Return 32 hexadecimal characters that stand for a customer's address on a channel.

    Keyed HMAC-SHA-256, shortened to 128 bits: without the key nobody can try addresses until one fits
    (pseudonymisation in the sense of GDPR Article 4(5)).
    """
    return hmac.new(key, f"{channel}:{address}".encode(), hashlib.sha256).hexdigest()[:32]


class Pseudonyms:
    """The pseudonyms of addresses under the secret key in use and under the ones before it.

    After a change of the key a customer's address has another pseudonym. A channel looks for a running conversation
    under `earlier` and lets it go on there; a new conversation always gets `current`.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, newest first (components.settings.Settings.secret_keys); raises ValueError without any."""
        if not keys:
            raise ValueError("pseudonyms need at least one key")
        self._keys = tuple(keys)

    def current(self, channel: str, address: str) -> str:
        """Return the pseudonym under the key in use."""
        return pseudonym(self._keys[0], channel, address)

    def earlier(self, channel: str, address: str) -> tuple[str, ...]:
        """Return the pseudonyms under the previous keys, newest first."""
        return tuple(pseudonym(key, channel, address) for key in self._keys[1:])
