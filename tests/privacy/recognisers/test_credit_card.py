import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111 1111 1111 1111", "[CREDIT_CARD]"),
        ("4111-1111-1111-1111", "[CREDIT_CARD]"),
        ("4111.1111.1111.1111", "[CREDIT_CARD]"),
        ("4111111111111111", "[CREDIT_CARD]"),
        ("3782 822463 10005", "[CREDIT_CARD]"),
        ("kortti 4111 1111 1111 1112 ei toimi", "kortti [CREDIT_CARD] ei toimi"),
        (
            "\uff15\uff11\uff10\uff15\uff11\uff10\uff15\uff11\uff10\uff15\uff11\uff10\uff15\uff11\uff10\uff10",
            "[CREDIT_CARD]",
        ),
        ("4111\u202f1111\u202f1111\u202f1111", "[CREDIT_CARD]"),
        ("4111 1111\n1111 1111", "[CREDIT_CARD]"),
        ("hei 4111 1111 1111 1111\n2 kpl", "hei [CREDIT_CARD]\n2 kpl"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "korttimaksu ei onnistu",
        "card refused 3 times",
        "2 400,00 \u20ac",
        "4111",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
