"""Reply addresses are encrypted, expire with the last message, and come back to their own conversation only."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.engine import Engine

from components.privacy.pseudonyms import pseudonym
from components.settings import Settings
from components.storage.database import migrate, open_database
from components.storage.reply_addresses import ReplyAddresses

from .conversations import OTHER_SENDER, SENDER, rows_of, settings, utc

ADDRESS = "7204518993216645"
NOW = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.timezone.utc)
SECOND = datetime.timedelta(seconds=1)
DAY = datetime.timedelta(hours=24)
NEW_KEY = b"the key after it changed, 32 bytes long"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_database(url)
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def addresses(engine: Engine) -> ReplyAddresses:
    return ReplyAddresses(engine, _settings())


def _settings(*keys: bytes, lifetime: datetime.timedelta = DAY) -> Settings:
    usual = settings("sqlite:///unused")
    current, *previous = keys or (usual.secret_key,)
    return dataclasses.replace(
        usual, secret_key=current, previous_secret_keys=tuple(previous), reply_address_lifetime=lifetime
    )


@pytest.mark.parametrize("address", [ADDRESS, "", "å:ä/\x00\ud800", "x" * 5_000])
def test_an_address_comes_back(addresses: ReplyAddresses, address: str) -> None:
    addresses.remember(SENDER, "messenger", address, now=NOW)
    assert addresses.find(SENDER, now=NOW) == address


def test_nobody_elses_address_comes_back(addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW)
    assert addresses.find(OTHER_SENDER, now=NOW) is None


def test_the_latest_address_takes_the_place_of_an_earlier_one(engine: Engine, addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "messenger", "the first", now=NOW)
    addresses.remember(SENDER, "viber", "the second", now=NOW + SECOND)
    assert addresses.find(SENDER, now=NOW + SECOND) == "the second"
    (row,) = rows_of(engine, "reply_addresses")
    assert row["channel"] == "viber"
    assert utc(row["last_message_at"]) == NOW + SECOND


@pytest.mark.parametrize("lifetime", [datetime.timedelta(hours=1), DAY])
def test_an_address_expires_after_the_last_message(engine: Engine, lifetime: datetime.timedelta) -> None:
    addresses = ReplyAddresses(engine, _settings(lifetime=lifetime))
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW - lifetime)
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW)
    assert utc(rows_of(engine, "reply_addresses")[0]["expires_at"]) == NOW + lifetime
    assert addresses.find(SENDER, now=NOW + lifetime - SECOND) == ADDRESS
    assert addresses.find(SENDER, now=NOW + lifetime) is None


@pytest.mark.parametrize("lifetime", [DAY + SECOND, datetime.timedelta(0), -DAY])
def test_more_than_a_day_is_refused(engine: Engine, lifetime: datetime.timedelta) -> None:
    with pytest.raises(ValueError, match="at most 24 hours"):
        ReplyAddresses(engine, _settings(lifetime=lifetime))


def test_a_forgotten_address_is_gone(engine: Engine, addresses: ReplyAddresses) -> None:
    for sender_id in (SENDER, OTHER_SENDER):
        addresses.remember(sender_id, "messenger", ADDRESS, now=NOW)
    addresses.forget(SENDER)
    addresses.forget(SENDER)
    assert addresses.find(SENDER, now=NOW) is None
    assert [row["sender_id"] for row in rows_of(engine, "reply_addresses")] == [OTHER_SENDER]


# ------------------------------------------------------------------------------------------- the wish not to be stored


def test_without_a_wish_a_conversation_is_stored(addresses: ReplyAddresses) -> None:
    assert addresses.is_stored(SENDER, now=NOW)
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW)
    assert addresses.is_stored(SENDER, now=NOW)


def test_a_wish_holds_while_messages_come(addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW, stored=False)
    addresses.remember(OTHER_SENDER, "telegram", ADDRESS, now=NOW)
    for hours in (20, 40, 60):
        now = NOW + datetime.timedelta(hours=hours)
        assert not addresses.is_stored(SENDER, now=now)
        addresses.remember(SENDER, "telegram", ADDRESS, now=now)
    assert addresses.is_stored(OTHER_SENDER, now=NOW)


def test_a_wish_ends_with_the_address(addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW, stored=False)
    assert not addresses.is_stored(SENDER, now=NOW + DAY - SECOND)
    assert addresses.is_stored(SENDER, now=NOW + DAY)
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW + DAY)  # before any purge
    assert addresses.is_stored(SENDER, now=NOW + DAY)


def test_a_wish_can_be_taken_back(addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW, stored=False)
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW, stored=True)
    assert addresses.is_stored(SENDER, now=NOW)


def test_a_wish_is_forgotten_with_the_address(addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "telegram", ADDRESS, now=NOW, stored=False)
    addresses.forget(SENDER)
    assert addresses.is_stored(SENDER, now=NOW)


# ---------------------------------------------------------------------------------------------------------- the secret


def test_the_raw_address_is_nowhere_in_the_files(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    migrate(engine)
    addresses = ReplyAddresses(engine, _settings())
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    contents = {path.name: path.read_bytes() for path in file.parent.glob(f"{file.name}*")}
    assert any(SENDER.encode() in content for content in contents.values()), "nothing was written"
    assert not any(ADDRESS.encode() in content for content in contents.values())
    engine.dispose()


def test_the_same_address_is_written_differently_each_time(engine: Engine, addresses: ReplyAddresses) -> None:
    for sender_id in (SENDER, OTHER_SENDER):
        addresses.remember(sender_id, "messenger", ADDRESS, now=NOW)
    first, second = (row["address"] for row in rows_of(engine, "reply_addresses"))
    assert first[:60] != second[:60]


def test_an_address_is_readable_after_the_key_changed(engine: Engine, addresses: ReplyAddresses) -> None:
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW)
    old = _settings().secret_key
    assert ReplyAddresses(engine, _settings(NEW_KEY, old)).find(SENDER, now=NOW) == ADDRESS


def test_a_new_address_is_encrypted_with_the_new_key(engine: Engine) -> None:
    old = _settings().secret_key
    ReplyAddresses(engine, _settings(NEW_KEY, old)).remember(SENDER, "messenger", ADDRESS, now=NOW)
    assert ReplyAddresses(engine, _settings(NEW_KEY)).find(SENDER, now=NOW) == ADDRESS
    assert ReplyAddresses(engine, _settings(old)).find(SENDER, now=NOW) is None


@pytest.mark.parametrize(
    "token",
    [None, "", "gAAAAA", "no token at all", Fernet(Fernet.generate_key()).encrypt(b"x")],
    ids=["none", "empty", "short", "no token", "other key"],
)
def test_what_cannot_be_read_is_as_good_as_nothing(
    engine: Engine, addresses: ReplyAddresses, caplog: pytest.LogCaptureFixture, token: str | bytes | None
) -> None:
    caplog.set_level(logging.DEBUG)
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW)
    if token is None:  # the key was lost
        addresses = ReplyAddresses(engine, _settings(NEW_KEY))
    else:
        with engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE reply_addresses SET address = :token"),
                {"token": token.decode() if isinstance(token, bytes) else token},
            )
    assert addresses.find(SENDER, now=NOW) is None
    assert ADDRESS not in caplog.text


def test_an_address_that_was_moved_to_another_conversation_is_not_answered_to(
    engine: Engine, addresses: ReplyAddresses
) -> None:
    addresses.remember(SENDER, "messenger", ADDRESS, now=NOW)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE reply_addresses SET sender_id = :other"), {"other": OTHER_SENDER})
    assert addresses.find(OTHER_SENDER, now=NOW) is None


def test_the_encryption_key_is_neither_the_secret_key_nor_a_pseudonym(engine: Engine) -> None:
    key = b"k" * 32
    ReplyAddresses(engine, _settings(key)).remember(SENDER, "messenger", ADDRESS, now=NOW)
    token = rows_of(engine, "reply_addresses")[0]["address"]
    for wrong in (key, pseudonym(key, "messenger", ADDRESS).encode()):
        with pytest.raises(InvalidToken):
            Fernet(base64.urlsafe_b64encode(wrong)).decrypt(token.encode())
