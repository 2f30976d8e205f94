import pytest

from components.privacy.names.features import Token, describe, tokens
from components.privacy.names.lexicon import lexicon


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("**Liitteet:** kuitti", ["**", "Liitteet", ":", "**", "kuitti"]),
        ("Lupa loppui.\n \n\nAnna", ["Lupa", "loppui", ".", "<line>", "Anna"]),
        ("a\nb", ["a", "<line>", "b"]),
        ("[PHONE_NUMBER] [NAME] soitti", ["<masked>", "soitti"]),
    ],
)
def test_pieces_of_a_text(text: str, kinds: list[str]) -> None:
    found = [token.text if token.kind in ("word", "other") else f"<{token.kind}>" for token in tokens(text)]
    assert found == kinds


def test_pieces_are_where_they_say() -> None:
    text = "**Anna**\n\nkiitos"
    assert all(text[token.start : token.end] == token.text for token in tokens(text))


@pytest.mark.parametrize(
    ("word", "feature"),
    [
        ("Maitotölkki", "made=cCap"),
        ("tavarana", "made=blow"),
        ("huolitsija", "l=w|00"),
        ("lemmikki", "amb"),
        ("Virtaselle", "k=~f0"),
    ],
)
def test_what_a_word_is_like(word: str, feature: str) -> None:
    assert feature in describe(Token(0, len(word), "word", word), lexicon()).own
