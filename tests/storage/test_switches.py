"""Switches: what staff turned holds for the service within seconds, and never gets in its way."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import switches
from components.storage.switches import AS_SET, CACHE_SECONDS, CONSENT, OFF, ON, Feature, Switches

from .rows import HOUR, NOW, new_database


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = new_database(url)
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def turn(engine: Engine, name: str, value: str, reason: str = "a fault in the figures") -> None:
    with engine.begin() as connection:
        switches.turn(connection, name, value, by="vilma", reason=reason, now=NOW)


def break_database(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE switches")


@pytest.mark.parametrize("feature", Feature)
def test_everything_is_on_until_it_is_switched_off(engine: Engine, feature: Feature) -> None:
    assert Switches(engine).is_on(feature)
    with engine.connect() as connection:
        assert switches.is_on(connection, feature)

    turn(engine, feature.value, OFF)

    assert not Switches(engine).is_on(feature)
    assert all(Switches(engine).is_on(other) for other in Feature if other is not feature)
    with engine.connect() as connection:
        assert not switches.is_on(connection, feature)


def test_the_consent_mode_of_the_settings_holds_until_it_is_switched(engine: Engine) -> None:
    assert Switches(engine).consent_mode("opt-in") == "opt-in"
    turn(engine, CONSENT, "opt-in")
    assert Switches(engine).consent_mode("notice") == "opt-in"
    turn(engine, CONSENT, AS_SET)
    assert Switches(engine).consent_mode("notice") == "notice"


def test_a_change_is_known_after_seconds(engine: Engine, clock: Clock) -> None:
    known = Switches(engine, clock=clock)
    assert known.is_on(Feature.SERVICE)
    turn(engine, "service", OFF)

    assert known.is_on(Feature.SERVICE)
    clock.now += CACHE_SECONDS

    assert not known.is_on(Feature.SERVICE)
    assert CACHE_SECONDS <= 5


def test_the_last_known_positions_hold_while_the_database_is_away(engine: Engine, clock: Clock) -> None:
    turn(engine, "calculator", OFF)
    turn(engine, CONSENT, "opt-in")
    known = Switches(engine, clock=clock)
    assert not known.is_on(Feature.CALCULATOR)
    break_database(engine)
    clock.now += 10 * CACHE_SECONDS

    assert not known.is_on(Feature.CALCULATOR)
    assert known.is_on(Feature.SERVICE)
    assert known.consent_mode("notice") == "opt-in"


def test_the_usual_positions_hold_when_the_database_was_never_there(engine: Engine) -> None:
    break_database(engine)

    assert Switches(engine).is_on(Feature.SERVICE)
    assert Switches(engine).consent_mode("notice") == "notice"


def test_a_database_that_is_away_is_not_asked_by_every_message(engine: Engine, clock: Clock) -> None:
    asked: list[str] = []
    break_database(engine)
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    known = Switches(engine, clock=clock)

    for _ in range(50):
        known.is_on(Feature.SERVICE)

    assert len([statement for statement in asked if "switches" in statement]) == 1


def test_many_threads_ask_at_once(engine: Engine) -> None:
    turn(engine, "service", OFF)
    known = Switches(engine)
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(known.is_on(Feature.SERVICE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert answers == [False] * 8


def test_who_turned_it_when_and_why_is_kept(engine: Engine) -> None:
    turn(engine, "feedback", OFF, reason="  anna.virtanen@posti.fi asked\nfor it ")

    with engine.connect() as connection:
        found = switches.positions(connection)

    assert set(found) == {feature.value for feature in Feature} | {CONSENT}
    kept = found["feedback"]
    assert (kept.value, kept.changed_by, kept.changed_at, kept.is_usual) == (OFF, "vilma", NOW, False)
    assert kept.reason is not None
    assert "virtanen" not in kept.reason
    assert kept.reason.endswith("asked for it")
    assert found["service"].is_usual


def test_turning_it_again_takes_the_place_of_the_first(engine: Engine) -> None:
    turn(engine, "service", OFF)
    with engine.begin() as connection:
        switches.turn(connection, "service", ON, by="ville", reason="mended", now=NOW + HOUR)
    with engine.connect() as connection:
        kept = switches.positions(connection)["service"]

    assert (kept.value, kept.changed_by, kept.reason, kept.is_usual) == (ON, "ville", "mended", True)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("service", "opt-in", "a reason"),
        ("nothing", OFF, "a reason"),
        (CONSENT, OFF, "a reason"),
        ("service", OFF, "   "),
        ("service", OFF, "x" * 81),
    ],
)
def test_what_makes_no_sense_changes_nothing(engine: Engine, name: str, value: str, reason: str) -> None:
    with pytest.raises(ValueError):
        turn(engine, name, value, reason)
    assert Switches(engine).is_on(Feature.SERVICE)


def test_a_position_that_nobody_knows_any_more_counts_as_the_usual_one(engine: Engine) -> None:
    turn(engine, "service", OFF)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE switches SET value = 'sideways'")

    assert Switches(engine).is_on(Feature.SERVICE)
