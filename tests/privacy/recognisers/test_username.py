import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('my username is "virtama5"', 'my username is "[USERNAME]"'),
        ("instagram: matti.virtanen", "instagram: [USERNAME]"),
        ("user name: matti_82", "user name: [USERNAME]"),
        ("käyttäjätunnukseni on matti82", "käyttäjätunnukseni on [USERNAME]"),
        ("my nick is @matti", "my nick is [USERNAME]"),
        ("login @matti.virtanen", "login [USERNAME]"),
        ("tunnus kari\u200b_550", "tunnus [USERNAME]"),
        ("login \uff59\uff41\uff4e\uff47\uff4c\uff11\uff13", "login [USERNAME]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "tunnus 1572860-0",
        "what is a user name",
        "käyttäjätunnus unohtui",
        "my login does not work",
        "user name is missing",
        "Y-tunnus 1572860-0",
        "tunnus on väärä",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
