from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.values import (
    Said,
    after,
    begins_with,
    choice,
    count,
    euros,
    euros_in_passing,
    fold,
    is_other_currency,
    mentions,
    month,
    number,
    vocabulary,
    yes_no,
)

TODAY = datetime.date(2026, 11, 22)
VOCABULARIES = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "actions" / "vocabulary").glob("*.yml")
    if path.stem != "number_words"
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", "2"),
        ("2,5 litraa", "2.5"),
        ("2.5 l", "2.5"),
        ("1 200", "1200"),
        ("1\u00a0200,50", "1200.50"),
        ("1,200", "1200"),
        ("1.200", "1200"),
        ("1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1,234,567", "1234567"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("1234,567", "1234.567"),
        ("noin 12 kpl", "12"),
        ("5kg", "5"),
        ("50,-", "50"),
        ("99.", "99"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "kaksi", "2 tai 3", "50-60", "2x150", "2 x 150", "2*150", "1,5k", "15k", "a5", "iphone15"]
)
def test_what_is_no_single_plain_number_is_not_read(text: str) -> None:
    assert number(text) is None


@given(st.integers(min_value=0, max_value=10**9))
def test_thousands_may_be_grouped_in_any_way(value: int) -> None:
    grouped = f"{value:,}"

    for separator in (",", " ", "\u00a0", "\u202f", "."):
        assert number(grouped.replace(",", separator)) == value


@given(st.integers(min_value=0, max_value=10**7), st.integers(min_value=0, max_value=99))
def test_cents_follow_a_comma_or_a_point(whole: int, cents: int) -> None:
    assert number(f"{whole},{cents:02}") == number(f"{whole}.{cents:02}") == Decimal(f"{whole}.{cents:02}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("3 kpl", 3),
        ("kolme", 3),
        ("Kaksi eri tuotetta", 2),
        ("kaks", 2),
        ("pari", 2),
        ("vain yksi", 1),
        ("just one", 1),
        ("two things", 2),
        ("a couple", 2),
        ("kymmenen", 10),
        ("ten", 10),
        ("nolla", 0),
        ("3,0", 3),
    ],
)
def test_a_count_is_read_in_digits_and_in_words(text: str, value: int) -> None:
    assert count(text) == value


@pytest.mark.parametrize("text", ["2,5", "yksi tai kaksi", "yksityinen", "tenth", "monta", ""])
def test_what_is_no_single_whole_number_is_not_counted(text: str) -> None:
    assert count(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("150", "150"),
        ("150 €", "150"),
        ("150€", "150"),
        ("€150", "150"),
        ("€ 1,234.50", "1234.50"),
        ("EUR 12.50", "12.50"),
        ("12.50 EUR", "12.50"),
        ("150 e", "150"),
        ("150e", "150"),
        ("60 egee", "60"),
        ("20 eurolla", "20"),
        ("150,- €", "150"),
        ("1 234,50 euroa", "1234.50"),
        ("150 € (165 dollaria)", "150"),
        ("$165 eli 150 euroa", "150"),
        ("2 takkia, 150 euroa yhteensä", "150"),
        ("let me try 150", "150"),
        ("ilmainen", "0"),
        ("ei maksanut mitään", "0"),
        ("It was free", "0"),
        ("nothing", "0"),
    ],
)
def test_euros_are_read(text: str, value: str) -> None:
    assert euros(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kallis",
        "150 $",
        "$150",
        "150 usd",
        "150usd",
        "£20",
        "200 kruunua",
        "20 kr",
        "1000 jeniä",
        "20-30 €",
        "20 tai 30 e",
    ],
)
def test_what_is_no_sum_in_euros_is_not_read(text: str) -> None:
    assert euros(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tilasin takin 150 eurolla kiinasta", "150"),
        ("a coat for €89.90 from china", "89.90"),
        ("2 takkia 150 euroa", "150"),
    ],
)
def test_an_amount_in_passing_is_named_as_euros(text: str, value: str) -> None:
    assert euros_in_passing(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["150", "2 takkia", "tavarat 145 e ja rahti 30 e", "5 Euroopan maata", "3 european shops", "2 e-bikes", ""]
)
def test_other_numbers_in_passing_are_no_amounts(text: str) -> None:
    assert euros_in_passing(text) is None


@pytest.mark.parametrize(
    "text",
    ["$5", "5 £", "100 yen", "20 puntaa", "100 taalaa", "300 SEK", "300 kr", "100 CHF", "50 bucks", "5 złotych", "10₽"],
)
def test_other_currencies_are_recognised(text: str) -> None:
    assert is_other_currency(text)


@pytest.mark.parametrize("text", ["150", "150 €", "I try again", "euroa", "krapu", "a franchise", "jenkeistä"])
def test_other_words_are_no_currency(text: str) -> None:
    assert not is_other_currency(text)


@pytest.mark.parametrize(
    "text",
    ["kyllä", "Kylla", "joo", "juu on", "no joo", "no kyllä", "totta kai", "toki", "yes", "Yes please", "yep", "sure"],
)
def test_yes_is_read(text: str) -> None:
    assert yes_no(text) is True


@pytest.mark.parametrize(
    "text", ["ei", "Ei ole", "en", "no ei", "no en", "eipä", "no", "No, it is not", "nope", "not yet", "never"]
)
def test_no_is_read(text: str) -> None:
    assert yes_no(text) is False


@pytest.mark.parametrize(
    "text", ["", "ehkä", "150", "en tiedä", "En mä tiedä", "no en tiedä", "I don't know", "i don’t know", "not sure"]
)
def test_neither_yes_nor_no_is_not_read(text: str) -> None:
    assert yes_no(text) is None


OPTIONS = {"shirt": ["pait", "shirt"], "shoe": ["kenk", "kenki", "shoe"], "tea": ["tee", "tea"], "set": ["tea set"]}


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("paitoja", "shirt"),
        ("Kolme KENKÄÄ", "shoe"),
        ("shirts and so on", "shirt"),
        ("tee", "tea"),
        ("a tea set", "set"),
        ("paita vai kenkiä", "shoe"),
    ],
)
def test_a_choice_is_told_by_the_longest_word_found(text: str, option: str) -> None:
    assert choice(text, OPTIONS) == option


@pytest.mark.parametrize("text", ["", "teetä", "t-paita", "shirt tea shirt pait kenk", "pait kenk"])
def test_a_choice_that_is_not_clear_is_not_read(text: str) -> None:
    expected = "shirt" if text.startswith("shirt") else None

    assert choice(text, OPTIONS) == expected


@pytest.mark.parametrize(
    ("text", "stems", "found"),
    [
        ("Kiinasta", ["kiina"], True),
        ("kiinasta", ["iina"], False),
        ("tee", ["tee"], True),
        ("teetä", ["tee"], False),
        ("from the states", ["the states"], True),
        ("from states", ["the states"], False),
        ("don’t know", ["don't know"], True),
        ("Aland", ["åland"], True),
        ("A\u030aland", ["åland"], True),
        ("e-bike", ["bike"], False),
    ],
)
def test_stems_begin_words(text: str, stems: list[str], found: bool) -> None:
    assert mentions(text, stems) is found


@pytest.mark.parametrize(
    ("text", "phrases", "found"),
    [
        ("Perusta", ["peru"], False),
        ("peru!", ["peru"], True),
        ("quite nice", ["quit"], False),
        ("never mind that", ["never mind"], True),
        ("that, never mind", ["never mind"], False),
        ("", ["peru"], False),
    ],
)
def test_a_beginning_is_compared_word_for_word(text: str, phrases: list[str], found: bool) -> None:
    assert begins_with(text, phrases) is found


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("no, 150 euros", "150 euros"),
        ("ei kun 150 €", "150 €"),
        ("Ei – 150 €", "150 €"),
        ("ei", ""),
        ("einstein", None),
        ("150 ei", None),
    ],
)
def test_what_follows_the_longest_phrase_is_returned_as_it_was_written(text: str, rest: str | None) -> None:
    assert after(text, ["no", "ei", "ei kun"]) == rest


@pytest.mark.parametrize(("text", "folded"), [("KYLLÄ", "kylla"), ("Åland", "aland"), ("don’t", "don't"), ("ž", "z")])
def test_folding_takes_away_case_and_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "year", "number_of_month"),
    [
        ("3/2026", 2026, 3),
        ("03.2026", 2026, 3),
        ("2026-03", 2026, 3),
        ("3 / 2026", 2026, 3),
        ("maaliskuussa 2026", 2026, 3),
        ("March 2026", 2026, 3),
        ("in mar 2025", 2025, 3),
        ("toukokuu", 2026, 5),
        ("toukokuussa", 2026, 5),
        ("november", 2026, 11),
        ("joulukuussa", 2025, 12),
        ("December", 2025, 12),
        ("tässä kuussa", 2026, 11),
        ("this month", 2026, 11),
        ("viime kuussa", 2026, 10),
        ("last month", 2026, 10),
        ("ensi kuussa", 2026, 12),
        ("next month", 2026, 12),
    ],
)
def test_a_month_is_read(text: str, year: int, number_of_month: int) -> None:
    assert month(Said(text, TODAY)) == datetime.date(year, number_of_month, 1)


@pytest.mark.parametrize("text", ["", "13/2026", "0/2026", "2026", "1/3/2026", "kesällä", "150"])
def test_what_names_no_month_is_not_read(text: str) -> None:
    assert month(Said(text, TODAY)) is None


@pytest.mark.parametrize(
    ("text", "month_before"), [("viime kuussa", (2025, 12)), ("last month", (2025, 12)), ("december", (2025, 12))]
)
def test_january_follows_december(text: str, month_before: tuple[int, int]) -> None:
    assert month(Said(text, datetime.date(2026, 1, 31))) == datetime.date(*month_before, 1)


def test_next_month_after_december_is_in_the_next_year() -> None:
    assert month(Said("ensi kuussa", datetime.date(2026, 12, 31))) == datetime.date(2027, 1, 1)


def test_the_month_of_a_masked_date_is_read() -> None:
    assert month(Said("saapui [DATE]", TODAY, {"month": "2025-05"})) == datetime.date(2025, 5, 1)


@given(st.dates(min_value=datetime.date(2000, 2, 1), max_value=datetime.date(2099, 12, 31)))
def test_a_month_without_a_year_is_never_in_the_future(today: datetime.date) -> None:
    for name in vocabulary("general")["month_names"]["fi"]:
        read = month(Said(name, today))

        assert read is not None
        assert today.replace(day=1) - datetime.timedelta(days=365) < read <= today


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_vocabulary_is_text_throughout(name: str) -> None:
    leaves = list(_leaves(vocabulary(name)))

    assert leaves
    assert [leaf for leaf in leaves if not isinstance(leaf, str) or not leaf.strip()] == []


@pytest.mark.parametrize(("list_name", "word"), [("yes", "yes"), ("yes", "on"), ("no", "no"), ("correction_en", "no")])
def test_words_that_yaml_takes_for_booleans_stay_words(list_name: str, word: str) -> None:
    assert word in vocabulary("general")[list_name]
