"""Services and feedback that staff have switched off."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions import database
from actions.allowances import AllowancesForm, AllowancesResult
from actions.calculator import CalculatorForm, CalculatorResult
from actions.feedback import AskFeedback
from actions.processing_times import ProcessingTimesForm, ProcessingTimesResult
from components.storage import switches
from components.storage.database import migrate, open_database
from components.storage.switches import Switches

from .conftest import Conversation
from .customer import Customer

SERVICES: dict[str, tuple[Action, Action]] = {
    "calculator": (CalculatorForm(), CalculatorResult()),
    "allowances": (AllowancesForm(), AllowancesResult()),
    "processing_times": (ProcessingTimesForm(), ProcessingTimesResult()),
}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'luotsi.sqlite'}")
    migrate(opened)
    # Known at once instead of after seconds.
    monkeypatch.setattr(database, "_switches", lambda: Switches(opened))
    yield opened
    opened.dispose()


def turn(engine: Engine, name: str, value: str) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    with engine.begin() as connection:
        switches.turn(connection, name, value, by="vilma", reason="a fault", now=now)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_switched_off_says_so_and_ends(
    engine: Engine, rasa_domain: Domain, service: str, language: str
) -> None:
    turn(engine, service, "off")
    customer = Customer(rasa_domain, SERVICES[service], service, language)

    assert customer.starts() == ["utter_service_closed"]
    assert customer.tracker.active_loop is None

    turn(engine, service, "on")
    assert customer.starts() != ["utter_service_closed"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_other_services_go_on(engine: Engine, rasa_domain: Domain, service: str) -> None:
    for other in set(SERVICES) - {service}:
        turn(engine, other, "off")

    assert "utter_service_closed" not in Customer(rasa_domain, SERVICES[service], service, "fi").starts()


def test_a_service_that_is_switched_off_meanwhile_forgets_the_answers(engine: Engine, rasa_domain: Domain) -> None:
    customer = Customer(rasa_domain, SERVICES["calculator"], "calculator", "en")
    customer.starts()
    customer.types("the parcel came from China")
    turn(engine, "calculator", "off")

    assert customer.types("100 euros") == ["utter_service_closed"]
    assert not any(customer.tracker.get_slot(question.slot) for question in CalculatorForm.questions)


@pytest.mark.parametrize("value", ["on", "off"])
def test_feedback_that_is_switched_off_is_not_asked_for(engine: Engine, conversation: Conversation, value: str) -> None:
    turn(engine, "feedback", value)
    tracker = conversation.says("customs_gift").hears("utter_customs_gift").says("goodbye").tracker()
    dispatcher = CollectingDispatcher()

    AskFeedback().run(dispatcher, tracker, conversation.domain)

    said: list[Any] = [message["response"] for message in dispatcher.messages]
    assert said == (["utter_ask_feedback"] if value == "on" else [])


def test_without_settings_everything_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_switches", lambda: Switches(database.engine()))
    monkeypatch.delenv("LUOTSI_DATABASE_URL", raising=False)
    database.engine.cache_clear()

    assert database.is_on(switches.Feature.CALCULATOR)
