import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("EORI FI131052-308T", "EORI [EORI]"),
        ("fi131052a308t", "[EORI]"),
        ("FI170374\u2212937P", "[EORI]"),
        ("US25071980", "[EORI]"),
        ("GB 07051942", "[EORI]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "mikä on EORI-numero",
        "EORI FI1572860-0",
        "FI15728600",
        "EU 27",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
