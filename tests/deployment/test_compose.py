from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from tests.deployment import rules
from tests.deployment.rules import Compose, Rule

ROOT = Path(__file__).parents[2]


def test_compose_file_follows_the_compose_specification(compose: Compose, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(compose)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [("server", "restrat", "always"), ("server", "read_only", []), ("database", "healthcheck", {"tset": []})],
)
def test_specification_refuses_a_slip(
    compose: Compose, schema: dict[str, Any], service: str, key: str, value: object
) -> None:
    compose["services"][service][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(compose)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_compose_file_keeps_the_rule(compose: Compose, rule: Rule) -> None:
    assert rule(compose) == []


def _set(*path: str, to: object) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        target = compose
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = to

    return change


def _drop(*path: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        target = compose
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]

    return change


def _service(name: str, key: str, value: object) -> Callable[[Compose], None]:
    return _set("services", name, key, to=value)


def _environment(name: str, key: str, value: str) -> Callable[[Compose], None]:
    return _set("services", name, "environment", key, to=value)


@pytest.mark.parametrize(
    ("rule", "slip"),
    [
        (rules.only_the_proxy_publishes_ports, _service("database", "ports", ["5432:5432"])),
        (rules.networks_are_internal, _set("networks", "data", to=None)),
        (rules.networks_are_internal, _service("locks", "networks", ["data", "edge"])),
        (rules.networks_are_internal, _drop("services", "locks", "networks")),
        (rules.networks_are_internal, _service("train", "network_mode", "host")),
        (rules.images_are_pinned, _service("locks", "image", "redis:latest")),
        (rules.images_are_pinned, _service("locks", "image", "registry.example:5000/redis")),
        (rules.every_service_is_watched, _drop("services", "locks", "healthcheck")),
        (rules.every_service_is_watched, _service("server", "restart", "on-failure")),
        (rules.containers_are_hardened, _service("server", "read_only", False)),
        (rules.containers_are_hardened, _service("database", "cap_drop", [])),
        (rules.containers_are_hardened, _service("server", "cap_add", ["NET_BIND_SERVICE"])),
        (rules.containers_are_hardened, _service("locks", "security_opt", [])),
        (rules.containers_are_hardened, _service("locks", "privileged", True)),
        (rules.containers_are_hardened, _service("proxy", "user", "0:0")),
        (rules.containers_are_hardened, _drop("services", "database", "user")),
        (rules.containers_are_hardened, _drop("services", "train", "deploy")),
        (rules.containers_are_hardened, _drop("services", "train", "pids_limit")),
        (rules.containers_are_hardened, _drop("services", "proxy", "logging")),
        (rules.containers_are_hardened, _service("proxy", "volumes", ["/var/run/docker.sock:/s"])),
        (rules.commands_exist, _service("server", "command", ["server"])),
        (rules.commands_exist, _service("train", "command", ["train", "--quickly"])),
        (rules.paths_exist, _service("proxy", "volumes", ["./deploy/nginx.conf:/etc/nginx.conf:ro"])),
        (rules.paths_exist, _service("train", "build", "./docker")),
        (rules.paths_exist, _set("secrets", "tls_key", "file", to="./deploy/tls_key.pem")),
        (rules.names_are_declared, _service("locks", "networks", ["date"])),
        (rules.names_are_declared, _set("volumes", "uploads", to=None)),
        (rules.names_are_declared, _drop("secrets", "secret_key")),
        (
            rules.dependencies_can_be_met,
            _set("services", "server", "depends_on", "redis", to={"condition": "service_healthy"}),
        ),
        (
            rules.dependencies_can_be_met,
            _set("services", "server", "depends_on", "train", "condition", to="service_healthy"),
        ),
        (rules.the_server_waits_for_its_model, _drop("services", "server", "depends_on", "train")),
        (rules.the_server_waits_for_its_model, _service("server", "volumes", ["models:/app/models"])),
        (rules.no_secret_is_written_down, _environment("database", "POSTGRES_PASSWORD", "luotsi")),
        (rules.no_secret_is_written_down, _environment("locks", "REDISCLI_AUTH", "${LUOTSI_REDIS_PASSWORD:-luotsi}")),
        (rules.no_secret_is_written_down, _environment("server", "LUOTSI_SECRET_KEY", "a" * 64)),
        (rules.no_secret_is_written_down, _environment("server", "LUOTSI_SECRET_KEY_FILE", "/app/key")),
        (
            rules.no_secret_is_written_down,
            _environment("server", "LUOTSI_DATABASE_URL", "postgresql+psycopg2://luotsi:luotsi@database:5432/luotsi"),
        ),
        (rules.the_server_has_its_settings, _drop("services", "server", "environment", "LUOTSI_REDIS_PASSWORD")),
        (rules.the_server_has_its_settings, _drop("services", "server", "environment", "LUOTSI_SECRET_KEY_FILE")),
        (rules.the_server_has_its_settings, _environment("actions", "RASA_TELEMETRY_ENABLED", "true")),
        (rules.addresses_lead_to_services, _environment("actions", "LUOTSI_ACTIONS_PORT", "5056")),
        (rules.addresses_lead_to_services, _environment("server", "LUOTSI_HOST", "127.0.0.1")),
        (rules.addresses_lead_to_services, _environment("server", "LUOTSI_PORT", "5006")),
        (rules.addresses_lead_to_services, _environment("server", "LUOTSI_LOCK_STORE", "in_memory")),
        (
            rules.addresses_lead_to_services,
            _environment("server", "LUOTSI_DATABASE_URL", "sqlite:////tmp/luotsi.sqlite"),
        ),
        (rules.addresses_lead_to_services, _service("locks", "networks", ["edge"])),
        (rules.addresses_lead_to_services, _service("console", "networks", ["staff"])),
        (rules.addresses_lead_to_services, _environment("console", "LUOTSI_CONSOLE_PORT", "5081")),
        (rules.the_console_is_apart, _service("console", "networks", ["staff", "data", "chat"])),
        (rules.the_console_is_apart, _environment("console", "LUOTSI_RETENTION_DAYS", "30")),
        (rules.the_console_is_apart, _environment("console", "LUOTSI_CONSOLE_URL", "http://console.localhost")),
        (rules.the_console_is_apart, _drop("services", "console", "environment", "LUOTSI_CONSOLE_PROXIES")),
    ],
)
def test_broken_compose_file_is_noticed(compose: Compose, rule: Rule, slip: Callable[[Compose], None]) -> None:
    slip(compose)
    assert rule(compose) != []


def test_every_rule_is_broken_once_above() -> None:
    marks = test_broken_compose_file_is_noticed.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(rules.RULES)


def test_what_deletes_has_the_database_and_the_periods_of_the_server(compose: Compose) -> None:
    server, retention = compose["services"]["server"], compose["services"]["retention"]
    assert retention["command"] == ["retention", "run"]
    assert set(retention["networks"]) & set(compose["services"]["database"]["networks"])
    names = {"LUOTSI_DATABASE_URL", "LUOTSI_RETENTION_DAYS", "LUOTSI_TECHNICAL_LOG_DAYS", "LUOTSI_REPLY_ADDRESS_HOURS"}
    for name in names:
        assert retention["environment"][name] == server["environment"][name]


def test_the_console_keeps_the_audit_log_as_long_as_what_deletes_thinks(compose: Compose) -> None:
    console, retention = compose["services"]["console"], compose["services"]["retention"]
    assert console["environment"]["LUOTSI_AUDIT_DAYS"] == retention["environment"]["LUOTSI_AUDIT_DAYS"]


def test_the_action_server_counts_in_the_database_of_the_server(compose: Compose) -> None:
    server, actions = compose["services"]["server"], compose["services"]["actions"]
    assert set(actions["networks"]) & set(compose["services"]["database"]["networks"])
    for name in ("LUOTSI_DATABASE_URL", "LUOTSI_SECRET_KEY_FILE"):
        assert actions["environment"][name] == server["environment"][name]
    assert "secret_key" in actions["secrets"]


def test_published_figures_reach_whoever_shows_them(compose: Compose) -> None:
    for name in ("server", "actions"):
        assert "./data/statistics:/app/data/statistics:ro" in compose["services"][name]["volumes"]


def test_default_version_of_the_image_is_the_package_version() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert rules.references((ROOT / "docker-compose.yml").read_text("utf-8"))["LUOTSI_VERSION"] == project["version"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", {"A": None}),
        ("${A:?say}", {"A": None}),
        ("${A:-1}:${B-2}", {"A": "1", "B": "2"}),
        ("$$A and $${A}", {}),
    ],
)
def test_variables_are_found_as_compose_finds_them(text: str, expected: dict[str, str | None]) -> None:
    assert rules.references(text) == expected


def test_variables_are_replaced_as_compose_replaces_them() -> None:
    assert rules.resolved({"a": ["${A:-1}", "$$B", "${C:?say}"]}, {"C": "3"}) == {"a": ["1", "$B", "3"]}
