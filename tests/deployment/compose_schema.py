"""Gets the Compose Specification's JSON schema: on first use, or by `python -m` with this module."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REQUIREMENT = Path(__file__).with_name("compose-schema.txt")
FOLDER = ROOT / ".luotsi" / "compose-schema"
SCHEMA = FOLDER / "check_jsonschema" / "builtin_schemas" / "vendor" / "compose-spec.json"

_ARGUMENTS = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]


class NoSchemaError(RuntimeError):
    """The schema is not there and could not be fetched."""


def load() -> dict[str, Any]:
    """Return the schema; fetches the package that carries it when that has not been done."""
    if not SCHEMA.exists():
        fetch()
    schema: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return schema


def fetch() -> None:
    """Put the package into FOLDER, with whichever of pip and uv this environment has."""
    FOLDER.parent.mkdir(mode=0o700, exist_ok=True)
    tools = ([sys.executable, "-m", "pip"], [sys.executable, "-m", "uv", "pip"], ["uv", "pip"])
    for tool in tools:
        command = [*tool, *_ARGUMENTS, "--target", str(FOLDER), "--requirement", str(REQUIREMENT)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and SCHEMA.exists():
            return
    raise NoSchemaError(f"the package in {REQUIREMENT.name} could not be installed; is the package index in reach?")


if __name__ == "__main__":
    fetch()
