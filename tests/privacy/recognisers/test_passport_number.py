import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("AB1234567", "[PASSPORT_NUMBER]"),
        ("AB 1234567", "[PASSPORT_NUMBER]"),
        ("passi ab1234567", "passi [PASSPORT_NUMBER]"),
        ("passport X1234567", "passport [PASSPORT_NUMBER]"),
        ("passinro 49219479", "passinro [PASSPORT_NUMBER]"),
        ("passport no. P 0 0 8 7 9 7 8 0", "passport no. [PASSPORT_NUMBER]"),
        ("passport no. PX\uff12\uff16\uff17\uff18\uff12\uff11\uff19", "passport no. [PASSPORT_NUMBER]"),
        ("P4104518B", "[PASSPORT_NUMBER]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "passi vanhenee elokuussa 2026",
        "passport expires in 30 days",
        "passport photo 36 x 47 mm",
        "passi maksoi 56 euroa",
        "our company business ID form is FI1234567-8",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
