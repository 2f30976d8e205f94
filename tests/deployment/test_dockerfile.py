from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment import dockerfile, rules
from tests.deployment.dockerfile import Instruction
from tests.deployment.rules import Compose

ROOT = Path(__file__).parents[2]

NEEDED_TO_RUN = {
    "requirements.lock",
    "config.yml",
    "domain.yml",
    "endpoints.yml",
    "credentials.yml",
    "components",
    "actions",
    "luotsi",
    "console",
    "widget/demo",
    "widget/static",
    "data",
    "deploy/healthcheck.py",
}


@pytest.fixture(scope="module")
def instructions() -> list[Instruction]:
    return dockerfile.parse((ROOT / "Dockerfile").read_text("utf-8"))


def _final(instructions: list[Instruction], name: str) -> list[Instruction]:
    last = instructions[-1].stage
    return [item for item in instructions if item.name == name and item.stage == last]


@pytest.mark.parametrize(
    "text",
    ["RUN true", "FROM a:1\nRUNN true", "FROM a:1\nRUN true \\", "FROM a:1\nUSER"],
    ids=["no base", "unknown instruction", "open end", "no argument"],
)
def test_parser_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        dockerfile.parse(text)


def test_parser_joins_lines_and_leaves_comments_out() -> None:
    (_, run) = dockerfile.parse("FROM a:1\n# why\nRUN one \\\n  # why not\n  && two\n")
    assert run == Instruction(name="RUN", text="one && two", stage=1)


def test_base_images_are_pinned_to_the_projects_python(instructions: list[Instruction]) -> None:
    version = (ROOT / ".python-version").read_text("ascii").strip()
    bases = {item.words[0] for item in instructions if item.name == "FROM"}
    assert bases == {f"python:{version}-slim-bookworm"}


def test_packages_are_installed_by_hash_from_the_lock_file(instructions: list[Instruction]) -> None:
    installs = [item.text for item in instructions if item.name == "RUN" and "pip" in item.text]
    assert len(installs) == 1
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-build-isolation" in installs[0]


def test_lock_file_has_a_hash_for_every_package() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert pinned
    assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []


def test_image_holds_what_the_program_needs_and_nothing_else(instructions: list[Instruction]) -> None:
    assert dockerfile.context_sources(instructions) == NEEDED_TO_RUN


@pytest.mark.parametrize("source", sorted(NEEDED_TO_RUN))
def test_copied_path_exists(source: str) -> None:
    assert (ROOT / source).exists()


def test_build_context_holds_only_what_is_copied(instructions: list[Instruction]) -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    assert {line[1:] for line in patterns if line.startswith("!")} == dockerfile.context_sources(instructions)


def test_image_runs_as_the_user_that_compose_names(instructions: list[Instruction], compose: Compose) -> None:
    users = _final(instructions, "USER")
    assert users
    user = users[-1].text
    assert user.partition(":")[0] not in {"root", "0"}
    assert {service["user"] for service in rules.services(compose).values() if rules.is_ours(service)} == {user}


def test_folders_that_volumes_and_memory_cover_belong_to_that_user(instructions: list[Instruction]) -> None:
    made = [item.text for item in _final(instructions, "RUN") if "install --directory" in item.text]
    assert len(made) == 1
    assert "--owner=luotsi --group=luotsi --mode=0750 models" in made[0]
    assert "--owner=luotsi --group=luotsi --mode=0700 .luotsi" in made[0]


def test_image_exposes_what_the_services_listen_on(instructions: list[Instruction], compose: Compose) -> None:
    exposed = {port for item in _final(instructions, "EXPOSE") for port in item.words}
    services = rules.services(compose)
    assert exposed == {
        services["server"]["environment"]["LUOTSI_PORT"],
        services["actions"]["environment"]["LUOTSI_ACTIONS_PORT"],
        services["console"]["environment"]["LUOTSI_CONSOLE_PORT"],
    }


def test_entry_point_is_the_command_line(instructions: list[Instruction]) -> None:
    assert _final(instructions, "ENTRYPOINT")[-1].words == ["python", "-m", "luotsi.cli"]
    assert _final(instructions, "CMD")[-1].words == ["serve"]


def test_image_leaves_telemetry_off_and_carries_no_secret(instructions: list[Instruction]) -> None:
    variables = dict(
        word.split("=", 1) for item in instructions if item.name in {"ENV", "ARG"} for word in item.words if "=" in word
    )
    assert variables["RASA_TELEMETRY_ENABLED"] == "false"
    assert [name for name in variables if any(part in name for part in ("PASSWORD", "SECRET", "TOKEN", "KEY"))] == []
