import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("minun nimeni on: Li Wei", "minun nimeni on: [NAME]"),
        ("nimeni: Matti Virtanen", "nimeni: [NAME]"),
        ("nimeni on Nguyễn Văn An", "nimeni on [NAME]"),
        ("my name is Matti Virtanen", "my name is [NAME]"),
        ("my name is matti virtanen and I wait", "my name is [NAME] and I wait"),
        ("nimeni on Matti Virtanen", "nimeni on [NAME]"),
        ("mun nimi on aino", "mun nimi on [NAME]"),
        ("olen Matti Virtanen", "olen [NAME]"),
        ("Olen Aino, miten voin hakea", "Olen [NAME], miten voin hakea"),
        ("I'm Anna Smith and I", "I'm [NAME] and I"),
        ("this is Anna Smith", "this is [NAME]"),
        ("kiitos! Matti", "kiitos! [NAME]"),
        ("Terveisin Matti Virtanen", "Terveisin [NAME]"),
        ("Ystävällisin terveisin\nMatti Virtanen", "Ystävällisin terveisin\n[NAME]"),
        ("Best regards, Anna Smith", "Best regards, [NAME]"),
        ("regards marja", "regards [NAME]"),
        ("my name is Niamh O'Brien", "my name is [NAME]"),
        ("nimi: Anna-Liisa Mäki", "nimi: [NAME]"),
        ("Signed by Anna Smith", "Signed by [NAME]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "terv. pettynyt asiakas",
        "regards, your customer",
        "I'm Sorry, where",
        "nimeni on väärin: kirjain puuttuu",
        "my name is spelled wrong",
        "nimeni on väärin kortissa",
        "olen Suomessa",
        "olen Migrin asiakas",
        "I am Finnish",
        "I am waiting",
        "oon Tampereella töissä",
        "this is Finland",
        "terveisin",
        "best regards",
        "the form must be signed by hand",
        "signed consent",
        "mikä sinun nimi on",
        "what is the name of the form",
        "I am Indian citizen",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
