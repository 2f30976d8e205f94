"""Every unsafe setting is refused with a message that names the variable and the mend."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest

from components.settings import (
    RateLimits,
    RedisServer,
    Settings,
    SettingsError,
    credentials_file,
    embed_origins,
    messenger_access,
    platform_api,
    public_url,
    rate_limits,
    redis_server,
    reply_address_lifetime,
    rest_keys,
    retention,
    secret_key,
    technical_log_retention,
    whatsapp_access,
)

KEY = "0123456789abcdef0123456789abcdef"
OLDER = "fedcba9876543210fedcba9876543210"
OLDEST = "an older key that is longer than it has to be".replace(" ", "-")
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
        {
            **SAFE,
            "LUOTSI_RETENTION_DAYS": "90",
            "LUOTSI_SESSION_MINUTES": "30",
            "RASA_TELEMETRY_ENABLED": "False",
            "LUOTSI_PREVIOUS_SECRET_KEYS": OLDER,
            "LUOTSI_TECHNICAL_LOG_DAYS": "7",
            "LUOTSI_REPLY_ADDRESS_HOURS": "2",
            "LUOTSI_CONSENT_MODE": "opt-in",
            "LUOTSI_TRAINING_EXPORT": "true",
            "LUOTSI_TRAINING_K": "25",
        }
    )
    assert settings == Settings(
        secret_key=KEY.encode(),
        database_url="sqlite:////var/lib/luotsi/luotsi.sqlite",
        retention=datetime.timedelta(days=90),
        session_lifetime=datetime.timedelta(minutes=30),
        previous_secret_keys=(OLDER.encode(),),
        technical_log_retention=datetime.timedelta(days=7),
        reply_address_lifetime=datetime.timedelta(hours=2),
        consent_mode="opt-in",
        training_export=True,
        training_k=25,
    )


@pytest.mark.parametrize("empty", [True, False])
def test_settings_have_defaults(empty: bool) -> None:
    optional = ["RETENTION_DAYS", "SESSION_MINUTES", "PREVIOUS_SECRET_KEYS", "PREVIOUS_SECRET_KEYS_FILE"]
    optional += ["TECHNICAL_LOG_DAYS", "REPLY_ADDRESS_HOURS", "CONSENT_MODE", "TRAINING_EXPORT", "TRAINING_K"]
    # Compose hands an unset variable on as an empty one.
    settings = Settings.from_environment({**SAFE, **({f"LUOTSI_{name}": "" for name in optional} if empty else {})})
    assert settings == Settings(
        secret_key=KEY.encode(),
        database_url=SAFE["LUOTSI_DATABASE_URL"],
        retention=datetime.timedelta(days=730),
        session_lifetime=datetime.timedelta(hours=12),
        previous_secret_keys=(),
        technical_log_retention=datetime.timedelta(days=30),
        reply_address_lifetime=datetime.timedelta(hours=24),
        consent_mode="notice",
        training_export=False,
        training_k=10,
    )


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


@pytest.mark.parametrize("between", [" ", "\n", "  \r\n\t", "\n\n"])
def test_previous_secret_keys_come_newest_first(tmp_path: Path, between: str) -> None:
    (tmp_path / "keys").write_text(f"\n{OLDER}{between}{OLDEST}\n", newline="")
    for name, value in (("KEYS", f"{OLDER}{between}{OLDEST}"), ("KEYS_FILE", str(tmp_path / "keys"))):
        settings = Settings.from_environment({**SAFE, f"LUOTSI_PREVIOUS_SECRET_{name}": value})
        assert settings.previous_secret_keys == (OLDER.encode(), OLDEST.encode())
        assert settings.secret_keys == (KEY.encode(), OLDER.encode(), OLDEST.encode())


def test_an_empty_file_of_previous_keys_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("\n")
    values = {**SAFE, "LUOTSI_PREVIOUS_SECRET_KEYS_FILE": str(tmp_path / "keys")}
    assert Settings.from_environment(values).previous_secret_keys == ()


def test_a_short_previous_key_is_refused_without_quoting_it() -> None:
    message = refusal(LUOTSI_PREVIOUS_SECRET_KEYS=f"{OLDER} {OLDEST[:31]}")
    assert message.startswith("Key number 2 of LUOTSI_PREVIOUS_SECRET_KEYS")
    assert "shorter than 32 characters" in message
    assert OLDEST[:31] not in message


def test_the_key_in_use_is_refused_as_a_previous_one() -> None:
    message = refusal(LUOTSI_PREVIOUS_SECRET_KEYS=f"{OLDER} {KEY}")
    assert message.startswith("Key number 2 of LUOTSI_PREVIOUS_SECRET_KEYS")
    assert "a new key, or take this one off the list" in message
    assert KEY not in message


def test_a_file_of_previous_keys_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    message = refusal(LUOTSI_PREVIOUS_SECRET_KEYS_FILE=str(tmp_path / "missing"))
    assert message.startswith("LUOTSI_PREVIOUS_SECRET_KEYS_FILE cannot be read (")


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


NUMBERS = [
    ("LUOTSI_TECHNICAL_LOG_DAYS", 1, 30),
    ("LUOTSI_REPLY_ADDRESS_HOURS", 1, 24),
    ("LUOTSI_TRAINING_K", 2, 1000),
]


@pytest.mark.parametrize(("name", "smallest", "largest"), NUMBERS)
def test_numbers_stay_within_their_limits(name: str, smallest: int, largest: int) -> None:
    for value in (str(smallest - 1), str(largest + 1), "-1", "ten"):
        message = refusal(**{name: value})
        assert message == f"{name} is {value!r}, but it must be a whole number from {smallest} to {largest}."
    for inside in (smallest, largest):
        Settings.from_environment({**SAFE, name: str(inside)})


def test_periods_can_be_read_alone() -> None:
    assert technical_log_retention({"LUOTSI_TECHNICAL_LOG_DAYS": "3"}) == datetime.timedelta(days=3)
    assert reply_address_lifetime({"LUOTSI_REPLY_ADDRESS_HOURS": "3"}) == datetime.timedelta(hours=3)


@pytest.mark.parametrize(
    ("name", "choices"),
    [("LUOTSI_CONSENT_MODE", "notice or opt-in"), ("LUOTSI_TRAINING_EXPORT", "false or true")],
)
@pytest.mark.parametrize("value", ["yes", "1", "Notice", "TRUE", "opt-in "])
def test_another_choice_is_refused(name: str, choices: str, value: str) -> None:
    assert refusal(**{name: value}) == f"{name} is {value!r}, but it must be {choices}."


RATES = {f"LUOTSI_RATE_{field.name.upper()}": field.name for field in dataclasses.fields(RateLimits)}


@pytest.mark.parametrize("values", [{}, dict.fromkeys(RATES, "")])
def test_rate_limits_have_defaults(values: dict[str, str]) -> None:
    assert rate_limits(values) == RateLimits()


@pytest.mark.parametrize(("variable", "name"), RATES.items())
def test_every_rate_limit_can_be_set(variable: str, name: str) -> None:
    assert rate_limits({variable: "7"}) == dataclasses.replace(RateLimits(), **{name: 7})


@pytest.mark.parametrize("variable", RATES)
@pytest.mark.parametrize("value", ["0", "-1", "1000001", "1.5", "many"])
def test_a_rate_limit_is_a_whole_number(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        rate_limits({variable: value})
    assert str(error.value) == f"{variable} is {value!r}, but it must be a whole number from 1 to 1000000."


@pytest.mark.parametrize("kind", ["", "in_memory"])
def test_locks_in_memory_have_no_server(kind: str) -> None:
    assert redis_server({"LUOTSI_LOCK_STORE": kind, "LUOTSI_REDIS_HOST": "localhost"}) is None


def test_the_lock_store_is_read() -> None:
    values = {
        "LUOTSI_LOCK_STORE": "redis",
        "LUOTSI_REDIS_HOST": "locks",
        "LUOTSI_REDIS_PORT": "6380",
        "LUOTSI_REDIS_PASSWORD": "hunter2",
    }
    assert redis_server(values) == RedisServer(host="locks", port=6380, password="hunter2")
    assert "hunter2" not in repr(redis_server(values))


def test_the_lock_store_has_the_usual_port_and_no_password_unless_set() -> None:
    values = {"LUOTSI_LOCK_STORE": "redis", "LUOTSI_REDIS_HOST": "locks"}
    assert redis_server(values) == RedisServer(host="locks", port=6379, password="")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "LUOTSI_LOCK_STORE is redis, but LUOTSI_REDIS_HOST is not set: set it to the host's name."),
        (
            {"LUOTSI_REDIS_HOST": "locks", "LUOTSI_REDIS_PORT": "65536"},
            "LUOTSI_REDIS_PORT is '65536', but it must be a whole number from 1 to 65535.",
        ),
    ],
)
def test_a_lock_store_that_cannot_be_reached_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        redis_server({"LUOTSI_LOCK_STORE": "redis", **values})
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", ()),
        ("  ", ()),
        ("https://migri.fi", ("https://migri.fi",)),
        ("https://migri.fi  https://tulli.fi\n", ("https://migri.fi", "https://tulli.fi")),
        ("https://Migri.FI https://migri.fi:443", ("https://migri.fi",)),
        ("https://www.migri.fi:8443", ("https://www.migri.fi:8443",)),
        ("https://xn--iti-qla.fi", ("https://xn--iti-qla.fi",)),
        ("https://192.0.2.7", ("https://192.0.2.7",)),
        ("http://localhost:8000 http://127.0.0.1", ("http://localhost:8000", "http://127.0.0.1")),
        ("http://localhost:80", ("http://localhost",)),
    ],
)
def test_embedding_origins_are_read(value: str, origins: tuple[str, ...]) -> None:
    assert embed_origins({"LUOTSI_EMBED_ORIGINS": value}) == origins


def test_without_the_setting_nobody_embeds() -> None:
    assert embed_origins({}) == ()


@pytest.mark.parametrize(
    "origin",
    [
        "migri.fi",
        "http://migri.fi",
        "http://localhost.example.fi",
        "http://127.0.0.1.example.fi",
        "https://*.migri.fi",
        "https://*",
        "*",
        "null",
        "'self'",
        "https:",
        "https://",
        "https://migri.fi/",
        "https://migri.fi/chat",
        "https://migri.fi?chat",
        "https://migri.fi#chat",
        "https://user@migri.fi",
        "https://migri.fi:",
        "https://migri.fi:0",
        "https://migri.fi:65536",
        "https://migri.fi:443a",
        "https://migri..fi",
        "https://-migri.fi",
        "https://migri.fi;script-src",
        "https://migri.fi,https://tulli.fi",
        "https://äiti.fi",
        "data:text/html",
    ],
)
def test_what_is_no_origin_of_a_site_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError) as error:
        embed_origins({"LUOTSI_EMBED_ORIGINS": f"https://tulli.fi {origin}"})
    message = str(error.value)
    assert message.startswith(f"LUOTSI_EMBED_ORIGINS holds {origin!r}, which is no origin of a site: write https://")
    assert "https://migri.fi https://tulli.fi" in message


def test_a_refused_origin_is_not_quoted_at_length() -> None:
    with pytest.raises(SettingsError) as error:
        embed_origins({"LUOTSI_EMBED_ORIGINS": "x" * 5_000})
    assert len(str(error.value)) < 500


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings.from_environment(
        {
            **SAFE,
            "LUOTSI_DATABASE_URL": "postgresql://luotsi:hunter2@host/luotsi",
            "LUOTSI_PREVIOUS_SECRET_KEYS": OLDER,
        }
    )
    assert KEY not in repr(settings)
    assert OLDER not in repr(settings)
    assert "hunter2" not in repr(settings)


WHATSAPP = {
    "LUOTSI_TWILIO_ACCOUNT": "AC0123456789abcdef0123456789abcdef",
    "LUOTSI_TWILIO_TOKEN": "fedcba9876543210",
    "LUOTSI_WHATSAPP_NUMBER": "+358401234567",
    "LUOTSI_PUBLIC_URL": "https://chat.example.fi/",
}
MESSENGER = {
    "LUOTSI_MESSENGER_APP_SECRET": "0123456789abcdef",
    "LUOTSI_MESSENGER_VERIFY_TOKEN": "meatyhamhock",
    "LUOTSI_MESSENGER_PAGE_TOKEN": "EAAGm0PX4ZCpsBA",
}


def test_what_whatsapp_needs_is_read() -> None:
    access = whatsapp_access(WHATSAPP)
    assert access.account == WHATSAPP["LUOTSI_TWILIO_ACCOUNT"]
    assert access.token == WHATSAPP["LUOTSI_TWILIO_TOKEN"]
    assert access.number == WHATSAPP["LUOTSI_WHATSAPP_NUMBER"]
    assert (access.public_url, access.api) == ("https://chat.example.fi", "https://api.twilio.com")


def test_what_messenger_needs_is_read(tmp_path: Path) -> None:
    file = tmp_path / "page_token"
    file.write_text(f"{MESSENGER['LUOTSI_MESSENGER_PAGE_TOKEN']}\n")
    values = {**MESSENGER, "LUOTSI_MESSENGER_PAGE_TOKEN": "", "LUOTSI_MESSENGER_PAGE_TOKEN_FILE": str(file)}
    access = messenger_access(values)
    assert access == messenger_access(MESSENGER)
    assert access.page_token == MESSENGER["LUOTSI_MESSENGER_PAGE_TOKEN"]
    assert access.api == "https://graph.facebook.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in WHATSAPP),
        ("LUOTSI_TWILIO_ACCOUNT", "SK0123456789abcdef0123456789abcdef"),
        ("LUOTSI_TWILIO_TOKEN", "two words"),
        ("LUOTSI_WHATSAPP_NUMBER", "0401234567"),
        ("LUOTSI_WHATSAPP_NUMBER", "+358 40 1234567"),
        ("LUOTSI_WHATSAPP_NUMBER", "whatsapp:+358401234567"),
        ("LUOTSI_PUBLIC_URL", "http://chat.example.fi"),
    ],
)
def test_whatsapp_without_what_it_needs_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        whatsapp_access({**WHATSAPP, name: value})


@pytest.mark.parametrize("name", MESSENGER)
@pytest.mark.parametrize("value", ["", "a secret\r\nX-Other: 1"])
def test_messenger_without_what_it_needs_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as error:
        messenger_access({**MESSENGER, name: value})
    assert "X-Other" not in str(error.value)


def test_channels_do_not_show_their_secrets() -> None:
    shown = repr(whatsapp_access(WHATSAPP)) + repr(messenger_access(MESSENGER))
    secret = [WHATSAPP["LUOTSI_TWILIO_ACCOUNT"], WHATSAPP["LUOTSI_TWILIO_TOKEN"], *MESSENGER.values()]
    assert [value for value in secret if value in shown] == []


@pytest.mark.parametrize(
    "url",
    ["", "chat.example.fi", "https://", "https://chat.example.fi/chat", "https://user@chat.example.fi", "ftp://x"],
)
def test_an_address_that_platforms_cannot_use_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="LUOTSI_PUBLIC_URL"):
        public_url({"LUOTSI_PUBLIC_URL": url})


@pytest.mark.parametrize("url", ["https://chat.example.fi", "https://chat.example.fi/", "https://chat.example.fi:8443"])
def test_the_address_of_the_server_has_no_slash_at_its_end(url: str) -> None:
    assert public_url({"LUOTSI_PUBLIC_URL": url}) == url.rstrip("/")


def test_the_file_of_channels_is_the_usual_one_unless_another_is_named(tmp_path: Path) -> None:
    other = tmp_path / "channels.yml"
    other.touch()
    assert credentials_file({}, Path("credentials.yml")) == Path("credentials.yml")
    assert credentials_file({"LUOTSI_CREDENTIALS": str(other)}, Path("credentials.yml")) == other
    with pytest.raises(SettingsError, match="LUOTSI_CREDENTIALS"):
        credentials_file({"LUOTSI_CREDENTIALS": str(tmp_path / "gone.yml")}, Path("credentials.yml"))


@pytest.mark.parametrize("address", ["https://api.example", "https://api.example:8443/", "http://127.0.0.1:9", ""])
def test_a_platform_is_reached_over_https_or_on_this_machine(address: str) -> None:
    assert platform_api({"X_API": address}, "X_API", "https://usual.example") == (
        address.rstrip("/") or "https://usual.example"
    )


@pytest.mark.parametrize("address", ["http://api.example", "ftp://127.0.0.1", "http://localhost.evil.example", "x"])
def test_a_secret_does_not_go_over_plain_http(address: str) -> None:
    with pytest.raises(SettingsError, match="X_API"):
        platform_api({"X_API": address}, "X_API", "https://usual.example")


@pytest.mark.parametrize("keys", ["", "app", "app:short", f"a b:{'k' * 32}", f"app:{'k' * 32} app:{'l' * 32}"])
def test_keys_of_applications_that_are_no_good_are_refused_without_quoting_them(keys: str) -> None:
    with pytest.raises(SettingsError, match="LUOTSI_REST_KEYS") as refused:
        rest_keys({"LUOTSI_REST_KEYS": keys})
    assert "k" * 32 not in str(refused.value)


def test_keys_of_applications_are_read_by_name() -> None:
    keys = rest_keys({"LUOTSI_REST_KEYS": f"app:{'k' * 32}\nother-app:{'l' * 40}"})

    assert keys == {"app": b"k" * 32, "other-app": b"l" * 40}
