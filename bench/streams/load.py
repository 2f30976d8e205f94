"""Messages that come when they come, however late the answers are."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import Sequence

from bench.questions import Variations
from bench.streams.customers import Customer, StreamCustomer

LANGUAGES = ("fi", "en")
_OPENING_AT_ONCE = 8


@dataclasses.dataclass(frozen=True)
class Patience:
    """For how long something is waited for, in seconds.

    answers: after the last message was due. unsettled: until it is certain what became of messages that were not
    answered (Luotsi gives them up after 30 seconds). delivery: for what was answered to come on the stream. quiet: for
    what should not come, such as repetitions; longer than Luotsi's pause between two looks at the database. away: the
    longest time between the break of a stream and its resumption.
    """

    answers: float = 60.0
    unsettled: float = 35.0
    delivery: float = 20.0
    quiet: float = 5.0
    away: float = 3.0


@dataclasses.dataclass(frozen=True)
class Turn:
    """A message, the number of its conversation, and when it is due, in seconds from the start."""

    at: float
    place: int
    text: str


def language_of(place: int) -> str:
    """Return the language of a conversation by its number."""
    return LANGUAGES[place % len(LANGUAGES)]


def schedule(questions: Variations, *, conversations: int, rate: float, seconds: float, seed: int) -> list[Turn]:
    """Return `rate` × `seconds` messages at random times, which is how independent customers write.

    Every conversation has its turn before any has the next one, in a new order each time.
    """
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0, seconds) for _ in range(round(rate * seconds)))
    order: list[int] = []
    turns = []
    for moment in moments:
        if not order:
            order = chance.sample(range(conversations), conversations)
        place = order.pop()
        turns.append(Turn(moment, place, questions.next(language_of(place))))
    return turns


async def open_all(customers: Sequence[Customer]) -> None:
    """Open every conversation, a few at a time; raises MeasurementError when one does not open."""
    free = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def opened(place: int, customer: Customer) -> None:
        async with free:
            await customer.open(language_of(place))

    await asyncio.gather(*(opened(place, customer) for place, customer in enumerate(customers)))


async def talk(customers: Sequence[Customer], turns: Sequence[Turn], patience: Patience) -> None:
    """Send every message when it is due, and wait for the answers."""
    started = time.perf_counter()
    sent: list[asyncio.Task[None]] = []
    for turn in turns:
        due = started + turn.at
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(asyncio.create_task(customers[turn.place].say(turn.text, due=due)))
    if not sent:
        return
    done, late = await asyncio.wait(sent, timeout=patience.answers)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in done:
        task.result()


async def break_now_and_then(
    customers: Sequence[StreamCustomer], patience: Patience, *, every: float, seed: int
) -> None:
    """Break a stream every so many seconds, until this is cancelled; its customer is away for a moment."""
    chance = random.Random(seed)
    while customers:
        await asyncio.sleep(every)
        chance.choice(customers).break_stream(away=chance.uniform(0, patience.away))


async def hear_out(customers: Sequence[StreamCustomer], patience: Patience) -> None:
    """Wait for what is still on its way, and a little longer for what should not come; then stop listening."""
    if not all(customer.is_settled for customer in customers):
        await asyncio.sleep(patience.unsettled)
        for customer in customers:
            if not customer.is_settled:
                await customer.settle()
    deadline = time.perf_counter() + patience.delivery
    while any(customer.is_waiting for customer in customers) and time.perf_counter() < deadline:
        await asyncio.sleep(0.1)
    await asyncio.sleep(patience.quiet)
    await asyncio.gather(*(customer.close() for customer in customers))
