"""The lists of names: their form, order and sizes."""

import unicodedata
from pathlib import Path

import pytest

from components.privacy import names

DATA = Path(names.__file__).parent / "data"
LISTS = sorted([*DATA.glob("given/*.txt"), *DATA.glob("family/*.txt")])
AMBIGUOUS = DATA / "ambiguous.txt"

# The fewest names of any origin, and of those with many bearers in Finland.
LEAST = {"given": 60, "family": 40}
LARGE = {
    "given/finnish": 500,
    "family/finnish": 700,
    "given/russian": 200,
    "family/russian": 250,
    "given/arabic": 300,
    "family/arabic": 300,
    "given/english": 250,
    "family/english": 300,
    "given/persian-afghan": 250,
    "family/persian-afghan": 200,
    "given/somali": 180,
    "family/somali": 150,
    "given/ukrainian": 150,
    "family/ukrainian": 200,
    "given/indian": 250,
    "family/indian": 250,
}


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _entries(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[1:]


def _is_name(text: str) -> bool:
    """Tell whether a text has letters, their marks, and single joiners between them only."""
    parts = text.translate({ord(joiner): " " for joiner in "-'’\u200c"}).split(" ")
    return all(part and all(unicodedata.category(letter)[0] in "LM" for letter in part) for part in parts)


@pytest.mark.parametrize("path", LISTS, ids=_label)
def test_first_line_names_origin(path: Path) -> None:
    origin, _, spoken = path.read_text(encoding="utf-8").splitlines()[0].partition(": ")
    assert origin == f"# {path.stem}"
    assert spoken.strip()


@pytest.mark.parametrize("path", LISTS, ids=_label)
def test_entries_are_names(path: Path) -> None:
    assert [entry for entry in _entries(path) if not _is_name(entry)] == []


@pytest.mark.parametrize("path", LISTS, ids=_label)
def test_entries_are_composed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("path", [*LISTS, AMBIGUOUS], ids=_label)
def test_no_entry_twice_and_sorted(path: Path) -> None:
    folded = [entry.partition("\t")[0].casefold() for entry in _entries(path)]
    assert folded == sorted(set(folded))


@pytest.mark.parametrize("path", LISTS, ids=_label)
def test_list_is_large_enough(path: Path) -> None:
    assert len(_entries(path)) >= LARGE.get(_label(path), LEAST[path.parent.name])


def test_every_origin_has_given_and_family_names() -> None:
    origins = {kind: {path.stem for path in LISTS if path.parent.name == kind} for kind in LEAST}
    assert origins["given"] == origins["family"]
    assert len(origins["given"]) >= 40


def test_ambiguous_names_say_what_else_they_are() -> None:
    entries = [entry.split("\t") for entry in _entries(AMBIGUOUS)]
    assert len(entries) >= 250
    assert [entry for entry in entries if len(entry) != 2 or not entry[1].strip()] == []


def test_ambiguous_names_stand_in_a_list() -> None:
    known = {entry.casefold() for path in LISTS for entry in _entries(path)}
    assert [entry for entry in _entries(AMBIGUOUS) if entry.partition("\t")[0].casefold() not in known] == []


@pytest.mark.parametrize("word", ["the", "jo", "kun", "tai", "oma", "tulli", "kela", "alvi"])
def test_everyday_words_are_no_entries(word: str) -> None:
    assert [_label(path) for path in LISTS if word in {entry.casefold() for entry in _entries(path)}] == []
