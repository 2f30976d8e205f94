"""Conversations that are not stored: in this process's memory only, bounded, and gone when their session ends."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import threading
import time
from collections.abc import Sequence
from typing import Any

UNSTORED_PREFIX = "unstored-"
MAX_EVENTS = 50_000
MAX_EVENTS_OF_ONE = 500


def is_unstored(sender_id: str) -> bool:
    """Tell by its id whether a conversation must not be stored."""
    return sender_id.startswith(UNSTORED_PREFIX)


@dataclasses.dataclass
class _Conversation:
    row: dict[str, Any]
    events: collections.deque[str]
    ends_at: float


class UnstoredConversations:
    """Keeps sanitised conversations for the lifetime of a session and writes them nowhere.

    When more than MAX_EVENTS are kept, the conversation that was quiet for longest goes; of one conversation the
    latest MAX_EVENTS_OF_ONE stay. Safe to use from several threads.
    """

    def __init__(self, lifetime: datetime.timedelta) -> None:
        self._lifetime = lifetime.total_seconds()
        self._kept: collections.OrderedDict[str, _Conversation] = collections.OrderedDict()
        self._lock = threading.Lock()

    def add(self, sender_id: str, row: dict[str, Any], events: Sequence[str]) -> bool:
        """Add events (sanitised JSON) to a conversation, with the state they led to; tell whether it is a new one."""
        with self._lock:
            self._drop_expired()
            known = self._kept.get(sender_id)
            kept = known or _Conversation(
                {}, collections.deque(maxlen=MAX_EVENTS_OF_ONE), time.monotonic() + self._lifetime
            )
            kept.row.update(row)
            kept.events.extend(events)
            self._kept[sender_id] = kept
            self._kept.move_to_end(sender_id)
            while len(self._kept) > 1 and sum(len(other.events) for other in self._kept.values()) > MAX_EVENTS:
                self._kept.popitem(last=False)
            return known is None

    def read(self, sender_id: str) -> tuple[dict[str, Any] | None, list[str]]:
        """Return a conversation's row (None when unknown) and its events, oldest first."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(sender_id)
            return (dict(kept.row), list(kept.events)) if kept is not None else (None, [])

    def drop(self, sender_id: str) -> None:
        """Forget a conversation."""
        with self._lock:
            self._kept.pop(sender_id, None)

    def drop_expired(self) -> None:
        """Forget every conversation whose session has ended."""
        with self._lock:
            self._drop_expired()

    def _drop_expired(self) -> None:
        now = time.monotonic()
        for sender_id in [name for name, kept in self._kept.items() if kept.ends_at <= now]:
            del self._kept[sender_id]
