"""What a report says only of many: figures of fewer than k conversations are not shown."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def hidden(conversations: Mapping[Key, int], k: int) -> frozenset[Key]:
    """Return the cells that are not shown, of cells that together make up a total that is shown.

    These are the ones with fewer than k conversations; and, when those are fewer than k even together so that the
    total would tell, the smallest of the others too. Empty cells say nothing about anybody and are shown.
    """
    by_size = sorted((key for key, count in conversations.items() if count), key=lambda key: conversations[key])
    found: list[Key] = []
    together = 0
    for key in by_size:
        if conversations[key] >= k and (not found or together >= k):
            break
        found.append(key)
        together += conversations[key]
    return frozenset(found)
