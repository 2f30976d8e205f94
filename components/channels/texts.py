"""The channels' own texts, from texts.yml."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml

LANGUAGES = ("fi", "en")
DEFAULT_LANGUAGE = "fi"
_ACCEPTED = re.compile(
    r"(?P<language>[a-z]{1,8})(?:-[a-z0-9]{1,8})*(?:\s*;\s*q\s*=\s*(?P<quality>[01](?:\.\d{0,3})?))?"
)


@functools.cache
def _catalogue() -> dict[str, dict[str, str]]:
    catalogue: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")
    )
    return catalogue


def text(name: str, language: str | None, **values: object) -> str:
    """Return a text in a language (the default one when it is unknown), with its {placeholders} filled."""
    chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
    return _catalogue()[chosen][name].format(**values)


def knows(name: str) -> bool:
    """Tell whether there is a text of that name."""
    return name in _catalogue()[DEFAULT_LANGUAGE]


def best_language(header: str | None) -> str:
    """Return the first of our languages in an Accept-Language header (RFC 9110, 12.5.4), else the default one."""
    wanted: list[tuple[float, str]] = []
    for part in (header or "").split(","):
        match = _ACCEPTED.fullmatch(part.strip().lower())
        quality = float(match.group("quality") or 1) if match is not None else 0.0
        if match is not None and quality > 0 and match.group("language") in LANGUAGES:
            wanted.append((quality, match.group("language")))
    return max(wanted, key=lambda item: item[0], default=(0.0, DEFAULT_LANGUAGE))[1]
