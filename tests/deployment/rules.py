"""What a production installation must keep to; each rule returns the sentences that say what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from luotsi.cli import build_parser

ROOT = Path(__file__).parents[2]
PROXY = "proxy"

Compose = dict[str, Any]
Rule = Callable[[Compose], list[str]]

_REFERENCE = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?(?P<kind>[-?])(?P<rest>[^}]*))?\})")
_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|AUTH$|_KEY$")
_ADDRESS_WITH_PASSWORD = re.compile(r"://[^/@:\s]*:(?P<password>[^@\s]*)@")
_REQUIRED = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")


def references(text: str) -> dict[str, str | None]:
    """Return the variables that a text takes from the environment, each with its default, None where it is required."""
    return {
        match["name"]: match["rest"] if match["kind"] == "-" else None
        for match in _REFERENCE.finditer(text)
        if match["name"]
    }


def resolved(value: Any, environment: dict[str, str] | None = None) -> Any:
    """Return a value as Compose would hand it on: variables replaced, `$$` turned into `$`."""
    if isinstance(value, dict):
        return {key: resolved(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, environment) for item in value]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        if not match["name"]:
            return "$"
        return (environment or {}).get(match["name"]) or (match["rest"] if match["kind"] == "-" else "")

    return _REFERENCE.sub(replacement, value)


def strings(value: Any) -> Iterator[str]:
    """Yield every string of a tree."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def services(compose: Compose) -> dict[str, dict[str, Any]]:
    """Return the services."""
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def is_ours(service: dict[str, Any]) -> bool:
    """Tell whether a service runs the image that the Dockerfile makes."""
    return str(service["image"]).startswith("luotsi:")


def is_one_shot(service: dict[str, Any]) -> bool:
    """Tell whether a service ends by itself."""
    return service.get("restart") == "no"


def container_port(published: str) -> str:
    """Return the container's side of "8080:80"."""
    return str(resolved(published)).rpartition(":")[2]


def only_the_proxy_publishes_ports(compose: Compose) -> list[str]:
    """Nothing but the proxy is reachable from outside."""
    return [
        f"{name} publishes ports" for name, service in services(compose).items() if name != PROXY and "ports" in service
    ]


def networks_are_internal(compose: Compose) -> list[str]:
    """Only the proxy's own network has a way out."""
    problems = []
    for network, settings in compose["networks"].items():
        members = {name for name, service in services(compose).items() if network in service.get("networks", [])}
        if members - {PROXY} and not (settings or {}).get("internal"):
            problems.append(f"the network {network} is not internal")
    for name, service in services(compose).items():
        if "networks" not in service and service.get("network_mode") != "none":
            problems.append(f"{name} is on the default network, which has a way out")
        if service.get("network_mode", "none") != "none":
            problems.append(f"{name} shares a network with something else")
    return problems


def images_are_pinned(compose: Compose) -> list[str]:
    """Every image has a tag that says what it is."""
    problems = []
    for name, service in services(compose).items():
        tag = str(resolved(service["image"])).rpartition("/")[2].partition(":")[2]
        if not tag or tag == "latest":
            problems.append(f"{name}: the image has no tag, or the tag latest")
    return problems


def every_service_is_watched(compose: Compose) -> list[str]:
    """A service has a health check and comes back by itself, or it ends by itself."""
    problems = []
    for name, service in services(compose).items():
        if is_one_shot(service):
            continue
        if not service.get("healthcheck", {}).get("test"):
            problems.append(f"{name} has no health check")
        if service.get("restart") != "unless-stopped":
            problems.append(f"{name} does not come back after a failure")
    return problems


def containers_are_hardened(compose: Compose) -> list[str]:
    """No container can change its files, gain rights, run as root or take the machine's resources."""
    problems = []
    for name, service in services(compose).items():
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        allowed = ["NET_BIND_SERVICE"] if name == PROXY else []
        expected = {
            "the root file system can be written": service.get("read_only") is True,
            "capabilities are not dropped": service.get("cap_drop") == ["ALL"],
            "capabilities are added": service.get("cap_add", []) == allowed,
            "new privileges can be gained": "no-new-privileges:true" in service.get("security_opt", []),
            "it is privileged": not service.get("privileged"),
            "it runs as root": str(service.get("user", "root")).partition(":")[0] not in {"root", "0", ""},
            "memory has no limit": bool(limits.get("memory")),
            "processors have no limit": bool(limits.get("cpus")),
            "processes have no limit": int(service.get("pids_limit", 0)) > 0,
            "logs are kept without limit": "max-size" in service.get("logging", {}).get("options", {}),
            "it reaches the container engine": not any("docker.sock" in text for text in strings(service)),
        }
        problems += [f"{name}: {problem}" for problem, kept in expected.items() if not kept]
    return problems


def commands_exist(compose: Compose) -> list[str]:
    """Every role of our image is a subcommand of luotsi, with arguments that it takes."""
    problems = []
    for name, service in services(compose).items():
        if is_ours(service):
            try:
                build_parser().parse_args([str(word) for word in service["command"]])
            except SystemExit:
                problems.append(f"{name}: luotsi has no command {service['command']}")
    return problems


def paths_exist(compose: Compose) -> list[str]:
    """Build contexts and mounted files are in the repository; secrets are not, and git leaves them alone."""
    problems = []
    for name, service in services(compose).items():
        mounted = [str(volume).partition(":")[0] for volume in service.get("volumes", [])]
        paths = [path for path in mounted if path.startswith((".", "/"))]
        if "build" in service:
            paths.append(service["build"])
        problems += [f"{name}: {path} does not exist" for path in paths if not (ROOT / path).exists()]
    ignored = (ROOT / "deploy" / ".gitignore").read_text("utf-8").split()
    for secret, settings in compose["secrets"].items():
        if not str(settings["file"]).startswith("./deploy/secrets/") or "secrets/" not in ignored:
            problems.append(f"the secret {secret} is not in the folder that git ignores")
    return problems


def names_are_declared(compose: Compose) -> list[str]:
    """Networks, volumes, secrets and services that are named exist, and all that is declared is used."""
    problems = []
    for kind in ("networks", "volumes", "secrets"):
        declared = set(compose[kind])
        used = {
            str(item).partition(":")[0]
            for service in services(compose).values()
            for item in service.get(kind, [])
            if not str(item).startswith((".", "/"))
        }
        problems += [f"{kind}: {name} is used, but not declared" for name in sorted(used - declared)]
        problems += [f"{kind}: {name} is declared, but not used" for name in sorted(declared - used)]
    return problems


def dependencies_can_be_met(compose: Compose) -> list[str]:
    """A service waits for services that exist, for a condition that they can reach."""
    problems = []
    for name, service in services(compose).items():
        for other, settings in service.get("depends_on", {}).items():
            target = services(compose).get(other)
            if target is None:
                problems.append(f"{name} waits for {other}, which does not exist")
            elif (settings["condition"] == "service_completed_successfully") != is_one_shot(target):
                problems.append(f"{name} waits for {other} to end, or for what ends to be well")
    return problems


def the_server_waits_for_its_model(compose: Compose) -> list[str]:
    """The server starts after training, on the same models, which it cannot change."""
    train, server = services(compose)["train"], services(compose)["server"]
    problems = []
    if "train" not in server.get("depends_on", {}):
        problems.append("the server does not wait for training")
    if "models:/app/models" not in train["volumes"] or "models:/app/models:ro" not in server["volumes"]:
        problems.append("training and the server do not share the models, read-only for the server")
    return problems


def no_secret_is_written_down(compose: Compose) -> list[str]:
    """Passwords come from variables that have no default, keys from files."""
    problems = []
    for name, service in services(compose).items():
        for key, value in service.get("environment", {}).items():
            text = str(value)
            inside = _ADDRESS_WITH_PASSWORD.search(text)
            if _SECRET_NAME.search(key) and not key.endswith("_FILE") and not _REQUIRED.fullmatch(text):
                problems.append(f"{name}: {key} does not come from a required variable")
            if inside and not _REQUIRED.fullmatch(inside["password"]):
                problems.append(f"{name}: {key} holds a password")
            if key.endswith("_FILE") and not text.startswith("/run/secrets/"):
                problems.append(f"{name}: {key} does not name a secret")
    for text in strings(compose):
        problems += [
            f"{variable} has a default"
            for variable, default in references(text).items()
            if default is not None and _SECRET_NAME.search(variable)
        ]
    return problems


def the_server_has_its_settings(compose: Compose) -> list[str]:
    """Everything that endpoints.yml and the settings ask for is set, and telemetry is off everywhere."""
    environment = services(compose)["server"]["environment"]
    wanted = set(references((ROOT / "endpoints.yml").read_text("utf-8")))
    wanted |= {"LUOTSI_DATABASE_URL", "LUOTSI_SECRET_KEY_FILE", "LUOTSI_RETENTION_DAYS", "LUOTSI_SESSION_MINUTES"}
    problems = [f"the server's {variable} is not set" for variable in sorted(wanted - set(environment))]
    problems += [
        f"{name}: Rasa's telemetry is on"
        for name, service in services(compose).items()
        if is_ours(service) and service["environment"].get("RASA_TELEMETRY_ENABLED") != "false"
    ]
    return problems


def the_console_is_apart(compose: Compose) -> list[str]:
    """The chat's server cannot reach the console nor the other way round, and both read the same settings."""
    server, console = services(compose)["server"], services(compose)["console"]
    problems = [
        f"the server and the console are both on {network}"
        for network in set(server["networks"]) & set(console["networks"])
        if network != "data"
    ]
    problems += [
        f"the console's {variable} is not the server's"
        for variable, value in console["environment"].items()
        if variable in server["environment"] and server["environment"][variable] != value
    ]
    if not str(console["environment"].get("LUOTSI_CONSOLE_URL", "")).startswith("https://"):
        problems.append("the console's cookies would travel in the open")
    if console["environment"].get("LUOTSI_CONSOLE_PROXIES") != "1":
        problems.append("the console does not learn where a request came from")
    return problems


def addresses_lead_to_services(compose: Compose) -> list[str]:
    """Hosts and ports in the settings are those on which the services listen, over a network that both are on."""
    server, actions = services(compose)["server"], services(compose)["actions"]
    expected = {
        "LUOTSI_ACTIONS_URL": f"http://actions:{actions['environment']['LUOTSI_ACTIONS_PORT']}/webhook",
        "LUOTSI_REDIS_HOST": "locks",
        "LUOTSI_REDIS_PORT": "6379",
        "LUOTSI_LOCK_STORE": "redis",
    }
    problems = [
        f"the server's {variable} leads nowhere"
        for variable, value in expected.items()
        if server["environment"].get(variable) != value
    ]
    if "@database:5432/" not in str(resolved(server["environment"]["LUOTSI_DATABASE_URL"])):
        problems.append("the server's LUOTSI_DATABASE_URL leads nowhere")
    together = (
        ("server", "actions"),
        ("server", "database"),
        ("server", "locks"),
        ("console", "database"),
        (PROXY, "server"),
        (PROXY, "console"),
    )
    for one, other in together:
        if not set(services(compose)[one]["networks"]) & set(services(compose)[other]["networks"]):
            problems.append(f"{one} and {other} share no network")
    for name, host, port in (
        ("server", "LUOTSI_HOST", "LUOTSI_PORT"),
        ("actions", "LUOTSI_ACTIONS_HOST", "LUOTSI_ACTIONS_PORT"),
        ("console", "LUOTSI_CONSOLE_HOST", "LUOTSI_CONSOLE_PORT"),
    ):
        service = services(compose)[name]
        if service["environment"].get(host) != "0.0.0.0":
            problems.append(f"{name} listens to itself only")
        if service["environment"].get(port) not in service["healthcheck"]["test"]:
            problems.append(f"{name}: the health check asks another port")
    return problems


RULES: tuple[Rule, ...] = (
    only_the_proxy_publishes_ports,
    networks_are_internal,
    images_are_pinned,
    every_service_is_watched,
    containers_are_hardened,
    commands_exist,
    paths_exist,
    names_are_declared,
    dependencies_can_be_met,
    the_server_waits_for_its_model,
    no_secret_is_written_down,
    the_server_has_its_settings,
    the_console_is_apart,
    addresses_lead_to_services,
)
