"""The console's own texts, from texts/*.yml: one file per area, each text in both languages."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

LANGUAGES = ("fi", "en")
DEFAULT_LANGUAGE = "fi"
FOLDER = Path(__file__).with_name("texts")


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by its name ("area.name") and language."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        for name, languages in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found[f"{path.stem}.{name}"] = languages
    return found


def text(name: str, language: str, /, **values: object) -> str:
    """Return a text in a language with its {placeholders} filled.

    A text for a number has forms: with `count=1` the text "name_1" is used when there is one. Raises KeyError for a
    name that there is no text for.
    """
    texts = catalogue()
    if values.get("count") == 1 and f"{name}_1" in texts:
        name = f"{name}_1"
    return texts[name][language if language in LANGUAGES else DEFAULT_LANGUAGE].format(**values)


def knows(name: str) -> bool:
    """Tell whether there is a text of that name."""
    return name in catalogue()
