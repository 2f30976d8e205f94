import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("zero four zero, 123, four five six seven", "[PHONE_NUMBER]"),
        ("nolla neljä nolla, 12 34 56 7 nyt", "[PHONE_NUMBER] nyt"),
        ("puhelin nolla 40 viisi viisi 1234", "puhelin [PHONE_NUMBER]"),
        ("yksi kolme yksi nolla viisi kaksi viiva 308T", "[FI_PERSONAL_IDENTITY_CODE]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "kaksi 1, kolme 2",
        "one year 2024, two 2025",
        "two adults, 3 children and one baby, 14 days",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
