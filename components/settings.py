"""The settings that a running Luotsi needs, read once from the environment and refused when they are unsafe."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
from collections.abc import Mapping
from pathlib import Path

MAX_RETENTION_DAYS = 730  # the controllers' records promise two years at most
MIN_SECRET_BYTES = 32

_DATABASE = re.compile(r"sqlite(?:\+pysqlite)?:///.+|postgresql(?:\+psycopg2)?://.*")
_DATABASE_EXAMPLE = "sqlite:////var/lib/luotsi/luotsi.sqlite"
_DIGITS = re.compile(r"[0-9]{1,9}")  # nothing longer is a sensible number here


class SettingsError(ValueError):
    """A setting is missing or unsafe; the message says which, why and how to mend it."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the environment says.

    secret_key: signs sessions and makes pseudonyms, at least 32 bytes.
    database_url: SQLAlchemy address of the conversation store.
    retention: how long a conversation is kept, at most two years.
    session_lifetime: how long a web session may be used after it was issued.
    """

    secret_key: bytes = dataclasses.field(repr=False)
    database_url: str = dataclasses.field(repr=False)  # may hold a password
    retention: datetime.timedelta
    session_lifetime: datetime.timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Raises SettingsError when the secret key is missing or short, the database is missing or of another kind, a
        period is not a positive number or too long, or Rasa's telemetry is on.
        """
        values = os.environ if environment is None else environment
        if values.get("RASA_TELEMETRY_ENABLED", "").lower() != "false":
            raise SettingsError("Rasa's telemetry is on: set RASA_TELEMETRY_ENABLED=false before starting.")
        return cls(
            secret_key=secret_key(values),
            database_url=database_url(values),
            retention=retention(values),
            session_lifetime=datetime.timedelta(minutes=_whole_number(values, "LUOTSI_SESSION_MINUTES", 720, 10_080)),
        )


def secret_key(values: Mapping[str, str]) -> bytes:
    """Return the secret key from LUOTSI_SECRET_KEY or from the file that LUOTSI_SECRET_KEY_FILE names."""
    key = os.fsencode(values.get("LUOTSI_SECRET_KEY", ""))
    key_file = values.get("LUOTSI_SECRET_KEY_FILE")
    if not key and key_file:
        try:
            key = Path(key_file).read_bytes().strip()
        except OSError as error:
            raise SettingsError(f"LUOTSI_SECRET_KEY_FILE cannot be read ({error.strerror}); check the path.") from error
    if len(key) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"The secret key is missing or shorter than {MIN_SECRET_BYTES} characters: set LUOTSI_SECRET_KEY or "
            "LUOTSI_SECRET_KEY_FILE (`openssl rand -hex 32` makes a good one)."
        )
    return key


def retention(values: Mapping[str, str]) -> datetime.timedelta:
    """Return how long conversations are kept (LUOTSI_RETENTION_DAYS, two years when not set)."""
    return datetime.timedelta(
        days=_whole_number(values, "LUOTSI_RETENTION_DAYS", MAX_RETENTION_DAYS, MAX_RETENTION_DAYS)
    )


def database_url(values: Mapping[str, str]) -> str:
    """Return the address of the conversation store from LUOTSI_DATABASE_URL.

    The message of a refusal never quotes the address, as it may hold a password.
    """
    url = values.get("LUOTSI_DATABASE_URL", "")
    if not url:
        raise SettingsError(f"LUOTSI_DATABASE_URL is not set: give it a value, for example {_DATABASE_EXAMPLE}.")
    if not _DATABASE.fullmatch(url) or ":memory:" in url:
        raise SettingsError(
            "LUOTSI_DATABASE_URL names no database that Luotsi works with: use an SQLite file, for example "
            f"{_DATABASE_EXAMPLE}, or PostgreSQL, postgresql+psycopg2://user:password@host/database."
        )
    return url


def _whole_number(values: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = values.get(name, "") or str(default)
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= largest:
        raise SettingsError(f"{name} is {text[:40]!r}, but it must be a whole number from 1 to {largest}.")
    return int(text)
