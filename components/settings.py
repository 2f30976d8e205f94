"""The settings that a running Luotsi needs, read once from the environment and refused when they are unsafe."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
from collections.abc import Mapping
from pathlib import Path

MAX_RETENTION_DAYS = 730  # the controllers' records promise two years at most
MAX_TECHNICAL_LOG_DAYS = 30  # the controllers' records promise a month at most
MAX_REPLY_ADDRESS_HOURS = 24
MAX_QUEUE_PAUSE_HOURS = 24  # what the pause is read from is kept no longer
MAX_AUDIT_DAYS = 1_825  # five years: how long misuse can still be prosecuted
MIN_SECRET_BYTES = 32
CONSOLE_PORT = 5080
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
CONSENT_MODES = ("notice", "opt-in")

_DATABASE = re.compile(r"sqlite(?:\+pysqlite)?:///.+|postgresql(?:\+psycopg2)?://.*")
_DATABASE_EXAMPLE = "sqlite:////var/lib/luotsi/luotsi.sqlite"
_PRINTABLE = re.compile(rb"[!-~]+")
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/?")
_THIS_MACHINE = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?/?")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMBED_ORIGIN = re.compile(
    rf"(?P<scheme>https|http(?=://(?:localhost|127\.0\.0\.1)(?::|$)))://(?P<host>{_LABEL}(?:\.{_LABEL})*)"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_DIGITS = re.compile(r"[0-9]{1,9}")  # nothing longer is a sensible number here
_APPLICATION = re.compile(rb"[A-Za-z0-9-]{1,40}")
_TWILIO_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class SettingsError(ValueError):
    """A setting is missing or unsafe; the message says which, why and how to mend it."""


@dataclasses.dataclass(frozen=True)
class QueueLimits:
    """How often the queue position may be asked for, and from when on that counts as enumeration.

    session_hour … total_day: questions of one conversation, of one network, and of all, in an hour and in a day.
    session_distinct: different values that one conversation may ask about in a day.
    network_distinct: different values in a day from which on a network is paused.
    network_walk: of these, values next to another one of the same network from which on it is paused.
    unreadable_percent: share of a network's answers without a readable number from which on it is paused.
    paused_networks: networks paused at the same time from which on everyone is.
    pause: how long such a pause lasts, at most a day.
    """

    session_hour: int = 10
    session_day: int = 20
    network_hour: int = 200
    network_day: int = 1_000
    total_hour: int = 2_000
    total_day: int = 20_000
    session_distinct: int = 6
    network_distinct: int = 150
    network_walk: int = 15
    unreadable_percent: int = 80
    paused_networks: int = 5
    pause: datetime.timedelta = datetime.timedelta(hours=12)


@dataclasses.dataclass(frozen=True)
class ConsoleAccess:
    """How staff reach the console.

    secure: over HTTPS, so that its cookies are marked so.
    proxies: reverse proxies in front of it, which say where a request came from.
    idle, longest: after how long without a request a session ends, and at the latest.
    """

    host: str
    port: int
    secure: bool
    proxies: int
    idle: datetime.timedelta
    longest: datetime.timedelta


@dataclasses.dataclass(frozen=True)
class WhatsAppAccess:
    """How the WhatsApp channel reaches Twilio, and what it knows Twilio's requests by.

    account: the account's SID.
    token: the account's token, which also signs what Twilio sends.
    number: the service's own WhatsApp number, with its country: "+358…".
    public_url: the address under which Twilio reaches this server, without a slash at its end.
    api: where Twilio's own API is.
    """

    account: str = dataclasses.field(repr=False)
    token: str = dataclasses.field(repr=False)
    number: str
    public_url: str
    api: str


@dataclasses.dataclass(frozen=True)
class MessengerAccess:
    """How the Messenger channel reaches Meta, and what it knows Meta's requests by.

    app_secret: signs what Meta sends.
    verify_token: what Meta shows when the address of the webhook is entered.
    page_token: lets the service write as its page.
    api: where Meta's own API is.
    """

    app_secret: str = dataclasses.field(repr=False)
    verify_token: str = dataclasses.field(repr=False)
    page_token: str = dataclasses.field(repr=False)
    api: str


@dataclasses.dataclass(frozen=True)
class RateLimits:
    """How often the service may be used (components.channels.limits says how it is counted).

    conversation_minute … total_day: turns (messages; opened conversations, too, by network and in all) of one
        conversation, of one network, and of all, in a minute and in a day.
    opening_network_minute, opening_network_hour, opening_total_hour: conversations opened from one network, and in all.
    reading_conversation_minute, reading_network_minute: transcripts, streams, feedback and rights.
    """

    conversation_minute: int = 20
    conversation_day: int = 400
    network_minute: int = 600
    network_day: int = 10_000
    total_minute: int = 1_500
    total_day: int = 50_000
    opening_network_minute: int = 120
    opening_network_hour: int = 1_200
    opening_total_hour: int = 6_000
    reading_conversation_minute: int = 60
    reading_network_minute: int = 1_200


@dataclasses.dataclass(frozen=True)
class RedisServer:
    """Where the lock store is; an empty password is none."""

    host: str
    port: int
    password: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the environment says.

    secret_key: signs sessions and makes pseudonyms, at least 32 bytes.
    database_url: SQLAlchemy address of the conversation store.
    retention: how long a conversation is kept, at most two years.
    session_lifetime: how long a web session may be used after it was issued.
    previous_secret_keys: keys that were used before, newest first; what they signed stays valid.
    technical_log_retention: how long the technical log is kept, at most 30 days.
    reply_address_lifetime: how long a reply address is kept after the last message, at most 24 hours.
    consent_mode: one of CONSENT_MODES; "opt-in" asks the customer before a conversation is stored.
    training_export: whether utterances may be exported for training.
    training_k: how many conversations must hold an utterance before it is exported.
    """

    secret_key: bytes = dataclasses.field(repr=False)
    database_url: str = dataclasses.field(repr=False)  # may hold a password
    retention: datetime.timedelta
    session_lifetime: datetime.timedelta
    previous_secret_keys: tuple[bytes, ...] = dataclasses.field(default=(), repr=False)
    technical_log_retention: datetime.timedelta = datetime.timedelta(days=MAX_TECHNICAL_LOG_DAYS)
    reply_address_lifetime: datetime.timedelta = datetime.timedelta(hours=MAX_REPLY_ADDRESS_HOURS)
    consent_mode: str = CONSENT_MODES[0]
    training_export: bool = False
    training_k: int = 10

    @property
    def secret_keys(self) -> tuple[bytes, ...]:
        """Return the current key and the earlier ones, newest first."""
        return (self.secret_key, *self.previous_secret_keys)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Raises SettingsError when a secret key is missing or short, the database is missing or of another kind, a period
        or another number is out of its limits, a choice is not one of its values, or Rasa's telemetry is on.
        """
        values = os.environ if environment is None else environment
        if values.get("RASA_TELEMETRY_ENABLED", "").lower() != "false":
            raise SettingsError("Rasa's telemetry is on: set RASA_TELEMETRY_ENABLED=false before starting.")
        key = secret_key(values)
        return cls(
            secret_key=key,
            database_url=database_url(values),
            retention=retention(values),
            session_lifetime=datetime.timedelta(minutes=_whole_number(values, "LUOTSI_SESSION_MINUTES", 720, 10_080)),
            previous_secret_keys=previous_secret_keys(values, key),
            technical_log_retention=technical_log_retention(values),
            reply_address_lifetime=reply_address_lifetime(values),
            consent_mode=_choice(values, "LUOTSI_CONSENT_MODE", CONSENT_MODES),
            training_export=training_export(values),
            training_k=training_k(values),
        )


def secret_key(values: Mapping[str, str]) -> bytes:
    """Return the secret key from LUOTSI_SECRET_KEY or from the file that LUOTSI_SECRET_KEY_FILE names."""
    key = _secret(values, "LUOTSI_SECRET_KEY")
    if len(key) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"The secret key is missing or shorter than {MIN_SECRET_BYTES} characters: set LUOTSI_SECRET_KEY or "
            "LUOTSI_SECRET_KEY_FILE (`openssl rand -hex 32` makes a good one)."
        )
    return key


def previous_secret_keys(values: Mapping[str, str], current: bytes) -> tuple[bytes, ...]:
    """Return the keys that were used before, newest first.

    They stand in LUOTSI_PREVIOUS_SECRET_KEYS or in the file that LUOTSI_PREVIOUS_SECRET_KEYS_FILE names, one per line
    or with spaces between them. The message of a refusal never quotes a key.
    """
    keys = tuple(_secret(values, "LUOTSI_PREVIOUS_SECRET_KEYS").split())
    for number, key in enumerate(keys, start=1):
        which = f"Key number {number} of LUOTSI_PREVIOUS_SECRET_KEYS (or of its file)"
        if len(key) < MIN_SECRET_BYTES:
            raise SettingsError(
                f"{which} is shorter than {MIN_SECRET_BYTES} characters: give whole keys, newest first, with spaces or "
                "line ends between them."
            )
        if key == current:
            raise SettingsError(
                f"{which} is the key that is in use: give LUOTSI_SECRET_KEY or LUOTSI_SECRET_KEY_FILE a new key, or "
                "take this one off the list."
            )
    return keys


def retention(values: Mapping[str, str]) -> datetime.timedelta:
    """Return how long conversations are kept (LUOTSI_RETENTION_DAYS, two years when not set)."""
    return datetime.timedelta(
        days=_whole_number(values, "LUOTSI_RETENTION_DAYS", MAX_RETENTION_DAYS, MAX_RETENTION_DAYS)
    )


def technical_log_retention(values: Mapping[str, str]) -> datetime.timedelta:
    """Return how long the technical log is kept (LUOTSI_TECHNICAL_LOG_DAYS, 30 days when not set)."""
    return datetime.timedelta(
        days=_whole_number(values, "LUOTSI_TECHNICAL_LOG_DAYS", MAX_TECHNICAL_LOG_DAYS, MAX_TECHNICAL_LOG_DAYS)
    )


def reply_address_lifetime(values: Mapping[str, str]) -> datetime.timedelta:
    """Return how long a reply address outlives the last message (LUOTSI_REPLY_ADDRESS_HOURS, a day when not set)."""
    return datetime.timedelta(
        hours=_whole_number(values, "LUOTSI_REPLY_ADDRESS_HOURS", MAX_REPLY_ADDRESS_HOURS, MAX_REPLY_ADDRESS_HOURS)
    )


def training_export(values: Mapping[str, str]) -> bool:
    """Return whether utterances may be kept for training (LUOTSI_TRAINING_EXPORT, not when not set)."""
    return _choice(values, "LUOTSI_TRAINING_EXPORT", ("false", "true")) == "true"


def training_k(values: Mapping[str, str]) -> int:
    """Return how many conversations must hold an utterance before it is kept (LUOTSI_TRAINING_K, 10 when not set)."""
    return _whole_number(values, "LUOTSI_TRAINING_K", 10, 1_000, smallest=2)


def queue_limits(values: Mapping[str, str]) -> QueueLimits:
    """Return the limits of the queue position (docs/runbooks/queue-position.md tells what each does)."""
    usual = QueueLimits()

    def limit(name: str, default: int, largest: int = 1_000_000) -> int:
        return _whole_number(values, name, default, largest)

    return QueueLimits(
        session_hour=limit("LUOTSI_QUEUE_SESSION_HOUR", usual.session_hour),
        session_day=limit("LUOTSI_QUEUE_SESSION_DAY", usual.session_day),
        network_hour=limit("LUOTSI_QUEUE_NETWORK_HOUR", usual.network_hour),
        network_day=limit("LUOTSI_QUEUE_NETWORK_DAY", usual.network_day),
        total_hour=limit("LUOTSI_QUEUE_TOTAL_HOUR", usual.total_hour),
        total_day=limit("LUOTSI_QUEUE_TOTAL_DAY", usual.total_day),
        session_distinct=limit("LUOTSI_QUEUE_SESSION_DISTINCT", usual.session_distinct),
        network_distinct=limit("LUOTSI_QUEUE_NETWORK_DISTINCT", usual.network_distinct),
        network_walk=limit("LUOTSI_QUEUE_NETWORK_WALK", usual.network_walk),
        unreadable_percent=limit("LUOTSI_QUEUE_UNREADABLE_PERCENT", usual.unreadable_percent, 100),
        paused_networks=limit("LUOTSI_QUEUE_PAUSED_NETWORKS", usual.paused_networks),
        pause=datetime.timedelta(
            hours=limit("LUOTSI_QUEUE_PAUSE_HOURS", int(usual.pause.total_seconds()) // 3600, MAX_QUEUE_PAUSE_HOURS)
        ),
    )


def rate_limits(values: Mapping[str, str]) -> RateLimits:
    """Return how often the service may be used (docs/administrator.md, "Limits and embedding")."""
    usual = RateLimits()

    def limit(name: str, default: int) -> int:
        return _whole_number(values, name, default, 1_000_000)

    return RateLimits(
        conversation_minute=limit("LUOTSI_RATE_CONVERSATION_MINUTE", usual.conversation_minute),
        conversation_day=limit("LUOTSI_RATE_CONVERSATION_DAY", usual.conversation_day),
        network_minute=limit("LUOTSI_RATE_NETWORK_MINUTE", usual.network_minute),
        network_day=limit("LUOTSI_RATE_NETWORK_DAY", usual.network_day),
        total_minute=limit("LUOTSI_RATE_TOTAL_MINUTE", usual.total_minute),
        total_day=limit("LUOTSI_RATE_TOTAL_DAY", usual.total_day),
        opening_network_minute=limit("LUOTSI_RATE_OPENING_NETWORK_MINUTE", usual.opening_network_minute),
        opening_network_hour=limit("LUOTSI_RATE_OPENING_NETWORK_HOUR", usual.opening_network_hour),
        opening_total_hour=limit("LUOTSI_RATE_OPENING_TOTAL_HOUR", usual.opening_total_hour),
        reading_conversation_minute=limit("LUOTSI_RATE_READING_CONVERSATION_MINUTE", usual.reading_conversation_minute),
        reading_network_minute=limit("LUOTSI_RATE_READING_NETWORK_MINUTE", usual.reading_network_minute),
    )


def redis_server(values: Mapping[str, str]) -> RedisServer | None:
    """Return where the lock store is when LUOTSI_LOCK_STORE says that several servers share one, else None."""
    if values.get("LUOTSI_LOCK_STORE", "") != "redis":
        return None
    host = values.get("LUOTSI_REDIS_HOST", "")
    if not host:
        raise SettingsError("LUOTSI_LOCK_STORE is redis, but LUOTSI_REDIS_HOST is not set: set it to the host's name.")
    port = _whole_number(values, "LUOTSI_REDIS_PORT", 6379, 65_535)
    return RedisServer(host=host, port=port, password=values.get("LUOTSI_REDIS_PASSWORD", ""))


def embed_origins(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the origins of the pages that may embed the chat (LUOTSI_EMBED_ORIGINS), each once, in lower case.

    Raises SettingsError for what is no origin of one site over HTTPS (or over HTTP on this machine).
    """
    found: dict[str, None] = {}
    for origin in values.get("LUOTSI_EMBED_ORIGINS", "").split():
        match = _EMBED_ORIGIN.fullmatch(origin.lower())
        if match is None or not 0 < int(match["port"] or 1) <= 65_535:
            raise SettingsError(
                f"LUOTSI_EMBED_ORIGINS holds {origin[:80]!r}, which is no origin of a site: write https://, the host's "
                "name (an international one in its xn-- form) and, if need be, :port, without a slash, a path or a "
                "star, with spaces between origins, for example https://migri.fi https://tulli.fi. Only localhost and "
                "127.0.0.1 may have http://."
            )
        usual = 443 if match["scheme"] == "https" else 80
        port = int(match["port"] or usual)
        found[f"{match['scheme']}://{match['host']}" + ("" if port == usual else f":{port}")] = None
    return tuple(found)


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


def whatsapp_access(values: Mapping[str, str]) -> WhatsAppAccess:
    """Return what the WhatsApp channel needs; the message of a refusal quotes no secret."""
    account = required_secret(values, "LUOTSI_TWILIO_ACCOUNT", channel="whatsapp")
    if not _TWILIO_ACCOUNT.fullmatch(account):
        raise SettingsError(
            "LUOTSI_TWILIO_ACCOUNT is no account of Twilio: copy the Account SID, AC and 32 characters, once more."
        )
    number = required_secret(values, "LUOTSI_WHATSAPP_NUMBER", channel="whatsapp")
    if not _PHONE_NUMBER.fullmatch(number):
        raise SettingsError(
            f"LUOTSI_WHATSAPP_NUMBER is {number[:40]!r}, but it must be the service's own number on WhatsApp with its "
            "country first, for example +358401234567."
        )
    return WhatsAppAccess(
        account=account,
        token=required_secret(values, "LUOTSI_TWILIO_TOKEN", channel="whatsapp"),
        number=number,
        public_url=public_url(values),
        api=platform_api(values, "LUOTSI_TWILIO_API", "https://api.twilio.com"),
    )


def messenger_access(values: Mapping[str, str]) -> MessengerAccess:
    """Return what the Messenger channel needs; the message of a refusal quotes no secret."""
    return MessengerAccess(
        app_secret=required_secret(values, "LUOTSI_MESSENGER_APP_SECRET", channel="messenger"),
        verify_token=required_secret(values, "LUOTSI_MESSENGER_VERIFY_TOKEN", channel="messenger"),
        page_token=required_secret(values, "LUOTSI_MESSENGER_PAGE_TOKEN", channel="messenger"),
        api=platform_api(values, "LUOTSI_MESSENGER_API", "https://graph.facebook.com"),
    )


def rest_keys(values: Mapping[str, str]) -> dict[str, bytes]:
    """Return the keys of the applications that may use the REST channel, by the applications' names.

    They stand in LUOTSI_REST_KEYS or in the file that LUOTSI_REST_KEYS_FILE names, as name:key, with spaces or line
    ends between them. Raises SettingsError for a missing, short or repeated one; the message never quotes a key.
    """
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(_secret(values, "LUOTSI_REST_KEYS").split(), start=1):
        name, _, key = entry.partition(b":")
        if not _APPLICATION.fullmatch(name) or len(key) < MIN_SECRET_BYTES or name.decode() in keys:
            raise SettingsError(
                f"Entry number {number} of LUOTSI_REST_KEYS (or of its file) is not a name of its own (letters, "
                f"digits, -), a colon and a key of at least {MIN_SECRET_BYTES} characters: mend it (`openssl rand "
                "-hex 32` makes a good key)."
            )
        keys[name.decode()] = key
    if not keys:
        raise SettingsError(
            "The channel rest is listed in the credentials file, but LUOTSI_REST_KEYS is not set: set LUOTSI_REST_KEYS "
            "or LUOTSI_REST_KEYS_FILE, or take the channel off the list."
        )
    return keys


def credentials_file(values: Mapping[str, str], usual: Path) -> Path:
    """Return the file that lists the channels: `usual` unless LUOTSI_CREDENTIALS names another."""
    name = values.get("LUOTSI_CREDENTIALS", "")
    if name and not Path(name).is_file():
        raise SettingsError(f"LUOTSI_CREDENTIALS names {name[:200]!r}, which is no file: check the path.")
    return Path(name) if name else usual


def secret_keys(values: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the secret key in use and the ones before it, newest first."""
    key = secret_key(values)
    return (key, *previous_secret_keys(values, key))


def console(values: Mapping[str, str]) -> ConsoleAccess:
    """Return where the staff console is reached and how long its sessions and its audit log last."""
    url = values.get("LUOTSI_CONSOLE_URL", "")
    if url and not _HTTPS.fullmatch(url) and not _THIS_MACHINE.fullmatch(url):
        raise SettingsError(
            f"LUOTSI_CONSOLE_URL is {url[:80]!r}, but it must be the address under which staff reach the console, "
            "without a path, for example https://console.example.fi; only this machine may have http://."
        )
    host = values.get("LUOTSI_CONSOLE_HOST", "") or "127.0.0.1"
    if host not in LOOPBACK_HOSTS and not url.startswith("https://"):
        raise SettingsError(
            "LUOTSI_CONSOLE_HOST lets other machines reach the console, so passwords would travel in the open: set "
            "LUOTSI_CONSOLE_URL to its https:// address behind a proxy, or take LUOTSI_CONSOLE_HOST away."
        )
    return ConsoleAccess(
        host=host,
        port=_whole_number(values, "LUOTSI_CONSOLE_PORT", CONSOLE_PORT, 65_535),
        secure=url.startswith("https://"),
        proxies=_whole_number(values, "LUOTSI_CONSOLE_PROXIES", 0, 5, smallest=0),
        idle=datetime.timedelta(minutes=_whole_number(values, "LUOTSI_CONSOLE_IDLE_MINUTES", 30, 240)),
        longest=datetime.timedelta(hours=_whole_number(values, "LUOTSI_CONSOLE_SESSION_HOURS", 10, 24)),
    )


def audit_retention(values: Mapping[str, str]) -> datetime.timedelta:
    """Return how long the audit log is kept (LUOTSI_AUDIT_DAYS, two years when not set)."""
    return datetime.timedelta(days=_whole_number(values, "LUOTSI_AUDIT_DAYS", 730, MAX_AUDIT_DAYS, smallest=90))


def required_secret(values: Mapping[str, str], name: str, *, channel: str) -> str:
    """Return a secret of a messaging channel from the variable `name` or from the file that `name`_FILE names.

    Raises SettingsError when it is missing or cannot be sent in a header; the message never quotes it.
    """
    secret = _secret(values, name)
    if not secret:
        raise SettingsError(
            f"The channel {channel} is listed in the credentials file, but {name} is not set: set {name} or "
            f"{name}_FILE, or take the channel off the list."
        )
    if not _PRINTABLE.fullmatch(secret):
        raise SettingsError(f"{name} holds spaces, line ends or other signs that no secret of a platform has: mend it.")
    return secret.decode("ascii")


def public_url(values: Mapping[str, str]) -> str:
    """Return the address under which customers and platforms reach this server (LUOTSI_PUBLIC_URL), without a path."""
    url = values.get("LUOTSI_PUBLIC_URL", "")
    if not _HTTPS.fullmatch(url):
        raise SettingsError(
            f"LUOTSI_PUBLIC_URL is {url[:80]!r}, but messaging channels need the address under which platforms reach "
            "this server, without a path, for example https://chat.example.fi."
        )
    return url.rstrip("/")


def platform_api(values: Mapping[str, str], name: str, usual: str) -> str:
    """Return where a platform's API lives: `usual` unless a test puts something else into the variable `name`.

    Secrets go there, so nothing but HTTPS will do, except on this machine.
    """
    address = values.get(name, "") or usual
    if not _HTTPS.fullmatch(address) and not _THIS_MACHINE.fullmatch(address):
        raise SettingsError(f"{name} is {address[:80]!r}, but it must be https:// and a host (it is for tests only).")
    return address.rstrip("/")


def _secret(values: Mapping[str, str], name: str) -> bytes:
    value = os.fsencode(values.get(name, ""))
    file = values.get(f"{name}_FILE")
    if not value and file:
        try:
            value = Path(file).read_bytes().strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE cannot be read ({error.strerror}); check the path.") from error
    return value


def _whole_number(values: Mapping[str, str], name: str, default: int, largest: int, *, smallest: int = 1) -> int:
    text = values.get(name, "") or str(default)
    if not _DIGITS.fullmatch(text) or not smallest <= int(text) <= largest:
        raise SettingsError(f"{name} is {text[:40]!r}, but it must be a whole number from {smallest} to {largest}.")
    return int(text)


def _choice(values: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = values.get(name, "") or choices[0]
    if text not in choices:
        raise SettingsError(f"{name} is {text[:40]!r}, but it must be {' or '.join(choices)}.")
    return text
