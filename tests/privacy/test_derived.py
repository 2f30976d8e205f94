"""What is told of a masked value is coarse, whatever was typed, and nothing finer passes behind gate 1."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from components.channels.gate import make_safe, user_message
from components.privacy import anonymise
from components.privacy.conversation import ConversationMemory
from components.privacy.derived import (
    CASE_LABEL,
    LARGEST_SEQUENCE,
    SEQUENCE_STEP,
    case_in,
    derive,
    is_coarse_case,
    is_month,
    numbers_of_an_answer,
)
from components.privacy.spans import Span
from components.storage.sanitise import sanitise

TODAY = datetime.date(2026, 11, 22)


def derived(text: str) -> dict[str, Any]:
    """What is told of an ordinary message."""
    return derive(text, anonymise(text).spans, today=TODAY)


def answered(text: str) -> dict[str, Any]:
    """What is told of the answer to the question for a case number."""
    spans = ConversationMemory().anonymise(text, asked_for=CASE_LABEL).spans
    return derive(text, spans, today=TODAY, asked_for=CASE_LABEL)


def case(year: int, sequence: int) -> dict[str, Any]:
    return {"case": {"year": year, "sequence": sequence}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("12345/415/2025", case(2025, 12000)),
        ("dnro 12345/415/2025, kiitos", case(2025, 12000)),
        ("mihin asti 12345 / 415 / 2025 on edennyt?", case(2025, 12000)),
        ("1 2 3 4 5 / 4 1 5 / 2 0 2 5", case(2025, 12000)),
        ("12345 kautta 415 kautta 2025", case(2025, 12000)),
        ("１２３４５/４１５/２０２５", case(2025, 12000)),
        ("12345/2025", case(2025, 12000)),
        ("UMA/12345/2025", case(2025, 12000)),
        ("KAN-2025-12345", case(2025, 12000)),
        ("KAN-2025-12345-1", case(2025, 12000)),
        ("kan-2025-12345", case(2025, 12000)),
        ("999/415/2025", case(2025, 0)),
        ("1000/415/2025", case(2025, 1000)),
        ("1999/415/2025", case(2025, 1000)),
        ("2000/415/2025", case(2025, 2000)),
        ("999999/2025", case(2025, 999000)),
    ],
)
def test_a_case_number_is_told_by_year_and_thousand(text: str, told: dict[str, Any]) -> None:
    assert derived(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "missä jonossa olen",
        "1234567/2025",  # no running number has so many digits
        "12345/415/1999",
        "diaarinumeroni on 123456",
        "12345/415/2025 ja 22345/415/2025",
        "12345/415/2025 12346/415/2025",
        "KAN-2025-12345, KAN-2024-12345",
        "131052-951T",
        "040 123 4567",
        "FI21 1234 5600 0007 85",
        "26FI000000012345R5",
    ],
)
def test_of_several_values_or_another_kind_nothing_is_told(text: str) -> None:
    assert derived(text) == {}


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("hain 12.3.2026", "2026-03"),
        ("12.03.2026", "2026-03"),
        ("2026-03-12", "2026-03"),
        ("12-03-2026", "2026-03"),
        ("31/3/2026", "2026-03"),
        ("3/31/2026", "2026-03"),
        ("3/3/2026", "2026-03"),
        ("12-Mar-2026", "2026-03"),
        ("hain 1.1.2016", "2016-01"),
        ("lupa päättyy 31.12.2031", "2031-12"),
    ],
)
def test_a_recent_date_is_told_by_its_month(text: str, month: str) -> None:
    assert derived(text) == {"month": month}


@pytest.mark.parametrize(
    "text",
    [
        "synt. 12.3.2024",
        "lapseni syntyi 12.3.2024, hain 1.4.2026",
        "12.3.1985",
        "hain 31.12.2015",
        "hain 1.1.2032",
        "3/4/2026",  # nobody knows which of the two is the month
        "12.13.2026",
        "12.3.26",
        "haettu 12.3.2026 ja 13.3.2026",
        "maaliskuussa 2026",
    ],
)
def test_no_month_is_told_of_a_birth_date_of_an_old_or_unclear_one_or_of_several(text: str) -> None:
    assert "month" not in derived(text)


def test_a_number_and_a_date_are_told_together() -> None:
    assert derived("12345/415/2025, haettu 12.3.2025") == {**case(2025, 12000), "month": "2025-03"}


@given(
    st.one_of(
        st.text(alphabet="0123456789/-. kautKAN,\n", max_size=40),
        st.builds("{}/{}/{}".format, st.integers(0, 10**8), st.integers(0, 999), st.integers(1900, 2100)),
        st.builds("{} vuodelta {}".format, st.integers(0, 10**8), st.integers(1900, 2100)),
    )
)
def test_no_more_than_the_year_and_the_thousand_is_told(text: str) -> None:
    for found in (derived(text), answered(text)):
        assert found.keys() <= {"case", "month"}
        assert "case" not in found or is_coarse_case(found["case"])
        assert "month" not in found or is_month(found["month"])


@given(
    form=st.sampled_from(["{n}/415/{y}", "KAN-{y}-{n}", "{n}/{y}", "{n} kautta 415 kautta {y}"]),
    year=st.integers(2000, 2099),
    first=st.integers(10_000, LARGEST_SEQUENCE),
    others=st.tuples(st.integers(0, SEQUENCE_STEP - 1), st.integers(0, SEQUENCE_STEP - 1)),
)
def test_numbers_of_one_thousand_are_told_alike(form: str, year: int, first: int, others: tuple[int, int]) -> None:
    thousand = first - first % SEQUENCE_STEP
    texts = [form.format(n=thousand + rest, y=year) for rest in others]
    # One in many reads as an identity code, and nothing at all is told of that.
    assume(not any("FI_PERSONAL_IDENTITY_CODE" in anonymise(text).labels for text in texts))
    assert [answered(text) for text in texts] == [case(year, thousand)] * 2


# ------------------------------------------------------------------------------- the answer to "what is your number?"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1234/2025", case(2025, 1000)),
        ("87/2025", case(2025, 0)),
        ("2025/12345", case(2025, 12000)),
        ("2025-12345", case(2025, 12000)),
        ("12345-2025", case(2025, 12000)),
        ("2025 12345", case(2025, 12000)),
        ("2025, noin 12 000", case(2025, 12000)),
        ("2025 noin 12000", case(2025, 12000)),
        ("about 12,000 from 2025", case(2025, 12000)),
        ("noin 123000, vuosi 2025", case(2025, 123000)),
        ("12k, 2025", case(2025, 12000)),
        ("12 tuhatta vuonna 2025", case(2025, 12000)),
        ("vuosi 2025, numero 12345", case(2025, 12000)),
        ("12345/415/2025", case(2025, 12000)),
        ("573550/415/2006", case(2006, 573000)),  # with the check digit of a payment card
    ],
)
def test_an_answer_tells_the_number_in_other_words_too(text: str, told: dict[str, Any]) -> None:
    assert answered(text) == told


@pytest.mark.parametrize(
    "text",
    ["12345", "2025", "12345/25", "2024-2025", "12345/2025 ja 12346/2025", "2025 ja 2024, 12000", "12000–13000, 2025"],
)
def test_an_unclear_answer_tells_nothing(text: str) -> None:
    assert answered(text) == {}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("1234/2025", "[CASE_NUMBER]"),
        ("12345", "[CASE_NUMBER]"),
        ("12 345 vuodelta 2025", "[CASE_NUMBER] vuodelta 2025"),
        ("2025/12345", "[CASE_NUMBER]"),
        ("2025, noin 12 000", "2025, noin [CASE_NUMBER]"),
        ("se on 87/2025.", "se on [CASE_NUMBER]."),
        ("vaihtoehto 2", "vaihtoehto 2"),
        ("en tiedä, hain 2025", "en tiedä, hain 2025"),
        ("hain 12.3.2026", "hain [DATE]"),
    ],
)
def test_every_number_of_an_answer_is_masked(text: str, masked: str) -> None:
    assert make_safe(text, ConversationMemory(), asked_for=CASE_LABEL).text == masked
    assert make_safe(text, asked_for=CASE_LABEL).text == masked


# A number that looks like a year stays, as a year does.
_NUMBERS = st.integers(100, 10**8).filter(lambda number: not 1900 <= number <= 2099)


@given(_NUMBERS, st.integers(2000, 2099), st.sampled_from(["{n}/{y}", "{y}/{n}", "no {n}, {y}", "{n}"]))
def test_no_number_of_an_answer_survives(number: int, year: int, form: str) -> None:
    masked = make_safe(form.format(n=number, y=year), asked_for=CASE_LABEL).text
    left = set(re.findall(r"\d+", masked))
    assert left <= {str(year)}


def test_without_the_question_a_short_number_stays() -> None:
    """It may be that of a statute."""
    assert make_safe("mitä laki 301/2004 sanoo", ConversationMemory()).text == "mitä laki 301/2004 sanoo"


def test_values_that_are_masked_as_something_else_do_not_count() -> None:
    text = "040 1234567 vuodelta 2025"
    spans = anonymise(text).spans
    assert [span.label for span in spans] == ["PHONE_NUMBER"]
    assert numbers_of_an_answer(text, spans) == []
    assert case_in(text, spans) is None


# ------------------------------------------------------------------------------------------ from gate 1 to gate 3


def test_the_gate_hands_on_the_text_and_what_is_derived() -> None:
    safe = make_safe("missä mennään, 12345/415/2025?", ConversationMemory())

    assert safe.text == "missä mennään, [CASE_NUMBER]?"
    assert safe.derived == case(2025, 12000)
    message = user_message(safe, sender_id="a", channel="web", output=None, message_id="m")  # type: ignore[arg-type]
    assert message.metadata == {"masked": [CASE_LABEL], "derived": case(2025, 12000)}


def test_metadata_says_nothing_where_nothing_is_derived() -> None:
    message = user_message(
        make_safe("moi"),
        sender_id="a",
        channel="web",
        output=None,  # type: ignore[arg-type]
        message_id="m",
        metadata={"x": 1},
    )
    assert message.metadata == {"x": 1, "masked": []}


@pytest.mark.parametrize(
    "parts",
    [
        ("dnro on 12345/415", "/2025"),
        ("dnro on 12", "345/415/2025"),
        ("12345", "/415/2025"),
        ("KAN-2025-", "12345"),
    ],
)
def test_of_a_number_over_two_messages_nothing_is_told(parts: tuple[str, str]) -> None:
    memory = ConversationMemory()
    assert [make_safe(part, memory).derived for part in parts] == [{}, {}]


@pytest.mark.parametrize(
    "parts",
    [("12345", "/415/2025"), ("12345/415", "/2025"), ("12345/415", "2025"), ("12", "/2025")],
)
def test_of_an_answer_over_two_messages_nothing_is_told(parts: tuple[str, str]) -> None:
    memory = ConversationMemory()
    assert [make_safe(part, memory, asked_for=CASE_LABEL).derived for part in parts] == [{}, {}]


@pytest.mark.parametrize("first", ["12345", "se on 12345.", "12345/25", "12345/415/2025 ja 12346/415/2025"])
def test_a_number_that_is_typed_again_is_told(first: str) -> None:
    memory = ConversationMemory()
    assert make_safe(first, memory, asked_for=CASE_LABEL).derived == {}
    assert make_safe("12345/415/2025", memory, asked_for=CASE_LABEL).derived == case(2025, 12000)


@pytest.mark.parametrize("option", ["2", "2.", " 5 ", "1)"])
def test_the_number_of_an_option_is_no_first_part(option: str) -> None:
    memory = ConversationMemory()
    make_safe(option, memory)
    assert make_safe("12345/415/2025", memory, asked_for=CASE_LABEL).derived == case(2025, 12000)


def test_the_conversation_s_memory_derives_as_a_single_message_does() -> None:
    memory = ConversationMemory()
    make_safe("nimeni on Aino Kettula", memory)
    assert make_safe("numeroni on 12345/415/2025, kysyy Aino Kettula", memory).derived == case(2025, 12000)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["year", "sequence", "x"]), st.integers(-10, 10**7)))
def test_gate_3_lets_nothing_finer_pass(value: dict[str, int]) -> None:
    kept = sanitise({"metadata": {"derived": {"case": value}}})["metadata"]["derived"]["case"]
    if is_coarse_case(value):
        assert kept == value
    else:
        assert all(not isinstance(number, int) or abs(number) < 100_000 for number in kept.values())


@pytest.mark.parametrize("sequence", [0, 12_000, 123_000, 999_000])
def test_what_is_derived_comes_through_gate_3_as_it_is(sequence: int) -> None:
    event = {
        "event": "user",
        "metadata": {"derived": {**case(2025, sequence), "month": "2026-03"}},
        "parse_data": {"metadata": {"derived": case(2025, sequence)}},
    }
    assert sanitise(event) == event
    slot = {"event": "slot", "name": "queue_case", "value": {"year": 2025, "sequence": sequence}}
    assert json.loads(json.dumps(sanitise(slot))) == slot


@pytest.mark.parametrize(
    "value",
    [
        {"year": 2025, "sequence": 12_345},
        {"year": 2025, "sequence": 12_000, "number": 1},
        {"year": "2025", "sequence": 12_000},
        {"year": 1985, "sequence": 12_000},
        {"year": 2025, "sequence": 1_000_000},
        {"year": 2025, "sequence": -1_000},
        {"year": True, "sequence": 0},
        {"year": 2025.0, "sequence": 0},
        {"year": 2025},
        [2025, 12_000],
        None,
    ],
)
def test_a_coarse_case_has_exactly_its_form(value: object) -> None:
    assert not is_coarse_case(value)


def test_nothing_is_told_of_what_reads_as_an_identity_code() -> None:
    assert anonymise("131120/2051").labels == ("FI_PERSONAL_IDENTITY_CODE",)
    assert derived("131120/2051") == answered("131120/2051") == {}


def test_deriving_leaves_masking_as_it_was() -> None:
    assert derive("x", [Span(0, 1, "PERSON", 1.0)], today=TODAY) == {}
    assert anonymise("12345/415/2025").text == "[CASE_NUMBER]"
