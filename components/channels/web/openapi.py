"""The web channel's interface as an OpenAPI description, for those who write other clients (openapi.yml)."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml


@functools.cache
def document() -> dict[str, Any]:
    """Return the description (OpenAPI 3.1) as JSON data, which nobody may change."""
    description: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return description
