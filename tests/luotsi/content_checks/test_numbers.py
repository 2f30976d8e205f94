from __future__ import annotations

from pathlib import Path

import pytest

from luotsi.content_checks.numbers import check_numbers, missing, number_words, numbers
from tests.content.samples import answer_with, gift_entries


@pytest.mark.parametrize(
    ("finnish", "english", "read"),
    [
        pytest.param("1 000 euroa", "1,000 euros", {"1000"}, id="thousands"),
        pytest.param("1\u00a0000\u00a0000 €", "€1,000,000", {"1000000"}, id="no-break spaces"),
        pytest.param("1000 euroa", "1 000 euros", {"1000"}, id="thousands without mark"),
        pytest.param("alv on 25,5 %", "VAT is 25.5 %", {"25.5"}, id="decimals"),
        pytest.param("2,90 euroa", "2.9 euros", {"2.9"}, id="a zero at the end"),
        pytest.param("1 210,50 €", "EUR 1,210.50", {"1210.5"}, id="both"),
        pytest.param("1.7.2026 alkaen", "from 1 July 2026", {"1.7.", "2026"}, id="date"),
        pytest.param("1. heinäkuuta 2026 alkaen", "from July 1, 2026", {"1.7.", "2026"}, id="date in words"),
        pytest.param("01.07.2026", "2026-07-01", {"1.7.", "2026"}, id="zeros before"),
        pytest.param("viimeistään 24.12.", "by the 24th of December", {"24.12."}, id="date without year"),
        pytest.param("1.1.–31.3.2026", "1 January to 31 March 2026", {"1.1.", "31.3.", "2026"}, id="two dates"),
        pytest.param("1.–15.7.2026", "1–15 July 2026", {"1.7.", "15.7.", "2026"}, id="days of one month"),
        pytest.param("heinäkuussa 2026", "in July 2026", {"2026"}, id="month"),
        pytest.param("7/2026", "in July 2026", {"2026"}, id="month in digits"),
        pytest.param("klo 9–16", "9 am–4 pm", {"9", "16"}, id="hours"),
        pytest.param("klo 8.00–16.15, soita", "8:00–16:15", {"8", "16.15"}, id="times"),
        pytest.param("arkisin 8.30–12.00", "weekdays 8.30 a.m. to 12 p.m.", {"8.30", "12"}, id="noon"),
        pytest.param("klo 9–16", "9–4 pm", {"9", "16"}, id="backwards"),
        pytest.param("klo 13–16", "1–4 pm", {"13", "16"}, id="afternoon"),
        pytest.param("18–64-vuotiaat", "aged 18 to 64", {"18", "64"}, id="range"),
        pytest.param("0295 419 600", "0295 419 600", {"0295", "419600"}, id="telephone"),
        pytest.param("taso B1, T2L ja EUR.1", "level B1, T2L and EUR.1", set(), id="digits of a name"),
        pytest.param("[**12** kk](https://a.fi/2026/3)", "**12** months, https://a.fi/44", {"12"}, id="addresses"),
        pytest.param("taso 3.\n\n2 kk", "level 3.\n\n2 months", {"3", "2"}, id="end of a sentence"),
        pytest.param("saat 18 litraa", "you may 18 litres", {"18"}, id="the verb may"),
    ],
)
def test_numbers_are_read_alike_in_both_languages(finnish: str, english: str, read: set[str]) -> None:
    assert (numbers(finnish, "fi"), numbers(english, "en")) == (read, read)


@pytest.mark.parametrize(
    ("finnish", "english"),
    [
        pytest.param("1 000 euroa", "10,000 euros", id="thousands"),
        pytest.param("25,5 %", "25 %", id="decimals"),
        pytest.param("1.7.2026", "1 June 2026", id="month"),
        pytest.param("1.7.2026", "2 July 2026", id="day"),
        pytest.param("1.7.2026", "1 July 2025", id="year"),
        pytest.param("klo 9–16", "9 am–5 pm", id="hour"),
        pytest.param("klo 8.00–16.15", "8.00–16.30", id="minute"),
        pytest.param("13 kuukautta", "12 months", id="count"),
        pytest.param("3 kuukautta", "four months", id="another word"),
    ],
)
def test_other_numbers_are_not_taken_for_the_same(finnish: str, english: str) -> None:
    assert missing(finnish, "fi", english, "en")


@pytest.mark.parametrize(
    ("digits", "language", "words"),
    [
        ("1 month", "en", "yhden kuukauden"),
        ("2 kk", "fi", "two months"),
        ("2 months", "en", "kahta kuukautta"),
        ("2 languages", "en", "molemmat kielet"),
        ("3-year permit", "en", "kolmivuotinen lupa"),
        ("4 weeks", "en", "neljässä viikossa"),
        ("5 days", "en", "viidelle päivälle"),
        ("6 months", "en", "kuuteen kuukauteen"),
        ("7 days", "en", "seitsemään päivään"),
        ("8 days", "en", "kahdeksalla"),
        ("9 kk", "fi", "nine months"),
        ("10 days", "en", "kymmenessä päivässä"),
        ("11 kk", "fi", "eleven months"),
        ("12 months", "en", "kahtatoista kuukautta"),
        ("1,5 vuotta", "fi", "one and a half years"),
        ("1.5 years", "en", "puolentoista vuoden"),
        ("1 000 €", "fi", "a thousand euros"),
    ],
)
def test_a_number_word_stands_for_the_digits_of_the_other_language(digits: str, language: str, words: str) -> None:
    other = "en" if language == "fi" else "fi"

    assert missing(digits, language, words, other) == []


@pytest.mark.parametrize(
    ("text", "language"), [("kuusta ja neliö", "fi"), ("phone someone, often", "en"), ("viisumi", "fi")]
)
def test_parts_of_words_are_no_numbers(text: str, language: str) -> None:
    assert number_words(text, language) == set()


def test_words_alone_are_not_compared() -> None:
    assert missing("kolme kuukautta", "fi", "four months", "en") == []


def test_missing_numbers_are_told_in_order_and_once() -> None:
    assert missing("7, 5 ja 7 sekä 6", "fi", "6", "en") == ["7", "5"]


@pytest.mark.parametrize(
    ("finnish", "english", "told"),
    [
        ("1 000 euroa 1.7.2026", "1,000 euros on 1 July 2026", []),
        ("1 000 euroa", "1,200 euros", [("answer_en", "1000"), ("answer_fi", "1200")]),
        ("150 euroa, 3 euroa", "150 euros", [("answer_en", "3")]),
    ],
)
def test_answers_with_other_numbers_are_told(
    tmp_path: Path, finnish: str, english: str, told: list[tuple[str, str]]
) -> None:
    entries = gift_entries(tmp_path, answer={"fi": answer_with(finnish), "en": answer_with(english)})

    assert [(remark.kind, remark.values["numbers"]) for remark in check_numbers(entries)] == told


def test_the_remark_leads_to_the_answer_that_lacks_the_number(tmp_path: Path) -> None:
    (entry,) = gift_entries(tmp_path, answer={"fi": answer_with("16 litraa"), "en": answer_with("Litres.")})

    (remark,) = check_numbers([entry])

    assert entry.path.read_text(encoding="utf-8").splitlines()[remark.line - 1].strip().startswith("en: Litres.")


@pytest.mark.parametrize(
    ("finnish", "english", "kinds"),
    [
        ("Saat 16 litraa.", "You may bring 16 litres.", []),
        ("Saat 16 litraa.", "You may bring some.", ["plain_en"]),
        ("Saat vähän.", "You may bring 16 litres.", ["plain_fi"]),
        ("Saat 17 litraa.", "You may bring 17 litres.", ["plain_only_fi", "plain_only_en"]),
    ],
)
def test_plain_texts_have_the_numbers_of_each_other_and_of_the_answer(
    tmp_path: Path, finnish: str, english: str, kinds: list[str]
) -> None:
    answer = answer_with("16 l.")
    entries = gift_entries(tmp_path, answer={"fi": answer, "en": answer}, plain={"fi": finnish, "en": english})

    assert [remark.kind for remark in check_numbers(entries)] == kinds
