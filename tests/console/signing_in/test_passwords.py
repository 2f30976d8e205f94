"""Which passwords are good enough, and how they are kept."""

from __future__ import annotations

import importlib

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from console.signing_in import passwords


@pytest.mark.parametrize(
    "password",
    [
        "heinäkuun sateet",
        "kolme sanaa riittää",
        "korrekthästbatteri",
        "123 kissaa istui",
        "xkcd tammi poro q",
        "日本語のパスワードです。",
        "n" * 11 + "ttt",  # eleven and three are no piece that repeats
        "v" + "erylong phrase " * 8,
    ],
)
def test_good_ones(password: str) -> None:
    assert passwords.objection(password, user_id="anna.mallinen") is None


@pytest.mark.parametrize(
    ("password", "objection"),
    [
        ("", "too_short"),
        ("elevensigns", "too_short"),
        ("x" + "yz" * 64, "too_long"),
        ("password1234", "common"),
        ("Password2026!", "common"),
        ("PASSWORDPASSWORD", "common"),
        ("sunshine12345", "common"),
        ("jennifer2024", "common"),
        ("Computer 2026", "common"),
        ("aaaaaaaaaaaa", "repeated"),
        ("abcabcabcabc", "repeated"),
        ("kissakissakissa", "common"),
        ("123456789012", "sequence"),
        ("210987654321", "sequence"),
        ("abcdefghijkl", "sequence"),
        ("qwertyuiopåa", "sequence"),
        ("anna.mallinen", "holds_user_id"),
        ("ANNA.MALLINEN on paras", "holds_user_id"),
        ("uusi Luotsi tulee", "holds_product"),
    ],
)
def test_bad_ones(password: str, objection: str) -> None:
    assert passwords.objection(password, user_id="anna.mallinen") == objection


def test_a_short_user_id_may_be_part_of_a_word() -> None:
    assert passwords.objection("vanhan talon tuvassa", user_id="an") is None


def test_length_is_counted_in_signs_as_they_are_hashed() -> None:
    decomposed = "a\u0308" * 3 + "ikkilinta"
    assert passwords.objection(decomposed, user_id="x") is None
    assert passwords.objection("a\u0308" * 6, user_id="x") == "too_short"


@pytest.mark.parametrize("length", [12, 128])
def test_limits_of_the_length(length: int) -> None:
    password = "".join(chr(0x4E00 + 7 * place) for place in range(length))
    assert passwords.objection(password, user_id="anna") is None


def test_hashes_are_argon2id_with_the_parameters_of_rfc_9106() -> None:
    usual = importlib.import_module("argon2").PasswordHasher()
    parameters = extract_parameters(usual.hash("x"))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65_536, 3, 4)


def test_the_same_password_has_another_hash_each_time() -> None:
    assert passwords.hash_password("kolme sanaa riittää") != passwords.hash_password("kolme sanaa riittää")


def test_verifying() -> None:
    kept = passwords.hash_password("kolme sanaa riittää")
    assert passwords.verify(kept, "kolme sanaa riitta\u0308a\u0308")
    assert not passwords.verify(kept, "kolme sanaa riitti")
    assert not passwords.verify(None, "kolme sanaa riittää")
    assert not passwords.verify("!", "!")
    assert not passwords.verify(kept, "kolme sanaa riittää" + "x" * 1_000_000)


def test_outdated_hashes() -> None:
    assert not passwords.outdated(passwords.hash_password("x"))
    assert passwords.outdated(PasswordHasher(time_cost=2, memory_cost=64, parallelism=2).hash("x"))
