"""Canaries: personal data goes in through the channel and must not be found in any place where things are kept."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from luotsi.assistant import newest_model
from tests.service.product import Product, free_port

pytestmark = pytest.mark.service

# Individual numbers 900-999 are never given to a person; the other values are made up.
CANARIES = {
    "identity code": "131052-951T",
    "identity code, new sign": "010199Y9686",
    "phone": "+358 45 7396 1285",
    "e-mail": "kanarialintu.testi@elisanet.fi",
    "IBAN": "FI21 1234 5600 0007 85",
    "card": "4000 0566 5566 5556",
    "date of birth": "17.3.1987",
    "long number": "884213907",
    "diary number": "48713/415/2025",
    "address of a computer": "203.0.113.77",
    "name after a cue": "nimeni on Aleksi Kanarialainen",
}
SENTENCES = [
    "hei hetuni on {} paljonko oleskelulupa maksaa",
    "hello my details are {} how do i declare a parcel",
    "täysin epäselvä asia {} öö",
    "{}",
]


DAYS_KEPT = {
    "events": 730,
    "conversations": 730,
    "feedback": 730,
    "technical_log": 30,
    "reply_addresses": 1,
    "channel_deliveries": 1,
    "queue_counters": 1,
    "queue_values": 1,
    "queue_switches": 730,
}
# Nothing is in them unless staff or the console write it; their rules are tested beside components/storage.
OF_STAFF = {
    *("staff", "staff_sessions", "sign_in_failures", "audit_log", "audit_heads", "switches", "document_versions"),
    *("indexed_conversations", "indexed_messages", "saved_filters", "review_marks", "calibrations", "queued_reviews"),
    *("content_tasks", "masking_cases", "collections", "collection_cases", "practices", "holds"),
    *("message_search", "message_search_config", "message_search_data"),
    *("message_search_docsize", "message_search_idx"),
}
COUNTERS_AND_RECORDS = {"label_counts", "training_utterances", "retention_runs", "erasures", "queue_state"}


class RecordingActions:
    """An action server that keeps every payload it is sent and answers nothing."""

    def __init__(self) -> None:
        self.port = free_port()
        self.payloads: list[bytes] = []
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._serve, daemon=True).start()
        assert self._started.wait(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/webhook", self._webhook)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self._started.set()

    async def _webhook(self, sent: web.Request) -> web.Response:
        self.payloads.append(await sent.read())
        return web.json_response({"events": [], "responses": []})


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, RecordingActions, list[str]]]:
    actions = RecordingActions()
    running = Product(
        tmp_path_factory.mktemp("seeded"),
        environment={
            "LUOTSI_ACTIONS_URL": f"http://127.0.0.1:{actions.port}/webhook",
            "LUOTSI_LOG_LEVEL": "DEBUG",
        },
        actions=False,
    ).start()
    replies: list[str] = []
    for canary in CANARIES.values():
        customer = running.customer("fi")
        for sentence in SENTENCES:
            replies.append(customer.send(sentence.format(canary)).body.decode())
        # Also where only the protocol, not the customer, would put text.
        replies.append(customer.send(canary, payload="/customs_gift").body.decode())
        replies.append(json.dumps(customer.transcript()))
    yield running, actions, replies
    running.stop()


def _forms(canary: str) -> list[bytes]:
    if canary.replace(" ", "").isalpha():
        return [canary.rpartition(" ")[2].encode()]
    return [canary.encode(), canary.replace(" ", "").encode()]


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
def test_no_sink_holds_the_canary(seeded: tuple[Product, RecordingActions, list[str]], canary: str) -> None:
    running, actions, replies = seeded
    sinks: dict[str, bytes] = {path.name: path.read_bytes() for path in running.folder.iterdir() if path.is_file()}
    sinks["action payloads"] = b"\n".join(actions.payloads)
    sinks["replies and transcripts"] = "\n".join(replies).encode()
    with tarfile.open(newest_model()) as archive:
        sinks["model"] = b"".join(
            file.read() for member in archive if member.isfile() and (file := archive.extractfile(member)) is not None
        )
    assert {"luotsi.sqlite", "server.log", "action payloads"} <= sinks.keys()
    found = [name for name, content in sinks.items() if any(form in content for form in _forms(canary))]
    assert found == []


def test_the_sinks_were_really_written(seeded: tuple[Product, RecordingActions, list[str]]) -> None:
    running, actions, _ = seeded
    assert len(actions.payloads) >= 1
    assert b"customs_gift" in running.log.read_bytes(), "the log was not at DEBUG"
    with sqlite3.connect(running.database) as connection:
        (events,) = connection.execute("select count(*) from events").fetchone()
    assert events > 100


def test_every_row_has_its_expiry(seeded: tuple[Product, RecordingActions, list[str]]) -> None:
    running, _, _ = seeded
    with sqlite3.connect(running.database) as connection:
        for table, days in DAYS_KEPT.items():
            (without,) = connection.execute(
                f"select count(*) from {table} where expires_at is null "
                f"or julianday(expires_at) > julianday('now') + {days} + 0.01 "
                f"or julianday(expires_at) < julianday('now') + {days} - 1"
            ).fetchone()
            assert without == 0, table


def test_the_database_holds_only_known_tables(seeded: tuple[Product, RecordingActions, list[str]]) -> None:
    """A new table must be thought of in the test above."""
    running, _, _ = seeded
    with sqlite3.connect(running.database) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    assert tables == {"alembic_version", *DAYS_KEPT, *COUNTERS_AND_RECORDS, *OF_STAFF}
    assert Path(running.database).exists()
