"""The load of event streams: what they bring is checked, and nothing that is wrong with them stays unnoticed."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.processes import MeasurementError
from bench.questions import Variations
from bench.streams import load
from bench.streams.__main__ import main
from bench.streams.checking import Message, Verdict, check
from bench.streams.customers import ATTEMPTS, Event, RestCustomer, StreamCustomer, read_events
from bench.streams.measuring import Load, measure
from bench.streams.report import Deliveries, Figures, report

EXAMPLES = {
    "fi": ["paljonko oleskelulupa maksaa", "missä pakettini on"],
    "en": ["where is my parcel", "how much is it"],
}
SAID = [Message(name, f"text {name}") for name in "abcd"]
A, B, C, D = SAID
QUICK = load.Patience(answers=5, unsettled=0.05, delivery=0.5, quiet=0.2, away=0.2)
NEVER = 1000.0

Json = dict[str, Any]
Fault = Callable[["FakeChat", Json, Json], list[Json]]  # what a stream brings instead of a message and its answer


@dataclasses.dataclass
class Talk:
    """A conversation of the fake: what was said in it, and what its streams bring."""

    said: list[Json]
    wire: list[Json]
    answers: dict[str, list[Json]] = dataclasses.field(default_factory=dict)
    news: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    answering: int = 0


class FakeChat:
    """Answers as Luotsi's web channel and as stock Rasa's `rest` channel; its faults can be chosen."""

    def __init__(
        self,
        *,
        fault: Fault | None = None,
        resume: str = "after",
        seconds: float = 0.0,
        statuses: list[int] | None = None,
    ) -> None:
        self.talks: dict[str, Talk] = {}
        self.most_at_once = 0
        self.posts: list[str] = []
        self.name = "fake"
        self.address = ""
        self._fault = fault
        self._resume = resume
        self._seconds = seconds
        self._statuses = statuses or []
        self._numbers = iter(range(10**6))

    def memory(self) -> int:
        return 1024 * 1024

    def cpu_seconds(self) -> float:
        return 0.0

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/chat/api/sessions", self._open),
                web.post("/chat/api/messages", self._say),
                web.get("/chat/api/messages", self._transcript),
                web.get("/chat/api/events", self._events),
                web.post("/webhooks/rest/webhook", self._rest),
            ]
        )
        return app

    def message(self, text: str) -> Json:
        return {"id": f"m{next(self._numbers)}", "text": text}

    def _talk(self, request: web.Request) -> Talk:
        return self.talks[request.headers["Authorization"].removeprefix("Bearer ")]

    async def _open(self, request: web.Request) -> web.Response:
        if (await request.json())["language"] not in EXAMPLES:
            return web.Response(status=400)
        opening = [self.message("hello")]
        token = f"t{len(self.talks)}"
        self.talks[token] = Talk([*opening], [*opening])
        return web.json_response({"session": token, "messages": opening}, status=201)

    async def _say(self, request: web.Request) -> web.Response:
        talk, body = self._talk(request), await request.json()
        self.posts.append(body["id"])
        talk.answering += 1
        self.most_at_once = max(self.most_at_once, talk.answering)
        await asyncio.sleep(self._seconds)
        talk.answering -= 1
        status = self._statuses.pop(0) if self._statuses else 200
        # Refused before anything is done, or after everything: both happen.
        if status != 429 and body["id"] not in talk.answers:
            own, answer = self.message(body["text"]), self.message(f"answer to {body['text']}")
            talk.answers[body["id"]] = [own, answer]
            talk.said += [own, answer]
            talk.wire += [own, answer] if self._fault is None else self._fault(self, own, answer)
            talk.news.set()
        if status != 200:
            return web.Response(status=status, headers={"Retry-After": "0"})
        own, answer = talk.answers[body["id"]]
        return web.json_response({**own, "messages": [answer]})

    async def _transcript(self, request: web.Request) -> web.Response:
        return web.json_response({"messages": self._talk(request).said})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        talk = self._talk(request)
        last = request.headers.get("Last-Event-ID")
        at = max(place for place, message in enumerate(talk.wire) if message["id"] == last) + 1
        if at > 1 and self._resume != "after":
            at = len(talk.wire) if self._resume == "new" else 1
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b"retry: 2000\n\n")
        while True:
            for message in talk.wire[at:]:
                at += 1
                event = f'event: typing\ndata: {{"typing": true}}\n\nid: {message["id"]}\nevent: message\n'
                await answer.write(f"{event}data: {json.dumps(message)}\n\n".encode())
            talk.news.clear()
            await talk.news.wait()

    async def _rest(self, request: web.Request) -> web.Response:
        body = await request.json()
        status = self._statuses.pop(0) if self._statuses else 200
        silent = body["message"] == "say nothing"
        return web.json_response([] if silent else [{"text": "answer"}], status=status)


@contextlib.asynccontextmanager
async def running(fake: FakeChat) -> AsyncIterator[FakeChat]:
    async with TestServer(fake.application(), shutdown_timeout=0.1) as server:
        fake.address = str(server.make_url("/")).rstrip("/")
        yield fake


def turns(count: int, *, conversations: int = 2, every: float = 0.02) -> list[load.Turn]:
    return [load.Turn(number * every, number % conversations, f"question {number}") for number in range(count)]


async def loaded(
    fake: FakeChat, asked: list[load.Turn], *, streams: int = 2, break_every: float = NEVER
) -> tuple[Figures, Deliveries]:
    async with running(fake):
        figures = await measure(fake, StreamCustomer, asked, Load(streams, 1, 1, break_every, 1, QUICK))
    assert figures.deliveries is not None
    return figures, figures.deliveries


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        ([A, B, C, D], Verdict(4)),
        ([], Verdict(4, lost=4)),
        ([A, C, D], Verdict(4, lost=1)),
        ([A, B, B, C, D, B], Verdict(4, repeated=2)),
        ([A, B, C, D, Message("x", "text x")], Verdict(4, foreign=1)),
        ([A, Message("b", "another text"), C, D], Verdict(4, lost=1, foreign=1)),
        ([B, A, C, D], Verdict(4, misplaced=1)),
        ([D, A, B, C], Verdict(4, misplaced=3)),
    ],
)
def test_what_is_wrong_with_a_stream_is_counted(heard: list[Message], verdict: Verdict) -> None:
    assert check(SAID, heard) == verdict


@pytest.mark.parametrize("fault", ["lost", "repeated", "foreign", "misplaced"])
def test_a_single_fault_is_one_too_many(fault: str) -> None:
    whole = Verdict(3) + Verdict(4, **{fault: 1})

    assert (whole.expected, whole.is_faultless, Verdict(7).is_faultless) == (7, False, True)


async def test_events_are_read_as_a_browser_reads_them() -> None:
    lines = [
        "retry: 2000",
        "",
        ": still here",
        "",
        "id: 1",
        "event: message",
        "data: one",
        "data:  two",
        "",
        "event: typing",
        "data:x\r",
        "\r",
        "event: empty",
        "",
        "data: three",
        "",
        "data: never finished",
    ]

    async def sent() -> AsyncIterator[bytes]:
        for line in lines:
            yield f"{line}\n".encode()

    assert [event async for event in read_events(sent())] == [
        Event("message", "one\n two", "1"),
        Event("typing", "x", "1"),
        Event("message", "three", "1"),
    ]


async def test_everything_that_comes_once_and_in_order_is_no_fault() -> None:
    figures, heard = await loaded(FakeChat(), turns(8))

    assert heard.verdict == Verdict(16)
    assert (figures.sent, len(figures.posts), len(heard.milliseconds)) == (8, 8, 8)
    assert (heard.breaks, heard.after_break, not figures.errors) == (0, 0, True)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (lambda chat, own, answer: [own], Verdict(16, lost=8)),
        (lambda chat, own, answer: [answer], Verdict(16, lost=8)),
        (lambda chat, own, answer: [own, answer, answer], Verdict(16, repeated=8)),
        (lambda chat, own, answer: [own, own, answer], Verdict(16, repeated=8)),
        (lambda chat, own, answer: [answer, own], Verdict(16, misplaced=8)),
        (lambda chat, own, answer: [own, chat.message("x"), answer], Verdict(16, foreign=8)),
        (lambda chat, own, answer: [own, {**answer, "text": "x"}], Verdict(16, lost=8, foreign=8)),
    ],
)
async def test_a_fault_of_the_streams_is_noticed(fault: Fault, verdict: Verdict) -> None:
    _, heard = await loaded(FakeChat(fault=fault), turns(8))

    assert heard.verdict == verdict


async def test_what_comes_to_another_customer_is_foreign_there_and_lost_here() -> None:
    def crossed(chat: FakeChat, own: Json, answer: Json) -> list[Json]:
        other = next(talk for talk in chat.talks.values() if own not in talk.said)
        other.wire.append(answer)
        other.news.set()
        return [own]

    _, heard = await loaded(FakeChat(fault=crossed), [load.Turn(0, 1, "question")])

    assert heard.verdict == Verdict(2, lost=1, foreign=1)


async def test_a_broken_stream_goes_on_where_it_was() -> None:
    figures, heard = await loaded(FakeChat(), turns(40), break_every=0.05)

    assert heard.verdict == Verdict(80)
    assert heard.breaks > 5
    assert heard.after_break > 0
    assert not figures.errors


@pytest.mark.parametrize(("resume", "fault"), [("beginning", "repeated"), ("new", "lost")])
async def test_a_stream_that_does_not_go_on_where_it_was_is_noticed(resume: str, fault: str) -> None:
    _, heard = await loaded(FakeChat(resume=resume), turns(40), break_every=0.05)

    assert dataclasses.asdict(heard.verdict)[fault] > 0


async def test_the_time_of_a_delivery_leaves_out_streams_that_were_broken() -> None:
    _, heard = await loaded(FakeChat(), turns(40), break_every=0.05)

    assert 0 < len(heard.milliseconds) < 40


async def test_a_refused_message_is_sent_again_with_its_id_and_counts_as_an_error() -> None:
    fake = FakeChat(statuses=[429, 503])
    figures, heard = await loaded(fake, [load.Turn(0, 0, "question")])

    assert figures.errors == {"429": 1, "503": 1}
    assert (len(set(fake.posts)), len(fake.posts), len(figures.posts)) == (1, 3, 1)
    assert heard.verdict == Verdict(2)


async def test_the_transcript_tells_what_became_of_a_message_without_an_answer() -> None:
    figures, heard = await loaded(FakeChat(statuses=[503] * ATTEMPTS), turns(4, conversations=1), streams=1)

    assert (figures.sent, len(figures.posts)) == (4, 3)
    assert heard.verdict == Verdict(8)


async def test_a_message_that_nobody_kept_is_not_expected() -> None:
    figures, heard = await loaded(FakeChat(statuses=[429] * ATTEMPTS), turns(4, conversations=1), streams=1)

    assert (len(figures.posts), heard.verdict) == (3, Verdict(6))


async def test_a_message_waits_for_the_answer_before_it_and_the_waiting_counts() -> None:
    fake = FakeChat(seconds=0.1)
    figures, _ = await loaded(fake, [load.Turn(0, 0, f"question {number}") for number in range(4)])

    assert fake.most_at_once == 1
    assert all(time >= least for time, least in zip(sorted(figures.posts), (100, 200, 300, 400), strict=True))


async def test_messages_come_when_they_are_due_however_slow_the_answers_are() -> None:
    figures, _ = await loaded(FakeChat(seconds=0.4), turns(8, conversations=8), streams=8)

    assert figures.seconds < 8 * 0.4 / 2
    assert figures.rate == pytest.approx(8 / figures.seconds)


async def test_what_is_never_answered_is_not_waited_for_for_ever() -> None:
    patience = dataclasses.replace(QUICK, answers=0.1)
    fake = FakeChat(seconds=30)
    async with running(fake):
        figures = await measure(fake, StreamCustomer, turns(2), Load(2, 1, 1, NEVER, 1, patience))

    assert (figures.sent, figures.posts, figures.seconds < 10) == (2, (), True)


async def test_without_sessions_there_is_nothing_to_measure() -> None:
    fake = FakeChat()
    async with TestServer(web.Application()) as server:
        fake.address = str(server.make_url("/")).rstrip("/")
        with pytest.raises(MeasurementError, match="no session"):
            await measure(fake, StreamCustomer, turns(2), Load(2, 1, 1, NEVER, 1, QUICK))


async def test_stock_rasa_is_asked_the_same_and_has_no_streams() -> None:
    fake = FakeChat()
    async with running(fake):
        figures = await measure(fake, RestCustomer, turns(6), Load(2, 1, 1, NEVER, 1, QUICK))

    assert (figures.deliveries, len(figures.posts), dict(figures.errors)) == (None, 6, {})


async def test_an_empty_answer_of_stock_rasa_is_an_error() -> None:
    errors: collections.Counter[str] = collections.Counter()
    async with running(FakeChat()) as fake, aiohttp.ClientSession() as http:
        customer = RestCustomer(http, fake.address, errors)
        await customer.say("say nothing", due=0.0)

    assert (errors, customer.exchanges[0].answered) == ({"no answer": 1}, None)


def scheduled(seed: int = 1) -> list[load.Turn]:
    questions = Variations(EXAMPLES, seed=seed)
    return load.schedule(questions, conversations=10, rate=4, seconds=10, seed=seed)


def test_as_many_messages_are_due_as_were_asked_for_in_that_time() -> None:
    moments = [turn.at for turn in scheduled()]

    assert len(moments) == 40
    assert moments == sorted(moments)
    assert 0 <= moments[0] < 2 < 8 < moments[-1] <= 10


def test_every_conversation_has_as_many_turns_and_no_text_comes_twice() -> None:
    asked = scheduled()

    assert set(collections.Counter(turn.place for turn in asked).values()) == {4}
    assert len({turn.text for turn in asked}) == len(asked)


def test_the_same_seed_gives_the_same_messages_at_the_same_times() -> None:
    assert scheduled() == scheduled() != scheduled(seed=2)


def test_a_message_is_in_the_language_of_its_conversation() -> None:
    questions = Variations({"fi": ["suomeksi kaikki tämä"], "en": ["english all this"]}, seed=1)
    asked = load.schedule(questions, conversations=4, rate=2, seconds=4, seed=1)

    # A typo changes a few letters at most.
    assert all(("suo" in turn.text or "kaik" in turn.text) == (turn.place % 2 == 0) for turn in asked)


def figures_of(name: str, *, heard: Deliveries | None, errors: dict[str, int] | None = None) -> Figures:
    times = tuple(float(time) for time in range(1, 101))
    sizes = (100 * 2**20, 120 * 2**20, None)
    return Figures(name, 10, 104, 50.0, times, heard, sizes, 0.5, 0.125, collections.Counter(errors or {}))


def test_the_report_shows_both_side_by_side_and_the_streams_below() -> None:
    heard = Deliveries((2.0, 4.0), 7, 3, Verdict(208, 1, 2, 3, 4))
    errors = {"429": 2, "503": 1, "502 of a stream": 1, "timeout": 5}
    shown = report([figures_of("Luotsi", heard=heard, errors=errors), figures_of("stock", heard=None)], asked_rate=2)
    cells = {line[:33].strip(): line[33:].split() for line in shown.splitlines() if line}

    assert cells["messages answered a second"] == ["2.0", "2.0"]
    assert cells["of these not answered"] == ["4", "4"]
    assert (cells["POST p95, ms"], cells["stream p50, ms"]) == (["95.0", "95.0"], ["2.0", "-"])
    assert (cells["memory, conversations open, MB"], cells["memory at the end, MB"]) == (["120", "120"], ["-", "-"])
    assert cells["CPU of the assistant, cores"] == ["0.50", "0.50"]
    assert [cells[name][0] for name in ("errors 429", "errors 5xx", "other errors")] == ["2", "2", "5"]
    names = ("streams broken and resumed", "lost", "repeated", "foreign or changed", "in the wrong order")
    assert [cells[name] for name in names] == [["7"], ["1"], ["2"], ["3"], ["4"]]


def test_the_figures_can_be_written_as_json() -> None:
    heard = Deliveries((2.0, 4.0), 7, 3, Verdict(208))
    written = json.loads(json.dumps(figures_of("Luotsi", heard=heard, errors={"429": 2}).as_json()))

    assert written["post_ms"] == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert written["stream_messages"] == {"expected": 208, "lost": 0, "repeated": 0, "foreign": 0, "misplaced": 0}
    assert (written["errors"], written["memory_bytes"]["end"]) == ({"429": 2}, None)


@pytest.mark.parametrize("arguments", [["--streams", "0"], ["--rate", "-1"], ["--seconds", "0"], ["--rate", "inf"]])
def test_a_load_that_is_none_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert arguments[0] in capsys.readouterr().err
