"""The tagger as it was trained; bench/privacy measures it on many more messages."""

import threading

import pytest

from components.privacy.names.tagger import name_spans


def names(text: str) -> list[str]:
    return [text[start:end] for start, end, _ in sorted(name_spans(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hei täällä kirsi mattila kyselen lupaa", ["kirsi mattila"]),
        ("onko mohammedin hakemus vielä jonossa", ["mohammedin"]),
        ("Soittakaa Virtaselle takaisin", ["Virtaselle"]),
        ("has svetlana got her decision yet", ["svetlana"]),
        ("Parcel for Nguyen Thi Hoa is stuck in customs", ["Nguyen Thi Hoa"]),
        ("my lawyer Emily Carter sent the appeal", ["Emily Carter"]),
        ("puhuin eilen ahmedin kanssa puhelimessa", ["ahmedin"]),
        ("OLEN TUULA HEIKKINEN JA ODOTAN", ["TUULA HEIKKINEN"]),
        ("terv. Ahmed Ali", ["Ahmed Ali"]),
        ("Fatima's card was sent to the wrong address", ["Fatima"]),
        ("markukselta tuli viesti. kuka markus on?", ["markukselta", "markus"]),
        ("nimeni on Tuulikki Koskelainen", ["Tuulikki Koskelainen"]),
        ("Soittajana Kaarina Rauhalainen, kiitos", ["Kaarina Rauhalainen"]),
        ("nimi on 王芳, suomeksi Wang Fang", ["王芳", "Wang Fang"]),
    ],
)
def test_names_are_found(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "toivon nopeaa vastausta",
        "Onko Tampereella vai Turussa lyhyempi jono?",
        "Oleskelulupahakemukseni käsittely kestää liian kauan.",
        "lumi tuli, onko toimisto auki",
        "will the office be open in may",
        "Can I bring beer from Tallinn on the ferry?",
        "How do I pay VAT for a parcel from China?",
        "Enter Finland ei toimi",
        "Kysymys tullista: paketti Saksasta",
        "Virtanen Oy on työnantajani",
        "moi",
        "",
        "12.5.2026",
    ],
)
def test_other_words_are_left(text: str) -> None:
    assert names(text) == []


def test_a_long_text_is_read_in_parts() -> None:
    text = "odotan päätöstä. " * 100 + "terveisin kirsi mattila. " + "odotan päätöstä. " * 100
    assert "kirsi mattila" in names(text)


def test_threads_do_not_disturb_each_other() -> None:
    texts = ["hei täällä kirsi mattila kyselen lupaa", "has svetlana got her decision yet"] * 2
    wrong: list[str] = []

    def read(text: str, expected: list[str]) -> None:
        wrong.extend(text for _ in range(200) if names(text) != expected)

    threads = [threading.Thread(target=read, args=(text, names(text))) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
