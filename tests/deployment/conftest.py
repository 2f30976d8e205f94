"""The files of the installation, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment import compose_schema

ROOT = Path(__file__).parents[2]


@pytest.fixture
def compose() -> dict[str, Any]:
    """docker-compose.yml, its own copy for each test, so that a test may break it."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return content


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """The JSON schema of the Compose Specification."""
    try:
        return compose_schema.load()
    except compose_schema.NoSchemaError as error:
        pytest.skip(str(error))
