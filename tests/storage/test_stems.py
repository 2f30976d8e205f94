"""Words are found in whatever form they were written, numbers as they are, labels not at all."""

from __future__ import annotations

import pytest

from components.storage.stems import MAX_WORDS, alternatives, postgresql_query, sqlite_query, stems


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("fi", ["hakemus", "hakemuksen", "hakemuksia", "HAKEMUKSET"]),
        ("fi", ["oleskelulupa", "oleskeluluvan", "oleskelulupaa"]),
        ("fi", ["paketti", "paketin", "paketit", "paketteja"]),
        ("fi", ["kansalaisuus", "kansalaisuutta", "kansalaisuuden"]),
        ("en", ["permit", "permits", "Permit's"]),
        ("en", ["declare", "declared", "declaring"]),
    ],
    ids=str,
)
def test_the_forms_of_a_word_have_one_stem(language: str, forms: list[str]) -> None:
    first = {stems(form, language).split()[0] for form in forms}
    assert len(first) == 1


def test_different_words_stay_apart() -> None:
    words = "tulli paketti lupa hakemus kansalaisuus puoliso auto alkoholi"
    assert len(set(stems(words, "fi").split())) == len(words.split())


@pytest.mark.parametrize("label", ["[PERSON]", "[NAME_1]", "[PHONE_NUMBER ********67]", "[FI_PERSONAL_IDENTITY_CODE]"])
def test_labels_are_no_words(label: str) -> None:
    assert stems(f"minä {label} haen", "fi") == stems("minä haen", "fi")


def test_numbers_stay_and_signs_go() -> None:
    assert stems("2026: 750 €, B1-taso!", "fi").split()[:3] == ["2026", "750", "b1"]


def test_a_text_in_no_known_language_has_the_stems_of_both() -> None:
    assert set(stems("hakemuksen", None).split()) == {stems("hakemuksen", "fi"), stems("hakemuksen", "en")}
    assert stems("hakemuksen", "sv") == stems("hakemuksen", None)


def test_the_last_word_of_a_query_is_a_beginning_and_the_others_are_whole() -> None:
    assert sqlite_query("2026 b1") == '("2026") AND ("b1" *)'
    assert postgresql_query("2026 b1") == "('2026') & ('b1':*)"
    whole, beginning = alternatives("permits declar")
    assert "permit" in whole
    assert "permits" not in whole
    assert "declar" in beginning


@pytest.mark.parametrize("nothing", ["", " ", "?!", "[PERSON]", "'", '"', "\\", "_"])
def test_without_a_word_there_is_no_query(nothing: str) -> None:
    assert alternatives(nothing) == []
    assert sqlite_query(nothing) is None
    assert postgresql_query(nothing) is None


@pytest.mark.parametrize("typed", ["o'x' | !y", 'a" OR "b', "x:* & (y", "tietoa\x00 ja\\", "ﬁ ½ ²"])
def test_nothing_that_is_typed_gets_out_of_its_quotes(typed: str) -> None:
    for each in alternatives(typed):
        assert all(stem.isalnum() for stem in each)


def test_a_very_long_query_is_cut() -> None:
    assert len(alternatives(" ".join(f"sana{number}" for number in range(100)))) == MAX_WORDS
    assert max(len(stem) for stem in alternatives("x" * 500)[0]) <= 64
