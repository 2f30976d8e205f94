"""The channels' own texts, from texts.yml."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

LANGUAGES = ("fi", "en")
DEFAULT_LANGUAGE = "fi"


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


def best_language(header: str | None) -> str:
    """Return the first of our languages in an Accept-Language header (RFC 9110, 12.5.4), else the default one."""
    ranked: list[tuple[float, str]] = []
    for part in (header or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = parameter.strip().removeprefix("q=") if parameter.strip().startswith("q=") else "1"
        try:
            ranked.append((-float(quality), tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(ranked, key=lambda item: item[0]) if tag in LANGUAGES), DEFAULT_LANGUAGE)
