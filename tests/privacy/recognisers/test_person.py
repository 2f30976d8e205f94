import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("minun nimeni on: Li Wei", "minun nimeni on: [PERSON]"),
        ("nimeni: Matti Virtanen", "nimeni: [PERSON]"),
        ("nimeni on Nguyễn Văn An", "nimeni on [PERSON]"),
        ("my name is Matti Virtanen", "my name is [PERSON]"),
        ("my name is matti virtanen and I wait", "my name is [PERSON] and I wait"),
        ("nimeni on Matti Virtanen", "nimeni on [PERSON]"),
        ("mun nimi on aino", "mun nimi on [PERSON]"),
        ("olen Matti Virtanen", "olen [PERSON]"),
        ("Olen Aino, miten voin hakea", "Olen [PERSON], miten voin hakea"),
        ("I'm Anna Smith and I", "I'm [PERSON] and I"),
        ("this is Anna Smith", "this is [PERSON]"),
        ("kiitos, t. Matti", "kiitos, t. [PERSON]"),
        ("Terveisin Matti Virtanen", "Terveisin [PERSON]"),
        ("Ystävällisin terveisin\nMatti Virtanen", "Ystävällisin terveisin\n[PERSON]"),
        ("Best regards, Anna Smith", "Best regards, [PERSON]"),
        ("regards anna", "regards [PERSON]"),
        ("my name is Niamh O'Brien", "my name is [PERSON]"),
        ("nimi: Anna-Liisa Mäki", "nimi: [PERSON]"),
        ("Signed by Anna Smith", "Signed by [PERSON]"),
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
