import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("the letter had 569572 on it", "the letter had [LONG_NUMBER] on it"),
        ("123456", "[LONG_NUMBER]"),
        ("onko 35176079 ja 957283 sama", "onko [LONG_NUMBER] ja [LONG_NUMBER] sama"),
        ("1467 5428", "[LONG_NUMBER]"),
        ("15 67 87", "[LONG_NUMBER]"),
        ("1 5 6 7 8 7", "[LONG_NUMBER]"),
        ("9-7-5-8-3-4", "[LONG_NUMBER]"),
        ("123 456", "[LONG_NUMBER]"),
        ("\u2460\u2461\u2462\u2463\u2464\u2465\u2466", "[LONG_NUMBER]"),
        ("1567870", "[LONG_NUMBER]"),
        ("XK12345678901", "[LONG_NUMBER]"),
        ("kirje:123456", "kirje:[LONG_NUMBER]"),
        ("040_123_4567", "[LONG_NUMBER]"),
        ("123-456-789", "[LONG_NUMBER]"),
        ("123456-7 tunnus", "[LONG_NUMBER] tunnus"),
        ("sain koodin 593068 tiskiltä", "sain koodin [LONG_NUMBER] tiskiltä"),
        ("040x123x4567", "[LONG_NUMBER]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "540 euroa",
        "1 234 567 euroa",
        "2 499,00 \u20ac",
        "\u20ac7,540.00",
        "EUR 1,234,567.89",
        "100 000 \u20ac",
        "tulot 35000 e",
        "palkka 2 500 \u20ac/kk",
        "92 000 km",
        "12 345 hakemusta",
        "2 000 000",
        "over 150 000 people",
        "nimike 6402 17 90 90",
        "CN code 64021790",
        "hs-koodi 640217",
        "commodity code 6402.17.90",
        "8703 23 90 00 \u2013 is it for a used car?",
        "Y-tunnus 1572860-0",
        "1572860-0",
        "FI15728600",
        "business ID 2345678-4",
        "00100 Helsinki",
        "2014-2019",
        "years 2024 2025 2026",
        "laki 304/2016",
        "9.00-16.15",
        "ma-pe 9-16, la 10-15",
        "9-16 10-15",
        "AY 1331",
        "jonossa 12 345",
        "error 503",
        "in 2026 500 applications",
        "iPhone 15 Pro 256 GB",
        "112",
        "tullikoodi 593068",
        "error 0x80070057",
        "paketti 30x20x15 cm",
        "30 x 20 x 15cm",
        "kenttä 13 04 000 000",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
