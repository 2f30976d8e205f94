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
        ("u/not_anna_really on reddit", "[USERNAME] on reddit"),
        ("steam AnnaTheGreat7 no sorry", "steam [USERNAME] no sorry"),
        ("käyttäjätunnus enterfinlandissa matti_v79, salasana", "käyttäjätunnus enterfinlandissa [USERNAME], salasana"),
        ("nimimerkki vauva.fi palstalla oli kesälintu_88 eli", "nimimerkki vauva.fi palstalla oli [USERNAME] eli"),
        ("discordissa mut löytää matti#4471", "discordissa mut löytää [USERNAME]"),
        ("nikki on at matti vir 91", "nikki on [USERNAME]"),
        ("enter finland käyttäjä matti.vir lukittu", "enter finland käyttäjä [USERNAME] lukittu"),
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
        "tilaus#1234",
        "käyttäjätunnus ei toimi windows11 koneella",
        "käyttäjätunnus puuttuu lomakkeelta OLE_TY3",
        "käyttäjä ei pääse suomi.fi palveluun",
        "login at 10.30",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
