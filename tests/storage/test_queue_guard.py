"""Questions for the queue position are counted without numbers; too many, or a walk, close it; so does no database."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.privacy.derived import CoarseCase
from components.settings import QueueLimits, SettingsError, queue_limits
from components.storage import queue_guard
from components.storage.database import open_database
from components.storage.models import Base
from components.storage.queue_guard import QueueGuard, QueueStatus, Verdict, pause, resume, status
from components.storage.retention import purge

from .rows import DAY, HOUR, NOW, SECOND, count, new_database

KEY = b"0123456789abcdef0123456789abcdef"
MINUTE = datetime.timedelta(minutes=1)
# Beyond what a test reaches, unless it is about them.
FAR = QueueLimits(
    session_hour=10_000,
    session_day=10_000,
    network_hour=10_000,
    network_day=10_000,
    total_hour=10_000,
    total_day=10_000,
    session_distinct=10_000,
    network_distinct=10_000,
    network_walk=10_000,
    unreadable_percent=100,
    paused_networks=10_000,
)


def case(sequence: int, year: int = 2025) -> CoarseCase:
    return CoarseCase(year=year, sequence=sequence)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = new_database(url)
    yield engine
    engine.dispose()


def guard_of(engine: Engine, **limits: object) -> QueueGuard:
    return QueueGuard(engine, KEY, dataclasses.replace(FAR, **limits))  # type: ignore[arg-type]


def status_of(engine: Engine, now: datetime.datetime = NOW, **limits: object) -> QueueStatus:
    return status(engine, dataclasses.replace(FAR, **limits), now=now)  # type: ignore[arg-type]


def rows(engine: Engine) -> str:
    """Everything that the tables of the guard hold."""
    found = []
    with engine.connect() as connection:
        for name in ("queue_counters", "queue_values", "queue_switches", "queue_state"):
            found += [str(row) for row in connection.execute(sa.select(Base.metadata.tables[name]))]
    return "\n".join(found)


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["session_hour", "session_day", "network_hour"])
def test_the_question_after_the_last_allowed_one_is_refused(engine: Engine, limit: str) -> None:
    guard = guard_of(engine, **{limit: 3})
    verdicts = [guard.ask("s", "n", case(0), now=NOW) for _ in range(5)]
    assert verdicts == [Verdict.OPEN] * 3 + [Verdict.LIMITED] * 2


@pytest.mark.parametrize(
    ("limit", "session", "network", "expected"),
    [
        ("session_hour", "other", "n", Verdict.OPEN),
        ("session_hour", "s", "other", Verdict.LIMITED),
        ("network_hour", "other", "n", Verdict.LIMITED),
        ("network_hour", "s", "other", Verdict.OPEN),
    ],
)
def test_a_limit_is_of_one_conversation_or_of_one_network(
    engine: Engine, limit: str, session: str, network: str, expected: Verdict
) -> None:
    guard = guard_of(engine, **{limit: 2})
    for _ in range(3):
        guard.ask("s", "n", case(0), now=NOW)
    assert guard.ask(session, network, case(0), now=NOW) is expected


@pytest.mark.parametrize("limit", ["session_hour", "network_hour"])
def test_in_the_next_hour_counting_begins_anew(engine: Engine, limit: str) -> None:
    guard = guard_of(engine, **{limit: 1})
    last = NOW + HOUR - SECOND
    assert [guard.ask("s", "n", case(0), now=now) for now in (NOW, last)] == [Verdict.OPEN, Verdict.LIMITED]
    assert guard.ask("s", "n", case(0), now=NOW + HOUR) is Verdict.OPEN


def test_a_day_is_the_last_24_hours(engine: Engine) -> None:
    guard = guard_of(engine, session_day=2)
    moments = [NOW + 50 * MINUTE, NOW + 23 * HOUR, NOW + 24 * HOUR - SECOND, NOW + 24 * HOUR]
    verdicts = [guard.ask("s", "n", case(0), now=moment) for moment in moments]
    assert verdicts == [Verdict.OPEN, Verdict.OPEN, Verdict.LIMITED, Verdict.LIMITED]
    assert guard.ask("s", "n", case(0), now=NOW + 47 * HOUR) is Verdict.OPEN


def test_a_conversation_may_ask_about_few_different_numbers(engine: Engine) -> None:
    guard = guard_of(engine, session_distinct=2)
    asked = [case(0), case(5000), case(0), case(5000), case(9000), case(0)]
    verdicts = [guard.ask("s", "n", one, now=NOW) for one in asked]
    assert verdicts == [Verdict.OPEN] * 4 + [Verdict.LIMITED] * 2


def test_the_same_number_of_another_year_is_another_one(engine: Engine) -> None:
    guard = guard_of(engine, session_distinct=1)
    assert guard.ask("s", "n", case(0, 2025), now=NOW) is Verdict.OPEN
    assert guard.ask("s", "n", case(0, 2026), now=NOW) is Verdict.LIMITED


def test_a_number_stays_the_same_over_midnight(engine: Engine) -> None:
    """The key of the digests changes with the day."""
    guard = guard_of(engine, session_distinct=1)
    evening = NOW.replace(hour=23, minute=30)
    assert guard.ask("s", "n", case(0), now=evening) is Verdict.OPEN
    assert guard.ask("s", "n", case(0), now=evening + HOUR) is Verdict.OPEN
    assert count(engine, "queue_values") == 2  # once for the conversation, once for the network


def test_an_answer_without_a_number_counts(engine: Engine) -> None:
    guard = guard_of(engine, session_hour=2)
    assert [guard.ask("s", "n", None, now=NOW) for _ in range(3)] == [Verdict.OPEN, Verdict.OPEN, Verdict.LIMITED]
    assert status_of(engine).unreadable_day == 3


# --- the detector ---------------------------------------------------------------------------------------------------


def test_a_network_with_many_different_numbers_is_paused(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    guard = guard_of(engine, network_distinct=3)
    verdicts = [guard.ask(f"s{n}", "n", case(10_000 * n), now=NOW) for n in range(5)]
    assert verdicts == [Verdict.OPEN] * 3 + [Verdict.PAUSED] * 2
    assert guard.ask("new", "n", case(0), now=NOW) is guard.look("n", now=NOW) is Verdict.PAUSED
    assert guard.ask("new", "other", case(0), now=NOW) is guard.look("other", now=NOW) is Verdict.OPEN
    assert alarms(caplog) == [
        "Queue position alarm: paused for one network, because it asked about more than 3 ranges of numbers in a day."
    ]


@pytest.mark.parametrize("step", [1000, -1000])
def test_a_walk_is_noticed(engine: Engine, step: int) -> None:
    guard = guard_of(engine, network_walk=5)
    verdicts = [guard.ask(f"s{n}", "n", case(50_000 + step * n), now=NOW) for n in range(6)]
    assert verdicts == [Verdict.OPEN] * 5 + [Verdict.PAUSED]


def test_a_walk_in_turns_with_another_is_noticed(engine: Engine) -> None:
    guard = guard_of(engine, network_walk=6)
    walks = [case(start + 1000 * n) for n in range(6) for start in (10_000, 50_000, 90_000)]
    verdicts = [guard.ask(f"s{n}", "n", one, now=NOW) for n, one in enumerate(walks)]
    assert verdicts.index(Verdict.PAUSED) < 12


def test_a_walk_over_midnight_is_noticed(engine: Engine) -> None:
    guard = guard_of(engine, network_walk=5)
    evening = NOW.replace(hour=23, minute=57)
    verdicts = [guard.ask(f"s{n}", "n", case(1000 * n), now=evening + n * MINUTE) for n in range(6)]
    assert verdicts[-1] is Verdict.PAUSED


def test_many_customers_of_one_network_are_no_walk(engine: Engine) -> None:
    guard = guard_of(engine, network_walk=3)
    asked = [7, 31, 30, 2, 55, 54, 18, 40, 11, 12, 61, 25, 3, 50, 49, 37, 14, 29, 47, 20]  # four lie beside another
    verdicts = {guard.ask(f"s{n}", "n", case(1000 * sequence), now=NOW) for n, sequence in enumerate(asked)}
    assert verdicts == {Verdict.OPEN}


def test_many_answers_without_a_number_pause_a_network(engine: Engine) -> None:
    guard = guard_of(engine, unreadable_percent=80)
    verdicts = [guard.ask(f"s{n}", "n", None, now=NOW) for n in range(20)]
    assert verdicts == [Verdict.OPEN] * 19 + [Verdict.PAUSED]


def test_some_answers_without_a_number_are_usual(engine: Engine) -> None:
    guard = guard_of(engine, unreadable_percent=80)
    verdicts = {guard.ask(f"s{n}", "n", None if n % 4 else case(0), now=NOW) for n in range(80)}
    assert verdicts == {Verdict.OPEN}


def test_a_network_that_asks_too_often_in_a_day_is_paused(engine: Engine) -> None:
    guard = guard_of(engine, network_day=3)
    verdicts = [guard.ask(f"s{n}", "n", case(0), now=NOW + n * HOUR) for n in range(4)]
    assert verdicts == [Verdict.OPEN] * 3 + [Verdict.PAUSED]


def test_several_paused_networks_pause_everyone(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    guard = guard_of(engine, network_distinct=1, paused_networks=3)
    for network in ("a", "b", "c"):
        assert guard.look("other", now=NOW) is Verdict.OPEN
        for n in range(3):
            guard.ask(f"s{n}", network, case(10_000 * n), now=NOW)
    assert guard.look("other", now=NOW) is Verdict.PAUSED
    assert alarms(caplog)[-1] == "Queue position alarm: paused for everyone, because 3 networks were paused."
    assert len(alarms(caplog)) == 4


@pytest.mark.parametrize(
    ("limit", "apart", "period"), [("total_hour", SECOND, "an hour"), ("total_day", HOUR, "a day")]
)
def test_too_many_questions_in_all_pause_everyone(
    engine: Engine, caplog: pytest.LogCaptureFixture, limit: str, apart: datetime.timedelta, period: str
) -> None:
    guard = guard_of(engine, **{limit: 4})
    verdicts = [guard.ask(f"s{n}", f"n{n}", case(0), now=NOW + n * apart) for n in range(6)]
    assert verdicts == [Verdict.OPEN] * 4 + [Verdict.PAUSED] * 2
    assert alarms(caplog) == [
        f"Queue position alarm: paused for everyone, because it was asked for more than 4 times in {period}."
    ]


@pytest.mark.parametrize("hours", [1, 12, 24])
def test_a_pause_of_the_detector_ends_by_itself(engine: Engine, hours: int) -> None:
    guard = guard_of(engine, network_distinct=1, pause=datetime.timedelta(hours=hours))
    for n in range(2):
        guard.ask("s", "n", case(10_000 * n), now=NOW)
    assert guard.look("n", now=NOW + hours * HOUR - SECOND) is Verdict.PAUSED
    assert guard.look("n", now=NOW + hours * HOUR) is Verdict.OPEN


def test_an_alarm_is_written_down_without_whom_it_is_about(engine: Engine) -> None:
    guard = guard_of(engine, network_distinct=1)
    for n in range(4):
        guard.ask("s", "n", case(10_000 * n), now=NOW)
    found = status_of(engine, network_distinct=1)
    assert [(one.action, one.changed_by) for one in found.switches] == [("alarm: network", "Luotsi")]
    assert (found.paused, found.paused_networks) == (False, 1)


# --- the switch -----------------------------------------------------------------------------------------------------


def test_staff_switch_it_off_and_on(engine: Engine) -> None:
    guard = guard_of(engine)
    pause(engine, by="Maija Mallinen", reason="asked for in mass", now=NOW)
    assert guard.look("n", now=NOW) is guard.ask("s", "n", case(0), now=NOW) is Verdict.PAUSED
    assert status_of(engine).by_staff
    resume(engine, by="Matti Mallinen", reason="it is over", now=NOW + HOUR)
    assert guard.look("n", now=NOW + HOUR) is guard.ask("s", "n", case(0), now=NOW + HOUR) is Verdict.OPEN
    switches = status_of(engine, NOW + HOUR).switches
    assert [(one.changed_at, one.action, one.changed_by, one.reason) for one in switches] == [
        (NOW + HOUR, "resume", "Matti Mallinen", "it is over"),
        (NOW, "pause", "Maija Mallinen", "asked for in mass"),
    ]


def test_what_staff_switched_off_stays_off_when_its_record_has_expired(engine: Engine) -> None:
    guard = guard_of(engine)
    pause(engine, by="Maija Mallinen", reason="x", now=NOW)
    later = NOW + 731 * DAY
    purge(engine, now=later)
    assert count(engine, "queue_switches") == 0
    assert guard.look("n", now=later) is Verdict.PAUSED


def test_switching_on_ends_what_the_detector_began_and_counts_anew(engine: Engine) -> None:
    guard = guard_of(engine, network_distinct=3, total_hour=3)
    for n in range(5):
        guard.ask("s", "n", case(10_000 * n), now=NOW)
    found = status_of(engine)
    assert (found.by_detector, found.by_staff, found.paused) == (True, False, True)
    resume(engine, by="Maija Mallinen", reason="x", now=NOW)
    assert [guard.ask("s", "n", case(0), now=NOW) for _ in range(3)] == [Verdict.OPEN] * 3
    assert status_of(engine).asked_day == 3


def test_a_reason_is_sanitised(engine: Engine) -> None:
    pause(engine, by="Maija", reason="soitti 040 123 4567,\n\tdnro 12345/415/2025", now=NOW)
    assert status_of(engine).switches[0].reason == "soitti [PHONE_NUMBER], dnro [CASE_NUMBER]"


@pytest.mark.parametrize(
    ("by", "reason", "message"),
    [
        ("", "x", "the name is missing"),
        (" \n", "x", "the name is missing"),
        ("x", "\0", "the reason is missing"),
        ("x" * 101, "x", "the name is longer than 100 characters"),
        ("x", "x" * 501, "the reason is longer than 500 characters"),
    ],
)
def test_the_switch_wants_a_name_and_a_reason(engine: Engine, by: str, reason: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pause(engine, by=by, reason=reason, now=NOW)
    assert rows(engine) == ""


def test_nothing_is_counted_while_it_is_paused(engine: Engine) -> None:
    guard = guard_of(engine)
    pause(engine, by="x", reason="x", now=NOW)
    guard.ask("s", "n", case(0), now=NOW)
    assert count(engine, "queue_counters") == count(engine, "queue_values") == 0


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_the_counters_hold_no_number_and_no_asker(engine: Engine) -> None:
    guard = guard_of(engine)
    guard.ask("5f0e" * 8, "ab12" * 8, case(73_000), now=NOW)
    kept = rows(engine)
    assert kept
    assert not any(part in kept for part in ("73000", "73_000", "5f0e5f0e", "ab12ab12"))


def test_a_conversation_and_its_network_share_no_digest(engine: Engine) -> None:
    guard_of(engine).ask("same", "same", case(73_000), now=NOW)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT who, digest FROM queue_values")).all()
    assert len({value for row in found for value in row}) == 4


def test_digests_depend_on_the_key_and_on_the_day(engine: Engine) -> None:
    for key, now in ((KEY, NOW), (b"x" * 32, NOW), (KEY, NOW + 2 * DAY)):
        QueueGuard(engine, key, FAR).ask("s", "n", case(0), now=now)
    with engine.connect() as connection:
        digests = list(connection.execute(sa.text("SELECT digest FROM queue_values")).scalars())
    assert len(set(digests)) == len(digests) == 6


def test_counters_are_gone_after_a_day(engine: Engine) -> None:
    guard = guard_of(engine)
    guard.ask("s", "n", case(0), now=NOW + 59 * MINUTE)
    purge(engine, now=NOW + 24 * HOUR - SECOND)
    assert (count(engine, "queue_counters"), count(engine, "queue_values")) == (3, 2)
    purge(engine, now=NOW + 24 * HOUR)
    assert (count(engine, "queue_counters"), count(engine, "queue_values")) == (0, 0)


def test_what_has_expired_is_not_read_before_it_is_deleted(engine: Engine) -> None:
    guard = guard_of(engine, session_distinct=1, session_day=1)
    guard.ask("s", "n", case(0), now=NOW)
    assert guard.ask("s", "n", case(5000), now=NOW + 24 * HOUR) is Verdict.OPEN
    found = status_of(engine, NOW + 24 * HOUR)
    assert found.asked_day == 1


def test_an_expired_value_that_is_still_there_counts_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = guard_of(engine, session_distinct=1)
    # Only a clock that was set back brings the same digest about.
    monkeypatch.setattr(queue_guard, "QUEUE_COUNTERS_KEPT", HOUR)
    guard.ask("s", "n", case(0), now=NOW)
    guard.ask("s", "n", case(0), now=NOW + 2 * HOUR)
    assert guard.ask("s", "n", case(5000), now=NOW + 2 * HOUR) is Verdict.LIMITED


# --- failures and several servers -----------------------------------------------------------------------------------


def test_without_its_counters_it_is_closed(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    guard = guard_of(engine)
    assert guard.ask("s", "n", case(0), now=NOW) is Verdict.OPEN
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE queue_counters RENAME TO gone")
    verdicts = [guard.ask("s", "n", case(0), now=NOW), guard.look("n", now=NOW)]
    assert verdicts == [Verdict.UNAVAILABLE] * 2
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO queue_counters")
    assert guard.ask("s", "n", case(0), now=NOW) is Verdict.OPEN
    told = [record.getMessage() for record in caplog.records if record.name == queue_guard.logger.name]
    assert len(told) == 2
    assert told[0].startswith("The queue position is closed: its counters cannot be used (")
    assert told[1] == "The counters of the queue position can be used again."


def test_without_the_state_of_the_switch_it_is_closed(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE queue_state")
    assert guard_of(engine).look("n", now=NOW) is Verdict.UNAVAILABLE


def test_before_the_server_has_made_the_tables_it_is_closed(empty_url: str) -> None:
    engine = open_database(empty_url)
    assert guard_of(engine).ask("s", "n", case(0), now=NOW) is Verdict.UNAVAILABLE
    engine.dispose()


def test_a_question_that_could_not_be_counted_whole_is_not_counted_at_all(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = guard_of(engine)

    def fails(*arguments: object) -> None:
        raise RuntimeError("12345/415/2025")

    monkeypatch.setattr(guard, "_note_value", fails)
    assert guard.ask("s", "n", case(0), now=NOW) is Verdict.UNAVAILABLE
    assert count(engine, "queue_counters") == 0


def test_servers_that_ask_at_the_same_time_count_together(url: str) -> None:
    engines = [new_database(url) for _ in range(4)]
    guards = [guard_of(engine, total_hour=20) for engine in engines]
    verdicts: list[Verdict] = []

    def ask(guard: QueueGuard, number: int) -> None:
        for n in range(10):
            verdicts.append(guard.ask(f"s{number}-{n}", f"n{number}", case(0), now=NOW))

    threads = [threading.Thread(target=ask, args=(guard, number)) for number, guard in enumerate(guards)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts.count(Verdict.OPEN) == 20
    assert verdicts.count(Verdict.PAUSED) == 20
    with engines[0].connect() as connection:
        (recorded,) = connection.execute(sa.text("SELECT count(*) FROM queue_switches")).scalars()
    assert recorded == 1
    for engine in engines:
        engine.dispose()


# --- settings -------------------------------------------------------------------------------------------------------


def test_limits_have_defaults() -> None:
    assert queue_limits({}) == QueueLimits()


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(QueueLimits) if field.name != "pause"])
def test_each_limit_is_read_from_its_setting(field: str) -> None:
    assert queue_limits({f"LUOTSI_QUEUE_{field.upper()}": "7"}) == dataclasses.replace(
        QueueLimits(),
        **{field: 7},  # type: ignore[arg-type]
    )


def test_the_length_of_a_pause_is_read() -> None:
    assert queue_limits({"LUOTSI_QUEUE_PAUSE_HOURS": "24"}).pause == DAY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_HOUR", "0"),
        ("TOTAL_DAY", "-1"),
        ("UNREADABLE_PERCENT", "101"),
        ("PAUSE_HOURS", "25"),
        ("NETWORK_DAY", "x"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"LUOTSI_QUEUE_{name} is '{value}'"):
        queue_limits({f"LUOTSI_QUEUE_{name}": value})
