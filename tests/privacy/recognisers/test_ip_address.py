import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("85.12.3.4", "[IP_ADDRESS]"),
        ("from 176.9.227.219, not me", "from [IP_ADDRESS], not me"),
        ("osoite 193.53.\u200b205.136", "osoite [IP_ADDRESS]"),
        ("\uff19\uff11.\uff11\uff15\uff19.\uff11\uff16\uff16.\uff12\uff10\uff19", "[IP_ADDRESS]"),
        ("85[.]12[.]3[.]4", "[IP_ADDRESS]"),
        ("85 dot 12 dot 3 dot 4", "[IP_ADDRESS]"),
        ("2a00:1450:4001:81b::200e", "[IP_ADDRESS]"),
        ("2001:bfbc:2876:3441:b83b:acc7:bec0:880", "[IP_ADDRESS]"),
        ("fe80::1ff:fe23:4567:890a", "[IP_ADDRESS]"),
        ("[2a00:1450::1]:5005", "[[IP_ADDRESS]]:5005"),
        ("10.1.2.3:8080", "[IP_ADDRESS]:8080"),
        ("ip 85.112.190.90", "ip [IP_ADDRESS]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "http://127.0.0.1:5005",
        "0.0.0.0",
        "::1",
        "::",
        "192.0.2.7",
        "2001:db8::1",
        "version 3.6.21",
        "4.1.0",
        "klo 12:30",
        "klo 10:15:30",
        "1.2.3",
        "std::vector",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
