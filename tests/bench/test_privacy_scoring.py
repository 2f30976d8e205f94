"""What counts as a leak, and what as too much."""

from __future__ import annotations

import pytest

from bench.privacy.messages import COMMITTED, Message, compile_marked, read
from bench.privacy.scoring import ALL, Found, Score, labels_of, ratio, score

SET = read(COMMITTED)


def marked(source: str, *, language: str = "en") -> Message:
    kind = "natural" if "{" in source else "negative"
    return compile_marked(source, identifier="x", language=language, kind=kind)


def scored(source: str, *masked: str, language: str = "en", label: str = "PERSON") -> Score:
    """Score a message in which these parts were masked."""
    message = marked(source, language=language)
    found = [Found(start, start + len(part), label) for part in masked if (start := message.text.index(part)) >= 0]
    return score([message], {"x": found})


def leaks(result: Score) -> tuple[bool, bool]:
    return result.leaks[ALL].strict == 1, result.leaks[ALL].core == 1


def rates(result: Score) -> tuple[float | None, float | None]:
    leaked, harmless = result.leaks[ALL], result.harmless[ALL]
    return ratio(leaked.strict, leaked.messages), ratio(harmless.changed, harmless.messages)


def test_unchanged_messages_leak_everything() -> None:
    result = score(SET, {})
    assert rates(result) == (1.0, 0.0)
    assert result.pieces[ALL, ALL].strict == result.pieces[ALL, ALL].gold
    assert result.pieces[ALL, ALL].recall == 0


def test_empty_messages_leak_nothing_and_lose_everything() -> None:
    result = score(SET, {message.id: [Found(0, len(message.text), "X")] for message in SET})
    wordless = sum(not message.spans and not any(c.isalnum() for c in message.text) for message in SET)
    harmless = result.harmless[ALL]
    assert rates(result)[0] == 0.0
    assert harmless.changed == harmless.messages - wordless
    assert result.other_lost == result.other_characters


def test_masking_exactly_what_is_marked_is_perfect() -> None:
    exact = {message.id: [Found(span.start, span.end, span.label) for span in message.spans] for message in SET}
    result = score(SET, exact)
    assert rates(result) == (0.0, 0.0)
    assert result.other_lost == 0
    assert all(pieces.recall == pieces.precision == pieces.f2 == 1 for pieces in result.pieces.values())


@pytest.mark.parametrize(
    ("source", "masked", "strict", "core"),
    [
        ("call {PHONE_NUMBER|040 1234567} now", ["040 1234567"], False, False),
        ("call {PHONE_NUMBER|040 1234567} now", ["040 12345"], False, False),
        ("call {PHONE_NUMBER|040 1234567} now", ["040 1234"], True, True),
        ("call {PHONE_NUMBER|0 4 0 1 2 3 4} now", ["0 1 2 3 4"], False, False),
        ("call {PHONE_NUMBER|0 4 0 1 2 3 4} now", ["1 2 3 4"], True, True),
        ("call {PHONE_NUMBER|040-12-34567} now", ["12"], True, True),
        ("call {PHONE_NUMBER|04-12-56} now", ["12"], False, False),
        ("it is {PERSON|王小明} here", ["小明"], False, False),
        ("it is {PERSON|Bo} here", [], True, True),
        ("it is {PERSON|Bo} here", ["B"], False, False),
        ("live at {STREET_ADDRESS|Kuja 1, ‹00100 Helsinki›}", ["Kuja 1"], True, False),
        ("live at {STREET_ADDRESS|Kuja 1, ‹00100 Helsinki›}", ["00100 Helsinki"], True, True),
        ("see {URL|‹facebook.com›/aino}", ["/aino"], True, False),
        ("mail {EMAIL_ADDRESS|ai\\u200bno@‹x.fi›}", ["@x.fi"], True, True),
    ],
)
def test_a_run_of_three_letters_or_digits_leaks(source: str, masked: list[str], strict: bool, core: bool) -> None:
    assert leaks(scored(source, *masked)) == (strict, core)


@pytest.mark.parametrize(
    ("source", "masked", "language", "leaked"),
    [
        ("soita {PERSON|Ritvalle Aino}", "Ritva Aino", "fi", True),
        ("soita {PERSON|Ritvalle}", "Ritva", "fi", False),
        ("soita {PERSON|Ritvalle}", "Ritva", "en", True),
        ("soita {PERSON|Virtaselta}", "Virta", "fi", False),
        ("isä on {PERSON|Liisallekin}", "Liisa", "fi", False),
        ("soita {PERSON|Aino Ritvalle}", "Ritva", "fi", True),
        ("soita {PERSON|Ritvanen}", "Ritv", "fi", True),
        ("soita {PERSON|Ritvalle Aino}", "Ritva", "fi", True),
        ("soita {USERNAME|Ritvalle}", "Ritva", "fi", True),
        ("on {PERSON|lle}", "on", "fi", True),
    ],
)
def test_a_finnish_case_ending_is_no_leak(source: str, masked: str, language: str, leaked: bool) -> None:
    assert leaks(scored(source, *masked.split(), language=language)) == (leaked, leaked)


@pytest.mark.parametrize(
    ("source", "masked", "changed"),
    [
        ("the fee is 350 euros", [], 0),
        ("the fee is 350 euros", ["350"], 1),
        ("the fee – really?", ["–"], 0),
        ("in force 1.9.2024 or 2025-01-31", ["1.9.2024", "2025-01-31"], 0),
        ("in force from 1.9.2024", ["from 1.9.2024"], 1),
        ("in force 1.9.", ["1.9"], 1),
    ],
)
def test_over_redaction(source: str, masked: list[str], changed: int) -> None:
    assert scored(source, *masked).harmless[ALL].changed == changed


def test_a_full_date_that_is_no_birth_counts_neither_for_nor_against() -> None:
    result = scored("the law of 1.9.2024", "1.9.2024")
    assert result.pieces[ALL, ALL].masked == 0
    assert scored("the law of 1.9.", "1.9").pieces[ALL, ALL].precision == 0


def test_other_text_that_is_lost_is_counted_in_letters_and_digits() -> None:
    result = scored("it is {PERSON|Aino} ok", "is Aino")
    assert (result.other_lost, result.other_characters) == (2, 6)


def test_a_piece_is_found_under_any_label_and_precision_goes_by_the_label_given() -> None:
    result = scored("it is {PERSON|Aino} and Oulu", "Aino", "Oulu", label="LOCATION")
    assert result.pieces["PERSON", "en"].recall == 1
    assert result.pieces["PERSON", "en"].precision is None
    assert result.pieces["PERSON", "en"].f2 is None
    assert result.pieces["LOCATION", "en"].precision == 0.5
    assert labels_of(result) == ["PERSON", "LOCATION"]


def test_f2_weighs_recall_more() -> None:
    message = marked("{PERSON|Aino} {PERSON|Olli} {PERSON|Iida} {PERSON|Kari} x")
    half_found = score([message], {"x": [Found(0, 4, "PERSON"), Found(5, 9, "PERSON")]}).pieces[ALL, ALL]
    assert half_found.f2 == pytest.approx(5 * 1 * 0.5 / (4 * 1 + 0.5))
    nothing_right = score([message], {"x": [Found(20, 21, "PERSON")]}).pieces[ALL, ALL]
    assert nothing_right.f2 == 0


def test_figures_are_kept_by_language_kind_and_label() -> None:
    result = scored("soita {PERSON|Aino} {PHONE_NUMBER|0401234567}", "0401234567", language="fi")
    assert {key: (value.messages, value.strict) for key, value in result.leaks.items()} == dict.fromkeys(
        [ALL, "fi", "natural", "natural fi"], (1, 1)
    )
    assert result.pieces["PERSON", "fi"].strict == 1
    assert result.pieces["PHONE_NUMBER", ALL].strict == 0
    assert result.leaking == {"x": ["PERSON Aino"]}


@pytest.mark.parametrize("part", [Found(-1, 2, "X"), Found(0, 99, "X"), Found(3, 2, "X")])
def test_a_part_outside_the_text_is_refused(part: Found) -> None:
    with pytest.raises(ValueError, match="lies outside"):
        score([marked("hello there")], {"x": [part]})


def test_figures_as_json_hold_counts_and_rates() -> None:
    value = scored("{PERSON|Aino} asks").as_json()
    assert value["leaks"][ALL] == {"messages": 1, "strict": 1, "core": 1, "strict_rate": 1.0, "core_rate": 1.0}
    assert value["pieces"]["PERSON en"]["leak_rate"] == 1.0
