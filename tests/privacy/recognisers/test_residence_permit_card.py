import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("RP1234567", "[RESIDENCE_PERMIT_CARD_NUMBER]"),
        ("rp 1234567", "[RESIDENCE_PERMIT_CARD_NUMBER]"),
        ("RA1234567", "[RESIDENCE_PERMIT_CARD_NUMBER]"),
        ("kortti 973504609 katosi", "kortti [RESIDENCE_PERMIT_CARD_NUMBER] katosi"),
        ("oleskelulupakortti F12044689", "oleskelulupakortti [RESIDENCE_PERMIT_CARD_NUMBER]"),
        ("permit card L 1 6 6 0 9 6 4 0", "permit card [RESIDENCE_PERMIT_CARD_NUMBER]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "kortti katosi 3 viikkoa sitten",
        "my card has 2 errors",
        "oleskelulupakortin hinta 2026",
        "RP-kortti",
        "card delivery takes 14 days",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
