import pytest

from components.privacy.recognisers.coarse import Coarse
from components.privacy.spans import OPAQUE, Document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("koodi 12a ja b3c", [("12a", "LONG_NUMBER"), ("b3c", "LONG_NUMBER")]),
        ("040 123 4567 soita", [("040 123 4567", "LONG_NUMBER")]),
        ("a@b.fi c@d.fi", [("a@b.fi c@d.fi", "EMAIL_ADDRESS")]),
        ("1 a@b.fi", [("1", "LONG_NUMBER"), ("a@b.fi", "EMAIL_ADDRESS")]),
        ("1 a 2", [("1", "LONG_NUMBER"), ("2", "LONG_NUMBER")]),
        (f"a{OPAQUE}b2{OPAQUE}c", [("b2", "LONG_NUMBER")]),
        ("katu ja talo", []),
        ("", []),
    ],
)
def test_words_with_a_digit_or_an_at_sign(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(text[hit.start : hit.end], hit.label) for hit in Coarse().find(Document(text))] == expected
