import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("RR123456785FI", "[PARCEL_TRACKING]"),
        ("rr123456785cn", "[PARCEL_TRACKING]"),
        ("RR 123 456 785 FI", "[PARCEL_TRACKING]"),
        ("C X 3 2 8 0 1 6 5 2 5 S E", "[PARCEL_TRACKING]"),
        ("RR7414\u200b51009CN", "[PARCEL_TRACKING]"),
        ("JJFI64064544595719693", "[PARCEL_TRACKING]"),
        ("JJFI 23260 670015 248060", "[PARCEL_TRACKING]"),
        ("1Z999AA10123456784", "[PARCEL_TRACKING]"),
        ("00600559073905689672", "[PARCEL_TRACKING]"),
        ("LP00123456789012", "[PARCEL_TRACKING]"),
        ("JD014600006281234567", "[PARCEL_TRACKING]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "missä pakettini on",
        "where is my parcel",
        "form CN22 or CN23",
        "H7 vai H1",
        "lähetys tuli 3 päivää sitten",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
