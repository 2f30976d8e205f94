import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("matti@gmail. com", "[EMAIL_ADDRESS]"),
        ("matti@gmail,com", "[EMAIL_ADDRESS]"),
        ("matti.virtanen@example-mail.fi", "[EMAIL_ADDRESS]"),
        ("osoite on matti@live.fi, kiitos", "osoite on [EMAIL_ADDRESS], kiitos"),
        ("MATTI@LIVE.FI", "[EMAIL_ADDRESS]"),
        ("matti(at)live.fi", "[EMAIL_ADDRESS]"),
        ("matti (at) live.fi", "[EMAIL_ADDRESS]"),
        ("matti[at]live[dot]fi", "[EMAIL_ADDRESS]"),
        ("matti[ät]live[piste]fi", "[EMAIL_ADDRESS]"),
        ("matti at live dot fi", "[EMAIL_ADDRESS]"),
        ("matti piste virtanen ät live piste fi", "[EMAIL_ADDRESS]"),
        ("matti.virtanen at gmail.com", "[EMAIL_ADDRESS]"),
        ("matti82 at live.fi", "[EMAIL_ADDRESS]"),
        ("matti at gmail.com", "[EMAIL_ADDRESS]"),
        ("matti @ live.fi", "[EMAIL_ADDRESS]"),
        ("matti@\nlive.fi", "[EMAIL_ADDRESS]"),
        ("matti@l\nive.fi", "[EMAIL_ADDRESS]"),
        ("matti&#64;live.fi", "[EMAIL_ADDRESS]"),
        ("matti\uff20live\uff0efi", "[EMAIL_ADDRESS]"),
        ("ma\xadtti@live.fi", "[EMAIL_ADDRESS]"),
        ("matti@li\u200bve.fi", "[EMAIL_ADDRESS]"),
        ("m\u0430tti@live.fi", "[EMAIL_ADDRESS]"),
        ("m a t t i @ l i v e . f i", "[EMAIL_ADDRESS]"),
        ("matti_at_live.fi", "[EMAIL_ADDRESS]"),
        ("matti+migri@live.co.uk", "[EMAIL_ADDRESS]"),
        ("matti@localhost", "[EMAIL_ADDRESS]"),
        ("anna.virtanen@migri.fi", "[EMAIL_ADDRESS]"),
        ("väinö@äyriäinen.fi", "[EMAIL_ADDRESS]"),
        ("<matti@live.fi>", "<[EMAIL_ADDRESS]>"),
        ("a@live.fi;b@live.fi", "[EMAIL_ADDRESS];[EMAIL_ADDRESS]"),
        ("mail is anna _ smith @ outlook . com", "mail is [EMAIL_ADDRESS]"),
        ("matti . virtanen @ live . fi", "[EMAIL_ADDRESS]"),
        ("matti virtanen AT yahoo DOT co DOT uk", "[EMAIL_ADDRESS]"),
        ("my mail is matti virtanen at live dot fi thanks", "my mail is [EMAIL_ADDRESS] thanks"),
        ("matti.virtanen\n@live.fi on se", "[EMAIL_ADDRESS] on se"),
        ("kirjoita mattiATlive.fi", "kirjoita [EMAIL_ADDRESS]"),
        ("kirjoita mattiatgmail.com", "kirjoita [EMAIL_ADDRESS]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "kirjaamo@migri.fi",
        "is kirjaamo@migri.fi the right one?",
        "yritysneuvonta(at)tulli.fi",
        "esupport@migri.fi",
        "kirjaamo at migri.fi",
        "read it at tulli.fi",
        "open at 6.15",
        "looked at migri.fi today",
        "meet at the dot",
        "piste 5 ja piste 6",
        "@",
        "a @ b",
        "name@example.com",
        "piste jossa kysytään tietoa",
        "at 9 dot com",
        "please look at migri dot fi",
        "STATistics.com",
        "format.com ja katselu.fi",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
