from __future__ import annotations

from pathlib import Path

import pytest

from luotsi.content_checks.readability import LIMITS, check_readability, read, syllables
from tests.content.samples import answer_with, gift_entries

EASY = {
    "fi": "Saat tuoda oluen. Kysy ensin. Se on oma. " * 5,
    "en": "You may bring the beer. Ask us first. It is your own. " * 4,
}
HARD = {
    "fi": "Kiireellisessä hakemusasiassa asianomaisten ulkomaanedustustojen henkilökunnan edellytetään "
    "toimittavan tarkoituksenmukaisimmat täydennysasiakirjat käsittelyprosessin nopeuttamiseksi. " * 4,
    "en": "Notwithstanding administrative considerations, international organisations necessarily "
    "facilitate comprehensive documentation regarding individual applicants' circumstances. " * 4,
}


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("field", ["answer", "plain"])
def test_only_a_hard_text_is_told(tmp_path: Path, field: str, language: str) -> None:
    hard = HARD[language] if field == "answer" else HARD[language].split(". ")[0] + "."
    texts = {"answer": dict(EASY), "plain": {"fi": "Kysy ensin.", "en": "Ask us."}}
    texts[field][language] = hard

    (remark,) = check_readability(gift_entries(tmp_path, **texts))

    assert remark.kind == f"{field}_{language}"
    assert float(remark.values["score"]) > LIMITS[language]


def test_the_remark_quotes_the_hardest_sentence(tmp_path: Path) -> None:
    hardest = HARD["fi"].split(". ")[0] + "."
    easier = "Toimita täydentävät asiakirjat lähimpään edustustoon tai palvelupisteeseen heti. " * 2
    (entry,) = gift_entries(tmp_path, answer={"fi": f"{easier} {hardest} {easier}", "en": EASY["en"]})

    (remark,) = check_readability([entry])

    assert remark.values["sentence"] == hardest
    assert entry.path.read_text(encoding="utf-8").splitlines()[remark.line - 1].strip().startswith("fi: ")


def test_a_long_sentence_is_quoted_in_part(tmp_path: Path) -> None:
    entries = gift_entries(tmp_path, answer={"fi": HARD["fi"].replace(".", ","), "en": EASY["en"]})

    (remark,) = check_readability(entries)

    assert len(remark.values["sentence"]) <= 242
    assert remark.values["sentence"].endswith(" …")


def test_the_finnish_score_is_lix() -> None:
    # 8 words in 2 sentences, of which 2 have more than six letters.
    reading = read("Saat tuoda kotiin vaatteita. Kysy ensin **tullista** apua.", "fi")

    assert reading is not None
    assert reading.score == pytest.approx(8 / 2 + 100 * 2 / 8)


def test_the_english_score_is_the_grade() -> None:
    # 6 words, 9 syllables, 1 sentence.
    reading = read("The cat sat in the [residence](https://example.com/a/very/long/address).", "en")

    assert reading is not None
    assert reading.score == pytest.approx(0.39 * 6 + 11.8 * 8 / 6 - 15.59)


@pytest.mark.parametrize(
    ("markdown", "sentence"),
    [
        ("Kyllä. Maahantuontirajoituksista tiedotetaan erikseen verkkosivuillamme kaikille matkustajille aina.", "Maa"),
        ("Olut 110 litraa:\n- Maahantuontirajoitukset koskevat kaikkia matkustajia heti alusta loppuun", "Maa"),
        ("Klo 8.00–16.15. Maahantuontirajoituksista tiedotetaan erikseen kaikille matkustajille aina heti.", "Maa"),
        ("Hae 1. heinäkuuta alkaen lupaa, josta tiedotetaan erikseen verkkosivuillamme aina heti.", "Hae 1. hei"),
    ],
)
def test_sentences_end_where_they_end(markdown: str, sentence: str) -> None:
    reading = read(markdown, "fi")

    assert reading is not None
    assert reading.worst.startswith(sentence)


def test_a_few_long_words_are_not_the_hardest_sentence() -> None:
    longer = "Toimita täydentävät asiakirjat lähimpään edustustoon tai palvelupisteeseen heti."

    reading = read(f"Maahantuontirajoitukset verkkosivuilla. {longer}", "fi")

    assert reading is not None
    assert reading.worst == longer


@pytest.mark.parametrize("markdown", ["", "– … –", "\n\n- \n"])
def test_nothing_is_not_hard_to_read(markdown: str) -> None:
    assert read(markdown, "en") is None


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("made", 1),
        ("makes", 1),
        ("asked", 1),
        ("wanted", 2),
        ("table", 2),
        ("pages", 2),
        ("boxes", 2),
        ("permit", 2),
        ("residence", 3),
        ("application", 4),
        ("the", 1),
        ("110", 1),
    ],
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllables(word) == count


def test_what_pads_the_samples_is_easy(tmp_path: Path) -> None:
    easy = {"fi": answer_with(""), "en": answer_with("")}

    assert list(check_readability(gift_entries(tmp_path, answer=easy))) == []
