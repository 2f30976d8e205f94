"""Gate 3's function: every string of JSON-like data is masked, published words and machine-made ids stay."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.places import PLACES
from components.privacy import anonymise
from components.privacy.pseudonyms import NETWORK_KEY
from components.storage import sanitise as module
from components.storage.sanitise import WITHHELD, is_identifier, public_strings, sanitise

CODE = "131052-908T"
ANSWER = "Suljettu 24.12.2026, puhelin 040 123 4567."

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: [text],
        lambda text: (text,),
        lambda text: {text},
        lambda text: {"key": {"deep": [text]}},
        lambda text: {text: "value"},
        lambda text: {"key": ValueError(text)},
        lambda text: {("a", text): 1},
        lambda text: {"message_id": text},
        lambda text: text.encode(),
    ],
    ids=["text", "list", "tuple", "set", "nested", "key", "exception", "odd key", "identifier key", "bytes"],
)
def test_an_identity_code_is_masked_wherever_it_stands(wrap: Any) -> None:
    masked = json.dumps(sanitise(wrap(f"koodi {CODE} tässä")))
    assert CODE not in masked
    assert "[FI_PERSONAL_IDENTITY_CODE]" in masked


def test_published_text_stays_word_for_word() -> None:
    public = public_strings({"utter_x": [{"text": ANSWER, "buttons": [{"title": "Soita 040 765 4321"}]}]})
    data = {"text": ANSWER, "data": {"buttons": [{"title": "Soita 040 765 4321"}]}}
    assert sanitise(data, public) == data


def test_text_that_only_contains_published_text_is_masked() -> None:
    assert "040 123 4567" not in sanitise(f"{ANSWER} {CODE}", public_strings(ANSWER))


def test_public_strings_are_found_at_any_depth() -> None:
    assert public_strings({"a": [{"b": ("c", {"d"})}]}, "e", None, 7) == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize(
    "identifier", ["00112233445566778899001122334455", "0b5a9e62-1c7d-4e3f-8a11-223344556677", "ab" * 16]
)
@pytest.mark.parametrize("key", ["message_id", "model_id", "assistant_id"])
def test_identifiers_keep_their_shape(key: str, identifier: str) -> None:
    assert is_identifier(identifier)
    assert sanitise({"metadata": {key: identifier}}) == {"metadata": {key: identifier}}


@pytest.mark.parametrize(
    "value", [CODE, "0401234567", f"{'ab' * 16} 0401234567", "0b5a9e62-0401234567", "0401234567\n" + "a" * 21]
)
def test_what_is_not_hexadecimal_under_an_identifier_key_is_masked(value: str) -> None:
    masked = sanitise({"message_id": value})["message_id"]
    assert "0401234567" not in masked
    assert CODE not in masked


@pytest.mark.parametrize("number", [401234567, 401234567.0, 358401234567, -401234567, 131052.908])
def test_a_number_as_long_as_a_phone_number_is_masked(number: float) -> None:
    masked = sanitise({"value": number})["value"]
    assert isinstance(masked, str)
    assert "401234567" not in masked
    assert "131052" not in masked


@pytest.mark.parametrize("value", [0, 7, 99_999, -2026, 0.9312345678, 45.5, True, False, None])
def test_small_numbers_stay_as_they_are(value: float | None) -> None:
    masked = sanitise([value])[0]
    assert masked == value
    assert type(masked) is type(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_number_for_becomes_null(value: float) -> None:
    assert sanitise([value]) == [None]


def test_a_number_too_long_to_write_out_is_withheld() -> None:
    assert sanitise(10**5_000) == WITHHELD


def test_keys_that_mask_to_the_same_text_stay_apart() -> None:
    assert sorted(sanitise({"040 123 4567": 1, "040 123 4568": 2}).values()) == [1, 2]


def test_what_cannot_be_masked_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(module, "anonymise", broken)
    assert sanitise({"a": [CODE]}) == {WITHHELD: [WITHHELD]}


def test_what_cannot_be_shown_is_withheld() -> None:
    class Shy:
        def __str__(self) -> str:
            raise RuntimeError(CODE)

    assert sanitise([Shy()]) == [WITHHELD]


def test_bottomless_data_is_cut() -> None:
    endless: list[Any] = [CODE]
    endless.append(endless)
    assert CODE not in json.dumps(sanitise(endless))


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_the_result_is_strict_json_and_stays_when_sanitised_again(value: Any) -> None:
    once = sanitise(value)
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert sanitise(once) == once


def test_the_pseudonym_of_a_network_is_left_out() -> None:
    metadata = {NETWORK_KEY: "ab12" * 8, "masked": []}
    event = {"metadata": metadata, "parse_data": {"metadata": metadata}, "slots": [{"value": metadata}]}
    assert sanitise(event) == {
        "metadata": {"masked": []},
        "parse_data": {"metadata": {"masked": []}},
        "slots": [{"value": {"masked": []}}],
    }


@pytest.mark.parametrize("code", sorted(PLACES))
def test_a_country_code_in_a_slot_stays(code: str) -> None:
    event = {"event": "slot", "name": "allowances_origin", "value": code}

    assert sanitise(event) == event


@pytest.mark.parametrize("value", ["Matti Virtanen", "131052-951T", "LV 040-1234567", "ABC"])
def test_other_values_of_a_slot_are_masked_as_ever(value: str) -> None:
    assert sanitise({"value": value})["value"] == sanitise({"text": value})["text"]


def test_a_country_code_is_no_excuse_for_what_a_customer_typed() -> None:
    assert sanitise({"text": "LV"}) == {"text": anonymise("LV").text}
