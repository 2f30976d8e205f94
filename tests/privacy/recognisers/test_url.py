import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("www.instagram.com/mattivirtanen", "[URL]"),
        ("https://drive.google.com/file/d/1lDm7eXwP9F1GG0lhy62q", "[URL]"),
        ("katso linkedin.com/in/matti-virtanen.", "katso [URL]."),
        ("t.me/mattiv", "[URL]"),
        ("kotisivuni on mattivirtanen.fi", "kotisivuni on [URL]"),
        ("hxxps://matti.example.xyz/a", "[URL]"),
        ("www.instagram.com\xad/matti", "[URL]"),
        ("https://migri.fi/asia?id=12", "[URL]"),
        ("https://enterfinland.fi/applications/1234567", "[URL]"),
        ("https://migri.fi.matti.net/x", "[URL]"),
        ("link hxxps dropbox dot com slash s slash passport-anna", "link [URL]"),
        ("kuva hxxps://drive.google[.]com/u/anna-k", "kuva [URL]"),
        ("drive.google(.)com/x", "[URL]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "www.migri.fi",
        "https://migri.fi/en/home",
        "https://tulli.fi/autovero?lang=fi",
        "www.posti.fi/seuranta",
        "infofinland.fi",
        "migri.fi ei lataudu",
        "katso migri.fi/kasittelyajat.",
        "https://www.sttinfo.fi/tiedote/71723151/uutinen?lang=fi",
        "ja/tai",
        "24/7",
        "n. 5 kpl",
        "esim. näin",
        "migri[.]fi ei aukea",
        "migri dot fi slash en",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
