import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("FI2112345600000785", "[IBAN]"),
        ("FI21 1234 5600 0007 85", "[IBAN]"),
        ("fi21 1234 5600 0007 85", "[IBAN]"),
        ("FI21-1234-5600-0007-85", "[IBAN]"),
        ("FI21.1234.5600.0007.85", "[IBAN]"),
        ("FI2112345600\n000785", "[IBAN]"),
        ("F I 2 1 1 2 3 4 5 6 0 0 0 0 0 7 8 5", "[IBAN]"),
        ("FI21\xad12345600000785", "[IBAN]"),
        ("FI9912345600000785", "[IBAN]"),
        ("DE89 3704 0044 0532 0130 00", "[IBAN]"),
        ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
        ("tili FI2112345600000785 ja summa 50 euroa", "tili [IBAN] ja summa 50 euroa"),
        (
            "\uff26\uff29\uff12\uff11\uff11\uff12\uff13\uff14\uff15\uff16\uff10\uff10\uff10\uff10\uff10\uff17\uff18\uff15",
            "[IBAN]",
        ),
        ("MU17BOMM0101101030300200000MUR", "[IBAN]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "mikä on IBAN",
        "FI on maatunnus",
        "to 15 people and 20 children",
        "on 12 hours",
        "A1 12 34",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
