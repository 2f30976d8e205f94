"""Measures one turn in the tracker store: our store beside Rasa's SQLTrackerStore, both on SQLite, in the same run.

A turn is what Rasa asks of a store for one message: read the conversation, append five events (message, slot, action,
answer, listening), save. The stores take turns, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import statistics
import tempfile
import time
import uuid
import warnings
from pathlib import Path

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
warnings.simplefilter("ignore")

from rasa.core.tracker_store import SQLTrackerStore, TrackerStore  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from components.settings import Settings  # noqa: E402
from components.storage.tracker_store import SanitisedTrackerStore  # noqa: E402

LENGTHS = (5, 300)
QUESTION = "Kuinka kauan jatkoluvan käsittely kestää, kun hain sitä viime viikolla?"
ANSWER = (
    "Käsittelyaika riippuu luvasta ja siitä, tarvitaanko lisäselvityksiä. Katso arvio Migrin sivulta.\n\n"
    "Saat tiedon päätöksestä samalla tavalla kuin jätit hakemuksen. Puhelinneuvonta: 0295 419 600."
)
TOPIC = "immigration_processing_times"
ANSWER_METADATA = {
    "utter_action": f"utter_{TOPIC}",
    "language": "fi",
    "answer": {
        "topic": TOPIC,
        "title": "Käsittelyajat",
        "reviewed": "2026-09-01",
        "links": [{"title": "Käsittelyajat", "url": "https://migri.fi/kasittelyajat"}],
    },
}
BUTTONS = {"buttons": [{"title": f"Vaihtoehto {n}", "payload": f"/{TOPIC}_{n}"} for n in range(3)]}
DOMAIN = Domain.from_dict(
    {
        "intents": [f"{TOPIC}_{number}" for number in range(10)],
        "entities": ["language"],
        "slots": {"language": {"type": "categorical", "values": ["fi", "en"], "mappings": [{"type": "custom"}]}},
        "responses": {f"utter_{TOPIC}": [{"text": ANSWER, "metadata": ANSWER_METADATA, **BUTTONS}]},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
)


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=30, help="turns measured per store and length (default 30)")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="luotsi-bench-") as folder:
        figures = asyncio.run(_measure(Path(folder), options.turns))
    print(f"Milliseconds for reading and saving one turn, median of {options.turns} (SQLite)\n")
    print(f"{'turns before':>12} {'Luotsi':>9} {'Rasa':>9} {'Rasa / Luotsi':>14}")
    for length, (ours, theirs) in figures.items():
        print(f"{length:>12} {ours:>9.2f} {theirs:>9.2f} {theirs / ours:>14.1f}")
    return 0


async def _measure(folder: Path, turns: int) -> dict[int, tuple[float, float]]:
    ours = SanitisedTrackerStore(
        DOMAIN,
        settings=Settings(
            secret_key=os.urandom(32),
            database_url=f"sqlite:///{folder / 'luotsi.sqlite'}",
            retention=datetime.timedelta(days=730),
            session_lifetime=datetime.timedelta(hours=12),
        ),
    )
    theirs = SQLTrackerStore(DOMAIN, db=str(folder / "rasa.sqlite"))
    try:
        return {length: await _compare(ours, theirs, length, turns) for length in LENGTHS}
    finally:
        ours.engine.dispose()
        theirs.engine.dispose()


async def _compare(ours: TrackerStore, theirs: TrackerStore, length: int, turns: int) -> tuple[float, float]:
    samples: dict[str, list[float]] = {"ours": [], "theirs": []}
    stores = {"ours": ours, "theirs": theirs}
    # Short conversations are begun anew, so that the length stays what the table says.
    per_conversation = max(1, length // 10)
    measured = 0
    while measured < turns:
        sender_id = uuid.uuid4().hex
        for store in stores.values():
            await store.save(_conversation(sender_id, length))
        for _ in range(min(per_conversation, turns - measured)):
            for name, store in stores.items():
                start = time.perf_counter()
                await _turn(store, sender_id)
                samples[name].append((time.perf_counter() - start) * 1000)
            measured += 1
    return statistics.median(samples["ours"]), statistics.median(samples["theirs"])


async def _turn(store: TrackerStore, sender_id: str) -> None:
    tracker = await store.retrieve(sender_id)
    if tracker is None:
        raise RuntimeError("the conversation was not kept")
    for event in _events():
        tracker.update(event, DOMAIN)
    await store.save(tracker)


def _conversation(sender_id: str, length: int) -> DialogueStateTracker:
    tracker = DialogueStateTracker(sender_id, DOMAIN.slots)
    start: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    for event in [*start, *(event for _ in range(length) for event in _events())]:
        tracker.update(event, DOMAIN)
    return tracker


def _events() -> list[Event]:
    ranking = [{"name": f"{TOPIC}_{number}", "confidence": 0.5 / (number + 1)} for number in range(10)]
    parse_data = {
        "text": QUESTION,
        "intent": ranking[0],
        "intent_ranking": ranking,
        "entities": [{"entity": "language", "value": "fi", "extractor": "LanguageIdentifier"}],
    }
    return [
        UserUttered(
            QUESTION,
            intent=ranking[0],
            entities=parse_data["entities"],
            parse_data=parse_data,
            input_channel="web",
            message_id=uuid.uuid4().hex,
            metadata={"masked": []},
        ),
        SlotSet("language", "fi"),
        ActionExecuted(f"utter_{TOPIC}", policy="policy_2_AnswerPolicy", confidence=1.0),
        BotUttered(ANSWER, BUTTONS, ANSWER_METADATA),
        ActionExecuted("action_listen", policy="policy_2_AnswerPolicy", confidence=1.0),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
