"""What the running configuration says about the processing of personal data, and nothing that it does not say."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from components.channels.notice import NOTICE_FILE, Notice, NoticeFile, load_notice
from components.located_yaml import FileError, YamlSyntaxError, load_located_yaml, load_model
from components.privacy import ANONYMISER_VERSION
from components.privacy.engine import labels
from components.privacy.entities import Entity, installed
from components.settings import ConsoleAccess, Settings, SettingsError, audit_retention, credentials_file
from components.settings import console as console_access
from components.storage.models import Base
from components.storage.retention import Periods
from components.storage.staff import Role
from luotsi import VERSION

TRACKER_STORE = "components.storage.tracker_store.SanitisedTrackerStore"
ANONYMISER = "components.nlu.anonymiser.Anonymiser"
_BROKERS = frozenset({"kafka", "pika", "sql", "file"})
_LOCK_STORES = frozenset({"in_memory", "redis"})
_ENDPOINTS = frozenset({"tracker_store", "lock_store", "action_endpoint", "event_broker"})
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SHOWN_DIGITS = 16


class RecordError(ValueError):
    """The configuration holds something that the record cannot describe; the message says what and what to do."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of personal data and what becomes of it.

    keep: how many characters stay. minimum_score: what was found with less stays. allowed: how many words and patterns
    stay. reason: why a kind that is switched off is not looked for; None for one that is.
    """

    label: str
    operator: str
    keep: int = 0
    minimum_score: float = 0.0
    allowed: int = 0
    reason: str | None = None


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the database; `period` is None where rows have no time of expiry."""

    name: str
    columns: tuple[str, ...]
    period: datetime.timedelta | None


@dataclasses.dataclass(frozen=True)
class Model:
    """The trained model in use: the beginning of its file's SHA-256, and whether it belongs to today's content."""

    fingerprint: str
    current: bool


@dataclasses.dataclass(frozen=True)
class Facts:
    """Everything that the record states, in no language.

    database, lock_store, broker: kind, and the host or file where there is one; broker is None without one.
    channels: the classes of credentials.yml, or of the file that LUOTSI_CREDENTIALS names.
    console, audit_log: how staff reach the console, and how long it is kept what they did there.
    """

    made_at: datetime.datetime
    version: str
    anonymiser_version: int
    settings: Settings
    notice: Notice
    notice_file: NoticeFile
    database: tuple[str, str | None]
    lock_store: tuple[str, str | None]
    broker: tuple[str, str | None] | None
    action_server: str
    channels: tuple[str, ...]
    kinds: tuple[Kind, ...]
    tables: tuple[Table, ...]
    model: Model | None
    console: ConsoleAccess
    audit_log: datetime.timedelta
    roles: tuple[str, ...] = tuple(role.value for role in Role)


def collect(
    environment: Mapping[str, str],
    *,
    root: Path,
    notice: Path = NOTICE_FILE,
    now: datetime.datetime | None = None,
) -> Facts:
    """Read the configuration below `root` as the server would; neither a database nor a network is needed.

    Raises RecordError for whatever is missing, out of order or unknown to the record.
    """
    try:
        settings = Settings.from_environment(environment)
        notice_file = load_model(notice, NoticeFile)
        in_force = load_notice(settings, path=notice)
        credentials = credentials_file(environment, root / "credentials.yml")
        kinds = _kinds(environment)
        console, audit_log = console_access(environment), audit_retention(environment)
    except (SettingsError, FileError, OSError) as error:
        raise RecordError(str(error)) from error
    endpoints = _endpoints(root / "endpoints.yml", environment)
    _require_gate_2(root / "config.yml")
    return Facts(
        made_at=(now or datetime.datetime.now(datetime.timezone.utc)).replace(microsecond=0),
        version=VERSION,
        anonymiser_version=ANONYMISER_VERSION,
        settings=settings,
        notice=in_force,
        notice_file=notice_file,
        database=_database(settings.database_url),
        lock_store=_lock_store(endpoints),
        broker=_broker(endpoints),
        action_server=_required_host(endpoints["action_endpoint"].get("url"), "the action server"),
        channels=_channels(credentials),
        kinds=kinds,
        tables=_tables(Periods.from_environment(environment)),
        model=_model(),
        console=console,
        audit_log=audit_log,
    )


def _kinds(environment: Mapping[str, str]) -> tuple[Kind, ...]:
    settings = installed(labels(), environment).settings
    found = ((label, settings.get(label, Entity())) for label in labels())
    return tuple(
        Kind(
            label,
            entity.operator,
            keep=entity.keep if entity.operator == "mask" else 0,
            minimum_score=entity.minimum_score,
            allowed=len(entity.allow) + len(entity.allow_patterns),
            reason=None if entity.enabled else entity.reason,
        )
        for label, entity in found
    )


def _mapping(path: Path) -> dict[str, Any]:
    try:
        data = load_located_yaml(path).data
    except (OSError, YamlSyntaxError) as error:
        raise RecordError(f"{path} cannot be read ({error}); mend it.") from error
    if not isinstance(data, dict):
        raise RecordError(f"{path} holds no settings; write one per line as 'name: value'.")
    return data


def _endpoints(path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    found = {name: _filled(value, environment, path) for name, value in _mapping(path).items() if value is not None}
    for name, value in found.items():
        if name not in _ENDPOINTS:
            raise RecordError(
                f"{path}: the record does not know what data goes to '{name}': take it out, or describe it in "
                "luotsi/privacy_record."
            )
        if not isinstance(value, dict):
            raise RecordError(f"{path}: '{name}' has no settings below it.")
    for name in ("tracker_store", "action_endpoint"):
        if name not in found:
            raise RecordError(f"{path}: '{name}' is missing; the server would not work as the record says.")
    if found["tracker_store"].get("type") != TRACKER_STORE:
        raise RecordError(f"{path}: the tracker store is not {TRACKER_STORE}, so nothing of the record holds.")
    return found


def _filled(value: Any, environment: Mapping[str, str], path: Path) -> Any:
    """Return a value of endpoints.yml with its ${VARIABLES} filled in, as Rasa fills them."""
    if isinstance(value, dict):
        return {key: _filled(item, environment, path) for key, item in value.items()}
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        if match.group(1) not in environment:
            raise RecordError(f"{path} refers to {match.group(1)}, which is not set: set it as the server has it.")
        return environment[match.group(1)]

    return _VARIABLE.sub(variable, value)


def _database(address: str) -> tuple[str, str | None]:
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        return "sqlite", None
    host = str(url.host or url.query.get("host", "localhost"))
    return "postgresql", "localhost" if host.startswith("/") else host  # the folder of a socket


def _lock_store(endpoints: Mapping[str, Any]) -> tuple[str, str | None]:
    store = endpoints.get("lock_store", {"type": "in_memory"})
    kind = str(store.get("type"))
    if kind not in _LOCK_STORES:
        raise RecordError(
            f"The lock store '{kind}' of endpoints.yml is unknown: use {' or '.join(sorted(_LOCK_STORES))}."
        )
    return kind, _required_host(store.get("url"), "the lock store") if kind == "redis" else None


def _broker(endpoints: Mapping[str, Any]) -> tuple[str, str | None] | None:
    broker = endpoints.get("event_broker")
    if broker is None:
        return None
    kind = str(broker.get("type"))
    if kind not in _BROKERS:
        raise RecordError(
            f"The record does not know the event broker '{kind}' of endpoints.yml and cannot say who gets the events. "
            f"Use one of {', '.join(sorted(_BROKERS))}, or describe it in luotsi/privacy_record."
        )
    if kind == "file":
        return kind, str(broker.get("path", "rasa_event.log"))
    addresses = broker.get("url")
    if not isinstance(addresses, list):
        addresses = str(addresses or "").split(",")
    hosts = [_required_host(address, f"the event broker '{kind}'") for address in addresses]
    return kind, ", ".join(hosts)


def _required_host(address: object, what: str) -> str:
    host = _host(address)
    if host is None:
        raise RecordError(f"endpoints.yml: {what} has no 'url', so the record cannot say who gets the data.")
    return host


def _host(address: object) -> str | None:
    """Return the host of an address without what stands beside it (a password, a port); None when there is none."""
    text = str(address or "")
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname
    except ValueError:
        return None


def _channels(path: Path) -> tuple[str, ...]:
    channels = tuple(_mapping(path))
    foreign = [channel for channel in channels if not str(channel).startswith("components.channels.")]
    if foreign or not channels:
        raise RecordError(
            f"{path}: {', '.join(foreign) or 'no channel'} is not a channel that masks personal data; the server does "
            "not start with it, and the record cannot describe it."
        )
    return channels


def _require_gate_2(path: Path) -> None:
    pipeline = _mapping(path).get("pipeline") or [{}]
    first = pipeline[0].get("name") if isinstance(pipeline[0], dict) else None
    if first != ANONYMISER:
        raise RecordError(f"{path}: the first component of the pipeline is not {ANONYMISER}; put it there.")


def _tables(periods: Periods) -> tuple[Table, ...]:
    return tuple(
        Table(table.name, tuple(table.columns.keys()), periods.of(table) if "expires_at" in table.c else None)
        for table in Base.metadata.sorted_tables
    )


def _model() -> Model | None:
    from luotsi.assistant import NoModelError, newest_model
    from luotsi.training import is_current

    try:
        path = newest_model()
    except NoModelError:
        return None
    return Model(hashlib.sha256(path.read_bytes()).hexdigest()[:_SHOWN_DIGITS], is_current())
