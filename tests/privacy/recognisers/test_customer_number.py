import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("123456-abcd", "[CUSTOMER_NUMBER]"),
        ("354098-MGNF", "[CUSTOMER_NUMBER]"),
        ("asiakasnumeroni on 12345", "asiakasnumeroni on [CUSTOMER_NUMBER]"),
        ("client 9325238", "client [CUSTOMER_NUMBER]"),
        ("asnro 474 319 37", "asnro [CUSTOMER_NUMBER]"),
        ("cust no 9-7-5-8-3-4-5-5", "cust no [CUSTOMER_NUMBER]"),
        ("customer no. is 11336093", "customer no. is [CUSTOMER_NUMBER]"),
        ("asiakas 7380 4319", "asiakas [CUSTOMER_NUMBER]"),
        ("cust no \uff11\uff15\uff16\uff12\uff14\uff13\uff14", "cust no [CUSTOMER_NUMBER]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "mikä on asiakasnumero",
        "asiakas maksaa 12 500 €",
        "customer number or case number?",
        "asiakas odotti 30 min",
        "customer since 2014",
        "clients in 2024",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
