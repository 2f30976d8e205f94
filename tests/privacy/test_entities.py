import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.located_yaml import FileError
from components.privacy.engine import ENGINE, Engine, labels
from components.privacy.entities import DEFAULT_PATH, Entities, Entity, installed, load
from components.privacy.recognisers import PATTERNS

KEY = b"k" * 32
PHONE = "soita 040 123 4567 nyt"


def engine(key: bytes | None = KEY, **entities: dict[str, Any]) -> Engine:
    return Engine(PATTERNS, Entities({label: Entity(**entity) for label, entity in entities.items()}, key))


MASK = engine(PHONE_NUMBER={"operator": "mask", "keep": 2})
MASK_ALL = engine(PHONE_NUMBER={"operator": "mask", "character": "█"})
HASH = engine(PHONE_NUMBER={"operator": "hash"})
DROP = engine(PHONE_NUMBER={"operator": "drop"})
EVERY = {
    operator: engine(**{label: {"operator": operator, "keep": 2} for label in labels()})
    for operator in ("label", "mask", "hash", "drop")
}


def test_the_file_that_comes_with_luotsi_has_every_class_and_changes_nothing() -> None:
    assert load(DEFAULT_PATH, labels()).disabled == {}
    assert ENGINE.anonymise(PHONE).text == "soita [PHONE_NUMBER] nyt"
    text = DEFAULT_PATH.read_text(encoding="utf-8")
    assert all(f"  {label}: " in text for label in labels())


@pytest.mark.parametrize(
    ("used", "masked"),
    [
        (MASK, "soita [PHONE_NUMBER **********67] nyt"),
        (MASK_ALL, "soita [PHONE_NUMBER ████████████] nyt"),
        (DROP, "soita  nyt"),
    ],
)
def test_operators(used: Engine, masked: str) -> None:
    assert used.anonymise(PHONE).text == masked


def test_a_hash_is_the_same_for_the_same_value_only() -> None:
    masked = {HASH.anonymise(text).text for text in ("040 123 4567", "0401234567", "040-1234567")}
    assert len(masked) == 1
    assert masked.pop() != HASH.anonymise("0401234568").text


def test_a_hash_depends_on_the_key() -> None:
    assert engine(b"x" * 32, PHONE_NUMBER={"operator": "hash"}).anonymise(PHONE).text != HASH.anonymise(PHONE).text


def test_a_hash_holds_no_digit() -> None:
    assert not any(char.isdigit() for char in HASH.anonymise(PHONE).text)


@pytest.mark.parametrize(
    ("value", "written"), [("ABC-123", "*******"), ("ABCD-123", "******23"), ("ABCD-12–", "********")]
)
def test_a_short_value_keeps_nothing(value: str, written: str) -> None:
    entities = Entities({"VEHICLE_REGISTRATION": Entity(operator="mask", keep=2)})
    assert entities.write("VEHICLE_REGISTRATION", value) == f"[VEHICLE_REGISTRATION {written}]"


@pytest.mark.parametrize(
    ("entity", "text", "masked"),
    [
        ({"allow": ["0401234567"]}, PHONE, PHONE),
        ({"allow": ["0401234567"]}, "0401234568", "[PHONE_NUMBER]"),
        ({"allow_patterns": [r"040 123 \d{4}"]}, PHONE, PHONE),
        ({"allow_patterns": ["040 123"]}, PHONE, "soita [PHONE_NUMBER] nyt"),
        ({"deny": ["projekti x"]}, "kerro Projekti X nyt", "kerro [PHONE_NUMBER] nyt"),
        ({"deny": ["projekti x"]}, "projekti xy", "projekti xy"),
        ({"minimum_score": 0.9}, "+358 40 123 4567", "[PHONE_NUMBER]"),
        ({"enabled": False, "reason": "own line"}, "soita 0401234567", "soita 0401234567"),
    ],
)
def test_lists_and_scores(entity: dict[str, Any], text: str, masked: str) -> None:
    assert engine(PHONE_NUMBER=entity).anonymise(text).text == masked


def test_switching_a_class_off_does_not_uncover_another_one_inside() -> None:
    masked = engine(EORI={"enabled": False, "reason": "traders are companies"}).anonymise("eori FI131052-308T").text
    assert "131052" not in masked


def test_a_score_below_the_minimum_stays() -> None:
    text = "nick: matti_v"
    assert engine(USERNAME={"minimum_score": 0.7}).anonymise(text).text == text
    assert engine().anonymise(text).text == "nick: [USERNAME]"


PIECES = st.sampled_from(
    ["131052-308T", "040 123 4567", "matti@live.fi", "1.9.1980", "12", "345678", "-", " ", "\n", "ABC-123", "hetu ",
     "a", "FI2112345600000785", "[PHONE_NUMBER **67]", "[IBAN ~abcdefghijklmnop]", "*", "x"]
)  # fmt: skip


@pytest.mark.parametrize("used", EVERY.values(), ids=EVERY.keys())
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(PIECES, max_size=9).map("".join))
def test_masking_twice_is_masking_once(used: Engine, text: str) -> None:
    masked = used.anonymise(text).text
    assert used.anonymise(masked).text == masked


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("entities:\n  PHONE: {operator: label}\n", r":2: 'entities -> PHONE' .* did you mean PHONE_NUMBER"),
        ("entities:\n  XQZW: {}\n", r":2: .*did you mean CASE_NUMBER"),
        ("entities:\n  IBAN:\n    operator: hide\n", r":3: 'entities.IBAN.operator'"),
        ("entities:\n  IBAN:\n    keep: 3\n", r":3: 'entities.IBAN.keep'"),
        ("entities:\n  IBAN:\n    colour: red\n", r":3: 'entities.IBAN.colour' is not a known key"),
        ("entities:\n  IBAN:\n    enabled: false\n", r":\d: 'entities.IBAN' .*needs a 'reason'"),
        ("entities:\n  IBAN:\n    character: '12'\n", r":3: 'entities.IBAN.character' write one of"),
        ("entities:\n  IBAN:\n    allow_patterns: ['(']\n", r":3: .* is no regular expression"),
        ("entities:\n  IBAN:\n    deny: ['']\n", r":3: .* is empty"),
        ("entities:\n  IBAN: {operator: hash}\n", "set LUOTSI_SECRET_KEY"),
        ("entities: [\n", r":\d: .*mend the YAML"),
    ],
)
def test_a_file_out_of_order_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "own.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileError, match=message) as error:
        load(path, labels())
    assert str(path) in str(error.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="LUOTSI_PRIVACY_ENTITIES"):
        installed(labels(), {"LUOTSI_PRIVACY_ENTITIES": str(tmp_path / "none.yml")})


@pytest.mark.parametrize("by_file", [True, False])
def test_the_environment_names_the_file_and_the_key(tmp_path: Path, by_file: bool) -> None:
    path, secret = tmp_path / "own.yml", tmp_path / "key"
    path.write_text("entities:\n  IBAN: {operator: hash}\n", encoding="utf-8")
    secret.write_text("s" * 32 + "\n", encoding="utf-8")
    key = {"LUOTSI_SECRET_KEY_FILE": str(secret)} if by_file else {"LUOTSI_SECRET_KEY": "s" * 32}
    written = installed(labels(), {"LUOTSI_PRIVACY_ENTITIES": str(path), **key}).write("IBAN", "FI21 1234")
    assert written == Entities({"IBAN": Entity(operator="hash")}, b"s" * 32).write("IBAN", "FI211234")


def test_a_class_that_is_switched_off_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "own.yml"
    path.write_text("entities:\n  URL: {enabled: false, reason: links are wanted}\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        entities = load(path, labels())
    assert entities.disabled == {"URL": "links are wanted"}
    assert "URL is not masked on this installation: links are wanted" in caplog.text
