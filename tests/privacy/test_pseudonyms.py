"""A pseudonym stands for one address on one channel under one key."""

from __future__ import annotations

import pytest

from components.privacy.pseudonyms import Pseudonyms, network_pseudonym, pseudonym

NEW = b"the key in use, 32 bytes long..."
OLD = b"the key before, 32 bytes long..."
OLDEST = b"the key before that one, long..."


def test_a_pseudonym_is_128_bits_in_hexadecimal() -> None:
    name = pseudonym(NEW, "messenger", "1234")
    assert len(name) == 32
    assert int(name, 16) >= 0


@pytest.mark.parametrize(
    "other",
    [
        pseudonym(OLD, "messenger", "1234"),
        pseudonym(NEW, "viber", "1234"),
        pseudonym(NEW, "messenger", "1235"),
    ],
    ids=["key", "channel", "address"],
)
def test_key_channel_and_address_all_count(other: str) -> None:
    assert pseudonym(NEW, "messenger", "1234") != other


def test_a_new_conversation_gets_the_pseudonym_of_the_key_in_use() -> None:
    assert Pseudonyms([NEW, OLD]).current("messenger", "å ä ö") == pseudonym(NEW, "messenger", "å ä ö")


def test_a_running_conversation_is_found_under_the_keys_before_newest_first() -> None:
    earlier = Pseudonyms([NEW, OLD, OLDEST]).earlier("messenger", "1234")
    assert earlier == (pseudonym(OLD, "messenger", "1234"), pseudonym(OLDEST, "messenger", "1234"))


def test_without_previous_keys_there_is_nothing_earlier() -> None:
    assert Pseudonyms([NEW]).earlier("messenger", "1234") == ()


def test_pseudonyms_without_a_key_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Pseudonyms([])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.254"),
        ("192.0.2.1", "::ffff:192.0.2.9"),
        ("2001:db8:1::1", "2001:db8:1:ffff:ffff::1"),
        ("unknown", ""),
    ],
)
def test_addresses_of_one_network_have_one_pseudonym(one: str, other: str) -> None:
    assert network_pseudonym(NEW, one) == network_pseudonym(NEW, other)


@pytest.mark.parametrize(
    ("one", "other"), [("192.0.2.1", "192.0.3.1"), ("2001:db8:1::1", "2001:db8:2::1"), ("192.0.2.1", "unknown")]
)
def test_networks_have_pseudonyms_of_their_own(one: str, other: str) -> None:
    assert network_pseudonym(NEW, one) != network_pseudonym(NEW, other)


def test_the_pseudonym_of_a_network_depends_on_the_key_and_is_none_of_a_channel() -> None:
    made = network_pseudonym(NEW, "192.0.2.1")
    assert made != network_pseudonym(OLD, "192.0.2.1")
    assert made not in {pseudonym(NEW, "network", text) for text in ("192.0.2.1", "192.0.2.0/24")}
    assert len(made) == 32
