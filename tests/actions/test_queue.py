"""The queue position: asked in a form, answered from published figures, closed when it must be."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain

from actions import queue
from actions.conversation import DomainDict
from actions.queue import APPLICATION, CASE, FiguresInUse, QueueForm, QueueResult, application_in
from actions.values import Said, vocabulary
from components.privacy import anonymise
from components.settings import QueueLimits
from components.statistics.queue import APPLICATIONS, BANDS, FILE, load
from components.storage.database import migrate, open_database
from components.storage.queue_guard import QueueGuard, pause, resume
from components.storage.sanitise import public_strings, sanitise
from tests.actions.customer import Customer
from tests.actions.queue_customer import KEY, QueueCustomer, asked_for_number
from tests.statistics.test_queue import DESCRIPTION, TABLE, write

ASK_APPLICATION, ASK_CASE = f"utter_ask_queue_form_{APPLICATION}", f"utter_ask_queue_form_{CASE}"
RESULT = "utter_queue_result_example"
EMPTY = {"requested_slot": None, APPLICATION: None, CASE: None}


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QueueGuard]:
    engine = open_database(f"sqlite:///{tmp_path / 'luotsi.sqlite'}")
    migrate(engine)
    made = QueueGuard(engine, KEY, QueueLimits())
    monkeypatch.setattr(queue, "guard", lambda: made)
    yield made
    engine.dispose()


pytestmark = pytest.mark.usefixtures("guard")


def said(text: str, **derived: Any) -> Said:
    return Said(text, queue.today(), derived)


def limit(monkeypatch: pytest.MonkeyPatch, guard: QueueGuard, **limits: int) -> None:
    monkeypatch.setattr(guard, "_limits", dataclasses.replace(QueueLimits(), **limits))  # type: ignore[arg-type]


def publish(monkeypatch: pytest.MonkeyPatch, table: Path) -> None:
    monkeypatch.setattr(queue, "FIGURES_IN_USE", FiguresInUse(table))


# --- the conversation -----------------------------------------------------------------------------------------------


def test_the_actions_have_the_names_of_the_domain(domain: DomainDict) -> None:
    assert {QueueForm().name(), QueueResult().name()} <= set(domain["actions"])
    assert domain["forms"]["queue_form"]["required_slots"] == [APPLICATION, CASE]


@pytest.mark.parametrize(
    ("language", "application", "expected"),
    [
        ("fi", "Kansalaisuus", "Hakemus: Suomen kansalaisuus, vuosi 2025, juokseva numero noin 12\u00a0000."),
        ("en", "Citizenship", "Application: Finnish citizenship, year 2025, running number about 12,000."),
    ],
)
def test_the_published_step_is_told(domain: DomainDict, language: str, application: str, expected: str) -> None:
    customer = QueueCustomer(domain, language=language)
    assert customer.starts() == [ASK_APPLICATION]
    assert customer.types(application) == [ASK_CASE]
    assert customer.types("12345/415/2025") == [RESULT]
    step = load().find("citizenship", {"year": 2025, "sequence": 12000})
    answer = customer.said[-1]
    assert expected in answer
    assert vocabulary("queue")["bands"][step.longer_waiting][language] in answer
    assert f"{step.weeks_from}–{step.weeks_to}" in answer
    assert {"fi": "22. marraskuuta 2026", "en": "22 November 2026"}[language] in answer
    assert {"fi": "esimerkkilukuja", "en": "example figures"}[language] in answer
    for page in ("enterfinland.fi", "check-the-processing-time", "https://migri.fi/"):
        assert page in answer
    assert customer.slots | EMPTY == customer.slots


@pytest.mark.parametrize(("language", "application"), [("fi", "Työ"), ("en", "Work")])
def test_rasa_s_own_form_leads_to_the_same_answer(rasa_domain: Domain, language: str, application: str) -> None:
    customer = Customer(rasa_domain, [QueueForm(), QueueResult()], "queue", language)
    assert customer.starts() == [ASK_APPLICATION]
    assert customer.types(application) == [ASK_CASE]
    assert customer.types("30123/415/2026") == [RESULT]
    assert {"fi": "yli 500, enintään 1\u00a0000", "en": "more than 500, at most 1,000"}[
        language
    ] in customer.text.replace("1 000", "1\u00a0000")
    assert [button["payload"] for button in customer.buttons][0] == "/start_queue"
    assert customer.answers == {}


def test_neither_slots_nor_events_hold_the_number(domain: DomainDict) -> None:
    customer = asked_for_number(domain)
    customer.types("diaarinumeroni on 48713/415/2025")
    assert "48713" not in f"{customer.events} {customer.slots} {customer.said}"
    values = [event["value"] for event in customer.events if event.get("name") == CASE and event.get("value")]
    assert values == [{"year": 2025, "sequence": 48000}]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("1234/2025", "noin 1\u00a0000"),
        ("87/415/2025", "alle 1\u00a0000"),
        ("2025, noin 12 000", "noin 12\u00a0000"),
        ("2025 noin 12000", "noin 12\u00a0000"),
        ("about 123,000 from 2025", "noin 123\u00a0000"),
        ("Missä kohtaa jonoa on 12345/415/2025?", "noin 12\u00a0000"),
        ("eiku 12345/415/2025", "noin 12\u00a0000"),
    ],
)
@pytest.mark.parametrize("intent", ["nlu_fallback", "immigration_queue_position", "out_of_scope_tax"])
def test_a_number_is_read_however_it_is_put(domain: DomainDict, raw: str, told: str, intent: str) -> None:
    customer = asked_for_number(domain)
    assert customer.types(raw, intent) == [RESULT]
    assert f"juokseva numero {told}." in customer.said[-1]


def test_a_coarse_number_that_no_gate_has_seen_is_read(domain: DomainDict) -> None:
    assert queue.read_case(said("2025 noin 12000")) == {"year": 2025, "sequence": 12000}


@pytest.mark.parametrize("raw", ["12345", "12345/415/2025 ja 12346/415/2025", "1234567/2025", "12/25"])
def test_what_is_wrong_with_a_number_is_told(domain: DomainDict, raw: str) -> None:
    customer = asked_for_number(domain)
    assert customer.types(raw) == [f"utter_refuse_{CASE}", ASK_CASE]
    assert customer.types("12345/415/2025") == [RESULT]


def test_what_is_no_number_is_explained_and_then_help_is_offered(domain: DomainDict) -> None:
    customer = asked_for_number(domain)
    assert customer.types("en osaa sanoa") == [f"utter_explain_{CASE}", ASK_CASE]
    assert customer.types("öö") == [f"utter_explain_{CASE}", ASK_CASE]
    assert customer.types("no jaa") == ["utter_service_stuck", ASK_CASE]


def test_the_kind_of_application_is_explained(domain: DomainDict) -> None:
    customer = QueueCustomer(domain)
    customer.starts()
    assert customer.types("joku lupa vaan") == [f"utter_explain_{APPLICATION}", ASK_APPLICATION]


@pytest.mark.parametrize(("number", "application"), enumerate(APPLICATIONS, start=1))
def test_an_application_can_be_chosen_by_its_place(domain: DomainDict, number: int, application: str) -> None:
    customer = QueueCustomer(domain)
    customer.starts()
    assert customer.types(str(number), "choose_option") == [ASK_CASE]
    assert customer.slots[APPLICATION] == application
    assert customer.types("12345/415/2025") == [RESULT]


def test_the_application_can_be_corrected(domain: DomainDict) -> None:
    customer = asked_for_number(domain, "Työ")
    assert customer.types("eiku perhe") == [ASK_CASE]
    assert customer.slots[APPLICATION] == "family"


def test_the_customer_can_stop(domain: DomainDict) -> None:
    customer = asked_for_number(domain)
    assert customer.types("lopeta") == ["utter_service_cancelled"]
    assert customer.slots | EMPTY == customer.slots


def test_another_question_is_left_to_the_others_and_the_form_goes_on(domain: DomainDict) -> None:
    customer = asked_for_number(domain)
    assert customer.types("paljonko hakemus maksaa?", "immigration_processing_fee") == []
    assert customer.is_answered_elsewhere("utter_immigration_processing_fee") == ["utter_service_back", ASK_CASE]
    assert customer.types("12345/415/2025") == [RESULT]


def test_the_language_may_change_in_between(domain: DomainDict) -> None:
    customer = asked_for_number(domain)
    customer.slots["language"] = "en"
    assert customer.types("12345/415/2025") == [RESULT]
    assert "running number about 12,000" in customer.said[-1]


def test_what_was_asked_before_the_button_is_used(domain: DomainDict) -> None:
    customer = QueueCustomer(domain)
    customer.events.append(
        {
            "event": "user",
            "text": "kansalaisuushakemukseni [CASE_NUMBER] jonopaikka",
            "parse_data": {"intent": {"name": "immigration_queue_position"}},
            "metadata": {"derived": {"case": {"year": 2025, "sequence": 12000}}},
        }
    )
    assert customer.starts() == [RESULT]
    assert "Suomen kansalaisuus, vuosi 2025" in customer.said[-1]


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fi", "en", None])
def test_every_button_is_read(domain: DomainDict, language: str | None) -> None:
    (chosen,) = (
        item
        for item in domain["responses"][ASK_APPLICATION]
        if (item.get("condition") or [{"value": None}])[0]["value"] == language
    )
    read = [application_in(said(button["payload"])) for button in chosen["buttons"]]
    assert None not in read
    assert language is None or read == list(APPLICATIONS)


@pytest.mark.parametrize(
    ("text", "application"),
    [
        ("työlupa", "work"),
        ("oleskelulupa työn perusteella", "work"),
        ("my work permit", "work"),
        ("erityisasiantuntijan lupa", "work"),
        ("vaimon perhelupa", "family"),
        ("family reunification", "family"),
        ("opiskelijan oleskelulupa", "studies"),
        ("student permit", "studies"),
        ("pysyvä oleskelulupa", "permanent"),
        ("permanent residence", "permanent"),
        ("kansalaisuushakemus", "citizenship"),
        ("finnish citizenship", "citizenship"),
        ("eu-kansalaisen rekisteröinti", "eu_registration"),
        ("EU registration", "eu_registration"),
        ("oleskelulupa", None),
        ("lupa", None),
        ("permit", None),
        ("12345", None),
    ],
)
def test_an_application_is_named_in_many_ways(text: str, application: str | None) -> None:
    assert application_in(said(text)) == application


def test_applications_and_bands_have_their_words_in_both_languages() -> None:
    words = vocabulary("queue")
    assert tuple(words["applications"]) == tuple(words["names"]) == APPLICATIONS
    assert tuple(words["bands"]) == BANDS
    for group in ("names", "bands", "numbers"):
        assert all(set(texts) == {"fi", "en"} for texts in words[group].values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    application=st.sampled_from(APPLICATIONS),
    year=st.integers(2000, 2099),
    thousand=st.integers(0, 999),
    language=st.sampled_from(["fi", "en"]),
)
def test_gate_3_leaves_the_answer_as_it_is(
    domain: DomainDict, application: str, year: int, thousand: int, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_guard_ask", lambda tracker, case: queue.Verdict.OPEN)
    customer = QueueCustomer(domain, language=language)
    customer.slots |= {APPLICATION: application, CASE: {"year": year, "sequence": 1000 * thousand}}
    customer._apply([], _told(customer))
    assert sanitise(customer.said[-1], public_strings(domain["responses"])) == customer.said[-1]


def _told(customer: QueueCustomer) -> list[dict[str, Any]]:
    from rasa_sdk.executor import CollectingDispatcher

    dispatcher = CollectingDispatcher()
    QueueResult().run(dispatcher, customer.tracker(), customer.domain)
    return list(dispatcher.messages)


def test_gate_3_leaves_the_questions_as_they_are(domain: DomainDict) -> None:
    public = public_strings(domain["responses"])
    for name in (ASK_CASE, f"utter_explain_{CASE}", f"utter_refuse_{CASE}"):
        for item in domain["responses"][name]:
            assert sanitise(item["text"], public) == item["text"]
            assert item["metadata"]["asks_for"] == "CASE_NUMBER"


def test_the_texts_hold_no_number_but_the_example(domain: DomainDict) -> None:
    """So a transcript in which a number stands is one in which a customer's number stands."""
    for name in (name for name in domain["responses"] if name.startswith("utter_") and "_queue_" in name):
        for item in domain["responses"][name]:
            found = [item["text"][span.start : span.end] for span in anonymise(item["text"]).spans]
            assert {text for text in found if any(map(str.isdigit, text))} <= {"12345/415/2025"}, name


# --- figures --------------------------------------------------------------------------------------------------------


def test_published_figures_are_not_called_an_example(
    domain: DomainDict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, write(tmp_path, TABLE))
    customer = asked_for_number(domain, "Työ")
    assert customer.types("9500/415/2025") == ["utter_queue_result"]
    assert "**Pidempään odottaneita samanlaisia hakemuksia:** yli 50, enintään 200" in customer.said[-1]
    assert "esimerkki" not in customer.said[-1]


@pytest.mark.parametrize(("next_update", "late"), [("2026-11-21", True), ("2099-01-01", False)])
@pytest.mark.parametrize("language", ["fi", "en"])
def test_old_figures_say_so(
    domain: DomainDict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, next_update: str, late: bool, language: str
) -> None:
    description = DESCRIPTION.replace("next_update: 2026-11-21", f"next_update: {next_update}")
    publish(monkeypatch, write(tmp_path, TABLE, description))
    customer = asked_for_number(domain, "Työ", language=language)
    customer.types("9500/415/2025")
    warning = {"fi": "Luvut ovat vanhentuneet", "en": "The figures are out of date"}[language]
    assert (warning in customer.said[-1]) is late


def test_a_coarser_step_is_told_as_it_is(domain: DomainDict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.replace(",5000,", ",6000,").replace(",9000,", ",8000,") for line in TABLE]
    publish(monkeypatch, write(tmp_path, lines, DESCRIPTION.replace("step: 1000", "step: 2000")))
    for raw, told in (("9500/415/2025", "noin 8\u00a0000"), ("1500/415/2025", "alle 2\u00a0000")):
        customer = asked_for_number(domain, "Työ")
        customer.types(raw)
        assert f"juokseva numero {told}." in customer.said[-1]


def test_new_figures_are_used_at_once_and_broken_ones_never(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = write(tmp_path, TABLE)
    figures = FiguresInUse(table)
    first = figures.get()
    assert first is not None
    assert figures.get() is first
    write(tmp_path, [*TABLE, "work,2026,3000,nonsense,1,2"])
    assert figures.get() is first
    assert figures.get() is first
    write(tmp_path, [*TABLE[:4], "work,2026,3000,over-1000,9,15", *TABLE[4:]])
    renewed = figures.get()
    assert renewed is not None
    assert len(renewed.rows) == len(first.rows) + 1
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert told[0].startswith("The figures of the queue cannot be used; the ones before stay: ")
    assert "queue.csv:10: 'longer_waiting'" in told[0]


def test_without_figures_it_is_closed(domain: DomainDict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, tmp_path / "queue.csv")
    assert asked_for_number(domain).types("12345/415/2025") == ["utter_queue_paused"]


def test_the_figures_in_use_are_the_committed_ones() -> None:
    assert queue.FIGURES_IN_USE.get() == load(FILE)


# --- abuse ----------------------------------------------------------------------------------------------------------


def test_while_it_is_paused_nobody_is_asked_anything(domain: DomainDict, guard: QueueGuard) -> None:
    pause(guard._engine, by="Maija", reason="test")
    customer = QueueCustomer(domain)
    assert customer.starts() == ["utter_queue_paused"]
    assert customer.slots | EMPTY == customer.slots
    resume(guard._engine, by="Maija", reason="test")
    assert customer.starts() == [ASK_APPLICATION]


def test_a_pause_ends_what_is_under_way(domain: DomainDict, guard: QueueGuard) -> None:
    customer = asked_for_number(domain)
    pause(guard._engine, by="Maija", reason="test")
    assert customer.types("12345/415/2025") == ["utter_queue_paused"]
    assert customer.slots | EMPTY == customer.slots
    assert customer.asked_for is None


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_pause_names_the_other_ways(domain: DomainDict, guard: QueueGuard, language: str) -> None:
    pause(guard._engine, by="Maija", reason="test")
    customer = QueueCustomer(domain, language=language)
    customer.starts()
    for word in (
        "Enter Finland",
        "check-the-processing-time",
        {"fi": "Automaattiset viestit", "en": "Automatic messages"}[language],
    ):
        assert word in customer.said[-1]


def test_who_asks_too_often_is_told_to_wait(
    domain: DomainDict, guard: QueueGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, guard, session_hour=2)
    customer = QueueCustomer(domain)
    for _ in range(2):
        customer.starts()
        customer.types("Työ")
        assert customer.types("12345/415/2025") == [RESULT]
    customer.starts()
    customer.types("Työ")
    assert customer.types("12345/415/2025") == ["utter_queue_limited"]


@pytest.mark.parametrize("raw", ["en osaa sanoa", "12345", "12345/415/2025 ja 12346/415/2025"])
def test_answers_without_a_number_are_counted(
    domain: DomainDict, guard: QueueGuard, monkeypatch: pytest.MonkeyPatch, raw: str
) -> None:
    limit(monkeypatch, guard, session_hour=2)
    customer = asked_for_number(domain)
    for _ in range(2):
        assert customer.types(raw)[-1] == ASK_CASE
    assert customer.types(raw) == ["utter_queue_limited"]
    assert customer.asked_for is None


def test_questions_about_the_application_are_not_counted(
    domain: DomainDict, guard: QueueGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, guard, session_hour=1)
    customer = QueueCustomer(domain)
    customer.starts()
    for _ in range(3):
        customer.types("joku lupa vaan")
    customer.types("Työ")
    assert customer.types("12345/415/2025") == [RESULT]


def test_customers_of_one_network_are_counted_together(
    domain: DomainDict, guard: QueueGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, guard, network_hour=1)
    addresses = ["192.0.2.7", "192.0.2.8", "198.51.100.1"]
    answers = [
        asked_for_number(domain, sender_id=f"s{number}", address=address).types("12345/415/2025")
        for number, address in enumerate(addresses)
    ]
    assert answers == [[RESULT], ["utter_queue_limited"], [RESULT]]


def test_without_its_counters_it_is_closed(domain: DomainDict, guard: QueueGuard) -> None:
    customer = asked_for_number(domain)
    with guard._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE queue_counters")
    assert customer.types("12345/415/2025") == ["utter_queue_paused"]


def test_without_its_settings_it_is_closed(domain: DomainDict, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe() -> QueueGuard:
        raise ValueError("LUOTSI_DATABASE_URL is not set")

    monkeypatch.setattr(queue, "guard", unsafe)
    assert QueueCustomer(domain).starts() == ["utter_queue_paused"]


def test_the_guard_is_made_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    queue.guard.cache_clear()
    queue.engine.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTSI_DATABASE_URL", f"sqlite:///{tmp_path / 'x.sqlite'}")
        patch.setenv("LUOTSI_SECRET_KEY", "k" * 32)
        patch.setenv("LUOTSI_QUEUE_SESSION_HOUR", "3")
        made = queue.guard()
        assert made is queue.guard()
        assert made._limits.session_hour == 3
        assert os.environ["LUOTSI_DATABASE_URL"] == str(made._engine.url)
        made._engine.dispose()
    queue.guard.cache_clear()
    queue.engine.cache_clear()
