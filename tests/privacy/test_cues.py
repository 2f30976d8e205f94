import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.privacy.cues import Cue, every_match, literal_pieces, present
from components.privacy.spans import Document


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        ("phone", {"phone"}),
        ("puh(?:elin|nro)", {"puhelin", "puhnro"}),
        (r"pass(?:i|port|\b)", {"passi", "passport", "pass"}),
        ("d ?o", {"do", "d o"}),
        ("[ab]c", {"ac", "bc"}),
        (r"käyttäjä\w*tunnus", {"käyttäjä"}),
        (r"(?:tel|puh)\.? ?[0-9]{3,9}", {"tel", "tel.", "tel ", "tel. ", "puh", "puh.", "puh ", "puh. "}),
        ("x?", {""}),
        ("ab(?:cd)*efg", {"efg"}),
        (r"[0-9]+", {""}),
        ("(?:ab|[0-9])", {""}),
        ("(?<!a)bc(?=d)", {"bc"}),
    ],
)
def test_literal_pieces(pattern: str, pieces: set[str]) -> None:
    assert literal_pieces(pattern) == pieces


def test_every_match() -> None:
    assert every_match("tie(?:n|t[aä])?") == {"tie", "tien", "tieta", "tietä"}
    with pytest.raises(ValueError, match="no end"):
        every_match("ti+e")


PATTERNS = ["kort[a-z]*", "tunnu(?:s|kse)", r"\brt", "t", "ortt", "lupakort", "korttu", r"[0-9]x"]
CUES = [Cue(pattern) for pattern in PATTERNS]


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.text("kortunslpa x1", max_size=14))
def test_a_cue_is_somewhere_wherever_its_pattern_matches(text: str) -> None:
    document = Document(text)
    for pattern, cue in zip(PATTERNS, CUES, strict=True):
        if re.search(pattern, text):
            assert cue.somewhere(document)
            assert present(text) & cue.bit


@pytest.mark.parametrize("text", ["kissa", "kor tti", "", "tunn"])
def test_a_cue_without_a_piece_is_nowhere(text: str) -> None:
    assert not CUES[0].somewhere(Document(text))
    assert not CUES[1].somewhere(Document(text))


def test_near_looks_at_both_sides_and_no_further() -> None:
    cue = Cue("phone")
    document = Document("phone 123456789 phone")
    assert cue.near(document, 6, 15, before=6)
    assert not cue.near(document, 6, 15, before=4)
    assert cue.near(document, 6, 15, before=0, after=6)
    assert not cue.near(document, 6, 15, before=0, after=5)
