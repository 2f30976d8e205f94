"""However several servers read, write and lose sight of the database: every event once, in each server's order."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.trackers import DialogueStateTracker

from components.storage.tracker_store import SanitisedTrackerStore

from .conftest import MakeStore
from .conversations import new_tracker, texts_of, turn

SERVERS = 3
RECENT = 12

STEPS = st.lists(
    st.tuples(
        st.integers(0, SERVERS - 1),
        st.sampled_from(["read", "turn", "save", "save", "turn and save", "lose the database", "find it again"]),
        st.integers(0, 4),
    ),
    max_size=40,
)


class Server:
    """One server: its store, the trackers it works on, and what it must have written, in order."""

    def __init__(self, store: SanitisedTrackerStore, name: str) -> None:
        self.store = store
        self.name = name
        self.away = False
        self.trackers: list[DialogueStateTracker] = []
        self.unsaved: dict[int, list[str]] = {}
        self.expected: list[str] = []
        self.count = 0
        self._write = store._write
        store._write = self.write  # type: ignore[method-assign]

    def write(self, write: Any) -> None:
        """Write, unless the database is away."""
        if self.away:
            raise sa.exc.OperationalError("INSERT", {}, ConnectionError())
        self._write(write)

    def close(self) -> None:
        """Give the store its own way of writing back."""
        self.store._write = self._write  # type: ignore[method-assign]

    async def step(self, sender_id: str, action: str, which: int) -> None:
        """Do one thing; `which` chooses among the trackers."""
        if action == "lose the database":
            self.away = True
        elif action == "find it again":
            self.away = False
        elif action == "read" or not self.trackers:
            self.trackers.append(await self.store.retrieve(sender_id) or new_tracker(sender_id))
        else:
            tracker = self.trackers[which % len(self.trackers)]
            if action != "save":
                self.count += 1
                text = f"{self.name} {self.count}"
                turn(tracker, text)
                self.unsaved.setdefault(id(tracker), []).append(text)
            if action != "turn":
                await self.save(tracker)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save a tracker."""
        await self.store.save(tracker)
        self.expected += self.unsaved.pop(id(tracker), [])

    async def finish(self) -> None:
        """Save what is left and find the database again."""
        for tracker in self.trackers:
            await self.save(tracker)
        self.away = False


@pytest.fixture
def stores(url: str, make_store: MakeStore) -> Iterator[list[SanitisedTrackerStore]]:
    """The stores of several servers on one database."""
    yield [make_store(url, recent_events=RECENT) for _ in range(SERVERS)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_event_is_kept_once_and_in_the_order_of_its_server(
    stores: list[SanitisedTrackerStore], steps: list[tuple[int, str, int]]
) -> None:
    sender_id = uuid.uuid4().hex  # one database serves all examples
    servers = [Server(store, f"server {number} turn") for number, store in enumerate(stores)]

    async def run() -> None:
        for number, action, which in steps:
            await servers[number].step(sender_id, action, which)
        for server in servers:
            await server.finish()
        for server in servers:
            assert server.store.flush()

    try:
        asyncio.run(run())
    finally:
        for server in servers:
            server.close()
    texts = texts_of(stores[0].engine, sender_id)
    for server in servers:
        assert [text for text in texts if text.startswith(server.name)] == server.expected
    assert len(texts) == sum(len(server.expected) for server in servers)
