"""Every unsafe setting is refused with a message that names the variable and the mend."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from components.settings import Settings, SettingsError, retention, secret_key

KEY = "0123456789abcdef0123456789abcdef"
SAFE = {
    "RASA_TELEMETRY_ENABLED": "false",
    "LUOTSI_SECRET_KEY": KEY,
    "LUOTSI_DATABASE_URL": "sqlite:////var/lib/luotsi/luotsi.sqlite",
}


def refusal(**changes: str | None) -> str:
    """The message with which the safe settings are refused after `changes` (None removes a variable)."""
    values = {name: value for name, value in {**SAFE, **changes}.items() if value is not None}
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(values)
    return str(error.value)


def test_safe_settings_are_read() -> None:
    settings = Settings.from_environment(
        {**SAFE, "LUOTSI_RETENTION_DAYS": "90", "LUOTSI_SESSION_MINUTES": "30", "RASA_TELEMETRY_ENABLED": "False"}
    )
    assert settings == Settings(
        secret_key=KEY.encode(),
        database_url="sqlite:////var/lib/luotsi/luotsi.sqlite",
        retention=datetime.timedelta(days=90),
        session_lifetime=datetime.timedelta(minutes=30),
    )


def test_periods_have_defaults() -> None:
    settings = Settings.from_environment(SAFE)
    assert settings.retention == datetime.timedelta(days=730)
    assert settings.session_lifetime == datetime.timedelta(hours=12)


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SAFE, "LUOTSI_RETENTION_DAYS": "7"}.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().retention == datetime.timedelta(days=7)


@pytest.mark.parametrize("value", [None, "", "true", "1", "no"])
def test_telemetry_must_be_off(value: str | None) -> None:
    message = refusal(RASA_TELEMETRY_ENABLED=value)
    assert "telemetry is on" in message
    assert "RASA_TELEMETRY_ENABLED=false" in message


@pytest.mark.parametrize("value", [None, "", KEY[:-1], " " * 8])
def test_a_missing_or_short_secret_key_is_refused(value: str | None) -> None:
    message = refusal(LUOTSI_SECRET_KEY=value)
    assert "LUOTSI_SECRET_KEY or LUOTSI_SECRET_KEY_FILE" in message
    assert "openssl rand -hex 32" in message


def test_the_shortest_secret_key_that_is_taken_has_32_bytes() -> None:
    assert secret_key({"LUOTSI_SECRET_KEY": KEY}) == KEY.encode()


def test_a_key_that_is_not_utf_8_is_taken_as_bytes() -> None:
    assert secret_key({"LUOTSI_SECRET_KEY": "\udcff" * 32}) == b"\xff" * 32


def test_the_secret_key_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert secret_key({"LUOTSI_SECRET_KEY_FILE": str(tmp_path / "key")}) == KEY.encode()


def test_a_short_key_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY[:-1]}\n")
    message = refusal(LUOTSI_SECRET_KEY=None, LUOTSI_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert "LUOTSI_SECRET_KEY_FILE" in message


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_key_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    message = refusal(LUOTSI_SECRET_KEY=None, LUOTSI_SECRET_KEY_FILE=str(tmp_path / name))
    assert message.startswith("LUOTSI_SECRET_KEY_FILE cannot be read (")
    assert "check the path" in message


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_database_is_refused(value: str | None) -> None:
    message = refusal(LUOTSI_DATABASE_URL=value)
    assert message.startswith("LUOTSI_DATABASE_URL is not set")
    assert "sqlite:////var/lib/luotsi/luotsi.sqlite" in message


@pytest.mark.parametrize(
    "value",
    [
        "mysql://luotsi:hunter2@host/luotsi",
        "postgresql+asyncpg://luotsi:hunter2@host/luotsi",
        "luotsi.sqlite?password=hunter2",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
    ],
)
def test_another_kind_of_database_is_refused_without_quoting_its_address(value: str) -> None:
    message = refusal(LUOTSI_DATABASE_URL=value)
    assert message.startswith("LUOTSI_DATABASE_URL names no database")
    assert "sqlite:////" in message
    assert "postgresql+psycopg2://" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "value",
    ["sqlite:///luotsi.sqlite", "postgresql://u:p@host/luotsi", "postgresql+psycopg2://u@/luotsi?host=/run/postgresql"],
)
def test_sqlite_files_and_postgresql_are_taken(value: str) -> None:
    assert Settings.from_environment({**SAFE, "LUOTSI_DATABASE_URL": value}).database_url == value


@pytest.mark.parametrize("value", ["0", "-1", "731", "1.5", "two years", " 30", "٣٠", "9" * 5_000])
def test_retention_is_a_whole_number_of_days_up_to_two_years(value: str) -> None:
    message = refusal(LUOTSI_RETENTION_DAYS=value)
    assert message.startswith("LUOTSI_RETENTION_DAYS is ")
    assert "a whole number from 1 to 730" in message
    assert len(message) < 200


@pytest.mark.parametrize(("value", "days"), [("1", 1), ("730", 730), ("", 730)])
def test_the_limits_of_retention_are_inside(value: str, days: int) -> None:
    assert retention({"LUOTSI_RETENTION_DAYS": value}) == datetime.timedelta(days=days)


@pytest.mark.parametrize("value", ["0", "10081", "ten"])
def test_session_minutes_are_a_whole_number_up_to_a_week(value: str) -> None:
    message = refusal(LUOTSI_SESSION_MINUTES=value)
    assert message.startswith("LUOTSI_SESSION_MINUTES is ")
    assert "a whole number from 1 to 10080" in message


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings.from_environment({**SAFE, "LUOTSI_DATABASE_URL": "postgresql://luotsi:hunter2@host/luotsi"})
    assert KEY not in repr(settings)
    assert "hunter2" not in repr(settings)
