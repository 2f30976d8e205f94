"""Red team: consecutive diary numbers are asked for in mass, as they once were, through the gate and the actions.

What can be learnt is the published table, to the step; existing and invented numbers look alike; the attempt is noticed
and stopped; and nothing of the numbers is kept anywhere.
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.importer import TrainingDataImporter

from actions import queue
from actions.conversation import DomainDict
from components.channels.gate import make_safe
from components.privacy.conversation import ConversationMemory
from components.privacy.derived import SEQUENCE_STEP
from components.privacy.pseudonyms import NETWORK_KEY
from components.settings import QueueLimits, Settings
from components.statistics.queue import APPLICATIONS, Step, load
from components.storage.database import migrate, open_database
from components.storage.queue_guard import QueueGuard, Verdict, status
from components.storage.tracker_store import SanitisedTrackerStore
from tests.actions.queue_customer import KEY, QueueCustomer

ROOT = Path(__file__).parents[2]
YEAR, FIRST, COUNT = 2025, 5_000, 10_000
RESULT = "utter_queue_result_example"


@pytest.fixture(scope="module")
def rasa_domain() -> Domain:
    return TrainingDataImporter.load_from_config(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), []).get_domain()


@pytest.fixture(scope="module")
def domain(rasa_domain: Domain) -> DomainDict:
    received: DomainDict = json.loads(json.dumps(rasa_domain.as_dict()))
    return received


class _OpenGuard:
    """Lets everything through: what can be learnt must not depend on a limit."""

    def look(self, network: str) -> Verdict:
        return Verdict.OPEN

    def ask(self, session: str, network: str, case: object) -> Verdict:
        return Verdict.OPEN


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "guard", _OpenGuard)


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QueueGuard]:
    """The real guard with its usual limits."""
    engine = open_database(f"sqlite:///{tmp_path / 'luotsi.sqlite'}")
    migrate(engine)
    made = QueueGuard(engine, KEY, QueueLimits())
    monkeypatch.setattr(queue, "guard", lambda: made)
    yield made
    engine.dispose()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at every level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def answer_to(domain: DomainDict, raw: str, application: str = "Kansalaisuus", **options: Any) -> str:
    """What one customer in a conversation of their own is told, or the names of the responses without an answer."""
    customer = QueueCustomer(domain, **options)
    said = customer.starts()
    if customer.asked_for:
        customer.types(application)
        said = customer.types(raw)
    return customer.said[-1] if said == [RESULT] else " ".join(said)


def learnt(answer: str) -> str:
    """An answer without what the customer had told: the year and the thousand."""
    return re.sub(r"vuosi \d{4}, juokseva numero [^.]*\.", "", answer)


def test_a_walk_learns_the_published_steps_and_nothing_else(domain: DomainDict, unguarded: None) -> None:
    """Ten thousand consecutive numbers, each from a conversation and a network of its own."""
    customer = QueueCustomer(domain)
    found: list[tuple[int, str]] = []
    for number in range(FIRST, FIRST + COUNT):
        customer.slots |= {queue.APPLICATION: "citizenship", "requested_slot": queue.CASE}
        customer._running = True
        customer._memory = ConversationMemory()
        customer.events = [
            {"event": "user", "text": "x", "metadata": {}, "parse_data": {}},
            {"event": "bot", "text": "?", "asks_for": "CASE_NUMBER", "data": {}, "metadata": {}},
        ]
        customer.sender_id, customer.network = f"s{number}", f"n{number % 500}"
        assert customer.types(f"{number}/415/{YEAR}") == [RESULT]
        answer = learnt(customer.said[-1])
        if not found or found[-1][1] != answer:
            found.append((number, answer))
    steps = [step for step in load().rows if step.application == "citizenship"]
    published = [
        step.from_sequence for step in steps if step.year == YEAR and FIRST < step.from_sequence < FIRST + COUNT
    ]
    # What changes along the way changes exactly where the file says so.
    assert [number for number, _ in found[1:]] == published
    assert published, "the walk crosses no step: nothing is tested"
    for number, answer in found:
        assert _told(answer) == _published(steps, number)


def _told(answer: str) -> tuple[str, str]:
    band = re.search(r"hakemuksia:\*\* (.*)", answer)
    weeks = re.search(r"vielä:\*\* (\d+)–(\d+)", answer)
    assert band is not None
    assert weeks is not None
    return band.group(1), f"{weeks.group(1)}–{weeks.group(2)}"


def _published(steps: list[Step], number: int) -> tuple[str, str]:
    step = [step for step in steps if step.start <= (YEAR, number)][-1]
    return queue.vocabulary("queue")["bands"][step.longer_waiting]["fi"], f"{step.weeks_from}–{step.weeks_to}"


def test_all_there_is_to_learn_fits_the_table() -> None:
    """Every thousand of every year has one of the lines of the file as its answer."""
    figures = load()
    answers = {
        figures.find(application, {"year": year, "sequence": thousand})
        for application in APPLICATIONS
        for year in range(2020, 2031)
        for thousand in range(0, 60_000, SEQUENCE_STEP)
    }
    assert answers <= set(figures.rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # In one thousand: the first could be anybody's, the second was never given.
        ("8123/415/2025", "8999/415/2025"),
        ("8000/1/2025", "8001/999/2025"),
        ("KAN-2025-8123", "8123/2025"),
        ("UMA/8500/2025", "2025, noin 8 000"),
    ],
)
def test_existing_and_invented_numbers_cannot_be_told_apart(
    domain: DomainDict, unguarded: None, one: str, other: str
) -> None:
    assert answer_to(domain, one) == answer_to(domain, other)


@pytest.mark.parametrize("raw", ["1/415/2000", "999999/415/2099", "500000/415/2025", "12/415/2063"])
def test_a_number_far_from_anything_gets_an_answer_of_the_same_kind(
    domain: DomainDict, unguarded: None, raw: str
) -> None:
    usual = answer_to(domain, "8123/415/2025")
    odd = answer_to(domain, raw)
    figures = re.compile(r"\d+|enintään|yli|alle|noin|[\u00a0,–]| ")
    assert figures.sub("", odd) == figures.sub("", usual)


def test_a_walk_by_steps_is_stopped_in_its_network(
    domain: DomainDict, guard: QueueGuard, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [
        answer_to(domain, f"{1000 * n}/415/2025", sender_id=f"s{n}", address=f"192.0.2.{n}") for n in range(1, 20)
    ]
    assert answers.index("utter_queue_paused") == QueueLimits().network_walk
    assert "utter_queue_paused" not in answer_to(domain, "1000/415/2025", sender_id="a", address="198.51.100.1")
    alarms = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(alarms) == 1


def test_a_walk_through_many_networks_pauses_everyone(domain: DomainDict, guard: QueueGuard) -> None:
    limits = QueueLimits()
    tries = 0
    for number in range(10_000):
        tries += 1
        address = f"10.{number // 17}.0.{number % 17 + 1}"
        customer = QueueCustomer(domain, sender_id=f"s{number}", address=address)
        if customer.starts() == ["utter_queue_paused"] and guard.look("somebody else") is Verdict.PAUSED:
            break
        customer.types("Työ")
        customer.types(f"{1000 * (number % 900)}/415/{2024 + number // 900}")
    assert tries <= limits.paused_networks * (limits.network_walk + 2) + 1
    assert status(guard._engine, limits).by_detector


def test_a_patient_walk_by_ones_is_stopped_by_the_total(
    domain: DomainDict, guard: QueueGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question from a conversation and a network of its own: only the total can notice, and it does."""
    limits = dataclasses.replace(QueueLimits(), total_hour=200)
    monkeypatch.setattr(guard, "_limits", limits)
    verdicts = []
    for number in range(limits.total_hour + 1):
        safe = make_safe(f"{FIRST + number}/415/{YEAR}", asked_for="CASE_NUMBER")
        verdicts.append(guard.ask(f"s{number}", f"n{number}", safe.derived["case"]))
    assert set(verdicts[:-1]) == {Verdict.OPEN}
    assert verdicts[-1] is Verdict.PAUSED
    assert QueueCustomer(domain).starts() == ["utter_queue_paused"]


def test_the_counters_hold_no_number(domain: DomainDict, guard: QueueGuard, tmp_path: Path, log: io.StringIO) -> None:
    for n in range(30):
        answer_to(domain, f"{48_713 + 1000 * n}/415/2025", sender_id=f"s{n}", address=f"192.0.{n % 3}.{n}")
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir()) + log.getvalue().encode()
    assert files
    for n in range(30):
        for form in (f"{48_713 + 1000 * n}", f"{48_000 + 1000 * n}"):
            assert not re.search(rb"(?<![0-9a-f])" + form.encode() + rb"(?![0-9a-f])", files), form
    assert b"192.0." not in files


def test_no_number_and_no_network_is_stored(rasa_domain: Domain, tmp_path: Path, log: io.StringIO) -> None:
    """A conversation with a number in it, through gate 1 and gate 3, as the store writes it."""
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = SanitisedTrackerStore(rasa_domain, settings=_settings(url))
    network = "ab12" * 8
    for number, raw in enumerate(["48713/415/2025", "1234/2025", "2025, noin 48713"]):
        safe = make_safe(raw, ConversationMemory(), asked_for="CASE_NUMBER")
        metadata = {NETWORK_KEY: network, "masked": list(safe.labels), "derived": safe.derived}
        said = UserUttered(
            safe.text, intent={"name": "nlu_fallback"}, parse_data={"metadata": metadata}, metadata=metadata
        )
        events = [
            SlotSet("session_started_metadata", metadata),
            ActionExecuted("action_listen"),
            said,
            ActionExecuted("queue_form"),
            SlotSet(queue.CASE, safe.derived["case"]),
        ]
        tracker = DialogueStateTracker.from_events(f"{number}" * 32, events, rasa_domain.slots, domain=rasa_domain)
        asyncio.run(store.save(tracker))
    store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()) + log.getvalue().encode()
    assert b'"year": 2025' in kept
    assert b"48000" in kept
    for secret in (b"48713", b"1234/2025", network.encode(), NETWORK_KEY.encode()):
        assert secret not in kept


def _settings(url: str) -> Settings:
    return Settings.from_environment(
        {"RASA_TELEMETRY_ENABLED": "false", "LUOTSI_SECRET_KEY": "k" * 32, "LUOTSI_DATABASE_URL": url}
    )
