"""The countries and areas that the service knows stay, in every case; people who are called like one do not."""

import random
from pathlib import Path

import pytest
import yaml

from components.privacy import anonymise
from components.privacy.names.lexicon import DATA, lexicon
from components.privacy.names.training.inflect import inflect

ROOT = Path(__file__).resolve().parents[3]
FILES = {language: DATA / f"countries_{language}.txt" for language in ("fi", "en")}
VOCABULARY = yaml.safe_load((ROOT / "actions" / "vocabulary" / "places.yml").read_text(encoding="utf-8"))["places"]
KNOWN = [place for group in VOCABULARY.values() for code, place in group.items() if not str(code).startswith("any_")]
NAMES = {language: sorted({place[language] for place in KNOWN}) for language in ("fi", "en")}

FRAMES = {
    "from": ["paketti {}", "lähetys {}", "olen {}", "Olen {} ja haen lupaa", "tilasin kengät {}, paljonko alv"],
    "in": ["asun {}", "olin {} puoli vuotta", "onko {} sama sääntö"],
    "to": ["muutan {}", "lähetän lahjan {}"],
    "of": ["olen {} kansalainen", "{} passi", "vaimon viisumi on {}"],
    "name": ["{}", "lähetysmaa {}", "{} vai suomi", "onko {} eu-maa", "kansalaisuus: {}"],
    "en": [
        "parcel from {}",
        "I am from {}",
        "i'm from {} and need a visa",
        "citizen of {}",
        "moving to {} in june",
        "can i send it to {}",
        "is {} in the EU",
        "my passport is from {}",
        "country: {}",
        "from {}",
        "{}",
    ],
}


def _lines(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def _forms(name: str, source: str) -> dict[str, str]:
    """Return the cases of a Finnish place; `source` is where from: Nepalista, Venäjältä."""
    stem, vowel = source[:-2], source[-1]
    plural = name.endswith("t")
    choice = random.Random(1)  # noqa: S311
    forms = {"name": name, "from": source, "in": stem + stem[-1] + vowel}
    if stem.endswith("l"):
        forms["to"] = stem + "le"
    elif not plural:
        forms["to"] = inflect(name, "ill", finnish=True, choice=choice)
    if not plural:
        forms["of"] = inflect(name, "gen", finnish=True, choice=choice)
    return forms


SOURCES = {name: source for name, source, *_ in _lines(FILES["fi"])}
FINNISH = [
    frame.format(form)
    for name in NAMES["fi"]
    for case, form in _forms(name, SOURCES[name]).items()
    for frame in FRAMES[case]
]
OTHER_FORMS = [form for _, _, *forms in _lines(FILES["fi"]) for form in " ".join(forms).split()]
ENGLISH = [frame.format(name) for name in NAMES["en"] for frame in FRAMES["en"]]


@pytest.mark.parametrize("write", [str, str.lower], ids=["as it is", "lower case"])
@pytest.mark.parametrize(
    "texts", [FINNISH, ENGLISH, [f"paketti {form}" for form in OTHER_FORMS]], ids=["fi", "en", "other forms"]
)
def test_countries_stay(texts: list[str], write: type[str]) -> None:
    assert len(texts) > 40
    assert [text for text in map(write, texts) if anonymise(text).text != text] == []


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_lists_hold_the_countries_of_the_service(language: str) -> None:
    held = {name for name, *_ in _lines(FILES[language])}
    assert [name for name in NAMES[language] if name not in held] == []


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_lists_are_sorted(language: str) -> None:
    names = [name.casefold() for name, *_ in _lines(FILES[language])]
    assert names == sorted(set(names))


@pytest.mark.parametrize("name", [name for name, *_ in _lines(FILES["fi"])])
def test_where_from_is_a_local_case(name: str) -> None:
    assert SOURCES[name].endswith(("sta", "stä", "lta", "ltä"))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["sri", "lankasta", "tullut"], 2),
        (["trinidad", "and", "tobago"], 3),
        (["saint", "vincent"], 2),
        (["saint", "patrick"], 0),
        (["sri"], 0),
        (["nepalista"], 0),
    ],
)
def test_words_that_name_one_country(words: list[str], count: int) -> None:
    assert lexicon().country_words(words) == count


@pytest.mark.parametrize(
    ("word", "countries"),
    [
        ("georgiasta", {"georgia"}),
        ("malediiveilta", {"malediivei"}),
        ("malediivien", {"malediivien"}),
        ("venäjällä", {"venäjä"}),
        ("liisalla", set()),
    ],
)
def test_countries_of_a_word(word: str, countries: set[str]) -> None:
    assert lexicon().countries_of(word) == countries


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Georgia Papadopoulou hakee lupaa", "[NAME] hakee lupaa"),
        ("my brother Jordan called you", "my brother [NAME] called you"),
        ("hakija on Israel Fernandez", "hakija on [NAME]"),
        ("Malin Bergström soitti", "[NAME] soitti"),
        ("terveisin Chad Miller", "terveisin [NAME]"),
        ("paketti Liisalta Georgiasta", "paketti [NAME] Georgiasta"),
        ("Maria from Costa Rica", "[NAME] from Costa Rica"),
    ],
)
def test_people_are_masked(text: str, masked: str) -> None:
    assert anonymise(text).text == masked
