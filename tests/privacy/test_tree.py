from collections import namedtuple
from typing import Any

import pytest

from components.privacy import anonymise_tree
from components.privacy.tree import walk


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("puh 0401234567", "puh [PHONE_NUMBER]"),
        ({"text": "matti@live.fi"}, {"text": "[EMAIL_ADDRESS]"}),
        ({"matti@live.fi": 1}, {"[EMAIL_ADDRESS]": 1}),
        ([["131052-308T"], {"a": ["0401234567"]}], [["[FI_PERSONAL_IDENTITY_CODE]"], {"a": ["[PHONE_NUMBER]"]}]),
        (("0401234567", 1), ("[PHONE_NUMBER]", 1)),
        ({"0401234567"}, {"[PHONE_NUMBER]"}),
        (b"0401234567", "[PHONE_NUMBER]"),
        (None, None),
        (True, True),
        (1.5, 1.5),
        (401234567, 401234567),
        ({"a@live.fi": 1, "b@live.fi": 2}, {"[EMAIL_ADDRESS]": 1, "[EMAIL_ADDRESS] (2)": 2}),
        ({}, {}),
        ([], []),
    ],
)
def test_masks_every_string(value: Any, masked: Any) -> None:
    assert anonymise_tree(value) == masked


def test_numbers_are_masked_on_request() -> None:
    assert anonymise_tree({"n": 401234567, "year": 2026}, numbers=True) == {"n": "[LONG_NUMBER]", "year": 2026}


def test_skipped_keys_pass_unread() -> None:
    assert anonymise_tree({"id": "123456", "text": "123456"}, skip=frozenset({"id"})) == {
        "id": "123456",
        "text": "[LONG_NUMBER]",
    }


def test_known_public_reaches_every_string() -> None:
    value = {"a": ["040 123 4567"]}
    assert anonymise_tree(value, known_public=frozenset({"040 123 4567"})) == value


def test_named_tuples_keep_their_type() -> None:
    Pair = namedtuple("Pair", "a b")
    assert anonymise_tree(Pair("0401234567", 1)) == Pair("[PHONE_NUMBER]", 1)


def test_other_objects_become_masked_text() -> None:
    class Customer:
        def __str__(self) -> str:
            return "customer matti@live.fi"

    assert anonymise_tree({"who": Customer()}) == {"who": "customer [EMAIL_ADDRESS]"}


def test_endless_nesting_is_cut() -> None:
    value: Any = "0401234567"
    for _ in range(5000):
        value = [value]
    assert "0401234567" not in str(anonymise_tree(value))


def test_input_is_left_as_it_was() -> None:
    value = {"a": ["0401234567"]}
    anonymise_tree(value)
    assert value == {"a": ["0401234567"]}


def test_keys_can_be_dropped_at_any_depth() -> None:
    value = {"a": [{"gone": "040 123 4567", "b": 1}], "gone": 2}
    assert walk(value, text=lambda part, key: part, number=lambda part: part, drop=frozenset({"gone"})) == {
        "a": [{"b": 1}]
    }


def test_a_harmless_mapping_stays_whole() -> None:
    value = {"a": {"ok": 1}, "b": {"ok": 2}}
    masked = walk(value, text=lambda part, key: part, number=lambda part: 0, harmless=lambda part: part == {"ok": 1})
    assert masked == {"a": {"ok": 1}, "b": {"ok": 0}}
