"""The queue position in the running product: asked, answered, counted and switched off, and no number anywhere."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.service.product import ROOT, Customer, Product

pytestmark = pytest.mark.service

NUMBERS = ["1234/2025", "48713/415/2025", "2025, noin 48713"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("queue")).start()
    yield product
    product.stop()


def ask(customer: Customer, number: str) -> tuple[str, str]:
    """Return what was kept of the number, and the answer."""
    customer.say("Kysy arvio jonopaikasta", payload="/start_queue")
    customer.say("5")
    sent = customer.send(number).json
    return sent["text"], sent["messages"][-1]["text"]


@pytest.mark.parametrize(("number", "told"), zip(NUMBERS, ["1 000", "48 000", "48 000"], strict=True))
def test_the_answer_is_the_published_one_and_no_number_is_kept(running: Product, number: str, told: str) -> None:
    customer = running.customer("fi")
    kept, answer = ask(customer, number)
    assert "[CASE_NUMBER]" in kept
    assert "48713" not in kept
    assert f"Suomen kansalaisuus, vuosi 2025, juokseva numero noin {told}." in answer.replace("\u00a0", " ")
    assert customer.transcript()[-1]["text"] == answer


def test_no_sink_holds_a_number_or_a_network(running: Product) -> None:
    for number in NUMBERS:
        ask(running.customer("fi"), number)
    for path in running.folder.iterdir():
        content = path.read_bytes() if path.is_file() else b""
        found = [secret for secret in ("48713", "1234/2025", "network_pseudonym") if secret.encode() in content]
        assert found == [], path.name


def test_questions_are_counted(running: Product) -> None:
    ask(running.customer("fi"), NUMBERS[0])
    with sqlite3.connect(running.database) as connection:
        scopes = dict(connection.execute("SELECT scope, sum(asked) FROM queue_counters GROUP BY scope"))
    assert scopes.keys() == {"total", "network", "session"}
    assert scopes["total"] == scopes["network"] == scopes["session"] >= 1


def test_the_switch_works_at_once(running: Product) -> None:
    customer = running.customer("en")
    _switch(running, "pause")
    try:
        messages = customer.say("Ask for a queue estimate", payload="/start_queue")
        assert "Automatic messages" in messages[-1]["text"]
        assert messages[-1]["language"] == "en"
    finally:
        _switch(running, "resume")
    assert "What kind of application" in customer.say("Ask", payload="/start_queue")[-1]["text"]


def _switch(running: Product, task: str) -> None:
    command = [sys.executable, "-m", "luotsi.cli", "queue", task, "--by", "Maija Mallinen", "--reason", "test"]
    subprocess.run(command, cwd=ROOT, env=running.environment, check=True, capture_output=True, timeout=120)
