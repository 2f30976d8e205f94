"""The figures of a run as tables and as JSON."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.machine import megabytes
from bench.streams.checking import Verdict
from bench.streams.customers import Customer, StreamCustomer
from bench.tables import number, percentile, table

SHARES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))


@dataclasses.dataclass(frozen=True)
class Deliveries:
    """What the streams brought.

    milliseconds: from when a message was due until its last answer was there, on streams that were open all the time.
    breaks: how many streams were broken on purpose. after_break: messages that were said while the stream was broken.
    """

    milliseconds: tuple[float, ...]
    breaks: int
    after_break: int
    verdict: Verdict


@dataclasses.dataclass(frozen=True)
class Figures:
    """What was measured of one system.

    posts: milliseconds from when a message was due until its request was answered. memory: resident bytes of the
    server after its start, with all conversations open, and at the end. cpu, load_cpu: share of one core that the
    system and this program used, 1 for a whole one.
    """

    name: str
    conversations: int
    sent: int
    seconds: float
    posts: tuple[float, ...]
    deliveries: Deliveries | None
    memory: tuple[int | None, int | None, int | None]
    cpu: float | None
    load_cpu: float
    errors: collections.Counter[str]

    @property
    def rate(self) -> float:
        """Return the answered messages a second."""
        return len(self.posts) / self.seconds

    def errors_from(self, start: str) -> int:
        """Return how many errors have a status that begins so."""
        return sum(count for kind, count in self.errors.items() if kind[:3].isdigit() and kind.startswith(start))

    def as_json(self) -> dict[str, Any]:
        """Return the figures without the single times."""
        heard = self.deliveries
        return {
            "conversations": self.conversations,
            "messages_sent": self.sent,
            "messages_answered": len(self.posts),
            "seconds": self.seconds,
            "messages_a_second": self.rate,
            "post_ms": _percentiles(self.posts),
            "stream_ms": _percentiles(heard.milliseconds) if heard is not None else None,
            "streams_broken": heard.breaks if heard is not None else None,
            "messages_after_a_break": heard.after_break if heard is not None else None,
            "stream_messages": dataclasses.asdict(heard.verdict) if heard is not None else None,
            "memory_bytes": dict(zip(("start", "open", "end"), self.memory, strict=True)),
            "cpu_cores": self.cpu,
            "load_cpu_cores": self.load_cpu,
            "errors": dict(self.errors),
        }


def post_times(customers: Iterable[Customer]) -> tuple[float, ...]:
    """Return the milliseconds of every message that was answered."""
    exchanges = (exchange for customer in customers for exchange in customer.exchanges)
    return tuple((item.answered - item.due) * 1000 for item in exchanges if item.answered is not None)


def deliveries(customers: Sequence[StreamCustomer]) -> Deliveries:
    """Return what the streams of these customers brought."""
    milliseconds: list[float] = []
    after_break = 0
    verdict = Verdict()
    for customer in customers:
        verdict += customer.verdict()
        first = {item.message.identifier: item for item in reversed(customer.heard)}
        for exchange in customer.exchanges:
            came = [first[message.identifier] for message in exchange.messages if message.identifier in first]
            after_break += sum(exchange.answered is not None and item.since > exchange.answered for item in came)
            if came and len(came) == len(exchange.messages) and all(item.since <= exchange.due for item in came):
                milliseconds.append((max(item.at for item in came) - exchange.due) * 1000)
    breaks = sum(customer.breaks for customer in customers)
    return Deliveries(tuple(milliseconds), breaks, after_break, verdict)


def report(measured: Sequence[Figures], *, asked_rate: float) -> str:
    """Return the systems side by side, and below what the streams brought."""

    def row(label: str, value: Callable[[Figures], float | None], digits: int = 0) -> list[str]:
        return [label, *(number(value(figures), digits) for figures in measured)]

    rows = [
        row("conversations", lambda figures: figures.conversations),
        row("messages sent a second, asked for", lambda _: asked_rate, 1),
        row("messages answered a second", lambda figures: figures.rate, 1),
        row("messages sent", lambda figures: figures.sent),
        row("of these not answered", lambda figures: figures.sent - len(figures.posts)),
        *_time_rows("POST", [figures.posts for figures in measured]),
        *_time_rows("stream", [_delivered(figures) for figures in measured]),
        row("memory after the start, MB", lambda figures: megabytes(figures.memory[0])),
        row("memory, conversations open, MB", lambda figures: megabytes(figures.memory[1])),
        row("memory at the end, MB", lambda figures: megabytes(figures.memory[2])),
        row("CPU of the assistant, cores", lambda figures: figures.cpu, 2),
        row("CPU of this program, cores", lambda figures: figures.load_cpu, 2),
        row("errors 429", lambda figures: figures.errors_from("429")),
        row("errors 5xx", lambda figures: figures.errors_from("5")),
        row(
            "other errors",
            lambda figures: figures.errors.total() - figures.errors_from("429") - figures.errors_from("5"),
        ),
    ]
    parts = [table(["", *(figures.name for figures in measured)], rows)]
    for figures in measured:
        if figures.errors:
            kinds = ", ".join(f"{count} × {kind}" for kind, count in figures.errors.most_common())
            parts.append(f"Errors of {figures.name}: {kinds}")
        if figures.deliveries is not None:
            parts.append(_stream_table(figures.name, figures.deliveries))
    return "\n\n".join(parts)


def _stream_table(name: str, heard: Deliveries) -> str:
    verdict = heard.verdict
    rows = {
        "streams broken and resumed": heard.breaks,
        "messages said during a break": heard.after_break,
        "messages and answers expected": verdict.expected,
        "lost": verdict.lost,
        "repeated": verdict.repeated,
        "foreign or changed": verdict.foreign,
        "in the wrong order": verdict.misplaced,
    }
    return table([f"event streams of {name}", "count"], [[label, str(count)] for label, count in rows.items()])


def _percentiles(values: Sequence[float]) -> dict[str, float | None]:
    return {name: percentile(values, share) if values else None for name, share in SHARES}


def _time_rows(label: str, times: Sequence[Sequence[float]]) -> list[list[str]]:
    found = [_percentiles(values) for values in times]
    return [[f"{label} {name}, ms", *(number(values[name], 1) for values in found)] for name, _ in SHARES]


def _delivered(figures: Figures) -> Sequence[float]:
    return figures.deliveries.milliseconds if figures.deliveries is not None else ()
