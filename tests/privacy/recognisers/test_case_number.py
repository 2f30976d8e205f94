import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("asia 1234/032.100/2025", "asia [CASE_NUMBER]"),
        ("diaarinumero 1234/567/2026", "diaarinumero [CASE_NUMBER]"),
        ("123456/2024", "[CASE_NUMBER]"),
        ("MIG-2024-57940", "[CASE_NUMBER]"),
        ("mig-2024-57940", "[CASE_NUMBER]"),
        ("UMA/1234/2026", "[CASE_NUMBER]"),
        ("7 3 1 / 1 2 1 / 2 0 2 3", "[CASE_NUMBER]"),
        ("8372/1\u200b21/2024", "[CASE_NUMBER]"),
        ("26FI00000919829176X2", "[CASE_NUMBER]"),
        ("26FI00000919829176", "[CASE_NUMBER]"),
        ("my application 12345678", "my application [CASE_NUMBER]"),
        ("viitenumero 12345 67890 12345", "viitenumero [CASE_NUMBER]"),
        ("diaarinro 3094\u200b4303", "diaarinro [CASE_NUMBER]"),
        ("diary 1234 slash 567 slash 2024", "diary [CASE_NUMBER]"),
        ("dnro 1234 kauttaviiva 567 kauttaviiva 2024", "dnro [CASE_NUMBER]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "laki 304/2016",
        "hakemus maksaa 123456 euroa",
        "ilmoituksen koodi 64021790",
        "act 623/2019",
        "regulation (EU) 2016/399",
        "952/2013",
        "directive 2003/86/EC",
        "90/180 päivää",
        "jonossa 312 ennen minua",
        "asia on kesken 3 kk",
        "hakemus vuonna 2024",
        "applications 2024 and 2025",
        "hakemuksia 12 345 kpl",
        "24 slash 7",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
