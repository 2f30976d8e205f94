from __future__ import annotations

from pathlib import Path

import pytest

from components.content.catalogue import read_topics
from components.content.schema import LANGUAGES
from components.content.sentences import gist, sentences

ROOT = Path(__file__).parents[2]
ENTRIES = read_topics(ROOT / "data" / "faq")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yksi lause.", ["Yksi lause."]),
        ("Yksi. Kaksi! Kolme?", ["Yksi.", "Kaksi!", "Kolme?"]),
        ("Voimassa 1.7.2026 alkaen. Se on uusi.", ["Voimassa 1.7.2026 alkaen.", "Se on uusi."]),
        ("Raja muuttui 1. Heinäkuuta.", ["Raja muuttui 1. Heinäkuuta."]),
        ("Kysy esim. Postilta. Se auttaa.", ["Kysy esim. Postilta.", "Se auttaa."]),
        ("Pay, e.g. Visa, at once. Then wait.", ["Pay, e.g. Visa, at once.", "Then wait."]),
        ("See [the page](https://tulli.fi/en). It helps.", ["See [the page](https://tulli.fi/en).", "It helps."]),
        ("It is **40 euros.** Not more.", ["It is **40 euros.**", "Not more."]),
        ("Soita 0295 5206. 112 on hätänumero.", ["Soita 0295 5206.", "112 on hätänumero."]),
        ("ilman loppua", ["ilman loppua"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_its_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Lahja on veroton, kun se on halpa. Muuten ei.\n\nLisää tekstiä.", "Lahja on veroton, kun se on halpa."),
        ("Kyllä. Jokainen paketti pitää tullata heti. Muuta ei.", "Kyllä. Jokainen paketti pitää tullata heti."),
        ("For this you need now:\n\n- a pass\n- money\n\nAsk more.", "For this you need now:\n- a pass\n- money"),
        ("Lupaa varten tarvitset nämä\n- passin\n- rahaa\n\nKysy.", "Lupaa varten tarvitset nämä\n- passin\n- rahaa"),
        ("Age is **18 years or more now.**\n\n- x", "Age is **18 years or more now.**"),
    ],
)
def test_the_gist_is_how_the_answer_begins(answer: str, expected: str) -> None:
    assert gist(answer) == expected


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gist_of_every_answer_is_shorter_and_complete(entry: object, language: str) -> None:
    answer = entry.answer(language)  # type: ignore[attr-defined]
    short = gist(answer)

    assert 0 < len(short) < len(answer)
    assert short.rstrip("*)\"”").endswith((".", "!", "?"))  # fmt: skip
    assert short.count("**") % 2 == 0
