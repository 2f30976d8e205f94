"""Pseudonyms: what a conversation is called instead of the customer's address."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence

NETWORK_KEY = "network_pseudonym"
"""Under this key a message's metadata names the network that it came from; gate 3 lets no such value through."""

_NETWORK_BITS = {4: 24, 6: 48}
_UNKNOWN_NETWORK = "unknown"


def pseudonym(key: bytes, channel: str, address: str) -> str:
    """Return 32 hexadecimal characters that stand for a customer's address on a channel.

    Keyed HMAC-SHA-256, shortened to 128 bits: without the key nobody can try addresses until one fits
    (pseudonymisation in the sense of GDPR Article 4(5)).
    """
    return hmac.new(key, f"{channel}:{address}".encode(), hashlib.sha256).hexdigest()[:32]


def network_pseudonym(key: bytes, address: str) -> str:
    """Return 32 hexadecimal characters that stand for the network of an IP address (see `network_of`).

    The pseudonym is for counting in passing: with the key,
    networks can be tried until one fits, so it is never stored with a conversation.
    """
    return pseudonym(hmac.new(key, b"luotsi networks", hashlib.sha256).digest(), "network", network_of(address))


def network_of(address: str) -> str:
    """Return the network of an IP address, its /24 or in IPv6 its /48; what is no address belongs to one of its own."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return _UNKNOWN_NETWORK
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((found, _NETWORK_BITS[found.version]), strict=False))


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
