import pytest

from components.privacy.names.disguises import disguised_names
from components.privacy.names.lexicon import lexicon


def found(text: str) -> list[str]:
    return [text[start:end] for start, end, _ in disguised_names(text, lexicon())]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nimi on F a t i m a", "F a t i m a"),
        ("A.h.m.e.d kysyy", "A.h.m.e.d"),
        ("S-a-n-j-a-y here", "S-a-n-j-a-y"),
        ("M4tti lol", "M4tti"),
        ("it is j0hn", "j0hn"),
        ("0mar with a zero", "0mar"),
        ("AmitVerma010549", "AmitVerma"),
        ("KirsiMattila kysyy", "KirsiMattila"),
    ],
)
def test_a_disguised_name_is_found(text: str, name: str) -> None:
    assert found(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "H7 or H1?",
        "a b c d",
        "U S A visa",
        "e.g. this",
        "AliExpress",
        "RuntimeError",
        "PayPal",
        "S24",
        "0x80070057",
        "4x4",
        "A4",
    ],
)
def test_other_words_and_codes_are_left(text: str) -> None:
    assert found(text) == []
